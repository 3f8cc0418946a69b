/* SPDX-License-Identifier: ISC */
/*
 * A timer does a little of each job a turn. Refreshes are begun by the
 * resolver's own rules; what becomes of them is told to a watcher, who looks
 * for the job that has the domain under way.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "base/xmalloc.h"
#include "daemon/adminjob.h"
#include "daemon/adminjobs.h"

#define TURN_MS          25
#define TURN_US          1000
#define STARTS_PER_TURN  4 /* 160 a second, and fetch_parallel at once */
#define REMOVES_PER_TURN 256
#define NEGATIVES_A_TURN 500
#define DETAIL_BYTES     160

static const char *
outcome_word(enum resolver_end end)
{
	switch (end) {
	case RESOLVER_FETCHED:
		return "fetched";
	case RESOLVER_KEPT:
		return "kept";
	case RESOLVER_NO_POLICY:
		return "none";
	case RESOLVER_FAILED:
		return "failed";
	case RESOLVER_FORGOTTEN:
		break;
	}
	return "removed";
}

/* Has a refresh not come to what it was for? */
static bool
is_failure(const struct resolver_event *event)
{
	switch (event->end) {
	case RESOLVER_FETCHED:
	case RESOLVER_FORGOTTEN:
		break;
	case RESOLVER_KEPT:
	case RESOLVER_NO_POLICY:
		return event->reason != STS_REASON_OK &&
		    event->reason != STS_REASON_TXT_NONE;
	case RESOLVER_FAILED:
		return true;
	}
	return false;
}

static void
add_result(struct adminjob *job, const struct resolver_event *event)
{
	struct adminjob_result *r =
	    &job->result[job->done % ADMINJOB_RESULTS_MAX];
	struct buf detail = { 0 };

	free(r->domain);
	free(r->detail);
	if (event->detail != NULL)
		text_escape(&detail, event->detail,
		    strnlen(event->detail, DETAIL_BYTES));
	*r = (struct adminjob_result){
		.domain = xstrdup(event->domain),
		.outcome = outcome_word(event->end),
		.reason = event->reason,
		.detail = detail.data, /* NULL: none */
	};
	job->done++;
	job->failed += is_failure(event);
}

/* A resolution has ended: whose was it? */
static void
on_event(const struct resolver_event *event, void *arg)
{
	struct adminjobs *jobs = arg;
	struct adminjob *job;
	size_t i;

	TAILQ_FOREACH(job, &jobs->list, entry)
	{
		for (i = 0; i < job->under_way; i++) {
			if (strcmp(job->domain[i], event->domain) != 0)
				continue;
			memcpy(job->domain[i], job->domain[--job->under_way],
			    sizeof(job->domain[i]));
			add_result(job, event);
			break;
		}
	}
}

/* The next name of those read ahead, or NULL. */
static const char *
next_name(struct adminjob *job)
{
	if (job->name_at >= job->names.len)
		return NULL;
	return job->names.data + job->name_at;
}

static bool
on_entry(const char *domain, size_t len, const struct entry *entry, void *arg)
{
	struct adminjob *job = arg;
	bool is_wanted = job->what != ADMINJOB_FAILING ||
	    (entry != NULL && entry->state.failures > 0);

	memcpy(job->cursor, domain, len + 1);
	if (is_wanted) {
		buf_put(&job->names, domain, len + 1);
		job->found++;
	}
	return admin_budget_spend(&job->budget) &&
	    job->found < REMOVES_PER_TURN;
}

/* Read names ahead from the cache. */
static void
find_names(struct adminjobs *jobs, struct adminjob *job)
{
	job->found = 0;
	buf_reset(&job->names);
	job->name_at = 0;
	admin_budget_begin(&job->budget, TURN_US);
	if (cache_list(jobs->admin->parts.cache, job->cursor, on_entry, job) !=
	    CACHE_HIT)
		job->is_read = true;
}

static bool
is_under_way(const struct adminjob *job, const char *name)
{
	size_t i;

	for (i = 0; i < job->under_way; i++)
		if (strcmp(job->domain[i], name) == 0)
			return true;
	return false;
}

/* False: not now. */
static bool
begin_refresh(struct adminjobs *jobs, struct adminjob *job, const char *name)
{
	struct resolver_event fresh = { .domain = name,
		.end = RESOLVER_FETCHED };

	if (job->under_way == ADMINJOB_UNDER_WAY || is_under_way(job, name))
		return false;
	switch (resolver_refresh_now(
	    jobs->admin->parts.resolver, name, strlen(name))) {
	case RESOLVER_REFRESH_FULL:
		return false;
	case RESOLVER_REFRESH_BEGUN:
		(void)strlcpy(job->domain[job->under_way++], name,
		    sizeof(job->domain[0]));
		break;
	case RESOLVER_REFRESH_OPEN:
		add_result(job, &fresh);
		break;
	}
	return true;
}

static void
refresh_turn(struct adminjobs *jobs, struct adminjob *job)
{
	const char *name;
	int starts;

	for (starts = 0; starts < STARTS_PER_TURN; starts++) {
		name = next_name(job);
		if (name == NULL && !job->is_read) {
			find_names(jobs, job);
			name = next_name(job);
		}
		if (name == NULL || !begin_refresh(jobs, job, name))
			break;
		job->name_at += strlen(name) + 1;
	}
	if (next_name(job) == NULL && job->is_read && job->under_way == 0)
		job->ended = clock_now();
}

/* One of a flush's removals, until it is durable. */
struct removal {
	LIST_ENTRY(removal) entry;
	struct adminjob *job;
	struct cache_write *write;
};

static void
on_removed(void *arg)
{
	struct removal *removal = arg;

	LIST_REMOVE(removal, entry);
	removal->job->removing--;
	removal->job->done++;
	free(removal);
}

static void
remove_one(struct adminjobs *jobs, struct adminjob *job, const char *name)
{
	struct removal *removal = xcalloc(1, sizeof(*removal));

	(void)resolver_forget(jobs->admin->parts.resolver, name, strlen(name));
	removal->job = job;
	LIST_INSERT_HEAD(&job->removals, removal, entry);
	job->removing++;
	removal->write =
	    cache_remove(jobs->admin->parts.cache, name, on_removed, removal);
}

/* Jobs first: what they write comes before what is removed afterwards. */
static bool
flush_memory(struct adminjobs *jobs, struct adminjob *job)
{
	struct resolver *r = jobs->admin->parts.resolver;

	admin_budget_begin(&job->budget, TURN_US);
	while (!job->are_jobs_gone) {
		if (!resolver_forget_next(r, job->cursor)) {
			job->are_jobs_gone = true;
			job->cursor[0] = '\0';
			break;
		}
		/* It may have given the cache something already. */
		cache_remove(jobs->admin->parts.cache, job->cursor, NULL, NULL);
		if (!admin_budget_spend(&job->budget))
			return false;
	}
	return resolver_forget_negatives(r, NEGATIVES_A_TURN) == 0;
}

static void
flush_turn(struct adminjobs *jobs, struct adminjob *job)
{
	struct cache_counts counts;
	const char *name;

	if (!job->is_memory_gone) {
		job->is_memory_gone = flush_memory(jobs, job);
		return;
	}
	cache_count(jobs->admin->parts.cache, &counts);
	if (counts.writes_queued >= REMOVES_PER_TURN)
		return;
	if (!job->is_read)
		find_names(jobs, job);
	for (; (name = next_name(job)) != NULL;
	     job->name_at += strlen(name) + 1)
		remove_one(jobs, job, name);
	if (job->is_read && job->removing == 0)
		job->ended = clock_now();
}

static void
job_free(struct adminjobs *jobs, struct adminjob *job)
{
	struct removal *removal;
	size_t i;

	TAILQ_REMOVE(&jobs->list, job, entry);
	jobs->count--;
	while ((removal = LIST_FIRST(&job->removals)) != NULL) {
		LIST_REMOVE(removal, entry);
		cache_cancel(removal->write);
		free(removal);
	}
	for (i = 0; i < ADMINJOB_RESULTS_MAX && job->result != NULL; i++) {
		free(job->result[i].domain);
		free(job->result[i].detail);
	}
	free(job->result);
	buf_clear(&job->names);
	free(job);
}

static void
on_turn(void *arg)
{
	struct adminjobs *jobs = arg;
	struct adminjob *job, *next;
	bool is_running = false;

	for (job = TAILQ_FIRST(&jobs->list); job != NULL; job = next) {
		next = TAILQ_NEXT(job, entry);
		if (job->ended == 0 && job->what == ADMINJOB_FLUSH)
			flush_turn(jobs, job);
		else if (job->ended == 0)
			refresh_turn(jobs, job);
		if (job->ended == 0)
			is_running = true;
		else if (clock_now() - job->ended >= ADMINJOB_KEEP_S)
			job_free(jobs, job);
	}
	if (!TAILQ_EMPTY(&jobs->list))
		loop_timer_set(
		    jobs->turn, is_running ? TURN_MS : ADMINJOB_KEEP_S * 100);
}

struct adminjobs *
adminjobs_new(struct admin *admin)
{
	struct adminjobs *jobs = xcalloc(1, sizeof(*jobs));

	jobs->admin = admin;
	TAILQ_INIT(&jobs->list);
	jobs->turn = loop_timer_new(admin->loop, on_turn, jobs);
	resolver_watch(admin->parts.resolver, on_event, jobs);
	return jobs;
}

void
adminjobs_free(struct adminjobs *jobs)
{
	if (jobs == NULL)
		return;
	resolver_watch(jobs->admin->parts.resolver, NULL, NULL);
	while (!TAILQ_EMPTY(&jobs->list))
		job_free(jobs, TAILQ_FIRST(&jobs->list));
	loop_timer_free(jobs->turn);
	free(jobs);
}

/* A place for one more; false: all run, or a flush does and this is one. */
static bool
make_room(struct adminjobs *jobs, enum adminjob_what what)
{
	struct adminjob *job, *ended = NULL;

	TAILQ_FOREACH(job, &jobs->list, entry)
	{
		if (job->ended == 0 && what == ADMINJOB_FLUSH &&
		    job->what == what)
			return false;
		if (job->ended != 0 && ended == NULL)
			ended = job;
	}
	if (jobs->count < ADMINJOBS_MAX)
		return true;
	if (ended != NULL)
		job_free(jobs, ended);
	return ended != NULL;
}

static int64_t
count_policies(const struct adminjobs *jobs)
{
	struct cache_counts counts;

	cache_count(jobs->admin->parts.cache, &counts);
	return (int64_t)(counts.by_mode[STS_MODE_NONE] +
	    counts.by_mode[STS_MODE_TESTING] +
	    counts.by_mode[STS_MODE_ENFORCE]);
}

unsigned int
adminjob_start(struct adminjobs *jobs, enum adminjob_what what,
    struct buf *names, size_t count)
{
	struct adminjob *job;

	if (!make_room(jobs, what)) {
		buf_clear(names);
		return 0;
	}
	job = xcalloc(1, sizeof(*job));
	job->number = ++jobs->last;
	job->what = what;
	job->names = *names;
	*names = (struct buf){ 0 };
	job->is_read = what == ADMINJOB_DOMAINS;
	job->total = -1;
	if (what == ADMINJOB_DOMAINS)
		job->total = (int64_t)count;
	else if (what != ADMINJOB_FAILING)
		job->total = count_policies(jobs);
	LIST_INIT(&job->removals);
	if (what != ADMINJOB_FLUSH)
		job->result =
		    xcalloc(ADMINJOB_RESULTS_MAX, sizeof(*job->result));
	TAILQ_INSERT_TAIL(&jobs->list, job, entry);
	jobs->count++;
	loop_timer_set(jobs->turn, 0);
	return job->number;
}
