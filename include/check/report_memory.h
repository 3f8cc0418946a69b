/* SPDX-License-Identifier: ISC */
/*
 * What earlier checks saw, and what moved since the last one, in each format
 * that tells it. Nothing is put when there is no memory (changes: when they
 * were not asked for).
 */
#ifndef CHECK_REPORT_MEMORY_H
#define CHECK_REPORT_MEMORY_H

#include <jansson.h>

#include "check/report.h"

void report_text_memory(
    struct buf *, const struct check_report *, const struct report_options *);
void report_text_changes(
    struct buf *, const struct check_report *, const struct report_options *);

/* Members "memory" and "changes" of the report. */
void report_json_put_memory(json_t *, const struct check_report *);

/* Both. rank: of the heading. */
void report_markdown_memory(struct buf *, const struct check_report *);
void report_html_memory(struct buf *, const struct check_report *, int rank);

#endif
