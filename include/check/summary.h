/* SPDX-License-Identifier: ISC */
/*
 * What is kept of each domain of a run when its report is written and its
 * evidence freed: a row. Pure.
 */
#ifndef CHECK_SUMMARY_H
#define CHECK_SUMMARY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "check/grade.h"

struct check_row {
	const char *domain, *label; /* lent; label "": none */
	bool is_done;
	char grade[4]; /* as report_grade() */
	int exit; /* 0 to 3 */
	enum check_status status;
	enum check_priority priority;
	int64_t cert_end; /* of the policy host; 0: none was seen */
	char *next_action; /* NULL: none */
};

struct check_summary {
	struct check_row *row;
	size_t rows;
	size_t *fault; /* domains with a warning or worse, by rule */
	int64_t now; /* of the last report */
};

struct check_summary *check_summary_new(size_t rows);
void check_summary_free(struct check_summary *); /* NULL is fine */

/* Fill the row, but for domain and label. exit: its exit status. */
void check_summary_add(
    struct check_summary *, size_t row, const struct check_report *, int exit);

/* Rows from high priority to normal, then by exit status, then as they are,
 * into order[]: places for all. */
void check_summary_order(const struct check_summary *, size_t *order);

/* ---- what the formats show */

#define SUMMARY_GRADES 7

struct check_count {
	const char *name; /* "A", "F", "N/A", "?" */
	size_t count;
};

/* By grade, A first, a star does not count. label NULL: all rows. */
void check_summary_grades(const struct check_summary *, const char *label,
    struct check_count grade[SUMMARY_GRADES]);

/* The rules broken by most domains, at most max; how many there are. */
size_t check_summary_faults(
    const struct check_summary *, size_t max, struct check_count *);

/* The row whose certificate ends first; NULL: no certificate was seen. */
const struct check_row *check_summary_soonest(const struct check_summary *);

/* The labels, sorted, each once; xcalloc'ed, and how many. */
const char **check_summary_labels(const struct check_summary *, size_t *count);

/* "A 3, B 1"; those that occur. */
void check_summary_put_grades(
    struct buf *, const struct check_summary *, const char *label);

#endif
