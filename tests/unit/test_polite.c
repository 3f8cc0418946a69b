/* SPDX-License-Identifier: ISC */
/* Turns at addresses: never more than two, first come first served. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "check/polite.h"

#define TURNS 6

static struct {
	struct loop *loop;
	struct polite *polite;
	struct polite_turn *turn[TURNS];
	char log[64];
} world;

static void
on_turn(void *arg)
{
	strlcat(world.log, arg, sizeof(world.log));
}

static void
on_end(void *arg)
{
	loop_stop(arg);
}

/* All that is to be called is called. */
static const char *
log_after(void)
{
	world.log[0] = '\0';
	(void)loop_defer(world.loop, LOOP_NORMAL, on_end, world.loop);
	assert_int_equal(loop_run(world.loop), 0);
	return world.log;
}

static void
take(size_t i, const char *name, const char *a, const char *b)
{
	const char *address[] = { a, b };

	world.turn[i] = polite_take(world.polite, address,
	    b != NULL     ? 2 :
		a != NULL ? 1 :
			    0,
	    on_turn, (void *)(uintptr_t)name);
}

static void
give_back(size_t i)
{
	polite_give_back(world.turn[i]);
	world.turn[i] = NULL;
}

static int
setup(void **state)
{
	(void)state;
	clock_init();
	memset(&world, 0, sizeof(world));
	world.loop = loop_new();
	world.polite = polite_new(world.loop);
	return world.loop != NULL ? 0 : -1;
}

static int
teardown(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < TURNS; i++)
		polite_give_back(world.turn[i]);
	polite_free(world.polite);
	loop_free(world.loop);
	return 0;
}

static void
test_two_at_once(void **state)
{
	(void)state;
	take(0, "a", "192.0.2.1", NULL);
	take(1, "b", "192.0.2.1", NULL);
	take(2, "c", "192.0.2.1", NULL);
	take(3, "d", "192.0.2.1", NULL);
	take(4, "e", "192.0.2.2", NULL);
	assert_string_equal(world.log, "");
	assert_string_equal(log_after(), "abe");
	give_back(1);
	assert_string_equal(log_after(), "c");
	give_back(0);
	give_back(2);
	assert_string_equal(log_after(), "d");
}

/* Of several addresses all must have room. */
static void
test_several_addresses(void **state)
{
	(void)state;
	take(0, "a", "192.0.2.1", "2001:db8::1");
	take(1, "b", "2001:db8::1", NULL);
	take(2, "c", "192.0.2.1", "2001:db8::1");
	take(3, "d", "192.0.2.1", NULL);
	assert_string_equal(log_after(), "abd");
	give_back(1);
	assert_string_equal(log_after(), "");
	give_back(3);
	assert_string_equal(log_after(), "c");
}

/* Named twice it counts once; without an address nothing holds it. */
static void
test_odd(void **state)
{
	(void)state;
	take(0, "a", "192.0.2.1", "192.0.2.1");
	take(1, "b", "192.0.2.1", NULL);
	take(2, "c", NULL, NULL);
	assert_string_equal(log_after(), "abc");
}

/* Given back before it came, or before it was told. */
static void
test_given_back_early(void **state)
{
	(void)state;
	take(0, "a", "192.0.2.1", NULL);
	take(1, "b", "192.0.2.1", NULL);
	take(2, "c", "192.0.2.1", NULL);
	take(3, "d", "192.0.2.1", NULL);
	give_back(2);
	give_back(0);
	assert_string_equal(log_after(), "bd");
	polite_give_back(NULL);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    test_two_at_once, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    test_several_addresses, setup, teardown),
		cmocka_unit_test_setup_teardown(test_odd, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    test_given_back_early, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
