/* SPDX-License-Identifier: ISC */
/*
 * The life of a policy under any weather: years of random look-ups, fetches,
 * queries and clocks, and what must hold at every moment of them.
 */
#include "../chance.h"
#include "refresh_test.h"

static const struct refresh_settings set = SETTINGS;

static const char *const ids[] = { "a", "b" };

/* Of 100 look-ups and fetches; the rest of the look-ups find no record. */
static const struct weather {
	unsigned int valid, failed, second_id;
	unsigned int get_ok, get_ours;
	int64_t max_age; /* 0: any, 0 among them */
	int64_t query_every; /* 0: never */
	double gets_a_day; /* at most, of the timer's */
} weathers[] = {
	{ 100, 0, 0, 100, 0, YEAR, 0, 1.26 },
	{ 100, 0, 0, 100, 0, 600, 0, 288 },
	{ 0, 50, 0, 100, 0, 7 * DAY, 0, 1.26 },
	{ 100, 0, 0, 0, 0, YEAR, 0, 4.1 },
	{ 90, 5, 0, 97, 0, 7 * DAY, 2 * HOUR, 1.5 },
	{ 100, 0, 50, 100, 0, 7 * DAY, 2 * HOUR, 24 },
	{ 100, 0, 50, 0, 0, YEAR, MINUTE, 5 },
	{ 80, 10, 30, 30, 0, 1000, 10 * MINUTE, 288 },
	{ 50, 25, 20, 60, 10, 0, HOUR, 288 },
	{ 60, 20, 50, 50, 5, 0, MINUTE, 288 },
	{ 90, 5, 30, 20, 0, 300, MINUTE, 1 },
	{ 90, 5, 30, 50, 0, 3, 1, 1 },
};

struct world {
	const struct weather *weather;
	struct refresh_state s;
	int64_t now;
	uint64_t seed;
	/* what it must be */
	int64_t fetched, max_age; /* 0: no policy */
	int64_t failed_at[COUNT(ids)]; /* since the last success */
	unsigned int early; /* GETs of an id within 5 min, since then */
	/* what it cost */
	bool is_timer;
	unsigned int timer_gets;
};

static uint32_t
dice(struct world *w)
{
	return (uint32_t)(chance_next(&w->seed) >> 16);
}

static bool
happens(struct world *w, unsigned int percent)
{
	return dice(w) % 100 < percent;
}

static int64_t
some_max_age(struct world *w)
{
	static const int64_t ages[] = { 0, 1, 3, 59, 300, 599, 600, 601, HOUR,
		DAY, 7 * DAY, YEAR };

	if (w->weather->max_age > 0)
		return w->weather->max_age;
	return ages[dice(w) % COUNT(ages)];
}

/* Section 3.3: 5 min for each id, but for one extra attempt a policy. */
static void
check_pace(struct world *w, const char *id)
{
	int64_t last = 0;
	size_t i;

	for (i = 0; i < COUNT(ids); i++) {
		if ((id == NULL || strcmp(id, ids[i]) == 0) &&
		    w->failed_at[i] > last)
			last = w->failed_at[i];
	}
	if (w->now - last < 300)
		w->early++;
	if (w->early > 1)
		fail_msg("weather %td at %+lld: id %s too early, after %llds",
		    w->weather - weathers, (long long)(w->now - NOW),
		    id != NULL ? id : "-", (long long)(w->now - last));
}

static void
get(struct world *w, const char *id)
{
	struct sts_policy policy = { .mode = STS_MODE_ENFORCE };
	struct refresh_file file = { id, &policy, happens(w, 50) };
	struct refresh_failure failure = { id, STS_REASON_TIMEOUT };
	size_t i;

	if (happens(w, w->weather->get_ours)) {
		refresh_put_off(&w->s, w->now + 60);
		return;
	}
	check_pace(w, id);
	w->timer_gets += w->is_timer;
	if (happens(w, w->weather->get_ok)) {
		policy.max_age = (uint32_t)some_max_age(w);
		refresh_on_fetch(&w->s, &set, &file, w->now, dice(w));
		w->fetched = policy.max_age > 0 ? w->now : 0;
		w->max_age = policy.max_age;
		memset(w->failed_at, 0, sizeof(w->failed_at));
		w->early = 0;
		return;
	}
	if (id == NULL)
		id = w->s.id;
	for (i = 0; i < COUNT(ids); i++) {
		if (strcmp(id, ids[i]) == 0)
			w->failed_at[i] = w->now;
	}
	refresh_on_fetch_failed(&w->s, &set, &failure, w->now, dice(w));
}

/* What holds after each job. */
static void
check_state(const struct world *w)
{
	const struct refresh_state *s = &w->s;
	bool is_held = w->fetched != 0 && w->now < w->fetched + w->max_age;

	assert_int_equal(refresh_what(s, w->now) == REFRESH_POLICY, is_held);
	if (is_held) {
		assert_int_equal(s->fetched, w->fetched);
		assert_int_equal(s->expires, w->fetched + w->max_age);
		assert_true(refresh_due(s) > w->now);
		assert_true(s->next_refresh == 0 || s->next_refresh > w->now);
	} else if (refresh_what(s, w->now) == REFRESH_NEGATIVE) {
		assert_int_equal(refresh_due(s), 0);
	}
	if (s->checked != 0) {
		assert_int_equal(s->checked, w->now);
		assert_in_range(s->next_check - w->now, 1, DAY);
	}
}

static void
resolve(struct world *w)
{
	const struct weather *of = w->weather;
	bool has_policy = refresh_what(&w->s, w->now) == REFRESH_POLICY;
	struct refresh_txt txt = { .reason = STS_REASON_TXT_NONE,
		.ttl = dice(w) % 200000 };
	enum refresh_step step;

	if (happens(w, of->valid)) {
		txt.reason = STS_REASON_OK;
		txt.id = ids[happens(w, of->second_id)];
	} else if (happens(w, of->failed)) {
		txt.reason = STS_REASON_TXT_LOOKUP;
	}
	step = refresh_on_txt(&w->s, &set, &txt, w->now, dice(w));
	if (step == REFRESH_FETCH)
		get(w, txt.id);
	else
		assert_int_equal(
		    step, has_policy ? REFRESH_KEEP : REFRESH_NONE);
	check_state(w);
}

static void
run_timer(struct world *w)
{
	int64_t due = refresh_due(&w->s);

	switch (refresh_on_timer(&w->s, w->now)) {
	case REFRESH_TIMER_NONE:
		fail_msg("due at %lld, but nothing is", (long long)due);
		break;
	case REFRESH_TIMER_FETCH:
		w->is_timer = true;
		resolve(w);
		w->is_timer = false;
		break;
	case REFRESH_TIMER_EXPIRED:
		assert_true(w->now >= w->fetched + w->max_age);
		w->s.is_expiry_told = true;
		assert_int_equal(
		    refresh_due(&w->s), w->fetched + w->max_age + 7 * DAY);
		break;
	case REFRESH_TIMER_REMOVE:
		assert_true(w->now >= w->fetched + w->max_age + 7 * DAY);
		w->s = (struct refresh_state){ .fetched = 0 };
		break;
	}
	assert_int_not_equal(refresh_due(&w->s), due);
}

static void
ask(struct world *w)
{
	enum refresh_query query = refresh_on_query(&w->s, w->now);
	enum refresh_what what = refresh_what(&w->s, w->now);

	/* never old news without having looked */
	if (query == REFRESH_ANSWER || query == REFRESH_ANSWER_CHECK) {
		assert_int_not_equal(what, REFRESH_NOTHING);
		assert_true(w->now - w->s.checked < DAY + 600);
		assert_true(w->now - w->s.next_check < 600);
	}
	if (what == REFRESH_NOTHING)
		assert_int_equal(query, REFRESH_WAIT);
	if (query != REFRESH_ANSWER)
		resolve(w);
}

/* Now and then it is asleep, or too busy, for a while. */
static void
pass_time(struct world *w, int64_t *next_query)
{
	int64_t due = refresh_due(&w->s);
	int64_t next = due != 0 && due < *next_query ? due : *next_query;

	w->now = next > w->now ? next : w->now;
	if (happens(w, 1) && happens(w, 10))
		w->now += dice(w) % (10 * DAY);
}

static void
live(struct world *w, int64_t until)
{
	int64_t every = w->weather->query_every;
	int64_t next_query = w->now;

	while (w->now < until) {
		pass_time(w, &next_query);
		if (w->now >= next_query) {
			next_query = every == 0 && w->fetched != 0 ?
			    INT64_MAX :
			    w->now + 1 + dice(w) % (2 * (uint32_t)every + 60);
			ask(w);
		}
		if (refresh_due(&w->s) != 0 && refresh_due(&w->s) <= w->now)
			run_timer(w);
		if (refresh_due(&w->s) == 0 && next_query == INT64_MAX)
			next_query = w->now + DAY;
	}
}

static void
test_weather(void **unused)
{
	struct world w;
	double days;
	int64_t years;
	size_t i, round;

	(void)unused;
	for (i = 0; i < COUNT(weathers); i++) {
		for (round = 0; round < 8; round++) {
			w = (struct world){ .weather = &weathers[i],
				.now = NOW,
				.seed = CHANCE_SEED + 977 * round + i };
			years = weathers[i].query_every == 0 ? 5 : 1;
			if (weathers[i].query_every == 1)
				years = 0;
			live(&w, NOW + years * YEAR + 10 * DAY);
			days = (double)(w.now - NOW) / (double)DAY;
			if (w.timer_gets > days * weathers[i].gets_a_day + 9)
				fail_msg("weather %zu: %u GETs in %.0f days", i,
				    w.timer_gets, days);
		}
	}
}

static const int64_t shifts[] = { -400 * DAY, -8 * DAY, -HOUR, -1, 0, 1, HOUR,
	8 * HOUR, 8 * DAY, 400 * DAY };

/* A clock that was wrong by so much, before a restart with the right one. */
static void
load_shifted(struct world *w, int64_t shift)
{
	struct refresh_state *s = &w->s;
	bool was_ahead;
	int64_t end;

	/* the model's failures were measured by the other clock */
	memset(w->failed_at, 0, sizeof(w->failed_at));
	w->early = 0;
	w->now -= shift;
	was_ahead = s->fetched > w->now;
	refresh_on_load(s, w->now);
	w->fetched = s->fetched;
	w->max_age = s->max_age;
	if (s->fetched == 0)
		return;
	end = w->now + s->max_age;
	if (s->fetched > w->now || s->expires > end ||
	    s->expires != s->fetched + s->max_age)
		fail_msg("shift %lld: fetched, expires", (long long)shift);
	if (was_ahead &&
	    (s->fetched != w->now || s->next_refresh > w->now ||
		refresh_what(s, w->now) != REFRESH_POLICY))
		fail_msg("shift %lld: not due", (long long)shift);
	if (s->checked > w->now || s->next_check > w->now + DAY ||
	    s->failed_at > w->now || s->next_refresh > w->now + DAY * 7 / 5 ||
	    s->retry_at > w->now + 25920 || s->other_retry_at > w->now + 25920)
		fail_msg("shift %lld: waits too long", (long long)shift);
	if (w->now < s->expires && refresh_due(s) > s->expires)
		fail_msg("shift %lld: no timer", (long long)shift);
}

static void
test_clock(void **unused)
{
	struct world w;
	size_t i, n;
	unsigned int round;

	(void)unused;
	for (i = 0; i < COUNT(weathers); i++) {
		for (n = 0; n < COUNT(shifts); n++) {
			for (round = 0; round < 40; round++) {
				w = (struct world){ .weather = &weathers[i],
					.now = NOW,
					.seed = 362436069 + 31 * n + round };
				live(&w, NOW + dice(&w) % (20 * DAY));
				load_shifted(&w, shifts[n]);
				live(&w, w.now + 3 * DAY);
			}
		}
	}
}

static int64_t
extreme(struct world *w)
{
	static const int64_t times[] = { -(INT64_C(1) << 40), -YEAR, -1, 0, 1,
		NOW - YEAR, NOW - 1, NOW, NOW + 1, NOW + YEAR,
		INT64_C(1) << 40 };

	return times[dice(w) % COUNT(times)];
}

/* Any record the codec lets through: no overflow, and no timer that spins. */
static void
test_extremes(void **unused)
{
	struct world w = { .weather = &weathers[8], .seed = 521288629 };
	struct refresh_state *s = &w.s;
	struct refresh_txt txt = { .id = "a", .ttl = -1 };
	struct refresh_failure failure = { "a", STS_REASON_TIMEOUT };
	int64_t due;
	unsigned int i;

	(void)unused;
	for (i = 0; i < 400000; i++) {
		*s = (struct refresh_state){ .id = "a",
			.mode = STS_MODE_ENFORCE,
			.fetched = extreme(&w),
			.max_age = dice(&w) % (YEAR + 1),
			.expires = extreme(&w),
			.next_refresh = extreme(&w),
			.checked = extreme(&w),
			.next_check = extreme(&w),
			.failed_at = extreme(&w),
			.retry_at = extreme(&w),
			.other_retry_at = extreme(&w),
			.refetches = dice(&w),
			.txt_failures = dice(&w) | 0xfffffff0,
			.failures = dice(&w) | 0xfffffff0,
			.is_last_try_used = happens(&w, 50),
			.is_expiry_told = happens(&w, 50) };
		memcpy(s->failed_id, ids[happens(&w, 50)], 2);
		refresh_on_load(s, NOW);
		refresh_on_query(s, NOW);
		due = refresh_due(s);
		if (refresh_on_timer(s, NOW) != REFRESH_TIMER_FETCH)
			continue;
		txt.reason = (enum sts_reason)(dice(&w) % 5);
		if (refresh_on_txt(s, &set, &txt, NOW, dice(&w)) ==
		    REFRESH_FETCH)
			refresh_on_fetch_failed(
			    s, &set, &failure, NOW, dice(&w));
		if (due > NOW || refresh_due(s) <= NOW)
			fail_msg("round %u: the timer spins", i);
	}
}

/* Our own fault, or nobody asks: no back-off, nothing negative. */
static void
test_put_off(void **unused)
{
	struct refresh_state s = { .fetched = 0 };
	struct refresh_txt txt = { STS_REASON_OK, "a", 300 };
	struct sts_policy policy = { .max_age = 7 * DAY };
	struct refresh_file file = { "a", &policy, false };
	int64_t now = NOW;

	(void)unused;
	assert_int_equal(refresh_on_txt(&s, &set, &txt, now, 0), REFRESH_FETCH);
	refresh_put_off(&s, now + 60);
	assert_int_equal(refresh_what(&s, now), REFRESH_NOTHING);
	assert_int_equal(refresh_on_query(&s, now), REFRESH_WAIT);
	refresh_on_fetch(&s, &set, &file, now, 0);
	now = refresh_due(&s);
	refresh_put_off(&s, now + 60);
	assert_int_equal(refresh_due(&s), now + 60);
	assert_int_equal(refresh_what(&s, now), REFRESH_POLICY);
	refresh_put_off(&s, now + 30);
	assert_int_equal(refresh_due(&s), now + 60);
	refresh_put_off(&s, s.expires);
	assert_int_equal(refresh_due(&s), s.expires);
	/* no timer is made of it */
	policy.max_age = 300;
	refresh_on_fetch(&s, &set, &file, now, 0);
	refresh_put_off(&s, now + 60);
	assert_int_equal(s.next_refresh, 0);
}

static const struct CMUnitTest tests[] = {
	NAMED("3.2, 3.3, 10.2", "years in any weather", test_weather),
	NAMED("3.2", "clocks that were wrong", test_clock),
	NAMED("3.2", "extreme records", test_extremes),
	NAMED("3.3", "put off", test_put_off),
};

int
main(void)
{
	return cmocka_run_group_tests(tests, NULL, NULL);
}
