/* SPDX-License-Identifier: ISC */
/* What was seen, in tables; and what Postfix makes of it. */
#include <string.h>

#include "check/report_html.h"

#define POLICY_LINES_MAX 200
#define POLICY_BYTES_MAX 16384

static void
put_row_open(struct buf *b, const char *name)
{
	buf_printf(b, "<tr><th scope=\"row\">%s</th><td>", name);
}

static void
put_row_close(struct buf *b)
{
	buf_puts(b, "</td></tr>\n");
}

static void
put_row(struct buf *b, const char *name, const char *value)
{
	put_row_open(b, name);
	markup_html_text(b, value);
	put_row_close(b);
}

/* The records of a look-up, or why there are none. */
static void
put_answer(struct buf *b, const struct ev_dns *dns)
{
	size_t i;

	for (i = 0; i < dns->count; i++) {
		if (i > 0)
			buf_puts(b, "<br>");
		if (dns->type == DNS_MX)
			buf_printf(
			    b, "%u ", (unsigned int)dns->rr[i].preference);
		if (dns->rr[i].text.len == 0)
			buf_puts(b, dns->type == DNS_MX ? "." : "(empty)");
		else
			html_code(b, dns->rr[i].text.data, dns->rr[i].text.len);
	}
	if (!dns->is_asked)
		buf_puts(b, "not asked");
	else if (dns->count == 0)
		markup_html_text(b, dns->detail);
}

static void
put_lookup(struct buf *b, const char *what, const struct ev_dns *dns)
{
	if (!dns->is_asked)
		return;
	buf_printf(b, "<tr><th scope=\"row\">%s<br>", what);
	if (dns->name != NULL)
		html_code(b, dns->name, strlen(dns->name));
	buf_puts(b, "</th><td>");
	put_answer(b, dns);
	put_row_close(b);
}

static void
put_records(const struct html_page *p)
{
	const struct check_report *r = p->report;
	const struct evidence *e = r->facts->evidence;
	struct buf *b = p->out;

	html_heading(p, 3, "sub", "Records");
	buf_puts(b, "<table class=\"pairs\"><tbody>\n");
	put_lookup(b, "TXT", &e->txt);
	put_lookup(b, "Policy host A", &e->host_a);
	put_lookup(b, "Policy host AAAA", &e->host_aaaa);
	if (e->host_cname.count > 0)
		put_lookup(b, "Policy host CNAME", &e->host_cname);
	put_lookup(b, "MX", &e->mx);
	put_lookup(b, "TLS-RPT", &e->tlsrpt);
	put_lookup(b, "NS", &e->ns);
	put_row(b, "Mail provider",
	    r->mail_provider != NULL ? r->mail_provider : "not recognised");
	put_row(b, "DNS host",
	    r->dns_host != NULL ? r->dns_host : "not recognised");
	buf_puts(b, "</tbody></table>\n");
}

static void
put_fetch(struct buf *b, const struct ev_fetch *fetch)
{
	const struct ev_bytes *type = ev_header_find(fetch, "Content-Type");

	buf_puts(b, "<table class=\"pairs\"><tbody>\n");
	put_row(b, "URL", fetch->url);
	if (fetch->address != NULL)
		put_row(b, "Address", fetch->address);
	put_row_open(b, "Result");
	buf_puts(b, sts_reason_word(fetch->reason));
	if (fetch->status != 0)
		buf_printf(b, ", HTTP status %ld", fetch->status);
	buf_printf(b, ", %lld ms", (long long)fetch->ms);
	if (fetch->detail != NULL && fetch->detail[0] != '\0') {
		buf_puts(b, "<br>");
		markup_html_text(b, fetch->detail);
	}
	put_row_close(b);
	if (type != NULL) {
		put_row_open(b, "Content-Type");
		html_code(b, type->data, type->len);
		put_row_close(b);
	}
	buf_puts(b, "</tbody></table>\n");
}

/* Codes of the findings about a line; the worst severity. */
static enum check_severity
put_line_codes(
    struct buf *b, const struct check_findings *findings, size_t line)
{
	static const char *const classes[] = { "info", "warn", "fail" };
	enum check_severity worst = CHECK_INFO;
	const struct check_finding *f;
	size_t i;

	for (i = 0; i < findings->count; i++) {
		f = &findings->item[i];
		if (f->line != line || f->rule->stage == CHECK_DNS)
			continue;
		buf_printf(b, " <span class=\"%s hint\">&larr; %s</span>",
		    classes[f->severity], f->rule->code);
		if (f->severity > worst)
			worst = f->severity;
	}
	return worst;
}

static void
put_line(struct buf *b, const struct check_findings *findings, size_t line,
    const char *s, size_t len)
{
	static const char *const classes[] = { "", " class=\"warn\"",
		" class=\"fail\"" };
	struct buf codes = { 0 };

	if (len > 0 && s[len - 1] == '\r')
		len--;
	buf_printf(b, "<li%s><span class=\"no\">%zu</span><span><code>",
	    classes[put_line_codes(&codes, findings, line)], line);
	markup_html(b, s, len);
	buf_puts(b, "</code>");
	buf_puts(b, buf_str(&codes));
	buf_puts(b, "</span></li>\n");
	buf_clear(&codes);
}

static void
put_body(struct buf *b, const struct check_findings *findings,
    const struct ev_fetch *fetch)
{
	const char *s = fetch->body.data, *end, *stop;
	size_t len = fetch->body.len, line = 0;

	if (len > POLICY_BYTES_MAX)
		len = POLICY_BYTES_MAX;
	end = s + len;
	buf_puts(b, "<ol class=\"policy\" aria-label=\"Policy file\">\n");
	while (s < end && line < POLICY_LINES_MAX) {
		stop = memchr(s, '\n', (size_t)(end - s));
		if (stop == NULL)
			stop = end;
		put_line(b, findings, ++line, s, (size_t)(stop - s));
		s = stop < end ? stop + 1 : end;
	}
	buf_puts(b, "</ol>\n");
	if (s < end || len < fetch->body.len || fetch->is_body_cut)
		buf_printf(b,
		    "<p class=\"small soft\">There is more: the file has "
		    "%s%zu bytes.</p>\n",
		    fetch->is_body_cut ? "over " : "", fetch->body.len);
}

static void
put_policy(const struct html_page *p)
{
	const struct evidence *e = p->report->facts->evidence;

	if (!e->fetch.is_asked)
		return;
	html_heading(p, 3, "sub", "Policy file");
	put_fetch(p->out, &e->fetch);
	if (e->fetch.body.len > 0)
		put_body(p->out, p->report->findings, &e->fetch);
}

static void
put_sans(struct buf *b, const struct ev_cert *cert)
{
	size_t i;

	put_row_open(b, "Names");
	for (i = 0; i < cert->san_count; i++) {
		buf_puts(b, i > 0 ? " " : "");
		html_code(b, cert->san[i], strlen(cert->san[i]));
		if (i >= 19 && i + 1 < cert->san_count) {
			buf_printf(b, " and %zu more", cert->san_count - i - 1);
			break;
		}
	}
	put_row_close(b);
}

static void
put_days(struct buf *b, int64_t until, int64_t now)
{
	int days = report_days(until, now);

	report_day(b, until);
	if (days < 0)
		buf_printf(
		    b, " (%d %s ago)", -days, days == -1 ? "day" : "days");
	else
		buf_printf(
		    b, " (%d %s left)", days, days == 1 ? "day" : "days");
}

static void
put_certificate(const struct html_page *p)
{
	const struct check_facts *facts = p->report->facts;
	const struct ev_tls *tls = &facts->evidence->fetch.tls;
	const struct ev_cert *cert = report_cert(p->report);
	struct buf *b = p->out;
	const char *fault;

	if (cert == NULL)
		return;
	html_heading(p, 3, "sub", "Certificate of the policy host");
	buf_puts(b, "<table class=\"pairs\"><tbody>\n");
	fault = report_cert_fault(tls, facts->now);
	put_row(b, "Verdict", fault == NULL ? "good" : fault);
	put_row(b, "Subject", cert->subject);
	put_row(b, "Issuer", cert->issuer);
	put_sans(b, cert);
	put_row_open(b, "Valid until");
	put_days(b, cert->not_after, facts->now);
	put_row_close(b);
	put_row(b, "TLS", tls->version != NULL ? tls->version : "none");
	buf_puts(b, "</tbody></table>\n");
}

static void
put_host(struct buf *b, const struct check_host *host, int64_t now)
{
	const struct ev_mx *mx = host->mx;
	const char *fault;

	buf_puts(b, "<tr><th scope=\"row\">");
	html_code(b, mx->host, strlen(mx->host));
	buf_printf(b, "</th><td data-of=\"Preference\">%u</td>",
	    (unsigned int)mx->preference);
	buf_puts(b, "<td data-of=\"Pattern\">");
	if (host->pattern != NULL)
		html_code(b, host->pattern, strlen(host->pattern));
	else
		buf_puts(b, host->is_covered ? "covered" : "none matches");
	buf_puts(b, "</td><td data-of=\"Port 25\">");
	buf_puts(b, report_smtp_word(mx->end));
	if (mx->detail != NULL && mx->detail[0] != '\0') {
		buf_puts(b, "<br><span class=\"soft\">");
		markup_html_text(b, mx->detail);
		buf_puts(b, "</span>");
	}
	buf_puts(b, "</td><td data-of=\"Certificate\">");
	if (mx->tls.cert_count > 0) {
		fault = report_cert_fault(&mx->tls, now);
		buf_printf(b, "%s<br>", fault == NULL ? "good" : fault);
		put_days(b, mx->tls.cert[0].not_after, now);
	} else {
		buf_puts(b, "not seen");
	}
	buf_puts(b, "</td></tr>\n");
}

static void
put_hosts(const struct html_page *p)
{
	const struct check_facts *facts = p->report->facts;
	struct buf *b = p->out;
	size_t i;

	if (facts->hosts == 0)
		return;
	html_heading(p, 3, "sub", "MX hosts");
	buf_puts(b,
	    "<table class=\"stack\"><thead><tr><th scope=\"col\">Host</th>"
	    "<th scope=\"col\">Pref.</th><th scope=\"col\">Pattern</th>"
	    "<th scope=\"col\">Port 25</th>"
	    "<th scope=\"col\">Certificate</th></tr></thead><tbody>\n");
	for (i = 0; i < facts->hosts; i++)
		put_host(b, &facts->host[i], facts->now);
	buf_puts(b, "</tbody></table>\n");
}

static void
put_points(const struct html_page *p)
{
	static const char *const titles[CHECK_PARTS] = {
		[CHECK_PART_DNS] = "DNS record",
		[CHECK_PART_FETCH] = "Policy fetch",
		[CHECK_PART_CERTIFICATE] = "Certificate",
		[CHECK_PART_SYNTAX] = "Policy syntax",
		[CHECK_PART_MX] = "MX coverage: patterns",
		[CHECK_PART_SMTP] = "MX coverage: SMTP",
		[CHECK_PART_LIFETIME] = "Lifetime",
		[CHECK_PART_TLS_RPT] = "TLS-RPT",
	};
	const struct check_points *part;
	struct buf *b = p->out;
	size_t i;

	if (p->report->score < 0)
		return;
	html_heading(p, 3, "sub", "Points");
	buf_puts(b,
	    "<table class=\"points\"><thead><tr><th scope=\"col\">Part</th>"
	    "<th scope=\"col\" class=\"num\">Points</th></tr></thead>"
	    "<tbody>\n");
	for (i = 0; i < CHECK_PARTS; i++) {
		part = &p->report->part[i];
		buf_printf(b,
		    "<tr><th scope=\"row\">%s%s</th>"
		    "<td class=\"num\">%d of %d</td></tr>\n",
		    titles[i], part->is_unproven ? " (not proven)" : "",
		    part->points, part->of);
	}
	buf_puts(b, "</tbody></table>\n<p class=\"small soft\">");
	if (p->report->gate != NULL) {
		buf_puts(b, "The score is limited, whatever the points: ");
		markup_html_text(b, p->report->gate);
		buf_puts(b, ".");
	}
	buf_puts(b, "</p>\n");
}

void
html_seen(const struct html_page *p)
{
	buf_puts(p->out, "<section>\n");
	html_heading(p, 2, "part", "What was seen");
	put_records(p);
	put_policy(p);
	put_certificate(p);
	put_hosts(p);
	put_points(p);
	buf_puts(p->out, "</section>\n");
}

/* Would each version do the same with each host? */
static bool
is_same_delivery(const struct check_report *r)
{
	const struct check_delivery *first, *other;
	size_t i, j;

	for (i = 1; i < sizeof(r->postfix) / sizeof(r->postfix[0]); i++) {
		for (j = 0; j < r->facts->hosts; j++) {
			if (r->postfix[0].host == NULL ||
			    r->postfix[i].host == NULL)
				return false;
			first = &r->postfix[0].host[j];
			other = &r->postfix[i].host[j];
			if (first->does != other->does ||
			    strcmp(first->why == NULL ? "" : first->why,
				other->why == NULL ? "" : other->why) != 0)
				return false;
		}
	}
	return true;
}

static void
put_delivery(const struct html_page *p, const struct check_postfix *x,
    const char *heading)
{
	static const char *const words[] = {
		[CHECK_DELIVERS] = "delivers",
		[CHECK_DEFERS] = "does not deliver",
		[CHECK_NOT_KNOWN] = "not known",
	};
	const struct check_facts *facts = p->report->facts;
	struct buf *b = p->out;
	size_t i;

	if (facts->hosts == 0 || x->host == NULL)
		return;
	html_heading(p, 3, "sub", heading);
	buf_puts(b, "<table class=\"pairs\"><tbody>\n");
	for (i = 0; i < facts->hosts; i++) {
		buf_puts(b, "<tr><th scope=\"row\">");
		html_code(b, facts->host[i].mx->host,
		    strlen(facts->host[i].mx->host));
		buf_printf(b, "</th><td>%s", words[x->host[i].does]);
		if (x->host[i].why != NULL) {
			buf_puts(b, ": ");
			markup_html_text(b, x->host[i].why);
		}
		put_row_close(b);
	}
	buf_puts(b, "</tbody></table>\n");
}

void
html_postfix(const struct html_page *p)
{
	const struct check_report *r = p->report;
	struct buf heading = { 0 }, *b = p->out;
	bool is_same = is_same_delivery(r);
	size_t i;

	buf_puts(b, "<section>\n");
	html_heading(p, 2, "part", "What this Postfix will be told");
	buf_puts(b, "<table class=\"pairs\"><tbody>\n");
	for (i = 0; i < sizeof(r->postfix) / sizeof(r->postfix[0]); i++) {
		if (r->postfix[i].reply == NULL)
			continue;
		put_row_open(b, answer_profile_name(r->postfix[i].profile));
		html_code(b, r->postfix[i].reply, strlen(r->postfix[i].reply));
		put_row_close(b);
	}
	buf_puts(b, "</tbody></table>\n");
	for (i = 0; i < sizeof(r->postfix) / sizeof(r->postfix[0]); i++) {
		if (is_same && i > 0)
			break;
		buf_reset(&heading);
		buf_puts(&heading, "What it would do");
		if (!is_same)
			buf_printf(&heading, ", %s",
			    answer_profile_name(r->postfix[i].profile));
		put_delivery(p, &r->postfix[i], buf_str(&heading));
	}
	buf_clear(&heading);
	buf_puts(b, "</section>\n");
}
