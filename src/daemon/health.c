/* SPDX-License-Identifier: ISC */
/* Is all well? What is not, in words for a person who can mend it. */
#include "base/clock.h"
#include "daemon/adminroute.h"
#include "daemon/dane.h"

#define CLOCK_SUSPECT_S 86400 /* it is told of for so long */

bool
admin_health(const struct admin *a, struct buf *reasons)
{
	size_t start = reasons->len;
	const struct stats *stats = a->parts.stats;
	struct fetcher_counts fetches;
	struct cache_counts cache;
	struct dane_counts dane = { .is_doubted = false };
	struct dns_counts dns;

	cache_count(a->parts.cache, &cache);
	dns_count(a->parts.dns, &dns);
	fetcher_count(a->parts.fetcher, &fetches);
	if (dns.is_dark)
		buf_puts(reasons, "no name server answers\n");
	if (a->config->dane && a->parts.danes != NULL)
		danes_count(a->parts.danes, &dane);
	if (dane.is_doubted)
		buf_puts(reasons,
		    "the name servers that answer are not trusted to validate "
		    "DNSSEC: DANE is unknown, and mail waits\n");
	if (*cache.write_reason != '\0')
		buf_printf(reasons, "the cache cannot be written: %s\n",
		    cache.write_reason);
	if (cache.is_read_failing)
		buf_puts(reasons, "the cache cannot be read\n");
	if (fetches.certificates == 0)
		buf_puts(reasons, "no certificate authority is trusted\n");
	if (stats->clock_suspect != 0 &&
	    clock_now() - stats->clock_suspect < CLOCK_SUSPECT_S)
		buf_puts(reasons,
		    "the clock was far from the time of the last run at "
		    "start\n");
	return reasons->len == start;
}
