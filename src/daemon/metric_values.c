/* SPDX-License-Identifier: ISC */
/* The values of metrics that are more than one number. */
#include <inttypes.h>
#include <sys/resource.h>

#include "daemon/metric.h"

void
metric_put_int(const struct metric *m, struct buf *b, int64_t value)
{
	buf_printf(b, METRIC_PREFIX "%s %" PRId64 "\n", m->name, value);
}

static void
put_us(const struct metric *m, struct buf *b, int64_t us)
{
	buf_printf(b, METRIC_PREFIX "%s %" PRId64 ".%06" PRId64 "\n", m->name,
	    us / 1000000, us % 1000000);
}

static void
put_label(const struct metric *m, struct buf *b, const char *label,
    const char *value, uint64_t n)
{
	buf_printf(b, METRIC_PREFIX "%s{%s=\"%s\"} %" PRIu64 "\n", m->name,
	    label, value, n);
}

/* Reasons of failure that happened. */
static void
put_reasons(const struct metric *m, struct buf *b, const uint64_t *n)
{
	int i;

	for (i = STS_REASON_OK + 1; i < STS_REASON_COUNT; i++)
		if (n[i] > 0)
			put_label(m, b, "reason",
			    sts_reason_word((enum sts_reason)i), n[i]);
}

/* Bounds of a histogram are so many a second. */
struct shape {
	const int64_t *bounds;
	size_t count;
	int64_t per_s;
	int64_t sum_per_s;
};

static void
put_fraction(struct buf *b, int64_t value, int64_t per_s)
{
	buf_printf(b, "%g", (double)value / (double)per_s);
}

static void
put_histogram(const struct metric *m, struct buf *b, const struct shape *shape,
    const uint64_t *bucket, uint64_t sum)
{
	uint64_t n = 0;
	size_t i;

	for (i = 0; i < shape->count; i++) {
		n += bucket[i];
		buf_printf(b, METRIC_PREFIX "%s_bucket{le=\"", m->name);
		put_fraction(b, shape->bounds[i], shape->per_s);
		buf_printf(b, "\"} %" PRIu64 "\n", n);
	}
	n += bucket[shape->count];
	buf_printf(b,
	    METRIC_PREFIX "%s_bucket{le=\"+Inf\"} %" PRIu64 "\n" METRIC_PREFIX
			  "%s_sum ",
	    m->name, n, m->name);
	put_fraction(b, (int64_t)sum, shape->sum_per_s);
	buf_printf(b, "\n" METRIC_PREFIX "%s_count %" PRIu64 "\n", m->name, n);
}

void
metric_put_build(
    const struct metric *m, const struct metric_now *now, struct buf *b)
{
	(void)now;
	buf_printf(b,
	    METRIC_PREFIX "%s{version=\"" VERSION "\",dns=\"%s\",fetch=\"%s\","
			  "cache=\"%s\",loop=\"%s\"} 1\n",
	    m->name, dns_library_version(), fetch_library_version(),
	    cache_library_version(), loop_library_version());
}

void
metric_put_start(
    const struct metric *m, const struct metric_now *now, struct buf *b)
{
	metric_put_int(m, b, now->admin->started);
}

void
metric_put_healthy(
    const struct metric *m, const struct metric_now *now, struct buf *b)
{
	metric_put_int(m, b, now->is_well);
}

void
metric_put_cpu(
    const struct metric *m, const struct metric_now *now, struct buf *b)
{
	struct rusage usage;

	(void)now;
	if (getrusage(RUSAGE_SELF, &usage) == 0)
		put_us(m, b,
		    ((int64_t)usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) *
			    1000000 +
			usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

/* An answer is worth a line though it was never given? */
static bool
is_always_told(unsigned int answer)
{
	return stats_answer_outcome(answer)[0] != 'n' ||
	    answer == STATS_REASON + (unsigned int)STS_REASON_TXT_NONE;
}

void
metric_put_answers(
    const struct metric *m, const struct metric_now *now, struct buf *b)
{
	unsigned int profile, answer;
	uint64_t n;

	for (profile = 0; profile < STATS_PROFILES; profile++) {
		for (answer = 0; answer < STATS_ANSWERS; answer++) {
			n = now->stats->answered[STATS_KIND(profile, answer)];
			if (n == 0 && !is_always_told(answer))
				continue;
			buf_printf(b,
			    METRIC_PREFIX "%s{profile=\"%s\",outcome=\"%s\","
					  "reason=\"%s\"} %" PRIu64 "\n",
			    m->name,
			    answer_profile_name((enum answer_profile)profile),
			    stats_answer_outcome(answer),
			    stats_answer_reason(answer), n);
		}
	}
}

void
metric_put_malformed(
    const struct metric *m, const struct metric_now *now, struct buf *b)
{
	metric_put_int(m, b, (int64_t)now->stats->malformed);
}

void
metric_put_misses(
    const struct metric *m, const struct metric_now *now, struct buf *b)
{
	metric_put_int(m, b, (int64_t)now->stats->first.count);
}

void
metric_put_hits(
    const struct metric *m, const struct metric_now *now, struct buf *b)
{
	uint64_t n = 0;
	unsigned int i;

	for (i = 0; i < STATS_KINDS; i++)
		if (i % STATS_ANSWERS != STATS_KEY)
			n += now->stats->answered[i];
	metric_put_int(m, b, (int64_t)(n - now->stats->first.count));
}

void
metric_put_cached(
    const struct metric *m, const struct metric_now *now, struct buf *b)
{
	static const struct shape shape = { stats_cached_ns, STATS_BOUNDS,
		1000000000, 1000000000 };

	put_histogram(
	    m, b, &shape, now->stats->cached.bucket, now->stats->cached.sum);
}

void
metric_put_waited(
    const struct metric *m, const struct metric_now *now, struct buf *b)
{
	static const struct shape shape = { stats_waited_ms, STATS_BOUNDS, 1000,
		1000 };

	put_histogram(
	    m, b, &shape, now->stats->first.bucket, now->stats->first.sum);
}

void
metric_put_commits(
    const struct metric *m, const struct metric_now *now, struct buf *b)
{
	static const struct shape shape = { cache_commit_ms,
		CACHE_COMMIT_BOUNDS, 1000, 1000000 };

	put_histogram(
	    m, b, &shape, now->cache.commits.bucket, now->cache.commits.sum_us);
}

void
metric_put_policies(
    const struct metric *m, const struct metric_now *now, struct buf *b)
{
	int mode;

	for (mode = STS_MODE_NONE; mode <= STS_MODE_ENFORCE; mode++)
		put_label(m, b, "mode", sts_mode_word((enum sts_mode)mode),
		    now->cache.by_mode[mode]);
}

void
metric_put_resolutions(
    const struct metric *m, const struct metric_now *now, struct buf *b)
{
	put_label(m, b, "source", "fetch", now->stats->resolved_fetch);
	put_label(m, b, "source", "cache", now->stats->resolved_cache);
	put_label(m, b, "source", "none", now->stats->resolved_none);
}

void
metric_put_fetches(
    const struct metric *m, const struct metric_now *now, struct buf *b)
{
	int i;

	for (i = STS_REASON_OK; i < STS_REASON_COUNT; i++)
		if (i == STS_REASON_OK || now->stats->fetched[i] > 0)
			put_label(m, b, "result",
			    sts_reason_word((enum sts_reason)i),
			    now->stats->fetched[i]);
}

void
metric_put_lookups(
    const struct metric *m, const struct metric_now *now, struct buf *b)
{
	int i;

	for (i = 0; i < DNS_STATUSES; i++)
		put_label(m, b, "result", dns_status_word((enum dns_status)i),
		    now->dns.ended[i]);
}

void
metric_put_refresh_failures(
    const struct metric *m, const struct metric_now *now, struct buf *b)
{
	put_reasons(m, b, now->stats->refresh_failed);
}

/* The least of the policies whose last refresh failed, or none. */
static void
put_failing(const struct metric *m, const struct metric_now *now, struct buf *b,
    bool is_expiry)
{
	const struct stats *stats = now->stats;
	int64_t least = INT64_MAX, time;
	size_t i;

	for (i = 0; i < stats->failing_count; i++) {
		time = is_expiry ? stats->failing[i].expires :
				   stats->failing[i].fetched;
		if (time < least)
			least = time;
	}
	if (stats->failing_count > 0)
		metric_put_int(m, b, least);
}

void
metric_put_soonest_expiry(
    const struct metric *m, const struct metric_now *now, struct buf *b)
{
	put_failing(m, now, b, true);
}

void
metric_put_oldest_fetch(
    const struct metric *m, const struct metric_now *now, struct buf *b)
{
	put_failing(m, now, b, false);
}

void
metric_put_due(
    const struct metric *m, const struct metric_now *now, struct buf *b)
{
	struct cache_due first;

	if (cache_due(now->admin->parts.cache, INT64_MAX, NULL, &first, 1) > 0)
		metric_put_int(m, b, first.due);
}

void
metric_put_longest(
    const struct metric *m, const struct metric_now *now, struct buf *b)
{
	put_us(m, b, now->turns.longest_us);
}

void
metric_put_admin_connections(
    const struct metric *m, const struct metric_now *now, struct buf *b)
{
	static const char *const names[] = { "admin_listen", "metrics_listen" };
	const struct admin_listener *l;
	int i;

	for (i = 0; i <= ADMIN_METRICS; i++) {
		l = &now->admin->listener[i];
		if (l->httpd != NULL)
			put_label(m, b, "socket", names[i],
			    httpd_connections(l->httpd));
	}
}

void
metric_put_dane(
    const struct metric *m, const struct metric_now *now, struct buf *b)
{
	int i;

	for (i = STS_DANE_UNKNOWN; i <= STS_DANE_ALL; i++)
		put_label(m, b, "verdict",
		    sts_dane_verdict_word((enum sts_dane_verdict)i),
		    now->dane.by_verdict[i]);
}
