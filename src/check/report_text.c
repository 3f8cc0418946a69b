/* SPDX-License-Identifier: ISC */
/*
 * For people at a terminal: what it comes to, what to do, and then what was
 * seen. 80 columns; what is to be pasted begins at the margin and is never
 * wrapped, for a blank before a policy's field is a fault. Colour only repeats
 * what the words say.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/xmalloc.h"
#include "check/report_memory.h"
#include "check/reporttext.h"

void
report_coloured(struct buf *out, enum report_colour colour, const char *text,
    const struct report_options *options)
{
	static const char *const codes[] = {
		[REPORT_PLAIN] = "",
		[REPORT_BOLD] = "1",
		[REPORT_GREEN] = "32",
		[REPORT_YELLOW] = "33",
		[REPORT_RED] = "1;31",
		[REPORT_CYAN] = "36",
	};

	if (!options->has_colour || colour == REPORT_PLAIN) {
		buf_puts(out, text);
		return;
	}
	buf_printf(out, "\033[%sm%s\033[0m", codes[colour], text);
}

void
report_heading(
    struct buf *out, const char *text, const struct report_options *options)
{
	buf_putc(out, '\n');
	report_coloured(out, REPORT_BOLD, text, options);
	buf_putc(out, '\n');
}

void
report_instructions(struct buf *out, const char *text, size_t indent)
{
	bool is_literal, was_literal = false, is_apart = true;
	char *line;
	size_t len;

	for (; *text != '\0'; text += len + (text[len] == '\n')) {
		len = strcspn(text, "\n");
		if (len == 0) {
			if (!is_apart)
				buf_putc(out, '\n');
			is_apart = true;
			continue;
		}
		is_literal = report_is_literal(text, len);
		if (is_literal != was_literal && !is_apart)
			buf_putc(out, '\n');
		if (is_literal) {
			report_escape(out, text, len);
			buf_putc(out, '\n');
		} else {
			line = xmemdup(text, len);
			report_wrap(out, line, indent);
			free(line);
		}
		was_literal = is_literal;
		is_apart = false;
	}
}

void
report_codes(struct buf *out, const struct check_report *report,
    enum check_result result)
{
	const char *between = "";
	size_t i;

	for (i = 0; i < check_rules_count; i++) {
		if (report->findings->result[i] != result)
			continue;
		buf_printf(out, "%s%s", between, check_rules[i]->code);
		between = ", ";
	}
}

/* What came of the finding's rule. */
static bool
is_unproven(
    const struct check_report *report, const struct check_finding *finding)
{
	size_t i;

	for (i = 0; i < check_rules_count; i++) {
		if (strcmp(check_rules[i]->code, finding->rule->code) == 0)
			return finding->severity == CHECK_INFO &&
			    report->findings->result[i] == CHECK_UNPROVEN;
	}
	return false;
}

static void
put_finding_title(struct buf *out, const struct check_report *report,
    const struct check_finding *finding, const struct report_options *options)
{
	static const struct {
		const char *word;
		enum report_colour colour;
	} severities[] = {
		[CHECK_INFO] = { "INFO", REPORT_CYAN },
		[CHECK_WARNING] = { "WARNING", REPORT_YELLOW },
		[CHECK_CRITICAL] = { "CRITICAL", REPORT_RED },
	};

	buf_putc(out, '\n');
	if (is_unproven(report, finding))
		report_coloured(out, REPORT_CYAN, "UNPROVEN", options);
	else
		report_coloured(out, severities[finding->severity].colour,
		    severities[finding->severity].word, options);
	buf_printf(out, " %s (%s", finding->rule->code,
	    check_stage_word(finding->rule->stage));
	if (finding->severity != CHECK_INFO)
		buf_printf(out, ", priority %s",
		    check_priority_word(finding->priority));
	if (finding->line > 0)
		buf_printf(out, ", line %zu", finding->line);
	if (finding->rule->rfc[0] != '\0')
		buf_printf(out, ", %s", finding->rule->rfc);
	if (finding->reason != STS_REASON_OK)
		buf_printf(out, ", %s", sts_reason_word(finding->reason));
	buf_puts(out, ")\n");
}

/* The finding before this one (in order) whose fix is the same, or NULL. */
static const struct check_finding *
same_fix(const struct check_report *report, const size_t *order, size_t at)
{
	const struct check_finding *item = report->findings->item;
	const char *fix = item[order[at]].fix;
	size_t i;

	for (i = 0; i < at; i++) {
		if (item[order[i]].fix != NULL &&
		    strcmp(item[order[i]].fix, fix) == 0)
			return &item[order[i]];
	}
	return NULL;
}

static void
put_finding(struct buf *out, const struct check_report *report,
    const size_t *order, size_t at, const struct report_options *options)
{
	const struct check_finding *f = &report->findings->item[order[at]];
	const struct check_finding *same;
	struct buf text = { 0 };

	put_finding_title(out, report, f, options);
	report_wrap(out, f->message, 2);
	if (f->evidence != NULL && strstr(f->message, f->evidence) == NULL) {
		buf_puts(&text, "Seen: ");
		report_escape_text(&text, f->evidence);
		report_wrap(out, text.data, 2);
	}
	buf_clear(&text);
	if (f->fix == NULL || f->fix[0] == '\0')
		return;
	same = same_fix(report, order, at);
	if (same != NULL) {
		buf_printf(out, "  Fix: as for %s above.\n", same->rule->code);
		return;
	}
	if (report->rollout != NULL &&
	    strstr(report->rollout, f->fix) != NULL) {
		buf_puts(out, "  Fix: see NEXT STEPS below.\n");
		return;
	}
	buf_puts(out, "  Fix:\n");
	report_instructions(out, f->fix, 2);
}

static void
put_findings(struct buf *out, const struct check_report *report,
    const struct report_options *options)
{
	size_t n = report->findings->count, i, *order;

	report_heading(out, "FINDINGS", options);
	if (n == 0)
		buf_puts(out, "  None.\n");
	order = xcalloc(n + 1, sizeof(*order));
	report_order(report, order);
	for (i = 0; i < n; i++)
		put_finding(out, report, order, i, options);
	free(order);
}

static void
put_passed(struct buf *out, const struct check_report *report,
    const struct report_options *options)
{
	struct buf text = { 0 };
	size_t i;

	buf_putc(out, '\n');
	if (!options->is_verbose) {
		buf_puts(&text, "passed: ");
		report_codes(&text, report, CHECK_PASS);
		if (report_count(report, CHECK_PASS) == 0)
			buf_puts(&text, "nothing");
		buf_putc(&text, '.');
		report_wrap(out, text.data, 0);
		buf_clear(&text);
		return;
	}
	for (i = 0; i < check_rules_count; i++) {
		if (report->findings->result[i] != CHECK_PASS &&
		    report->findings->result[i] != CHECK_SKIPPED)
			continue;
		buf_printf(out, "%-7s  %-19s  %s\n",
		    check_result_word(report->findings->result[i]),
		    check_rules[i]->code, check_rules[i]->title);
	}
}

/* As the findings have it: each command once. */
#define DIG "dig +noall +answer +comments"

/* Commands that show what the report says; each once. */
static void
put_see(struct buf *out, const struct check_report *report,
    const struct report_options *options)
{
	const struct check_findings *f = report->findings;
	const char *domain = report->facts->evidence->domain;
	struct buf lines = { 0 }, line = { 0 };
	size_t i;

	buf_printf(&lines, "\n  " DIG " TXT _mta-sts.%s\n", domain);
	buf_printf(&lines,
	    "  curl -sSi https://mta-sts.%s/.well-known/mta-sts.txt\n", domain);
	buf_printf(&lines, "  " DIG " MX %s\n", domain);
	buf_printf(&lines, "  " DIG " TXT _smtp._tls.%s\n", domain);
	for (i = 0; i < f->count; i++) {
		if (f->item[i].see == NULL)
			continue;
		buf_reset(&line);
		buf_puts(&line, "\n  ");
		report_escape_text(&line, f->item[i].see);
		buf_putc(&line, '\n');
		if (strstr(lines.data, line.data) == NULL)
			buf_puts(&lines, line.data + 1);
	}
	report_heading(out, "SEE FOR YOURSELF", options);
	buf_puts(out, lines.data + 1);
	buf_clear(&line);
	buf_clear(&lines);
}

void
report_text_one(struct buf *out, const struct check_report *report,
    bool is_first, const struct report_options *options)
{
	struct buf limits = { 0 };

	if (!is_first)
		buf_puts(out, "\n\n");
	report_text_head(out, report, options);
	report_text_changes(out, report, options);
	put_findings(out, report, options);
	put_passed(out, report, options);
	if (report->rollout != NULL) {
		report_heading(out, "NEXT STEPS", options);
		report_instructions(out, report->rollout, 2);
	}
	report_text_memory(out, report, options);
	report_text_seen(out, report, options);
	report_text_postfix(out, report, options);
	put_see(out, report, options);
	report_limits(&limits, report);
	buf_putc(out, '\n');
	report_wrap(out, limits.data, 0);
	buf_clear(&limits);
}
