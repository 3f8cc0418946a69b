/* SPDX-License-Identifier: ISC */
/*
 * Clients that take nothing for 100 s hold no place for ever. The loop is the
 * test's: it says what is ready, and when it is time.
 */
#include <sys/socket.h>

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "daemon/connections.h"
#include "fakeresolver.h"
#include "nodanes.h"

#define CHECK_MS 10000

struct loop_fd {
	int fd;
	unsigned int events;
	loop_fd_cb *cb;
	void *arg;
};

struct loop_timer {
	loop_cb *cb;
	void *arg;
	int64_t due_ms; /* -1: not set */
};

static int64_t now_ms;
static struct loop_fd *last;
static struct loop_timer timer;

int64_t
clock_ms(void)
{
	return now_ms;
}

int64_t
clock_now(void)
{
	return now_ms / 1000;
}

struct loop_fd *
loop_fd_new(struct loop *loop, int fd, unsigned int events,
    enum loop_priority priority, loop_fd_cb *cb, void *arg)
{
	struct loop_fd *watch = xcalloc(1, sizeof(*watch));

	(void)loop;
	assert_int_equal(priority, LOOP_LOOKUP);
	*watch = (struct loop_fd){ fd, events, cb, arg };
	return last = watch;
}

void
loop_fd_set(struct loop_fd *watch, unsigned int events)
{
	watch->events = events;
}

/* What is ready is told whenever the test says so. */
void
loop_fd_again(struct loop_fd *watch)
{
	(void)watch;
}

void
loop_fd_free(struct loop_fd *watch)
{
	free(watch);
}

/* One is ready at a time: nothing to be the last of. */
struct loop_last *
loop_last_new(struct loop *loop, loop_cb *cb, void *arg)
{
	(void)loop;
	(void)cb;
	(void)arg;
	return NULL;
}

size_t
loop_last_set(struct loop_last *l)
{
	(void)l;
	return 0;
}

void
loop_last_free(struct loop_last *l)
{
	(void)l;
}

struct loop_timer *
loop_timer_new(struct loop *loop, loop_cb *cb, void *arg)
{
	(void)loop;
	timer = (struct loop_timer){ cb, arg, -1 };
	return &timer;
}

void
loop_timer_set(struct loop_timer *t, int64_t ms)
{
	t->due_ms = now_ms + ms;
}

bool
loop_timer_is_set(const struct loop_timer *t)
{
	return t->due_ms != -1;
}

void
loop_timer_stop(struct loop_timer *t)
{
	t->due_ms = -1;
}

void
loop_timer_free(struct loop_timer *t)
{
	loop_timer_stop(t);
}

static void
pass(int64_t ms)
{
	int64_t until = now_ms + ms;

	while (timer.due_ms != -1 && timer.due_ms <= until) {
		now_ms = timer.due_ms;
		timer.due_ms = -1;
		timer.cb(timer.arg);
	}
	now_ms = until;
}

static void
ready(struct loop_fd *watch, unsigned int events)
{
	assert_int_equal(watch->events & events, events);
	watch->cb(watch->fd, events, watch->arg);
}

/* The client's end; the other one is `last`. */
static int
join(struct connections *all)
{
	int fd[2];

	assert_int_equal(
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fd), 0);
	connection_new(all, fd[1]);
	return fd[0];
}

static void
put(int fd, const char *text)
{
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
}

static void
test_stuck(void **state)
{
	static char bytes[65536];
	struct config config = { .smarthost_policy = true };
	struct lookups *lookups = lookups_new(&config, NULL);
	struct connections *all = connections_new(NULL, lookups, 4);
	struct loop_fd *slow_watch, *waits_watch, *idle_watch;
	int slow, never, waits, idle, i, size = 1;

	(void)state;
	idle = join(all);
	idle_watch = last;
	put(idle, "8:Q none.t,12:half");
	ready(last, LOOP_READ);
	assert_int_equal(timer.due_ms, -1);
	never = join(all);
	(void)setsockopt(last->fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	put(never, "10:Q big.test,10:Q big.test,");
	ready(last, LOOP_READ);
	assert_int_equal(last->events, LOOP_WRITE);
	assert_int_equal(timer.due_ms, CHECK_MS);
	slow = join(all);
	slow_watch = last;
	(void)setsockopt(last->fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	for (i = 0; i < 20; i++)
		put(slow, "10:Q big.test,");
	ready(slow_watch, LOOP_READ);
	/* It takes a little each 99 s. */
	for (i = 0; i < 2; i++) {
		pass(49500);
		assert_true(read(slow, bytes, sizeof(bytes)) > 0);
		ready(slow_watch, LOOP_WRITE);
		assert_int_equal(connections_count(all), 3);
	}
	/* Woken for nothing: that is no progress. */
	ready(slow_watch, LOOP_WRITE);
	ready(idle_watch, LOOP_READ);
	pass(1000);
	assert_int_equal(connections_count(all), 2);
	assert_true(read(never, bytes, sizeof(bytes)) > 0);
	waits = join(all);
	waits_watch = last;
	put(waits, "11:Q wait.test,");
	ready(waits_watch, LOOP_READ);
	pass(90000);
	assert_int_equal(connections_count(all), 3);
	fake_release("none");
	pass(10000);
	/* Only the idle one and the one that has its reply are left. */
	assert_int_equal(connections_count(all), 2);
	pass(1000000);
	assert_int_equal(connections_count(all), 2);
	assert_int_equal(timer.due_ms, -1);
	assert_int_equal(read(waits, bytes, sizeof(bytes)), 12);
	connections_free(all);
	lookups_free(lookups);
	fake_clear();
	close(never);
	close(slow);
	close(waits);
	close(idle);
	connections_free(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stuck),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
