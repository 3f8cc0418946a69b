/* SPDX-License-Identifier: ISC */
/* What adminjob.c works on and adminjob_json.c tells of; nobody else's. */
#ifndef DAEMON_ADMINJOBS_H
#define DAEMON_ADMINJOBS_H

#include <sys/queue.h>

#include "daemon/adminjob.h"
#include "daemon/resolver_admin.h"

#define ADMINJOB_UNDER_WAY 64

struct adminjob_result {
	char *domain;
	const char *outcome; /* a constant */
	enum sts_reason reason;
	char *detail; /* NULL: none */
};

struct removal;

struct adminjob {
	TAILQ_ENTRY(adminjob) entry;
	unsigned int number;
	enum adminjob_what what;
	int64_t ended; /* 0: it runs */
	int64_t total; /* -1: not known */
	uint64_t done, failed;
	struct buf names; /* read ahead, or all of them */
	size_t name_at; /* the next one */
	size_t found; /* in this turn */
	bool is_read; /* no more names follow */
	char cursor[DOMAIN_MAX + 1]; /* in the cache, or among jobs */
	struct admin_budget budget;
	/* refresh: domains whose end is awaited; a ring of results */
	char domain[ADMINJOB_UNDER_WAY][DOMAIN_MAX + 1];
	size_t under_way;
	struct adminjob_result *result;
	/* flush */
	bool are_jobs_gone, is_memory_gone;
	LIST_HEAD(, removal) removals;
	size_t removing;
};

struct adminjobs {
	struct admin *admin;
	TAILQ_HEAD(, adminjob) list; /* first: the oldest */
	size_t count;
	unsigned int last;
	struct loop_timer *turn;
};

#endif
