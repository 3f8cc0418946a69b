/* SPDX-License-Identifier: ISC */
/* The MX hosts as a table, and below it what went wrong with them. */
#include <string.h>

#include <openssl/x509_vfy.h>

#include "check/reporttext.h"

#define HOSTS_MAX    20 /* without -v */
#define HOST_COLUMNS 12 /* at least */

/* Of a row: what follows the host. */
struct row {
	char policy[4];
	const char *smtp;
	const char *tls;
	char certificate[24];
};

static void
row_fill(struct row *row, const struct check_host *host,
    const struct check_facts *facts)
{
	const struct evidence *e = facts->evidence;
	const struct ev_tls *tls = &host->mx->tls;
	const char *fault = report_cert_fault(tls, e->time);

	snprintf(row->policy, sizeof(row->policy), "%s",
	    !facts->is_valid     ? "-" :
		host->is_covered ? "yes" :
				   "no");
	row->smtp = report_smtp_word(host->mx->end);
	row->tls = tls->version != NULL ? tls->version : "-";
	if (tls->cert_count == 0)
		snprintf(row->certificate, sizeof(row->certificate), "-");
	else if (fault == NULL)
		snprintf(row->certificate, sizeof(row->certificate),
		    "days left: %d",
		    report_days(tls->cert[0].not_after, e->time));
	else
		snprintf(row->certificate, sizeof(row->certificate), "%s",
		    strlen(fault) < sizeof("not yet valid") ? fault :
							      "untrusted");
}

/* Columns of the widest. */
struct widths {
	size_t host, smtp, tls, certificate;
};

static void
widen(size_t *width, size_t len)
{
	if (len > *width)
		*width = len;
}

static struct widths
measure(const struct check_report *report, size_t n)
{
	const struct check_facts *facts = report->facts;
	struct widths w = { HOST_COLUMNS, 4, 3, 11 };
	struct buf host = { 0 };
	struct row row = { 0 };
	size_t i, rest;

	for (i = 0; i < n; i++) {
		buf_reset(&host);
		report_escape_text(&host, facts->host[i].mx->host);
		row_fill(&row, &facts->host[i], facts);
		widen(&w.host, host.len);
		widen(&w.smtp, strlen(row.smtp));
		widen(&w.tls, strlen(row.tls));
		widen(&w.certificate, strlen(row.certificate));
	}
	buf_clear(&host);
	rest = 4 + 5 + 2 + 2 + 6 + 2 + w.smtp + 2 + w.tls + 2 + w.certificate;
	if (rest + w.host > REPORT_COLUMNS)
		w.host = rest + HOST_COLUMNS < REPORT_COLUMNS ?
		    REPORT_COLUMNS - rest :
		    HOST_COLUMNS;
	return w;
}

static void
put_row(struct buf *out, const struct check_host *host,
    const struct check_facts *facts, const struct widths *w)
{
	struct buf name = { 0 };
	struct row row = { 0 };

	row_fill(&row, host, facts);
	report_escape_text(&name, host->mx->host);
	buf_printf(out, "    %5u  %-*.*s", (unsigned int)host->mx->preference,
	    (int)w->host, REPORT_COLUMNS - 11, buf_str(&name));
	/* too long a name has a line of its own */
	if (name.len > w->host)
		buf_printf(out, "\n%*s", (int)w->host + 11, "");
	buf_printf(out, "  %-6s  %-*s  %-*s  %s\n", row.policy, (int)w->smtp,
	    row.smtp, (int)w->tls, row.tls, row.certificate);
	buf_clear(&name);
}

/* In words, where there is more to say than the row holds. */
static void
put_trouble(struct buf *out, const struct check_host *host)
{
	const struct ev_mx *mx = host->mx;
	struct buf text = { 0 };

	report_escape_text(&text, mx->host);
	if (mx->address != NULL) {
		buf_puts(&text, " (");
		report_escape_text(&text, mx->address);
		buf_putc(&text, ')');
	}
	buf_puts(&text, ": ");
	if (mx->end != EV_SMTP_DONE) {
		buf_puts(&text, report_smtp_word(mx->end));
		if (mx->detail != NULL && mx->detail[0] != '\0') {
			buf_puts(&text, ", ");
			report_escape_text(&text, mx->detail);
		}
	} else if (mx->tls.cert_count > 0 &&
	    mx->tls.verify_error != X509_V_OK) {
		report_escape_text(
		    &text, X509_verify_cert_error_string(mx->tls.verify_error));
	} else {
		buf_clear(&text);
		return;
	}
	report_wrap(out, text.data, 4);
	buf_clear(&text);
}

void
report_text_mx(struct buf *out, const struct check_report *report,
    const struct report_options *options)
{
	const struct check_facts *facts = report->facts;
	const struct evidence *e = facts->evidence;
	struct widths w;
	size_t i, n = facts->hosts;

	if (e->is_null_mx) {
		buf_printf(out, "  MX %s: \".\" (null MX)\n", e->domain);
		return;
	}
	buf_printf(out, "  MX %s", e->domain);
	if (n == 0) {
		buf_puts(out, ": ");
		report_escape_text(
		    out, e->mx.detail != NULL ? e->mx.detail : "not asked");
		buf_putc(out, '\n');
		return;
	}
	if (e->mx.has_ttl)
		buf_printf(out, " (TTL %u s)", e->mx.ttl);
	buf_putc(out, '\n');
	if (!options->is_verbose && n > HOSTS_MAX)
		n = HOSTS_MAX;
	w = measure(report, n);
	buf_printf(out, "    %5s  %-*s  %-6s  %-*s  %-*s  %s\n", "pref",
	    (int)w.host, "host", "policy", (int)w.smtp, "SMTP", (int)w.tls,
	    "TLS", "certificate");
	for (i = 0; i < n; i++)
		put_row(out, &facts->host[i], facts, &w);
	if (n < facts->hosts)
		buf_printf(out, "    and %zu more (-v)\n", facts->hosts - n);
	for (i = 0; i < n; i++)
		put_trouble(out, &facts->host[i]);
}
