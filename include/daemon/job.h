/* SPDX-License-Identifier: ISC */
/*
 * One resolution of one domain: TXT record, policy file, commit. Internal to
 * daemon/: resolver.c keeps the jobs and those who wait, job.c takes a job
 * from step to step and says what came of it.
 */
#ifndef DAEMON_JOB_H
#define DAEMON_JOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>
#include <sys/tree.h>

#include "base/config.h"
#include "base/domain.h"
#include "base/loop.h"
#include "cache/cache.h"
#include "daemon/negative.h"
#include "daemon/resolver.h"
#include "daemon/resolver_admin.h"
#include "net/dns.h"
#include "net/fetch.h"
#include "sts/refresh.h"

enum job_step {
	JOB_TXT, /* asks for the record */
	JOB_PAUSE, /* no name server answers: again in a second */
	JOB_FETCH, /* gets the file */
	JOB_COMMIT, /* its result is being written */
	JOB_DONE /* used once, or only waits for the last write */
};

/* What must be written once the write under way is over. */
enum job_rewrite {
	JOB_REWRITE_NOT,
	JOB_REWRITE_PUT,
	JOB_REWRITE_REMOVE
};

/* All policies held by jobs. */
#define JOB_POLICY_BYTES_MAX 8388608
#define JOBS_MAX             4096

struct resolver_wait {
	LIST_ENTRY(resolver_wait) entry;
	struct resolver *resolver;
	resolver_cb *cb;
	void *arg;
};

LIST_HEAD(resolver_waits, resolver_wait);

struct job {
	RB_ENTRY(job) entry;
	struct resolver *resolver;
	char domain[DOMAIN_MAX + 1];
	size_t domain_len;
	enum job_step step;
	bool is_behind; /* nobody has waited for it yet */
	bool is_refresh; /* one of the background's own */
	bool is_unanswered; /* by any name server, for a while */
	bool is_damaged; /* the record that the cache has */
	int64_t started_ms;
	struct refresh_state state; /* as known, then as decided */
	struct resolver_waits waits;
	struct loop_timer *deadline; /* of those who wait */
	struct loop_timer *pause; /* of the step */
	struct dns_lookup *txt;
	struct fetch *fetch;
	struct cache_write *write;
	enum job_rewrite rewrite;
	bool has_fetched; /* or tried to */
	/* the TXT record that led to the fetch */
	bool has_id;
	char id[STS_ID_MAX + 1];
	/* what it found, and whether that was told: it may be newer than the
	 * cache, and goes before it */
	struct sts_policy policy;
	char *policy_bytes;
	size_t policy_size;
	bool is_answering;
};

RB_HEAD(job_tree, job);

struct resolver {
	struct loop *loop;
	const struct config *config;
	struct dns *dns;
	struct fetcher *fetcher;
	struct cache *cache;
	struct used *used;
	struct hot *hot;
	struct stats *stats;
	struct danes *danes;
	resolver_watch_cb *watch_cb; /* NULL: nobody watches */
	void *watch_arg;
	struct negatives *negatives;
	struct refresh_settings settings;
	struct job_tree jobs;
	size_t job_count;
	size_t refresh_count; /* of them, the background's own */
	size_t wait_count;
	size_t policy_bytes; /* held by all jobs */
};

/* jobs.c: a resolver's jobs, in the order of their domains. */
void jobs_add(struct job *);
void jobs_remove(struct job *);

/* The domain's, or the first one behind a name; or NULL. */
struct job *jobs_find(struct resolver *, const char *domain, size_t len);
struct job *jobs_next(struct resolver *, const char *name);

/* Ask for the TXT record. The job is in the tree. */
void job_begin(struct job *);

/*
 * Resolve anew, while the last write still waits for the disk. state is what
 * is known now.
 */
void job_again(struct job *, const struct refresh_state *, bool is_behind);

/* Somebody waits now: go before the background in the queues. */
void job_hurry(struct job *);

/* Is the step under way, or does it wait for its turn? */
bool job_is_started(const struct job *);

/* Keep a copy of a policy for as long as the job lives, or forget it. */
void job_hold(struct job *, const struct sts_policy *);
void job_release(struct job *);

/* Is there room for another policy, in place of the one it holds? */
bool job_has_room(const struct job *, const struct sts_policy *);

/* Does it answer for the domain, whatever the cache has? */
bool job_is_ahead(const struct job *);

/* Has it a policy with max_age 0, for those who ask within the delivery? */
bool job_is_used_once(const struct job *);

/*
 * Stop whatever runs and forget what was found out. A write already given to
 * the cache goes on, untold.
 */
void job_drop(struct job *);

/* Stop whatever runs and free it; those who wait are not called. */
void job_free(struct job *);

/* outcome.c: no policy; kept in memory until the next check. */
void outcome_none(struct job *, enum sts_reason, const char *detail);

/* outcome.c: a fault of ours in words for Postfix; a constant. */
const char *outcome_temp_text(enum sts_reason);

/* outcome.c: those who wait were told `answer`, and the job goes on. */
void outcome_deadline(const struct job *, const struct resolver_answer *);

/* outcome.c: our own fault; nothing is kept. */
void outcome_temp(struct job *, enum sts_reason, const char *detail);

/* outcome.c: the policy in the cache stands; its times are written. */
void outcome_keep(struct job *, enum sts_reason, const char *detail);

/* outcome.c: a new policy, told when durable. */
void outcome_store(struct job *, const struct sts_policy *);

/* outcome.c: commit_wait is over, tell it all the same. */
void outcome_overdue(struct job *);

/* outcome.c: max_age 0. For this delivery, whose other MX hosts ask next. */
void outcome_use_once(struct job *, const struct sts_policy *, bool is_stored);

/* outcome.c: end the job, if nothing is left to tell or to write. */
void outcome_done(struct job *);

/* resolver.c: tell all who wait. The job may be asked again meanwhile. */
void resolver_settle(struct job *, const struct resolver_answer *);

/* resolver_admin.c: tell the watcher that the resolution has ended. */
void resolver_tell(
    const struct job *, enum resolver_end, enum sts_reason, const char *detail);

/* resolver.c: out of the tree, tell all who wait, free. */
void resolver_end(struct job *, const struct resolver_answer *);

#endif
