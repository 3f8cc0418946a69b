/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/repeat.h"

#define T0 1000

static const char event[] = "connection";

static struct repeat r;
static struct repeat_summary lost, kept;

static int
set_up(void **state)
{
	(void)state;
	memset(&r, 0, sizeof(r));
	return 0;
}

static bool
say(const char *text, int64_t now)
{
	const struct repeat_line line = { 1, event, text, strlen(text) };

	return repeat_may_write(&r, &line, now, &lost);
}

/* The first five, then one line a minute with the count. */
static void
test_same(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < REPEAT_FREE; i++)
		assert_true(say("no descriptors", T0 + i));
	for (i = 0; i < 120; i++)
		assert_false(say("no descriptors", T0 + 100 + i));
	assert_false(repeat_due(&r, T0 + REPEAT_WINDOW_MS - 1, false, &kept));
	assert_true(repeat_due(&r, T0 + REPEAT_WINDOW_MS, false, &kept));
	assert_int_equal(kept.times, 120);
	assert_int_equal(kept.level, 1);
	assert_ptr_equal(kept.event, event);
	assert_string_equal(kept.text, "no descriptors");
	assert_false(repeat_due(&r, T0 + REPEAT_WINDOW_MS, false, &kept));
	/* It goes on: another minute, another count. */
	assert_false(say("no descriptors", T0 + REPEAT_WINDOW_MS + 1));
	assert_true(repeat_due(&r, T0 + 2 * REPEAT_WINDOW_MS, false, &kept));
	assert_int_equal(kept.times, 1);
	/* A minute without any: it is news again. */
	assert_false(repeat_due(&r, T0 + 9 * REPEAT_WINDOW_MS, false, &kept));
	assert_true(say("no descriptors", T0 + 9 * REPEAT_WINDOW_MS));
}

static void
test_others(void **state)
{
	const struct repeat_line other = { 1, "cache", "a", 1 };
	int i;

	(void)state;
	for (i = 0; i < 10; i++)
		say("a", T0);
	assert_true(say("b", T0));
	assert_true(repeat_may_write(&r, &other, T0, &lost));
	assert_false(say("a", T0));
	/* At the end all is told, whatever the time. */
	assert_true(repeat_due(&r, T0, true, &kept));
	assert_int_equal(kept.times, 6);
	assert_false(repeat_due(&r, T0, true, &kept));
}

/* Many different ones: the oldest makes room, and its count is told. */
static void
test_bounded(void **state)
{
	char text[32];
	int i;

	(void)state;
	for (i = 0; i < 7; i++)
		say("first", T0);
	for (i = 1; i < REPEAT_SLOTS; i++) {
		snprintf(text, sizeof(text), "line %d", i);
		assert_true(say(text, T0 + i));
		assert_int_equal(lost.times, 0);
	}
	assert_true(say("one more", T0 + 100));
	assert_int_equal(lost.times, 2);
	assert_string_equal(lost.text, "first");
	/* So it is new, and the next oldest had nothing to tell. */
	assert_true(say("first", T0 + 101));
	assert_int_equal(lost.times, 0);
	for (i = 0; i < 100000; i++) {
		snprintf(text, sizeof(text), "flood %d", i);
		if (!say(text, T0 + 200 + i))
			fail_msg("row %d", i);
	}
}

static void
test_long_text(void **state)
{
	char a[1000], b[1000];
	int i;

	(void)state;
	memset(a, 'x', sizeof(a) - 1);
	a[sizeof(a) - 1] = '\0';
	memcpy(b, a, sizeof(b));
	b[sizeof(b) - 2] = 'y';
	for (i = 0; i < 6; i++)
		say(a, T0);
	/* Told apart by what is not kept, too. */
	assert_true(say(b, T0));
	assert_true(repeat_due(&r, T0, true, &kept));
	assert_int_equal(strlen(kept.text), REPEAT_TEXT_BYTES - 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_same, set_up),
		cmocka_unit_test_setup(test_others, set_up),
		cmocka_unit_test_setup(test_bounded, set_up),
		cmocka_unit_test_setup(test_long_text, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
