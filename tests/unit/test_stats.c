/* SPDX-License-Identifier: ISC */
/* Counters with a memory: rings, histograms, what is slow, what fails. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "daemon/stats.h"

static int64_t now = 1800000000;

int64_t
clock_now(void)
{
	return now;
}

static int
set_up(void **state)
{
	*state = stats_new();
	return 0;
}

static int
tear_down(void **state)
{
	stats_free(*state);
	return 0;
}

/* Labels are what makes a metric: no two answers share theirs. */
static void
test_answers_have_labels(void **state)
{
	unsigned int i, j;

	(void)state;
	for (i = 0; i < STATS_ANSWERS; i++) {
		assert_true((strcmp(stats_answer_outcome(i), "ok") == 0) ==
		    (i == STATS_OK || i == STATS_DANE));
		for (j = 0; j < i; j++)
			if (strcmp(stats_answer_outcome(i),
				stats_answer_outcome(j)) == 0 &&
			    strcmp(stats_answer_reason(i),
				stats_answer_reason(j)) == 0)
				fail_msg("%u and %u", i, j);
	}
	assert_string_equal(
	    stats_answer_outcome(STATS_REASON + STS_REASON_NO_SERVER), "temp");
	assert_string_equal(
	    stats_answer_reason(STATS_REASON + STS_REASON_NO_SERVER),
	    "no-name-server");
	assert_string_equal(
	    stats_answer_outcome(STATS_REASON + STS_REASON_DEADLINE),
	    "notfound");
}

static void
test_histogram(void **state)
{
	static const struct {
		int64_t value;
		size_t bucket;
	} rows[] = {
		{ 0, 0 },
		{ 5, 0 },
		{ 6, 1 },
		{ 10, 1 },
		{ 10000, STATS_BOUNDS - 1 },
		{ 10001, STATS_BOUNDS },
		{ 1000000, STATS_BOUNDS },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct stats_histogram h = { 0 };

		stats_measure(&h, stats_waited_ms, rows[i].value);
		if (h.bucket[rows[i].bucket] != 1 || h.count != 1 ||
		    h.sum != (uint64_t)rows[i].value)
			fail_msg("row %zu", i);
	}
	for (i = 1; i < STATS_BOUNDS; i++) {
		assert_true(stats_waited_ms[i] > stats_waited_ms[i - 1]);
		assert_true(stats_cached_ns[i] > stats_cached_ns[i - 1]);
	}
}

static void
test_errors(void **state)
{
	const struct log_field field[] = {
		{ "domain", "a.test" },
		{ "mode", "enforce" },
		{ "id", NULL },
		{ "reason", "tls-name" },
		{ "detail",
		    "b\xe4"
		    "d" },
	};
	struct log_line line = { .level = LOG_LEVEL_WARNING,
		.event = "refresh-failed",
		.field = field,
		.field_count = 5 };
	struct stats *s = *state;
	struct stats_error *e = &s->error[0];
	char message[2000];
	int i;

	stats_on_log(&line, s);
	assert_int_equal(s->errors, 1);
	assert_int_equal(e->time, now);
	assert_string_equal(e->event, "refresh-failed");
	assert_string_equal(e->domain, "a.test");
	assert_string_equal(e->reason, "tls-name");
	assert_string_equal(e->text, "mode=enforce detail=b\\xe4d");
	line.level = LOG_LEVEL_INFO;
	stats_on_log(&line, s);
	assert_int_equal(s->errors, 1);
	memset(message, '\n', sizeof(message) - 1);
	message[sizeof(message) - 1] = '\0';
	line = (struct log_line){
		.level = LOG_LEVEL_ERROR, .event = "x", .message = message
	};
	for (i = 0; i < STATS_LAST; i++)
		stats_on_log(&line, s);
	assert_int_equal(s->errors, 1 + STATS_LAST);
	/* The oldest made room; what is too long is cut between bytes. */
	assert_string_equal(e->event, "x");
	assert_int_equal(strlen(e->text) % 4, 0);
	assert_true(strlen(e->text) > STATS_TEXT_BYTES - 8);
}

static void
add_slow(struct stats *s, int64_t ms)
{
	struct stats_slow slow = { .time = now,
		.ms = ms,
		.outcome = "fetch",
		.reason = "ok",
		.domain = "a.test" };

	stats_add_slow(s, &slow);
}

static bool
has_slow(const struct stats *s, int64_t ms)
{
	size_t i;

	for (i = 0; i < STATS_LAST; i++)
		if (s->slow[i].time != 0 && s->slow[i].ms == ms)
			return true;
	return false;
}

static void
test_slowest(void **state)
{
	struct stats *s = *state;
	int64_t ms;

	for (ms = 0; ms < 100; ms++)
		add_slow(s, ms * 37 % 100);
	for (ms = 0; ms < 100; ms++)
		if (has_slow(s, ms) != (ms >= 100 - STATS_LAST))
			fail_msg("%d ms", (int)ms);
	/* After a while anything is slower than what was. */
	now += STATS_SLOW_S;
	add_slow(s, 1);
	assert_true(has_slow(s, 1));
	assert_false(has_slow(s, 99));
}

static void
test_fetches(void **state)
{
	struct stats *s = *state;
	int i;

	for (i = 0; i <= STATS_LAST; i++)
		stats_add_fetch(s, i == STATS_LAST ? "b.test" : "a.test",
		    STS_REASON_REDIRECT, "to \x7f");
	assert_int_equal(s->fetched[STS_REASON_REDIRECT], STATS_LAST + 1);
	assert_string_equal(s->fetch[0].domain, "b.test");
	assert_string_equal(s->fetch[1].domain, "a.test");
	assert_string_equal(s->fetch[0].detail, "to \\x7f");
}

static void
add_failing(struct stats *s, int n, int64_t expires)
{
	struct stats_failing failing = { .fetched = now, .expires = expires };

	snprintf(failing.domain, sizeof(failing.domain), "d%d.test", n);
	stats_failing_add(s, &failing);
}

static void
test_failing(void **state)
{
	struct stats *s = *state;
	size_t j;
	int i;

	for (i = 0; i < STATS_FAILING; i++)
		add_failing(s, i, now + 1000 + i);
	add_failing(s, 7, now + 5);
	assert_int_equal(s->failing_count, STATS_FAILING);
	stats_failing_remove(s, "d3.test");
	stats_failing_remove(s, "d3.test");
	stats_failing_remove(s, "never.test");
	assert_int_equal(s->failing_count, STATS_FAILING - 1);
	add_failing(s, 3, now + 1003);
	/* Full: the one with most time left makes room, if need be. */
	add_failing(s, 1000, now + 2);
	add_failing(s, 1001, now + 100000);
	assert_int_equal(s->failing_count, STATS_FAILING);
	for (j = 0; j < s->failing_count; j++) {
		assert_string_not_equal(s->failing[j].domain, "d255.test");
		assert_string_not_equal(s->failing[j].domain, "d1001.test");
	}
	stats_failing_remove(s, "d1000.test");
	assert_int_equal(s->failing_count, STATS_FAILING - 1);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_answers_have_labels),
		TEST(test_histogram),
		TEST(test_errors),
		TEST(test_slowest),
		TEST(test_fetches),
		TEST(test_failing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
