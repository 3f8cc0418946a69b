/* SPDX-License-Identifier: ISC */
/*
 * cache/cache: entries as bytes in memory (the real codec), writes that are
 * durable when the script lets them be.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/xmalloc.h"
#include "cache/cache.h"
#include "world.h"

#define RETRY_MS 1000

struct kept {
	TAILQ_ENTRY(kept) entry;
	char domain[DOMAIN_MAX + 1];
	struct buf bytes;
};

struct cache_write {
	TAILQ_ENTRY(cache_write) entry;
	struct loop_timer *timer;
	char domain[DOMAIN_MAX + 1];
	bool is_remove;
	bool is_amendment;
	int64_t fetched, checked;
	struct buf bytes;
	cache_cb *cb;
	void *arg;
};

TAILQ_HEAD(kept_list, kept);
TAILQ_HEAD(write_list, cache_write);

static struct kept_list all = TAILQ_HEAD_INITIALIZER(all);
static struct write_list writes = TAILQ_HEAD_INITIALIZER(writes);

static struct kept *
find(const char *domain, size_t len)
{
	struct kept *kept;

	TAILQ_FOREACH(kept, &all, entry)
	if (strlen(kept->domain) == len &&
	    memcmp(kept->domain, domain, len) == 0)
		return kept;
	return NULL;
}

static void
drop(struct kept *kept)
{
	if (kept == NULL)
		return;
	TAILQ_REMOVE(&all, kept, entry);
	buf_clear(&kept->bytes);
	free(kept);
}

/* CACHE_HIT: *kept is there. */
static enum cache_status
get(const char *domain, size_t len, struct kept **kept)
{
	*kept = find(domain, len);
	if (world.is_cache_broken)
		return CACHE_ERROR;
	return *kept != NULL ? CACHE_HIT : CACHE_MISS;
}

static enum cache_status
judge(enum entry_status status)
{
	return status == ENTRY_OK ? CACHE_HIT : CACHE_DAMAGED;
}

enum cache_status
cache_get(
    struct cache *cache, const char *domain, size_t len, struct entry *out)
{
	struct kept *kept;
	enum cache_status status = get(domain, len, &kept);

	(void)cache;
	if (status != CACHE_HIT)
		return status;
	return judge(entry_decode(kept->bytes.data, kept->bytes.len, out));
}

enum cache_status
cache_get_known(struct cache *cache, const char *domain, size_t len,
    struct entry_known *out)
{
	struct kept *kept;
	enum cache_status status = get(domain, len, &kept);

	(void)cache;
	if (status != CACHE_HIT)
		return status;
	return judge(
	    entry_decode_known(kept->bytes.data, kept->bytes.len, out));
}

void
world_cache_damage(const char *domain)
{
	struct kept *kept = find(domain, strlen(domain));

	assert(kept != NULL);
	kept->bytes.data[kept->bytes.len / 2] ^= 1;
}

static void
free_write(struct cache_write *w)
{
	TAILQ_REMOVE(&writes, w, entry);
	loop_timer_free(w->timer);
	buf_clear(&w->bytes);
	free(w);
}

static void
commit(struct cache_write *w)
{
	struct kept *kept = find(w->domain, strlen(w->domain));
	struct entry entry;

	if (w->is_amendment &&
	    (kept == NULL ||
		entry_decode(kept->bytes.data, kept->bytes.len, &entry) !=
		    ENTRY_OK ||
		entry.state.fetched != w->fetched ||
		entry.state.checked != w->checked))
		return;
	drop(kept);
	if (w->is_remove)
		return;
	kept = xcalloc(1, sizeof(*kept));
	strlcpy(kept->domain, w->domain, sizeof(kept->domain));
	buf_put(&kept->bytes, w->bytes.data, w->bytes.len);
	TAILQ_INSERT_TAIL(&all, kept, entry);
}

static void
on_commit(void *arg)
{
	struct cache_write *w = arg;
	cache_cb *cb = w->cb;
	void *cb_arg = w->arg;

	if (world.is_commit_failing) {
		loop_timer_set(w->timer, RETRY_MS);
		return;
	}
	commit(w);
	free_write(w);
	if (cb != NULL)
		cb(cb_arg);
}

static struct cache_write *
queue(const char *domain, cache_cb *cb, void *arg)
{
	struct cache_write *w = xcalloc(1, sizeof(*w));

	strlcpy(w->domain, domain, sizeof(w->domain));
	w->cb = cb;
	w->arg = arg;
	w->timer = loop_timer_new(NULL, on_commit, w);
	loop_timer_set(w->timer, world.commit_delay_ms);
	TAILQ_INSERT_TAIL(&writes, w, entry);
	return w;
}

struct cache_write *
cache_put(struct cache *cache, const char *domain, const struct entry *entry,
    cache_cb *cb, void *arg)
{
	struct cache_write *w = queue(domain, cb, arg);

	(void)cache;
	world.puts++;
	entry_encode(&w->bytes, entry);
	return w;
}

void
cache_amend(struct cache *cache, const char *domain, const struct entry *entry)
{
	struct cache_write *w = queue(domain, NULL, NULL);

	(void)cache;
	world.amendments++;
	w->is_amendment = true;
	w->fetched = entry->state.fetched;
	w->checked = entry->state.checked;
	entry_encode(&w->bytes, entry);
}

struct cache_write *
cache_remove(struct cache *cache, const char *domain, cache_cb *cb, void *arg)
{
	struct cache_write *w = queue(domain, cb, arg);

	(void)cache;
	world.removes++;
	w->is_remove = true;
	return w;
}

void
cache_cancel(struct cache_write *w)
{
	if (w != NULL)
		w->cb = NULL;
}

static int
compare_due(const struct cache_due *a, const struct cache_due *b)
{
	if (a->due != b->due)
		return a->due < b->due ? -1 : 1;
	return strcmp(a->domain, b->domain);
}

/* In the order of due times, as the real index. */
size_t
cache_due(struct cache *cache, int64_t until, const struct cache_due *after,
    struct cache_due *found, size_t max)
{
	struct cache_due place = { 0 };
	struct kept *kept;
	struct entry entry;
	size_t i, n = 0;

	(void)cache;
	TAILQ_FOREACH(kept, &all, entry)
	{
		if (entry_decode(kept->bytes.data, kept->bytes.len, &entry) !=
			ENTRY_OK ||
		    entry.due == 0 || entry.due > until)
			continue;
		place.due = entry.due;
		place.expires = entry.state.expires;
		strlcpy(place.domain, kept->domain, sizeof(place.domain));
		if (after != NULL && compare_due(&place, after) <= 0)
			continue;
		for (i = n; i > 0 && compare_due(&place, &found[i - 1]) < 0;
		     i--) {
			if (i < max)
				found[i] = found[i - 1];
		}
		if (i < max)
			found[i] = place;
		if (n < max)
			n++;
	}
	return n;
}

void
cache_count(struct cache *cache, struct cache_counts *counts)
{
	struct cache_write *w;

	(void)cache;
	*counts = (struct cache_counts){ 0 };
	TAILQ_FOREACH(w, &writes, entry)
	counts->writes_queued++;
}

void
world_cache_crash(void)
{
	while (!TAILQ_EMPTY(&writes))
		free_write(TAILQ_FIRST(&writes));
}

void
world_cache_flush(void)
{
	struct cache_write *w;

	while ((w = TAILQ_FIRST(&writes)) != NULL) {
		commit(w);
		free_write(w);
	}
}

void
world_cache_clear(void)
{
	world_cache_crash();
	while (!TAILQ_EMPTY(&all))
		drop(TAILQ_FIRST(&all));
}
