/* SPDX-License-Identifier: ISC */
/*
 * A request of the administration API: a letter for its handler, the rest of
 * the target ("example.com?limit=7") to the line's end, then the body. It is
 * replied to once, with JSON in ASCII, no control byte but DEL in it, and a
 * status that is documented; no handler is led to a name that is none
 * (adminworld.c sees to that); a list has what was asked for and nothing else.
 * Where it is asked how the daemon does, the body is how (adminstate.h):
 * whatever it has seen, no member is left out.
 */
#include <stdlib.h>
#include <string.h>

#include <event2/http.h>

#include "adminstate.h"
#include "adminworld.h"
#include "base/log.h"
#include "fuzz.h"
#include "net/httptarget.h"

/* The exchange, and its answer when that is one JSON object. */
typedef void checker(const struct httpd_exchange *, const json_t *);

static checker check_list, check_import, check_level, check_reload,
    check_config, check_status, check_top, check_health;

static const struct {
	char letter;
	const char *path;
	admin_handler *handle;
	bool has_rest;
	bool is_text; /* no JSON */
	checker *check; /* of what is well; NULL: nothing more */
} handlers[] = {
	{ 'l', "/policies", admin_list, false, false, check_list },
	{ 's', "/policies/", admin_show, true, false, NULL },
	{ 'd', "/policies/", admin_remove, true, false, NULL },
	{ 'r', "/refresh", admin_refresh, false, false, NULL },
	{ 'f', "/flush", admin_flush, false, false, NULL },
	{ 'j', "/jobs/", admin_job, true, false, NULL },
	{ 'e', "/export", admin_export, false, false, NULL },
	{ 'i', "/import", admin_import, false, false, check_import },
	{ 'J', "/jobs", admin_job_list, false, false, NULL },
	{ 'g', "/log-level", admin_log_level, false, false, check_level },
	{ 'o', "/reload", admin_reload, false, false, check_reload },
	{ 'c', "/config", admin_show_config, false, false, check_config },
	{ 'S', "/status", admin_status, false, false, check_status },
	{ 't', "/top", admin_top, false, false, check_top },
	{ 'h', "/health", admin_show_health, false, false, check_health },
	{ 'H', "/healthz", admin_healthz, false, true, NULL },
	{ 'm', "/metrics", admin_metrics, false, true, NULL },
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
check_level(const struct httpd_exchange *ex, const json_t *reply)
{
	static const char *const levels[] = { "error", "warning", "info",
		"debug" };
	const char *word = json_string_value(json_object_get(reply, "level"));
	int level;

	(void)ex;
	HOLDS(word != NULL);
	for (level = LOG_LEVEL_ERROR; level <= LOG_LEVEL_DEBUG; level++)
		if (strcmp(levels[level], word) == 0)
			break;
	HOLDS(level <= LOG_LEVEL_DEBUG);
	HOLDS(log_is_on((enum log_level)level));
	HOLDS(level == LOG_LEVEL_DEBUG ||
	    !log_is_on((enum log_level)(level + 1)));
}

static void
check_reload(const struct httpd_exchange *ex, const json_t *reply)
{
	(void)ex;
	HOLDS(!adminstate_told.is_reload_bad);
	HOLDS(json_is_true(json_object_get(reply, "reloaded")));
	HOLDS(json_is_array(json_object_get(reply, "changed")));
	HOLDS(json_is_array(json_object_get(reply, "restart_needed")));
}

/* A list of objects that have all those texts, or of texts. */
static void
check_texts(const json_t *list, size_t count, const char *const *name)
{
	const json_t *one;
	size_t i, k;

	HOLDS(json_is_array(list) && json_array_size(list) == count);
	json_array_foreach(list, i, one)
	{
		HOLDS(name != NULL || json_is_string(one));
		for (k = 0; name != NULL && name[k] != NULL; k++)
			HOLDS(json_is_string(json_object_get(one, name[k])));
	}
}

static size_t
at_most(size_t n)
{
	return n < STATS_LAST ? n : STATS_LAST;
}

static void
check_config(const struct httpd_exchange *ex, const json_t *reply)
{
	const json_t *settings = json_object_get(reply, "settings");
	const struct config_setting *setting;
	size_t count, i;

	(void)ex;
	setting = config_settings(&count);
	HOLDS(json_object_size(settings) == count);
	for (i = 0; i < count; i++)
		HOLDS(
		    json_is_string(json_object_get(settings, setting[i].name)));
	HOLDS(json_is_string(json_object_get(reply, "file")));
	HOLDS(json_is_object(json_object_get(reply, "build")));
	HOLDS(json_is_object(json_object_get(reply, "binary")));
}

static void
check_reasons(const json_t *health)
{
	const json_t *reasons = json_object_get(health, "reasons");

	check_texts(reasons, json_array_size(reasons), NULL);
	HOLDS(json_is_true(json_object_get(health, "ok")) ==
	    (json_array_size(reasons) == 0));
}

static void
check_status(const struct httpd_exchange *ex, const json_t *reply)
{
	static const char *const texts[] = { "event", "text", NULL };
	const json_t *cache = json_object_get(reply, "cache");

	(void)ex;
	check_reasons(json_object_get(reply, "health"));
	check_texts(json_object_get(reply, "errors"),
	    at_most(adminstate_told.errors), texts);
	HOLDS(json_is_string(json_object_get(cache, "dir")));
	HOLDS(number(cache, "size") >= 0);
}

static void
check_top(const struct httpd_exchange *ex, const json_t *reply)
{
	static const char *const texts[] = { "domain", "outcome", "reason",
		NULL };
	const json_t *slowest = json_object_get(reply, "slowest"), *one;
	int64_t last = INT64_MAX;
	size_t i;

	(void)ex;
	check_texts(slowest, at_most(adminstate_told.slow), texts);
	json_array_foreach(slowest, i, one)
	{
		HOLDS(number(one, "ms") <= last);
		last = number(one, "ms");
	}
}

static void
check_health(const struct httpd_exchange *ex, const json_t *reply)
{
	static const char *const texts[] = { "domain", "reason", "detail",
		NULL };

	(void)ex;
	check_reasons(reply);
	check_texts(json_object_get(reply, "fetch_last"),
	    at_most(adminstate_told.fetches), texts);
	check_texts(json_object_get(reply, "listeners"),
	    adminstate_told.listeners, NULL);
	HOLDS(json_is_string(
	    json_object_get(json_object_get(reply, "trust"), "file")));
}

static void
check_json(const struct httpd_exchange *ex, size_t which)
{
	const char *at = ex->reply.data;
	size_t left = ex->reply.len;
	struct fuzz_part line;
	json_t *reply;

	while (fuzz_next(&at, &left, '\n', &line)) {
		reply = json_loadb(
		    line.data, line.len, JSON_REJECT_DUPLICATES, NULL);
		HOLDS(json_is_object(reply));
		HOLDS((ex->status >= 400) ==
			json_is_string(json_object_get(reply, "error")) ||
		    handlers[which].handle == admin_show);
		if (ex->status == 200 && handlers[which].check != NULL)
			handlers[which].check(ex, reply);
		json_decref(reply);
	}
}

static void
check_reply(const struct httpd_exchange *ex, size_t which)
{
	const struct adminworld_asked *asked = &adminworld_asked;
	const char *at = ex->reply.data;
	admin_handler *handle = handlers[which].handle;
	size_t i;

	HOLDS(ex->replies == 1);
	HOLDS(ex->status == 200 || ex->status == 202 || ex->status == 400 ||
	    ex->status == 404 ||
	    (ex->status == 422 && handle == admin_reload) ||
	    (ex->status == 503 && handle == admin_healthz));
	HOLDS(ex->reply.len > 0 && at[ex->reply.len - 1] == '\n');
	HOLDS((ex->status == 202) == asked->has_job);
	HOLDS(asked->removes == (handle == admin_remove && ex->status == 200));
	HOLDS(asked->puts == 0 || handle == admin_import);
	for (i = 0; i < ex->reply.len; i++)
		HOLDS(at[i] >= ' ' || at[i] == '\n');
	if (!handlers[which].is_text)
		check_json(ex, which);
	else if (handle == admin_healthz)
		HOLDS((ex->status == 200) == (strcmp(at, "ok\n") == 0));
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
	ex.target = httptarget_new(path, query);
	adminworld_reset();
	adminstate_begin(&a, &config, body);
	if (handlers[which].has_rest) {
		rest = httptarget_path(ex.target);
		rest += strlen(rest) < len ? strlen(rest) : len;
	}
	/* The routes lead there with something only. */
	if (!handlers[which].has_rest || *rest != '\0') {
		handlers[which].handle(&a, &ex, rest);
		if (ex.replies == 0)
			HOLDS(loop_run(a.loop) == 0);
		check_reply(&ex, which);
	}
	HOLDS(LIST_EMPTY(&a.waits));
	adminstate_end(&a, &config);
	log_open(LOG_TARGET_STDERR, LOG_LEVEL_ERROR, LOG_FORMAT_TEXT);
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
