/* SPDX-License-Identifier: ISC */
/*
 * Which lines of a log say nothing new. The first few of the same are written,
 * then they are counted until a minute is over, and the count is told: "the
 * same 120 times". Bounded memory; no clock of its own.
 */
#ifndef BASE_REPEAT_H
#define BASE_REPEAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define REPEAT_SLOTS      32
#define REPEAT_TEXT_BYTES 160
#define REPEAT_FREE       5 /* of the same are written within ... */
#define REPEAT_WINDOW_MS  60000

/* What was kept back. The text may be cut. */
struct repeat_summary {
	int level; /* of the caller's */
	const char *event; /* the caller's, a constant */
	char text[REPEAT_TEXT_BYTES];
	uint64_t times;
};

struct repeat_slot {
	uint64_t hash;
	int64_t since_ms; /* 0: the slot is free */
	unsigned int written;
	struct repeat_summary kept;
};

/* Zeroed: nothing was said yet. */
struct repeat {
	struct repeat_slot slot[REPEAT_SLOTS];
};

/* A line: the same is what has the same event and text. */
struct repeat_line {
	int level;
	const char *event;
	const char *text;
	size_t len;
};

/*
 * May it be written? now_ms > 0, never less than before. When another has to
 * make room for it in the table, and something was kept back of that one,
 * *lost says so (times 0: nothing).
 */
bool repeat_may_write(struct repeat *, const struct repeat_line *,
    int64_t now_ms, struct repeat_summary *lost);

/*
 * The next count whose minute is over, or, with is_end, any. False: none. Its
 * line is counted anew from now on.
 */
bool repeat_due(
    struct repeat *, int64_t now_ms, bool is_end, struct repeat_summary *out);

#endif
