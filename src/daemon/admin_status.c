/* SPDX-License-Identifier: ISC */
/* GET /status, /top, /health, /healthz, /metrics: how the daemon does. */
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "daemon/adminroute.h"
#include "daemon/resolver_admin.h"

static const char type_text[] = "text/plain; charset=utf-8";
static const char type_metrics[] = "text/plain; version=0.0.4; charset=utf-8";

static json_t *
show_reasons(const struct admin *a)
{
	json_t *object = json_object(), *list = json_array();
	struct buf text = { 0 };
	bool is_well = admin_health(a, &text);
	char *line, *rest = text.data;

	while ((line = strsep(&rest, "\n")) != NULL)
		if (*line != '\0')
			(void)json_array_append_new(list, admin_text(line));
	buf_clear(&text);
	admin_set(object, "ok", json_boolean(is_well));
	admin_set(object, "reasons", list);
	return object;
}

/* Answers by outcome, and how many were known at once. */
struct queries {
	uint64_t ok, notfound, temp, all, hits, misses;
};

static void
count_queries(const struct stats *s, struct queries *q)
{
	const char *outcome;
	unsigned int i, answer;

	*q = (struct queries){ .all = s->malformed };
	for (i = 0; i < STATS_KINDS; i++) {
		answer = i % STATS_ANSWERS;
		outcome = stats_answer_outcome(answer);
		q->all += s->answered[i];
		if (answer != STATS_KEY)
			q->hits += s->answered[i];
		if (outcome[0] == 'o')
			q->ok += s->answered[i];
		else if (outcome[0] == 't')
			q->temp += s->answered[i];
		else
			q->notfound += s->answered[i];
	}
	/* All that waited were answered in the end. */
	q->misses = s->first.count;
	q->hits -= q->misses;
}

static json_t *
show_queries(const struct stats *stats)
{
	json_t *object = json_object();
	struct queries q;

	count_queries(stats, &q);
	admin_set_int(object, "total", (int64_t)q.all);
	admin_set_int(object, "ok", (int64_t)q.ok);
	admin_set_int(object, "notfound", (int64_t)q.notfound);
	admin_set_int(object, "temp", (int64_t)q.temp);
	admin_set_int(object, "perm", (int64_t)stats->malformed);
	admin_set_int(object, "hits", (int64_t)q.hits);
	admin_set_int(object, "misses", (int64_t)q.misses);
	return object;
}

static void
put_cache(const struct admin *a, json_t *object)
{
	json_t *policies = json_object(), *cache = json_object();
	struct cache_counts counts;
	int mode;

	cache_count(a->parts.cache, &counts);
	for (mode = STS_MODE_NONE; mode <= STS_MODE_ENFORCE; mode++)
		admin_set_int(policies, sts_mode_word((enum sts_mode)mode),
		    (int64_t)counts.by_mode[mode]);
	admin_set(object, "policies", policies);
	admin_set_text(cache, "dir", a->config->cache_dir);
	admin_set_int(cache, "bytes", (int64_t)counts.bytes);
	admin_set_int(cache, "size", a->config->cache_size);
	admin_set_int(cache, "write_failures", (int64_t)counts.write_failures);
	admin_set_int(cache, "writes_queued", (int64_t)counts.writes_queued);
	admin_set(object, "cache", cache);
}

static void
put_work(const struct admin *a, json_t *object)
{
	json_t *jobs = json_object(), *fetches = json_object();
	json_t *lookups = json_object();
	const struct stats *stats = a->parts.stats;
	struct resolver_counts resolver;
	struct fetcher_counts fetcher;
	struct dns_counts dns;
	uint64_t failed = 0, well = 0;
	int i;

	resolver_count(a->parts.resolver, &resolver);
	admin_set_int(object, "negatives", (int64_t)resolver.negatives);
	admin_set_int(jobs, "open", (int64_t)resolver.jobs);
	admin_set_int(jobs, "refreshes", (int64_t)resolver.refreshes);
	admin_set_int(jobs, "waiting", (int64_t)resolver.waiting);
	admin_set(object, "jobs", jobs);

	fetcher_count(a->parts.fetcher, &fetcher);
	for (i = STS_REASON_OK + 1; i < STS_REASON_COUNT; i++)
		failed += stats->fetched[i];
	admin_set_int(fetches, "ok", (int64_t)stats->fetched[STS_REASON_OK]);
	admin_set_int(fetches, "failed", (int64_t)failed);
	admin_set_int(fetches, "in_flight", (int64_t)fetcher.running);
	admin_set_int(fetches, "waiting", (int64_t)fetcher.waiting);
	admin_set(object, "fetches", fetches);

	dns_count(a->parts.dns, &dns);
	failed = 0;
	for (i = 0; i < DNS_STATUSES; i++)
		*(i <= DNS_NXDOMAIN ? &well : &failed) += dns.ended[i];
	admin_set_int(lookups, "ok", (int64_t)well);
	admin_set_int(lookups, "failed", (int64_t)failed);
	admin_set_int(lookups, "in_flight", (int64_t)dns.in_flight);
	admin_set_int(lookups, "waiting", (int64_t)dns.waiting);
	admin_set(object, "lookups", lookups);
}

static json_t *
show_errors(const struct stats *stats)
{
	json_t *list = json_array(), *object;
	const struct stats_error *e;
	size_t i;

	for (i = stats->errors; i > 0 && stats->errors - i < STATS_LAST; i--) {
		e = &stats->error[(i - 1) % STATS_LAST];
		object = json_object();
		admin_set_int(object, "time", e->time);
		admin_set_text(object, "event", e->event);
		if (*e->domain != '\0')
			admin_set_text(object, "domain", e->domain);
		if (*e->reason != '\0')
			admin_set_text(object, "reason", e->reason);
		admin_set_text(object, "text", e->text);
		(void)json_array_append_new(list, object);
	}
	return list;
}

static uint64_t
count_refresh_failures(const struct stats *stats)
{
	uint64_t n = 0;
	size_t i;

	for (i = 0; i < STS_REASON_COUNT; i++)
		n += stats->refresh_failed[i];
	return n;
}

void
admin_status(struct admin *a, struct httpd_exchange *ex, const char *rest)
{
	const struct stats *stats = a->parts.stats;
	json_t *object = json_object(), *turns = json_object();
	struct loop_turns turn;

	(void)rest;
	admin_set_text(object, "version", VERSION);
	admin_set_int(object, "pid", getpid());
	admin_set_int(object, "started", a->started);
	admin_set_int(object, "uptime_s", clock_now() - a->started);
	admin_set(object, "health", show_reasons(a));
	put_cache(a, object);
	admin_set(object, "queries", show_queries(stats));
	put_work(a, object);
	admin_set_int(object, "connections",
	    (int64_t)server_connections(a->parts.server));
	loop_count(a->loop, &turn);
	admin_set_int(turns, "longest_turn_us", turn.longest_us);
	admin_set_int(turns, "slow_turns", (int64_t)turn.slow);
	admin_set(object, "loop", turns);
	admin_set_int(
	    object, "refresh_failures", (int64_t)count_refresh_failures(stats));
	admin_set_int(object, "failing", (int64_t)stats->failing_count);
	admin_set_text(object, "sandbox", sandbox_layers(a->parts.sandbox));
	admin_set(object, "errors", show_errors(stats));
	admin_reply_json(ex, 200, object);
}

/* Slowest first. */
static json_t *
show_slowest(const struct stats *stats)
{
	const struct stats_slow *left[STATS_LAST], *swap;
	json_t *list = json_array(), *object;
	size_t i, j, n = 0;

	for (i = 0; i < STATS_LAST; i++)
		if (stats->slow[i].time != 0 &&
		    clock_now() - stats->slow[i].time < STATS_SLOW_S)
			left[n++] = &stats->slow[i];
	for (i = 0; i < n; i++) {
		for (j = i + 1; j < n; j++) {
			if (left[j]->ms <= left[i]->ms)
				continue;
			swap = left[i];
			left[i] = left[j];
			left[j] = swap;
		}
		object = json_object();
		admin_set_text(object, "domain", left[i]->domain);
		admin_set_int(object, "ms", left[i]->ms);
		admin_set_text(object, "outcome", left[i]->outcome);
		admin_set_text(object, "reason", left[i]->reason);
		admin_set_int(object, "time", left[i]->time);
		(void)json_array_append_new(list, object);
	}
	return list;
}

void
admin_top(struct admin *a, struct httpd_exchange *ex, const char *rest)
{
	json_t *object = json_object();
	struct queries q;

	(void)rest;
	count_queries(a->parts.stats, &q);
	admin_set_int(object, "now_ms", clock_ms());
	admin_set_int(object, "queries", (int64_t)q.all);
	admin_set_int(object, "hits", (int64_t)q.hits);
	admin_set_int(object, "ok", (int64_t)q.ok);
	admin_set_int(object, "notfound", (int64_t)q.notfound);
	admin_set_int(object, "temp", (int64_t)q.temp);
	admin_set(object, "slowest", show_slowest(a->parts.stats));
	admin_reply_json(ex, 200, object);
}

static json_t *
show_fetches(const struct stats *stats)
{
	json_t *list = json_array(), *object;
	const struct stats_fetch *f;
	size_t i;

	for (i = stats->fetches; i > 0 && stats->fetches - i < STATS_LAST;
	     i--) {
		f = &stats->fetch[(i - 1) % STATS_LAST];
		object = json_object();
		admin_set_text(object, "domain", f->domain);
		admin_set_text(object, "reason", sts_reason_word(f->reason));
		admin_set_text(object, "detail", f->detail);
		admin_set_int(object, "time", f->time);
		(void)json_array_append_new(list, object);
	}
	return list;
}

static json_t *
show_resolver(const struct admin *a)
{
	json_t *object = json_object();
	struct buf servers = { 0 };
	bool is_believed = dns_describe(a->parts.dns, &servers);

	admin_set_text(object, "servers", buf_str(&servers));
	admin_set(object, "ad_believed", json_boolean(is_believed));
	admin_set_text(object, "from",
	    a->config->dns_servers.count > 0 ? "dns_servers" : "resolv.conf");
	buf_clear(&servers);
	return object;
}

static json_t *
show_trust(const struct admin *a)
{
	json_t *object = json_object();
	struct fetcher_counts counts;

	fetcher_count(a->parts.fetcher, &counts);
	admin_set_text(object, "file", a->config->tls_ca_file);
	admin_set_int(object, "certificates", (int64_t)counts.certificates);
	admin_set_int(object, "loaded", counts.trust_loaded);
	return object;
}

static json_t *
show_user(void)
{
	const struct passwd *pw = getpwuid(geteuid());
	char number[24];

	if (pw != NULL)
		return admin_text(pw->pw_name);
	(void)snprintf(number, sizeof(number), "%lu", (unsigned long)geteuid());
	return json_string(number);
}

void
admin_show_health(struct admin *a, struct httpd_exchange *ex, const char *rest)
{
	json_t *object = show_reasons(a), *listeners = json_array();
	struct buf addresses = { 0 };
	char *word, *left;

	(void)rest;
	admin_set(object, "resolver", show_resolver(a));
	admin_set(object, "trust", show_trust(a));
	admin_set(object, "fetch_last", show_fetches(a->parts.stats));
	admin_set(object, "clock_suspect",
	    json_boolean(a->parts.stats->clock_suspect != 0));
	admin_set(object, "user", show_user());
	server_describe(a->parts.server, &addresses);
	left = addresses.data;
	while ((word = strsep(&left, " ")) != NULL)
		(void)json_array_append_new(listeners, admin_text(word));
	buf_clear(&addresses);
	admin_set(object, "listeners", listeners);
	admin_reply_json(ex, 200, object);
}

void
admin_healthz(struct admin *a, struct httpd_exchange *ex, const char *rest)
{
	struct buf text = { 0 };
	bool is_well = admin_health(a, &text);

	(void)rest;
	if (is_well)
		buf_puts(&text, "ok\n");
	admin_reply_text(ex, is_well ? 200 : 503, type_text, &text);
	buf_clear(&text);
}

void
admin_metrics(struct admin *a, struct httpd_exchange *ex, const char *rest)
{
	struct buf text = { 0 };

	(void)rest;
	metrics_put(a, &text);
	admin_reply_text(ex, 200, type_metrics, &text);
	buf_clear(&text);
}
