/* SPDX-License-Identifier: ISC */
#include <sys/resource.h>

#include "base/log.h"
#include "daemon/limits.h"

#define KEPT_DESCRIPTORS 192 /* for everything but look-ups */

int64_t
limits_raise(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == -1)
		return INT64_MAX;
	limit.rlim_cur = limit.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &limit);
	if (getrlimit(RLIMIT_NOFILE, &limit) == -1 ||
	    limit.rlim_cur == RLIM_INFINITY)
		return INT64_MAX;
	if (limit.rlim_cur <= KEPT_DESCRIPTORS)
		return 1;
	return (int64_t)limit.rlim_cur - KEPT_DESCRIPTORS;
}

void
limits_apply(struct config *config, int64_t most)
{
	if (config->max_connections <= most)
		return;
	log_warning("limits",
	    "only %lld descriptors: max_connections lowered from %lld to %lld",
	    (long long)most + KEPT_DESCRIPTORS,
	    (long long)config->max_connections, (long long)most);
	config->max_connections = most;
}
