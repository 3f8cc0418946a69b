/* SPDX-License-Identifier: ISC */
/*
 * The life of a policy over time: back-off, short policies, refetches, a
 * blocked record, expiry.
 */
#include "refresh_world.h"

static void
test_back_off_grows(void **unused)
{
	static const int64_t waits[] = { 300, 600, 1200, 2400, 4800, 9600,
		19200, 21600, 21600, 21600 };
	struct world none, held;
	uint32_t chance;
	int64_t wait;
	size_t i;

	(void)unused;
	for (chance = 0; chance < 400000; chance += 9973) {
		none = world_new("a", YEAR);
		held = world_new("a", YEAR);
		none.chance = chance;
		none.is_up = false;
		assert_true(resolve(&held));
		held.is_up = false;
		held.chance = chance;
		held.now = refresh_due(&held.s);
		for (i = 0; i < COUNT(waits); i++) {
			assert_true(resolve(&none) && resolve(&held));
			wait = none.s.retry_at - none.now;
			if (wait < waits[i] || wait > waits[i] * 6 / 5 ||
			    held.s.retry_at - held.now != wait)
				fail_msg(
				    "failure %zu: %lld", i, (long long)wait);
			assert_int_equal(held.s.next_refresh, held.s.retry_at);
			assert_true(has_policy(&held));
			assert_int_equal(
			    refresh_what(&none.s, none.now), REFRESH_NEGATIVE);
			assert_false(resolve_at(&none, none.s.retry_at - 1));
			assert_false(resolve_at(&held, held.s.retry_at - 1));
			none.now++;
			held.now++;
		}
	}
}

/* Each id has its own back-off and its own growth. */
static void
test_flapping_record(void **unused)
{
	struct world w = world_new("a", YEAR);

	(void)unused;
	w.is_up = false;
	assert_true(resolve(&w));
	w.id = "b";
	assert_true(resolve_at(&w, NOW + 60));
	w.id = "a";
	assert_false(resolve_at(&w, NOW + 120));
	assert_int_equal(w.s.next_check, NOW + 180);
	assert_false(resolve_at(&w, NOW + 299));
	assert_int_equal(w.s.next_check, NOW + 300);
	assert_true(resolve_at(&w, NOW + 300));
	assert_int_equal(w.s.retry_at, NOW + 900);
	w.id = "b";
	assert_false(resolve_at(&w, NOW + 359));
	assert_true(resolve_at(&w, NOW + 360));
	assert_int_equal(w.s.failures, 2);
	w.id = "c";
	assert_true(resolve_at(&w, NOW + 361));
	assert_int_equal(w.s.failures, 1);
	w.id = "b";
	assert_false(resolve_at(&w, NOW + 959));
	w.is_up = true;
	assert_true(resolve_at(&w, NOW + 960));
	assert_true(has_policy(&w));
}

/* A held policy, a flapping record and a timer that finds a back-off. */
static void
test_flapping_held(void **unused)
{
	struct world w = world_new("a", 7 * DAY);
	int64_t last[2] = { 0, 0 };
	size_t i;

	(void)unused;
	assert_true(resolve(&w));
	w.is_up = false;
	w.now = refresh_due(&w.s);
	for (i = 0; has_policy(&w); i++) {
		w.id = i % 3 == 0 ? "a" : "b";
		if (resolve(&w)) {
			if (last[i % 3 == 0] > w.now - 300 &&
			    w.now != w.s.expires - 120)
				fail_msg("job %zu: too early", i);
			last[i % 3 == 0] = w.now;
		}
		assert_true(refresh_due(&w.s) > w.now);
		assert_string_equal(w.s.id, "a");
		w.now += 60;
	}
	if (w.gets < 30 || w.gets > 70)
		fail_msg("%u GETs", w.gets);
}

static void
test_new_id_fails(void **unused)
{
	struct world w = world_new("a", 7 * DAY);

	(void)unused;
	assert_true(resolve(&w));
	w.id = "b";
	w.is_up = false;
	assert_true(resolve_at(&w, NOW + HOUR));
	assert_string_equal(w.s.id, "a");
	assert_int_equal(w.s.expires, NOW + 7 * DAY);
	assert_int_equal(w.s.reason, STS_REASON_CONNECT);
	assert_int_equal(refresh_on_query(&w.s, w.now), REFRESH_ANSWER);
	assert_int_equal(refresh_due(&w.s), w.now + 300);
	w.id = "c";
	w.is_up = true;
	assert_true(resolve_at(&w, NOW + HOUR + 60));
	assert_string_equal(w.s.id, "c");
	assert_int_equal(w.s.expires, NOW + 7 * DAY + HOUR + 60);
	assert_int_equal(w.s.reason, STS_REASON_OK);
}

/* A query each second for a day: what it costs, and is it ever without? */
static void
test_short_policy(void **unused)
{
	static const int64_t ages[] = { 1, 2, 3, 10, 599 };
	enum refresh_query query;
	struct world w;
	unsigned int asked, waits;
	size_t i;

	(void)unused;
	for (i = 0; i < COUNT(ages); i++) {
		w = world_new("a", ages[i]);
		asked = waits = 0;
		for (; w.now < NOW + DAY; w.now++, asked++) {
			query = refresh_on_query(&w.s, w.now);
			waits += query == REFRESH_WAIT;
			if (query != REFRESH_ANSWER)
				resolve(&w);
			assert_true(has_policy(&w));
			assert_int_equal(w.s.next_refresh, 0);
			assert_int_equal(refresh_due(&w.s), w.s.expires);
			/* again in the same second */
			if (refresh_on_query(&w.s, w.now) != REFRESH_ANSWER)
				resolve(&w);
		}
		if (w.gets > 2 * asked || (ages[i] > 1 && waits != 1))
			fail_msg("age %lld: %u GETs, %u waits",
			    (long long)ages[i], w.gets, waits);
		/* from half-life on one GET does, not one a query */
		if (ages[i] == 599 && w.gets > DAY / 299 + 1)
			fail_msg("%u GETs", w.gets);
	}
}

/* 300 s and 3600 s after the new id, through `refresh_min` and failures. */
static void
test_refetch(void **unused)
{
	struct world w = world_new("a", 7 * DAY);

	(void)unused;
	assert_true(resolve(&w));
	w.id = "b";
	w.is_same_body = true;
	w.chance = UINT32_MAX;
	assert_true(resolve_at(&w, NOW + HOUR));
	assert_string_equal(w.s.id, "b");
	assert_int_equal(refresh_next(&w), NOW + HOUR + 300);
	assert_int_equal(refresh_next(&w), NOW + 2 * HOUR);
	assert_true(refresh_due(&w.s) >= w.now + DAY * 4 / 5);
	/* the first comes to nothing: again after its back-off */
	w.id = "c";
	w.chance = 0;
	assert_true(resolve_at(&w, NOW + 3 * HOUR));
	w.is_up = false;
	assert_int_equal(refresh_next(&w), NOW + 3 * HOUR + 300);
	w.is_up = true;
	assert_int_equal(refresh_next(&w), NOW + 3 * HOUR + 600);
	assert_int_equal(refresh_due(&w.s), w.now + 3300);
	/* the second finds the new body: that was it */
	w.is_same_body = false;
	assert_int_equal(refresh_next(&w), NOW + 3 * HOUR + 3900);
	w.is_same_body = true;
	assert_int_equal(refresh_due(&w.s), w.now + DAY);
	refresh_next(&w);
	assert_int_equal(refresh_due(&w.s), w.now + DAY);
	/* no record: still that id's */
	w.id = "d";
	assert_true(resolve_at(&w, w.now + HOUR));
	w.id = NULL;
	refresh_next(&w);
	assert_string_equal(w.s.id, "d");
	assert_int_equal(refresh_due(&w.s), w.now + 3300);
}

/* The record is blocked for years while the policy host answers. */
static void
test_record_blocked(void **unused)
{
	struct world w = world_new("a", 7 * DAY);

	(void)unused;
	assert_true(resolve(&w));
	w.id = NULL;
	while (w.now < NOW + 3 * YEAR) {
		refresh_next(&w);
		assert_true(has_policy(&w));
		assert_string_equal(w.s.id, "a");
		assert_int_equal(w.s.reason, STS_REASON_TXT_NONE);
		assert_int_equal(w.s.expires, w.now + 7 * DAY);
	}
	assert_in_range(w.gets, 3 * 365, 3 * 366 * 5 / 4);
	/* a failure between is not the news any more once a GET goes well */
	w.is_up = false;
	refresh_next(&w);
	assert_int_equal(w.s.reason, STS_REASON_CONNECT);
	w.is_up = true;
	refresh_next(&w);
	assert_int_equal(w.s.reason, STS_REASON_TXT_NONE);
}

static void
test_expired_refetched(void **unused)
{
	struct world w = world_new("a", DAY);

	(void)unused;
	assert_true(resolve(&w));
	w.now = w.s.expires - 1;
	assert_true(has_policy(&w));
	w.now++;
	assert_int_equal(refresh_what(&w.s, w.now), REFRESH_NOTHING);
	assert_int_equal(refresh_on_query(&w.s, w.now), REFRESH_WAIT);
	assert_true(resolve(&w));
	assert_int_equal(w.s.expires, w.now + DAY);
	/* an unchanged id never extends it */
	assert_false(resolve_at(&w, w.now + HOUR));
	assert_int_equal(w.s.expires, w.now - HOUR + DAY);
}

/* An answer that is good now is good until the moment said, and not after. */
static void
test_answer_until(void **state)
{
	static const struct refresh_state states[] = {
		{ .fetched = NOW,
		    .max_age = 864000,
		    .expires = NOW + 864000,
		    .next_refresh = NOW + 80000,
		    .checked = NOW,
		    .next_check = NOW + 300 },
		{ .fetched = NOW,
		    .max_age = 864000,
		    .expires = NOW + 100,
		    .next_refresh = NOW + 80000,
		    .checked = NOW,
		    .next_check = NOW + 300 },
		{ .fetched = NOW,
		    .max_age = 100,
		    .expires = NOW + 100,
		    .checked = NOW,
		    .next_check = NOW + 300 },
		{ .checked = NOW,
		    .next_check = NOW + 60,
		    .reason = STS_REASON_TXT_NONE },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
		int64_t until = refresh_answer_until(&states[i]);

		if (refresh_on_query(&states[i], until - 1) != REFRESH_ANSWER)
			fail_msg("row %zu: not good until then", i);
		if (refresh_on_query(&states[i], until) == REFRESH_ANSWER)
			fail_msg("row %zu: good for longer", i);
	}
}

static const struct CMUnitTest tests[] = {
	NAMED("3.3", "the back-off grows, with jitter", test_back_off_grows),
	NAMED("3.3", "per id, when the record flaps", test_flapping_record),
	NAMED("3.3", "flapping over a held policy", test_flapping_held),
	NAMED("3.3, 5.1", "a new id that fails", test_new_id_fails),
	NAMED("3.2", "short max_age", test_short_policy),
	NAMED("8.1", "new id, same body", test_refetch),
	NAMED("10.2", "the record blocked", test_record_blocked),
	NAMED("3.2", "expiry", test_expired_refetched),
	NAMED("3.3", "how long an answer is good", test_answer_until),
};

int
main(void)
{
	return cmocka_run_group_tests(tests, NULL, NULL);
}
