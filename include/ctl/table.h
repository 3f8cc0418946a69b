/* SPDX-License-Identifier: ISC */
/*
 * What is printed for people: rows below a head, and named facts. 80 columns;
 * the last column of a row is never cut, so that what is copied from it is
 * whole. Every text is escaped here. Pure.
 */
#ifndef CTL_TABLE_H
#define CTL_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

#define TABLE_COLUMNS 80

enum table_colour {
	TABLE_PLAIN,
	TABLE_BOLD,
	TABLE_GREEN,
	TABLE_YELLOW,
	TABLE_RED
};

/* The text escaped, in a colour when there is colour. */
void
table_put(struct buf *, enum table_colour, const char *text, bool has_colour);

struct table_column {
	const char *title;
	unsigned int width; /* 0: the last one */
	bool is_right; /* numbers */
};

/* A cell that is too long pushes its line out, rather than to be cut. */
void table_head(
    struct buf *, const struct table_column *, size_t n, bool has_colour);
void table_row(struct buf *, const struct table_column *, size_t n,
    const char *const *cells);

/*
 * "Name:         value", the value wrapped at blanks and below itself; one
 * that holds no blank stays whole. Nothing for NULL and "".
 */
void table_fact(struct buf *, const char *name, const char *value);
void table_factf(struct buf *, const char *name, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Lines with their numbers, from 1. */
void table_lines(struct buf *, const char *text, size_t len);

/* "6d 23h", "2h 5m", "45s"; "0s". Appended. */
void table_span(struct buf *, int64_t seconds);

/* "in 6d 23h", "2h 5m ago", "now"; "-" for 0. Appended. */
void table_when(struct buf *, int64_t when, int64_t now);

/* "2026-11-28 17:52:04 UTC (in 6d 23h)"; "-" for 0. Appended. */
void table_date(struct buf *, int64_t when, int64_t now);

/* The word for n of them. */
const char *table_plural(int64_t n, const char *one, const char *many);

/* "1.4 MiB", "512 bytes". Appended. */
void table_bytes(struct buf *, int64_t bytes);

#endif
