/* SPDX-License-Identifier: ISC */
/*
 * Runs scripts (*.scn) against the real resolver in a world of its own. A
 * line is a command; README in this folder lists them. The first line that
 * does not hold ends the script with its file, number and what was seen.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/xmalloc.h"
#include "daemon/dane.h"
#include "daemon/lookup.h"
#include "daemon/refresher.h"
#include "daemon/resolver.h"
#include "daemon/resolver_admin.h"
#include "world.h"

#define WORDS_MAX 48
#define ASKS_MAX  64

struct ask {
	struct buf answer; /* "" while it waits */
	struct resolver_wait *wait;
	struct lookup lookup; /* of "key" */
	bool is_lookup;
	unsigned int calls;
};

struct script {
	const char *path;
	unsigned int line;
	char *word[WORDS_MAX];
	size_t words;
	struct config config;
	struct danes *danes;
	struct resolver *resolver;
	struct lookups *lookups;
	struct buf overrides; /* text */
	struct sts_overrides *parsed;
	struct refresher *refresher;
	struct used *used;
	bool has_background;
	struct ask ask[ASKS_MAX];
	size_t asks;
	size_t first; /* of the last "ask" command */
	struct buf ended; /* what the watcher was told */
	bool is_failed;
};

static void
fail(struct script *s, const char *what, const char *seen)
{
	size_t i;

	fprintf(stderr, "%s:%u:", s->path, s->line);
	for (i = 0; i < s->words; i++)
		fprintf(stderr, " %s", s->word[i]);
	fprintf(stderr, "\n  %s: %s\n", what, seen);
	world_log_print();
	s->is_failed = true;
}

/* "10" and "10s" are seconds; ms, m, h, d, w. In milliseconds. */
static int64_t
duration(struct script *s, const char *text)
{
	static const struct {
		const char *unit;
		int64_t ms;
	} units[] = { { "", 1000 }, { "s", 1000 }, { "ms", 1 }, { "m", 60000 },
		{ "h", 3600000 }, { "d", 86400000 }, { "w", 604800000 } };
	char *end;
	long long n = strtoll(text, &end, 10);
	size_t i;

	for (i = 0; end != text && i < sizeof(units) / sizeof(units[0]); i++)
		if (strcmp(end, units[i].unit) == 0)
			return n * units[i].ms;
	fail(s, "not a duration", text);
	return 0;
}

/* The value of "name=value" among the words, or NULL. */
static const char *
option(const struct script *s, const char *name)
{
	size_t len = strlen(name);
	size_t i;

	for (i = 1; i < s->words; i++)
		if (strncmp(s->word[i], name, len) == 0 &&
		    s->word[i][len] == '=')
			return s->word[i] + len + 1;
	return NULL;
}

static bool
has_word(const struct script *s, const char *word)
{
	size_t i;

	for (i = 1; i < s->words; i++)
		if (strcmp(s->word[i], word) == 0)
			return true;
	return false;
}

static void
put_answer(struct buf *b, const struct resolver_answer *answer)
{
	const char *p = NULL;

	switch (answer->status) {
	case RESOLVER_POLICY:
		buf_printf(b, "policy %s", sts_mode_word(answer->policy.mode));
		while ((p = sts_mxlist_next(&answer->policy.mx, p)) != NULL)
			buf_printf(b, " %s", p);
		break;
	case RESOLVER_NONE:
		buf_printf(b, "none %s", sts_reason_word(answer->reason));
		break;
	case RESOLVER_TEMP:
		buf_printf(b, "temp %s", sts_reason_word(answer->reason));
		break;
	case RESOLVER_WAIT:
		buf_puts(b, "waiting");
		break;
	}
}

static void
on_answer(const struct resolver_answer *answer, void *arg)
{
	struct ask *ask = arg;

	ask->wait = NULL;
	ask->calls++;
	put_answer(&ask->answer, answer);
}

static void
on_ended(const struct resolver_event *event, void *arg)
{
	static const char *const words[] = {
		[RESOLVER_FETCHED] = "fetched",
		[RESOLVER_KEPT] = "kept",
		[RESOLVER_NO_POLICY] = "none",
		[RESOLVER_FAILED] = "failed",
		[RESOLVER_FORGOTTEN] = "forgotten",
	};
	struct script *s = arg;

	buf_printf(&s->ended, "%s%s %s %s", s->ended.len > 0 ? " " : "",
	    event->domain, words[event->end], sts_reason_word(event->reason));
}

/* Nobody looks at what a flood is answered. */
static void
on_flood(const struct resolver_answer *answer, void *arg)
{
	(void)answer;
	(void)arg;
}

static void
set_overrides(struct script *s)
{
	struct buf error = { 0 };

	lookups_set_overrides(s->lookups,
	    sts_overrides_parse(
		"script", buf_str(&s->overrides), s->overrides.len, &error));
	if (error.len > 0)
		fail(s, "override", buf_str(&error));
	buf_clear(&error);
}

static void
start(struct script *s)
{
	struct dane_parts dane_parts = { .dns = NULL };
	struct resolver_parts parts = { .dns = NULL };

	if (s->used == NULL)
		s->used = used_new(NULL);
	parts.used = s->used;
	s->danes = danes_new(NULL, &s->config, &dane_parts);
	parts.danes = s->danes;
	s->resolver = resolver_new(NULL, &s->config, &parts);
	s->lookups = lookups_new(&s->config, s->resolver);
	lookups_set_danes(s->lookups, s->danes);
	set_overrides(s);
	resolver_watch(s->resolver, on_ended, s);
	if (s->has_background)
		s->refresher =
		    refresher_new(NULL, &s->config, &parts, s->resolver);
}

static void
forget_asks(struct script *s)
{
	size_t i;

	for (i = 0; i < s->asks; i++) {
		resolver_cancel(s->ask[i].wait);
		if (s->ask[i].is_lookup)
			lookup_cancel(&s->ask[i].lookup);
		buf_clear(&s->ask[i].answer);
		s->ask[i] = (struct ask){ 0 };
	}
	s->asks = s->first = 0;
}

static void
stop(struct script *s)
{
	forget_asks(s);
	refresher_free(s->refresher);
	s->refresher = NULL;
	lookups_free(s->lookups);
	s->lookups = NULL;
	resolver_free(s->resolver);
	s->resolver = NULL;
	danes_free(s->danes);
	s->danes = NULL;
}

/* set NAME yes|no */
static bool
set_flag(struct script *s)
{
	bool is_on = has_word(s, "yes");

	if (strcmp(s->word[1], "dane") == 0)
		s->config.dane = is_on;
	else if (strcmp(s->word[1], "testing_reports") == 0)
		s->config.testing_reports = is_on;
	else
		return false;
	return true;
}

/* set NAME DURATION */
static void
do_set(struct script *s)
{
	static const struct {
		const char *name;
		size_t offset;
	} settings[] = {
		{ "commit_wait", offsetof(struct config, commit_wait) },
		{ "query_timeout", offsetof(struct config, query_timeout) },
		{ "revalidate_wait", offsetof(struct config, revalidate_wait) },
		{ "txt_check_min", offsetof(struct config, txt_check_min) },
		{ "txt_check_max", offsetof(struct config, txt_check_max) },
		{ "negative_min", offsetof(struct config, negative_min) },
		{ "negative_max", offsetof(struct config, negative_max) },
		{ "refresh_interval",
		    offsetof(struct config, refresh_interval) },
		{ "refresh_min", offsetof(struct config, refresh_min) },
		{ "fetch_timeout", offsetof(struct config, fetch_timeout) },
	};
	size_t i;

	if (set_flag(s))
		return;
	for (i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
		if (s->words != 3 || strcmp(settings[i].name, s->word[1]) != 0)
			continue;
		*(int64_t *)(void *)((char *)&s->config + settings[i].offset) =
		    duration(s, s->word[2]) / 1000;
		stop(s);
		start(s);
		return;
	}
	fail(s, "no such setting", s->words > 1 ? s->word[1] : "");
}

/* txt DOMAIN RECORD... [ttl=] [delay=] | none | servfail | ... | silent */
static void
do_txt(struct script *s)
{
	static const struct {
		const char *word;
		enum dns_status status;
	} states[] = { { "none", DNS_NXDOMAIN }, { "nodata", DNS_NODATA },
		{ "servfail", DNS_FAILED }, { "timeout", DNS_TIMEOUT },
		{ "noserver", DNS_NO_SERVER }, { "local", DNS_LOCAL } };
	struct site *site = world_site(s->word[1], strlen(s->word[1]));
	const char *text;
	size_t i;

	for (i = 0; i < site->records; i++)
		free(site->record[i]);
	site->records = 0;
	site->txt_status = DNS_OK;
	for (i = 0; i < sizeof(states) / sizeof(states[0]); i++)
		if (has_word(s, states[i].word))
			site->txt_status = states[i].status;
	for (i = 2; i < s->words; i++)
		if (strchr(s->word[i], ';') != NULL)
			site->record[site->records++] = xstrdup(s->word[i]);
	text = option(s, "ttl");
	site->txt_ttl = text != NULL ? duration(s, text) / 1000 : -1;
	text = option(s, "delay");
	site->txt_delay_ms = text != NULL ? duration(s, text) : 0;
	site->is_txt_silent = has_word(s, "silent");
}

static int
atoi_bounded(const char *text)
{
	return (int)strtonum(text, 1, 65000, NULL);
}

/* policy DOMAIN MODE MX... max_age= [delay=] [pad=] | fail=REASON | silent */
static void
do_policy(struct script *s)
{
	struct site *site = world_site(s->word[1], strlen(s->word[1]));
	const char *text = option(s, "fail");
	struct buf body = { 0 };
	int reason = STS_REASON_OK;
	size_t i;

	while (text != NULL && reason < STS_REASON_COUNT &&
	    strcmp(sts_reason_word((enum sts_reason)reason), text) != 0)
		reason++;
	if (reason == STS_REASON_COUNT) {
		fail(s, "no such reason", text);
		return;
	}
	site->fetch_reason = (enum sts_reason)reason;
	text = option(s, "delay");
	site->fetch_delay_ms = text != NULL ? duration(s, text) : 0;
	site->is_fetch_silent = has_word(s, "silent");
	buf_printf(&body, "version: STSv1\nmode: %s\n",
	    s->words > 2 ? s->word[2] : "");
	for (i = 3; i < s->words; i++)
		if (strchr(s->word[i], '=') == NULL)
			buf_printf(&body, "mx: %s\n", s->word[i]);
	text = option(s, "pad");
	if (text != NULL)
		buf_printf(&body, "pad: %0*d\n", atoi_bounded(text), 0);
	text = option(s, "max_age");
	buf_printf(&body, "max_age: %lld\n",
	    text != NULL ? (long long)(duration(s, text) / 1000) : 0);
	free(site->body);
	site->body = xstrdup(buf_str(&body));
	buf_clear(&body);
}

/* ask DOMAIN [TIMES] */
static void
do_ask(struct script *s)
{
	size_t times = s->words > 2 ? (size_t)strtoul(s->word[2], NULL, 10) : 1;
	struct resolver_answer answer;

	if (s->asks + times > ASKS_MAX) {
		fail(s, "too many asks since the last \"forget\"", "");
		return;
	}
	s->first = s->asks;
	while (times-- > 0) {
		struct ask *ask = &s->ask[s->asks++];
		struct resolver_query query = { s->word[1], strlen(s->word[1]),
			on_answer, ask };

		if (resolver_ask(s->resolver, &query, &answer, &ask->wait) ==
		    RESOLVER_WAIT)
			continue;
		ask->calls++;
		put_answer(&ask->answer, &answer);
	}
	/* What needs no time happens now. */
	world_pass(0);
}

/* The payload of a reply frame, without blanks at its end. */
static void
on_reply(const struct buf *reply, void *arg)
{
	struct ask *ask = arg;
	const char *colon = memchr(reply->data, ':', reply->len);
	size_t len = reply->len - (size_t)(colon + 1 - reply->data) - 1;

	while (len > 0 && colon[len] == ' ')
		len--;
	ask->calls++;
	buf_put(&ask->answer, colon + 1, len);
}

/* key KEY [PROFILE] [TIMES]: through daemon/lookup, as Postfix asks */
static void
do_key(struct script *s)
{
	const char *profile = s->words > 2 ? s->word[2] : "postfix-2.10";
	size_t times = s->words > 3 ? (size_t)strtoul(s->word[3], NULL, 10) : 1;
	struct buf payload = { 0 }, reply = { 0 };

	if (s->asks + times > ASKS_MAX) {
		fail(s, "too many asks since the last \"forget\"", "");
		return;
	}
	buf_printf(&payload, "%s %s", profile, s->word[1]);
	s->first = s->asks;
	while (times-- > 0) {
		struct ask *ask = &s->ask[s->asks++];

		buf_reset(&reply);
		ask->is_lookup = true;
		lookup_init(&ask->lookup, s->lookups, on_reply, ask);
		if (lookup_start(
			&ask->lookup, payload.data, payload.len, &reply))
			on_reply(&reply, ask);
	}
	buf_clear(&payload);
	buf_clear(&reply);
	world_pass(0);
}

/* keys N DOMAIN: 1.DOMAIN to N.DOMAIN, whose answers nobody looks at */
static void
do_keys(struct script *s)
{
	int n = atoi_bounded(s->word[1]);
	struct buf payload = { 0 }, reply = { 0 };
	struct lookup lookup;

	for (; n > 0; n--) {
		buf_reset(&payload);
		buf_reset(&reply);
		buf_printf(&payload, "QUERY %d.%s", n, s->word[2]);
		lookup_init(&lookup, s->lookups, NULL, NULL);
		if (!lookup_start(&lookup, payload.data, payload.len, &reply))
			lookup_cancel(&lookup);
		world_pass(0);
	}
	buf_clear(&payload);
	buf_clear(&reply);
}

/* override DOMAIN ACTION...: from now on, in place of those before */
static void
do_override(struct script *s)
{
	size_t i;

	buf_reset(&s->overrides);
	for (i = 1; i < s->words; i++)
		buf_printf(&s->overrides, "%s%s", i > 1 ? " " : "", s->word[i]);
	buf_putc(&s->overrides, '\n');
	set_overrides(s);
}

static enum dns_type
type_word(struct script *s, const char *word)
{
	static const struct {
		const char *word;
		enum dns_type type;
	} types[] = { { "mx", DNS_MX }, { "a", DNS_A }, { "aaaa", DNS_AAAA },
		{ "tlsa", DNS_TLSA } };
	size_t i;

	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (strcmp(types[i].word, word) == 0)
			return types[i].type;
	fail(s, "no such type", word);
	return DNS_A;
}

/* Is it an option or a state of "rr", and no value? */
static bool
is_rr_word(const char *word)
{
	static const char *const words[] = { "signed", "doubted", "silent",
		"nodata", "nxdomain", "servfail", "timeout", "noserver",
		"local" };
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(words[i], word) == 0)
			return true;
	return strchr(word, '=') != NULL;
}

/* rr NAME TYPE VALUE... | STATE [signed] [doubted] [silent] [ttl=] ... */
static void
do_rr(struct script *s)
{
	static const struct {
		const char *word;
		enum dns_status status;
	} states[] = { { "nxdomain", DNS_NXDOMAIN }, { "nodata", DNS_NODATA },
		{ "servfail", DNS_FAILED }, { "timeout", DNS_TIMEOUT },
		{ "noserver", DNS_NO_SERVER }, { "local", DNS_LOCAL } };
	struct record *r = world_record(s->word[1], type_word(s, s->word[2]));
	const char *text;
	size_t i;

	for (i = 0; i < r->values; i++)
		free(r->value[i]);
	r->values = 0;
	r->status = DNS_OK;
	for (i = 0; i < sizeof(states) / sizeof(states[0]); i++)
		if (has_word(s, states[i].word))
			r->status = states[i].status;
	for (i = 3; i < s->words; i++)
		if (!is_rr_word(s->word[i]))
			r->value[r->values++] = xstrdup(
			    strcmp(s->word[i], ".") == 0 ? "" : s->word[i]);
	r->is_signed = has_word(s, "signed");
	r->is_doubted = has_word(s, "doubted");
	r->is_silent = has_word(s, "silent");
	text = option(s, "ttl");
	r->ttl = text != NULL ? duration(s, text) / 1000 : -1;
	text = option(s, "delay");
	r->delay_ms = text != NULL ? duration(s, text) : 0;
	text = option(s, "alias");
	strlcpy(r->alias, text != NULL ? text : "", sizeof(r->alias));
}

/* asked NAME TYPE N: look-ups begun since the last */
static void
do_asked(struct script *s)
{
	struct record *r = world_record(s->word[1], type_word(s, s->word[2]));
	char seen[16];

	snprintf(seen, sizeof(seen), "%u", r->asked);
	if (strcmp(seen, s->word[3]) != 0)
		fail(s, "asked", seen);
	r->asked = 0;
}

/* flood N DOMAIN: a query each for 1.DOMAIN to N.DOMAIN, which are like it */
static void
do_flood(struct script *s)
{
	const struct site *like = world_site(s->word[2], strlen(s->word[2]));
	int n = atoi_bounded(s->word[1]);
	struct resolver_query query = { .cb = on_flood };
	struct resolver_answer answer;
	struct resolver_wait *wait;
	char domain[DOMAIN_MAX + 1];
	struct site *site;

	while (n > 0) {
		snprintf(domain, sizeof(domain), "%d.%s", n--, s->word[2]);
		site = world_site(domain, strlen(domain));
		site->txt_status = like->txt_status;
		site->txt_ttl = like->txt_ttl;
		site->txt_delay_ms = like->txt_delay_ms;
		site->is_txt_silent = like->is_txt_silent;
		site->fetch_reason = like->fetch_reason;
		site->fetch_delay_ms = like->fetch_delay_ms;
		if (site->records == 0 && like->records > 0)
			site->record[site->records++] =
			    xstrdup(like->record[0]);
		if (site->body == NULL && like->body != NULL)
			site->body = xstrdup(like->body);
		query.domain = domain;
		query.domain_len = strlen(domain);
		resolver_ask(s->resolver, &query, &answer, &wait);
	}
	world_pass(0);
}

/* expect ANSWER...: of every ask of the last command, once */
static void
do_expect(struct script *s)
{
	struct buf want = { 0 };
	size_t i;

	for (i = 1; i < s->words; i++)
		buf_printf(&want, "%s%s", i > 1 ? " " : "", s->word[i]);
	for (i = s->first; i < s->asks; i++) {
		const struct ask *ask = &s->ask[i];
		const char *seen =
		    ask->calls > 0 ? buf_str(&ask->answer) : "waiting";

		if (ask->calls > 1)
			fail(s, "answered more than once", seen);
		else if (strcmp(buf_str(&want), seen) != 0)
			fail(s, "answered", seen);
		if (s->is_failed)
			break;
	}
	buf_clear(&want);
}

/* count DOMAIN txt=N fetch=N: since the last count */
static void
do_count(struct script *s)
{
	struct site *site = world_site(s->word[1], strlen(s->word[1]));
	const char *txt = option(s, "txt"), *fetch = option(s, "fetch");
	char seen[64];

	snprintf(seen, sizeof(seen), "txt=%u fetch=%u", site->txt_asked,
	    site->fetched);
	if ((txt != NULL && strtoul(txt, NULL, 10) != site->txt_asked) ||
	    (fetch != NULL && strtoul(fetch, NULL, 10) != site->fetched))
		fail(s, "asked", seen);
	site->txt_asked = site->fetched = 0;
}

/* writes PUTS REMOVES: since the last */
static void
do_writes(struct script *s)
{
	char seen[64];

	snprintf(seen, sizeof(seen), "%u %u", world.puts, world.removes);
	if (s->words == 3 &&
	    (strtoul(s->word[1], NULL, 10) != world.puts ||
		strtoul(s->word[2], NULL, 10) != world.removes))
		fail(s, "written", seen);
	world.puts = world.removes = 0;
}

/* refresh DOMAIN: as an administrator would */
static void
do_refresh(struct script *s)
{
	if (resolver_refresh_now(s->resolver, s->word[1], strlen(s->word[1])) !=
	    RESOLVER_REFRESH_BEGUN)
		fail(s, "not begun", s->word[1]);
	world_pass(0);
}

/* remove DOMAIN: the same, from memory and from the cache */
static void
do_remove(struct script *s)
{
	resolver_forget(s->resolver, s->word[1], strlen(s->word[1]));
	cache_remove(NULL, s->word[1], NULL, NULL);
	world_pass(0);
}

/* ended [DOMAIN END REASON]...: what the watcher was told since the last */
static void
do_ended(struct script *s)
{
	struct buf want = { 0 };
	size_t i;

	for (i = 1; i < s->words; i++)
		buf_printf(&want, "%s%s", i > 1 ? " " : "", s->word[i]);
	if (strcmp(buf_str(&want), buf_str(&s->ended)) != 0)
		fail(s, "ended", buf_str(&s->ended));
	buf_clear(&want);
	buf_reset(&s->ended);
}

/* restart [+DURATION|-DURATION]; crash: what is not durable is lost */
static void
do_restart(struct script *s)
{
	stop(s);
	if (strcmp(s->word[0], "crash") == 0) {
		world_cache_crash();
		used_free(s->used);
		s->used = NULL;
	} else {
		world_cache_flush();
	}
	if (s->words > 1)
		world.wall_s += duration(s, s->word[1]) / 1000;
	start(s);
}

/* background on|off; what is known of who asks is forgotten by a crash */
static void
do_background(struct script *s)
{
	stop(s);
	s->has_background = has_word(s, "on");
	start(s);
}

static void
do_log(struct script *s)
{
	struct buf words = { 0 };
	bool is_not = s->words > 1 && strcmp(s->word[1], "not") == 0;
	size_t i, from = is_not ? 2 : 1;

	for (i = from; i < s->words; i++)
		buf_printf(&words, "%s%s", i > from ? " " : "", s->word[i]);
	if (world_logged(buf_str(&words)) == is_not)
		fail(s, is_not ? "was logged" : "was not logged",
		    buf_str(&words));
	world_log_forget();
	buf_clear(&words);
}

static void
do_commit(struct script *s)
{
	const char *delay = option(s, "delay");

	world.is_commit_failing = has_word(s, "fails");
	world.commit_delay_ms = delay != NULL ? duration(s, delay) : 0;
}

static void
do_wait(struct script *s)
{
	world_pass(s->words == 2 ? duration(s, s->word[1]) : 0);
}

static enum world_busy
busy_word(const struct script *s)
{
	if (has_word(s, "behind"))
		return WORLD_BUSY_BEHIND;
	return has_word(s, "busy") ? WORLD_BUSY : WORLD_FREE;
}

static void
do_dns(struct script *s)
{
	world.dns_busy = busy_word(s);
}

static void
do_fetch(struct script *s)
{
	world.fetch_busy = busy_word(s);
}

static void
do_cache(struct script *s)
{
	world.is_cache_broken = has_word(s, "broken");
}

static void
do_damage(struct script *s)
{
	world_cache_damage(s->word[1]);
}

static const struct {
	const char *word;
	size_t words; /* at least */
	void (*run)(struct script *);
} commands[] = {
	{ "ask", 2, do_ask },
	{ "asked", 4, do_asked },
	{ "background", 2, do_background },
	{ "cache", 2, do_cache },
	{ "commit", 1, do_commit },
	{ "count", 2, do_count },
	{ "crash", 1, do_restart },
	{ "damage", 2, do_damage },
	{ "dns", 2, do_dns },
	{ "ended", 1, do_ended },
	{ "expect", 2, do_expect },
	{ "fetch", 2, do_fetch },
	{ "flood", 3, do_flood },
	{ "forget", 1, forget_asks },
	{ "key", 2, do_key },
	{ "keys", 3, do_keys },
	{ "log", 2, do_log },
	{ "override", 3, do_override },
	{ "policy", 3, do_policy },
	{ "refresh", 2, do_refresh },
	{ "remove", 2, do_remove },
	{ "restart", 1, do_restart },
	{ "rr", 3, do_rr },
	{ "set", 3, do_set },
	{ "txt", 3, do_txt },
	{ "wait", 2, do_wait },
	{ "writes", 1, do_writes },
};

/* Words are split at blanks; "..." holds blanks. */
static void
split(struct script *s, char *p)
{
	s->words = 0;
	while (s->words < WORDS_MAX) {
		p += strspn(p, " \t\n");
		if (*p == '\0' || *p == '#')
			return;
		if (*p == '"') {
			s->word[s->words++] = ++p;
			p += strcspn(p, "\"\n");
		} else {
			s->word[s->words++] = p;
			p += strcspn(p, " \t\n");
		}
		if (*p == '\0')
			return;
		*p++ = '\0';
	}
}

static void
run_line(struct script *s, char *line)
{
	size_t i;

	split(s, line);
	if (s->words == 0)
		return;
	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(commands[i].word, s->word[0]) != 0)
			continue;
		if (s->words < commands[i].words)
			fail(s, "words are missing", s->word[0]);
		else
			commands[i].run(s);
		return;
	}
	fail(s, "no such command", s->word[0]);
}

static bool
run_script(const char *path)
{
	struct script s = { .path = path };
	FILE *f = fopen(path, "r");
	char *line = NULL;
	size_t size = 0;

	if (f == NULL) {
		perror(path);
		return false;
	}
	world = (struct world){ .wall_s = 1800000000 };
	TAILQ_INIT(&world.sites);
	TAILQ_INIT(&world.records);
	world_log_forget();
	s.config = (struct config){
		.commit_wait = 1,
		.query_timeout = 10,
		.revalidate_wait = 1,
		.txt_check_min = 60,
		.txt_check_max = 86400,
		.negative_min = 60,
		.negative_max = 3600,
		.refresh_interval = 86400,
		.refresh_min = 300,
		.keep_unused = 2592000,
		.fetch_timeout = 60,
		.fetch_parallel = 32,
		.smarthost_policy = true,
	};
	start(&s);
	while (!s.is_failed && getline(&line, &size, f) != -1) {
		s.line++;
		run_line(&s, line);
	}
	stop(&s);
	buf_clear(&s.overrides);
	sts_overrides_free(s.parsed);
	used_free(s.used);
	buf_clear(&s.ended);
	world_cache_clear();
	world_clear();
	world_log_forget();
	free(line);
	fclose(f);
	return !s.is_failed;
}

int
main(int argc, char **argv)
{
	int i, failed = 0;

	for (i = 1; i < argc; i++)
		failed += run_script(argv[i]) ? 0 : 1;
	printf("scenario: %d passed, %d failed\n", argc - 1 - failed, failed);
	return failed > 0 || argc < 2 ? 1 : 0;
}
