/* SPDX-License-Identifier: ISC */
/*
 * The head of a page of several domains: what came of all of them, and by
 * what the list below is sorted. The browser sorts by its style sheet alone
 * (each domain says its place in every order); no script runs.
 */
#include <stdlib.h>
#include <string.h>

#include "check/report_html.h"

#define FAULTS_SHOWN 10

static const struct {
	const char *id, *title;
} orders[] = {
	{ "given", "As given" },
	{ "name", "Domain" },
	{ "label", "Label" },
	{ "grade", "Grade, worst first" },
	{ "urgent", "Priority" },
	{ "cert", "Certificate, first to end" },
};

static void
put_sort(struct buf *b)
{
	size_t i;

	buf_puts(b, "<fieldset class=\"sort\"><legend>Sort by</legend>\n");
	for (i = 0; i < sizeof(orders) / sizeof(orders[0]); i++)
		buf_printf(b,
		    "<label><input type=\"radio\" name=\"sort\" id=\"by-%s\"%s>"
		    " %s</label>\n",
		    orders[i].id, i == 0 ? " checked" : "", orders[i].title);
	buf_puts(b, "</fieldset>\n");
}

static void
put_grades(struct buf *b, const struct check_summary *s)
{
	struct check_count grade[SUMMARY_GRADES];
	static const char *const classes[SUMMARY_GRADES] = { "pass", "warn",
		"warn", "fail", "fail", "skipped", "unproven" };
	size_t i;

	check_summary_grades(s, NULL, grade);
	buf_puts(b, "<p class=\"grades\">");
	for (i = 0; i < SUMMARY_GRADES; i++) {
		if (grade[i].count > 0)
			buf_printf(b,
			    "<span class=\"%s\"><b class=\"tag\">%s</b> "
			    "%zu</span> ",
			    classes[i], grade[i].name, grade[i].count);
	}
	buf_puts(b, "</p>\n");
}

static void
put_faults(struct buf *b, const struct check_summary *s)
{
	struct check_count fault[FAULTS_SHOWN];
	size_t i, n = check_summary_faults(s, FAULTS_SHOWN, fault);

	if (n == 0)
		return;
	buf_puts(b,
	    "<table><caption>Commonest faults</caption>\n<thead><tr>"
	    "<th scope=\"col\">Fault</th><th scope=\"col\">What does not "
	    "hold</th>"
	    "<th scope=\"col\" class=\"num\">Domains</th></tr></thead>"
	    "<tbody>\n");
	for (i = 0; i < n; i++) {
		buf_puts(b, "<tr><th scope=\"row\">");
		html_code(b, fault[i].name, strlen(fault[i].name));
		buf_puts(b, "</th><td>");
		markup_html_text(b, check_rule_find(fault[i].name)->title);
		buf_printf(b, "</td><td class=\"num\">%zu</td></tr>\n",
		    fault[i].count);
	}
	buf_puts(b, "</tbody></table>\n");
}

static void
put_labels(struct buf *b, const struct check_summary *s)
{
	const char **label;
	size_t i, count;

	label = check_summary_labels(s, &count);
	if (count > 0)
		buf_puts(b,
		    "<table><caption>By label</caption>\n<thead><tr>"
		    "<th scope=\"col\">Label</th><th scope=\"col\">Grades</th>"
		    "</tr></thead><tbody>\n");
	for (i = 0; i < count; i++) {
		buf_puts(b, "<tr><th scope=\"row\">");
		markup_html_text(b, label[i]);
		buf_puts(b, "</th><td>");
		check_summary_put_grades(b, s, label[i]);
		buf_puts(b, "</td></tr>\n");
	}
	if (count > 0)
		buf_puts(b, "</tbody></table>\n");
	free(label);
}

void
report_html_head(struct buf *b, const struct check_summary *s,
    const struct report_options *options)
{
	const struct check_row *soonest = check_summary_soonest(s);

	(void)options;
	buf_puts(b, "<section class=\"index\">\n");
	put_grades(b, s);
	if (soonest != NULL) {
		buf_puts(b, "<p>First certificate to end: <b>");
		markup_html_text(b, soonest->domain);
		buf_puts(b, "</b>, ");
		report_day(b, soonest->cert_end);
		buf_printf(b, " (%d days left)</p>\n",
		    report_days(soonest->cert_end, s->now));
	}
	put_faults(b, s);
	put_labels(b, s);
	buf_puts(b, "</section>\n");
	put_sort(b);
}
