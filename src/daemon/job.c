/* SPDX-License-Identifier: ISC */
/*
 * TXT, then the file, then the commit. What comes next is sts/refresh's
 * decision; this file only carries it out.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/xmalloc.h"
#include "daemon/job.h"
#include "daemon/stats.h"

#define NO_SERVER_PAUSE_MS 1000
#define OUR_FAULT_PAUSE_S  60

void
resolver_reload(struct resolver *r)
{
	r->settings = (struct refresh_settings){
		.txt_check_min = r->config->txt_check_min,
		.txt_check_max = r->config->txt_check_max,
		.negative_min = r->config->negative_min,
		.negative_max = r->config->negative_max,
		.refresh_interval = r->config->refresh_interval,
		.refresh_min = r->config->refresh_min,
		.fetch_timeout = r->config->fetch_timeout,
	};
}

static bool
is_same_body(const struct sts_policy *a, const struct sts_policy *b)
{
	return a->text_len == b->text_len &&
	    memcmp(a->text, b->text, a->text_len) == 0;
}

static void
take_policy(struct job *job, const struct sts_policy *policy)
{
	struct resolver *r = job->resolver;
	struct entry old;
	enum cache_status stored =
	    cache_get(r->cache, job->domain, job->domain_len, &old);
	struct refresh_file file = {
		.id = job->has_id ? job->id : NULL,
		.policy = policy,
	};

	if (job->is_answering)
		file.is_same_body = is_same_body(&job->policy, policy);
	else if (stored == CACHE_HIT)
		file.is_same_body = is_same_body(&old.policy, policy);
	switch (refresh_on_fetch(
	    &job->state, &r->settings, &file, clock_now(), arc4random())) {
	case REFRESH_STORE:
		outcome_store(job, policy);
		break;
	case REFRESH_USE_ONCE:
		/* What cannot be read must go too. */
		outcome_use_once(
		    job, policy, stored != CACHE_MISS || job->write != NULL);
		break;
	}
}

static void
fetch_failed(struct job *job, enum sts_reason reason, const char *detail)
{
	struct refresh_failure failure = {
		.id = job->has_id ? job->id : NULL,
		.reason = reason,
	};
	int64_t now = clock_now();

	if (sts_reason_is_ours(reason)) {
		refresh_put_off(&job->state, now + OUR_FAULT_PAUSE_S);
		if (refresh_what(&job->state, now) == REFRESH_POLICY)
			outcome_keep(job, reason, detail);
		else
			outcome_temp(job, reason, detail);
		return;
	}
	if (refresh_on_fetch_failed(&job->state, &job->resolver->settings,
		&failure, now, arc4random()) == REFRESH_KEEP)
		outcome_keep(job, reason, detail);
	else
		outcome_none(job, reason, detail);
}

static void
on_file(const struct fetch_result *result, void *arg)
{
	struct job *job = arg;
	struct sts_policy_file file = { 0 };
	struct sts_diags diags = { 0 };
	char detail[128];

	job->fetch = NULL;
	job->has_fetched = true;
	if (result->reason != STS_REASON_OK) {
		stats_add_fetch(job->resolver->stats, job->domain,
		    result->reason, result->detail);
		fetch_failed(job, result->reason, result->detail);
		return;
	}
	if (sts_policy_parse(result->body, result->body_len, &file, &diags) ==
	    -1) {
		snprintf(detail, sizeof(detail), "line %zu: %s%s%s",
		    diags.first_fatal.line,
		    sts_diag_word(diags.first_fatal.code),
		    diags.first_fatal.what != NULL ? ", " : "",
		    diags.first_fatal.what != NULL ? diags.first_fatal.what :
						     "");
		stats_add_fetch(job->resolver->stats, job->domain,
		    STS_REASON_SYNTAX, detail);
		fetch_failed(job, STS_REASON_SYNTAX, detail);
	} else if (!job_has_room(job, &file.policy)) {
		stats_add_fetch(
		    job->resolver->stats, job->domain, STS_REASON_BUSY, "");
		fetch_failed(job, STS_REASON_BUSY, "too many open policies");
	} else {
		stats_add_fetch(
		    job->resolver->stats, job->domain, STS_REASON_OK, "");
		take_policy(job, &file.policy);
	}
	sts_policy_file_clear(&file);
}

static void
get_file(struct job *job)
{
	job->step = JOB_FETCH;
	job->fetch = fetch_policy(job->resolver->fetcher, job->domain,
	    job->is_behind ? FETCH_BACKGROUND : FETCH_QUERY, on_file, job);
}

/* The records of the answer, as the decision table wants them. */
static void
read_txt(
    struct job *job, const struct dns_answer *answer, struct refresh_txt *txt)
{
	struct sts_record *record =
	    xreallocarray(NULL, answer->count, sizeof(*record));
	size_t i;

	for (i = 0; i < answer->count; i++) {
		record[i].data = answer->rr[i].txt.data;
		record[i].len = answer->rr[i].txt.len;
	}
	switch (sts_txt_parse(record, answer->count, job->id, NULL)) {
	case STS_TXT_VALID:
		txt->reason = STS_REASON_OK;
		txt->id = job->id;
		job->has_id = true;
		break;
	case STS_TXT_NONE:
		txt->reason = STS_REASON_TXT_NONE;
		break;
	case STS_TXT_MULTIPLE:
		txt->reason = STS_REASON_TXT_MULTIPLE;
		break;
	case STS_TXT_INVALID:
		txt->reason = STS_REASON_TXT_INVALID;
		break;
	}
	free(record);
}

/* False: no name server answers and there is time to ask again. */
static bool
judge_answer(
    struct job *job, const struct dns_answer *answer, struct refresh_txt *txt)
{
	int64_t left_ms;

	txt->ttl = answer->has_ttl ? (int64_t)answer->ttl : -1;
	switch (answer->status) {
	case DNS_OK:
		read_txt(job, answer, txt);
		break;
	case DNS_NODATA:
	case DNS_NXDOMAIN:
		txt->reason = STS_REASON_TXT_NONE;
		break;
	case DNS_FAILED:
	case DNS_TIMEOUT:
	case DNS_BAD_NAME:
		txt->reason = STS_REASON_TXT_LOOKUP;
		break;
	case DNS_LOCAL:
		txt->reason = STS_REASON_LOCAL;
		break;
	case DNS_NO_SERVER:
		/* (for good: the time that it took was not the domain's) */
		job->is_unanswered = true;
		txt->reason = STS_REASON_NO_SERVER;
		left_ms = job->started_ms - clock_ms() +
		    job->resolver->config->query_timeout * 1000;
		return left_ms <= NO_SERVER_PAUSE_MS;
	}
	return true;
}

static void
on_txt(const struct dns_answer *answer, void *arg)
{
	struct job *job = arg;
	struct refresh_txt txt = { 0 };
	int64_t now = clock_now();

	job->txt = NULL;
	job->has_id = false;
	if (!judge_answer(job, answer, &txt)) {
		job->step = JOB_PAUSE;
		loop_timer_set(job->pause, NO_SERVER_PAUSE_MS);
		return;
	}
	if (sts_reason_is_ours(txt.reason) &&
	    refresh_what(&job->state, now) != REFRESH_POLICY) {
		outcome_temp(job, txt.reason, answer->detail);
		return;
	}
	switch (refresh_on_txt(
	    &job->state, &job->resolver->settings, &txt, now, arc4random())) {
	case REFRESH_KEEP:
		outcome_keep(job, txt.reason, answer->detail);
		break;
	case REFRESH_NONE:
		outcome_none(job, job->state.reason, answer->detail);
		break;
	case REFRESH_FETCH:
		get_file(job);
		break;
	}
}

static void
ask_txt(struct job *job)
{
	char name[sizeof("_mta-sts.") + DOMAIN_MAX];

	snprintf(name, sizeof(name), "_mta-sts.%s", job->domain);
	job->is_damaged = job->state.reason == STS_REASON_CACHE;
	job->step = JOB_TXT;
	job->txt = dns_lookup(job->resolver->dns, name, DNS_TXT,
	    job->is_behind ? DNS_BACKGROUND : DNS_QUERY, on_txt, job);
}

static void
on_pause(void *arg)
{
	struct job *job = arg;

	switch (job->step) {
	case JOB_PAUSE:
		ask_txt(job);
		break;
	case JOB_COMMIT:
		outcome_overdue(job);
		break;
	case JOB_DONE:
		outcome_done(job);
		break;
	case JOB_TXT:
	case JOB_FETCH:
		break;
	}
}

void
job_begin(struct job *job)
{
	job->pause = loop_timer_new(job->resolver->loop, on_pause, job);
	ask_txt(job);
}

void
job_again(struct job *job, const struct refresh_state *state, bool is_behind)
{
	job->is_behind = is_behind;
	job->is_unanswered = false;
	job->has_fetched = false;
	job->started_ms = clock_ms();
	job->state = *state;
	ask_txt(job);
}

bool
job_is_started(const struct job *job)
{
	if (job->txt != NULL)
		return dns_is_started(job->txt);
	if (job->fetch != NULL)
		return fetch_is_started(job->fetch);
	return true;
}

void
job_hurry(struct job *job)
{
	bool is_queued = !job_is_started(job);

	job->is_behind = false;
	if (!is_queued)
		return;
	/* Its place in the queue begins now, and so does the deadline. */
	job->started_ms = clock_ms();
	if (job->txt != NULL) {
		dns_cancel(job->txt);
		ask_txt(job);
	} else {
		fetch_cancel(job->fetch);
		get_file(job);
	}
}

void
job_drop(struct job *job)
{
	dns_cancel(job->txt);
	fetch_cancel(job->fetch);
	cache_cancel(job->write);
	job->txt = NULL;
	job->fetch = NULL;
	job->write = NULL;
	job->rewrite = JOB_REWRITE_NOT;
	loop_timer_stop(job->pause);
	job_release(job);
}

void
job_free(struct job *job)
{
	job_drop(job);
	loop_timer_free(job->deadline);
	loop_timer_free(job->pause);
	free(job);
}
