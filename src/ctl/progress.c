/* SPDX-License-Identifier: ISC */
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "ctl/progress.h"

#define BAR_COLUMNS 40
#define REDRAW_MS   100

void
progress_init(struct progress *p, bool is_quiet)
{
	*p = (struct progress){
		.is_shown = !is_quiet && isatty(STDERR_FILENO) != 0,
		.drawn_ms = -REDRAW_MS,
	};
}

void
progress_draw(struct progress *p, int64_t done, int64_t total, const char *unit)
{
	int64_t now = clock_ms();
	int i, full;

	if (!p->is_shown || now - p->drawn_ms < REDRAW_MS)
		return;
	p->drawn_ms = now;
	p->is_drawn = true;
	if (total <= 0) {
		fprintf(stderr, "\r%" PRId64 " %s", done, unit);
		return;
	}
	if (done > total)
		done = total;
	if (done < 0)
		done = 0;
	full = (int)((double)done / (double)total * BAR_COLUMNS);
	fputs("\r[", stderr);
	for (i = 0; i < BAR_COLUMNS; i++)
		fputc(i < full ? '#' : '.', stderr);
	fprintf(stderr, "] %" PRId64 "/%" PRId64 " %s", done, total, unit);
}

void
progress_clear(struct progress *p)
{
	if (!p->is_drawn)
		return;
	fputs("\r\033[K", stderr);
	p->is_drawn = false;
	p->drawn_ms = -REDRAW_MS;
}
