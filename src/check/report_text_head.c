/* SPDX-License-Identifier: ISC */
/*
 * The head of the text report, half a screen: grade, verdict, status, what to
 * do next, and a table of the stages with their results and points.
 */
#include <assert.h>
#include <string.h>

#include "check/reporttext.h"

#define LABEL_COLUMNS 12 /* "  Priority: " */

static enum report_colour
verdict_colour(enum check_verdict verdict)
{
	static const enum report_colour colours[] = {
		[CHECK_VERDICT_PASS] = REPORT_GREEN,
		[CHECK_VERDICT_WARNING] = REPORT_YELLOW,
		[CHECK_VERDICT_FAIL] = REPORT_RED,
		[CHECK_VERDICT_UNKNOWN] = REPORT_CYAN,
		[CHECK_VERDICT_NA] = REPORT_PLAIN,
	};

	assert((size_t)verdict < sizeof(colours) / sizeof(colours[0]));
	return colours[verdict];
}

/* "  Label:    text", wrapped below itself. The text is escaped already, or
 * ours. */
static void
put_item(struct buf *out, const char *label, const char *text)
{
	struct buf lines = { 0 };
	size_t len = strlen(label);

	assert(len + 3 < LABEL_COLUMNS);
	report_wrap(&lines, text, LABEL_COLUMNS);
	if (lines.len > LABEL_COLUMNS) {
		memcpy(lines.data + 2, label, len);
		lines.data[2 + len] = ':';
		buf_put(out, lines.data, lines.len);
	}
	buf_clear(&lines);
}

static void
put_title(struct buf *out, const struct check_report *report,
    const struct report_options *options)
{
	const struct evidence *e = report->facts->evidence;
	struct buf grade = { 0 };

	report_coloured(out, REPORT_BOLD, e->domain, options);
	if (e->unicode != NULL) {
		buf_puts(out, " (");
		report_escape_local(out, e->unicode);
		buf_putc(out, ')');
	}
	if (options->label != NULL && options->label[0] != '\0') {
		buf_puts(out, " [");
		report_escape_local(out, options->label);
		buf_putc(out, ']');
	}
	buf_puts(out, ": ");
	buf_printf(&grade, "grade %s", report_grade(report));
	if (report->score >= 0)
		buf_printf(&grade, ", %d of 100 points", report->score);
	report_coloured(
	    out, verdict_colour(report->verdict), grade.data, options);
	buf_puts(out, "\n\n");
	buf_clear(&grade);
}

static void
put_verdict(struct buf *out, const struct check_report *report)
{
	struct buf text = { 0 };

	buf_printf(&text, "%s: ", check_verdict_word(report->verdict));
	report_verdict(&text, report);
	put_item(out, "Verdict", text.data);
	buf_reset(&text);
	buf_printf(&text, "%s: %s", check_status_word(report->status),
	    report->status_text);
	put_item(out, "Status", text.data);
	put_item(out, "Priority", check_priority_word(report->priority));
	buf_clear(&text);
}

static void
put_head(struct buf *out, const struct check_report *report,
    const struct report_options *options)
{
	const struct evidence *e = report->facts->evidence;
	struct buf text = { 0 };

	put_title(out, report, options);
	put_verdict(out, report);
	if (report->next_action != NULL)
		put_item(out, "Next", report->next_action);
	if (report->gate != NULL) {
		buf_puts(&text, report->gate);
		if (report->score >= 0)
			buf_printf(&text, " (it caps the points at %d)",
			    report->score);
		put_item(
		    out, report->score >= 0 ? "Cap" : "Because", text.data);
		buf_reset(&text);
	}
	if (report->is_starred || report->verdict == CHECK_VERDICT_UNKNOWN) {
		report_codes(&text, report, CHECK_UNPROVEN);
		if (report->is_starred)
			buf_puts(&text,
			    " (the star: points not proven lost count as "
			    "earned)");
		put_item(out, "Unproven", buf_str(&text));
		buf_reset(&text);
	}
	if (e->note != NULL) {
		buf_puts(&text, "\"");
		report_escape_local(&text, e->input);
		buf_puts(&text, "\": ");
		report_escape_text(&text, e->note);
		put_item(out, "Given", text.data);
	}
	buf_clear(&text);
}

static const struct {
	const char *word; /* in a narrow column */
	enum report_colour colour;
} chips[] = {
	[CHECK_SKIPPED] = { "-", REPORT_PLAIN },
	[CHECK_PASS] = { "pass", REPORT_GREEN },
	[CHECK_UNPROVEN] = { "?", REPORT_CYAN },
	[CHECK_WARN] = { "warn", REPORT_YELLOW },
	[CHECK_FAIL] = { "FAIL", REPORT_RED },
};

/* Which part has the points of a stage; CHECK_PARTS: none. */
static enum check_part
stage_part(enum check_stage stage)
{
	static const enum check_part parts[CHECK_STAGES] = {
		[CHECK_DNS] = CHECK_PART_DNS,
		[CHECK_FETCH] = CHECK_PART_FETCH,
		[CHECK_CERTIFICATE] = CHECK_PART_CERTIFICATE,
		[CHECK_SYNTAX] = CHECK_PART_SYNTAX,
		[CHECK_MX] = CHECK_PART_MX,
		[CHECK_SMTP] = CHECK_PART_SMTP,
		[CHECK_MODE] = CHECK_PARTS,
		[CHECK_LIFETIME] = CHECK_PART_LIFETIME,
		[CHECK_TLS_RPT] = CHECK_PART_TLS_RPT,
		[CHECK_DANE] = CHECK_PARTS,
	};

	return parts[stage];
}

/* "dns    " ... : as wide as the name, or "15/15". */
static int
chip_width(enum check_stage stage)
{
	size_t len = strlen(check_stage_word(stage));
	size_t least = stage_part(stage) == CHECK_PARTS ? 4 : 5;

	return (int)(len > least ? len : least);
}

static void
cut_blanks(struct buf *out)
{
	while (out->len > 0 && out->data[out->len - 1] == ' ')
		out->data[--out->len] = '\0';
}

static void
put_points(struct buf *out, const struct check_report *report)
{
	const struct check_points *p;
	char text[32];
	unsigned int i;

	for (i = 0; i < CHECK_STAGES; i++) {
		text[0] = '\0';
		if (stage_part(i) != CHECK_PARTS) {
			p = &report->part[stage_part(i)];
			snprintf(text, sizeof(text), "%d/%d", p->points, p->of);
		}
		buf_printf(out, "%-*s  ", chip_width(i), text);
	}
	cut_blanks(out);
	buf_putc(out, '\n');
}

static void
put_chips(struct buf *out, const struct check_report *report,
    const struct report_options *options)
{
	bool has_odd = false;
	unsigned int i;

	buf_putc(out, '\n');
	for (i = 0; i < CHECK_STAGES; i++)
		buf_printf(out, "%-*s  ", chip_width(i), check_stage_word(i));
	cut_blanks(out);
	buf_putc(out, '\n');
	for (i = 0; i < CHECK_STAGES; i++) {
		enum check_result result = report->chip[i];
		int gap = chip_width(i) - (int)strlen(chips[result].word);

		report_coloured(
		    out, chips[result].colour, chips[result].word, options);
		if (i + 1 < CHECK_STAGES)
			buf_printf(out, "%*s", gap + 2, "");
		has_odd |= result == CHECK_SKIPPED || result == CHECK_UNPROVEN;
	}
	buf_putc(out, '\n');
	if (report->score >= 0)
		put_points(out, report);
	if (has_odd)
		buf_puts(out, "(-: did not apply; ?: not proven)\n");
}

void
report_text_head(struct buf *out, const struct check_report *report,
    const struct report_options *options)
{
	put_head(out, report, options);
	put_chips(out, report, options);
}
