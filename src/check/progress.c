/* SPDX-License-Identifier: ISC */
/* One line, drawn over itself. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/xmalloc.h"
#include "check/progress.h"

#define BAR_WIDTH 40
#define CLEAR     "\r\033[K"

struct progress {
	size_t total;
	int64_t started_ms;
};

struct progress *
progress_new(size_t total)
{
	struct progress *p;

	if (total < 2 || !isatty(STDERR_FILENO))
		return NULL;
	p = xcalloc(1, sizeof(*p));
	p->total = total;
	p->started_ms = clock_ms();
	progress_set(p, 0);
	return p;
}

void
progress_set(struct progress *p, size_t done)
{
	char bar[BAR_WIDTH + 1];
	size_t i;

	if (p == NULL)
		return;
	for (i = 0; i < BAR_WIDTH; i++)
		bar[i] = i * p->total < done * BAR_WIDTH ? '#' : '.';
	bar[BAR_WIDTH] = '\0';
	fprintf(stderr, CLEAR "[%s] %zu/%zu  %lld s", bar, done, p->total,
	    (long long)(clock_ms() - p->started_ms) / 1000);
	fflush(stderr);
}

void
progress_hide(struct progress *p)
{
	if (p == NULL)
		return;
	fputs(CLEAR, stderr);
	fflush(stderr);
}

void
progress_free(struct progress *p)
{
	progress_hide(p);
	free(p);
}
