/* SPDX-License-Identifier: ISC */
/* A bar on stderr while something lasts, when that is a terminal. */
#ifndef CTL_PROGRESS_H
#define CTL_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
	bool is_shown;
	int64_t drawn_ms; /* when last */
	bool is_drawn;
};

/* Quiet: nothing is ever shown. */
void progress_init(struct progress *, bool is_quiet);

/* Draw it, but not too often. total 0: not known. */
void
progress_draw(struct progress *, int64_t done, int64_t total, const char *unit);

/* Wipe it away, before anything else is printed. */
void progress_clear(struct progress *);

#endif
