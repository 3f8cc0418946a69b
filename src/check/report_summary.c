/* SPDX-License-Identifier: ISC */
/* What came of a run over several domains: text, and Markdown. */
#include <stdlib.h>
#include <string.h>

#include "check/markup.h"
#include "check/report.h"

#define FAULTS_SHOWN 10
#define LABEL_WIDTH  24

static const char *
title_of(const char *code)
{
	return check_rule_find(code)->title;
}

static void
put_text_faults(struct buf *out, const struct check_summary *s)
{
	struct check_count fault[FAULTS_SHOWN];
	size_t i, n = check_summary_faults(s, FAULTS_SHOWN, fault);

	if (n > 0)
		buf_puts(out,
		    "\n  Commonest faults: domains, code, and what does not "
		    "hold\n");
	for (i = 0; i < n; i++)
		buf_printf(out, "    %5zu  %-20s %s\n", fault[i].count,
		    fault[i].name, title_of(fault[i].name));
}

static void
put_text_labels(struct buf *out, const struct check_summary *s)
{
	const char **label;
	struct buf shown = { 0 };
	size_t i, count;

	label = check_summary_labels(s, &count);
	if (count > 0)
		buf_puts(out, "\n  By label:\n");
	for (i = 0; i < count; i++) {
		buf_reset(&shown);
		report_escape_local(&shown, label[i]);
		buf_printf(out, "    %-*s ", LABEL_WIDTH, buf_str(&shown));
		check_summary_put_grades(out, s, label[i]);
		buf_putc(out, '\n');
	}
	buf_clear(&shown);
	free(label);
}

/* "in 3 days", "has expired". */
static void
put_left(struct buf *out, const struct check_summary *s, int64_t end)
{
	int days = report_days(end, s->now);

	if (end <= s->now)
		buf_puts(out, "it has expired");
	else if (days == 1)
		buf_puts(out, "1 day left");
	else
		buf_printf(out, "%d days left", days);
}

static size_t
count_done(const struct check_summary *s)
{
	size_t i, n = 0;

	for (i = 0; i < s->rows; i++)
		n += s->row[i].is_done;
	return n;
}

void
report_text_summary(struct buf *out, const struct check_summary *s,
    const struct report_options *options)
{
	const struct check_row *soonest = check_summary_soonest(s);

	(void)options;
	buf_printf(
	    out, "\n\nSUMMARY OF %zu DOMAINS\n\n  Grades: ", count_done(s));
	check_summary_put_grades(out, s, NULL);
	buf_putc(out, '\n');
	if (soonest != NULL) {
		buf_printf(
		    out, "  First certificate to end: %s, ", soonest->domain);
		report_day(out, soonest->cert_end);
		buf_puts(out, " (");
		put_left(out, s, soonest->cert_end);
		buf_puts(out, ")\n");
	}
	put_text_faults(out, s);
	put_text_labels(out, s);
}

/* ---- Markdown */

static void
put_md_faults(struct buf *b, const struct check_summary *s)
{
	struct check_count fault[FAULTS_SHOWN];
	size_t i, n = check_summary_faults(s, FAULTS_SHOWN, fault);

	if (n > 0)
		buf_puts(b,
		    "| Domains | Fault | What does not hold |\n"
		    "|---:|---|---|\n");
	for (i = 0; i < n; i++) {
		buf_printf(b, "| %zu | ", fault[i].count);
		markup_md_code(b, fault[i].name, strlen(fault[i].name));
		buf_puts(b, " | ");
		markup_md_text(b, title_of(fault[i].name));
		buf_puts(b, " |\n");
	}
	if (n > 0)
		buf_putc(b, '\n');
}

static void
put_md_labels(struct buf *b, const struct check_summary *s)
{
	const char **label;
	size_t i, count;

	label = check_summary_labels(s, &count);
	if (count > 0)
		buf_puts(b, "| Label | Grades |\n|---|---|\n");
	for (i = 0; i < count; i++) {
		buf_puts(b, "| ");
		markup_md_text(b, label[i]);
		buf_puts(b, " | ");
		check_summary_put_grades(b, s, label[i]);
		buf_puts(b, " |\n");
	}
	if (count > 0)
		buf_putc(b, '\n');
	free(label);
}

void
report_markdown_head(struct buf *b, const struct check_summary *s,
    const struct report_options *options)
{
	const struct check_row *soonest = check_summary_soonest(s);

	(void)options;
	buf_printf(b, "# MTA-STS of %zu domains\n\nGrades: ", count_done(s));
	check_summary_put_grades(b, s, NULL);
	buf_puts(b, "\n\n");
	if (soonest != NULL) {
		buf_puts(b, "First certificate to end: ");
		markup_md_text(b, soonest->domain);
		buf_puts(b, ", ");
		report_day(b, soonest->cert_end);
		buf_puts(b, " \\(");
		put_left(b, s, soonest->cert_end);
		buf_puts(b, "\\)\n\n");
	}
	put_md_faults(b, s);
	put_md_labels(b, s);
	buf_puts(b, "---\n\n");
}
