/* SPDX-License-Identifier: ISC */
/*
 * A row a domain (RFC 4180). A cell that a spreadsheet would take for a
 * formula has a ' before it; lists in a cell are separated by blanks.
 */
#include <string.h>

#include "check/report.h"

/* Spreadsheets take no more than 32,767 characters in a cell. */
#define CELL_MAX_BYTES 30000

typedef void csv_column_fn(
    struct buf *, const struct check_report *, const struct report_options *);

/* cell: printable, or UTF-8 that may be seen. */
static void
put_cell(struct buf *out, const struct buf *cell)
{
	const char *text = buf_str(cell);
	size_t i, len = cell->len < CELL_MAX_BYTES ? cell->len : CELL_MAX_BYTES;
	bool has_guard = len > 0 && strchr("=+-@\t\r", text[0]) != NULL;
	bool is_quoted = strpbrk(text, ",\"\r\n") != NULL;

	if (is_quoted)
		buf_putc(out, '"');
	if (has_guard)
		buf_putc(out, '\'');
	for (i = 0; i < len; i++) {
		if (text[i] == '"')
			buf_putc(out, '"');
		buf_putc(out, text[i]);
	}
	if (is_quoted)
		buf_putc(out, '"');
}

static void
put_integer(struct buf *cell, int64_t n)
{
	buf_printf(cell, "%lld", (long long)n);
}

static void
put_domain(struct buf *cell, const struct check_report *report,
    const struct report_options *options)
{
	(void)options;
	buf_puts(cell, report->facts->evidence->domain);
}

static void
put_label(struct buf *cell, const struct check_report *report,
    const struct report_options *options)
{
	(void)report;
	report_escape_local(cell, options->label);
}

static void
put_grade(struct buf *cell, const struct check_report *report,
    const struct report_options *options)
{
	(void)options;
	buf_puts(cell, report_grade(report));
}

static void
put_score(struct buf *cell, const struct check_report *report,
    const struct report_options *options)
{
	(void)options;
	if (report->score >= 0)
		put_integer(cell, report->score);
}

static void
put_verdict(struct buf *cell, const struct check_report *report,
    const struct report_options *options)
{
	(void)options;
	buf_puts(cell, check_verdict_word(report->verdict));
}

static void
put_status(struct buf *cell, const struct check_report *report,
    const struct report_options *options)
{
	(void)options;
	buf_puts(cell, check_status_word(report->status));
}

static void
put_priority(struct buf *cell, const struct check_report *report,
    const struct report_options *options)
{
	(void)options;
	buf_puts(cell, check_priority_word(report->priority));
}

static void
put_mode(struct buf *cell, const struct check_report *report,
    const struct report_options *options)
{
	(void)options;
	if (report->facts->has_mode)
		buf_puts(cell, sts_mode_word(report->facts->mode));
}

static bool
has_id(const struct check_facts *facts)
{
	return facts->has_txt && facts->txt == STS_TXT_VALID;
}

static void
put_id(struct buf *cell, const struct check_report *report,
    const struct report_options *options)
{
	(void)options;
	if (has_id(report->facts))
		report_escape_text(cell, report->facts->id);
}

static void
put_id_age(struct buf *cell, const struct check_report *report,
    const struct report_options *options)
{
	const struct check_facts *facts = report->facts;

	(void)options;
	if (has_id(facts) && facts->id_time != 0)
		put_integer(cell, report_days(facts->now, facts->id_time));
}

static void
put_max_age(struct buf *cell, const struct check_report *report,
    const struct report_options *options)
{
	(void)options;
	if (report->facts->is_valid)
		put_integer(cell, report->facts->file.policy.max_age);
}

static void
put_word(struct buf *cell, const char *word)
{
	if (cell->len > 0)
		buf_putc(cell, ' ');
	report_escape_text(cell, word);
}

static void
put_mx(struct buf *cell, const struct check_report *report,
    const struct report_options *options)
{
	size_t i;

	(void)options;
	for (i = 0; i < report->facts->hosts; i++)
		put_word(cell, report->facts->host[i].mx->host);
}

static void
put_patterns(struct buf *cell, const struct check_report *report,
    const struct report_options *options)
{
	const struct check_facts *facts = report->facts;
	const char *p = NULL;

	(void)options;
	if (!facts->is_valid)
		return;
	while ((p = sts_mxlist_next(&facts->file.policy.mx, p)) != NULL)
		put_word(cell, p);
}

static void
put_uncovered(struct buf *cell, const struct check_report *report,
    const struct report_options *options)
{
	const struct check_facts *facts = report->facts;
	size_t i;

	(void)options;
	for (i = 0; facts->is_valid && i < facts->hosts; i++) {
		if (facts->file.policy.mode != STS_MODE_NONE &&
		    !facts->host[i].is_covered)
			put_word(cell, facts->host[i].mx->host);
	}
}

static void
put_cert_days(struct buf *cell, const struct check_report *report,
    const struct report_options *options)
{
	const struct ev_cert *cert = report_cert(report);

	(void)options;
	if (cert != NULL)
		put_integer(
		    cell, report_days(cert->not_after, report->facts->now));
}

static void
put_tls_rpt(struct buf *cell, const struct check_report *report,
    const struct report_options *options)
{
	static const char *const words[] = {
		[STS_TXT_VALID] = "valid",
		[STS_TXT_NONE] = "missing",
		[STS_TXT_MULTIPLE] = "several",
		[STS_TXT_INVALID] = "invalid",
	};

	(void)options;
	buf_puts(cell,
	    report->facts->has_tlsrpt ? words[report->facts->tlsrpt] :
					"unknown");
}

static void
put_mail_provider(struct buf *cell, const struct check_report *report,
    const struct report_options *options)
{
	(void)options;
	report_escape_text(cell, report->mail_provider);
}

static void
put_dns_host(struct buf *cell, const struct check_report *report,
    const struct report_options *options)
{
	(void)options;
	report_escape_text(cell, report->dns_host);
}

static void
put_finding(struct buf *cell, const struct check_report *report,
    const struct report_options *options)
{
	const struct check_finding *worst = report_worst(report);

	(void)options;
	if (worst == NULL)
		return;
	buf_printf(cell, "%s: ", worst->rule->code);
	report_escape_text(cell, worst->message);
}

static void
put_next_action(struct buf *cell, const struct check_report *report,
    const struct report_options *options)
{
	(void)options;
	report_escape_text(cell, report->next_action);
}

static const struct {
	const char *name;
	csv_column_fn *put;
} columns[] = {
	{ "domain", put_domain },
	{ "label", put_label },
	{ "grade", put_grade },
	{ "score", put_score },
	{ "verdict", put_verdict },
	{ "status", put_status },
	{ "priority", put_priority },
	{ "mode", put_mode },
	{ "id", put_id },
	{ "id_age_days", put_id_age },
	{ "max_age", put_max_age },
	{ "mx", put_mx },
	{ "patterns", put_patterns },
	{ "uncovered", put_uncovered },
	{ "cert_days", put_cert_days },
	{ "tls_rpt", put_tls_rpt },
	{ "mail_provider", put_mail_provider },
	{ "dns_host", put_dns_host },
	{ "finding", put_finding },
	{ "next_action", put_next_action },
};

#define COLUMNS (sizeof(columns) / sizeof(columns[0]))

void
report_csv_begin(
    struct buf *out, size_t count, const struct report_options *options)
{
	size_t i;

	(void)count;
	(void)options;
	for (i = 0; i < COLUMNS; i++)
		buf_printf(out, "%s%s", i > 0 ? "," : "", columns[i].name);
	buf_puts(out, "\r\n");
}

void
report_csv_one(struct buf *out, const struct check_report *report,
    bool is_first, const struct report_options *options)
{
	struct buf cell = { 0 };
	size_t i;

	(void)is_first;
	for (i = 0; i < COLUMNS; i++) {
		buf_reset(&cell);
		columns[i].put(&cell, report, options);
		if (i > 0)
			buf_putc(out, ',');
		put_cell(out, &cell);
	}
	buf_puts(out, "\r\n");
	buf_clear(&cell);
}
