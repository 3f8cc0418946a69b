/* SPDX-License-Identifier: ISC */
/*
 * From a next-hop to the verdict on DANE, which comes before MTA-STS (RFC 8461
 * section 2). One job a next-hop looks up; all who ask meanwhile wait for it.
 * Verdicts are kept in bounded memory, and in the cache's record of the
 * domain, so that the last one is there after a restart.
 */
#ifndef DAEMON_DANE_H
#define DAEMON_DANE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/config.h"
#include "base/loop.h"
#include "cache/cache.h"
#include "cache/verdict.h"
#include "net/dns.h"
#include "sts/dane.h"

struct danes;
struct dane_wait;

/* All must outlive it. */
struct dane_parts {
	struct dns *dns;
	struct cache *cache;
};

struct danes *
danes_new(struct loop *, const struct config *, const struct dane_parts *);

/* Ends all jobs; waiting callbacks never come. NULL is fine. */
void danes_free(struct danes *);

/*
 * dane = yes is of use only where some name server's AD bit is believed. -1
 * (logged) when it is set and none is; a warning when some are not. For the
 * start and for a reload, of a configuration that dns_new() takes.
 */
int danes_check_trust(const struct config *);

struct dane_answer {
	enum sts_dane_verdict verdict;
	const char *detail; /* with UNKNOWN: why, in words for Postfix; lends
			       until the callback returns, or the next call */
	int64_t until; /* s; the same will be answered until then; 0: unsaid */
};

typedef void dane_cb(const struct dane_answer *, void *arg);

/* A next-hop. domain: A-labels, lower case, NUL-terminated. */
struct dane_query {
	const char *domain;
	uint16_t port;
	bool is_bracketed;
	dane_cb *cb;
	void *arg;
};

/*
 * Take what the cache's record has of the next-hop into memory. True when the
 * cache was read: then nothing it lent before is valid any more.
 */
bool danes_recall(struct danes *, const struct dane_query *);

/*
 * The verdict, after danes_recall(). True: at once, in *answer. False: *wait
 * is set and the callback comes once, later, at the latest after query_timeout
 * (revalidate_wait when the last verdict is fresh), unless cancelled; *wait is
 * gone when it begins. Does not read the cache.
 */
bool danes_ask(struct danes *, const struct dane_query *, struct dane_answer *,
    struct dane_wait **wait);

/* NULL is fine. */
void dane_cancel(struct dane_wait *);

/*
 * Give an entry that is about to be written the verdicts on its domain; bytes
 * holds them. Without dane = yes: none.
 */
void danes_fill(
    struct danes *, const char *domain, struct entry *, struct buf *bytes);

/*
 * What is known of a domain's next-hops, for people: in memory, else in the
 * record given (NULL: none). At most VERDICTS_MAX, all lent until the next
 * call of anything. Returns how many.
 */
size_t danes_list(struct danes *, const char *domain, const struct entry *,
    struct verdict out[VERDICTS_MAX]);

/* Verdicts on a domain are looked up anew when they are asked for next. */
void danes_forget(struct danes *, const char *domain);

/* For metrics: verdicts reached since the start, by sts_dane_verdict. */
struct dane_counts {
	uint64_t by_verdict[STS_DANE_ALL + 1];
	uint64_t jobs; /* open */
	uint64_t kept; /* verdicts in memory */
	bool is_doubted; /* the last look-ups found no server to believe */
};
void danes_count(const struct danes *, struct dane_counts *);

#endif
