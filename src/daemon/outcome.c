/* SPDX-License-Identifier: ISC */
/*
 * The ways a job can end: its line in the log, what those who wait are told
 * and when, and what is written.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/xmalloc.h"
#include "daemon/dane.h"
#include "daemon/job.h"
#include "daemon/stats.h"

#define DAY_S 86400

static const char temp_no_server[] = "no name server answers";
static const char temp_local[] = "out of local resources, try again later";
static const char temp_busy[] = "busy";
static const char temp_cache[] = "the cache cannot be read";

static const char source_fetch[] = "fetch";
static const char source_cache[] = "cache";

/* How a resolution ended, for its one line in the log. */
struct outcome {
	const char *source; /* one of the two; NULL: no policy */
	enum sts_reason reason;
	const char *detail;
};

/* An instant for the log, as RFC 3339 has it. */
static const char *
time_text(int64_t when, char *text, size_t size)
{
	time_t t = (time_t)when;
	struct tm tm;

	gmtime_r(&t, &tm);
	strftime(text, size, "%Y-%m-%dT%H:%M:%SZ", &tm);
	return text;
}

/* Section 3.3: a refresh that fails is the administrator's affair. */
static bool
is_alert_for(const struct job *job, const struct outcome *outcome)
{
	return outcome->source == source_cache && job->has_fetched &&
	    outcome->reason != STS_REASON_OK &&
	    job->state.mode != STS_MODE_NONE;
}

static void
count_outcome(const struct job *job, const struct outcome *outcome)
{
	struct stats *stats = job->resolver->stats;
	struct stats_slow slow = {
		.time = clock_now(),
		.ms = clock_ms() - job->started_ms,
		.outcome = outcome->source != NULL ? outcome->source : "none",
		.reason = sts_reason_word(outcome->reason),
	};
	struct stats_failing failing = {
		.fetched = job->state.fetched,
		.expires = job->state.expires,
	};

	(void)strlcpy(slow.domain, job->domain, sizeof(slow.domain));
	stats_add_slow(stats, &slow);
	if (outcome->source == NULL)
		stats->resolved_none++;
	else if (outcome->source == source_cache)
		stats->resolved_cache++;
	else
		stats->resolved_fetch++;
	if (is_alert_for(job, outcome)) {
		stats->refresh_failed[outcome->reason]++;
		memcpy(failing.domain, slow.domain, sizeof(failing.domain));
		stats_failing_add(stats, &failing);
	} else if (job->state.failures == 0 || outcome->source == NULL) {
		stats_failing_remove(stats, job->domain);
	}
}

/* A fault of ours has left nothing to go by. */
static enum resolver_end
end_of(const struct outcome *outcome)
{
	if (outcome->source == source_fetch)
		return RESOLVER_FETCHED;
	if (outcome->source == source_cache)
		return RESOLVER_KEPT;
	return sts_reason_is_ours(outcome->reason) ? RESOLVER_FAILED :
						     RESOLVER_NO_POLICY;
}

static void
log_outcome(const struct job *job, const struct outcome *outcome)
{
	const struct refresh_state *state = &job->state;
	bool has_policy = outcome->source != NULL;
	bool is_alert = is_alert_for(job, outcome);
	const char *detail = outcome->detail;
	char ms[24], expires[32];
	const struct log_field field[] = {
		{ "domain", job->domain },
		{ "mode", has_policy ? sts_mode_word(state->mode) : NULL },
		{ "id", has_policy ? state->id : NULL },
		{ "source", has_policy ? outcome->source : "none" },
		{ "reason", sts_reason_word(outcome->reason) },
		{ "ms", ms },
		{ "expires",
		    is_alert ?
			time_text(state->expires, expires, sizeof(expires)) :
			NULL },
		{ "detail", detail != NULL && *detail != '\0' ? detail : NULL },
	};

	count_outcome(job, outcome);
	resolver_tell(job, end_of(outcome), outcome->reason, detail);
	snprintf(
	    ms, sizeof(ms), "%lld", (long long)(clock_ms() - job->started_ms));
	log_fields(is_alert ? LOG_LEVEL_WARNING : LOG_LEVEL_INFO,
	    is_alert ? "refresh-failed" : "resolved", field,
	    sizeof(field) / sizeof(field[0]));
}

static size_t
policy_size(const struct sts_policy *policy)
{
	return policy->mx.len + policy->text_len;
}

bool
job_has_room(const struct job *job, const struct sts_policy *policy)
{
	return job->resolver->policy_bytes - job->policy_size +
	    policy_size(policy) <=
	    JOB_POLICY_BYTES_MAX;
}

void
job_release(struct job *job)
{
	job->resolver->policy_bytes -= job->policy_size;
	free(job->policy_bytes);
	job->policy_bytes = NULL;
	job->policy_size = 0;
	job->policy = (struct sts_policy){ 0 };
	job->is_answering = false;
}

void
job_hold(struct job *job, const struct sts_policy *policy)
{
	size_t size = policy_size(policy);
	char *bytes = xmalloc(size);

	if (policy->mx.len > 0)
		memcpy(bytes, policy->mx.names, policy->mx.len);
	if (policy->text_len > 0)
		memcpy(bytes + policy->mx.len, policy->text, policy->text_len);
	job->resolver->policy_bytes += size;
	job->resolver->policy_bytes -= job->policy_size;
	free(job->policy_bytes);
	job->policy_bytes = bytes;
	job->policy_size = size;
	job->policy = *policy;
	job->policy.mx.names = bytes;
	job->policy.text = bytes + policy->mx.len;
}

bool
job_is_ahead(const struct job *job)
{
	return job->is_answering && job->step != JOB_COMMIT;
}

bool
job_is_used_once(const struct job *job)
{
	return job->is_answering && job->step == JOB_DONE &&
	    loop_timer_is_set(job->pause);
}

/*
 * There is no policy to tell. While a write is under way the job stays, so
 * that a disk that takes none has one to keep for each domain.
 */
static void
end_without(struct job *job, const struct resolver_answer *answer)
{
	if (job->write == NULL) {
		resolver_end(job, answer);
		return;
	}
	/* What has expired needs no writing; what was withdrawn must go. */
	if (job->rewrite == JOB_REWRITE_PUT)
		job->rewrite = JOB_REWRITE_NOT;
	job_release(job);
	job->step = JOB_DONE;
	resolver_settle(job, answer);
}

/* Nothing is left to do once it is told and written. */
void
outcome_done(struct job *job)
{
	struct resolver_answer answer = {
		.status = RESOLVER_POLICY,
		.policy = job->policy,
	};

	if (job->write == NULL && !loop_timer_is_set(job->pause))
		resolver_end(job, &answer);
}

static void
tell_policy(struct job *job)
{
	struct resolver_answer answer = {
		.status = RESOLVER_POLICY,
		.policy = job->policy,
	};

	job->is_answering = true;
	job->step = JOB_DONE;
	resolver_settle(job, &answer);
}

static void on_written(void *);

/* Put the policy it holds, or see to it when the last write is over. */
static void
put(struct job *job)
{
	struct resolver *r = job->resolver;
	struct buf verdicts = { 0 };
	struct entry entry;
	bool is_new;

	if (job->write != NULL) {
		job->rewrite = JOB_REWRITE_PUT;
		return;
	}
	is_new = cache_get(r->cache, job->domain, job->domain_len, &entry) !=
	    CACHE_HIT;
	if (is_new)
		entry = (struct entry){ .first_seen = job->state.fetched };
	if (is_new || used_is_marked(r->used, job->domain, job->domain_len))
		entry.used_day = clock_now() / DAY_S;
	entry.state = job->state;
	entry.policy = job->policy;
	entry_remember(&entry);
	if (r->danes != NULL)
		danes_fill(r->danes, job->domain, &entry, &verdicts);
	job->write = cache_put(r->cache, job->domain, &entry, on_written, job);
	buf_clear(&verdicts);
}

static void
withdraw(struct job *job)
{
	if (job->write != NULL)
		job->rewrite = JOB_REWRITE_REMOVE;
	else
		job->write = cache_remove(
		    job->resolver->cache, job->domain, on_written, job);
}

static void
on_written(void *arg)
{
	struct job *job = arg;
	enum job_rewrite rewrite = job->rewrite;

	job->write = NULL;
	job->rewrite = JOB_REWRITE_NOT;
	switch (rewrite) {
	case JOB_REWRITE_PUT:
		put(job);
		return;
	case JOB_REWRITE_REMOVE:
		withdraw(job);
		return;
	case JOB_REWRITE_NOT:
		break;
	}
	switch (job->step) {
	case JOB_COMMIT:
		loop_timer_stop(job->pause);
		outcome_done(job);
		break;
	case JOB_DONE:
		outcome_done(job);
		break;
	case JOB_TXT:
	case JOB_PAUSE:
	case JOB_FETCH:
		break; /* it resolves anew */
	}
}

/* No policy: until the next check, in memory. */
void
outcome_none(struct job *job, enum sts_reason reason, const char *detail)
{
	struct resolver_answer answer = {
		.status = RESOLVER_NONE,
		.reason = reason,
	};
	struct outcome outcome = { NULL, reason, detail };

	log_outcome(job, &outcome);
	if (job->is_damaged) {
		/* What it was cannot be told: TEMP, in its own time again. */
		job->state.reason = STS_REASON_CACHE;
		answer.status = RESOLVER_TEMP;
		answer.reason = STS_REASON_CACHE;
		answer.detail = outcome_temp_text(STS_REASON_CACHE);
	}
	negatives_put(job->resolver->negatives, job->domain, job->domain_len,
	    &job->state);
	end_without(job, &answer);
}

const char *
outcome_temp_text(enum sts_reason reason)
{
	if (reason == STS_REASON_NO_SERVER)
		return temp_no_server;
	if (reason == STS_REASON_BUSY)
		return temp_busy;
	return reason == STS_REASON_CACHE ? temp_cache : temp_local;
}

void
outcome_deadline(const struct job *job, const struct resolver_answer *answer)
{
	log_info("deadline", "%s: answered %s after %lld ms, the %s goes on",
	    job->domain,
	    answer->status == RESOLVER_POLICY   ? "with the cached policy" :
		answer->status == RESOLVER_NONE ? "NOTFOUND" :
						  "TEMP",
	    (long long)(clock_ms() - job->started_ms),
	    job->fetch != NULL ? "fetch" : "look-up");
}

void
outcome_temp(struct job *job, enum sts_reason reason, const char *detail)
{
	struct resolver_answer answer = {
		.status = RESOLVER_TEMP,
		.reason = reason,
		.detail = outcome_temp_text(reason),
	};
	struct outcome outcome = { NULL, reason, detail };

	log_outcome(job, &outcome);
	end_without(job, &answer);
}

/* Must the times of a policy that stands go unwritten? */
static bool
is_crowded(const struct resolver *r)
{
	return r->job_count > JOBS_MAX / 2 ||
	    r->policy_bytes > JOB_POLICY_BYTES_MAX / 2;
}

/* The policy in the cache stands; its times have changed. */
void
outcome_keep(struct job *job, enum sts_reason reason, const char *detail)
{
	struct resolver *r = job->resolver;
	struct outcome outcome = { source_cache, reason, detail };
	struct entry entry;

	if (!job->is_answering) {
		if (cache_get(r->cache, job->domain, job->domain_len, &entry) !=
		    CACHE_HIT) {
			/* It was removed, or the disk fails: begin anew. */
			outcome_temp(job, STS_REASON_CACHE, detail);
			return;
		}
		job_hold(job, &entry.policy);
	}
	log_outcome(job, &outcome);
	if (job->write == NULL && is_crowded(r)) {
		/* A disk that takes nothing leaves no room for first ones. */
		outcome_done(job);
		return;
	}
	put(job);
	tell_policy(job);
}

/* Told when it is durable, or after commit_wait all the same. */
void
outcome_overdue(struct job *job)
{
	tell_policy(job);
}

void
outcome_store(struct job *job, const struct sts_policy *policy)
{
	struct resolver *r = job->resolver;
	struct outcome outcome = { source_fetch, job->state.reason, NULL };

	log_outcome(job, &outcome);
	job_hold(job, policy);
	negatives_remove(r->negatives, job->domain, job->domain_len);
	job->step = JOB_COMMIT;
	put(job);
	loop_timer_set(job->pause, r->config->commit_wait * 1000);
}

/* max_age 0: for this delivery, whose other MX hosts ask in a moment. */
void
outcome_use_once(
    struct job *job, const struct sts_policy *policy, bool is_stored)
{
	struct resolver *r = job->resolver;
	struct outcome outcome = { source_fetch, STS_REASON_OK, "max_age 0" };

	job->state.mode = policy->mode;
	if (job->has_id)
		strlcpy(job->state.id, job->id, sizeof(job->state.id));
	log_outcome(job, &outcome);
	job_hold(job, policy);
	negatives_remove(r->negatives, job->domain, job->domain_len);
	if (is_stored)
		withdraw(job);
	loop_timer_set(job->pause, r->config->query_timeout * 1000);
	tell_policy(job);
}
