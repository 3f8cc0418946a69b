/* SPDX-License-Identifier: ISC */
/*
 * What was seen, bounded: long records, files and lines are cut, and it is
 * said that they were. -v shows more, json all.
 */
#include <string.h>

#include "check/reporttext.h"

#define RECORDS_MAX       10
#define RECORD_MAX_BYTES  512
#define LINES_MAX         40 /* of the policy file; */
#define LINES_VERBOSE_MAX 2000 /* with -v */
#define NAMES_MAX         10 /* of a certificate */

static void
put_record(struct buf *out, const struct ev_dns *dns, const struct ev_rr *rr)
{
	struct buf text = { 0 };

	if (dns->type == DNS_TXT)
		buf_putc(&text, '"');
	report_escape_cut(&text, rr->text.data, rr->text.len, RECORD_MAX_BYTES);
	if (dns->type == DNS_TXT)
		buf_putc(&text, '"');
	report_wrap(out, text.data, 4);
	buf_clear(&text);
}

static void
put_dns(struct buf *out, const struct ev_dns *dns)
{
	struct buf text = { 0 };
	size_t i;

	if (!dns->is_asked)
		return;
	buf_printf(&text, "%s ", dns_type_name(dns->type));
	report_escape_text(&text, dns->name);
	if (dns->status == DNS_OK && dns->has_ttl)
		buf_printf(&text, " (TTL %u s)", dns->ttl);
	if (dns->status != DNS_OK) {
		buf_puts(&text, ": ");
		if (dns->detail != NULL && dns->detail[0] != '\0')
			report_escape_text(&text, dns->detail);
		else
			buf_puts(&text, dns_status_word(dns->status));
	}
	report_wrap(out, text.data, 2);
	buf_clear(&text);
	for (i = 0; i < dns->count && i < RECORDS_MAX; i++)
		put_record(out, dns, &dns->rr[i]);
	if (dns->count > RECORDS_MAX)
		buf_printf(out, "    and %zu more\n", dns->count - RECORDS_MAX);
}

/* "mta-sts.D: 192.0.2.80, 2001:db8::80 (CNAME of host.example.net)" */
static void
put_addresses(struct buf *out, const struct evidence *e)
{
	const struct ev_dns *both[] = { &e->host_a, &e->host_aaaa };
	struct buf text = { 0 };
	const char *between = "";
	size_t i, j;

	if (!e->host_a.is_asked && !e->host_aaaa.is_asked)
		return;
	buf_printf(&text, "Addresses of mta-sts.%s: ", e->domain);
	for (i = 0; i < 2; i++) {
		for (j = 0; j < both[i]->count && j < RECORDS_MAX; j++) {
			buf_puts(&text, between);
			report_escape(&text, both[i]->rr[j].text.data,
			    both[i]->rr[j].text.len);
			between = ", ";
		}
	}
	if (between[0] == '\0')
		report_escape_text(&text,
		    e->host_a.detail != NULL ? e->host_a.detail : "none");
	if (e->host_cname.count > 0) {
		buf_puts(&text, " (CNAME of ");
		report_escape(&text, e->host_cname.rr[0].text.data,
		    e->host_cname.rr[0].text.len);
		buf_putc(&text, ')');
	}
	report_wrap(out, text.data, 2);
	buf_clear(&text);
}

static void
put_fetch(struct buf *out, const struct ev_fetch *fetch)
{
	const struct ev_bytes *type;
	struct buf text = { 0 };

	buf_puts(&text, "Policy ");
	report_escape_text(&text, fetch->url);
	report_wrap(out, text.data, 2);
	buf_reset(&text);
	if (fetch->address != NULL) {
		buf_puts(&text, "from ");
		report_escape_text(&text, fetch->address);
		buf_puts(&text, ", ");
	}
	buf_printf(&text, "%lld ms", (long long)fetch->ms);
	if (fetch->status != 0)
		buf_printf(&text, ", status %ld", fetch->status);
	type = ev_header_find(fetch, "Content-Type");
	if (type != NULL) {
		buf_puts(&text, ", ");
		report_escape_cut(
		    &text, type->data, type->len, RECORD_MAX_BYTES);
	}
	if (fetch->status != 0)
		buf_printf(&text, ", %zu bytes%s", fetch->body.len,
		    fetch->is_body_cut ? " and more" : "");
	if (fetch->reason != STS_REASON_OK) {
		buf_printf(
		    &text, "; refused, %s", sts_reason_word(fetch->reason));
		if (fetch->detail != NULL && fetch->detail[0] != '\0') {
			buf_puts(&text, ": ");
			report_escape_text(&text, fetch->detail);
		}
	}
	report_wrap(out, text.data, 4);
	buf_clear(&text);
}

/* A line of the file, cut at the last column. */
static void
put_policy_line(struct buf *out, size_t number, const char *line, size_t len)
{
	struct buf text = { 0 };
	size_t room = REPORT_COLUMNS - 10;

	report_escape(
	    &text, line, len < RECORD_MAX_BYTES ? len : RECORD_MAX_BYTES);
	if (text.len > room)
		buf_printf(out, "    %4zu  %.*s...\n", number, (int)room - 3,
		    text.data);
	else if (text.len > 0)
		buf_printf(out, "    %4zu  %s\n", number, text.data);
	else
		buf_printf(out, "    %4zu\n", number);
	buf_clear(&text);
}

static void
put_policy(struct buf *out, const struct ev_fetch *fetch,
    const struct report_options *options)
{
	const char *at = fetch->body.len > 0 ? fetch->body.data : "";
	const char *end = at + fetch->body.len, *eol;
	size_t number = 0, len;
	size_t max = options->is_verbose ? LINES_VERBOSE_MAX : LINES_MAX;

	for (; at < end; at = eol + 1) {
		eol = memchr(at, '\n', (size_t)(end - at));
		if (eol == NULL)
			eol = end;
		number++;
		len = (size_t)(eol - at);
		if (len > 0 && at[len - 1] == '\r')
			len--;
		if (number <= max)
			put_policy_line(out, number, at, len);
	}
	if (number > max)
		buf_printf(out, "    and %zu lines more\n", number - max);
}

static void
put_names(struct buf *out, const struct ev_cert *cert)
{
	struct buf text = { 0 };
	size_t i;

	buf_puts(&text, "for ");
	for (i = 0; i < cert->san_count && i < NAMES_MAX; i++) {
		buf_puts(&text, i > 0 ? ", " : "");
		report_escape_text(&text, cert->san[i]);
	}
	if (cert->san_count == 0)
		buf_puts(&text, "no DNS name at all");
	if (cert->san_count > NAMES_MAX)
		buf_printf(&text, " and %zu more", cert->san_count - NAMES_MAX);
	report_wrap(out, text.data, 4);
	buf_clear(&text);
}

static void
put_certificate(struct buf *out, const struct check_report *report)
{
	const struct evidence *e = report->facts->evidence;
	const struct ev_tls *tls = &e->fetch.tls;
	const struct ev_cert *cert = report_cert(report);
	const char *fault;
	struct buf text = { 0 };

	if (cert == NULL)
		return;
	buf_printf(out, "  Certificate of mta-sts.%s\n", e->domain);
	buf_puts(&text, "subject ");
	report_escape_text(&text, cert->subject);
	buf_puts(&text, "; issuer ");
	report_escape_text(&text, cert->issuer);
	report_wrap(out, text.data, 4);
	put_names(out, cert);
	buf_reset(&text);
	report_day(&text, cert->not_before);
	buf_puts(&text, " to ");
	report_day(&text, cert->not_after);
	buf_printf(&text, " (days left: %d), %s, ",
	    report_days(cert->not_after, e->time),
	    tls->version != NULL ? tls->version : "no handshake");
	fault = report_cert_fault(tls, e->time);
	report_escape_text(&text, fault != NULL ? fault : "trusted");
	if (tls->error != NULL) {
		buf_puts(&text, "; ");
		report_escape_text(&text, tls->error);
	}
	report_wrap(out, text.data, 4);
	buf_clear(&text);
}

static void
put_providers(struct buf *out, const struct check_report *report)
{
	struct buf text = { 0 };

	if (report->mail_provider != NULL)
		buf_printf(&text, "Mail: %s (by the MX hosts). ",
		    report->mail_provider);
	if (report->dns_host != NULL)
		buf_printf(
		    &text, "DNS: %s (by the name servers).", report->dns_host);
	if (text.len > 0)
		report_wrap(out, text.data, 2);
	buf_clear(&text);
}

void
report_text_seen(struct buf *out, const struct check_report *report,
    const struct report_options *options)
{
	const struct evidence *e = report->facts->evidence;

	report_heading(out, "WHAT WAS SEEN", options);
	put_dns(out, &e->txt);
	put_dns(out, &e->tlsrpt);
	put_addresses(out, e);
	if (e->fetch.is_asked) {
		put_fetch(out, &e->fetch);
		put_policy(out, &e->fetch, options);
		put_certificate(out, report);
	}
	report_text_mx(out, report, options);
	put_providers(out, report);
}
