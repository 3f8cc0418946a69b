/* SPDX-License-Identifier: ISC */
/*
 * This file, looplast.c and loopsignal.c alone include libevent's event.h.
 *
 * libevent runs nothing of the lower priority while anything of the higher is
 * ready: a client that never stops asking would hold up DNS, timers and
 * SIGTERM for ever. So after LOOKUPS_IN_A_ROW callbacks without a normal one
 * the ready look-ups are held back until all that is ready of the rest has run,
 * or for OTHERS_MS. To hold one back takes two system calls: rarely, therefore.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/queue.h>

#include <event2/event.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/loopevent.h"
#include "base/loopmeter.h"
#include "base/xmalloc.h"

#define LOOP_PRIORITIES  2
#define LOOKUPS_IN_A_ROW 4096
#define OTHERS_MS        2

struct loop {
	struct event_base *base;
	unsigned int lookups; /* callbacks since a normal one */
	bool is_yielding;
	int64_t yielded_ms; /* since when */
	struct event *turn; /* normal, behind those that were ready */
	LIST_HEAD(, loop_fd) held;
	struct loopmeter meter;
};

struct loop_fd {
	struct loop *loop;
	struct event *ev;
	enum loop_priority priority;
	LIST_ENTRY(loop_fd) entry; /* in loop->held */
	bool is_held;
	int fd;
	unsigned int events;
	loop_fd_cb *cb;
	void *arg;
};

struct loop_timer {
	struct loop *loop;
	struct event *ev;
	loop_cb *cb;
	void *arg;
};

struct loop_defer {
	struct loop *loop;
	struct event *ev;
	enum loop_priority priority;
	loop_cb *cb;
	void *arg;
};

static struct event *
checked(struct event *ev)
{
	if (ev == NULL)
		abort();
	return ev;
}

static void
release(struct loop_fd *lfd)
{
	if (lfd->is_held)
		LIST_REMOVE(lfd, entry);
	lfd->is_held = false;
}

static void
watch(struct loop_fd *lfd)
{
	/* EPERM for a file epoll cannot watch is a bug of the caller. */
	if (lfd->events != 0 && event_add(lfd->ev, NULL) == -1)
		log_error("loop", "cannot watch descriptor %d", lfd->fd);
}

/* May a look-up's callback run now? */
static bool
begin_lookup(struct loop *loop)
{
	if (!loop->is_yielding && ++loop->lookups > LOOKUPS_IN_A_ROW) {
		loop->is_yielding = true;
		loop->yielded_ms = clock_ms();
		event_active(loop->turn, EV_TIMEOUT, 0);
	}
	return !loop->is_yielding;
}

/* Look-ups go first again. */
static void
end_yield(struct loop *loop)
{
	struct loop_fd *lfd;

	loop->is_yielding = false;
	event_del(loop->turn);
	while ((lfd = LIST_FIRST(&loop->held)) != NULL) {
		release(lfd);
		watch(lfd);
	}
}

/* A normal callback runs. */
static void
begin_normal(struct loop *loop)
{
	loop->lookups = 0;
	if (loop->is_yielding && clock_ms() - loop->yielded_ms >= OTHERS_MS)
		end_yield(loop);
}

void
loop_event_begin(struct loop *loop)
{
	begin_normal(loop);
	loopmeter_begin(&loop->meter);
}

void
loop_event_end(struct loop *loop)
{
	loopmeter_end(&loop->meter);
}

void
loop_count(const struct loop *loop, struct loop_turns *turns)
{
	*turns = loop->meter.turns;
}

struct event_base *
loop_event_base(struct loop *loop)
{
	return loop->base;
}

static void
on_turn(evutil_socket_t fd, short what, void *arg)
{
	struct loop *loop = arg;

	(void)fd;
	(void)what;
	loop->lookups = 0;
	end_yield(loop);
}

struct loop *
loop_new(void)
{
	struct event_config *cfg;
	struct event_base *base = NULL;
	struct loop *loop;

	/* An event that was lost for want of memory would never come. */
	event_set_mem_functions(xmalloc, xrealloc, free);
	cfg = event_config_new();
	/*
	 * Look for look-ups again after each callback of normal priority: 32
	 * due fetches otherwise hold a request for 24 ms.
	 */
	if (cfg != NULL &&
	    event_config_set_max_dispatch_interval(cfg, NULL, 1, LOOP_NORMAL) ==
		0)
		base = event_base_new_with_config(cfg);
	if (cfg != NULL)
		event_config_free(cfg);
	if (base == NULL ||
	    event_base_priority_init(base, LOOP_PRIORITIES) == -1) {
		log_error("loop", "cannot make an event loop");
		if (base != NULL)
			event_base_free(base);
		return NULL;
	}
	loop = xcalloc(1, sizeof(*loop));
	loop->base = base;
	loop->turn = checked(event_new(base, -1, 0, on_turn, loop));
	event_priority_set(loop->turn, LOOP_NORMAL);
	LIST_INIT(&loop->held);
	return loop;
}

void
loop_free(struct loop *loop)
{
	if (loop == NULL)
		return;
	event_free(loop->turn);
	event_base_free(loop->base);
	free(loop);
}

int
loop_run(struct loop *loop)
{
	if (event_base_dispatch(loop->base) == -1) {
		log_error("loop", "the event loop failed");
		return -1;
	}
	return 0;
}

void
loop_stop(struct loop *loop)
{
	event_base_loopbreak(loop->base);
}

static void
on_fd(evutil_socket_t fd, short what, void *arg)
{
	struct loop_fd *lfd = arg;
	struct loop *loop = lfd->loop;
	unsigned int events = 0;

	if (lfd->priority == LOOP_NORMAL) {
		begin_normal(loop);
	} else if (!begin_lookup(loop)) {
		event_del(lfd->ev);
		LIST_INSERT_HEAD(&loop->held, lfd, entry);
		lfd->is_held = true;
		return;
	}
	if (what & EV_READ)
		events |= LOOP_READ;
	if (what & EV_WRITE)
		events |= LOOP_WRITE;
	if (what & EV_CLOSED)
		events |= LOOP_CLOSED;
	if (lfd->priority == LOOP_LOOKUP) {
		clock_hold();
		lfd->cb((int)fd, events, lfd->arg);
		clock_release();
		return;
	}
	loopmeter_begin(&loop->meter);
	lfd->cb((int)fd, events, lfd->arg);
	loop_event_end(loop);
}

static void
arm_fd(struct loop_fd *lfd)
{
	short what = EV_PERSIST;

	if (lfd->events & LOOP_READ)
		what |= EV_READ;
	if (lfd->events & LOOP_WRITE)
		what |= EV_WRITE;
	if (lfd->events & LOOP_EDGE)
		what |= EV_ET | EV_CLOSED;
	if (event_assign(lfd->ev, lfd->loop->base, lfd->fd, what, on_fd, lfd) ==
		-1 ||
	    event_priority_set(lfd->ev, (int)lfd->priority) == -1)
		abort();
	watch(lfd);
}

struct loop_fd *
loop_fd_new(struct loop *loop, int fd, unsigned int events,
    enum loop_priority priority, loop_fd_cb *cb, void *arg)
{
	struct loop_fd *lfd = xcalloc(1, sizeof(*lfd));

	lfd->loop = loop;
	lfd->fd = fd;
	lfd->events = events;
	lfd->priority = priority;
	lfd->cb = cb;
	lfd->arg = arg;
	lfd->ev = checked(event_new(loop->base, fd, 0, on_fd, lfd));
	arm_fd(lfd);
	return lfd;
}

void
loop_fd_set(struct loop_fd *lfd, unsigned int events)
{
	if (lfd->events == events)
		return;
	event_del(lfd->ev);
	release(lfd);
	lfd->events = events;
	arm_fd(lfd);
}

void
loop_fd_again(struct loop_fd *lfd)
{
	if (lfd->is_held)
		return; /* it is watched anew later, which tells, too */
	event_del(lfd->ev);
	watch(lfd);
}

void
loop_fd_free(struct loop_fd *lfd)
{
	if (lfd == NULL)
		return;
	event_free(lfd->ev);
	release(lfd);
	free(lfd);
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct loop_timer *t = arg;
	struct loop *loop = t->loop;

	(void)fd;
	(void)what;
	loop_event_begin(loop);
	t->cb(t->arg);
	loop_event_end(loop);
}

struct loop_timer *
loop_timer_new(struct loop *loop, loop_cb *cb, void *arg)
{
	struct loop_timer *t = xcalloc(1, sizeof(*t));

	t->loop = loop;
	t->cb = cb;
	t->arg = arg;
	t->ev = checked(evtimer_new(loop->base, on_timer, t));
	event_priority_set(t->ev, LOOP_NORMAL);
	return t;
}

void
loop_timer_set(struct loop_timer *t, int64_t ms)
{
	struct timeval tv;

	if (ms < 0)
		ms = 0;
	tv.tv_sec = (time_t)(ms / 1000);
	tv.tv_usec = (suseconds_t)(ms % 1000 * 1000);
	event_add(t->ev, &tv);
}

void
loop_timer_stop(struct loop_timer *t)
{
	event_del(t->ev);
}

bool
loop_timer_is_set(const struct loop_timer *t)
{
	return event_pending(t->ev, EV_TIMEOUT, NULL) != 0;
}

void
loop_timer_free(struct loop_timer *t)
{
	if (t == NULL)
		return;
	event_free(t->ev);
	free(t);
}

static void
on_defer(evutil_socket_t fd, short what, void *arg)
{
	struct loop_defer *d = arg;
	loop_cb *cb = d->cb;
	void *cb_arg = d->arg;
	struct loop *loop = d->loop;

	(void)fd;
	(void)what;
	if (d->priority == LOOP_NORMAL) {
		begin_normal(loop);
	} else if (!begin_lookup(loop)) {
		/* Once more, behind the normal work that waits now. */
		d->priority = LOOP_NORMAL;
		event_priority_set(d->ev, LOOP_NORMAL);
		event_active(d->ev, EV_TIMEOUT, 0);
		return;
	}
	loop_defer_cancel(d);
	loopmeter_begin(&loop->meter);
	cb(cb_arg);
	loop_event_end(loop);
}

struct loop_defer *
loop_defer(
    struct loop *loop, enum loop_priority priority, loop_cb *cb, void *arg)
{
	struct loop_defer *d = xcalloc(1, sizeof(*d));

	d->loop = loop;
	d->priority = priority;
	d->cb = cb;
	d->arg = arg;
	d->ev = checked(evtimer_new(loop->base, on_defer, d));
	event_priority_set(d->ev, (int)priority);
	event_active(d->ev, EV_TIMEOUT, 0);
	return d;
}

void
loop_defer_cancel(struct loop_defer *d)
{
	if (d == NULL)
		return;
	event_free(d->ev);
	free(d);
}

const char *
loop_library_version(void)
{
	static char text[64];

	snprintf(text, sizeof(text), "libevent %s", event_get_version());
	return text;
}
