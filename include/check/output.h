/* SPDX-License-Identifier: ISC */
/*
 * Where a report goes: standard output, or a file that is replaced as a whole
 * when the run has ended, so that whoever reads it (a textfile collector)
 * never sees a part.
 */
#ifndef CHECK_OUTPUT_H
#define CHECK_OUTPUT_H

#include <stdbool.h>

#include "base/buf.h"

struct output;

/* path NULL: standard output. NULL, and said so: it cannot be written. */
struct output *output_open(const char *path);

/* False: it could not be written (said once). */
bool output_put(struct output *, const struct buf *);

/* Write it out. is_whole: all is there; else a file stays as it was. Frees
 * the output; NULL is fine. False, and said so: it was not all written. */
bool output_close(struct output *, bool is_whole);

#endif
