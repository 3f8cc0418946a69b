/* SPDX-License-Identifier: ISC */
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/xmalloc.h"
#include "cache/readonly.h"
#include "ctl/ask.h"
#include "ctl/records.h"

#define PAGE    1000 /* what a request may examine */
#define DAMAGED "%s: the record is damaged"

/* Does the entry pass? As the daemon judges it. */
static bool
passes(const struct ctl_filter *f, const char *domain, const struct entry *e,
    int64_t now)
{
	struct refresh_state s = e->state;

	refresh_on_load(&s, now);
	return (f->mode == NULL ||
		   strcmp(f->mode, sts_mode_word(e->policy.mode)) == 0) &&
	    (f->expiring == -1 ||
		(s.expires > now && s.expires - now <= f->expiring)) &&
	    (!f->is_failing || e->state.failures > 0) &&
	    (f->match == NULL || fnmatch(f->match, domain, 0) == 0);
}

static void
count_damaged(const struct ctl_filter *filter, uint64_t n)
{
	if (filter != NULL && filter->damaged != NULL)
		*filter->damaged += n;
}

struct offline {
	const struct ctl_filter *filter; /* NULL: lines are wanted */
	ctl_policy_cb *policy_cb;
	ctl_line_cb *line_cb;
	void *arg;
	struct buf line;
	int64_t now;
};

static bool
give_entry(struct offline *o, const char *domain, const struct entry *entry)
{
	json_t *policy;
	bool goes_on;

	if (o->filter == NULL) {
		buf_reset(&o->line);
		record_put_line(&o->line, domain, entry);
		return o->line_cb(o->line.data, o->line.len, o->arg);
	}
	if (!passes(o->filter, domain, entry, o->now))
		return true;
	policy = json_object();
	record_put_json(policy, domain, entry, o->now);
	goes_on = o->policy_cb(policy, o->arg);
	json_decref(policy);
	return goes_on;
}

static int
each_offline(struct offline *o, const char *dir)
{
	struct buf why = { 0 };
	struct cache_reader *reader = cache_reader_open(dir, &why);
	char domain[DOMAIN_MAX + 1];
	enum cache_status found;
	struct entry entry;
	int status = CTL_OK;

	if (reader == NULL) {
		ctl_say("%s", buf_str(&why));
		buf_clear(&why);
		return CTL_FAILED;
	}
	o->now = clock_now();
	while (
	    (found = cache_reader_next(reader, domain, &entry)) != CACHE_MISS) {
		if (found == CACHE_ERROR) {
			ctl_say(DAMAGED, domain);
			status = CTL_FAILED;
			count_damaged(o->filter, 1);
		} else if (!give_entry(o, domain, &entry)) {
			break;
		}
	}
	cache_reader_close(reader);
	buf_clear(&o->line);
	return status;
}

static void
put_filter(struct buf *path, const struct ctl_filter *f)
{
	if (f->mode != NULL) {
		buf_puts(path, "&mode=");
		ctl_put_encoded(path, f->mode);
	}
	if (f->expiring != -1)
		buf_printf(path, "&expiring=%lld", (long long)f->expiring);
	if (f->is_failing)
		buf_puts(path, "&failing=1");
	if (f->match != NULL) {
		buf_puts(path, "&match=");
		ctl_put_encoded(path, f->match);
	}
}

/*
 * Go on after next, or end with NULL. False, said, when it does not come after
 * the last: that would never end.
 */
static bool
go_on(struct ctl_ask *ask, char **after, const char *next)
{
	bool is_later = next == NULL || strcmp(next, *after) > 0;
	char *old = *after;

	if (!is_later)
		ctl_say_reply(ask);
	*after = xstrdup(next != NULL && is_later ? next : "");
	free(old);
	return next != NULL && is_later;
}

/* Records that the daemon cannot read are in no list of policies. */
static void
say_unreadable(
    struct ctl_ask *ask, const json_t *page, const struct ctl_filter *filter)
{
	const json_t *names = json_object_get(page, "unreadable");
	size_t listed = json_array_size(json_object_get(page, "policies"));
	int64_t left = ctl_number(page, "examined") - (int64_t)listed;
	const char *name;
	json_t *item;
	size_t i;

	json_array_foreach(names, i, item)
	{
		name = json_string_value(item);
		ctl_say(DAMAGED, name != NULL ? name : "?");
		ask->status = CTL_FAILED;
		count_damaged(filter, 1);
	}
	if (names == NULL && left > 0 && filter->mode == NULL &&
	    filter->expiring == -1 && !filter->is_failing &&
	    filter->match == NULL) {
		ctl_say("%lld records are damaged", (long long)left);
		ask->status = CTL_FAILED;
		count_damaged(filter, (uint64_t)left);
	}
}

/* One page; its `next` ("" at the end) replaces *after. False: enough. */
static bool
give_page(struct ctl_ask *ask, const char *path, char **after,
    const struct ctl_filter *filter, ctl_policy_cb *cb, void *arg)
{
	json_t *page = ctl_ask(ask, "GET", path, NULL), *policy;
	bool goes_on = page != NULL;
	size_t i;

	json_array_foreach(json_object_get(page, "policies"), i, policy)
	{
		if (goes_on)
			goes_on = cb(policy, arg);
	}
	say_unreadable(ask, page, filter);
	goes_on = goes_on && go_on(ask, after, ctl_text(page, "next"));
	json_decref(page);
	return goes_on;
}

int
ctl_each_policy(const struct ctl_options *options,
    const struct ctl_filter *filter, ctl_policy_cb *cb, void *arg)
{
	struct offline offline = {
		.filter = filter, .policy_cb = cb, .arg = arg
	};
	struct buf path = { 0 };
	struct ctl_ask ask;
	char *after;

	if (options->cache_dir != NULL)
		return each_offline(&offline, options->cache_dir);
	after = xstrdup("");
	if (ctl_ask_open(&ask, options)) {
		do {
			buf_reset(&path);
			buf_printf(&path, "/policies?limit=%d&after=", PAGE);
			ctl_put_encoded(&path, after);
			put_filter(&path, filter);
		} while (give_page(&ask, path.data, &after, filter, cb, arg));
	}
	ctl_ask_close(&ask);
	buf_clear(&path);
	free(after);
	return ask.status;
}

/*
 * The lines of a page of export. The last is {"next": ...}: without it the
 * page is not whole.
 */
static bool
give_lines(struct ctl_ask *ask, char **after, ctl_line_cb *cb, void *arg)
{
	const struct buf *body = &ask->reply.body;
	const char *line = buf_str(body), *end = line + body->len, *stop;
	json_t *last = NULL;
	bool goes_on = true;

	for (; line < end && goes_on; line = stop + 1) {
		stop = memchr(line, '\n', (size_t)(end - line));
		if (stop == NULL || stop + 1 == end)
			break;
		goes_on = cb(line, (size_t)(stop + 1 - line), arg);
	}
	if (!goes_on) {
		ask->status = CTL_FAILED;
		return false;
	}
	last = json_loadb(line, (size_t)(end - line), 0, NULL);
	if (json_object_get(last, "next") == NULL) {
		ctl_say_reply(ask);
		json_decref(last);
		return false;
	}
	goes_on = go_on(ask, after, ctl_text(last, "next"));
	json_decref(last);
	return goes_on;
}

int
ctl_each_line(const struct ctl_options *options, ctl_line_cb *cb, void *arg)
{
	struct offline offline = { .line_cb = cb, .arg = arg };
	struct buf path = { 0 };
	struct ctl_ask ask;
	char *after;
	bool goes_on;

	if (options->cache_dir != NULL)
		return each_offline(&offline, options->cache_dir);
	after = xstrdup("");
	goes_on = ctl_ask_open(&ask, options);
	while (goes_on) {
		buf_reset(&path);
		buf_printf(&path, "/export?limit=%d&after=", PAGE);
		ctl_put_encoded(&path, after);
		goes_on = ctl_get(&ask, path.data) &&
		    give_lines(&ask, &after, cb, arg);
	}
	ctl_ask_close(&ask);
	buf_clear(&path);
	free(after);
	return ask.status;
}
