/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>

#include "adminworld.h"
#include "base/clock.h"
#include "base/xmalloc.h"
#include "cache/cache.h"
#include "daemon/resolver_admin.h"
#include "fuzz.h"
#include "net/httptarget.h"

const struct adminworld_policy adminworld_policy[ADMINWORLD_POLICIES] = {
	{ "a.example", STS_MODE_ENFORCE, 0 },
	{ "ab.example", STS_MODE_TESTING, 2 },
	{ "b.example.com", STS_MODE_ENFORCE, 1 },
	{ "c.test", STS_MODE_NONE, 0 },
};
struct adminworld_asked adminworld_asked;

struct cache_write {
	struct loop_defer *defer;
	cache_cb *cb;
	void *arg;
};

struct loop *
adminworld_loop(void)
{
	static struct loop *loop;

	if (loop == NULL) {
		clock_init();
		loop = loop_new();
	}
	HOLDS(loop != NULL);
	return loop;
}

void
adminworld_reset(void)
{
	adminworld_asked = (struct adminworld_asked){ .puts = 0 };
}

static void
check_domain(const char *domain, size_t len)
{
	HOLDS(len > 0 && len <= RESOLVER_DOMAIN_MAX && domain[len] == '\0');
	HOLDS(domain_is_valid(domain, len) && strlen(domain) == len);
}

static struct entry
entry_of(const struct adminworld_policy *p)
{
	static char mx[] = "mx.example";
	int64_t now = clock_now();
	struct entry e = { .first_seen = now - 100 };

	e.policy.mode = e.state.mode = p->mode;
	e.policy.max_age = 86400;
	e.state.max_age = 86400;
	e.policy.mx = (struct sts_mxlist){ mx, sizeof(mx), 1 };
	e.state.fetched = e.state.checked = now - 100;
	e.state.expires = now + 86300;
	e.state.failures = p->failures;
	e.state.failed_at = p->failures > 0 ? now - 50 : 0;
	return e;
}

static const struct adminworld_policy *
find(const char *domain, size_t len)
{
	size_t i;

	check_domain(domain, len);
	for (i = 0; i < ADMINWORLD_POLICIES; i++)
		if (strcmp(adminworld_policy[i].domain, domain) == 0)
			return &adminworld_policy[i];
	return NULL;
}

/* ---- net/httpd */

const char *
httpd_get_path(const struct httpd_exchange *ex)
{
	return httptarget_path(ex->target);
}

const char *
httpd_get_query(const struct httpd_exchange *ex, const char *name)
{
	return httptarget_query(ex->target, name);
}

const char *
httpd_get_body(const struct httpd_exchange *ex, size_t *len)
{
	*len = ex->body_len;
	return ex->body;
}

void
httpd_reply(struct httpd_exchange *ex, const struct httpd_reply *reply)
{
	ex->replies++;
	ex->status = reply->status;
	ex->type = reply->type;
	buf_put(&ex->reply, reply->body, reply->body_len);
	loop_stop(ex->loop);
}

/* ---- cache/cache */

enum cache_status
cache_get(
    struct cache *cache, const char *domain, size_t len, struct entry *out)
{
	const struct adminworld_policy *p = find(domain, len);

	(void)cache;
	if (p == NULL)
		return CACHE_MISS;
	*out = entry_of(p);
	return CACHE_HIT;
}

enum cache_status
cache_list(struct cache *cache, const char *after, cache_list_cb *cb, void *arg)
{
	struct entry e;
	size_t i;

	(void)cache;
	if (*after != '\0')
		check_domain(after, strlen(after));
	for (i = 0; i < ADMINWORLD_POLICIES; i++) {
		const char *domain = adminworld_policy[i].domain;

		if (strcmp(domain, after) <= 0)
			continue;
		e = entry_of(&adminworld_policy[i]);
		if (!cb(domain, strlen(domain), &e, arg))
			return CACHE_HIT;
	}
	return CACHE_MISS;
}

static void
on_write(void *arg)
{
	struct cache_write *w = arg;
	cache_cb *cb = w->cb;
	void *cb_arg = w->arg;

	free(w);
	cb(cb_arg);
}

static struct cache_write *
write_new(cache_cb *cb, void *arg)
{
	struct cache_write *w = xcalloc(1, sizeof(*w));

	w->cb = cb;
	w->arg = arg;
	w->defer = loop_defer(adminworld_loop(), LOOP_NORMAL, on_write, w);
	return w;
}

struct cache_write *
cache_put(struct cache *cache, const char *domain, const struct entry *entry,
    cache_cb *cb, void *arg)
{
	struct buf b = { 0 };
	struct entry again;

	(void)cache;
	check_domain(domain, strlen(domain));
	HOLDS(entry->state.expires > clock_now());
	entry_encode(&b, entry);
	HOLDS(entry_decode(b.data, b.len, &again) == ENTRY_OK);
	buf_clear(&b);
	adminworld_asked.puts++;
	return write_new(cb, arg);
}

struct cache_write *
cache_remove(struct cache *cache, const char *domain, cache_cb *cb, void *arg)
{
	(void)cache;
	check_domain(domain, strlen(domain));
	adminworld_asked.removes++;
	return write_new(cb, arg);
}

void
cache_cancel(struct cache_write *w)
{
	if (w == NULL)
		return;
	loop_defer_cancel(w->defer);
	free(w);
}

/* ---- daemon/resolver, daemon/lookup, daemon/dane */

enum resolver_source
resolver_look(struct resolver *r, const char *domain, size_t len,
    struct resolver_seen *out)
{
	const struct adminworld_policy *p = find(domain, len);
	struct entry e;

	(void)r;
	if (p == NULL)
		return RESOLVER_KNOWS_NOTHING;
	e = entry_of(p);
	*out = (struct resolver_seen){ e.state, e.policy };
	return RESOLVER_IN_CACHE;
}

bool
resolver_forget(struct resolver *r, const char *domain, size_t len)
{
	(void)r;
	check_domain(domain, len);
	return false;
}

void
resolver_learned(struct resolver *r, const char *domain, size_t len)
{
	(void)r;
	check_domain(domain, len);
}

enum sts_override
lookups_find_override(const struct lookups *l, const char *domain, size_t len)
{
	(void)l;
	check_domain(domain, len);
	return STS_OVERRIDE_NONE;
}

void
lookups_preview(struct lookups *l, const char *domain,
    enum answer_profile profile, const struct resolver_answer *known,
    struct buf *out)
{
	(void)l;
	(void)profile;
	(void)known;
	check_domain(domain, strlen(domain));
	buf_puts(out, "NOTFOUND ");
}

json_t *
admin_dane(const struct admin *a, const char *domain, const struct entry *e)
{
	(void)a;
	(void)e;
	check_domain(domain, strlen(domain));
	return json_null();
}

/* ---- daemon/adminjob */

unsigned int
adminjob_start(struct adminjobs *jobs, enum adminjob_what what,
    struct buf *names, size_t count)
{
	size_t at, n = 0;

	(void)jobs;
	for (at = 0; at < names->len; at += strlen(names->data + at) + 1, n++)
		check_domain(names->data + at, strlen(names->data + at));
	HOLDS(n == count && at == names->len);
	HOLDS((what == ADMINJOB_DOMAINS) == (n > 0));
	HOLDS(!adminworld_asked.has_job);
	adminworld_asked.has_job = true;
	adminworld_asked.job = what;
	adminworld_asked.names = n;
	buf_clear(names);
	return 7;
}

bool
adminjob_show(
    struct adminjobs *jobs, unsigned int number, int64_t from, struct buf *out)
{
	(void)jobs;
	HOLDS(number > 0 && from >= 0);
	if (number != 7)
		return false;
	buf_puts(out, "{\"job\":\"7\"}\n");
	return true;
}

json_t *
adminjob_list(struct adminjobs *jobs)
{
	(void)jobs;
	return json_object();
}
