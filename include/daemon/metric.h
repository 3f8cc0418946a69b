/* SPDX-License-Identifier: ISC */
/* What metrics.c, the table, and metric_values.c share; nobody else's. */
#ifndef DAEMON_METRIC_H
#define DAEMON_METRIC_H

#include "daemon/adminroute.h"
#include "daemon/dane.h"
#include "daemon/resolver_admin.h"

#define METRIC_PREFIX "postfix_mta_sts_"

/* All that is told of, as of one moment. */
struct metric_now {
	const struct admin *admin;
	const struct stats *stats;
	struct cache_counts cache;
	struct dns_counts dns;
	struct fetcher_counts fetches;
	struct resolver_counts resolver;
	struct dane_counts dane;
	struct loop_turns turns;
	int64_t time;
	bool is_well;
};

struct metric {
	const char *name; /* without the prefix */
	const char *type;
	const char *help;
	void (*put)(
	    const struct metric *, const struct metric_now *, struct buf *);
};

typedef void
metric_put(const struct metric *, const struct metric_now *, struct buf *);

void metric_put_int(const struct metric *, struct buf *, int64_t);

metric_put metric_put_build, metric_put_start, metric_put_healthy,
    metric_put_cpu, metric_put_answers, metric_put_malformed, metric_put_misses,
    metric_put_hits, metric_put_cached, metric_put_waited, metric_put_commits,
    metric_put_policies, metric_put_resolutions, metric_put_fetches,
    metric_put_lookups, metric_put_refresh_failures, metric_put_soonest_expiry,
    metric_put_oldest_fetch, metric_put_due, metric_put_longest,
    metric_put_admin_connections, metric_put_dane;

#endif
