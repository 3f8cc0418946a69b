/* SPDX-License-Identifier: ISC */
/* What the formats share: escaping, wrapping, dates, the sentences that all
 * of them say. */
#include <assert.h>
#include <string.h>
#include <time.h>

#include <openssl/x509_vfy.h>

#include "base/text.h"
#include "check/report.h"
#include "sts/utf8.h"

#define DAY_S INT64_C(86400)

/* Times beyond are no dates of ours: 9999-12-31. */
#define TIME_MAX_S INT64_C(253402300799)

#define KEY_MAX_BYTES 32 /* of a policy's field names: RFC 8461 3.2 */

void
report_escape(struct buf *out, const char *data, size_t len)
{
	text_escape(out, data, len);
}

void
report_escape_text(struct buf *out, const char *text)
{
	if (text != NULL)
		report_escape(out, text, strlen(text));
}

void
report_escape_cut(struct buf *out, const char *data, size_t len, size_t max)
{
	report_escape(out, data, len < max ? len : max);
	if (len > max)
		buf_puts(out, "...");
}

/* Characters above ASCII that nobody sees, or that turn the text about. */
static bool
is_unseen(uint32_t c)
{
	static const struct {
		uint32_t first, last;
	} ranges[] = {
		{ 0x80, 0xa0 }, /* C1 controls, no-break space */
		{ 0xad, 0xad }, /* soft hyphen */
		{ 0x61c, 0x61c }, /* Arabic letter mark */
		{ 0x115f, 0x1160 }, /* Hangul fillers */
		{ 0x17b4, 0x17b5 },
		{ 0x180b, 0x180f },
		{ 0x2000, 0x200f }, /* blanks, joiners, marks of direction */
		{ 0x2028, 0x202f },
		{ 0x205f, 0x206f },
		{ 0x3000, 0x3000 },
		{ 0x3164, 0x3164 },
		{ 0xe000, 0xf8ff }, /* private use */
		{ 0xfe00, 0xfe0f },
		{ 0xfeff, 0xfeff },
		{ 0xffa0, 0xffa0 },
		{ 0xfff0, 0xffff },
		{ 0xe0000, 0x10ffff },
	};
	size_t i;

	for (i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
		if (c >= ranges[i].first && c <= ranges[i].last)
			return true;
	}
	return false;
}

/* n bytes that are one character (sts_utf8_len). */
static uint32_t
code_point(const char *s, size_t n)
{
	uint32_t c = (unsigned char)s[0] & (0xffu >> (n + 1));
	size_t i;

	for (i = 1; i < n; i++)
		c = c << 6 | ((unsigned char)s[i] & 0x3fu);
	return c;
}

static bool
is_seen(const char *s, size_t len)
{
	size_t i, n;

	for (i = 0; i < len; i += n) {
		n = 1;
		if ((unsigned char)s[i] < 0x80) {
			if (s[i] < 0x20 || s[i] == 0x7f)
				return false;
			continue;
		}
		n = sts_utf8_len(s + i, len - i);
		if (n == 0 || is_unseen(code_point(s + i, n)))
			return false;
	}
	return true;
}

void
report_escape_local(struct buf *out, const char *text)
{
	if (text == NULL)
		return;
	if (is_seen(text, strlen(text)))
		buf_puts(out, text);
	else
		report_escape_text(out, text);
}

static void
put_indent(struct buf *out, size_t n)
{
	buf_printf(out, "%*s", (int)n, "");
}

/* "1. ": the lines that follow stand below what it says. */
static size_t
step_len(const char *line, size_t len)
{
	size_t n = 0;

	while (n < len && line[n] >= '0' && line[n] <= '9')
		n++;
	return n > 0 && n < 3 && len - n > 2 && line[n] == '.' &&
		line[n + 1] == ' ' ?
	    n + 2 :
	    0;
}

/* One line of the text. */
static void
wrap_line(struct buf *out, const char *line, size_t len, size_t indent)
{
	struct buf word = { 0 };
	size_t i = 0, n, column = 0, hang = step_len(line, len);
	size_t first = out->len;

	while (i < len) {
		while (i < len && line[i] == ' ')
			i++;
		for (n = 0; i + n < len && line[i + n] != ' ';)
			n++;
		if (n == 0)
			break;
		buf_reset(&word);
		report_escape(&word, line + i, n);
		i += n;
		if (column > 0 && column + 1 + word.len > REPORT_COLUMNS) {
			buf_putc(out, '\n');
			column = 0;
		}
		if (column == 0) {
			column = out->len == first ? indent : indent + hang;
			put_indent(out, column);
		} else {
			buf_putc(out, ' ');
			column++;
		}
		buf_put(out, word.data, word.len);
		column += word.len;
	}
	buf_clear(&word);
	buf_putc(out, '\n');
}

void
report_wrap(struct buf *out, const char *text, size_t indent)
{
	size_t len;

	while (*text != '\0') {
		len = strcspn(text, "\n");
		wrap_line(out, text, len, indent);
		text += len;
		if (*text == '\n')
			text++;
	}
}

/* A record as a zone file has it. */
static bool
is_record(const char *line, size_t len)
{
	static const char *const types[] = { " IN TXT ", " IN MX ", " IN A ",
		" IN AAAA ", " IN CNAME ", " IN TLSA ", " IN NS " };
	size_t i;

	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (memmem(line, len, types[i], strlen(types[i])) != NULL)
			return true;
	}
	return false;
}

/* "mx: ...": a field of a policy or of an HTTP header, lower case. */
static bool
is_field(const char *line, size_t len)
{
	size_t i;

	for (i = 0; i < len && i <= KEY_MAX_BYTES; i++) {
		if (line[i] == ':')
			return i > 0;
		if (!((line[i] >= 'a' && line[i] <= 'z') ||
			(line[i] >= '0' && line[i] <= '9') ||
			strchr("_.-", line[i]) != NULL))
			return false;
	}
	return false;
}

static bool
is_command(const char *line, size_t len)
{
	static const char *const commands[] = { "certbot ", "openssl ",
		"postconf ", "postfix reload" };
	size_t i, n;

	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		n = strlen(commands[i]);
		if (len >= n && memcmp(line, commands[i], n) == 0)
			return true;
	}
	return false;
}

bool
report_is_literal(const char *line, size_t len)
{
	if (len == 0)
		return false;
	return line[0] == ' ' || line[0] == '\t' || is_record(line, len) ||
	    is_field(line, len) || is_command(line, len);
}

static void
put_time(struct buf *out, int64_t t, const char *format)
{
	struct tm tm = { 0 };
	char text[40];
	time_t when;

	if (t < 0)
		t = 0;
	when = (time_t)(t > TIME_MAX_S ? TIME_MAX_S : t);
	gmtime_r(&when, &tm);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	strftime(text, sizeof(text), format, &tm);
#pragma GCC diagnostic pop
	buf_puts(out, text);
}

void
report_time(struct buf *out, int64_t t)
{
	put_time(out, t, "%Y-%m-%d %H:%M:%S UTC");
}

void
report_time_iso(struct buf *out, int64_t t)
{
	put_time(out, t, "%Y-%m-%dT%H:%M:%SZ");
}

void
report_day(struct buf *out, int64_t t)
{
	put_time(out, t, "%Y-%m-%d");
}

void
report_verdict(struct buf *out, const struct check_report *report)
{
	buf_puts(out, report->facts->evidence->domain);
	if (report->verdict_text[0] != '\'' && report->verdict_text[0] != ' ')
		buf_putc(out, ' ');
	report_escape_text(out, report->verdict_text);
}

const char *
report_grade(const struct check_report *report)
{
	return report->grade[0] == '\0' ? "N/A" : report->grade;
}

static const char *
way_out(const struct evidence *e)
{
	if (e->has_ipv4 && e->has_ipv6)
		return "IPv4/IPv6";
	if (e->has_ipv4)
		return "IPv4";
	return e->has_ipv6 ? "IPv6" : "neither IPv4 nor IPv6";
}

void
report_limits(struct buf *out, const struct check_report *report)
{
	const struct evidence *e = report->facts->evidence;

	buf_puts(out, "Checked ");
	report_time(out, e->time);
	buf_puts(out, " from ");
	report_escape_text(out, e->host);
	buf_printf(out, " (%s), resolver ", way_out(e));
	report_escape_text(out, e->resolver);
	buf_puts(out, ", version ");
	report_escape_text(out, e->version);
	buf_printf(out,
	    ", %.1f s. A public check, once, from one place: it shows what "
	    "this host's Postfix would do. It cannot prove what every sender "
	    "does, see mailboxes, reports or provider settings, or watch over "
	    "time. MTA-STS protects delivery in transit; it promises neither "
	    "inbox placement nor that all mail is encrypted.",
	    (double)e->ms / 1000);
}

const struct ev_cert *
report_cert(const struct check_report *report)
{
	const struct ev_tls *tls = &report->facts->evidence->fetch.tls;

	return tls->cert_count > 0 ? &tls->cert[0] : NULL;
}

/* Evidence may be read from a file: any times. */
static int64_t
clamp_time(int64_t t)
{
	if (t > TIME_MAX_S)
		return TIME_MAX_S;
	return t < -TIME_MAX_S ? -TIME_MAX_S : t;
}

int64_t
report_seconds(int64_t until, int64_t now)
{
	return clamp_time(until) - clamp_time(now);
}

int
report_days(int64_t until, int64_t now)
{
	int64_t left = report_seconds(until, now);

	/* rounded down, so that an hour ago is a day too late */
	return (int)((left >= 0 ? left : left - (DAY_S - 1)) / DAY_S);
}

const char *
report_cert_fault(const struct ev_tls *tls, int64_t now)
{
	if (tls->cert_count == 0)
		return "none seen";
	if (tls->cert[0].not_after < now)
		return "expired";
	if (tls->cert[0].not_before > now)
		return "not yet valid";
	if (!tls->is_name_ok)
		return "wrong name";
	if (tls->verify_error != X509_V_OK)
		return X509_verify_cert_error_string(tls->verify_error);
	return NULL;
}

const char *
report_smtp_word(enum ev_smtp_end end)
{
	static const char *const words[] = {
		[EV_SMTP_NOT_PROBED] = "not probed",
		[EV_SMTP_REFUSED_ADDRESS] = "refused address",
		[EV_SMTP_UNREACHABLE] = "unreachable",
		[EV_SMTP_TURNED_AWAY] = "turned away",
		[EV_SMTP_NO_STARTTLS] = "no STARTTLS",
		[EV_SMTP_STARTTLS_FAILED] = "STARTTLS failed",
		[EV_SMTP_DONE] = "STARTTLS",
	};

	assert((size_t)end < sizeof(words) / sizeof(words[0]));
	return words[end];
}

static bool
is_worse(const struct check_finding *a, const struct check_finding *b)
{
	if (a->severity != b->severity)
		return a->severity > b->severity;
	return a->priority > b->priority;
}

void
report_order(const struct check_report *report, size_t *order)
{
	const struct check_findings *f = report->findings;
	size_t i, at;

	/* insertion, which keeps the table's order among equals */
	for (i = 0; i < f->count; i++) {
		for (at = i;
		     at > 0 && is_worse(&f->item[i], &f->item[order[at - 1]]);
		     at--)
			order[at] = order[at - 1];
		order[at] = i;
	}
}

const struct check_finding *
report_worst(const struct check_report *report)
{
	const struct check_findings *f = report->findings;
	const struct check_finding *worst = NULL;
	size_t i;

	for (i = 0; i < f->count; i++) {
		if (worst == NULL || is_worse(&f->item[i], worst))
			worst = &f->item[i];
	}
	return worst;
}

size_t
report_count(const struct check_report *report, enum check_result result)
{
	size_t i, n = 0;

	for (i = 0; i < check_rules_count; i++)
		n += report->findings->result[i] == result;
	return n;
}
