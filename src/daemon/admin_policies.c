/* SPDX-License-Identifier: ISC */
/* GET /policies, GET and DELETE /policies/DOMAIN. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/xmalloc.h"
#include "cache/record.h"
#include "daemon/adminroute.h"
#include "daemon/resolver_admin.h"
#include "postfix/answer.h"

#define LIMIT_DEFAULT  100
#define EXPIRING_MAX_S 1000000000
#define DURABLE_MS     10000

/* A page of the list, while it is filled. */
struct page {
	struct admin_budget budget;
	int64_t now;
	/* what is wanted */
	int64_t limit;
	const char *mode, *match; /* NULL: any */
	int64_t expiring; /* -1: any */
	bool is_failing;
	/* what was found */
	struct buf policies; /* objects, commas between them */
	int64_t count;
	int64_t examined;
	char last[DOMAIN_MAX + 1];
};

/*
 * Does name match a pattern of *, ? and other characters? Only the last star
 * is ever gone back to: any match of it covers those of the stars before.
 */
static bool
glob(const char *pattern, const char *name)
{
	const char *star = NULL, *from = NULL;

	while (*name != '\0') {
		if (*pattern == '*') {
			star = ++pattern;
			from = name;
		} else if (*pattern == '?' || *pattern == *name) {
			pattern++;
			name++;
		} else if (star != NULL) {
			pattern = star;
			name = ++from;
		} else {
			return false;
		}
	}
	return pattern[strspn(pattern, "*")] == '\0';
}

static bool
is_wanted(const struct page *page, const char *domain, const struct entry *e)
{
	struct refresh_state s = e->state;

	if (page->match != NULL && !glob(page->match, domain))
		return false;
	if (page->mode != NULL &&
	    strcmp(sts_mode_word(e->policy.mode), page->mode) != 0)
		return false;
	if (page->is_failing && s.failures == 0)
		return false;
	if (page->expiring < 0)
		return true;
	refresh_on_load(&s, page->now);
	return s.expires > page->now && s.expires - page->now <= page->expiring;
}

static bool
on_entry(const char *domain, size_t len, const struct entry *entry, void *arg)
{
	struct page *page = arg;
	json_t *object;

	memcpy(page->last, domain, len + 1);
	page->examined++;
	if (entry != NULL && is_wanted(page, domain, entry)) {
		object = json_object();
		record_put_json(object, domain, entry, page->now);
		if (page->count++ > 0)
			buf_putc(&page->policies, ',');
		admin_put_json(&page->policies, object);
	}
	return admin_budget_spend(&page->budget) && page->count < page->limit;
}

static bool
is_mode(const char *word)
{
	return strcmp(word, "enforce") == 0 || strcmp(word, "testing") == 0 ||
	    strcmp(word, "none") == 0;
}

/* False: replied to. */
static bool
read_page(struct httpd_exchange *ex, struct page *page)
{
	const char *failing = httpd_get_query(ex, "failing");

	page->mode = httpd_get_query(ex, "mode");
	page->match = httpd_get_query(ex, "match");
	page->is_failing = failing != NULL && strcmp(failing, "1") == 0;
	if (page->mode != NULL && !is_mode(page->mode)) {
		admin_reply_error(
		    ex, 400, "mode: is one of enforce, testing, none");
		return false;
	}
	if (failing != NULL && !page->is_failing) {
		admin_reply_error(ex, 400, "failing: is 1, or left out");
		return false;
	}
	return admin_read_number(ex, "limit", ADMIN_RECORDS_MAX, LIMIT_DEFAULT,
		   &page->limit) &&
	    admin_read_number(
		ex, "expiring", EXPIRING_MAX_S, -1, &page->expiring);
}

/* Where the page begins; false: replied to. */
static bool
read_after(struct httpd_exchange *ex, char after[DOMAIN_MAX + 1])
{
	const char *text = httpd_get_query(ex, "after");

	after[0] = '\0';
	return text == NULL || *text == '\0' ||
	    admin_read_domain(ex, text, after) != 0;
}

void
admin_list(struct admin *a, struct httpd_exchange *ex, const char *rest)
{
	struct page page = { .now = clock_now() };
	char after[DOMAIN_MAX + 1];
	struct buf text = { 0 };
	enum cache_status status;

	(void)rest;
	if (!read_page(ex, &page) || !read_after(ex, after))
		return;
	if (page.limit == 0)
		page.limit = 1;
	admin_budget_begin(&page.budget, ADMIN_LIST_US);
	status = cache_list(a->parts.cache, after, on_entry, &page);
	if (status == CACHE_ERROR) {
		admin_reply_error(ex, 503, "the cache cannot be read");
		buf_clear(&page.policies);
		return;
	}
	buf_puts(&text, "{\"policies\":[");
	buf_put(&text, page.policies.data, page.policies.len);
	buf_printf(
	    &text, "],\"examined\":%lld,\"next\":", (long long)page.examined);
	if (status == CACHE_HIT)
		buf_printf(&text, "\"%s\"}\n", page.last);
	else
		buf_puts(&text, "null}\n");
	admin_reply_text(ex, 200, admin_type_json, &text);
	buf_clear(&page.policies);
	buf_clear(&text);
}

static const char *
override_word(enum sts_override override)
{
	switch (override) {
	case STS_OVERRIDE_NONE:
		break;
	case STS_OVERRIDE_SKIP:
		return "skip";
	case STS_OVERRIDE_TESTING:
		return "testing";
	case STS_OVERRIDE_ENFORCE:
		return "enforce";
	}
	return NULL;
}

/* What Postfix would be told now, if nothing were looked up. */
static void
put_replies(struct admin *a, json_t *object, const char *domain,
    const struct resolver_answer *answer)
{
	json_t *replies = json_object();
	struct buf text = { 0 };
	int profile;

	for (profile = ANSWER_POSTFIX_2_10; profile <= ANSWER_POSTFIX_3_10;
	     profile++) {
		buf_reset(&text);
		lookups_preview(a->parts.lookups, domain,
		    (enum answer_profile)profile, answer, &text);
		admin_set_text(replies,
		    answer_profile_name((enum answer_profile)profile),
		    buf_str(&text));
	}
	admin_set(object, "replies", replies);
	buf_clear(&text);
}

/* What is said of the domain's last fetch, if that is not too long ago. */
static const char *
find_detail(
    const struct stats *stats, const char *domain, enum sts_reason reason)
{
	const struct stats_fetch *f;
	size_t i;

	for (i = stats->fetches; i > 0 && stats->fetches - i < STATS_LAST;
	     i--) {
		f = &stats->fetch[(i - 1) % STATS_LAST];
		if (strcmp(f->domain, domain) == 0)
			return f->reason == reason ? f->detail : NULL;
	}
	return NULL;
}

static void
put_error(struct admin *a, json_t *object, const char *domain,
    const struct refresh_state *s)
{
	const char *detail;
	json_t *error;

	if (s->reason == STS_REASON_OK) {
		admin_set(object, "error", json_null());
		return;
	}
	error = json_object();
	admin_set_text(error, "reason", sts_reason_word(s->reason));
	detail = find_detail(a->parts.stats, domain, s->reason);
	if (detail != NULL && *detail != '\0')
		admin_set_text(error, "detail", detail);
	admin_set_int(
	    error, "time", s->failures > 0 ? s->failed_at : s->checked);
	admin_set_int(error, "count",
	    s->failures > 0 ? (int64_t)s->failures : (int64_t)s->txt_failures);
	admin_set(object, "error", error);
}

/* The policy in the cache, or a job's, with the history of the first. */
static void
put_policy(struct admin *a, json_t *object, const char *domain,
    const struct resolver_seen *seen)
{
	struct entry entry;
	bool is_stored = cache_get(a->parts.cache, domain, strlen(domain),
			     &entry) == CACHE_HIT;

	admin_set(
	    object, "dane", admin_dane(a, domain, is_stored ? &entry : NULL));
	if (!is_stored)
		entry = (struct entry){ .first_seen = seen->state.fetched };
	entry.state = seen->state;
	entry.policy = seen->policy;
	record_put_json(object, domain, &entry, clock_now());
	record_put_details(object, &entry);
	put_error(a, object, domain, &seen->state);
}

static void
put_negative(struct admin *a, json_t *object, const char *domain,
    const struct resolver_seen *seen)
{
	const struct refresh_state *s = &seen->state;

	admin_set_text(object, "domain", domain);
	admin_set_text(object, "reason", sts_reason_word(s->reason));
	admin_set_int(object, "checked", s->checked);
	admin_set_int(object, "next_check", s->next_check);
	admin_set(object, "retry_at",
	    s->retry_at != 0 ? json_integer(s->retry_at) : json_null());
	admin_set_int(object, "failures", s->failures);
	put_error(a, object, domain, s);
}

void
admin_show(struct admin *a, struct httpd_exchange *ex, const char *rest)
{
	struct resolver_answer answer = { .status = RESOLVER_NONE };
	enum resolver_source source;
	struct resolver_seen seen = { 0 };
	char domain[DOMAIN_MAX + 1];
	const char *override;
	json_t *object;
	size_t len = admin_read_domain(ex, rest, domain);

	if (len == 0)
		return;
	override =
	    override_word(lookups_find_override(a->parts.lookups, domain, len));
	source = resolver_look(a->parts.resolver, domain, len, &seen);
	if (source == RESOLVER_UNREADABLE) {
		admin_reply_error(ex, 503, "%s: cannot be read", domain);
		return;
	}
	if (source == RESOLVER_KNOWS_NOTHING && override == NULL) {
		admin_reply_error(ex, 404, "%s: nothing is known", domain);
		return;
	}
	object = json_object();
	admin_set_text(object, "source",
	    source == RESOLVER_IN_CACHE         ? "cache" :
		source == RESOLVER_IN_MEMORY    ? "memory" :
		source == RESOLVER_IN_NEGATIVES ? "negative" :
						  "override");
	admin_set(object, "override", admin_text_or_null(override));
	if (source == RESOLVER_IN_CACHE || source == RESOLVER_IN_MEMORY) {
		put_policy(a, object, domain, &seen);
		if (refresh_what(&seen.state, clock_now()) == REFRESH_POLICY)
			answer.status = RESOLVER_POLICY;
		answer.policy = seen.policy;
	} else if (source == RESOLVER_IN_NEGATIVES) {
		put_negative(a, object, domain, &seen);
	} else {
		admin_set_text(object, "domain", domain);
	}
	put_replies(a, object, domain, &answer);
	admin_reply_json(ex, 200, object);
}

/* A removal on its way to the disk. */
struct removal {
	struct admin_wait wait;
	struct httpd_exchange *exchange;
	struct cache_write *write;
	struct loop_timer *late;
	bool was_known;
};

static void
removal_free(struct removal *r)
{
	LIST_REMOVE(&r->wait, entry);
	cache_cancel(r->write);
	loop_timer_free(r->late);
	free(r);
}

static void
on_removed(void *arg)
{
	struct removal *r = arg;
	json_t *object = json_object();

	r->write = NULL;
	admin_set(object, "removed", json_boolean(r->was_known));
	admin_reply_json(r->exchange, 200, object);
	removal_free(r);
}

static void
on_late(void *arg)
{
	struct removal *r = arg;

	admin_reply_error(r->exchange, 503,
	    "the disk takes no writes: it is removed as soon as it does");
	removal_free(r);
}

static void
removal_cancel(struct admin_wait *wait)
{
	struct removal *r = (struct removal *)(void *)((char *)wait -
	    offsetof(struct removal, wait));

	admin_reply_error(r->exchange, 503, "the daemon is stopping");
	removal_free(r);
}

void
admin_remove(struct admin *a, struct httpd_exchange *ex, const char *rest)
{
	char domain[DOMAIN_MAX + 1];
	struct removal *r;
	struct entry entry;
	size_t len = admin_read_domain(ex, rest, domain);

	if (len == 0)
		return;
	r = xcalloc(1, sizeof(*r));
	r->exchange = ex;
	r->wait.cancel = removal_cancel;
	LIST_INSERT_HEAD(&a->waits, &r->wait, entry);
	r->was_known =
	    cache_get(a->parts.cache, domain, len, &entry) != CACHE_MISS;
	r->was_known |= resolver_forget(a->parts.resolver, domain, len);
	r->late = loop_timer_new(a->loop, on_late, r);
	loop_timer_set(r->late, DURABLE_MS);
	r->write = cache_remove(a->parts.cache, domain, on_removed, r);
}
