/* SPDX-License-Identifier: ISC */
/* Verdicts on DANE and policies in, reply frames out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "daemon/dane.h"
#include "daemon/hot.h"
#include "daemon/lookup.h"
#include "daemon/stats.h"
#include "fakelog.h"
#include "fakeresolver.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

struct dane_wait {
	dane_cb *cb;
	void *arg;
};

static struct config config;
static struct lookups *lookups;
static struct stats *stats;
static struct lookup lookup;
static struct buf out, late;
static unsigned int calls;
static int64_t now = 1800000000;

/* What is answered, unless it is to wait; and what was asked. */
static struct dane_answer verdict;
static bool is_waiting;
static struct dane_wait waiting;
static unsigned int asked, recalled, cancelled;
static uint16_t asked_port;
static bool asked_bracketed;

int64_t
clock_ms(void)
{
	return now * 1000;
}

int64_t
clock_now(void)
{
	return now;
}

bool
danes_recall(struct danes *s, const struct dane_query *query)
{
	(void)s;
	(void)query;
	recalled++;
	return recalled == 1;
}

bool
danes_ask(struct danes *s, const struct dane_query *query,
    struct dane_answer *answer, struct dane_wait **wait)
{
	(void)s;
	/* What the cache had lent would be gone. */
	assert_true(recalled > 0);
	asked++;
	asked_port = query->port;
	asked_bracketed = query->is_bracketed;
	*answer = verdict;
	if (!is_waiting)
		return true;
	waiting = (struct dane_wait){ query->cb, query->arg };
	*wait = &waiting;
	return false;
}

void
dane_cancel(struct dane_wait *wait)
{
	if (wait == NULL)
		return;
	assert_ptr_equal(wait, &waiting);
	cancelled++;
}

static int
set_up(void **state)
{
	(void)state;
	config = (struct config){
		.smarthost_policy = true,
		.dane = true,
		.default_profile = ANSWER_POSTFIX_3_4,
	};
	stats = stats_new();
	lookups = lookups_new(&config, NULL);
	lookups_set_danes(lookups, (struct danes *)&config);
	lookups_set_stats(lookups, stats);
	verdict = (struct dane_answer){ .detail = "why" };
	is_waiting = false;
	calls = asked = recalled = cancelled = 0;
	fake_until = 0;
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	lookups_free(lookups);
	stats_free(stats);
	fake_clear();
	buf_clear(&out);
	buf_clear(&late);
	buf_clear(&logged);
	return 0;
}

static void
on_reply(const struct buf *reply, void *arg)
{
	(void)arg;
	calls++;
	buf_put(&late, reply->data, reply->len);
}

static bool
start(const char *payload)
{
	lookup_init(&lookup, lookups, on_reply, NULL);
	buf_reset(&out);
	buf_reset(&late);
	return lookup_start(&lookup, payload, strlen(payload), &out);
}

/* The payload of a reply frame. */
static const char *
payload_of(struct buf *frame)
{
	char *colon = strchr(frame->data, ':');

	assert_non_null(colon);
	assert_int_equal(strtoul(frame->data, NULL, 10), strlen(colon + 1) - 1);
	frame->data[frame->len - 1] = '\0';
	return colon + 1;
}

#define SECURE "OK secure match=mx.a.test servername=hostname"
#define TESTING                                              \
	"OK may policy_type=sts policy_domain=testing.test " \
	"{policy_string=version: STSv1} mx_host_pattern=mx.testing.test"

static void
test_replies(void **state)
{
	static const struct {
		const char *request;
		enum sts_dane_verdict verdict;
		bool has_reports, is_asked;
		const char *reply;
		enum stats_answer counted;
	} rows[] = {
		{ "QUERY a.test", STS_DANE_ALL, false, true, "OK dane-only",
		    STATS_DANE },
		{ "QUERY a.test", STS_DANE_SOME, false, true, "OK dane-only",
		    STATS_DANE },
		{ "QUERY a.test", STS_DANE_NONE, false, true, SECURE,
		    STATS_OK },
		{ "QUERY a.test", STS_DANE_UNKNOWN, false, true, "TEMP why",
		    STATS_DANE_UNKNOWN },
		{ "postfix-3.10 a.test", STS_DANE_ALL, true, true,
		    "OK dane-only", STATS_DANE },
		{ "QUERY testing.test", STS_DANE_ALL, false, false, "NOTFOUND ",
		    STATS_TESTING },
		{ "QUERY testing.test", STS_DANE_ALL, true, false, "NOTFOUND ",
		    STATS_TESTING },
		{ "postfix-3.10 testing.test", STS_DANE_ALL, false, false,
		    "NOTFOUND ", STATS_TESTING },
		{ "postfix-3.10 testing.test", STS_DANE_ALL, true, true,
		    "NOTFOUND ", STATS_DANE_TESTING },
		{ "postfix-3.10 testing.test", STS_DANE_UNKNOWN, true, true,
		    "NOTFOUND ", STATS_DANE_TESTING },
		{ "postfix-3.10 testing.test", STS_DANE_NONE, true, true,
		    TESTING, STATS_OK },
		{ "QUERY off.test", STS_DANE_ALL, true, false, "NOTFOUND ",
		    STATS_MODE_NONE },
		{ "QUERY none.test", STS_DANE_ALL, true, false, "NOTFOUND ",
		    STATS_REASON + (int)STS_REASON_TXT_NONE },
		{ "QUERY temp.test", STS_DANE_ALL, true, false, "TEMP busy",
		    STATS_REASON + (int)STS_REASON_BUSY },
	};
	size_t i, k;
	uint64_t n;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		asked = recalled = 0;
		memset(stats->answered, 0, sizeof(stats->answered));
		verdict.verdict = rows[i].verdict;
		config.testing_reports = rows[i].has_reports;
		assert_true(start(rows[i].request));
		if (strcmp(payload_of(&out), rows[i].reply) != 0 ||
		    asked != (rows[i].is_asked ? 1 : 0))
			fail_msg("row %zu: %s, asked %u", i, out.data, asked);
		for (k = 0, n = 0; k < STATS_PROFILES; k++)
			n += stats->answered[STATS_KIND(k, rows[i].counted)];
		if (n != 1)
			fail_msg("row %zu: not counted", i);
	}
	/* Nothing of it without the setting. */
	config.dane = false;
	asked = recalled = 0;
	verdict.verdict = STS_DANE_ALL;
	assert_true(start("QUERY a.test"));
	assert_string_equal(payload_of(&out), SECURE);
	assert_int_equal(asked + recalled, 0);
}

static void
test_keys(void **state)
{
	static const struct {
		const char *key;
		uint16_t port;
		bool is_bracketed;
	} rows[] = {
		{ "a.test", 25, false },
		{ "a.test:", 25, false },
		{ "a.test:26", 26, false },
		{ "[a.test]", 25, true },
		{ "[a.test]:587", 587, true },
		{ "[a.test]:submissions", 465, true },
	};
	char request[64];
	size_t i;

	(void)state;
	verdict.verdict = STS_DANE_ALL;
	for (i = 0; i < COUNT(rows); i++) {
		asked_port = 0;
		snprintf(request, sizeof(request), "QUERY %s", rows[i].key);
		assert_true(start(request));
		if (asked_port != rows[i].port ||
		    asked_bracketed != rows[i].is_bracketed)
			fail_msg("row %zu: %u", i, asked_port);
	}
	asked = 0;
	assert_true(start("QUERY [a.test]:no-such-service"));
	assert_string_equal(
	    payload_of(&out), "TEMP the port is that of no known service");
	assert_int_equal(asked, 0);
}

/* A reply is kept no longer than both the policy and the verdict allow. */
static void
test_hot(void **state)
{
	static const struct {
		int64_t policy, verdict; /* s from now; 0: unsaid */
		int64_t kept;
	} rows[] = {
		{ 100, 50, 50 },
		{ 50, 100, 50 },
		{ 100, 0, 0 },
		{ 0, 100, 0 },
	};
	struct hot *hot;
	int64_t began;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		hot = hot_new();
		lookups_set_hot(lookups, hot);
		began = now;
		fake_until = rows[i].policy > 0 ? now + rows[i].policy : 0;
		verdict.until = rows[i].verdict > 0 ? now + rows[i].verdict : 0;
		verdict.verdict = i % 2 ? STS_DANE_ALL : STS_DANE_NONE;
		/* The second time it is offered, it is worth a place. */
		assert_true(start("QUERY a.test"));
		assert_true(start("QUERY a.test"));
		asked = 0;
		now = began + rows[i].kept - 1;
		assert_true(start("QUERY a.test"));
		if (asked != (rows[i].kept > 0 ? 0 : 1))
			fail_msg("row %zu: asked %u", i, asked);
		asked = 0;
		now = began + rows[i].kept;
		fake_until = verdict.until = 0;
		assert_true(start("QUERY a.test"));
		if (asked != 1)
			fail_msg("row %zu: kept too long", i);
		lookups_set_hot(lookups, NULL);
		hot_free(hot);
	}
}

static void
give(enum sts_dane_verdict v)
{
	struct dane_answer answer = { .verdict = v, .detail = "late" };

	is_waiting = false;
	waiting.cb(&answer, waiting.arg);
}

/* It waits for the policy, for the verdict, or for one after the other. */
static void
test_waits(void **state)
{
	(void)state;
	is_waiting = true;
	assert_false(start("QUERY a.test"));
	assert_int_equal(calls, 0);
	give(STS_DANE_ALL);
	assert_string_equal(payload_of(&late), "OK dane-only");
	assert_int_equal(fake_asked, 2); /* again, when it was recalled */

	is_waiting = true;
	assert_false(start("QUERY a.test"));
	give(STS_DANE_UNKNOWN);
	assert_string_equal(payload_of(&late), "TEMP late");

	/* With "none" the policy is needed, which was only lent. */
	is_waiting = true;
	fake_asked = 0;
	assert_false(start("QUERY a.test"));
	verdict.verdict = STS_DANE_UNKNOWN; /* nobody asks for it again */
	give(STS_DANE_NONE);
	assert_string_equal(payload_of(&late), SECURE);
	assert_int_equal(fake_asked, 2);
	assert_int_equal(calls, 3);

	/* The policy comes, then the verdict, then the policy waits again. */
	is_waiting = true;
	asked = 0;
	assert_false(start("QUERY wait.test"));
	fake_release("a.test");
	assert_int_equal(calls, 3);
	give(STS_DANE_NONE);
	assert_int_equal(calls, 3);
	fake_release("a.test");
	assert_string_equal(payload_of(&late), SECURE);
	assert_int_equal(calls, 4);
	assert_int_equal(asked, 1);
	/* Those that waited are counted once each. */
	assert_int_equal(stats->waited, 4);
	assert_int_equal(stats->first.count, 4);
}

/* A query that began without DANE ends without it. */
static void
test_reload(void **state)
{
	(void)state;
	config.dane = false;
	verdict.verdict = STS_DANE_ALL;
	assert_false(start("QUERY wait.test"));
	config.dane = true;
	fake_release("a.test");
	assert_string_equal(payload_of(&late), SECURE);
	assert_int_equal(asked, 0);
}

static void
test_cancel(void **state)
{
	(void)state;
	is_waiting = true;
	assert_false(start("QUERY a.test"));
	lookup_cancel(&lookup);
	assert_int_equal(cancelled, 1);
	lookup_cancel(&lookup);
	assert_int_equal(cancelled, 1);
}

/* An override decides which policy applies; DANE comes before that too. */
static void
test_overrides(void **state)
{
	static const char text[] = "a.test enforce mx=mx.a.test\n"
				   "b.test skip\nc.test testing\n";
	struct sts_overrides *overrides;
	struct buf error = { 0 };

	(void)state;
	overrides = sts_overrides_parse("f", text, sizeof(text) - 1, &error);
	assert_non_null(overrides);
	lookups_set_overrides(lookups, overrides);
	verdict.verdict = STS_DANE_SOME;
	assert_true(start("QUERYwithTLSRPT a.test"));
	assert_string_equal(payload_of(&out), "OK dane-only");
	is_waiting = true;
	assert_false(start("QUERYwithTLSRPT a.test"));
	give(STS_DANE_NONE);
	assert_string_equal(payload_of(&late), SECURE);
	assert_int_equal(fake_asked, 0);
	asked = 0;
	assert_true(start("QUERYwithTLSRPT b.test"));
	assert_true(start("QUERYwithTLSRPT c.test"));
	assert_string_equal(payload_of(&out), "NOTFOUND ");
	assert_int_equal(asked, 0);
	buf_clear(&error);
}

static void
test_logged(void **state)
{
	(void)state;
	config.log_answers = true;
	verdict.verdict = STS_DANE_ALL;
	assert_true(start("QUERY a.test"));
	assert_int_equal(
	    count_logged("domain=a.test profile=postfix-3.4 source=dane "
			 "reply=OK dane-only"),
	    1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    test_replies, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_keys, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_hot, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_waits, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_reload, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_cancel, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    test_overrides, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_logged, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
