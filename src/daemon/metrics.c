/* SPDX-License-Identifier: ISC */
/*
 * Prometheus' text format, from one table: a name, a type, a line of help, and
 * where the values are. What has never happened has its zero where it is worth
 * an alert, and is left out where there are a hundred of its kind.
 *
 * Ages of policies: the cache is never walked for them. Of the policies whose
 * last refresh failed a bounded list is kept (daemon/stats), so the soonest
 * expiry among them is known at once; all others are fetched anew long before
 * theirs. The index of due times tells how far behind the background is.
 */
#include "base/clock.h"
#include "daemon/metric.h"

/* A metric that is one number. */
#define NUMBER(function, value)                          \
	static void function(const struct metric *m,     \
	    const struct metric_now *now, struct buf *b) \
	{                                                \
		(void)now;                               \
		metric_put_int(m, b, (int64_t)(value));  \
	}

NUMBER(put_negatives, now->resolver.negatives)
NUMBER(put_bytes, now->cache.bytes)
NUMBER(put_size, now->admin->config->cache_size)
NUMBER(put_write_failures, now->cache.write_failures)
NUMBER(put_writes_queued, now->cache.writes_queued)
NUMBER(put_bytes_queued, now->cache.bytes_queued)
NUMBER(put_write_failing, *now->cache.write_reason != '\0')
NUMBER(put_read_failing, now->cache.is_read_failing)
NUMBER(put_fetches_running, now->fetches.running)
NUMBER(put_fetches_waiting, now->fetches.waiting)
NUMBER(put_lookups_running, now->dns.in_flight)
NUMBER(put_lookups_waiting, now->dns.waiting)
NUMBER(put_servers, !now->dns.is_dark)
NUMBER(put_dane_jobs, now->dane.jobs)
NUMBER(put_dane_kept, now->dane.kept)
NUMBER(put_dane_believed, !now->dane.is_doubted)
NUMBER(put_expired, now->stats->expired)
NUMBER(put_failing_count, now->stats->failing_count)
NUMBER(put_jobs, now->resolver.jobs)
NUMBER(put_refreshes, now->resolver.refreshes)
NUMBER(put_waiting, now->resolver.waiting)
NUMBER(put_policy_bytes, now->resolver.policy_bytes)
NUMBER(put_connections, server_connections(now->admin->parts.server))
NUMBER(put_connections_max, now->admin->config->max_connections)
NUMBER(put_slow_turns, now->turns.slow)
NUMBER(put_certificates, now->fetches.certificates)
NUMBER(put_trust_loaded, now->fetches.trust_loaded)
NUMBER(put_alerts, now->stats->errors)
NUMBER(put_refused, sandbox_refused())

static const char counter[] = "counter";
static const char gauge[] = "gauge";
static const char histogram[] = "histogram";

static const struct metric metrics[] = {
	{ "build_info", gauge, "Versions of the daemon and its libraries.",
	    metric_put_build },
	{ "start_time_seconds", gauge, "When the daemon started.",
	    metric_put_start },
	{ "cpu_seconds_total", counter, "CPU time used, all threads.",
	    metric_put_cpu },
	{ "healthy", gauge, "Is /healthz well?", metric_put_healthy },

	{ "answers_total", counter,
	    "Answers to Postfix, by the form it asked for, what it was told, "
	    "and why.",
	    metric_put_answers },
	{ "malformed_requests_total", counter, "Requests that were none: PERM.",
	    metric_put_malformed },
	{ "hits_total", counter,
	    "Answers known at once: from the cache, from memory, from "
	    "overrides.",
	    metric_put_hits },
	{ "misses_total", counter,
	    "Answers that waited for DNS, a fetch or the disk.",
	    metric_put_misses },
	{ "cached_answer_seconds", histogram,
	    "Time to find and format an answer that is known (one in 64 is "
	    "timed; socket calls are not in it).",
	    metric_put_cached },
	{ "waited_answer_seconds", histogram,
	    "Time until an answer that was not known (every one is timed).",
	    metric_put_waited },

	{ "policies", gauge,
	    "Policies in the cache by mode, with those expired less than a "
	    "week ago.",
	    metric_put_policies },
	{ "negatives", gauge, "Domains remembered to have no policy.",
	    put_negatives },
	{ "cache_bytes", gauge, "Used bytes of the cache file.", put_bytes },
	{ "cache_size_bytes", gauge, "The most it may hold (cache_size).",
	    put_size },
	{ "cache_commit_seconds", histogram, "Time to write a batch durably.",
	    metric_put_commits },
	{ "cache_write_failures_total", counter,
	    "Batches that could not be written; they are tried again.",
	    put_write_failures },
	{ "cache_write_failing", gauge, "Did the last write fail?",
	    put_write_failing },
	{ "cache_read_failing", gauge, "Did the last read fail?",
	    put_read_failing },
	{ "cache_writes_queued", gauge, "Writes that are not durable yet.",
	    put_writes_queued },
	{ "cache_writes_queued_bytes", gauge, "The size of their records.",
	    put_bytes_queued },

	{ "resolutions_total", counter,
	    "Resolutions by where the policy came from in the end.",
	    metric_put_resolutions },
	{ "fetches_total", counter, "Fetches of policy files by result.",
	    metric_put_fetches },
	{ "fetches_running", gauge, "Fetches under way.", put_fetches_running },
	{ "fetches_queued", gauge, "Fetches waiting for their turn.",
	    put_fetches_waiting },
	{ "dns_lookups_total", counter, "DNS look-ups by result.",
	    metric_put_lookups },
	{ "dns_lookups_running", gauge, "DNS look-ups under way.",
	    put_lookups_running },
	{ "dns_lookups_queued", gauge, "DNS look-ups waiting for their turn.",
	    put_lookups_waiting },
	{ "dns_servers_answer", gauge, "Does any name server answer?",
	    put_servers },

	{ "dane_verdicts_total", counter,
	    "Verdicts on DANE that look-ups came to (dane = yes).",
	    metric_put_dane },
	{ "dane_jobs", gauge, "Next-hops whose verdict is being looked up.",
	    put_dane_jobs },
	{ "dane_nexthops", gauge, "Next-hops known of in memory.",
	    put_dane_kept },
	{ "dane_validation_believed", gauge,
	    "Is the DNSSEC validation of the servers that answer believed? 0: "
	    "DANE is unknown, and mail waits.",
	    put_dane_believed },

	{ "refresh_failures_total", counter,
	    "Refreshes of enforce and testing policies that failed, by "
	    "reason.",
	    metric_put_refresh_failures },
	{ "policies_expired_total", counter,
	    "Policies in use that expired before they could be fetched again.",
	    put_expired },
	{ "failing_policies", gauge,
	    "Policies whose last refresh failed since the start (at most 256 "
	    "are counted, those that expire first).",
	    put_failing_count },
	{ "failing_soonest_expiry_timestamp_seconds", gauge,
	    "When the first of them expires; absent when there are none.",
	    metric_put_soonest_expiry },
	{ "failing_oldest_fetch_timestamp_seconds", gauge,
	    "When the oldest of them was fetched; absent when there are none.",
	    metric_put_oldest_fetch },
	{ "refresh_next_due_timestamp_seconds", gauge,
	    "When the background's next work is due; long past: it is behind.",
	    metric_put_due },

	{ "jobs", gauge, "Domains being resolved.", put_jobs },
	{ "refresh_jobs", gauge, "Of them, refreshes in the background.",
	    put_refreshes },
	{ "waiting_requests", gauge, "Requests of Postfix that wait.",
	    put_waiting },
	{ "job_policy_bytes", gauge, "Memory for policies of open jobs.",
	    put_policy_bytes },
	{ "connections", gauge, "Connections of Postfix.", put_connections },
	{ "connections_max", gauge, "The most there may be.",
	    put_connections_max },
	{ "admin_connections", gauge, "HTTP connections, by setting.",
	    metric_put_admin_connections },
	{ "longest_turn_seconds", gauge,
	    "The longest callback of normal priority so far, in CPU time "
	    "(DNS, fetches, timers, administration; not look-ups).",
	    metric_put_longest },
	{ "slow_turns_total", counter, "Such callbacks over 5 ms.",
	    put_slow_turns },
	{ "trusted_certificates", gauge, "Certificate authorities we trust.",
	    put_certificates },
	{ "trust_loaded_timestamp_seconds", gauge,
	    "When they were read; reload reads them again.", put_trust_loaded },
	{ "log_alerts_total", counter,
	    "Log lines at warning or error, written or not.", put_alerts },
	{ "sandbox_refused_total", counter, "System calls the sandbox refused.",
	    put_refused },
};

void
metrics_put(const struct admin *a, struct buf *out)
{
	struct metric_now now = { .admin = a, .stats = a->parts.stats };
	struct buf values = { 0 };
	size_t i;

	cache_count(a->parts.cache, &now.cache);
	dns_count(a->parts.dns, &now.dns);
	fetcher_count(a->parts.fetcher, &now.fetches);
	resolver_count(a->parts.resolver, &now.resolver);
	if (a->parts.danes != NULL)
		danes_count(a->parts.danes, &now.dane);
	loop_count(a->loop, &now.turns);
	now.time = clock_now();
	now.is_well = admin_health(a, &values);
	for (i = 0; i < sizeof(metrics) / sizeof(metrics[0]); i++) {
		const struct metric *m = &metrics[i];

		buf_reset(&values);
		m->put(m, &now, &values);
		if (values.len == 0)
			continue;
		buf_printf(out,
		    "# HELP " METRIC_PREFIX "%s %s\n# TYPE " METRIC_PREFIX
		    "%s %s\n",
		    m->name, m->help, m->name, m->type);
		buf_put(out, values.data, values.len);
	}
	buf_clear(&values);
}
