/* SPDX-License-Identifier: ISC */
/*
 * The decision table. Each function is one row of events over the three
 * states; the helpers above them are the intervals.
 */
#include <string.h>

#include "sts/refresh.h"

#define GRACE_MAX_S        600 /* an answer may be this much past its check */
#define BACK_OFF_MIN_S     300 /* section 3.3 */
#define BACK_OFF_MAX_S     21600
#define BACK_OFF_LONGEST_S (BACK_OFF_MAX_S + BACK_OFF_MAX_S / JITTER_PARTS)
#define TXT_BACK_OFF_MIN_S 60
#define TXT_BACK_OFF_MAX_S 3600
#define TXT_SHORT_S        30 /* failed look-up, nothing known: 30-60 s */
#define REFETCH_FIRST_S    300 /* section 8.1: the file may lag behind */
#define REFETCH_SECOND_S   3300 /* ... and 1 h after the record changed */
#define REFETCHES          2
#define EXPIRED_KEEP_S     604800
#define JITTER_PARTS       5 /* up to a fifth */

static int64_t
least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t
most(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static int64_t
clamp(int64_t value, int64_t min, int64_t max)
{
	return most(most(1, min), least(value, max));
}

/* From 0 up to a fifth of the interval. */
static int64_t
jitter(int64_t interval, uint32_t chance)
{
	return (int64_t)(chance % (uint64_t)(interval / JITTER_PARTS + 1));
}

/* min, doubled for each failure after the first, at most max. */
static int64_t
doubled(int64_t min, int64_t max, uint32_t failures)
{
	int64_t interval = min;

	while (--failures > 0 && interval < max)
		interval *= 2;
	return least(interval, max);
}

enum refresh_what
refresh_what(const struct refresh_state *s, int64_t now)
{
	if (s->fetched != 0)
		return now < s->expires ? REFRESH_POLICY : REFRESH_NOTHING;
	return s->checked != 0 ? REFRESH_NEGATIVE : REFRESH_NOTHING;
}

bool
refresh_is_due(const struct refresh_state *s, int64_t now)
{
	if (s->next_refresh != 0)
		return now >= s->next_refresh;
	return now >= s->fetched + s->max_age / 2;
}

/*
 * Until when a failed GET forbids another one (section 3.3). It holds for its
 * id; a fetch without an id is one of the domain, and its latest failure
 * counts.
 */
static int64_t
retry_of(const struct refresh_state *s, const char *id)
{
	if (id == NULL || strcmp(id, s->failed_id) == 0)
		return s->retry_at;
	return strcmp(id, s->other_id) == 0 ? s->other_retry_at : 0;
}

static bool
is_backing_off(const struct refresh_state *s, const char *id, int64_t now)
{
	return now < retry_of(s, id);
}

enum refresh_query
refresh_on_query(const struct refresh_state *s, int64_t now)
{
	int64_t late = now - s->next_check;
	int64_t grace = least(most(1, s->next_check - s->checked), GRACE_MAX_S);

	switch (refresh_what(s, now)) {
	case REFRESH_NOTHING:
		break;
	case REFRESH_POLICY:
		if (late >= grace)
			return REFRESH_WAIT_BRIEFLY;
		if (s->next_refresh == 0 && refresh_is_due(s, now) &&
		    !is_backing_off(s, NULL, now))
			return REFRESH_ANSWER_FETCH;
		return late >= 0 ? REFRESH_ANSWER_CHECK : REFRESH_ANSWER;
	case REFRESH_NEGATIVE:
		if (late >= grace)
			return REFRESH_WAIT;
		return late >= 0 ? REFRESH_ANSWER_CHECK : REFRESH_ANSWER;
	}
	return REFRESH_WAIT;
}

int64_t
refresh_answer_until(const struct refresh_state *s)
{
	if (s->fetched == 0)
		return s->next_check;
	if (s->next_refresh == 0)
		return least(least(s->next_check, s->expires),
		    s->fetched + s->max_age / 2);
	return least(s->next_check, s->expires);
}

int64_t
refresh_due(const struct refresh_state *s)
{
	if (s->fetched == 0)
		return 0;
	/* A record may say anything. */
	if (s->is_expiry_told)
		return least(s->expires, INT64_MAX - EXPIRED_KEEP_S) +
		    EXPIRED_KEEP_S;
	if (s->next_refresh != 0 && s->next_refresh < s->expires)
		return s->next_refresh;
	return s->expires;
}

enum refresh_timer
refresh_on_timer(const struct refresh_state *s, int64_t now)
{
	if (s->fetched == 0 || now < refresh_due(s))
		return REFRESH_TIMER_NONE;
	if (s->is_expiry_told)
		return REFRESH_TIMER_REMOVE;
	return now < s->expires ? REFRESH_TIMER_FETCH : REFRESH_TIMER_EXPIRED;
}

/* There is no policy. What failed, and when to look again, stays known. */
static enum refresh_step
become_negative(struct refresh_state *s)
{
	s->id[0] = '\0';
	s->mode = STS_MODE_NONE;
	s->fetched = s->max_age = s->expires = s->next_refresh = 0;
	s->refetches = 0;
	s->is_last_try_used = s->is_expiry_told = false;
	return REFRESH_NONE;
}

/* A timer that came for nothing comes again when the back-off is over. */
static void
rearm_timer(struct refresh_state *s, int64_t retry_at, int64_t now)
{
	if (s->next_refresh != 0 && s->next_refresh <= now)
		s->next_refresh = retry_at;
}

/*
 * A new try is due when its back-off ends, however long the record's TTL:
 * look then.
 */
static enum refresh_step
back_off(struct refresh_state *s, const char *id, bool has_policy, int64_t now)
{
	int64_t retry_at = retry_of(s, id);

	s->next_check = least(s->next_check, retry_at);
	if (!has_policy)
		return become_negative(s);
	rearm_timer(s, retry_at, now);
	return REFRESH_KEEP;
}

/* The record cannot be had, or there is none: the policy stands (3.3). */
static enum refresh_step
without_record(struct refresh_state *s, bool has_policy, enum sts_reason reason,
    int64_t now)
{
	bool is_fetch;

	if (!has_policy) {
		s->reason = reason;
		return become_negative(s);
	}
	is_fetch = refresh_is_due(s, now) && !is_backing_off(s, NULL, now);
	/* A failed refresh is the graver news, unless it is tried again. */
	if (s->failures == 0 || is_fetch)
		s->reason = reason;
	if (is_fetch)
		return REFRESH_FETCH;
	rearm_timer(s, s->retry_at, now);
	return REFRESH_KEEP;
}

static enum refresh_step
lookup_failed(struct refresh_state *s, enum refresh_what what,
    enum sts_reason reason, int64_t now, uint32_t chance)
{
	s->txt_failures++;
	if (what == REFRESH_POLICY) {
		s->next_check = now +
		    doubled(TXT_BACK_OFF_MIN_S, TXT_BACK_OFF_MAX_S,
			s->txt_failures);
		return without_record(s, true, reason, now);
	}
	s->next_check = now + TXT_SHORT_S + chance % (TXT_SHORT_S + 1);
	/* What was negative stays so for the reason it had. */
	if (what == REFRESH_NOTHING)
		s->reason = reason;
	return become_negative(s);
}

static enum refresh_step
record_found(
    struct refresh_state *s, const char *id, bool has_policy, int64_t now)
{
	s->txt_failures = 0;
	if (has_policy && strcmp(id, s->id) == 0) {
		if (s->failures == 0)
			s->reason = STS_REASON_OK;
		if (!refresh_is_due(s, now))
			return REFRESH_KEEP;
	}
	if (!is_backing_off(s, id, now))
		return REFRESH_FETCH;
	return back_off(s, id, has_policy, now);
}

/* The look-up was answered: there is no record of ours. */
static bool
is_absence(enum sts_reason reason)
{
	return reason == STS_REASON_TXT_NONE ||
	    reason == STS_REASON_TXT_MULTIPLE ||
	    reason == STS_REASON_TXT_INVALID;
}

enum refresh_step
refresh_on_txt(struct refresh_state *s, const struct refresh_settings *set,
    const struct refresh_txt *txt, int64_t now, uint32_t chance)
{
	enum refresh_what what = refresh_what(s, now);

	s->checked = now;
	if (txt->reason == STS_REASON_OK) {
		s->next_check = now +
		    clamp(txt->ttl, set->txt_check_min, set->txt_check_max);
		return record_found(s, txt->id, what == REFRESH_POLICY, now);
	}
	if (!is_absence(txt->reason))
		return lookup_failed(s, what, txt->reason, now, chance);
	s->txt_failures = 0;
	s->next_check =
	    now + clamp(txt->ttl, set->negative_min, set->negative_max);
	return without_record(s, what == REFRESH_POLICY, txt->reason, now);
}

void
refresh_put_off(struct refresh_state *s, int64_t until)
{
	if (s->fetched == 0)
		s->checked = s->next_check = 0;
	else if (s->next_refresh != 0)
		s->next_refresh = most(s->next_refresh, until);
}

/* When the background fetches a policy just fetched again; 0: never. */
static int64_t
refresh_after(const struct refresh_state *s, const struct refresh_settings *set,
    uint32_t chance)
{
	int64_t interval = least(set->refresh_interval, s->max_age / 2);

	if (s->max_age < 2 * set->refresh_min)
		return 0;
	interval -= jitter(interval, chance);
	if (s->refetches > 0)
		interval = least(interval,
		    s->refetches == REFETCHES ? REFETCH_FIRST_S :
						REFETCH_SECOND_S);
	return most(most(1, set->refresh_min), interval);
}

/* Section 8.1: a new id may be seen before the file behind it is. */
static uint32_t
refetches_left(const struct refresh_state *s, const char *id, bool is_same_body)
{
	if (!is_same_body)
		return 0;
	if (id != NULL && s->fetched != 0 && strcmp(id, s->id) != 0)
		return REFETCHES;
	return s->refetches > 0 ? s->refetches - 1 : 0;
}

enum refresh_fetch
refresh_on_fetch(struct refresh_state *s, const struct refresh_settings *set,
    const struct refresh_file *file, int64_t now, uint32_t chance)
{
	const struct sts_policy *policy = file->policy;
	int64_t after;

	if (policy->max_age == 0) {
		*s = (struct refresh_state){ 0 };
		return REFRESH_USE_ONCE;
	}
	s->refetches = refetches_left(s, file->id, file->is_same_body);
	if (file->id != NULL) {
		memmove(s->id, file->id, strlen(file->id) + 1);
		s->reason = STS_REASON_OK;
	}
	s->mode = policy->mode;
	s->fetched = now;
	s->max_age = policy->max_age;
	s->expires = now + s->max_age;
	after = refresh_after(s, set, chance);
	s->next_refresh = after > 0 ? now + after : 0;
	s->failed_id[0] = s->other_id[0] = '\0';
	s->failed_at = s->retry_at = s->other_retry_at = 0;
	s->failures = s->other_failures = 0;
	s->is_last_try_used = s->is_expiry_told = false;
	return REFRESH_STORE;
}

/*
 * One more failure of this id. The id that failed before it is kept in mind:
 * name servers that disagree make the record flap between two.
 */
static void
count_failure(struct refresh_state *s, const char *id)
{
	uint32_t failures = 0;

	if (s->failures > 0 && strcmp(id, s->failed_id) == 0) {
		s->failures++;
		return;
	}
	if (strcmp(id, s->other_id) == 0)
		failures = s->other_failures;
	memcpy(s->other_id, s->failed_id, sizeof(s->other_id));
	s->other_retry_at = s->retry_at;
	s->other_failures = s->failures;
	memmove(s->failed_id, id, strlen(id) + 1);
	s->failures = failures + 1;
}

/*
 * A back-off that would outlive the policy allows one more try, late enough
 * to matter and early enough to end in time. Whatever fails before that
 * moment leaves it standing.
 */
static void
allow_last_try(
    struct refresh_state *s, const struct refresh_settings *set, int64_t now)
{
	int64_t lead = least(2 * set->fetch_timeout, s->max_age / 2);
	int64_t at = s->expires - lead;

	if (s->is_last_try_used && now >= at) {
		/* That was it, for the other id as well. */
		s->other_retry_at = most(
		    s->other_retry_at, most(s->expires, now + BACK_OFF_MIN_S));
		return;
	}
	s->retry_at = at > now ? at : now + most(1, (s->expires - now) / 2);
	s->is_last_try_used = true;
}

enum refresh_step
refresh_on_fetch_failed(struct refresh_state *s,
    const struct refresh_settings *set, const struct refresh_failure *failure,
    int64_t now, uint32_t chance)
{
	bool has_policy = refresh_what(s, now) == REFRESH_POLICY;
	int64_t interval;

	count_failure(s, failure->id != NULL ? failure->id : s->id);
	interval = doubled(BACK_OFF_MIN_S, BACK_OFF_MAX_S, s->failures);
	s->reason = failure->reason;
	s->failed_at = now;
	s->retry_at = now + interval + jitter(interval, chance);
	if (has_policy && s->retry_at >= s->expires)
		allow_last_try(s, set, now);
	if (has_policy && s->next_refresh != 0)
		s->next_refresh = s->retry_at;
	return back_off(s, NULL, has_policy, now);
}

/* A failure in the future was now; its back-off runs from here. */
static void
load_back_off(struct refresh_state *s, int64_t now)
{
	s->other_retry_at = least(s->other_retry_at, now + BACK_OFF_LONGEST_S);
	if (s->failed_at <= now)
		return;
	s->retry_at =
	    now + least(s->retry_at - s->failed_at, BACK_OFF_LONGEST_S);
	s->failed_at = now;
}

void
refresh_on_load(struct refresh_state *s, int64_t now)
{
	bool was_ahead =
	    s->fetched > now || s->checked > now || s->failed_at > now;

	/* Whatever was planned, was planned by that clock. */
	if (was_ahead)
		s->next_refresh = least(s->next_refresh, now);
	load_back_off(s, now);
	s->fetched = least(s->fetched, now);
	if (s->checked > now)
		s->checked = s->next_check = now;
	s->expires = least(s->expires, now + s->max_age);
	if (now < s->expires)
		s->is_expiry_told = false;
}
