/* SPDX-License-Identifier: ISC */
/*
 * Who asked for what: the known answer when there is one, otherwise a place
 * among those who wait for the domain's job, with a deadline that counts from
 * the job's start.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/xmalloc.h"
#include "daemon/hot.h"
#include "daemon/job.h"
#include "daemon/stats.h"

#define WAITS_MAX     8192
#define NEGATIVES_MAX 32768
#define DAY_S         86400

struct resolver *
resolver_new(struct loop *loop, const struct config *config,
    const struct resolver_parts *parts)
{
	struct resolver *r = xcalloc(1, sizeof(*r));

	r->loop = loop;
	r->config = config;
	r->dns = parts->dns;
	r->fetcher = parts->fetcher;
	r->cache = parts->cache;
	r->used = parts->used;
	r->hot = parts->hot;
	r->stats = parts->stats != NULL ? parts->stats : stats_unread();
	r->danes = parts->danes;
	r->negatives = negatives_new(NEGATIVES_MAX);
	resolver_reload(r);
	RB_INIT(&r->jobs);
	return r;
}

static void
forget_waits(struct resolver *r, struct resolver_waits *waits)
{
	struct resolver_wait *wait;

	while ((wait = LIST_FIRST(waits)) != NULL) {
		LIST_REMOVE(wait, entry);
		r->wait_count--;
		free(wait);
	}
}

void
resolver_free(struct resolver *r)
{
	struct job *job;

	if (r == NULL)
		return;
	while ((job = RB_ROOT(&r->jobs)) != NULL) {
		jobs_remove(job);
		forget_waits(r, &job->waits);
		job_free(job);
	}
	negatives_free(r->negatives);
	free(r);
}

void
resolver_settle(struct job *job, const struct resolver_answer *answer)
{
	struct resolver *r = job->resolver;
	struct resolver_waits told = LIST_HEAD_INITIALIZER(told);
	struct resolver_wait *wait;
	resolver_cb *cb;
	void *arg;

	loop_timer_stop(job->deadline);
	/* Those who are told may ask again, and wait again. */
	LIST_SWAP(&told, &job->waits, resolver_wait, entry);
	while ((wait = LIST_FIRST(&told)) != NULL) {
		LIST_REMOVE(wait, entry);
		r->wait_count--;
		cb = wait->cb;
		arg = wait->arg;
		free(wait);
		cb(answer, arg);
	}
}

void
resolver_end(struct job *job, const struct resolver_answer *answer)
{
	struct resolver *r = job->resolver;

	jobs_remove(job);
	if (job->is_refresh)
		r->refresh_count--;
	resolver_settle(job, answer);
	job_free(job);
}

/* What is known without asking anybody. job: the domain's, or NULL. */
static enum cache_status
look(struct resolver *r, const struct job *job, const char *domain, size_t len,
    struct entry_known *known)
{
	enum cache_status status;

	known->used_day = 0;
	if (job != NULL && job_is_ahead(job)) {
		known->state = job->state;
		known->policy = job->policy;
		return CACHE_HIT;
	}
	if (negatives_get(r->negatives, domain, len, &known->state))
		return CACHE_HIT;
	status = cache_get_known(r->cache, domain, len, known);
	if (status == CACHE_HIT) {
		refresh_on_load(&known->state, clock_now());
	} else if (status != CACHE_ERROR) {
		known->state = (struct refresh_state){
			.reason = status == CACHE_DAMAGED ? STS_REASON_CACHE : 0
		};
	}
	return status;
}

static enum resolver_status
answer_temp(enum sts_reason reason, struct resolver_answer *answer)
{
	*answer = (struct resolver_answer){
		.status = RESOLVER_TEMP,
		.reason = reason,
		.detail = outcome_temp_text(reason),
	};
	return RESOLVER_TEMP;
}

/* A record that is damaged may be an enforce policy's: never "no policy". */
static enum resolver_status
answer_known(const struct entry_known *known, int64_t now,
    struct resolver_answer *answer)
{
	*answer = (struct resolver_answer){ .status = RESOLVER_NONE };
	if (refresh_what(&known->state, now) == REFRESH_POLICY) {
		answer->status = RESOLVER_POLICY;
		answer->policy = known->policy;
	} else if (known->state.reason == STS_REASON_CACHE) {
		return answer_temp(STS_REASON_CACHE, answer);
	} else {
		answer->reason = known->state.reason;
	}
	return answer->status;
}

/* Nothing is known and nobody may wait longer. */
static enum resolver_status
answer_late(const struct job *job, struct resolver_answer *answer)
{
	if (!job_is_started(job))
		return answer_temp(STS_REASON_BUSY, answer);
	if (job->is_unanswered || job->is_damaged)
		return answer_temp(job->is_unanswered ? STS_REASON_NO_SERVER :
							STS_REASON_CACHE,
		    answer);
	*answer = (struct resolver_answer){
		.status = RESOLVER_NONE,
		.reason = STS_REASON_DEADLINE,
	};
	return RESOLVER_NONE;
}

static bool
has_policy(const struct job *job)
{
	return refresh_what(&job->state, clock_now()) == REFRESH_POLICY;
}

/* Milliseconds that those who wait still have. */
static int64_t
time_left(const struct job *job)
{
	const struct config *config = job->resolver->config;
	int64_t wait =
	    has_policy(job) ? config->revalidate_wait : config->query_timeout;

	/* A disk that is slow never turns a policy into NOTFOUND. */
	if (job->step == JOB_COMMIT)
		return config->commit_wait * 1000;
	return job->started_ms + wait * 1000 - clock_ms();
}

/* What those who have waited long enough are told. */
static void
answer_waits(struct job *job, struct resolver_answer *answer)
{
	struct entry_known known;

	if (!has_policy(job)) {
		answer_late(job, answer);
		return;
	}
	if (look(job->resolver, job, job->domain, job->domain_len, &known) ==
	    CACHE_ERROR) {
		answer_temp(STS_REASON_CACHE, answer);
		return;
	}
	if (answer_known(&known, clock_now(), answer) != RESOLVER_POLICY) {
		answer_late(job, answer);
		return;
	}
	/* It must outlast whatever they ask next. */
	if (!job->is_answering)
		job_hold(job, &known.policy);
	answer->policy = job->policy;
}

static void
on_deadline(void *arg)
{
	struct job *job = arg;
	struct resolver_answer answer;
	int64_t left = time_left(job);

	if (LIST_EMPTY(&job->waits) || job->step == JOB_COMMIT)
		return;
	/* The policy has expired while they waited: as at first contact. */
	if (left > 0) {
		loop_timer_set(job->deadline, left);
		return;
	}
	answer_waits(job, &answer);
	outcome_deadline(job, &answer);
	resolver_settle(job, &answer);
	if (!job->is_answering)
		job_release(job);
}

/* The background has half the room: first contacts find some. */
static bool
has_room(const struct resolver *r, bool is_behind)
{
	size_t share = is_behind ? 2 : 1;

	return r->job_count < JOBS_MAX / share &&
	    r->policy_bytes < JOB_POLICY_BYTES_MAX / share;
}

/* NULL when there are too many. */
static struct job *
start_job(struct resolver *r, const char *domain, size_t len,
    const struct refresh_state *state, bool is_behind)
{
	struct job *job;

	if (!has_room(r, is_behind))
		return NULL;
	if (r->hot != NULL)
		hot_forget(r->hot, domain, len);
	job = xcalloc(1, sizeof(*job));
	job->resolver = r;
	memcpy(job->domain, domain, len);
	job->domain_len = len;
	job->is_behind = is_behind;
	job->started_ms = clock_ms();
	job->state = *state;
	LIST_INIT(&job->waits);
	job->deadline = loop_timer_new(r->loop, on_deadline, job);
	jobs_add(job);
	job_begin(job);
	return job;
}

static struct resolver_wait *
join_job(struct job *job, int64_t left, resolver_cb *cb, void *arg)
{
	struct resolver_wait *wait = xcalloc(1, sizeof(*wait));

	wait->resolver = job->resolver;
	wait->cb = cb;
	wait->arg = arg;
	LIST_INSERT_HEAD(&job->waits, wait, entry);
	job->resolver->wait_count++;
	if (!loop_timer_is_set(job->deadline))
		loop_timer_set(job->deadline, left);
	return wait;
}

/* See to it that somebody works on the domain; NULL: there are too many. */
static struct job *
work_on(struct resolver *r, struct job *job, const struct resolver_query *query,
    const struct refresh_state *state, bool is_behind)
{
	if (job == NULL)
		return start_job(
		    r, query->domain, query->domain_len, state, is_behind);
	if (job->step == JOB_DONE)
		job_again(job, state, is_behind);
	else if (job->is_behind && !is_behind)
		job_hurry(job);
	return job;
}

/* Nothing fresh is known: wait for the job, if there is time for that. */
static enum resolver_status
wait_for(struct resolver *r, struct job *job,
    const struct resolver_query *query, const struct entry_known *known,
    struct resolver_answer *answer, struct resolver_wait **wait)
{
	int64_t left, now = clock_now();
	bool has_answer = refresh_what(&known->state, now) == REFRESH_POLICY;

	if (r->wait_count < WAITS_MAX)
		job = work_on(r, job, query, &known->state, false);
	if (job == NULL || r->wait_count >= WAITS_MAX) {
		if (has_answer)
			return answer_known(known, now, answer);
		return answer_temp(STS_REASON_BUSY, answer);
	}
	left = time_left(job);
	if (left <= 0 && has_answer)
		return answer_known(known, now, answer);
	if (left <= 0)
		return answer_late(job, answer);
	*wait = join_job(job, left, query->cb, query->arg);
	return RESOLVER_WAIT;
}

enum resolver_status
resolver_ask(struct resolver *r, const struct resolver_query *query,
    struct resolver_answer *answer, struct resolver_wait **wait)
{
	const char *domain = query->domain;
	size_t len = query->domain_len;
	struct job *job = jobs_find(r, domain, len);
	enum resolver_status status;
	struct entry_known known;
	int64_t now = clock_now();

	if (job != NULL && job_is_used_once(job)) {
		*answer = (struct resolver_answer){
			.status = RESOLVER_POLICY,
			.policy = job->policy,
		};
		return RESOLVER_POLICY;
	}
	if (look(r, job, domain, len, &known) == CACHE_ERROR)
		return answer_temp(STS_REASON_CACHE, answer);
	/* That it is used today may be in the record already. */
	if (known.state.fetched != 0 && known.used_day != now / DAY_S)
		used_mark(r->used, domain, len);
	/* It has told what the cache may not have: nothing older now. */
	if (job != NULL && job->is_answering && job->step == JOB_COMMIT)
		return wait_for(r, job, query, &known, answer, wait);
	switch (refresh_on_query(&known.state, now)) {
	case REFRESH_ANSWER:
		status = answer_known(&known, now, answer);
		if (job == NULL)
			answer->until = refresh_answer_until(&known.state);
		return status;
	case REFRESH_ANSWER_CHECK:
	case REFRESH_ANSWER_FETCH:
		work_on(r, job, query, &known.state, true);
		break;
	case REFRESH_WAIT_BRIEFLY:
	case REFRESH_WAIT:
		return wait_for(r, job, query, &known, answer, wait);
	}
	return answer_known(&known, now, answer);
}

enum resolver_refresh
resolver_refresh(struct resolver *r, const char *domain, size_t len,
    const struct refresh_state *state)
{
	struct job *job;

	if (jobs_find(r, domain, len) != NULL)
		return RESOLVER_REFRESH_OPEN;
	if (r->refresh_count >= (size_t)r->config->fetch_parallel)
		return RESOLVER_REFRESH_FULL;
	job = start_job(r, domain, len, state, true);
	if (job == NULL)
		return RESOLVER_REFRESH_FULL;
	job->is_refresh = true;
	r->refresh_count++;
	return RESOLVER_REFRESH_BEGUN;
}

void
resolver_cancel(struct resolver_wait *wait)
{
	if (wait == NULL)
		return;
	LIST_REMOVE(wait, entry);
	wait->resolver->wait_count--;
	free(wait);
}
