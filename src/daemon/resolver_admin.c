/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "base/clock.h"
#include "daemon/dane.h"
#include "daemon/hot.h"
#include "daemon/job.h"
#include "daemon/resolver_admin.h"
#include "daemon/stats.h"

void
resolver_watch(struct resolver *r, resolver_watch_cb *cb, void *arg)
{
	r->watch_cb = cb;
	r->watch_arg = arg;
}

void
resolver_tell(const struct job *job, enum resolver_end end,
    enum sts_reason reason, const char *detail)
{
	struct resolver *r = job->resolver;
	const struct resolver_event event = {
		.domain = job->domain,
		.end = end,
		.reason = reason,
		.detail = detail,
	};

	if (r->watch_cb != NULL)
		r->watch_cb(&event, r->watch_arg);
}

enum resolver_source
resolver_look(struct resolver *r, const char *domain, size_t len,
    struct resolver_seen *seen)
{
	struct job *job = jobs_find(r, domain, len);
	struct entry entry;

	if (job != NULL && job_is_ahead(job)) {
		seen->state = job->state;
		seen->policy = job->policy;
		return RESOLVER_IN_MEMORY;
	}
	if (negatives_get(r->negatives, domain, len, &seen->state))
		return RESOLVER_IN_NEGATIVES;
	switch (cache_get(r->cache, domain, len, &entry)) {
	case CACHE_HIT:
		seen->state = entry.state;
		seen->policy = entry.policy;
		refresh_on_load(&seen->state, clock_now());
		return RESOLVER_IN_CACHE;
	case CACHE_MISS:
		break;
	case CACHE_DAMAGED:
	case CACHE_ERROR:
		return RESOLVER_UNREADABLE;
	}
	return RESOLVER_KNOWS_NOTHING;
}

/* What a refresh begins with. */
static void
load_state(struct resolver *r, const char *domain, size_t len,
    struct refresh_state *state)
{
	struct resolver_seen seen = { 0 };

	switch (resolver_look(r, domain, len, &seen)) {
	case RESOLVER_IN_CACHE:
	case RESOLVER_IN_MEMORY:
	case RESOLVER_IN_NEGATIVES:
		*state = seen.state;
		break;
	case RESOLVER_KNOWS_NOTHING:
		*state = (struct refresh_state){ 0 };
		break;
	case RESOLVER_UNREADABLE:
		/* There was a policy: its place is not that of none. */
		*state = (struct refresh_state){ .reason = STS_REASON_CACHE };
		break;
	}
	refresh_force(state, clock_now());
}

enum resolver_refresh
resolver_refresh_now(struct resolver *r, const char *domain, size_t len)
{
	struct job *job = jobs_find(r, domain, len);
	struct refresh_state state;

	if (job == NULL) {
		load_state(r, domain, len, &state);
		return resolver_refresh(r, domain, len, &state);
	}
	switch (job->step) {
	case JOB_TXT:
	case JOB_PAUSE:
		/* It was on its way; now it leads to a fetch. */
		refresh_force(&job->state, clock_now());
		return RESOLVER_REFRESH_BEGUN;
	case JOB_FETCH:
		return RESOLVER_REFRESH_BEGUN;
	case JOB_COMMIT:
		break;
	case JOB_DONE:
		load_state(r, domain, len, &state);
		job_again(job, &state, true);
		return RESOLVER_REFRESH_BEGUN;
	}
	return RESOLVER_REFRESH_OPEN;
}

static void
forget_job(struct job *job)
{
	static const struct refresh_state nothing;
	const struct resolver_answer answer = { .status = RESOLVER_NONE };

	resolver_tell(job, RESOLVER_FORGOTTEN, STS_REASON_OK, NULL);
	if (LIST_EMPTY(&job->waits)) {
		resolver_end(job, &answer); /* nobody is told */
		return;
	}
	job_drop(job);
	job_again(job, &nothing, false);
}

void
resolver_learned(struct resolver *r, const char *domain, size_t len)
{
	negatives_remove(r->negatives, domain, len);
	if (r->hot != NULL)
		hot_forget(r->hot, domain, len);
}

bool
resolver_forget(struct resolver *r, const char *domain, size_t len)
{
	struct job *job = jobs_find(r, domain, len);
	struct refresh_state state;
	bool was_known =
	    job != NULL || negatives_get(r->negatives, domain, len, &state);

	negatives_remove(r->negatives, domain, len);
	if (r->hot != NULL)
		hot_forget(r->hot, domain, len);
	if (r->danes != NULL)
		danes_forget(r->danes, domain);
	stats_failing_remove(r->stats, domain);
	if (job != NULL)
		forget_job(job);
	return was_known;
}

bool
resolver_forget_next(struct resolver *r, char name[DOMAIN_MAX + 1])
{
	struct job *job = jobs_next(r, name);

	if (job == NULL)
		return false;
	(void)strlcpy(name, job->domain, DOMAIN_MAX + 1);
	(void)resolver_forget(r, name, strlen(name));
	return true;
}

size_t
resolver_forget_negatives(struct resolver *r, size_t max)
{
	return negatives_drop(r->negatives, max);
}

void
resolver_count(struct resolver *r, struct resolver_counts *counts)
{
	counts->jobs = r->job_count;
	counts->refreshes = r->refresh_count;
	counts->waiting = r->wait_count;
	counts->negatives = negatives_count(r->negatives);
	counts->policy_bytes = r->policy_bytes;
}
