/* SPDX-License-Identifier: ISC */
/* What an administrator does to the life of a policy. */
#include "refresh_world.h"

/* A refresh by hand is made in spite of every back-off. */
static void
test_force_fetches(void **state)
{
	static const struct {
		const char *id; /* of the record at the refresh; NULL: none */
		int64_t max_age; /* 0: no policy is held */
		int failures; /* before it */
	} tests[] = {
		{ "1", 7 * DAY, 0 },
		{ "1", 7 * DAY, 3 },
		{ "2", 7 * DAY, 3 },
		{ NULL, 7 * DAY, 0 },
		{ NULL, 7 * DAY, 2 },
		{ "1", 4 * MINUTE, 0 }, /* no timer */
		{ "1", 4 * MINUTE, 1 },
		{ "1", 0, 1 },
		{ "1", 0, 4 },
	};
	size_t i;
	int n;

	(void)state;
	for (i = 0; i < COUNT(tests); i++) {
		struct world w = world_new("1", 7 * DAY);

		if (tests[i].max_age != 0) {
			w.max_age = (uint32_t)tests[i].max_age;
			resolve(&w);
		}
		w.is_up = false;
		for (n = 0; n < tests[i].failures; n++) {
			w.now += 1;
			refresh_force(&w.s, w.now);
			if (!resolve(&w))
				fail_msg("test %zu: failure %d", i, n);
		}
		if (w.s.failures != (uint32_t)tests[i].failures)
			fail_msg("test %zu: %u failures", i, w.s.failures);
		w.now += 1;
		w.is_up = true;
		w.id = tests[i].id;
		refresh_force(&w.s, w.now);
		if (!resolve(&w) || w.s.fetched != w.now || w.s.failures != 0)
			fail_msg("test %zu: no fetch", i);
	}
}

/* It changes nothing about what is answered meanwhile. */
static void
test_force_keeps_the_answer(void **state)
{
	struct world w = world_new("1", 7 * DAY);

	(void)state;
	resolve(&w);
	w.now += 10;
	refresh_force(&w.s, w.now);
	assert_int_equal(refresh_what(&w.s, w.now), REFRESH_POLICY);
	assert_int_equal(refresh_on_query(&w.s, w.now), REFRESH_ANSWER);
	assert_int_equal(w.s.expires, NOW + 7 * DAY);
}

/* Those of a daily refresh: up to a fifth of the day. */
#define TIMES (DAY / 5 + 1)

static uint32_t
no_jitter(int64_t latest)
{
	return (uint32_t)(TIMES - latest % TIMES);
}

static void
test_import(void **state)
{
	static const struct {
		int64_t age, max_age, expires_in, checked;
		int64_t expires, next_refresh, next_check; /* from NOW */
	} tests[] = {
		/* A chance that means no jitter, the first second. */
		{ HOUR, 7 * DAY, 7 * DAY - HOUR, NOW - 60, 7 * DAY - HOUR,
		    DAY - HOUR, -60 },
		{ HOUR, 7 * DAY, 7 * DAY - HOUR, 0, 7 * DAY - HOUR, 1, 1 },
		/* overdue: the background spreads those */
		{ 3 * DAY, 7 * DAY, 4 * DAY, NOW - 60, 4 * DAY, -2 * DAY, -60 },
		/* cut down, never longer than max_age */
		{ HOUR, 7 * DAY, DAY, NOW - 60, DAY, DAY - HOUR, -60 },
		{ HOUR, 7 * DAY, 70 * DAY, NOW - 60, 7 * DAY - HOUR, DAY - HOUR,
		    -60 },
		/* no timer */
		{ 60, 300, 240, 0, 240, -NOW, 1 },
	};
	const struct refresh_settings set = SETTINGS;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(tests); i++) {
		struct refresh_state s = { .fetched = NOW - tests[i].age,
			.max_age = tests[i].max_age,
			.expires = NOW + tests[i].expires_in,
			.checked = tests[i].checked };
		int64_t latest = s.fetched + DAY;

		refresh_import(
		    &s, &set, NOW, s.checked != 0 ? no_jitter(latest) : 0);
		if (s.expires != NOW + tests[i].expires ||
		    s.next_refresh != NOW + tests[i].next_refresh ||
		    s.next_check != NOW + tests[i].next_check)
			fail_msg("test %zu: %lld %lld %lld", i,
			    (long long)(s.expires - NOW),
			    (long long)(s.next_refresh - NOW),
			    (long long)(s.next_check - NOW));
	}
}

/* Nothing known of the check: due before half of what is left is over. */
static void
test_import_spreads(void **state)
{
	const struct refresh_settings set = SETTINGS;
	int64_t least = INT64_MAX, most = 0;
	uint32_t chance;

	(void)state;
	for (chance = 0; chance < 100000; chance += 7) {
		struct refresh_state s = { .fetched = NOW - 6 * DAY,
			.max_age = 7 * DAY,
			.expires = NOW + DAY };

		refresh_import(&s, &set, NOW, chance);
		assert_int_equal(s.next_refresh, s.next_check);
		assert_int_equal(refresh_due(&s), s.next_refresh);
		assert_in_range(s.next_check, NOW + 1, NOW + DAY / 2);
		least = s.next_check < least ? s.next_check : least;
		most = s.next_check > most ? s.next_check : most;
	}
	assert_true(most - least > 11 * HOUR);
}

/* Whatever their ages, the same chance brings them to the same few times. */
static void
test_import_together(void **state)
{
	const struct refresh_settings set = SETTINGS;
	int64_t age, least, most, jitter;
	uint32_t chance;

	(void)state;
	for (age = 0; age < DAY; age += 7201) {
		least = DAY;
		most = 0;
		for (chance = 0; chance < TIMES; chance++) {
			struct refresh_state s = { .fetched = NOW - age,
				.checked = NOW - age,
				.max_age = 7 * DAY,
				.expires = NOW + 6 * DAY };

			refresh_import(&s, &set, NOW, chance);
			assert_int_equal((s.next_refresh + chance) % TIMES, 0);
			jitter = s.fetched + DAY - s.next_refresh;
			least = jitter < least ? jitter : least;
			most = jitter > most ? jitter : most;
		}
		assert_int_equal(least, 0);
		assert_int_equal(most, DAY / 5);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_force_fetches),
		cmocka_unit_test(test_force_keeps_the_answer),
		cmocka_unit_test(test_import),
		cmocka_unit_test(test_import_spreads),
		cmocka_unit_test(test_import_together),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
