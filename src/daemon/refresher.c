/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/xmalloc.h"
#include "cache/alive.h"
#include "daemon/backlog.h"
#include "daemon/refresher.h"
#include "daemon/stats.h"
#include "sts/refresh.h"

#define TURN_MS            1000
#define DUE_PER_TURN       128 /* places of the index */
#define FETCHES_PER_TURN   16
#define DAY_S              86400
#define KEEP_AFTER_START_S 3600 /* the clock may be wrong: remove nothing */
#define ALIVE_EVERY_S      3600
#define ABSENT_MAX_S       2592000 /* 30 days */

struct refresher {
	const struct config *config;
	struct cache *cache;
	struct used *used;
	struct resolver *resolver;
	struct stats *stats;
	struct loop_timer *turn;
	int64_t started;
	int64_t rotated;
	int64_t alive;
	struct cache_due found[DUE_PER_TURN];
	struct cache_due place; /* of the walk; due 0: at the start */
	struct backlog backlog;
};

static bool
is_used(
    const struct refresher *r, const char *domain, const struct entry *entry)
{
	return used_is_marked(r->used, domain, strlen(domain)) ||
	    clock_now() - entry->used_day * DAY_S <=
	    r->config->keep_unused + DAY_S;
}

/* Nobody writes to it any more: look again tomorrow. */
static void
put_off(struct refresher *r, const char *domain, struct entry *entry)
{
	refresh_put_off(&entry->state, clock_now() + DAY_S);
	cache_put(r->cache, domain, entry, NULL, NULL);
}

static void
tell_expiry(struct refresher *r, const char *domain, struct entry *entry)
{
	const struct log_field field[] = {
		{ "domain", domain },
		{ "mode", sts_mode_word(entry->state.mode) },
		{ "id", entry->state.id },
		{ "reason", sts_reason_word(entry->state.reason) },
	};

	/* Section 3.3: no alert for mode none; unused ones are let go. */
	if (entry->state.mode != STS_MODE_NONE && is_used(r, domain, entry)) {
		r->stats->expired++;
		log_fields(LOG_LEVEL_ERROR, "policy-expired", field,
		    sizeof(field) / sizeof(field[0]));
	}
	stats_failing_remove(r->stats, domain);
	entry->state.is_expiry_told = true;
	cache_put(r->cache, domain, entry, NULL, NULL);
}

/* What is due for a domain, but for a refresh, which goes to the backlog. */
static void
see_to(struct refresher *r, const char *domain, bool may_write)
{
	int64_t now = clock_now();
	struct entry entry;

	if (cache_get(r->cache, domain, strlen(domain), &entry) != CACHE_HIT)
		return;
	refresh_on_load(&entry.state, now);
	switch (refresh_on_timer(&entry.state, now)) {
	case REFRESH_TIMER_NONE:
		break;
	case REFRESH_TIMER_FETCH:
		backlog_add(&r->backlog, domain, entry.state.expires);
		break;
	case REFRESH_TIMER_EXPIRED:
		if (may_write)
			tell_expiry(r, domain, &entry);
		break;
	case REFRESH_TIMER_REMOVE:
		if (may_write && now - r->started >= KEEP_AFTER_START_S)
			cache_remove(r->cache, domain, NULL, NULL);
		break;
	}
}

/* Walk on through what is due, from the start again after the end. */
static void
walk(struct refresher *r, bool may_write)
{
	int64_t now = clock_now();
	size_t i, n;

	n = cache_due(r->cache, now, r->place.due != 0 ? &r->place : NULL,
	    r->found, DUE_PER_TURN);
	for (i = 0; i < n; i++) {
		if (r->found[i].expires > now)
			backlog_add(&r->backlog, r->found[i].domain,
			    r->found[i].expires);
		else
			see_to(r, r->found[i].domain, may_write);
	}
	if (n < DUE_PER_TURN)
		r->place.due = 0;
	else
		r->place = r->found[n - 1];
}

/* One of the backlog: much may have happened since it was found. */
static enum resolver_refresh
refresh(struct refresher *r, const char *domain, bool may_write)
{
	int64_t now = clock_now();
	struct entry entry;

	if (cache_get(r->cache, domain, strlen(domain), &entry) != CACHE_HIT)
		return RESOLVER_REFRESH_OPEN;
	refresh_on_load(&entry.state, now);
	if (refresh_on_timer(&entry.state, now) != REFRESH_TIMER_FETCH)
		return RESOLVER_REFRESH_OPEN;
	if (is_used(r, domain, &entry))
		return resolver_refresh(
		    r->resolver, domain, strlen(domain), &entry.state);
	if (may_write)
		put_off(r, domain, &entry);
	return RESOLVER_REFRESH_OPEN;
}

/* Begin refreshes, a few a turn: a long sleep is no reason for a burst. */
static void
begin_refreshes(struct refresher *r, bool may_write)
{
	struct backlog_item item;
	size_t i, begun = 0;

	for (i = 0; i < DUE_PER_TURN && begun < FETCHES_PER_TURN &&
	     backlog_take(&r->backlog, &item);
	     i++) {
		switch (refresh(r, item.domain, may_write)) {
		case RESOLVER_REFRESH_BEGUN:
			begun++;
			break;
		case RESOLVER_REFRESH_OPEN:
			break;
		case RESOLVER_REFRESH_FULL:
			backlog_add(&r->backlog, item.domain, item.expires);
			return;
		}
	}
}

static void
mark_alive(struct refresher *r)
{
	if (clock_now() - r->alive < ALIVE_EVERY_S)
		return;
	r->alive = clock_now();
	alive_write(r->config->cache_dir, r->alive);
}

/* A clock that cannot be right makes policies too old, or too young. */
static void
check_clock(const struct refresher *r)
{
	int64_t last = alive_read(r->config->cache_dir);
	int64_t gone = r->started - last;

	if (last == 0 || (gone >= 0 && gone <= ABSENT_MAX_S))
		return;
	r->stats->clock_suspect = r->started;
	if (gone < 0)
		log_error("clock-suspect",
		    "the clock is %lld s behind the time of the last run",
		    (long long)-gone);
	else
		log_error("clock-suspect",
		    "the clock is %lld days ahead of the last run: unless "
		    "that is so, policies expire too early",
		    (long long)(gone / DAY_S));
}

static void
on_turn(void *arg)
{
	struct refresher *r = arg;
	struct cache_counts counts;
	bool may_write;

	loop_timer_set(r->turn, TURN_MS);
	mark_alive(r);
	if (clock_now() - r->rotated >= DAY_S) {
		used_rotate(r->used);
		r->rotated = clock_now();
	}
	/* What is not durable yet is still in the index: not twice. */
	cache_count(r->cache, &counts);
	may_write = counts.writes_queued == 0;
	walk(r, may_write);
	begin_refreshes(r, may_write);
}

struct refresher *
refresher_new(struct loop *loop, const struct config *config,
    const struct resolver_parts *parts, struct resolver *resolver)
{
	struct refresher *r = xcalloc(1, sizeof(*r));

	r->config = config;
	r->cache = parts->cache;
	r->used = parts->used;
	r->resolver = resolver;
	r->stats = parts->stats != NULL ? parts->stats : stats_unread();
	r->started = r->rotated = clock_now();
	check_clock(r);
	r->turn = loop_timer_new(loop, on_turn, r);
	loop_timer_set(r->turn, TURN_MS);
	return r;
}

void
refresher_free(struct refresher *r)
{
	if (r == NULL)
		return;
	loop_timer_free(r->turn);
	alive_write(r->config->cache_dir, clock_now());
	free(r);
}
