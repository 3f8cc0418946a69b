/* SPDX-License-Identifier: ISC */
/* What the files of report_html*.c share; private to them. */
#ifndef CHECK_REPORT_HTML_H
#define CHECK_REPORT_HTML_H

#include "check/markup.h"
#include "check/report.h"

/* The parts of the style sheet, in order; NULL ends them. */
extern const char *const report_html_style[];

/* One domain's part of the page. */
struct html_page {
	struct buf *out;
	const struct check_report *report;
	const struct report_options *options;
	bool is_bulk; /* one of several: it folds, headings are a rank lower */
};

/* A heading of rank 1 (the domain), 2 (part), 3 (sub), 4 (minor). */
void html_heading_open(const struct html_page *, int rank, const char *class);
void html_heading_close(const struct html_page *, int rank);
void html_heading(
    const struct html_page *, int rank, const char *class, const char *text);

/* ... escaped, in <code> or <pre>. */
void html_code(struct buf *, const char *, size_t len);
void html_pre(struct buf *, const char *, size_t len);

/* A fix or a rollout: prose as paragraphs, what is to be pasted apart. */
void html_steps(struct buf *, const char *);

/* "DNS record" ... */
extern const char *const html_stage_titles[CHECK_STAGES];

void html_findings(const struct html_page *);

/* Records, policy, MX hosts, certificate, points: what was seen. */
void html_seen(const struct html_page *);

/* What Postfix will be told, and would do. */
void html_postfix(const struct html_page *);

#endif
