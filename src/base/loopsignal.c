/* SPDX-License-Identifier: ISC */
/* Signals, as callbacks of the loop. */
#include <stdlib.h>

#include <event2/event.h>

#include "base/loop.h"
#include "base/loopevent.h"
#include "base/xmalloc.h"

struct loop_signal {
	struct loop *loop;
	struct event *ev;
	loop_cb *cb;
	void *arg;
};

static void
on_signal(evutil_socket_t fd, short what, void *arg)
{
	struct loop_signal *s = arg;
	struct loop *loop = s->loop;

	(void)fd;
	(void)what;
	loop_event_begin(loop);
	s->cb(s->arg);
	loop_event_end(loop);
}

struct loop_signal *
loop_signal_new(struct loop *loop, int signo, loop_cb *cb, void *arg)
{
	struct loop_signal *s = xcalloc(1, sizeof(*s));

	s->loop = loop;
	s->cb = cb;
	s->arg = arg;
	s->ev = evsignal_new(loop_event_base(loop), signo, on_signal, s);
	if (s->ev == NULL)
		abort();
	event_priority_set(s->ev, LOOP_NORMAL);
	event_add(s->ev, NULL);
	return s;
}

void
loop_signal_free(struct loop_signal *s)
{
	if (s == NULL)
		return;
	event_free(s->ev);
	free(s);
}
