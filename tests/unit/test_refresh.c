/* SPDX-License-Identifier: ISC */
/*
 * The life of a policy: each table below is a row of events over the states.
 * What happens over time is in test_refresh_time.c.
 */
#include "refresh_test.h"

static const struct refresh_settings set = SETTINGS;

/* A policy with id "a", fetched so long ago; timer: from now, 0: none. */
#define POLICY(ago, age, timer)                                      \
	.id = "a", .mode = STS_MODE_ENFORCE, .fetched = NOW - (ago), \
	.max_age = (age), .expires = NOW - (ago) + (age),            \
	.next_refresh = (timer) != 0 ? NOW + (timer) : 0
#define CHECK(ago, in) .checked = NOW - (ago), .next_check = NOW + (in)
#define FAILED(of, ago, in)                                                \
	.failed_id = of, .failed_at = NOW - (ago), .retry_at = NOW + (in), \
	.failures = 1, .reason = STS_REASON_CONNECT

#define NOTHING  .fetched = 0
#define WEEK     POLICY(HOUR, 7 * DAY, 20 * HOUR)
#define WEEK_DUE POLICY(DAY, 7 * DAY, -1)
#define EXPIRED  POLICY(8 * DAY, 7 * DAY, -7 * DAY)

static const struct {
	struct refresh_state state;
	enum refresh_what what;
	enum refresh_query query;
} queries[] = {
	/* 0: nothing usable: always resolve and wait */
	{ { NOTHING }, REFRESH_NOTHING, REFRESH_WAIT },
	{ { EXPIRED, CHECK(60, 60) }, REFRESH_NOTHING, REFRESH_WAIT },
	{ { EXPIRED, CHECK(60, -1) }, REFRESH_NOTHING, REFRESH_WAIT },
	{ { POLICY(60, 60, 0), CHECK(1, 60) }, REFRESH_NOTHING, REFRESH_WAIT },
	/* 4: a policy, the check not due; overdue by less; by more */
	{ { WEEK, CHECK(60, 1) }, REFRESH_POLICY, REFRESH_ANSWER },
	{ { WEEK, CHECK(60, 0) }, REFRESH_POLICY, REFRESH_ANSWER_CHECK },
	{ { WEEK, CHECK(120, -59) }, REFRESH_POLICY, REFRESH_ANSWER_CHECK },
	{ { WEEK, CHECK(120, -60) }, REFRESH_POLICY, REFRESH_WAIT_BRIEFLY },
	{ { WEEK, CHECK(DAY, -599) }, REFRESH_POLICY, REFRESH_ANSWER_CHECK },
	{ { WEEK, CHECK(DAY, -600) }, REFRESH_POLICY, REFRESH_WAIT_BRIEFLY },
	/* 10: the timer's work is not the query's */
	{ { WEEK_DUE, CHECK(60, 1) }, REFRESH_POLICY, REFRESH_ANSWER },
	/* 11: no timer: the second half of its life begins at max_age/2 */
	{ { POLICY(149, 300, 0), CHECK(60, 1) }, REFRESH_POLICY,
	    REFRESH_ANSWER },
	{ { POLICY(150, 300, 0), CHECK(60, 1) }, REFRESH_POLICY,
	    REFRESH_ANSWER_FETCH },
	{ { POLICY(150, 300, 0), CHECK(60, -1) }, REFRESH_POLICY,
	    REFRESH_ANSWER_FETCH },
	{ { POLICY(150, 300, 0), CHECK(120, -60) }, REFRESH_POLICY,
	    REFRESH_WAIT_BRIEFLY },
	{ { POLICY(0, 1, 0), CHECK(0, 60) }, REFRESH_POLICY,
	    REFRESH_ANSWER_FETCH },
	{ { POLICY(0, 3, 0), CHECK(0, 60) }, REFRESH_POLICY, REFRESH_ANSWER },
	{ { POLICY(1, 3, 0), CHECK(1, 60) }, REFRESH_POLICY,
	    REFRESH_ANSWER_FETCH },
	/* 18: unless the domain's back-off runs (3.3), whatever its id */
	{ { POLICY(200, 300, 0), CHECK(60, 1), FAILED("a", 9, 1) },
	    REFRESH_POLICY, REFRESH_ANSWER },
	{ { POLICY(200, 300, 0), CHECK(60, 0), FAILED("b", 9, 1) },
	    REFRESH_POLICY, REFRESH_ANSWER_CHECK },
	{ { POLICY(200, 300, 0), CHECK(60, 1), FAILED("a", 300, 0) },
	    REFRESH_POLICY, REFRESH_ANSWER_FETCH },
	/* 21: negative */
	{ { CHECK(60, 1) }, REFRESH_NEGATIVE, REFRESH_ANSWER },
	{ { CHECK(60, 0) }, REFRESH_NEGATIVE, REFRESH_ANSWER_CHECK },
	{ { CHECK(120, -59) }, REFRESH_NEGATIVE, REFRESH_ANSWER_CHECK },
	{ { CHECK(120, -60) }, REFRESH_NEGATIVE, REFRESH_WAIT },
	{ { CHECK(HOUR, -599) }, REFRESH_NEGATIVE, REFRESH_ANSWER_CHECK },
	{ { CHECK(2 * HOUR, -600) }, REFRESH_NEGATIVE, REFRESH_WAIT },
	/* 27: an interval never counts as less than 1 s */
	{ { WEEK, CHECK(0, 0) }, REFRESH_POLICY, REFRESH_ANSWER_CHECK },
	{ { WEEK, CHECK(1, -1) }, REFRESH_POLICY, REFRESH_WAIT_BRIEFLY },
};

static void
test_query(void **unused)
{
	const enum sts_mode modes[] = { STS_MODE_NONE, STS_MODE_TESTING,
		STS_MODE_ENFORCE };
	struct refresh_state s;
	size_t i, m;

	(void)unused;
	for (i = 0; i < COUNT(queries); i++) {
		for (m = 0; m < COUNT(modes); m++) {
			s = queries[i].state;
			s.mode = modes[m];
			if (refresh_what(&s, NOW) != queries[i].what ||
			    refresh_on_query(&s, NOW) != queries[i].query)
				fail_msg("row %zu mode %zu: %d %d", i, m,
				    refresh_what(&s, NOW),
				    refresh_on_query(&s, NOW));
		}
	}
}

static const struct {
	struct refresh_state state;
	int64_t due; /* from now; INT64_MIN: none */
	enum refresh_timer timer;
} timers[] = {
	{ { NOTHING }, INT64_MIN, REFRESH_TIMER_NONE },
	{ { CHECK(60, -60) }, INT64_MIN, REFRESH_TIMER_NONE },
	{ { WEEK }, 20 * HOUR, REFRESH_TIMER_NONE },
	{ { POLICY(HOUR, DAY, 1) }, 1, REFRESH_TIMER_NONE },
	{ { WEEK_DUE }, -1, REFRESH_TIMER_FETCH },
	/* 5: no timer: only expiry */
	{ { POLICY(299, 300, 0) }, 1, REFRESH_TIMER_NONE },
	{ { POLICY(300, 300, 0) }, 0, REFRESH_TIMER_EXPIRED },
	/* 7: a back-off that outlives the policy */
	{ { POLICY(DAY - 60, DAY, 60) }, 60, REFRESH_TIMER_NONE },
	{ { POLICY(DAY - 60, DAY, 61) }, 60, REFRESH_TIMER_NONE },
	{ { POLICY(DAY, DAY, 1) }, 0, REFRESH_TIMER_EXPIRED },
	/* 10: a refresh slept through: expired all the same, told once */
	{ { EXPIRED }, -7 * DAY, REFRESH_TIMER_EXPIRED },
	{ { EXPIRED, .is_expiry_told = true }, 6 * DAY, REFRESH_TIMER_NONE },
	{ { POLICY(DAY, DAY, 0), .is_expiry_told = true }, 7 * DAY,
	    REFRESH_TIMER_NONE },
	{ { POLICY(8 * DAY - 1, DAY, 0), .is_expiry_told = true }, 1,
	    REFRESH_TIMER_NONE },
	{ { POLICY(8 * DAY, DAY, 0), .is_expiry_told = true }, 0,
	    REFRESH_TIMER_REMOVE },
	{ { POLICY(99 * DAY, DAY, -98 * DAY), .is_expiry_told = true },
	    -91 * DAY, REFRESH_TIMER_REMOVE },
};

static void
test_timer(void **unused)
{
	struct refresh_state s;
	int64_t due;
	size_t i;
	int mode;

	(void)unused;
	for (i = 0; i < COUNT(timers); i++) {
		due = timers[i].due == INT64_MIN ? 0 : NOW + timers[i].due;
		for (mode = STS_MODE_NONE; mode <= STS_MODE_ENFORCE; mode++) {
			s = timers[i].state;
			s.mode = (enum sts_mode)mode;
			if (refresh_due(&s) != due ||
			    refresh_on_timer(&s, NOW) != timers[i].timer)
				fail_msg("row %zu mode %d: due %+lld, %d", i,
				    mode, (long long)(refresh_due(&s) - NOW),
				    refresh_on_timer(&s, NOW));
		}
	}
}

#define OK      STS_REASON_OK
#define NO_TXT  STS_REASON_TXT_NONE
#define SEVERAL STS_REASON_TXT_MULTIPLE
#define BAD_TXT STS_REASON_TXT_INVALID
#define LOOKUP  STS_REASON_TXT_LOOKUP
#define REFUSED STS_REASON_CONNECT

static const struct {
	struct refresh_state state;
	struct refresh_txt txt;
	enum refresh_step step;
	enum sts_reason reason; /* after it */
	int64_t check; /* from now; -1: 30 to 60 s */
} records[] = {
	/* 0: one valid record: the TTL, between txt_check_min and _max */
	{ { NOTHING }, { OK, "a", 300 }, REFRESH_FETCH, OK, 300 },
	{ { NOTHING }, { OK, "a", 0 }, REFRESH_FETCH, OK, MINUTE },
	{ { NOTHING }, { OK, "a", INT32_MAX }, REFRESH_FETCH, OK, DAY },
	{ { EXPIRED }, { OK, "a", 300 }, REFRESH_FETCH, OK, 300 },
	{ { EXPIRED }, { OK, "b", 300 }, REFRESH_FETCH, OK, 300 },
	{ { CHECK(60, 0) }, { OK, "a", 300 }, REFRESH_FETCH, OK, 300 },
	/* 6: the same id: only when a refresh is due */
	{ { WEEK }, { OK, "a", 300 }, REFRESH_KEEP, OK, 300 },
	{ { WEEK, .reason = NO_TXT }, { OK, "a", 9 }, REFRESH_KEEP, OK, 60 },
	{ { WEEK_DUE }, { OK, "a", 300 }, REFRESH_FETCH, OK, 300 },
	{ { POLICY(149, 300, 0) }, { OK, "a", 300 }, REFRESH_KEEP, OK, 300 },
	{ { POLICY(150, 300, 0) }, { OK, "a", 300 }, REFRESH_FETCH, OK, 300 },
	/* 11: a new id: at once. Ids are compared whole, with case */
	{ { WEEK }, { OK, "b", 300 }, REFRESH_FETCH, OK, 300 },
	{ { WEEK }, { OK, "A", 300 }, REFRESH_FETCH, OK, 300 },
	{ { WEEK }, { OK, "aa", 300 }, REFRESH_FETCH, OK, 300 },
	/* 14: the back-off of this id; another id is not stopped by it */
	{ { FAILED("a", 9, 200), CHECK(9, 0) }, { OK, "a", 300 }, REFRESH_NONE,
	    REFUSED, 200 },
	{ { FAILED("a", 9, 200), CHECK(9, 0) }, { OK, "a", 90 }, REFRESH_NONE,
	    REFUSED, 90 },
	{ { FAILED("a", 9, 200), CHECK(9, 0) }, { OK, "b", 90 }, REFRESH_FETCH,
	    REFUSED, 90 },
	{ { FAILED("a", 300, 0), CHECK(9, 0) }, { OK, "a", 90 }, REFRESH_FETCH,
	    REFUSED, 90 },
	{ { EXPIRED, FAILED("a", 9, 200) }, { OK, "a", 300 }, REFRESH_NONE,
	    REFUSED, 200 },
	{ { WEEK, FAILED("b", 9, 200) }, { OK, "b", 300 }, REFRESH_KEEP,
	    REFUSED, 200 },
	{ { WEEK, FAILED("b", 9, 200) }, { OK, "c", 300 }, REFRESH_FETCH,
	    REFUSED, 300 },
	{ { WEEK, FAILED("b", 9, 200) }, { OK, "a", 300 }, REFRESH_KEEP,
	    REFUSED, 300 },
	{ { WEEK_DUE, FAILED("b", 9, 200) }, { OK, "a", 300 }, REFRESH_FETCH,
	    REFUSED, 300 },
	{ { WEEK_DUE, FAILED("a", 9, 200) }, { OK, "a", 300 }, REFRESH_KEEP,
	    REFUSED, 200 },
	/* 24: none, several, malformed: the negative time */
	{ { NOTHING }, { NO_TXT, NULL, 300 }, REFRESH_NONE, NO_TXT, 300 },
	{ { NOTHING }, { SEVERAL, NULL, -1 }, REFRESH_NONE, SEVERAL, MINUTE },
	{ { NOTHING }, { BAD_TXT, NULL, DAY }, REFRESH_NONE, BAD_TXT, HOUR },
	{ { EXPIRED }, { NO_TXT, NULL, 300 }, REFRESH_NONE, NO_TXT, 300 },
	{ { CHECK(60, 0), .reason = LOOKUP }, { NO_TXT, NULL, 300 },
	    REFRESH_NONE, NO_TXT, 300 },
	{ { WEEK }, { NO_TXT, NULL, DAY }, REFRESH_KEEP, NO_TXT, HOUR },
	{ { WEEK }, { SEVERAL, NULL, 0 }, REFRESH_KEEP, SEVERAL, MINUTE },
	{ { WEEK, .txt_failures = 6 }, { BAD_TXT, NULL, 300 }, REFRESH_KEEP,
	    BAD_TXT, 300 },
	/* 32: 10.2, whatever TXT gave */
	{ { WEEK_DUE }, { NO_TXT, NULL, 300 }, REFRESH_FETCH, NO_TXT, 300 },
	{ { WEEK_DUE }, { SEVERAL, NULL, 300 }, REFRESH_FETCH, SEVERAL, 300 },
	{ { WEEK_DUE }, { BAD_TXT, NULL, 300 }, REFRESH_FETCH, BAD_TXT, 300 },
	{ { WEEK_DUE }, { LOOKUP, NULL, -1 }, REFRESH_FETCH, LOOKUP, MINUTE },
	{ { POLICY(150, 300, 0) }, { NO_TXT, NULL, 300 }, REFRESH_FETCH, NO_TXT,
	    300 },
	/* 37: without an id the domain's back-off counts */
	{ { POLICY(150, 300, 0), FAILED("b", 9, 99) }, { NO_TXT, NULL, 300 },
	    REFRESH_KEEP, REFUSED, 300 },
	{ { POLICY(150, 300, 0), FAILED("b", 300, 0) }, { NO_TXT, NULL, 300 },
	    REFRESH_FETCH, NO_TXT, 300 },
	{ { WEEK, FAILED("b", 9, 99) }, { LOOKUP, NULL, -1 }, REFRESH_KEEP,
	    REFUSED, MINUTE },
	/* 40: a failed look-up: 1 min doubled to 1 h; short without a policy */
	{ { WEEK }, { LOOKUP, NULL, 9999 }, REFRESH_KEEP, LOOKUP, MINUTE },
	{ { WEEK, .txt_failures = 1 }, { LOOKUP, NULL, -1 }, REFRESH_KEEP,
	    LOOKUP, 2 * MINUTE },
	{ { WEEK, .txt_failures = 5 }, { LOOKUP, NULL, -1 }, REFRESH_KEEP,
	    LOOKUP, 32 * MINUTE },
	{ { WEEK, .txt_failures = 6 }, { LOOKUP, NULL, -1 }, REFRESH_KEEP,
	    LOOKUP, HOUR },
	{ { WEEK, .txt_failures = UINT32_MAX - 1 }, { LOOKUP, NULL, -1 },
	    REFRESH_KEEP, LOOKUP, HOUR },
	{ { WEEK, .txt_failures = 6 }, { OK, "a", 300 }, REFRESH_KEEP, OK,
	    300 },
	{ { NOTHING }, { LOOKUP, NULL, -1 }, REFRESH_NONE, LOOKUP, -1 },
	{ { EXPIRED }, { LOOKUP, NULL, 9999 }, REFRESH_NONE, LOOKUP, -1 },
	{ { CHECK(60, 0), .reason = NO_TXT, .txt_failures = 6 },
	    { LOOKUP, NULL, -1 }, REFRESH_NONE, NO_TXT, -1 },
	/* 49: our own fault keeps the policy, too */
	{ { WEEK }, { STS_REASON_NO_SERVER, NULL, -1 }, REFRESH_KEEP,
	    STS_REASON_NO_SERVER, MINUTE },
};

static void
check_record(size_t i, uint32_t chance)
{
	bool had_policy =
	    refresh_what(&records[i].state, NOW) == REFRESH_POLICY;
	struct refresh_state s = records[i].state;
	enum refresh_step step =
	    refresh_on_txt(&s, &set, &records[i].txt, NOW, chance);
	int64_t check = s.next_check - NOW;
	bool is_answer = records[i].txt.reason <= BAD_TXT;

	if (step != records[i].step || s.reason != records[i].reason)
		fail_msg("row %zu: step %d reason %d", i, step, s.reason);
	if (records[i].check >= 0 ? check != records[i].check :
				    check < 30 || check > 60)
		fail_msg("row %zu: next check in %lld", i, (long long)check);
	if (s.checked != NOW || (is_answer && s.txt_failures != 0))
		fail_msg("row %zu: checked, txt_failures", i);
	if (had_policy &&
	    (refresh_what(&s, NOW) != REFRESH_POLICY ||
		strcmp(s.id, "a") != 0 ||
		s.expires != records[i].state.expires ||
		s.mode != STS_MODE_ENFORCE))
		fail_msg("row %zu: the policy does not stand", i);
	if (step == REFRESH_NONE && refresh_what(&s, NOW) != REFRESH_NEGATIVE)
		fail_msg("row %zu: not negative", i);
	if (step == REFRESH_KEEP &&
	    refresh_on_timer(&s, NOW) != REFRESH_TIMER_NONE)
		fail_msg("row %zu: the timer would spin", i);
}

static void
test_txt(void **unused)
{
	const uint32_t chances[] = { 0, 1, 30, 31, 60, 99, UINT32_MAX };
	size_t i, c;

	(void)unused;
	for (i = 0; i < COUNT(records); i++) {
		for (c = 0; c < COUNT(chances); c++)
			check_record(i, chances[c]);
	}
}

/* A timer that comes while the back-off runs, and no record: not at once. */
static void
test_timer_moves(void **unused)
{
	struct refresh_state s = { WEEK_DUE, FAILED("a", 9, 200) };
	struct refresh_txt txt = { NO_TXT, NULL, 300 };

	(void)unused;
	assert_int_equal(refresh_on_txt(&s, &set, &txt, NOW, 0), REFRESH_KEEP);
	assert_int_equal(s.next_refresh, NOW + 200);
}

static const struct {
	struct refresh_state state;
	const char *id;
	uint32_t max_age;
	bool is_same_body;
	const char *id_after;
	uint32_t refetches;
	int64_t refresh_least, refresh_most; /* from now; 0: no timer */
} fetches[] = {
	/* 0: min(refresh_interval, max_age/2), less up to a fifth */
	{ { NOTHING }, "b", 604800, false, "b", 0, DAY * 4 / 5, DAY },
	{ { EXPIRED }, "b", 604800, false, "b", 0, DAY * 4 / 5, DAY },
	{ { CHECK(60, 60) }, "b", STS_MAX_AGE_MAX_S, false, "b", 0, DAY * 4 / 5,
	    DAY },
	{ { WEEK }, "b", 86400, false, "b", 0, HOUR * 12 * 4 / 5, HOUR * 12 },
	/* 4: never under refresh_min; no timer under twice that */
	{ { NOTHING }, "b", 700, false, "b", 0, 300, 350 },
	{ { NOTHING }, "b", 600, false, "b", 0, 300, 300 },
	{ { NOTHING }, "b", 599, false, "b", 0, 0, 0 },
	{ { NOTHING }, "b", 3, false, "b", 0, 0, 0 },
	{ { NOTHING }, "b", 1, false, "b", 0, 0, 0 },
	/* 9: without a record the stored id stays */
	{ { WEEK_DUE }, NULL, 604800, true, "a", 0, DAY * 4 / 5, DAY },
	{ { WEEK_DUE }, NULL, 604800, false, "a", 0, DAY * 4 / 5, DAY },
	/* 11: 8.1, a new id over the same bytes: after 5 min, after 1 h */
	{ { WEEK }, "b", 604800, true, "b", 2, 300, 300 },
	{ { WEEK, .refetches = 2 }, "a", 604800, true, "a", 1, 3300, 3300 },
	{ { WEEK, .refetches = 2 }, NULL, 604800, true, "a", 1, 3300, 3300 },
	{ { WEEK, .refetches = 1 }, "a", 604800, true, "a", 0, DAY * 4 / 5,
	    DAY },
	{ { WEEK, .refetches = 1 }, "b", 604800, true, "b", 2, 300, 300 },
	{ { WEEK, .refetches = 2 }, "a", 604800, false, "a", 0, DAY * 4 / 5,
	    DAY },
	{ { WEEK }, "a", 604800, true, "a", 0, DAY * 4 / 5, DAY },
	{ { NOTHING }, "b", 604800, true, "b", 0, DAY * 4 / 5, DAY },
	{ { WEEK, .refetches = 2 }, "a", 2400, true, "a", 1, 960, 1200 },
	{ { WEEK }, "b", 599, true, "b", 2, 0, 0 },
};

static void
check_fetch(size_t i, enum sts_mode mode, uint32_t chance)
{
	struct sts_policy policy = { .mode = mode,
		.max_age = fetches[i].max_age };
	struct refresh_file file = { fetches[i].id, &policy,
		fetches[i].is_same_body };
	struct refresh_state s = fetches[i].state;
	int64_t in;

	memcpy(s.failed_id, "x", 2);
	memcpy(s.other_id, "y", 2);
	s.failures = s.other_failures = 3;
	s.failed_at = NOW - 1;
	s.retry_at = s.other_retry_at = NOW + 9;
	s.reason = STS_REASON_CONNECT;
	s.is_last_try_used = s.is_expiry_told = true;
	if (refresh_on_fetch(&s, &set, &file, NOW, chance) != REFRESH_STORE ||
	    s.fetched != NOW || s.max_age != fetches[i].max_age ||
	    s.expires != NOW + s.max_age || s.mode != mode ||
	    strcmp(s.id, fetches[i].id_after) != 0)
		fail_msg("row %zu: not stored", i);
	if (s.failed_id[0] != '\0' || s.failed_at != 0 || s.retry_at != 0 ||
	    s.failures != 0 || s.other_id[0] != '\0' || s.other_retry_at != 0 ||
	    s.other_failures != 0 || s.is_last_try_used || s.is_expiry_told ||
	    (file.id != NULL && s.reason != OK))
		fail_msg("row %zu: the failure is not forgotten", i);
	in = s.next_refresh == 0 ? 0 : s.next_refresh - NOW;
	if (in < fetches[i].refresh_least || in > fetches[i].refresh_most ||
	    s.refetches != fetches[i].refetches)
		fail_msg("row %zu: refresh in %lld, %u refetches", i,
		    (long long)in, s.refetches);
}

static void
test_fetch(void **unused)
{
	uint32_t chance;
	size_t i;
	int mode;

	(void)unused;
	for (i = 0; i < COUNT(fetches); i++) {
		for (mode = STS_MODE_NONE; mode <= STS_MODE_ENFORCE; mode++) {
			check_fetch(i, (enum sts_mode)mode, 0);
			check_fetch(i, (enum sts_mode)mode, UINT32_MAX);
			for (chance = 1; chance < 40000; chance += 997)
				check_fetch(i, (enum sts_mode)mode, chance);
		}
	}
}

/* Every state: all is forgotten, nothing is due, the next query resolves. */
static void
test_max_age_0(void **unused)
{
	const struct refresh_state states[] = { { NOTHING }, { EXPIRED },
		{ WEEK, CHECK(1, 9), FAILED("b", 9, 9) }, { CHECK(60, 60) } };
	struct sts_policy policy = { .mode = STS_MODE_NONE, .max_age = 0 };
	struct refresh_file file = { "b", &policy, false };
	struct refresh_state s;
	size_t i;

	(void)unused;
	for (i = 0; i < COUNT(states); i++) {
		s = states[i];
		assert_int_equal(refresh_on_fetch(&s, &set, &file, NOW, 0),
		    REFRESH_USE_ONCE);
		assert_int_equal(refresh_due(&s), 0);
		assert_true(s.retry_at == 0 && s.other_retry_at == 0);
		assert_int_equal(refresh_on_query(&s, NOW), REFRESH_WAIT);
	}
}

/* Of a record that no writer of ours made. */
static void
test_due_at_the_end_of_time(void **unused)
{
	struct refresh_state s = { .fetched = 1, .is_expiry_told = true };

	(void)unused;
	s.expires = INT64_MAX - 7 * DAY - 1;
	assert_true(refresh_due(&s) == INT64_MAX - 1);
	s.expires = INT64_MAX;
	assert_true(refresh_due(&s) == INT64_MAX);
}

static const struct CMUnitTest tests[] = {
	NAMED("5.1", "queries", test_query),
	NAMED("3.3, 10.2", "timers", test_timer),
	NAMED("3.1, 3.3", "TXT look-ups", test_txt),
	NAMED("3.3, 10.2", "a timer stopped by a back-off", test_timer_moves),
	NAMED("3.2, 8.1, 10.2", "fetches", test_fetch),
	NAMED("3.2", "max_age 0 is used once", test_max_age_0),
	NAMED("3.3", "the end of time", test_due_at_the_end_of_time),
};

int
main(void)
{
	return cmocka_run_group_tests(tests, NULL, NULL);
}
