/* SPDX-License-Identifier: ISC */
/* The texts of --explain, by where they belong; a NULL word ends each list. */
#ifndef CHECK_EXPLAIN_H
#define CHECK_EXPLAIN_H

#include <stddef.h>

#define EXPLAIN_LINES   22 /* of a text, at most; */
#define EXPLAIN_COLUMNS 78 /* ... of this width */

struct explain_text {
	const char *word; /* a code or a topic */
	const char *text; /* lines, each with its line end */
};

extern const struct explain_text explain_dns[];
extern const struct explain_text explain_fetch[];
extern const struct explain_text explain_certificate[];
extern const struct explain_text explain_mx[];
extern const struct explain_text explain_smtp[];
extern const struct explain_text explain_topics[];

/* The n-th text of all; NULL at the end. */
const struct explain_text *explain_at(size_t n);

#endif
