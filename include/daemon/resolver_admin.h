/* SPDX-License-Identifier: ISC */
/* What an administrator asks of the resolver. */
#ifndef DAEMON_RESOLVER_ADMIN_H
#define DAEMON_RESOLVER_ADMIN_H

#include "base/domain.h"
#include "daemon/resolver.h"

/* How a resolution ended. All of it lends until the callback returns. */
enum resolver_end {
	RESOLVER_FETCHED, /* a policy, new or not */
	RESOLVER_KEPT, /* the one there was stands */
	RESOLVER_NO_POLICY,
	RESOLVER_FAILED, /* our fault: nothing is known */
	RESOLVER_FORGOTTEN /* by resolver_forget() */
};

struct resolver_event {
	const char *domain;
	enum resolver_end end;
	enum sts_reason reason; /* OK: nothing failed */
	const char *detail; /* any bytes; NULL: none */
};

/*
 * Tell cb of every resolution that ends, from inside it: cb must not call the
 * resolver. NULL ends that. One at a time.
 */
typedef void resolver_watch_cb(const struct resolver_event *, void *arg);
void resolver_watch(struct resolver *, resolver_watch_cb *, void *arg);

/* What is known of a domain, nobody being asked and nothing being marked. */
enum resolver_source {
	RESOLVER_KNOWS_NOTHING,
	RESOLVER_IN_CACHE,
	RESOLVER_IN_MEMORY, /* an open job's policy */
	RESOLVER_IN_NEGATIVES,
	RESOLVER_UNREADABLE /* the cache cannot be read (logged) */
};

struct resolver_seen {
	struct refresh_state state;
	struct sts_policy policy; /* lends as in struct resolver_answer */
};

enum resolver_source resolver_look(
    struct resolver *, const char *domain, size_t len, struct resolver_seen *);

/*
 * Fetch the domain's policy in the background, whatever back-offs say; with
 * RESOLVER_REFRESH_BEGUN its end is told to the watcher. An open job will do,
 * if it can still come to a fetch; OPEN: it has just made one, which is being
 * written.
 */
enum resolver_refresh
resolver_refresh_now(struct resolver *, const char *domain, size_t len);

/*
 * Forget what memory knows of a domain: negative, finished replies, its job
 * and whatever that has found out. When somebody waits, the job begins anew,
 * so that what they are told was asked for after this; otherwise it ends. True
 * when there was a negative or a job. Who also removes the policy from the
 * cache does that after this call: the cache keeps the order of writes, so
 * what the job had already given it goes too.
 */
bool resolver_forget(struct resolver *, const char *domain, size_t len);

/*
 * A policy of the domain was put into the cache from outside: what memory knew
 * instead is forgotten. An open job goes on, and finds it there.
 */
void resolver_learned(struct resolver *, const char *domain, size_t len);

/*
 * Forget the first job after a name ("": the first of all), whose name
 * takes its place. False: there is none.
 */
bool resolver_forget_next(struct resolver *, char name[DOMAIN_MAX + 1]);

/* Forget so many negatives. How many there were to forget. */
size_t resolver_forget_negatives(struct resolver *, size_t max);

struct resolver_counts {
	size_t jobs; /* all of them, */
	size_t refreshes; /* ... and the background's own */
	size_t waiting; /* requests */
	size_t negatives;
	size_t policy_bytes; /* held by jobs */
};
void resolver_count(struct resolver *, struct resolver_counts *);

#endif
