/* SPDX-License-Identifier: ISC */
/*
 * Verdicts on DANE in memory, by (domain, port, brackets); the least recently
 * asked go first. Internal to daemon/dane.
 */
#ifndef DAEMON_DANETABLE_H
#define DAEMON_DANETABLE_H

#include <sys/queue.h>
#include <sys/tree.h>

#include "cache/entry.h"
#include "cache/verdict.h"
#include "daemon/dane.h"
#include "daemon/danejob.h"

struct dane_wait {
	LIST_ENTRY(dane_wait) entry;
	struct danes *danes;
	dane_cb *cb;
	void *arg;
};

LIST_HEAD(dane_waits, dane_wait);

/* One next-hop: what is known, and the look-ups under way. */
struct dane {
	RB_ENTRY(dane) entry;
	TAILQ_ENTRY(dane) used;
	const char *domain; /* is `name` below */
	struct danes *danes;
	struct verdict verdict; /* hosts: our own bytes */
	char *hosts;
	char *detail; /* why it is unknown; or NULL */
	size_t size; /* bytes, all of it */
	struct danejob *job; /* NULL: none; else it is not dropped */
	int64_t started_ms; /* of the job */
	struct loop_timer *deadline; /* of those who wait; with a job */
	struct dane_waits waits;
	char name[];
};

struct danetable;

struct danetable *danetable_new(size_t max_bytes);

/* No job may be open. */
void danetable_free(struct danetable *);

/* The next-hop, and the last in line to go; NULL: it is not there. */
struct dane *danetable_find(
    struct danetable *, const char *domain, uint16_t port, bool is_bracketed);

/* A new one, of which nothing is known. It may push out others. */
struct dane *danetable_add(
    struct danetable *, const char *domain, uint16_t port, bool is_bracketed);

/* Keep a copy of hosts and detail (NULL: none) with it. */
void danetable_keep(struct danetable *, struct dane *,
    const struct verdict_hosts *, const char *detail);

/* The first of a domain's next-hops, and the one after; NULL: no more. */
struct dane *danetable_first(struct danetable *, const char *domain);
struct dane *danetable_next(struct dane *);

/* One with a job; NULL: there is none. */
struct dane *danetable_busy(struct danetable *);

size_t danetable_count(const struct danetable *);

/* danelog.c: look-ups have ended, and what came of them is in d. */
void dane_log_verdict(const struct dane *d, const struct danejob_result *);

/* danelog.c: those who wait are told before the end. */
void dane_log_deadline(const struct dane *, enum sts_dane_verdict);

/* danelog.c: no answer was signed behind any of so many verdicts. */
void dane_log_unsigned(struct dns *, unsigned int verdicts);

/* danelog.c: nobody's AD bit is believed any more, or somebody's is again. */
void dane_log_doubt(struct dns *, bool is_doubted);

#endif
