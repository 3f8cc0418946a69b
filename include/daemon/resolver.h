/* SPDX-License-Identifier: ISC */
/*
 * From a policy domain to what is known of its policy: one job a domain looks
 * TXT up, fetches, stores; all who ask meanwhile wait for that job. What to
 * do is sts/refresh's decision, how long to wait the settings'.
 */
#ifndef DAEMON_RESOLVER_H
#define DAEMON_RESOLVER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/config.h"
#include "base/loop.h"
#include "cache/cache.h"
#include "cache/used.h"
#include "net/dns.h"
#include "net/fetch.h"
#include "sts/policy.h"
#include "sts/reason.h"
#include "sts/refresh.h"

struct danes;
struct hot;
struct resolver;
struct resolver_wait;
struct stats;

enum resolver_status {
	RESOLVER_POLICY, /* apply `policy` (any mode) */
	RESOLVER_NONE, /* no policy: NOTFOUND */
	RESOLVER_TEMP, /* our fault: TEMP, reason says which */
	RESOLVER_WAIT /* of resolver_ask(): the callback comes */
};

/* policy lends until the callback returns, or the next resolver call. */
struct resolver_answer {
	enum resolver_status status;
	struct sts_policy policy; /* with RESOLVER_POLICY */
	enum sts_reason reason;
	const char *detail; /* with RESOLVER_TEMP: words for Postfix */
	int64_t until; /* s; the same will be answered until then; 0: unsaid */
};

typedef void resolver_cb(const struct resolver_answer *, void *arg);

/* What it works with; all must outlive it. */
struct resolver_parts {
	struct dns *dns;
	struct fetcher *fetcher;
	struct cache *cache;
	struct used *used; /* who was asked for */
	struct hot *hot; /* told of what changes; NULL: nobody is */
	struct stats *stats; /* told of what happens; NULL: nobody is */
	struct danes *danes; /* whose verdicts records carry; NULL: none */
};

struct resolver *resolver_new(
    struct loop *, const struct config *, const struct resolver_parts *);

/* The configuration has changed: what is decided from now on follows it. */
void resolver_reload(struct resolver *);

/* Ends all jobs; waiting callbacks never come. */
void resolver_free(struct resolver *);

/* domain: A-labels, lower case, at most RESOLVER_DOMAIN_MAX octets. */
struct resolver_query {
	const char *domain;
	size_t domain_len;
	resolver_cb *cb;
	void *arg;
};

/* "_mta-sts." must fit in front of it. */
#define RESOLVER_DOMAIN_MAX 244

/*
 * What is known of a domain. At once in *answer, or RESOLVER_WAIT: then *wait
 * is set and the callback comes exactly once, later, at the latest after
 * query_timeout and commit_wait, unless cancelled; *wait is gone when it
 * begins.
 */
enum resolver_status
resolver_ask(struct resolver *, const struct resolver_query *,
    struct resolver_answer *answer, struct resolver_wait **wait);

/* NULL is fine. */
void resolver_cancel(struct resolver_wait *);

enum resolver_refresh {
	RESOLVER_REFRESH_BEGUN,
	RESOLVER_REFRESH_OPEN, /* a job of its is open already */
	RESOLVER_REFRESH_FULL /* fetch_parallel of them are: later */
};

/* Refresh a policy (its state as stored) in the background. */
enum resolver_refresh resolver_refresh(struct resolver *, const char *domain,
    size_t len, const struct refresh_state *);

#endif
