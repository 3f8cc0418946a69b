/* SPDX-License-Identifier: ISC */
/*
 * --compare: what has moved since the last check. Times, addresses and what
 * could not be seen do not count: what comes and goes by itself is no news.
 * Pure.
 */
#ifndef CHECK_COMPARE_H
#define CHECK_COMPARE_H

#include "check/memory.h"

struct check_change {
	const char *what; /* "grade", "policy line" ...: a constant */
	char *before, *after; /* printable; NULL: it was, or is, not there */
};

struct check_changes {
	int64_t since; /* the last check; 0: this is the first */
	struct check_change *item;
	size_t count;
};

/* last: as it was before this report was put to it. */
struct check_changes *
check_compare(const struct check_report *, const struct check_memory *last);

/* Add what differs between two policy files, line by line. */
void check_compare_files(struct check_changes *, const struct ev_bytes *before,
    const struct ev_bytes *after);
void check_changes_free(struct check_changes *); /* NULL is fine */

#endif
