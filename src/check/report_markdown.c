/* SPDX-License-Identifier: ISC */
/*
 * An audit finding: the state in a sentence, what is seen, what we recommend,
 * who owns it, and the ten steps of a manual check, each with its outcome.
 */
#include <stdlib.h>
#include <string.h>

#include "base/xmalloc.h"
#include "check/markup.h"
#include "check/report_memory.h"
#include "check/report_markdown.h"

void
report_markdown_begin(
    struct buf *b, size_t count, const struct report_options *options)
{
	(void)options;
	if (count > 1)
		buf_printf(b, "# MTA-STS of %zu domains\n\n", count);
}

void
report_markdown_end(
    struct buf *b, size_t count, const struct report_options *options)
{
	(void)b;
	(void)count;
	(void)options;
}

static void
put_status(struct buf *b, const struct check_report *r)
{
	struct buf text = { 0 };

	buf_puts(b, "**");
	markup_md_text(b, r->status_text);
	buf_puts(b, "** ");
	report_verdict(&text, r);
	markup_md(b, text.data, text.len);
	buf_clear(&text);
	buf_puts(b, "\n\nGrade **");
	markup_md_text(b, report_grade(r));
	buf_puts(b, "**");
	if (r->score >= 0)
		buf_printf(b, " (%d of 100)", r->score);
	buf_printf(b, ", priority **%s**", check_priority_word(r->priority));
	if (r->gate != NULL) {
		buf_puts(b, ", score limited: ");
		markup_md_text(b, r->gate);
	}
	buf_puts(b, ".\n\n");
}

static void
put_cell(struct buf *b, const char *name)
{
	buf_printf(b, "| %s | ", name);
}

/* The records of a look-up, or why there are none. */
static void
put_answer(struct buf *b, const char *name, const struct ev_dns *dns)
{
	size_t i;

	put_cell(b, name);
	for (i = 0; i < dns->count; i++) {
		if (i > 0)
			buf_puts(b, "<br>");
		if (dns->type == DNS_MX)
			buf_printf(
			    b, "%u ", (unsigned int)dns->rr[i].preference);
		markup_md_code(b, dns->rr[i].text.data, dns->rr[i].text.len);
	}
	if (!dns->is_asked)
		buf_puts(b, "not asked");
	else if (dns->count == 0)
		markup_md_text(b, dns->detail);
	buf_puts(b, " |\n");
}

static void
put_fetch(struct buf *b, const struct ev_fetch *fetch)
{
	const struct ev_bytes *type = ev_header_find(fetch, "Content-Type");

	put_cell(b, "Policy file");
	if (!fetch->is_asked) {
		buf_puts(b, "not asked |\n");
		return;
	}
	buf_puts(b, sts_reason_word(fetch->reason));
	if (fetch->status != 0)
		buf_printf(b, ", HTTP status %ld", fetch->status);
	if (type != NULL) {
		buf_puts(b, ", ");
		markup_md_code(b, type->data, type->len);
	}
	buf_printf(
	    b, ", %zu bytes, %lld ms", fetch->body.len, (long long)fetch->ms);
	if (fetch->detail != NULL && fetch->detail[0] != '\0') {
		buf_puts(b, "; ");
		markup_md_text(b, fetch->detail);
	}
	buf_puts(b, " |\n");
}

static void
put_patterns(struct buf *b, const struct sts_mxlist *list)
{
	const char *p = NULL;
	bool is_first = true;

	put_cell(b, "Policy mx");
	if (list->count == 0)
		buf_puts(b, "none");
	while (list->count > 0 && (p = sts_mxlist_next(list, p)) != NULL) {
		if (!is_first)
			buf_puts(b, "<br>");
		markup_md_code(b, p, strlen(p));
		is_first = false;
	}
	buf_puts(b, " |\n");
}

static void
put_policy(struct buf *b, const struct check_facts *facts)
{
	put_cell(b, "Mode");
	buf_puts(b, facts->has_mode ? sts_mode_word(facts->mode) : "not known");
	buf_puts(b, " |\n");
	if (!facts->is_valid)
		return;
	put_patterns(b, &facts->file.policy.mx);
	put_cell(b, "max\\_age");
	buf_printf(
	    b, "%llu (", (unsigned long long)facts->file.max_age_published);
	markup_span(b, facts->file.max_age_published);
	buf_puts(b, ") |\n");
}

static void
put_certificate(struct buf *b, const struct check_report *r)
{
	const struct ev_cert *cert = report_cert(r);
	const char *fault;

	put_cell(b, "Certificate of the policy host");
	if (cert == NULL) {
		buf_puts(b, "not seen |\n");
		return;
	}
	fault =
	    report_cert_fault(&r->facts->evidence->fetch.tls, r->facts->now);
	buf_printf(b, "%s, until ", fault == NULL ? "good" : fault);
	report_day(b, cert->not_after);
	buf_printf(b, " (%d days), issuer ",
	    report_days(cert->not_after, r->facts->now));
	if (cert->issuer != NULL)
		markup_md_code(b, cert->issuer, strlen(cert->issuer));
	buf_puts(b, " |\n");
}

static void
put_host(struct buf *b, const struct check_host *host)
{
	buf_puts(b, "| ");
	markup_md_code(b, host->mx->host, strlen(host->mx->host));
	buf_printf(b, " | %s | %s | %s |\n", host->is_covered ? "yes" : "no",
	    report_smtp_word(host->mx->end),
	    host->is_failing    ? "fails" :
		host->is_proven ? "good" :
				  "not proven");
}

static void
put_seen(struct buf *b, const struct check_report *r)
{
	const struct check_facts *facts = r->facts;
	const struct evidence *e = facts->evidence;
	size_t i;

	buf_puts(b, "## What is seen\n\n| What | Value |\n| --- | --- |\n");
	put_answer(b, "DNS record", &e->txt);
	put_fetch(b, &e->fetch);
	put_policy(b, facts);
	put_answer(b, "MX records", &e->mx);
	put_certificate(b, r);
	put_answer(b, "TLS-RPT record", &e->tlsrpt);
	if (facts->hosts > 0)
		buf_puts(b,
		    "\n| MX host | In the policy | Port 25 | Verdict |\n"
		    "| --- | --- | --- | --- |\n");
	for (i = 0; i < facts->hosts; i++)
		put_host(b, &facts->host[i]);
	buf_putc(b, '\n');
}

static void
put_finding(struct buf *b, const struct check_finding *f)
{
	buf_printf(b, "- **%s** (`%s`): ", check_severity_word(f->severity),
	    f->rule->code);
	markup_md_text(b, f->message);
	if (f->evidence != NULL && f->evidence[0] != '\0') {
		buf_puts(b, " Seen: ");
		markup_md_code(b, f->evidence, strlen(f->evidence));
	}
	if (f->rule->rfc[0] != '\0')
		buf_printf(b, " (%s)", f->rule->rfc);
	buf_putc(b, '\n');
}

/* The lines of one kind as they follow each other; returns their end. */
static const char *
put_run(struct buf *b, const char *s)
{
	const char *start = s, *end = s;
	bool is_literal = report_is_literal(s, strcspn(s, "\n")),
	     is_first = true;
	size_t len;

	while (*s != '\0') {
		len = strcspn(s, "\n");
		if (len == 0 || report_is_literal(s, len) != is_literal)
			break;
		if (!is_literal) {
			buf_puts(b, is_first ? "   " : "\\\n   ");
			markup_md(b, s, len);
		}
		is_first = false;
		end = s + len;
		s = end + (*end == '\n');
	}
	if (is_literal)
		markup_md_fence(b, start, (size_t)(end - start), 3);
	else
		buf_putc(b, '\n');
	return s;
}

static bool
is_fix_known(const struct check_findings *all, const size_t *order, size_t n)
{
	const char *fix = all->item[order[n]].fix, *other;
	size_t i;

	for (i = 0; i < n; i++) {
		other = all->item[order[i]].fix;
		if (other != NULL && strcmp(other, fix) == 0)
			return true;
	}
	return false;
}

static void
put_fix(struct buf *b, const struct check_finding *f, unsigned int number)
{
	const char *s = f->fix;

	buf_printf(b, "%u. For `%s`:\n\n", number, f->rule->code);
	while (*(s += strspn(s, "\n")) != '\0') {
		s = put_run(b, s);
		buf_putc(b, '\n');
	}
}

static void
put_recommended(
    struct buf *b, const struct check_report *r, const size_t *order)
{
	const struct check_findings *all = r->findings;
	const char *s = r->rollout;
	unsigned int number = 0;
	size_t i;

	buf_puts(b, "## We recommend\n\n");
	if (r->next_action != NULL) {
		buf_puts(b, "**");
		markup_md_text(b, r->next_action);
		buf_puts(b, "**\n\n");
	}
	for (i = 0; i < all->count; i++)
		if (all->item[order[i]].fix != NULL &&
		    !is_fix_known(all, order, i))
			put_fix(b, &all->item[order[i]], ++number);
	if (number > 0)
		buf_printf(b,
		    "%u. Check again: `postfix-mta-sts --check %s`\n\n",
		    number + 1, r->facts->evidence->domain);
	if (s == NULL || *s == '\0')
		return;
	buf_puts(b, "Rollout:\n\n");
	while (*(s += strspn(s, "\n")) != '\0') {
		s = put_run(b, s);
		buf_putc(b, '\n');
	}
}

static void
put_owner(struct buf *b, const struct check_report *r)
{
	buf_puts(b,
	    "## Owner\n\n"
	    "| What | Where | Who |\n| --- | --- | --- |\n| DNS | ");
	markup_md_text(b, r->dns_host != NULL ? r->dns_host : "not recognised");
	buf_puts(b, " | ask the owner |\n| Mail | ");
	markup_md_text(
	    b, r->mail_provider != NULL ? r->mail_provider : "not recognised");
	buf_puts(b, " | ask the owner |\n| Policy host and certificate | `");
	buf_printf(
	    b, "mta-sts.%s` | ask the owner |\n", r->facts->evidence->domain);
	buf_puts(b, "| Reading the TLS reports | ");
	if (r->facts->tlsrpt == STS_TXT_VALID && r->facts->rua.count > 0)
		markup_md_code(
		    b, r->facts->rua.rua[0].uri, r->facts->rua.rua[0].len);
	else
		buf_puts(b, "no destination");
	buf_puts(b, " | ask the owner |\n\n");
}

void
report_markdown_one(struct buf *b, const struct check_report *r, bool is_first,
    const struct report_options *options)
{
	size_t *order = xcalloc(r->findings->count + 1, sizeof(*order));
	size_t i;

	report_order(r, order);
	buf_printf(b, "%s# MTA-STS: %s", is_first ? "" : "\n---\n\n",
	    r->facts->evidence->domain);
	if (options->label != NULL && options->label[0] != '\0') {
		buf_puts(b, " \\(");
		markup_md_text(b, options->label);
		buf_puts(b, "\\)");
	}
	buf_puts(b, "\n\n");
	put_status(b, r);
	report_markdown_memory(b, r);
	put_seen(b, r);
	if (r->findings->count > 0)
		buf_puts(b, "## Findings\n\n");
	for (i = 0; i < r->findings->count; i++)
		put_finding(b, &r->findings->item[order[i]]);
	if (r->findings->count > 0)
		buf_putc(b, '\n');
	put_recommended(b, r, order);
	put_owner(b, r);
	markdown_checklist(b, r);
	buf_puts(b, "## Limits\n\n");
	markdown_limits(b, r);
	free(order);
}
