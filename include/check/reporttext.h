/* SPDX-License-Identifier: ISC */
/* The parts of the text report. Private to report_text*.c. */
#ifndef CHECK_REPORTTEXT_H
#define CHECK_REPORTTEXT_H

#include "check/report.h"

enum report_colour {
	REPORT_PLAIN,
	REPORT_BOLD,
	REPORT_GREEN,
	REPORT_YELLOW,
	REPORT_RED,
	REPORT_CYAN
};

/* The text as it is, in that colour when there is colour. */
void report_coloured(struct buf *, enum report_colour, const char *,
    const struct report_options *);

/* A line that begins a part, after an empty one. */
void report_heading(struct buf *, const char *, const struct report_options *);

/* Prose wrapped, what is to be pasted as it is. */
void report_instructions(struct buf *, const char *, size_t indent);

/* The codes of the rules with that result, ", " between them. */
void report_codes(struct buf *, const struct check_report *, enum check_result);

/* report_text_head.c: what it comes to, and the chips. */
void report_text_head(
    struct buf *, const struct check_report *, const struct report_options *);

/* report_text_seen.c: records, policy, MX hosts, certificate. */
void report_text_seen(
    struct buf *, const struct check_report *, const struct report_options *);
void report_text_mx(
    struct buf *, const struct check_report *, const struct report_options *);

/* report_text_postfix.c: the replies, and per MX host what comes of them. */
void report_text_postfix(
    struct buf *, const struct check_report *, const struct report_options *);

#endif
