/* SPDX-License-Identifier: ISC */
/* What rules have in common; see check/ruletool.h. */
#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "check/memory.h"
#include "check/ruletool.h"

/* Times beyond are no dates of ours: 9999-12-31. */
#define TIME_MAX_S INT64_C(253402300799)

const char *
check_clip(struct check_clip *clip, const char *data, size_t len, size_t max)
{
	char one[8];
	size_t i, n, used = 0, mark = 0;

	assert(max <= CHECK_CLIP_BYTES && max > 3);
	for (i = 0; i < len; i++) {
		if (data[i] >= 0x20 && data[i] < 0x7f)
			snprintf(one, sizeof(one), "%c", data[i]);
		else
			snprintf(one, sizeof(one), "\\x%02x",
			    (unsigned int)(unsigned char)data[i]);
		n = strlen(one);
		if (used + n > max)
			break;
		memcpy(clip->text + used, one, n);
		used += n;
		if (used <= max - 3)
			mark = used;
	}
	if (i < len) {
		memcpy(clip->text + mark, "...", 3);
		used = mark + 3;
	}
	clip->text[used] = '\0';
	return clip->text;
}

const char *
check_clip_text(struct check_clip *clip, const char *s)
{
	return s != NULL ? check_clip(clip, s, strlen(s), CHECK_CLIP_BYTES) :
			   "";
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

struct check_slice
check_trim(const char *s, size_t len)
{
	while (len > 0 && is_blank(s[0])) {
		s++;
		len--;
	}
	while (len > 0 && is_blank(s[len - 1]))
		len--;
	return (struct check_slice){ s, len };
}

static struct tm
time_parts(int64_t t)
{
	struct tm tm = { 0 };
	time_t when;

	if (t < 0)
		t = 0;
	when = (time_t)(t > TIME_MAX_S ? TIME_MAX_S : t);
	gmtime_r(&when, &tm);
	return tm;
}

const char *
check_time(struct check_span *span, int64_t t)
{
	struct tm tm = time_parts(t);

	strftime(span->text, sizeof(span->text), "%Y-%m-%d %H:%M UTC", &tm);
	return span->text;
}

const char *
check_day(struct check_span *span, int64_t t)
{
	struct tm tm = time_parts(t);

	strftime(span->text, sizeof(span->text), "%Y-%m-%d", &tm);
	return span->text;
}

/* In the largest unit of which there are two at least, rounded down. */
const char *
check_duration(struct check_span *span, int64_t seconds)
{
	static const struct {
		int64_t s;
		const char *one, *many;
	} units[] = {
		{ CHECK_DAY_S, "day", "days" },
		{ 3600, "hour", "hours" },
		{ 60, "minute", "minutes" },
		{ 1, "second", "seconds" },
	};
	size_t i = 0;
	int64_t n;

	while (i + 1 < sizeof(units) / sizeof(units[0]) &&
	    seconds < 2 * units[i].s && seconds != units[i].s)
		i++;
	n = seconds / units[i].s;
	snprintf(span->text, sizeof(span->text), "%" PRId64 " %s", n,
	    n == 1 ? units[i].one : units[i].many);
	return span->text;
}

bool
check_is_answered(const struct ev_dns *dns)
{
	return dns->is_asked &&
	    (dns->status == DNS_OK || dns->status == DNS_NODATA ||
		dns->status == DNS_NXDOMAIN);
}

bool
check_has_records(const struct ev_dns *dns)
{
	return dns->is_asked && dns->status == DNS_OK && dns->count > 0;
}

bool
check_is_record(const struct ev_bytes *text)
{
	struct sts_record record = { text->data, text->len };
	char id[STS_ID_MAX + 1];

	return sts_txt_parse(&record, 1, id, NULL) != STS_TXT_NONE;
}

enum check_result
check_outcome(const struct check_findings *findings, size_t before)
{
	enum check_result worst = CHECK_PASS;
	size_t i;

	for (i = before; i < findings->count; i++) {
		if (findings->item[i].severity == CHECK_CRITICAL)
			return CHECK_FAIL;
		if (findings->item[i].severity == CHECK_WARNING)
			worst = CHECK_WARN;
	}
	return worst;
}

enum check_result
check_unproven(struct check_findings *findings, const struct check_rule *rule,
    enum sts_reason reason, const char *fmt, ...)
{
	struct check_finding *finding;
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	finding = check_add(
	    findings, rule, CHECK_INFO, CHECK_NORMAL, "Not known: %s", text);
	finding->reason = reason;
	return CHECK_UNPROVEN;
}

enum check_priority
check_critical_priority(
    const struct check_facts *facts, const struct check_rule *rule)
{
	bool is_blocking = rule->stage == CHECK_FETCH ||
	    rule->stage == CHECK_CERTIFICATE || rule->stage == CHECK_SYNTAX;

	const struct memory_sight *last = memory_last_policy(facts);

	/* Without a record nobody was ever told to enforce, as far as known. */
	if (facts->has_txt && facts->txt == STS_TXT_NONE && last == NULL)
		return CHECK_MEDIUM;
	if (!is_blocking || (!facts->has_mode && last == NULL))
		return CHECK_MEDIUM;
	return (facts->has_mode ? facts->mode : last->mode) ==
		STS_MODE_ENFORCE ?
	    CHECK_HIGH :
	    CHECK_MEDIUM;
}

void
check_quote(struct buf *b, const char *s, size_t len)
{
	static const char safe[] = "abcdefghijklmnopqrstuvwxyz"
				   "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				   "0123456789_@%+=:,./-";
	size_t i;

	/* No argument of a command can hold a NUL. */
	len = strnlen(s, len);
	for (i = 0; i < len; i++)
		if (memchr(safe, s[i], sizeof(safe) - 1) == NULL)
			break;
	if (len > 0 && i == len) {
		buf_put(b, s, len);
		return;
	}
	buf_putc(b, '\'');
	for (i = 0; i < len; i++) {
		if (s[i] == '\'')
			buf_puts(b, "'\\''");
		else
			buf_putc(b, s[i]);
	}
	buf_putc(b, '\'');
}

void
check_see_dig(struct check_finding *finding, const char *type, const char *name,
    const char *server)
{
	struct buf b = { 0 }, at = { 0 };

	buf_printf(&b, "dig +noall +answer +comments %s ", type);
	check_quote(&b, name, strlen(name));
	if (server != NULL) {
		buf_printf(&at, "@%s", server);
		buf_putc(&b, ' ');
		check_quote(&b, at.data, at.len);
	}
	check_set(&finding->see, "%s", buf_str(&b));
	buf_clear(&at);
	buf_clear(&b);
}

void
check_see_record(const struct check_facts *f, struct check_finding *finding)
{
	struct buf name = { 0 };

	buf_printf(&name, "_mta-sts.%s", f->evidence->domain);
	check_see_dig(finding, "TXT", buf_str(&name), NULL);
	buf_clear(&name);
}

void
check_see_curl(struct check_finding *finding, const char *url)
{
	struct buf b = { 0 };

	buf_puts(&b, "curl -sSi ");
	check_quote(&b, url, strlen(url));
	check_set(&finding->see, "%s", buf_str(&b));
	buf_clear(&b);
}

void
check_see_tls(
    struct check_finding *finding, const char *host, const char *more_options)
{
	struct buf name = { 0 }, address = { 0 }, plain = { 0 };

	check_quote(&name, host, strlen(host));
	buf_printf(&plain, "%s:443", host);
	check_quote(&address, plain.data, plain.len);
	check_set(&finding->see,
	    "openssl s_client -connect %s -servername %s -verify_hostname "
	    "%s%s%s </dev/null",
	    buf_str(&address), buf_str(&name), buf_str(&name),
	    more_options[0] != '\0' ? " " : "", more_options);
	buf_clear(&name);
	buf_clear(&address);
	buf_clear(&plain);
}

void
check_set_evidence(struct check_finding *finding, const char *s, size_t len)
{
	check_set(&finding->evidence, "%s", CHECK_CLIP(s, len));
}
