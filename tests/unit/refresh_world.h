/* SPDX-License-Identifier: ISC */
/* A world is one domain, and what it gives from now on. */
#ifndef REFRESH_WORLD_H
#define REFRESH_WORLD_H

#include "refresh_test.h"

struct world {
	struct refresh_state s;
	struct refresh_settings set;
	int64_t now;
	const char *id; /* NULL: no record */
	bool is_up; /* is the policy host? */
	bool is_same_body;
	uint32_t max_age;
	uint32_t chance;
	unsigned int gets;
};

static inline struct world
world_new(const char *id, int64_t max_age)
{
	return (struct world){
		.set = SETTINGS,
		.now = NOW,
		.id = id,
		.is_up = true,
		.max_age = (uint32_t)max_age,
	};
}

/* A job: TXT, and the GET if it is asked for. Was there a GET? */
static inline bool
resolve(struct world *w)
{
	struct sts_policy policy = { .mode = STS_MODE_ENFORCE,
		.max_age = w->max_age };
	struct refresh_txt txt = {
		w->id != NULL ? STS_REASON_OK : STS_REASON_TXT_NONE, w->id, 60
	};
	struct refresh_file file = { w->id, &policy, w->is_same_body };
	struct refresh_failure failure = { w->id, STS_REASON_CONNECT };

	if (refresh_on_txt(&w->s, &w->set, &txt, w->now, w->chance) !=
	    REFRESH_FETCH)
		return false;
	w->gets++;
	if (w->is_up)
		refresh_on_fetch(&w->s, &w->set, &file, w->now, w->chance);
	else
		refresh_on_fetch_failed(
		    &w->s, &w->set, &failure, w->now, w->chance);
	return true;
}

static inline bool
resolve_at(struct world *w, int64_t now)
{
	w->now = now;
	return resolve(w);
}

static inline bool
has_policy(const struct world *w)
{
	return refresh_what(&w->s, w->now) == REFRESH_POLICY;
}

/* Go on to the next timer; it must be a refresh, and must move on. */
static inline int64_t
refresh_next(struct world *w)
{
	w->now = refresh_due(&w->s);
	if (refresh_on_timer(&w->s, w->now) != REFRESH_TIMER_FETCH)
		fail_msg("at +%lld: %d", (long long)(w->now - NOW),
		    refresh_on_timer(&w->s, w->now));
	assert_true(resolve(w));
	assert_true(refresh_due(&w->s) > w->now);
	return w->now;
}

#endif
