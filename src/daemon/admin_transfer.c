/* SPDX-License-Identifier: ISC */
/*
 * GET /export, POST /import. Import answers when all it took is durable; its
 * lines are worked off a slice a turn.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/xmalloc.h"
#include "cache/record.h"
#include "daemon/adminroute.h"
#include "daemon/resolver_admin.h"

#define REJECTED_MAX 100 /* told one by one */
#define DURABLE_MS   30000
/* What waits for the disk stays there though its import has been too late. */
#define QUEUED_MAX       4096
#define QUEUED_MAX_BYTES (768 * 1024)
/* Lines that may be due in the same second: see refresh_import(). */
#define LINES_TOGETHER 8

_Static_assert(HTTPD_BODY_MAX_BYTES >= RECORD_LINE_MAX_BYTES,
    "what is exported can be imported");

static const char type_ndjson[] = "application/x-ndjson";

struct page {
	struct admin_budget budget;
	struct buf lines;
	int64_t left;
	char last[DOMAIN_MAX + 1];
};

static bool
on_entry(const char *domain, size_t len, const struct entry *entry, void *arg)
{
	struct page *page = arg;

	memcpy(page->last, domain, len + 1);
	if (entry != NULL) {
		record_put_line(&page->lines, domain, entry);
		page->left--;
	}
	return admin_budget_spend(&page->budget) && page->left > 0;
}

void
admin_export(struct admin *a, struct httpd_exchange *ex, const char *rest)
{
	struct page page = { .left = 0 };
	const char *text = httpd_get_query(ex, "after");
	char after[DOMAIN_MAX + 1] = "";
	enum cache_status status;

	(void)rest;
	if (!admin_read_number(ex, "limit", ADMIN_RECORDS_MAX,
		ADMIN_RECORDS_MAX, &page.left) ||
	    (text != NULL && *text != '\0' &&
		admin_read_domain(ex, text, after) == 0))
		return;
	admin_budget_begin(&page.budget, ADMIN_LIST_US);
	status = cache_list(a->parts.cache, after, on_entry, &page);
	if (status == CACHE_ERROR) {
		admin_reply_error(ex, 503, "the cache cannot be read");
	} else {
		if (status == CACHE_HIT)
			buf_printf(
			    &page.lines, "{\"next\":\"%s\"}\n", page.last);
		else
			buf_puts(&page.lines, "{\"next\":null}\n");
		admin_reply_text(ex, 200, type_ndjson, &page.lines);
	}
	buf_clear(&page.lines);
}

/* A body of lines, until all of them are durable. */
struct import {
	struct admin_wait wait;
	struct admin *admin;
	struct httpd_exchange *exchange;
	struct buf body;
	size_t at, line;
	int64_t stored, older, expired, left_out;
	json_t *rejected;
	struct refresh_settings settings;
	uint32_t chance;
	struct loop_defer *slice; /* NULL: all lines are read */
	struct loop_timer *late;
	LIST_HEAD(, import_write) writes;
};

/* One of its policies, on its way to the disk. */
struct import_write {
	LIST_ENTRY(import_write) entry;
	struct import *import;
	struct cache_write *write;
	char domain[DOMAIN_MAX + 1];
};

static void
import_free(struct import *im)
{
	struct import_write *w;

	while ((w = LIST_FIRST(&im->writes)) != NULL) {
		LIST_REMOVE(w, entry);
		cache_cancel(w->write);
		free(w);
	}
	LIST_REMOVE(&im->wait, entry);
	loop_defer_cancel(im->slice);
	loop_timer_free(im->late);
	json_decref(im->rejected);
	buf_clear(&im->body);
	free(im);
}

static void
reply_if_durable(struct import *im)
{
	json_t *object;

	if (im->slice != NULL || !LIST_EMPTY(&im->writes))
		return;
	object = json_object();
	admin_set_int(object, "stored", im->stored);
	admin_set_int(object, "older", im->older);
	admin_set_int(object, "expired", im->expired);
	admin_set(object, "rejected", json_incref(im->rejected));
	admin_set_int(object, "rejected_more", im->left_out);
	admin_reply_json(im->exchange, 200, object);
	import_free(im);
}

static void
on_late(void *arg)
{
	struct import *im = arg;

	admin_reply_error(im->exchange, 503,
	    "the disk takes no writes: what was sent may be stored later");
	import_free(im);
}

static void
import_cancel(struct admin_wait *wait)
{
	struct import *im = (struct import *)(void *)((char *)wait -
	    offsetof(struct import, wait));

	admin_reply_error(im->exchange, 503, "the daemon is stopping");
	import_free(im);
}

static void
on_durable(void *arg)
{
	struct import_write *w = arg;
	struct import *im = w->import;

	/* Now it is found; until now there may have been "no policy". */
	resolver_learned(
	    im->admin->parts.resolver, w->domain, strlen(w->domain));
	LIST_REMOVE(w, entry);
	free(w);
	im->stored++;
	reply_if_durable(im);
}

/* Is what is known of the domain as new? Then that stays. */
static bool
is_older(const struct import *im, const struct record *r)
{
	struct resolver_seen seen;
	const struct refresh_state *s = &r->entry.state;

	switch (resolver_look(
	    im->admin->parts.resolver, r->domain, strlen(r->domain), &seen)) {
	case RESOLVER_IN_CACHE:
	case RESOLVER_IN_MEMORY:
		return seen.state.fetched > s->fetched ||
		    (seen.state.fetched == s->fetched &&
			seen.state.checked >= s->checked);
	case RESOLVER_KNOWS_NOTHING:
	case RESOLVER_IN_NEGATIVES:
	case RESOLVER_UNREADABLE:
		break;
	}
	return false;
}

/* Its history goes on from the one there is. */
static void
store(struct import *im, struct record *r)
{
	struct cache *cache = im->admin->parts.cache;
	struct import_write *w;
	struct entry held;

	if (is_older(im, r)) {
		im->older++;
		return;
	}
	if (cache_get(cache, r->domain, strlen(r->domain), &held) ==
	    CACHE_HIT) {
		held.state = r->entry.state;
		held.policy = r->entry.policy;
		if (held.used_day < r->entry.used_day)
			held.used_day = r->entry.used_day;
		entry_remember(&held);
		r->entry = held;
	}
	w = xcalloc(1, sizeof(*w));
	w->import = im;
	memcpy(w->domain, r->domain, sizeof(w->domain));
	LIST_INSERT_HEAD(&im->writes, w, entry);
	w->write = cache_put(cache, r->domain, &r->entry, on_durable, w);
}

static void
reject(struct import *im, const struct buf *error)
{
	json_t *item;

	if (json_array_size(im->rejected) >= REJECTED_MAX) {
		im->left_out++;
		return;
	}
	item = json_object();
	admin_set_int(item, "line", (int64_t)im->line);
	admin_set_text(item, "error", buf_str(error));
	(void)json_array_append_new(im->rejected, item);
}

static void
take_line(struct import *im, const char *line, size_t len)
{
	const struct record_reading reading = {
		.settings = &im->settings,
		.now = clock_now(),
		.chance = im->chance + (uint32_t)(im->line / LINES_TOGETHER),
	};
	struct record r = { 0 };
	struct buf error = { 0 };

	switch (record_parse_line(line, len, &reading, &r, &error)) {
	case RECORD_OK:
		store(im, &r);
		break;
	case RECORD_EXPIRED:
		im->expired++;
		break;
	case RECORD_BAD:
		reject(im, &error);
		break;
	}
	record_clear(&r);
	buf_clear(&error);
}

static void
on_slice(void *arg)
{
	struct import *im = arg;
	struct admin_budget budget;
	const char *line, *end;
	size_t len;
	bool has_time = true;

	im->slice = NULL;
	admin_budget_begin(&budget, ADMIN_TURN_US / 2);
	while (has_time && im->at < im->body.len) {
		line = im->body.data + im->at;
		len = im->body.len - im->at;
		end = memchr(line, '\n', len);
		if (end != NULL)
			len = (size_t)(end - line);
		im->at += len + 1;
		im->line++;
		if (len > 0)
			take_line(im, line, len);
		has_time = admin_budget_spend(&budget);
	}
	if (im->at < im->body.len)
		im->slice =
		    loop_defer(im->admin->loop, LOOP_NORMAL, on_slice, im);
	reply_if_durable(im);
}

/* Many lines cost more to hold than their bytes; one does not. */
static bool
is_too_long(const char *body, size_t len)
{
	return len > ADMIN_BODY_MAX_BYTES &&
	    (len > RECORD_LINE_MAX_BYTES ||
		memchr(body, '\n', len - 1) != NULL);
}

static bool
is_too_much(const struct admin *a)
{
	struct cache_counts counts;

	cache_count(a->parts.cache, &counts);
	return counts.writes_queued > QUEUED_MAX ||
	    counts.bytes_queued > QUEUED_MAX_BYTES;
}

void
admin_import(struct admin *a, struct httpd_exchange *ex, const char *rest)
{
	const struct config *config = a->config;
	struct import *im;
	size_t len;
	const char *body = httpd_get_body(ex, &len);

	(void)rest;
	if (is_too_long(body, len)) {
		admin_reply_error(ex, 413, "over %d bytes, and not one line",
		    ADMIN_BODY_MAX_BYTES);
		return;
	}
	if (is_too_much(a)) {
		admin_reply_error(
		    ex, 503, "too much waits for the disk: try again");
		return;
	}
	im = xcalloc(1, sizeof(*im));
	im->admin = a;
	im->exchange = ex;
	im->rejected = json_array();
	im->settings = (struct refresh_settings){
		.refresh_interval = config->refresh_interval,
		.refresh_min = config->refresh_min,
	};
	im->chance = arc4random();
	im->wait.cancel = import_cancel;
	LIST_INIT(&im->writes);
	LIST_INSERT_HEAD(&a->waits, &im->wait, entry);
	buf_put(&im->body, body, len);
	im->late = loop_timer_new(a->loop, on_late, im);
	loop_timer_set(im->late, DURABLE_MS);
	im->slice = loop_defer(a->loop, LOOP_NORMAL, on_slice, im);
}
