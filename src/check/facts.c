/* SPDX-License-Identifier: ISC */
/* The evidence, read once with the daemon's own parsers, for all rules. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "base/xmalloc.h"
#include "check/ruletool.h"
#include "sts/mxmatch.h"

/* No id is a date before RFC 8461 was drafted. */
#define ID_TIME_MIN INT64_C(1483228800) /* 2017-01-01 */

#define ID_YEAR_DIGITS 8 /* yyyymmdd */

static size_t
records_of(const struct ev_dns *dns, struct sts_record record[EVIDENCE_TXT_MAX])
{
	size_t i, n = dns->count;

	if (n > EVIDENCE_TXT_MAX)
		n = EVIDENCE_TXT_MAX;
	for (i = 0; i < n; i++)
		record[i] = (struct sts_record){ .data = dns->rr[i].text.data,
			.len = dns->rr[i].text.len };
	return n;
}

/* Blanks and quotation marks cut, in any case: does it begin v=sts? */
static bool
is_try(const struct ev_bytes *text)
{
	static const char begin[] = "v=sts";
	size_t i, matched = 0;
	char c;

	for (i = 0; i < text->len && matched < sizeof(begin) - 1; i++) {
		c = text->data[i];
		if (c == ' ' || c == '\t' || c == '"')
			continue;
		if (c >= 'A' && c <= 'Z')
			c = (char)(c + 32);
		if (c != begin[matched])
			return false;
		matched++;
	}
	return matched == sizeof(begin) - 1;
}

/* n digits as a number, or -1. */
static int
digits(const char *s, size_t n)
{
	int value = 0;
	size_t i;

	for (i = 0; i < n; i++) {
		if (s[i] < '0' || s[i] > '9')
			return -1;
		value = value * 10 + (s[i] - '0');
	}
	return value;
}

/* hhmm[ss]; -1: it is none. */
static int64_t
read_clock(const char *s, size_t len)
{
	int h, m, sec = 0;

	if (len != 4 && len != 6)
		return -1;
	h = digits(s, 2);
	m = digits(s + 2, 2);
	if (len == 6)
		sec = digits(s + 4, 2);
	if (h < 0 || h > 23 || m < 0 || m > 59 || sec < 0 || sec > 60)
		return -1;
	return h * 3600 + m * 60 + sec;
}

/* 0: no such day. */
static int64_t
read_date(const char *s)
{
	struct tm tm = { .tm_year = digits(s, 4) - 1900,
		.tm_mon = digits(s + 4, 2) - 1,
		.tm_mday = digits(s + 6, 2) };
	struct tm copy = tm;
	time_t t;

	if (tm.tm_year < 0 || tm.tm_mon < 0 || tm.tm_mon > 11 || tm.tm_mday < 1)
		return 0;
	t = timegm(&copy);
	/* 30 February is another day to timegm(). */
	return copy.tm_mon == tm.tm_mon && copy.tm_mday == tm.tm_mday ? t : 0;
}

static int64_t
read_epoch(const char *s, size_t len)
{
	int64_t t = 0;
	size_t i;

	if (len != 10 && len != 13)
		return 0;
	for (i = 0; i < len; i++) {
		if (s[i] < '0' || s[i] > '9')
			return 0;
		t = t * 10 + (s[i] - '0');
	}
	return len == 13 ? t / 1000 : t;
}

static bool
is_id_time(int64_t t, int64_t now)
{
	return t >= ID_TIME_MIN && t <= now + CHECK_DAY_S;
}

/*
 * The id as a date: yyyymmdd, followed by nn, hhmmss, Thhmm or Thhmmss, and
 * by Z; or seconds or milliseconds of the epoch. 0: it is none.
 */
static int64_t
read_id_time(const char *id, int64_t now)
{
	size_t len = strlen(id), rest;
	int64_t day, clock = 0, t;

	t = read_epoch(id, len);
	if (is_id_time(t, now))
		return t;
	if (len < ID_YEAR_DIGITS)
		return 0;
	day = read_date(id);
	if (id[len - 1] == 'Z')
		len--;
	rest = len - ID_YEAR_DIGITS;
	id += ID_YEAR_DIGITS;
	if (rest > 0 && id[0] == 'T')
		clock = read_clock(id + 1, rest - 1);
	else if (rest == 6)
		clock = read_clock(id, rest);
	else if (rest == 2)
		clock = digits(id, 2) < 0 ? -1 : 0;
	else if (rest != 0)
		clock = -1;
	return day != 0 && clock >= 0 && is_id_time(day + clock, now) ?
	    day + clock :
	    0;
}

/* The first that passes; NULL: none. */
static const struct ev_bytes *
find_record(
    const struct ev_dns *txt, size_t n, bool (*pass)(const struct ev_bytes *))
{
	const struct ev_rr *rr = txt->rr;
	size_t i;

	for (i = 0; rr != NULL && i < n; i++)
		if (pass(&rr[i].text))
			return &rr[i].text;
	return NULL;
}

static void
read_txt(struct check_facts *f)
{
	const struct ev_dns *txt = &f->evidence->txt;
	struct sts_record record[EVIDENCE_TXT_MAX];
	size_t n;

	f->txt = STS_TXT_NONE;
	f->has_txt = check_is_answered(txt);
	if (!check_has_records(txt))
		return;
	n = records_of(txt, record);
	f->txt = sts_txt_parse(record, n, f->id, &f->txt_diags);
	f->record = find_record(txt, n, check_is_record);
	if (f->record == NULL) {
		f->record = find_record(txt, n, is_try);
		f->is_try = f->record != NULL;
	}
	if (f->txt == STS_TXT_VALID)
		f->id_time = read_id_time(f->id, f->now);
}

static void
read_tlsrpt(struct check_facts *f)
{
	const struct ev_dns *txt = &f->evidence->tlsrpt;
	struct sts_record record[EVIDENCE_TXT_MAX];

	f->tlsrpt = STS_TXT_NONE;
	f->has_tlsrpt = check_is_answered(txt);
	if (check_has_records(txt))
		f->tlsrpt = sts_tlsrpt_parse(
		    record, records_of(txt, record), &f->rua, &f->tlsrpt_diags);
}

/* No line of a policy begins with "<". */
static bool
is_html(const struct ev_bytes *body)
{
	size_t i = 0;

	if (body->len >= 3 && memcmp(body->data, "\xef\xbb\xbf", 3) == 0)
		i = 3;
	while (i < body->len && strchr(" \t\r\n", body->data[i]) != NULL &&
	    body->data[i] != '\0')
		i++;
	return i < body->len && body->data[i] == '<';
}

/* The mode that a policy means, also when the rest of it is useless. */
static void
read_mode(struct check_facts *f, const struct ev_bytes *body)
{
	static const enum sts_mode modes[] = { STS_MODE_NONE, STS_MODE_TESTING,
		STS_MODE_ENFORCE };
	const char *p = body->data, *end, *stop = p + body->len, *word;
	size_t i;

	if (body->len >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0)
		p += 3;
	for (; p < stop && !f->has_mode; p = end + 1) {
		end = memchr(p, '\n', (size_t)(stop - p));
		if (end == NULL)
			end = stop;
		if (end - p < 5 || memcmp(p, "mode:", 5) != 0)
			continue;
		for (p += 5; p < end && (*p == ' ' || *p == '\t'); p++)
			;
		for (word = p; p < end && *p >= 'a' && *p <= 'z'; p++)
			;
		for (i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
			if ((size_t)(p - word) !=
				strlen(sts_mode_word(modes[i])) ||
			    memcmp(word, sts_mode_word(modes[i]),
				(size_t)(p - word)) != 0)
				continue;
			f->has_mode = true;
			f->mode = modes[i];
		}
		return;
	}
}

static void
read_policy(struct check_facts *f)
{
	const struct ev_fetch *fetch = &f->evidence->fetch;
	const struct ev_bytes *body = &fetch->body;

	f->has_body = fetch->is_asked && fetch->status == 200 &&
	    body->data != NULL &&
	    (body->len > 0 || fetch->reason == STS_REASON_OK);
	if (!f->has_body)
		return;
	f->is_html = is_html(body);
	if (f->is_html)
		return;
	f->is_valid = sts_policy_parse(body->data, body->len, &f->file,
			  &f->policy_diags) == 0;
	if (f->is_valid) {
		f->has_mode = true;
		f->mode = f->file.policy.mode;
	} else {
		read_mode(f, body);
	}
}

static const char *
matching_pattern(const struct check_facts *f, const char *host)
{
	const struct sts_mxlist *list = &f->file.policy.mx;
	const char *p = NULL;

	if (!f->is_valid)
		return NULL;
	while ((p = sts_mxlist_next(list, p)) != NULL)
		if (sts_mx_match(p, strlen(p), host, strlen(host)))
			return p;
	return NULL;
}

static bool
has_no_address(const struct ev_mx *mx)
{
	return check_is_answered(&mx->a) && check_is_answered(&mx->aaaa) &&
	    !check_has_records(&mx->a) && !check_has_records(&mx->aaaa);
}

static bool
is_tls_bad(const struct ev_tls *tls)
{
	if (tls->version != NULL &&
	    (strncasecmp(tls->version, "SSL", 3) == 0 ||
		strcmp(tls->version, "TLSv1") == 0 ||
		strcmp(tls->version, "TLSv1.1") == 0))
		return true;
	return tls->is_done && (tls->verify_error != 0 || !tls->is_name_ok);
}

/* RFC 8461 section 4.1: the name in the MX record is what is matched. */
static void
read_host(
    const struct check_facts *f, const struct ev_mx *mx, struct check_host *h)
{
	h->mx = mx;
	h->pattern = matching_pattern(f, mx->host);
	h->is_covered = h->pattern != NULL;
	h->is_odd = !domain_is_valid(mx->host, strlen(mx->host)) ||
	    domain_is_numeric(mx->host, strlen(mx->host)) ||
	    check_has_records(&mx->cname) || has_no_address(mx) ||
	    mx->end == EV_SMTP_REFUSED_ADDRESS;
	switch (mx->end) {
	case EV_SMTP_NOT_PROBED:
	case EV_SMTP_REFUSED_ADDRESS:
	case EV_SMTP_UNREACHABLE:
	case EV_SMTP_TURNED_AWAY:
		break;
	case EV_SMTP_NO_STARTTLS:
	case EV_SMTP_STARTTLS_FAILED:
		h->is_proven = h->is_failing = true;
		break;
	case EV_SMTP_DONE:
		h->is_proven = true;
		h->is_failing = is_tls_bad(&mx->tls);
		break;
	}
	if (f->is_valid && f->mode != STS_MODE_NONE && !h->is_covered)
		h->is_failing = true;
}

/* Is anything of MTA-STS there that could be judged? */
static bool
is_attempted(const struct check_facts *f)
{
	if (f->is_no_domain)
		return false;
	return !f->has_txt || f->txt != STS_TXT_NONE || f->is_try ||
	    (f->has_body && f->has_mode);
}

struct check_facts *
check_facts_new(
    const struct evidence *evidence, const struct check_options *options)
{
	struct check_facts *f = xcalloc(1, sizeof(*f));
	size_t i;

	f->evidence = evidence;
	f->options = options != NULL ? options : &check_options_default;
	f->now = evidence->time;
	read_txt(f);
	read_policy(f);
	read_tlsrpt(f);
	f->is_no_domain = evidence->soa.is_asked &&
	    evidence->soa.status == DNS_NXDOMAIN &&
	    !check_has_records(&evidence->txt) &&
	    !check_has_records(&evidence->mx);
	f->is_attempted = is_attempted(f);
	f->hosts = evidence->mx_count;
	f->host = xcalloc(f->hosts > 0 ? f->hosts : 1, sizeof(*f->host));
	for (i = 0; i < f->hosts; i++)
		read_host(f, &evidence->host_mx[i], &f->host[i]);
	return f;
}

void
check_facts_free(struct check_facts *f)
{
	if (f == NULL)
		return;
	sts_policy_file_clear(&f->file);
	free(f->host);
	free(f);
}
