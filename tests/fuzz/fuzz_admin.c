/* SPDX-License-Identifier: ISC */
/*
 * A request of the administration API: a letter for its handler, the rest of
 * the target ("example.com?limit=7") to the line's end, then the body. It is
 * replied to once, with JSON in ASCII, no control byte but DEL in it, and a
 * status that is documented; no handler is led to a name that is none
 * (adminworld.c sees to that); a list has what was asked for and nothing else.
 */
#include <stdlib.h>
#include <string.h>

#include <event2/http.h>

#include "adminworld.h"
#include "fuzz.h"
#include "net/httptarget.h"

static const struct {
	char letter;
	const char *path;
	admin_handler *handle;
	bool has_rest;
} handlers[] = {
	{ 'l', "/policies", admin_list, false },
	{ 's', "/policies/", admin_show, true },
	{ 'd', "/policies/", admin_remove, true },
	{ 'r', "/refresh", admin_refresh, false },
	{ 'f', "/flush", admin_flush, false },
	{ 'j', "/jobs/", admin_job, true },
	{ 'e', "/export", admin_export, false },
	{ 'i', "/import", admin_import, false },
};

#define HANDLERS (sizeof(handlers) / sizeof(handlers[0]))

/* As it reads in a manual: any run for "*", any one for "?". */
static bool
is_like(const char *pattern, const char *name)
{
	bool row[64] = { true }, next[64];
	size_t i, n = strlen(name);

	HOLDS(n < sizeof(row));
	for (; *pattern != '\0'; pattern++) {
		memset(next, 0, sizeof(next));
		for (i = 0; i <= n; i++) {
			if (*pattern == '*')
				next[i] = row[i] || (i > 0 && next[i - 1]);
			else if (i > 0)
				next[i] = row[i - 1] &&
				    (*pattern == '?' ||
					*pattern == name[i - 1]);
		}
		memcpy(row, next, sizeof(row));
	}
	return row[n];
}

static void
check_list(const struct httpd_exchange *ex, const json_t *reply)
{
	const json_t *list = json_object_get(reply, "policies");
	const char *mode = httptarget_query(ex->target, "mode");
	const char *match = httptarget_query(ex->target, "match");
	const char *failing = httptarget_query(ex->target, "failing");
	const json_t *one;
	const char *domain;
	size_t i, k;

	HOLDS(json_is_array(list));
	json_array_foreach(list, i, one)
	{
		domain = json_string_value(json_object_get(one, "domain"));
		HOLDS(domain != NULL);
		for (k = 0; k < ADMINWORLD_POLICIES; k++)
			if (strcmp(adminworld_policy[k].domain, domain) == 0)
				break;
		HOLDS(k < ADMINWORLD_POLICIES);
		HOLDS(mode == NULL ||
		    strcmp(mode, sts_mode_word(adminworld_policy[k].mode)) ==
			0);
		HOLDS(match == NULL || is_like(match, domain));
		HOLDS(failing == NULL || adminworld_policy[k].failures > 0);
	}
}

static int64_t
number(const json_t *object, const char *name)
{
	return json_integer_value(json_object_get(object, name));
}

/* Every line that is not empty is accounted for. */
static void
check_import(const struct httpd_exchange *ex, const json_t *reply)
{
	const char *at = ex->body;
	size_t left = ex->body_len;
	struct fuzz_part line;
	int64_t lines = 0;

	while (fuzz_next(&at, &left, '\n', &line))
		lines += line.len > 0;
	HOLDS((size_t)number(reply, "stored") == adminworld_asked.puts);
	HOLDS(number(reply, "stored") + number(reply, "older") +
		number(reply, "expired") + number(reply, "rejected_more") +
		(int64_t)json_array_size(json_object_get(reply, "rejected")) ==
	    lines);
}

static void
check_reply(const struct httpd_exchange *ex, admin_handler *handle)
{
	const struct adminworld_asked *asked = &adminworld_asked;
	const char *at = ex->reply.data;
	size_t left = ex->reply.len, i;
	struct fuzz_part line;
	json_t *reply;

	HOLDS(ex->replies == 1);
	HOLDS(ex->status == 200 || ex->status == 202 || ex->status == 400 ||
	    ex->status == 404);
	HOLDS(ex->reply.len > 0 && at[left - 1] == '\n');
	HOLDS((ex->status == 202) == asked->has_job);
	HOLDS(asked->removes == (handle == admin_remove && ex->status == 200));
	HOLDS(asked->puts == 0 || handle == admin_import);
	for (i = 0; i < left; i++)
		HOLDS(at[i] >= ' ' || at[i] == '\n');
	while (fuzz_next(&at, &left, '\n', &line)) {
		reply = json_loadb(
		    line.data, line.len, JSON_REJECT_DUPLICATES, NULL);
		HOLDS(json_is_object(reply));
		HOLDS((ex->status >= 400) ==
			json_is_string(json_object_get(reply, "error")) ||
		    handle == admin_show);
		if (ex->status == 200 && handle == admin_list)
			check_list(ex, reply);
		if (ex->status == 200 && handle == admin_import)
			check_import(ex, reply);
		json_decref(reply);
	}
}

static void
ask(size_t which, const char *path, const char *query, struct fuzz_part body)
{
	struct httpd_exchange ex = { .body = body.data,
		.body_len = body.len,
		.loop = adminworld_loop() };
	static struct config config;
	struct admin a = { .loop = adminworld_loop(), .config = &config };
	size_t len = strlen(handlers[which].path);
	const char *rest = "";

	LIST_INIT(&a.waits);
	config.refresh_interval = 86400;
	config.refresh_min = 300;
	ex.target = httptarget_new(path, query);
	adminworld_reset();
	if (handlers[which].has_rest) {
		rest = httptarget_path(ex.target);
		rest += strlen(rest) < len ? strlen(rest) : len;
	}
	/* The routes lead there with something only. */
	if (!handlers[which].has_rest || *rest != '\0') {
		handlers[which].handle(&a, &ex, rest);
		if (ex.replies == 0)
			HOLDS(loop_run(a.loop) == 0);
		check_reply(&ex, handlers[which].handle);
	}
	HOLDS(LIST_EMPTY(&a.waits));
	httptarget_free(ex.target);
	buf_clear(&ex.reply);
}

void
fuzz_admin(const char *data, size_t len)
{
	struct fuzz_part target = { "", 0 };
	unsigned int letter = fuzz_byte(&data, &len);
	struct evhttp_uri *uri;
	struct buf text = { 0 };
	size_t which;

	for (which = 0; which < HANDLERS; which++)
		if (handlers[which].letter == (char)letter)
			break;
	which = which < HANDLERS ? which : letter % HANDLERS;
	(void)fuzz_next(&data, &len, '\n', &target);
	buf_puts(&text, handlers[which].path);
	buf_put(&text, target.data, target.len);
	/* As libevent reads the first line of a request. */
	uri = evhttp_uri_parse_with_flags(
	    buf_str(&text), EVHTTP_URI_NONCONFORMANT);
	if (uri != NULL) {
		ask(which, evhttp_uri_get_path(uri), evhttp_uri_get_query(uri),
		    (struct fuzz_part){ data, len });
		evhttp_uri_free(uri);
	}
	buf_clear(&text);
}
