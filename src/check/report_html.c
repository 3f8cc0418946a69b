/* SPDX-License-Identifier: ISC */
/*
 * One page in one file: the grade, a row of chips, findings first, then what
 * was seen. Several domains fold, so that the page is its own index.
 */
#include <string.h>

#include "check/report_html.h"
#include "check/report_memory.h"

/* Behind all others. */
#define UNGRADED_PLACE 101
#define NO_CERT_PLACE  99999

const char *const html_stage_titles[CHECK_STAGES] = {
	[CHECK_DNS] = "DNS record",
	[CHECK_FETCH] = "Policy fetch",
	[CHECK_CERTIFICATE] = "Certificate",
	[CHECK_SYNTAX] = "Policy syntax",
	[CHECK_MX] = "MX coverage",
	[CHECK_SMTP] = "SMTP",
	[CHECK_MODE] = "Mode",
	[CHECK_LIFETIME] = "Lifetime",
	[CHECK_TLS_RPT] = "TLS-RPT",
	[CHECK_DANE] = "DANE",
};

static const char *const result_marks[] = {
	[CHECK_SKIPPED] = "&ndash;",
	[CHECK_PASS] = "&check;",
	[CHECK_UNPROVEN] = "?",
	[CHECK_WARN] = "!",
	[CHECK_FAIL] = "&times;",
};

static const struct {
	const char *class, *title;
} verdicts[] = {
	[CHECK_VERDICT_PASS] = { "pass", "Pass." },
	[CHECK_VERDICT_WARNING] = { "warn", "Warning." },
	[CHECK_VERDICT_FAIL] = { "fail", "Fail." },
	[CHECK_VERDICT_UNKNOWN] = { "unproven", "Not known." },
	[CHECK_VERDICT_NA] = { "skipped", "Not applicable." },
};

void
html_heading_open(const struct html_page *p, int rank, const char *class)
{
	buf_printf(p->out, "<h%d class=\"%s\">", rank + p->is_bulk, class);
}

void
html_heading_close(const struct html_page *p, int rank)
{
	buf_printf(p->out, "</h%d>\n", rank + p->is_bulk);
}

void
html_heading(
    const struct html_page *p, int rank, const char *class, const char *text)
{
	html_heading_open(p, rank, class);
	markup_html_text(p->out, text);
	html_heading_close(p, rank);
}

void
html_code(struct buf *b, const char *s, size_t len)
{
	buf_puts(b, "<code>");
	markup_html(b, s, len);
	buf_puts(b, "</code>");
}

void
html_pre(struct buf *b, const char *s, size_t len)
{
	while (len > 0 && s[len - 1] == '\n')
		len--;
	/* HTML drops a line end that comes first */
	buf_puts(b, "<pre>\n");
	markup_html(b, s, len);
	buf_puts(b, "</pre>\n");
}

static void
put_grade(const struct html_page *p)
{
	const struct check_report *r = p->report;
	struct buf *b = p->out;

	buf_printf(b, "<p class=\"grade %s\"><b>", verdicts[r->verdict].class);
	markup_html_text(b, report_grade(r));
	buf_puts(b, "</b><span>");
	if (r->score >= 0)
		buf_printf(b, "%d of 100", r->score);
	else
		buf_puts(b, "no score");
	buf_puts(b, "</span></p>\n");
}

static void
put_sentence(const struct html_page *p)
{
	const struct check_report *r = p->report;
	struct buf text = { 0 };

	report_verdict(&text, r);
	buf_printf(p->out, "<p class=\"verdict %s\"><b>%s</b> ",
	    verdicts[r->verdict].class, verdicts[r->verdict].title);
	markup_html(p->out, text.data, text.len);
	buf_puts(p->out, "</p>\n");
	buf_clear(&text);
}

static void
put_head(const struct html_page *p)
{
	const struct check_report *r = p->report;
	const struct evidence *e = r->facts->evidence;
	struct buf *b = p->out;

	buf_puts(b, "<header class=\"head\">\n");
	put_grade(p);
	buf_puts(b, "<div>\n");
	if (!p->is_bulk)
		html_heading(p, 1, "domain-name", e->domain);
	put_sentence(p);
	buf_puts(b, "<p>");
	markup_html_text(b, r->status_text);
	buf_printf(b,
	    "</p>\n<p class=\"facts\"><span>Priority <b>%s</b></span> "
	    "<span>Status <b>%s</b></span> ",
	    check_priority_word(r->priority), check_status_word(r->status));
	if (r->gate != NULL) {
		buf_puts(b, "<span>Score limited: <b>");
		markup_html_text(b, r->gate);
		buf_puts(b, "</b></span> ");
	}
	buf_puts(b, "<span>Checked ");
	report_time(b, e->time);
	buf_puts(b, "</span></p>\n");
	if (r->is_starred)
		buf_puts(b,
		    "<p class=\"facts\">* Some of it could not be proven from "
		    "here; it counts as good.</p>\n");
	if (e->unicode != NULL || e->note != NULL) {
		buf_puts(b, "<p class=\"facts\">");
		markup_html_text(b, e->unicode);
		if (e->unicode != NULL && e->note != NULL)
			buf_puts(b, " &middot; ");
		markup_html_text(b, e->note);
		buf_puts(b, "</p>\n");
	}
	buf_puts(b, "</div>\n</header>\n");
}

static void
put_chips(const struct html_page *p)
{
	const char *word;
	size_t i;

	buf_puts(p->out, "<ul class=\"chips\" aria-label=\"Results\">\n");
	for (i = 0; i < CHECK_STAGES; i++) {
		word = check_result_word(p->report->chip[i]);
		buf_printf(p->out,
		    "<li class=\"%s\">%s <b><span aria-hidden=\"true\">"
		    "%s</span> %s</b></li>\n",
		    word, html_stage_titles[i],
		    result_marks[p->report->chip[i]], word);
	}
	buf_puts(p->out, "</ul>\n");
}

static void
put_next(const struct html_page *p)
{
	const struct check_report *r = p->report;

	if (r->next_action == NULL && r->rollout == NULL)
		return;
	buf_puts(p->out, "<section>\n");
	html_heading(p, 2, "part", "What comes next");
	if (r->next_action != NULL) {
		buf_puts(p->out, "<p><strong>");
		markup_html_text(p->out, r->next_action);
		buf_puts(p->out, "</strong></p>\n");
	}
	if (r->rollout != NULL) {
		buf_puts(p->out, "<div class=\"fix\">");
		html_steps(p->out, r->rollout);
		buf_puts(p->out, "</div>\n");
	}
	buf_puts(p->out, "</section>\n");
}

static void
put_page_head(struct buf *b)
{
	size_t i;

	buf_puts(b,
	    "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n"
	    "<meta charset=\"utf-8\">\n"
	    "<meta http-equiv=\"Content-Security-Policy\" content=\""
	    "default-src 'none'; style-src 'unsafe-inline'\">\n"
	    "<meta name=\"viewport\" content=\"width=device-width, "
	    "initial-scale=1\">\n"
	    "<meta name=\"color-scheme\" content=\"light dark\">\n"
	    "<meta name=\"referrer\" content=\"no-referrer\">\n<style>\n");
	for (i = 0; report_html_style[i] != NULL; i++)
		buf_puts(b, report_html_style[i]);
	buf_puts(b, "</style>\n<title>MTA-STS of ");
}

void
report_html_begin(
    struct buf *b, size_t count, const struct report_options *options)
{
	(void)options;
	/* a page of one domain has its name in the title: later */
	if (count == 1)
		return;
	put_page_head(b);
	buf_printf(b,
	    "%zu domains</title>\n</head>\n<body>\n<main class=\"list\">\n"
	    "<h1>MTA-STS of %zu domains</h1>\n"
	    "<p class=\"soft\">Each line opens.</p>\n",
	    count, count);
}

/* Its place in each order, for the style sheet; see report_html_index.c. */
static void
put_place(const struct html_page *p)
{
	const struct report_place *at = p->options->place;
	const struct check_report *r = p->report;
	const struct ev_cert *cert = report_cert(r);

	if (at == NULL)
		return;
	buf_printf(p->out,
	    " style=\"--given:%zu;--name:%zu;--label:%zu;--grade:%d;"
	    "--urgent:%d;--cert:%d\"",
	    at->given, at->by_name, at->by_label,
	    r->score >= 0 ? r->score : UNGRADED_PLACE,
	    (int)(CHECK_HIGH - r->priority),
	    cert != NULL ? report_days(cert->not_after, r->facts->now) :
			   NO_CERT_PLACE);
}

static void
put_summary(const struct html_page *p)
{
	const struct check_report *r = p->report;
	const struct ev_cert *cert = report_cert(r);
	struct buf *b = p->out;

	buf_puts(b, "<details class=\"domain\"");
	put_place(p);
	buf_puts(b, "><summary><h2>");
	markup_html_text(b, r->facts->evidence->domain);
	buf_printf(b, "</h2> <span class=\"%s\"><b class=\"tag\">",
	    verdicts[r->verdict].class);
	markup_html_text(b, report_grade(r));
	if (r->score >= 0)
		buf_printf(b, " &middot; %d", r->score);
	buf_puts(b, "</b></span> ");
	if (p->options->label != NULL && p->options->label[0] != '\0') {
		markup_html_text(b, p->options->label);
		buf_puts(b, " &middot; ");
	}
	markup_html_text(b, r->status_text);
	buf_printf(b, " <span class=\"soft small\">priority %s",
	    check_priority_word(r->priority));
	if (cert != NULL)
		buf_printf(b, " &middot; certificate %d days",
		    report_days(cert->not_after, r->facts->now));
	buf_puts(b, "</span></summary>\n");
}

void
report_html_one(struct buf *b, const struct check_report *r, bool is_first,
    const struct report_options *options)
{
	struct html_page page = { b, r, options, !is_first || b->len > 0 };
	struct buf limits = { 0 };

	if (page.is_bulk) {
		put_summary(&page);
	} else {
		put_page_head(b);
		markup_html_text(b, r->facts->evidence->domain);
		buf_puts(b, "</title>\n</head>\n<body>\n<main>\n");
	}
	put_head(&page);
	put_chips(&page);
	report_html_memory(b, r, page.is_bulk ? 3 : 2);
	html_findings(&page);
	put_next(&page);
	html_postfix(&page);
	html_seen(&page);
	report_limits(&limits, r);
	buf_puts(b, page.is_bulk ? "<p class=\"small soft\">" : "<footer><p>");
	markup_html(b, limits.data, limits.len);
	buf_puts(b, page.is_bulk ? "</p>\n</details>\n" : "</p></footer>\n");
	buf_clear(&limits);
}

void
report_html_end(
    struct buf *b, size_t count, const struct report_options *options)
{
	(void)count;
	(void)options;
	buf_puts(b, "</main>\n</body>\n</html>\n");
}
