/* SPDX-License-Identifier: ISC */
/* The findings, worst first, each with its fix and what it means. */
#include <stdlib.h>
#include <string.h>

#include "base/xmalloc.h"
#include "check/report_html.h"

static const struct {
	const char *class, *title;
} severities[] = {
	[CHECK_INFO] = { "info", "Info" },
	[CHECK_WARNING] = { "warn", "Warning" },
	[CHECK_CRITICAL] = { "fail", "Critical" },
};

/* The end of the lines that are all to be pasted, or none of them. */
static const char *
steps_end(const char *s, bool is_literal)
{
	const char *end = s, *line;
	size_t len;

	for (line = s; *line != '\0'; line += len + (line[len] == '\n')) {
		len = strcspn(line, "\n");
		if (len > 0 && report_is_literal(line, len) != is_literal)
			break;
		if (len > 0)
			end = line + len;
		else if (!is_literal)
			break;
	}
	return end;
}

void
html_steps(struct buf *b, const char *s)
{
	const char *end;
	bool is_literal;

	if (s == NULL)
		return;
	while (*(s += strspn(s, "\n")) != '\0') {
		is_literal = report_is_literal(s, strcspn(s, "\n"));
		end = steps_end(s, is_literal);
		if (is_literal) {
			html_pre(b, s, (size_t)(end - s));
		} else {
			buf_puts(b, "<p>");
			markup_html(b, s, (size_t)(end - s));
			buf_puts(b, "</p>\n");
		}
		s = end;
	}
}

/* Paragraphs of --explain; indented lines are as they stand. */
static void
put_explanation(struct buf *b, const char *s)
{
	const char *end, *title = strstr(s, ": ");

	/* the code, which the page has just named */
	if (title != NULL)
		s = title + 2;
	while (*(s += strspn(s, "\n")) != '\0') {
		end = strstr(s, "\n\n");
		if (end == NULL)
			end = s + strlen(s);
		if (*s == ' ') {
			html_pre(b, s, (size_t)(end - s));
		} else {
			buf_puts(b, "<p>");
			markup_html(b, s, (size_t)(end - s));
			buf_puts(b, "</p>\n");
		}
		s = end;
	}
}

static void
put_about(struct buf *b, const struct check_finding *f)
{
	buf_puts(b, "<p class=\"about\"><code>");
	markup_html_text(b, f->rule->code);
	buf_printf(b, "</code> &middot; %s &middot; priority %s",
	    html_stage_titles[f->rule->stage],
	    check_priority_word(f->priority));
	if (f->line > 0)
		buf_printf(b, " &middot; policy line %zu", f->line);
	if (f->rule->rfc[0] != '\0') {
		buf_puts(b, " &middot; ");
		markup_html_text(b, f->rule->rfc);
	}
	if (f->reason != STS_REASON_OK)
		buf_printf(b, " &middot; the daemon's reason: %s",
		    sts_reason_word(f->reason));
	buf_puts(b, "</p>\n");
}

/* The same fix is given once; the second time it is referred to. */
static const struct check_finding *
same_fix(const struct check_findings *all, const size_t *order, size_t n)
{
	const struct check_finding *f = &all->item[order[n]], *other;
	size_t i;

	for (i = 0; i < n; i++) {
		other = &all->item[order[i]];
		if (other->fix != NULL && strcmp(other->fix, f->fix) == 0)
			return other;
	}
	return NULL;
}

static void
put_fix(const struct html_page *p, const size_t *order, size_t n)
{
	const struct check_findings *all = p->report->findings;
	const struct check_finding *f = &all->item[order[n]], *same;
	struct buf *b = p->out;

	html_heading(p, 4, "minor", "What to do");
	same = same_fix(all, order, n);
	buf_puts(b, "<div class=\"fix\">");
	if (same != NULL) {
		buf_puts(b, "<p>The same steps as for <code>");
		markup_html_text(b, same->rule->code);
		buf_puts(b, "</code> above.</p>");
	} else {
		html_steps(b, f->fix);
	}
	buf_puts(b, "</div>\n");
}

static void
put_finding(const struct html_page *p, const size_t *order, size_t n)
{
	const struct check_finding *f = &p->report->findings->item[order[n]];
	const char *explanation = check_explain(f->rule->code);
	struct buf *b = p->out;

	buf_printf(b, "<article class=\"finding %s\">\n",
	    severities[f->severity].class);
	html_heading_open(p, 3, "what");
	buf_printf(
	    b, "<span class=\"tag\">%s</span> ", severities[f->severity].title);
	markup_html_text(b, f->message);
	html_heading_close(p, 3);
	put_about(b, f);
	if (f->evidence != NULL && f->evidence[0] != '\0')
		html_pre(b, f->evidence, strlen(f->evidence));
	if (f->fix != NULL)
		put_fix(p, order, n);
	if (f->see != NULL) {
		html_heading(p, 4, "minor", "See for yourself");
		html_pre(b, f->see, strlen(f->see));
	}
	if (explanation != NULL) {
		buf_puts(b,
		    "<details class=\"more\"><summary>What this means"
		    "</summary>\n<div class=\"explain\">\n");
		put_explanation(b, explanation);
		buf_puts(b, "</div></details>\n");
	}
	buf_puts(b, "</article>\n");
}

static void
put_passed(const struct html_page *p)
{
	size_t i, count = report_count(p->report, CHECK_PASS);

	if (count == 0)
		return;
	buf_printf(p->out,
	    "<details%s><summary>%zu %s passed</summary>\n"
	    "<ul class=\"passed\">\n",
	    p->options->is_verbose ? " open" : "", count,
	    count == 1 ? "check" : "checks");
	for (i = 0; i < check_rules_count; i++) {
		if (p->report->findings->result[i] != CHECK_PASS)
			continue;
		buf_puts(p->out, "<li><code>");
		markup_html_text(p->out, check_rules[i]->code);
		buf_puts(p->out, "</code> <span class=\"soft\">");
		markup_html_text(p->out, check_rules[i]->title);
		buf_puts(p->out, "</span></li>\n");
	}
	buf_puts(p->out, "</ul></details>\n");
}

void
html_findings(const struct html_page *p)
{
	size_t count = p->report->findings->count, i;
	size_t *order;

	buf_puts(p->out, "<section>\n");
	html_heading(p, 2, "part", "Findings");
	if (count == 0)
		buf_puts(p->out, "<p>Nothing to report.</p>\n");
	order = xcalloc(count + 1, sizeof(*order));
	report_order(p->report, order);
	for (i = 0; i < count; i++)
		put_finding(p, order, i);
	free(order);
	put_passed(p);
	buf_puts(p->out, "</section>\n");
}
