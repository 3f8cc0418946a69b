/* SPDX-License-Identifier: ISC */
/* base/loop and base/clock: time passes when the script says so. */
#include <stdlib.h>

#include "base/clock.h"
#include "base/loop.h"
#include "base/xmalloc.h"
#include "world.h"

struct loop {
	int unused;
};

struct loop_timer {
	TAILQ_ENTRY(loop_timer) entry;
	int64_t due_ms;
	bool is_set;
	loop_cb *cb;
	void *arg;
};

struct loop_defer {
	struct loop_timer timer;
};

TAILQ_HEAD(timer_list, loop_timer);

struct world world = { .wall_s = 1800000000 };

/* In order of due time; those due together in the order they were set. */
static struct timer_list timers = TAILQ_HEAD_INITIALIZER(timers);

struct loop *
loop_new(void)
{
	return xcalloc(1, sizeof(struct loop));
}

void
loop_free(struct loop *loop)
{
	free(loop);
}

struct loop_timer *
loop_timer_new(struct loop *loop, loop_cb *cb, void *arg)
{
	struct loop_timer *t = xcalloc(1, sizeof(*t));

	(void)loop;
	t->cb = cb;
	t->arg = arg;
	return t;
}

void
loop_timer_stop(struct loop_timer *t)
{
	if (t->is_set)
		TAILQ_REMOVE(&timers, t, entry);
	t->is_set = false;
}

void
loop_timer_set(struct loop_timer *t, int64_t ms)
{
	struct loop_timer *other;

	loop_timer_stop(t);
	t->due_ms = world.now_ms + (ms > 0 ? ms : 0);
	t->is_set = true;
	TAILQ_FOREACH(other, &timers, entry)
	{
		if (other->due_ms > t->due_ms) {
			TAILQ_INSERT_BEFORE(other, t, entry);
			return;
		}
	}
	TAILQ_INSERT_TAIL(&timers, t, entry);
}

bool
loop_timer_is_set(const struct loop_timer *t)
{
	return t->is_set;
}

void
loop_timer_free(struct loop_timer *t)
{
	if (t == NULL)
		return;
	loop_timer_stop(t);
	free(t);
}

void
world_pass(int64_t ms)
{
	int64_t until = world.now_ms + ms;
	struct loop_timer *t;

	while ((t = TAILQ_FIRST(&timers)) != NULL && t->due_ms <= until) {
		if (t->due_ms > world.now_ms)
			world.now_ms = t->due_ms;
		loop_timer_stop(t);
		t->cb(t->arg);
	}
	world.now_ms = until;
}

void
clock_init(void)
{
}

int64_t
clock_ms(void)
{
	return world.now_ms;
}

int64_t
clock_now(void)
{
	return world.wall_s + world.now_ms / 1000;
}
