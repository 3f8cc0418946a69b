/* SPDX-License-Identifier: ISC */
/*
 * The life of a policy: what to do when (RFC 8461 3.1, 3.3, 5.1, 8, 10.2).
 * A decision table over what is known of one domain. Pure: times are seconds
 * since the epoch and come in, as does chance; nothing is fetched here.
 *
 * A domain is in one of three states at `now`:
 *   NOTHING   nothing usable is known (or the policy has expired)
 *   POLICY    an unexpired policy: enforce, testing or none
 *   NEGATIVE  it was found, lately, to have no policy
 */
#ifndef STS_REFRESH_H
#define STS_REFRESH_H

#include <stdbool.h>
#include <stdint.h>

#include "sts/policy.h"
#include "sts/reason.h"
#include "sts/txt.h"

/* The settings that count, in seconds. */
struct refresh_settings {
	int64_t txt_check_min;
	int64_t txt_check_max;
	int64_t negative_min;
	int64_t negative_max;
	int64_t refresh_interval;
	int64_t refresh_min;
	int64_t fetch_timeout;
};

/*
 * All that decisions rest on; kept with the policy on disk, or in memory
 * while there is none. Zeroed: nothing is known.
 */
struct refresh_state {
	/* the policy held; fetched == 0: none */
	char id[STS_ID_MAX + 1]; /* "": fetched without a TXT */
	enum sts_mode mode;
	int64_t fetched; /* last successful fetch */
	int64_t max_age;
	int64_t expires;
	int64_t next_refresh; /* 0: no timer */
	uint32_t refetches; /* 8.1: still to make, body unchanged */
	/* the TXT record */
	int64_t checked; /* last look-up, whatever it gave */
	int64_t next_check;
	uint32_t txt_failures; /* look-ups that failed in a row */
	/* why there is no (newer) policy */
	enum sts_reason reason; /* OK: nothing failed */
	/* the failed GET (3.3: per id; "": made without a TXT record) */
	char failed_id[STS_ID_MAX + 1];
	int64_t failed_at;
	int64_t retry_at; /* 0: no back-off runs */
	uint32_t failures; /* in a row, of this id */
	/* the id that failed before it: records may flap between two */
	char other_id[STS_ID_MAX + 1];
	int64_t other_retry_at; /* 0: no back-off runs */
	uint32_t other_failures;
	bool is_last_try_used; /* the extra one at the end */
	bool is_expiry_told; /* REFRESH_TIMER_EXPIRED was seen to */
};

enum refresh_what {
	REFRESH_NOTHING, /* NOTHING */
	REFRESH_POLICY, /* POLICY */
	REFRESH_NEGATIVE /* NEGATIVE */
};

enum refresh_what refresh_what(const struct refresh_state *, int64_t now);

/* A query. */
enum refresh_query {
	REFRESH_ANSWER, /* with what is known: policy, or none */
	REFRESH_ANSWER_CHECK, /* the same, and look TXT up behind it */
	REFRESH_ANSWER_FETCH, /* the same, and fetch behind it */
	REFRESH_WAIT_BRIEFLY, /* resolve; after revalidate_wait answer */
	REFRESH_WAIT /* resolve; wait up to query_timeout */
};

enum refresh_query refresh_on_query(const struct refresh_state *, int64_t now);

/* Until when a query that is REFRESH_ANSWER now stays so; s. */
int64_t refresh_answer_until(const struct refresh_state *);

/*
 * The due time of the background, or 0: none. And what is due at it. What the
 * timer asks for moves the due time on, or removes the entry; when it is not
 * done, refresh_put_off() does.
 */
enum refresh_timer {
	REFRESH_TIMER_NONE,
	REFRESH_TIMER_FETCH, /* look TXT up, then fetch whatever it gave */
	/* tell of it, unless the mode is none; set is_expiry_told */
	REFRESH_TIMER_EXPIRED,
	REFRESH_TIMER_REMOVE /* expired 7 days ago */
};

int64_t refresh_due(const struct refresh_state *);
enum refresh_timer refresh_on_timer(const struct refresh_state *, int64_t now);

/* A TXT look-up ended. */
struct refresh_txt {
	enum sts_reason reason; /* OK, TXT_NONE ... TXT_LOOKUP */
	const char *id; /* with OK */
	int64_t ttl; /* s; of the record, or the SOA's; -1: none */
};

enum refresh_step {
	REFRESH_KEEP, /* done: the policy stands */
	REFRESH_NONE, /* done: negative */
	/* get the policy file; what is known is in the making until it ends */
	REFRESH_FETCH
};

/*
 * Take the look-up into the state and say what comes next. A refresh that is
 * due is made whatever TXT gave (10.2). chance is any random number. A reason
 * that is our own fault may come too: it counts as a failed look-up of a
 * policy's record, and must not be given without a policy.
 */
enum refresh_step
refresh_on_txt(struct refresh_state *, const struct refresh_settings *,
    const struct refresh_txt *, int64_t now, uint32_t chance);

/* A fetch ended well, its policy parsed. */
enum refresh_fetch {
	REFRESH_STORE, /* put state and policy */
	REFRESH_USE_ONCE /* max_age 0: answer, delete what is stored */
};

struct refresh_file {
	/* of the TXT record that led here; NULL without a valid one: the
	 * stored id stays */
	const char *id;
	const struct sts_policy *policy;
	bool is_same_body; /* byte-identical to the policy held */
};

enum refresh_fetch
refresh_on_fetch(struct refresh_state *, const struct refresh_settings *,
    const struct refresh_file *, int64_t now, uint32_t chance);

/*
 * A fetch failed for a reason that is the domain's. KEEP: the policy stands
 * (alert unless its mode is none); NONE: negative for this id.
 */
struct refresh_failure {
	const char *id; /* as above */
	enum sts_reason reason;
};

enum refresh_step
refresh_on_fetch_failed(struct refresh_state *, const struct refresh_settings *,
    const struct refresh_failure *, int64_t now, uint32_t chance);

/*
 * What was asked for was not done: our own fault, or nobody asks for the
 * domain any more. No back-off comes of it and nothing negative; what a timer
 * wanted is due at `until`, which is later than now.
 */
void refresh_put_off(struct refresh_state *, int64_t until);

/*
 * Times read from disk made sane for a clock that may have moved: an entry
 * fetched in the future counts as fetched now with its refresh due, and no
 * expiry is later than now + max_age.
 */
void refresh_on_load(struct refresh_state *, int64_t now);

/*
 * An administrator wants it fetched now: the next TXT look-up leads to a fetch
 * whatever it gives, and no back-off holds that up. How often it has failed is
 * still known.
 */
void refresh_force(struct refresh_state *, int64_t now);

/*
 * A policy that was fetched elsewhere is taken over: id, mode, fetched,
 * max_age and expires are set, and checked, unless nobody knows when the TXT
 * record was looked up (0). A known check is due at the next query, since the
 * record's TTL is not known; an unknown one, and the refresh, at random within
 * a day, or half of what is left of the policy.
 *
 * Policies that get the same chance get the same few times of refresh, however
 * their ages differ: those that are stored together then lie together in the
 * index of due times too, which is most of what an import writes.
 */
void refresh_import(struct refresh_state *, const struct refresh_settings *,
    int64_t now, uint32_t chance);

/* Does the policy's age ask for a fetch, back-off or not? */
bool refresh_is_due(const struct refresh_state *, int64_t now);

#endif
