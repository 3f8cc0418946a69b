/* SPDX-License-Identifier: ISC */
/*
 * A back-off that would outlive the policy allows one try more before it
 * expires: one for each policy.
 */
#include "refresh_world.h"

static const struct {
	int64_t max_age, fetch_timeout, lead;
} last_tries[] = {
	{ DAY, 60, 120 },
	{ 7 * DAY, 60, 120 },
	{ 600, 60, 120 },
	{ 600, 600, 150 }, /* its moment is the first try's: halfway */
	{ 2000, 1200, 50 }, /* it has passed: halfway */
	{ DAY, 600, 1200 },
	{ YEAR, 1, 2 },
};

/* Refreshes fail from the first on: one try more at the end, then none. */
static void
test_last_try(void **unused)
{
	int64_t at, before = 0;
	struct world w;
	unsigned int extra;
	size_t i;

	(void)unused;
	for (i = 0; i < COUNT(last_tries); i++) {
		w = world_new("a", last_tries[i].max_age);
		w.set.fetch_timeout = last_tries[i].fetch_timeout;
		assert_true(resolve(&w));
		w.is_up = false;
		at = w.s.expires - last_tries[i].lead;
		for (extra = 0; refresh_due(&w.s) < w.s.expires;) {
			if (w.s.is_last_try_used && refresh_due(&w.s) == at)
				extra++;
			else if (refresh_due(&w.s) - before < 300)
				fail_msg("row %zu: tried too early", i);
			before = refresh_next(&w);
		}
		before = 0;
		if (extra != 1)
			fail_msg("row %zu: %u at the end", i, extra);
		assert_int_equal(refresh_due(&w.s), w.s.expires);
		w.now = w.s.expires;
		assert_int_equal(
		    refresh_on_timer(&w.s, w.now), REFRESH_TIMER_EXPIRED);
		assert_int_equal(refresh_on_query(&w.s, w.now), REFRESH_WAIT);
	}
}

/* First failure closer to the end than that: halfway, once. */
static void
test_last_try_late(void **unused)
{
	struct world w = world_new("a", DAY);

	(void)unused;
	assert_true(resolve(&w));
	w.is_up = false;
	assert_true(resolve_at(&w, w.s.expires - 100));
	assert_int_equal(refresh_next(&w), w.s.expires - 50);
	assert_int_equal(refresh_due(&w.s), w.s.expires);
	assert_false(resolve_at(&w, w.s.expires - 1));
	/* the back-off outlives it: negative, then a new try */
	assert_false(resolve_at(&w, w.s.expires));
	assert_int_equal(refresh_what(&w.s, w.now), REFRESH_NEGATIVE);
	assert_int_equal(w.s.reason, STS_REASON_CONNECT);
	w.is_up = true;
	assert_true(resolve_at(&w, w.s.retry_at));
	assert_int_equal(w.s.expires, w.now + DAY);
	assert_false(w.s.is_last_try_used);
}

/* A new id that fails early in a short life: at its half-life. */
static void
test_last_try_half_life(void **unused)
{
	struct world w = world_new("a", 200);

	(void)unused;
	assert_true(resolve(&w));
	w.id = "b";
	w.is_up = false;
	assert_true(resolve_at(&w, NOW + 10));
	assert_int_equal(w.s.retry_at, NOW + 100);
	assert_int_equal(w.s.next_check, NOW + 70);
	assert_false(resolve_at(&w, NOW + 99));
	assert_int_equal(
	    refresh_on_query(&w.s, NOW + 100), REFRESH_ANSWER_FETCH);
	w.is_up = true;
	assert_true(resolve_at(&w, NOW + 100));
	assert_string_equal(w.s.id, "b");
}

/* Another id that fails before the last try neither takes nor doubles it. */
static void
test_last_try_two_ids(void **unused)
{
	struct world w = world_new("a", DAY);
	int64_t at;

	(void)unused;
	assert_true(resolve(&w));
	w.is_up = false;
	at = w.s.expires - 120;
	w.now = w.s.expires - 290;
	assert_true(resolve(&w));
	w.id = "b";
	assert_true(resolve_at(&w, w.s.expires - 200));
	assert_int_equal(refresh_due(&w.s), at);
	assert_int_equal(refresh_next(&w), at);
	w.id = "a";
	assert_false(resolve_at(&w, at + 1));
	assert_false(resolve_at(&w, w.s.expires - 1));
	assert_true(has_policy(&w));
	/* a newer id is still tried at once */
	w.id = "c";
	assert_true(resolve(&w));
	assert_true(has_policy(&w));
}

static const struct CMUnitTest tests[] = {
	NAMED("3.3", "one try more before expiry", test_last_try),
	NAMED("3.3", "one try more, late", test_last_try_late),
	NAMED("3.3", "one try more, half-life", test_last_try_half_life),
	NAMED("3.3", "one try more, two ids", test_last_try_two_ids),
};

int
main(void)
{
	return cmocka_run_group_tests(tests, NULL, NULL);
}
