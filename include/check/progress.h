/* SPDX-License-Identifier: ISC */
/* How far a run is: a bar on standard error, when that is a terminal. */
#ifndef CHECK_PROGRESS_H
#define CHECK_PROGRESS_H

#include <stddef.h>

struct progress;

/* NULL: no terminal, or only one thing to do. */
struct progress *progress_new(size_t total);
void progress_set(struct progress *, size_t done); /* NULL is fine, */
void progress_hide(struct progress *); /* ... here too, */
void progress_free(struct progress *); /* ... and here. */

#endif
