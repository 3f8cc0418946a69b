/* SPDX-License-Identifier: ISC */
/*
 * The formats. Each renders reports into a buf; remote bytes are escaped for
 * what they go into. One table: check_formats.
 */
#ifndef CHECK_REPORT_H
#define CHECK_REPORT_H

#include <stdbool.h>

#include "base/buf.h"
#include "check/grade.h"
#include "check/summary.h"

#define REPORT_COLUMNS 80

/* The place of a domain among those of its run, in orders known beforehand. */
struct report_place {
	size_t given, by_name, by_label;
};

struct report_options {
	bool has_colour;
	bool is_verbose; /* -v: every passed check a line */
	const char *label; /* of the domain, in bulk; "" */
	const struct report_place *place; /* NULL: it has none */
	struct check_exit exit;
};

/* Once a run; count is the number of domains of the run (1: no array, no
 * index). */
typedef void
check_format_edge(struct buf *, size_t count, const struct report_options *);

/* Once a domain; is_first tells the first from the others. */
typedef void check_format_one(struct buf *, const struct check_report *,
    bool is_first, const struct report_options *);

/* Of a run over several domains, all of them done. */
typedef void check_format_rows(
    struct buf *, const struct check_summary *, const struct report_options *);

struct check_format {
	const char *name;
	check_format_edge *begin;
	check_format_one *one;
	check_format_edge *end;
	/* One buf, empty at begin, holds the whole run until end has arranged
	 * it; else what a call has put may be written out at once. */
	bool is_whole;
	/* What one() puts before all but the first: of a domain that was not
	 * the first when it was rendered, and is now, it is left out. */
	const char *between;
	check_format_rows *head; /* between begin and the first; NULL */
	check_format_rows *summary; /* between the last and end; NULL */
};

extern const struct check_format check_formats[];
extern const size_t check_formats_count;
const struct check_format *check_format_find(const char *name);

/* report_text.c; report_json.c; report_csv.c ... */
check_format_one report_text_one;
check_format_edge report_json_begin, report_json_end;
check_format_one report_json_one;
check_format_one report_ndjson_one;
check_format_edge report_csv_begin;
check_format_one report_csv_one;
check_format_edge report_markdown_begin, report_markdown_end;
check_format_one report_markdown_one;
check_format_edge report_html_begin, report_html_end;
check_format_one report_html_one;
check_format_one report_nagios_one;
check_format_rows report_text_summary;
check_format_rows report_markdown_head;
check_format_rows report_html_head;
check_format_rows report_nagios_head;
check_format_edge report_prometheus_end;
check_format_one report_prometheus_one;

/* report_tool.c: what formats share; appended to the buf. */

/* Printable ASCII, for a terminal: \xNN for all else. */
void report_escape(struct buf *, const char *, size_t len);
void report_escape_text(struct buf *, const char *); /* NULL: nothing */

/* At most max bytes of it, then "...". */
void report_escape_cut(struct buf *, const char *, size_t len, size_t max);

/*
 * Of the user's own: as it is when it is UTF-8 without controls or characters
 * that are not seen, else escaped.
 */
void report_escape_local(struct buf *, const char *);

/*
 * Escaped and wrapped at REPORT_COLUMNS, each line indented so, with a line
 * end after the last. Lines of the text stay apart. What is longer than a line
 * is not broken.
 */
void report_wrap(struct buf *, const char *, size_t indent);

/*
 * Is this line of a fix to be pasted: a record, a line of a policy file, or
 * one that begins with a blank? Then it is neither wrapped nor indented.
 */
bool report_is_literal(const char *line, size_t len);

/* "2026-05-28 20:26:40 UTC"; "2026-05-28T20:26:40Z"; "2026-05-28". */
void report_time(struct buf *, int64_t);
void report_time_iso(struct buf *, int64_t);
void report_day(struct buf *, int64_t);

/* The verdict's sentence with the domain's name. */
void report_verdict(struct buf *, const struct check_report *);

/* "A", "B*", "?", "N/A". */
const char *report_grade(const struct check_report *);

/* How and where it was checked, and what that cannot tell. One line. */
void report_limits(struct buf *, const struct check_report *);

/* The certificate of the policy host, or NULL. */
const struct ev_cert *report_cert(const struct check_report *);

/* What is left until then, of any times; whole days, rounded down (below 0:
 * it is over). */
int64_t report_seconds(int64_t until, int64_t now);
int report_days(int64_t until, int64_t now);

/* What is wrong with a certificate, in a few words; NULL: nothing. */
const char *report_cert_fault(const struct ev_tls *, int64_t now);

/* How the look at an MX host ended: "STARTTLS", "no STARTTLS" ... */
const char *report_smtp_word(enum ev_smtp_end);

/* Of the worst finding, or NULL. Ties: priority, then the table's order. */
const struct check_finding *report_worst(const struct check_report *);

/* Findings, worst first, into order[]: findings->count places. */
void report_order(const struct check_report *, size_t *order);

/* Results of that kind among the rules. */
size_t report_count(const struct check_report *, enum check_result);

/* report_explain.c: a screenful on a code or topic; NULL: no such. */
const char *check_explain(const char *word);

#endif
