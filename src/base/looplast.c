/* SPDX-License-Identifier: ISC */
/* libevent's queue of what is ready is run until it is empty. */
#include <stdlib.h>

#include <event2/event.h>

#include "base/clock.h"
#include "base/loop.h"
#include "base/loopevent.h"
#include "base/xmalloc.h"

struct loop_last {
	struct event_base *base;
	struct event *ev;
	size_t others; /* ready when it was set; 0: it is not set */
	loop_cb *cb;
	void *arg;
};

static void
on_last(evutil_socket_t fd, short what, void *arg)
{
	struct loop_last *l = arg;

	(void)fd;
	(void)what;
	l->others = 0;
	clock_hold();
	l->cb(l->arg);
	clock_release();
}

struct loop_last *
loop_last_new(struct loop *loop, loop_cb *cb, void *arg)
{
	struct loop_last *l = xcalloc(1, sizeof(*l));

	l->base = loop_event_base(loop);
	l->cb = cb;
	l->arg = arg;
	l->ev = event_new(l->base, -1, 0, on_last, l);
	if (l->ev == NULL)
		abort();
	event_priority_set(l->ev, LOOP_LOOKUP);
	return l;
}

size_t
loop_last_set(struct loop_last *l)
{
	if (l->others > 0)
		return l->others;
	/* What runs now is not among the active ones any more. */
	l->others =
	    (size_t)event_base_get_num_events(l->base, EVENT_BASE_COUNT_ACTIVE);
	/* Behind those that are ready: a queue, run until it is empty. */
	if (l->others > 0)
		event_active(l->ev, EV_TIMEOUT, 0);
	return l->others;
}

void
loop_last_free(struct loop_last *l)
{
	if (l == NULL)
		return;
	event_free(l->ev);
	free(l);
}
