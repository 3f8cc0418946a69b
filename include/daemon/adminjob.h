/* SPDX-License-Identifier: ISC */
/*
 * What an administrator starts and the daemon works off by and by: refreshes,
 * so many a second and fetch_parallel at once, behind all look-ups; a flush,
 * as fast as the disk takes it. Internal to the administration API.
 */
#ifndef DAEMON_ADMINJOB_H
#define DAEMON_ADMINJOB_H

#include "daemon/adminroute.h"

#define ADMINJOBS_MAX        8
#define ADMINJOB_KEEP_S      600 /* after its end */
#define ADMINJOB_RESULTS_MAX 10000 /* the last ones are kept */

struct adminjobs;

struct adminjobs *adminjobs_new(struct admin *);

/* What runs is forgotten. NULL is fine. */
void adminjobs_free(struct adminjobs *);

enum adminjob_what {
	ADMINJOB_DOMAINS, /* refresh these */
	ADMINJOB_FAILING, /* refresh what failed last time */
	ADMINJOB_ALL, /* refresh everything */
	ADMINJOB_FLUSH
};

/*
 * names: of ADMINJOB_DOMAINS, each NUL-terminated, count of them, taken over.
 * The job's number; 0: there are too many, or a flush runs already.
 */
unsigned int adminjob_start(
    struct adminjobs *, enum adminjob_what, struct buf *names, size_t count);

/* Append it as JSON, with results from number `from` on; false: no such job. */
bool adminjob_show(
    struct adminjobs *, unsigned int number, int64_t from, struct buf *);

/* All of them, without results. */
json_t *adminjob_list(struct adminjobs *);

#endif
