/* SPDX-License-Identifier: ISC */
/*
 * The loop, and the clock. Each test writes what happened, a letter an event,
 * into `trace`; a loop with nothing left to wait for ends by itself.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/loop.h"

#define FLOOD_CALLS 10000

static struct loop *loop;
static char trace[64];
static struct loop_defer *defers[4];
static struct loop_timer *timer;
static struct loop_fd *watch;
static struct loop_signal *sig;
static int pipes[2];

static int
set_up(void **state)
{
	(void)state;
	loop = loop_new();
	trace[0] = '\0';
	return loop != NULL && pipe2(pipes, O_NONBLOCK) == 0 ? 0 : -1;
}

static int
tear_down(void **state)
{
	(void)state;
	loop_free(loop);
	close(pipes[0]);
	close(pipes[1]);
	return 0;
}

static void
note(char c)
{
	size_t len = strlen(trace);

	assert_true(len + 1 < sizeof(trace));
	trace[len] = c;
	trace[len + 1] = '\0';
}

static void
on_letter(void *arg)
{
	note(*(const char *)arg);
}

/* A letter as a callback's argument. */
static void *
letter(char c)
{
	static char all[128];

	all[(int)c] = c;
	return &all[(int)c];
}

static void
send_byte(void)
{
	assert_int_equal(write(pipes[1], "x", 1), 1);
}

static void
take_byte(void)
{
	char c;

	assert_int_equal(read(pipes[0], &c, 1), 1);
}

/* Never from inside loop_defer(); in order; look-ups first. */
static void
test_defer_order(void **state)
{
	(void)state;
	loop_defer(loop, LOOP_NORMAL, on_letter, letter('a'));
	loop_defer(loop, LOOP_NORMAL, on_letter, letter('b'));
	loop_defer(loop, LOOP_LOOKUP, on_letter, letter('c'));
	loop_defer(loop, LOOP_NORMAL, on_letter, letter('d'));
	loop_defer(loop, LOOP_LOOKUP, on_letter, letter('e'));
	assert_string_equal(trace, "");
	assert_int_equal(loop_run(loop), 0);
	assert_string_equal(trace, "ceabd");
	/* Once only. */
	assert_int_equal(loop_run(loop), 0);
	assert_string_equal(trace, "ceabd");
}

static void
on_more(void *arg)
{
	(void)arg;
	note('m');
	loop_defer(loop, LOOP_NORMAL, on_letter, letter('n'));
	note('M');
}

static void
test_defer_from_callback(void **state)
{
	(void)state;
	loop_defer(loop, LOOP_NORMAL, on_more, NULL);
	loop_defer(loop, LOOP_NORMAL, on_letter, letter('a'));
	loop_run(loop);
	assert_string_equal(trace, "mMan");
}

static void
on_cancel(void *arg)
{
	(void)arg;
	note('c');
	loop_defer_cancel(defers[1]);
	defers[1] = NULL;
}

/* Both are active already when the first cancels the second. */
static void
test_defer_cancel(void **state)
{
	(void)state;
	defers[0] = loop_defer(loop, LOOP_NORMAL, on_letter, letter('x'));
	loop_defer_cancel(defers[0]);
	loop_defer_cancel(NULL);
	loop_defer(loop, LOOP_NORMAL, on_cancel, NULL);
	defers[1] = loop_defer(loop, LOOP_NORMAL, on_letter, letter('y'));
	loop_defer(loop, LOOP_NORMAL, on_letter, letter('z'));
	loop_run(loop);
	assert_string_equal(trace, "cz");
}

static void
on_lookup(int fd, unsigned int events, void *arg)
{
	(void)arg;
	assert_int_equal(fd, pipes[0]);
	assert_int_equal(events, LOOP_READ);
	take_byte();
	note('L');
	loop_fd_set(watch, 0);
}

static void
on_normal_then_request(void *arg)
{
	note(*(const char *)arg);
	send_byte();
}

/*
 * A request that comes while normal work is queued goes before the rest of
 * it, though its descriptor was not ready when the queue was made.
 */
static void
test_lookup_first(void **state)
{
	(void)state;
	watch = loop_fd_new(
	    loop, pipes[0], LOOP_READ, LOOP_LOOKUP, on_lookup, NULL);
	loop_defer(loop, LOOP_NORMAL, on_normal_then_request, letter('a'));
	loop_defer(loop, LOOP_NORMAL, on_letter, letter('b'));
	loop_defer(loop, LOOP_NORMAL, on_letter, letter('c'));
	loop_run(loop);
	assert_string_equal(trace, "aLbc");
	loop_fd_free(watch);
}

static void
on_free_watch(void *arg)
{
	(void)arg;
	note('f');
	loop_fd_free(watch);
	watch = NULL;
}

/* Never reads: ready for ever, like a client that never stops asking. */
static void
on_flood(int fd, unsigned int events, void *arg)
{
	unsigned int *count = arg;

	(void)fd;
	(void)events;
	if (++*count == FLOOD_CALLS)
		loop_stop(loop);
}

static void
on_defer_flood(void *arg)
{
	unsigned int *count = arg;

	if (++*count == FLOOD_CALLS)
		loop_stop(loop);
	else
		loop_defer(loop, LOOP_LOOKUP, on_defer_flood, count);
}

/* Normal work goes on under a flood of requests, of either kind. */
static void
test_flood(void **state)
{
	unsigned int count = 0;
	struct loop_fd *other;

	(void)state;
	send_byte();
	watch = loop_fd_new(
	    loop, pipes[0], LOOP_READ, LOOP_LOOKUP, on_flood, &count);
	other = loop_fd_new(
	    loop, pipes[1], LOOP_WRITE, LOOP_LOOKUP, on_flood, &count);
	timer = loop_timer_new(loop, on_letter, letter('t'));
	loop_timer_set(timer, 0);
	sig = loop_signal_new(loop, SIGUSR1, on_letter, letter('s'));
	raise(SIGUSR1);
	loop_defer(loop, LOOP_NORMAL, on_letter, letter('a'));
	loop_defer(loop, LOOP_NORMAL, on_letter, letter('b'));
	loop_run(loop);
	assert_int_equal(count, FLOOD_CALLS);
	assert_int_equal(strlen(trace), 4);
	loop_fd_free(other);
	loop_fd_free(watch);

	trace[0] = '\0';
	count = 0;
	loop_defer(loop, LOOP_LOOKUP, on_defer_flood, &count);
	loop_defer(loop, LOOP_NORMAL, on_letter, letter('a'));
	loop_defer(loop, LOOP_NORMAL, on_letter, letter('b'));
	loop_run(loop);
	assert_string_equal(trace, "ab");
	loop_timer_free(timer);
	loop_signal_free(sig);
}

static void
on_change(void *arg)
{
	unsigned int *count = arg;

	note('c');
	/* The flood had its turns before. */
	assert_true(*count > 0 && *count < FLOOD_CALLS);
	loop_fd_set(watch, 0);
	*count = 0;
}

/* Paused amid a flood: nothing comes; set again, all is as before. */
static void
test_flood_change(void **state)
{
	unsigned int count = 0;

	(void)state;
	send_byte();
	watch = loop_fd_new(
	    loop, pipes[0], LOOP_READ, LOOP_LOOKUP, on_flood, &count);
	loop_defer(loop, LOOP_NORMAL, on_letter, letter('a'));
	loop_defer(loop, LOOP_NORMAL, on_change, &count);
	loop_run(loop);
	assert_string_equal(trace, "ac");
	assert_int_equal(count, 0);
	loop_fd_set(watch, LOOP_READ);
	loop_run(loop);
	assert_int_equal(count, FLOOD_CALLS);
	loop_fd_free(watch);

	/* Freed while it floods. */
	count = 0;
	watch = loop_fd_new(
	    loop, pipes[0], LOOP_READ, LOOP_LOOKUP, on_flood, &count);
	loop_defer(loop, LOOP_NORMAL, on_free_watch, NULL);
	loop_run(loop);
	assert_string_equal(trace, "acf");
	assert_true(count > 0 && count < FLOOD_CALLS);
}

static void
on_ready(int fd, unsigned int events, void *arg)
{
	(void)fd;
	(void)arg;
	if (events & LOOP_READ) {
		take_byte();
		note('r');
	}
	if (events & LOOP_WRITE)
		note('w');
	if (strlen(trace) == 3) {
		loop_fd_free(watch);
		watch = NULL;
	}
}

/* Persistent until freed, here from inside; then no callback comes. */
static void
test_fd(void **state)
{
	(void)state;
	send_byte();
	send_byte();
	send_byte();
	send_byte();
	watch =
	    loop_fd_new(loop, pipes[0], LOOP_READ, LOOP_NORMAL, on_ready, NULL);
	loop_run(loop);
	assert_string_equal(trace, "rrr");
	assert_null(watch);
	loop_fd_free(NULL);
}

static void
on_pause(void *arg)
{
	(void)arg;
	note('p');
	loop_fd_set(watch, 0);
	loop_fd_set(watch, 0);
}

static void
on_resume(void *arg)
{
	(void)arg;
	note('q');
	loop_fd_set(watch, LOOP_READ);
}

/* Paused from outside while its event is pending; resumed later. */
static void
test_fd_pause(void **state)
{
	(void)state;
	send_byte();
	send_byte();
	send_byte();
	loop_defer(loop, LOOP_LOOKUP, on_pause, NULL);
	watch =
	    loop_fd_new(loop, pipes[0], LOOP_READ, LOOP_NORMAL, on_ready, NULL);
	loop_run(loop);
	assert_string_equal(trace, "p");
	loop_defer(loop, LOOP_NORMAL, on_resume, NULL);
	loop_run(loop);
	assert_string_equal(trace, "pqr");
	assert_null(watch);
}

static void
test_fd_write(void **state)
{
	(void)state;
	watch = loop_fd_new(
	    loop, pipes[1], LOOP_WRITE, LOOP_NORMAL, on_ready, NULL);
	loop_run(loop);
	assert_string_equal(trace, "www");
}

static void
on_stop(void *arg)
{
	(void)arg;
	note('s');
	loop_stop(loop);
}

static void
on_edge(int fd, unsigned int events, void *arg)
{
	(void)fd;
	(void)arg;
	assert_int_equal(events, LOOP_READ);
	take_byte();
	note('r');
	if (trace[1] == '\0')
		loop_fd_again(watch);
}

static void
turn(void)
{
	timer = loop_timer_new(loop, on_stop, NULL);
	loop_timer_set(timer, 0);
	loop_run(loop);
	loop_timer_free(timer);
}

/* Told of three bytes once, again when asked for, and when another comes. */
static void
test_fd_edge(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < 3; i++)
		send_byte();
	watch = loop_fd_new(
	    loop, pipes[0], LOOP_READ | LOOP_EDGE, LOOP_LOOKUP, on_edge, NULL);
	for (i = 0; i < 3; i++)
		turn();
	assert_string_equal(trace, "rrsss");
	send_byte();
	for (i = 0; i < 3; i++)
		turn();
	assert_string_equal(trace, "rrsssrsss");
	loop_fd_free(watch);
}

/* Freed by another callback of the same turn: it does not come. */
static void
test_fd_freed_by_other(void **state)
{
	(void)state;
	send_byte();
	watch =
	    loop_fd_new(loop, pipes[0], LOOP_READ, LOOP_NORMAL, on_ready, NULL);
	loop_defer(loop, LOOP_LOOKUP, on_free_watch, NULL);
	loop_run(loop);
	assert_string_equal(trace, "f");
}

static void
on_timer(void *arg)
{
	(void)arg;
	note('t');
	assert_false(loop_timer_is_set(timer));
	if (strlen(trace) < 3) {
		loop_timer_set(timer, 0);
		return;
	}
	loop_timer_free(timer);
	timer = NULL;
}

static void
test_timer(void **state)
{
	(void)state;
	timer = loop_timer_new(loop, on_timer, NULL);
	assert_false(loop_timer_is_set(timer));
	loop_run(loop);
	assert_string_equal(trace, "");
	loop_timer_set(timer, 3600 * 1000);
	assert_true(loop_timer_is_set(timer));
	loop_timer_stop(timer);
	assert_false(loop_timer_is_set(timer));
	loop_timer_stop(timer);
	loop_run(loop);
	assert_string_equal(trace, "");
	/* The later setting counts; the past is now. */
	loop_timer_set(timer, 3600 * 1000);
	loop_timer_set(timer, -5);
	loop_run(loop);
	assert_string_equal(trace, "ttt");
	assert_null(timer);
	loop_timer_free(NULL);
}

/* Two timers of 1 and 2 ms come in that order, whichever was set first. */
static void
test_timer_order(void **state)
{
	struct loop_timer *late, *early;

	(void)state;
	late = loop_timer_new(loop, on_letter, letter('l'));
	early = loop_timer_new(loop, on_letter, letter('e'));
	loop_timer_set(late, 2);
	loop_timer_set(early, 1);
	loop_run(loop);
	assert_string_equal(trace, "el");
	loop_timer_free(late);
	loop_timer_free(early);
}

/* The rest waits for the next run. */
static void
test_stop(void **state)
{
	(void)state;
	loop_defer(loop, LOOP_NORMAL, on_stop, NULL);
	loop_defer(loop, LOOP_NORMAL, on_letter, letter('a'));
	assert_int_equal(loop_run(loop), 0);
	assert_string_equal(trace, "s");
	assert_int_equal(loop_run(loop), 0);
	assert_string_equal(trace, "sa");
}

static struct loop_last *last;

static void
on_lookup_before_last(int fd, unsigned int events, void *arg)
{
	(void)fd;
	(void)events;
	(void)arg;
	take_byte();
	note('L');
	note(loop_last_set(last) ? '+' : '-');
}

/*
 * Once, behind the look-ups that are ready and before the rest; there is nothing
 * to be the last of when only one is ready.
 */
static void
test_last(void **state)
{
	struct loop_fd *other;
	int fd = dup(pipes[0]);

	(void)state;
	last = loop_last_new(loop, on_letter, letter('!'));
	watch = loop_fd_new(loop, pipes[0], LOOP_READ, LOOP_LOOKUP,
	    on_lookup_before_last, NULL);
	other = loop_fd_new(
	    loop, fd, LOOP_READ, LOOP_LOOKUP, on_lookup_before_last, NULL);
	send_byte();
	send_byte();
	loop_defer(loop, LOOP_NORMAL, on_letter, letter('n'));
	loop_defer(loop, LOOP_NORMAL, on_stop, NULL);
	loop_run(loop);
	assert_string_equal(trace, "L+L+!ns");
	loop_fd_free(other);
	send_byte();
	timer = loop_timer_new(loop, on_stop, NULL);
	loop_timer_set(timer, 1);
	loop_run(loop);
	assert_string_equal(trace, "L+L+!nsL-s");
	loop_fd_free(watch);
	loop_timer_free(timer);
	loop_last_free(last);
	loop_last_free(NULL);
	close(fd);
}

static void
on_signal(void *arg)
{
	(void)arg;
	note('S');
	if (strlen(trace) < 2) {
		raise(SIGUSR1);
		return;
	}
	loop_signal_free(sig);
	sig = NULL;
}

static void
test_signal(void **state)
{
	(void)state;
	sig = loop_signal_new(loop, SIGUSR1, on_signal, NULL);
	raise(SIGUSR1);
	assert_string_equal(trace, "");
	loop_run(loop);
	assert_string_equal(trace, "SS");
	assert_null(sig);
	loop_signal_free(NULL);
}

static void
test_clock(void **state)
{
	int64_t before, after, wall;

	(void)state;
	before = clock_ms();
	after = clock_ms();
	assert_true(before > 0 && before <= after);
	wall = (int64_t)time(NULL);
	clock_init();
	after = clock_now();
	/* Between two readings of the wall clock, rounded down. */
	assert_in_range(after, wall - 1, (int64_t)time(NULL) + 1);
}

#define LOOP_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		LOOP_TEST(test_defer_order),
		LOOP_TEST(test_defer_from_callback),
		LOOP_TEST(test_defer_cancel),
		LOOP_TEST(test_lookup_first),
		LOOP_TEST(test_flood),
		LOOP_TEST(test_flood_change),
		LOOP_TEST(test_fd),
		LOOP_TEST(test_fd_pause),
		LOOP_TEST(test_fd_write),
		LOOP_TEST(test_fd_freed_by_other),
		LOOP_TEST(test_fd_edge),
		LOOP_TEST(test_timer),
		LOOP_TEST(test_timer_order),
		LOOP_TEST(test_stop),
		LOOP_TEST(test_last),
		LOOP_TEST(test_signal),
		cmocka_unit_test(test_clock),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
