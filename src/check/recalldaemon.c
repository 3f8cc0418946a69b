/* SPDX-License-Identifier: ISC */
/*
 * A running daemon is asked over admin_listen; the cache of one that does not
 * run is read. Neither is needed, so no fault is told: the check goes on with
 * what it has.
 */
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/xmalloc.h"
#include "cache/readonly.h"
#include "check/recalldaemon.h"
#include "net/adminclient.h"

/* A check waits for nobody. */
#define CONNECT_MS       1000
#define ANSWER_MS        2000
#define ANSWER_MAX_BYTES 1048576

struct recalldaemon {
	struct adminclient *client; /* NULL: none is running, or it is ill */
	const char *cache_dir; /* lends; "": not to be read */
};

static void
answer_of(struct recalldaemon *d, const char *path, struct admin_reply *reply)
{
	adminclient_ask(d->client,
	    &(struct admin_request){ .method = "GET", .path = path }, reply);
}

/* admin_listen may name several. */
static bool
find_client(struct recalldaemon *d, const char *listen)
{
	static const struct adminclient_limits limits = {
		.connect_ms = CONNECT_MS,
		.answer_ms = ANSWER_MS,
		.max_bytes = ANSWER_MAX_BYTES,
	};
	struct admin_reply reply = { 0 };
	char address[512];
	size_t len = strcspn(listen, ", \t\n");
	bool is_there;

	if (len == 0 || len >= sizeof(address))
		return false;
	memcpy(address, listen, len);
	address[len] = '\0';
	d->client = adminclient_new(address, &limits);
	if (d->client == NULL)
		return false;
	answer_of(d, "/status", &reply);
	is_there = reply.outcome == ADMIN_OK;
	admin_reply_clear(&reply);
	if (!is_there) {
		adminclient_free(d->client);
		d->client = NULL;
	}
	return is_there;
}

struct recalldaemon *
recalldaemon_open(const struct config *config)
{
	struct recalldaemon *d = xcalloc(1, sizeof(*d));

	d->cache_dir = "";
	if (!find_client(d, config->admin_listen))
		d->cache_dir = config->cache_dir;
	return d;
}

void
recalldaemon_close(struct recalldaemon *d)
{
	if (d == NULL)
		return;
	adminclient_free(d->client);
	free(d);
}

static void
add_entry(const struct entry *e, struct check_memory *memory)
{
	struct memory_sight past[ENTRY_HISTORY_MAX];
	size_t i;

	for (i = 0; i < e->past_count; i++) {
		past[i] = (struct memory_sight){ .first = e->past[i].seen,
			.last = e->past[i].seen,
			.has_policy = true,
			.mode = e->past[i].mode,
			.max_age = MEMORY_AGE_UNKNOWN,
			.body = e->past[i].body_hash };
		strlcpy(past[i].id, e->past[i].id, sizeof(past[i].id));
		if (i == 0)
			past[i].max_age = (int64_t)e->policy.max_age;
	}
	memory_add_past(memory, past, e->past_count);
}

/* Open no longer than need be: meanwhile no daemon can start on it. */
static void
get_cached(const struct recalldaemon *d, const char *domain,
    struct check_memory *memory)
{
	struct cache_reader *reader;
	struct entry entry = { 0 };
	struct buf why = { 0 };

	reader = cache_reader_open(d->cache_dir, &why);
	if (reader != NULL &&
	    cache_reader_get(reader, domain, strlen(domain), &entry) ==
		CACHE_HIT)
		add_entry(&entry, memory);
	cache_reader_close(reader);
	buf_clear(&why);
}

static bool
read_past(json_t *o, struct memory_sight *past)
{
	static const enum sts_mode modes[] = { STS_MODE_NONE, STS_MODE_TESTING,
		STS_MODE_ENFORCE };
	const char *id = json_string_value(json_object_get(o, "id"));
	const char *mode = json_string_value(json_object_get(o, "mode"));
	json_t *seen = json_object_get(o, "seen");
	size_t i;

	*past = (struct memory_sight){ .has_policy = true,
		.max_age = MEMORY_AGE_UNKNOWN };
	past->first = past->last = json_integer_value(seen);
	if (!json_is_integer(seen) || past->first <= 0 || mode == NULL ||
	    id == NULL ||
	    strlcpy(past->id, id, sizeof(past->id)) >= sizeof(past->id))
		return false;
	for (i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		if (strcmp(mode, sts_mode_word(modes[i])) == 0) {
			past->mode = modes[i];
			return true;
		}
	}
	return false;
}

size_t
recalldaemon_read(const char *json, size_t len, struct memory_sight *past)
{
	json_t *root, *history, *age;
	size_t i, n = 0;

	json_set_alloc_funcs(xmalloc, free);
	root = json_loadb(json, len, JSON_ALLOW_NUL, NULL);
	history = json_object_get(root, "history");
	age = json_object_get(root, "max_age");
	for (i = 0; i < json_array_size(history) && n < ENTRY_HISTORY_MAX; i++)
		n += read_past(json_array_get(history, i), &past[n]);
	/* Newest first: the policy it holds now. */
	if (n > 0 && json_is_integer(age) && json_integer_value(age) >= 0 &&
	    json_integer_value(age) <= STS_MAX_AGE_MAX_S)
		past[0].max_age = json_integer_value(age);
	json_decref(root);
	return n;
}

static void
get_asked(
    struct recalldaemon *d, const char *domain, struct check_memory *memory)
{
	struct memory_sight past[ENTRY_HISTORY_MAX];
	struct admin_reply reply = { 0 };
	struct buf path = { 0 };

	buf_printf(&path, "/policies/%s", domain);
	answer_of(d, path.data, &reply);
	if (reply.outcome == ADMIN_OK)
		memory_add_past(memory, past,
		    recalldaemon_read(
			buf_str(&reply.body), reply.body.len, past));
	/* It will not be better with the next domain. */
	if (reply.outcome == ADMIN_UNREACHABLE ||
	    reply.outcome == ADMIN_BROKEN) {
		adminclient_free(d->client);
		d->client = NULL;
	}
	admin_reply_clear(&reply);
	buf_clear(&path);
}

void
recalldaemon_get(
    struct recalldaemon *d, const char *domain, struct check_memory *memory)
{
	if (d->client != NULL)
		get_asked(d, domain, memory);
	else if (d->cache_dir[0] != '\0')
		get_cached(d, domain, memory);
}
