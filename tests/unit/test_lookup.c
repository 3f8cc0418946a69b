/* SPDX-License-Identifier: ISC */
/* Names, keys and policies in, reply frames out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "daemon/hot.h"
#include "daemon/lookup.h"
#include "daemon/stats.h"
#include "fakelog.h"
#include "fakeresolver.h"
#include "nodanes.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static struct config config;
static struct lookups *lookups;
static struct buf out, late;
static unsigned int calls;
static int64_t now = 1800000000;

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

static int
set_up(void **state)
{
	(void)state;
	config = (struct config){
		.smarthost_policy = true,
		.default_profile = ANSWER_POSTFIX_3_4,
	};
	lookups = lookups_new(&config, NULL);
	calls = 0;
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	lookups_free(lookups);
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
start(struct lookup *lookup, const char *payload)
{
	lookup_init(lookup, lookups, on_reply, NULL);
	buf_reset(&out);
	return lookup_start(lookup, payload, strlen(payload), &out);
}

/* The payload of the reply to a request that needs no wait. */
static const char *
ask(const char *payload)
{
	static struct lookup lookup;
	char *colon, *end;
	size_t len;

	assert_true(start(&lookup, payload));
	assert_null(lookup.wait);
	len = strtoul(buf_str(&out), &colon, 10);
	assert_int_equal(*colon, ':');
	end = out.data + out.len - 1;
	assert_int_equal(*end, ',');
	assert_int_equal(end - colon - 1, len);
	*end = '\0';
	return colon + 1;
}

#define MATCH  "OK secure match=mx.a.test"
#define SERVER " servername=hostname"
#define REPORTS                                  \
	" policy_type=sts policy_domain=a.test " \
	"{policy_string=version: STSv1} mx_host_pattern=mx.a.test"

static void
test_names(void **state)
{
	static const struct {
		const char *name;
		const char *reply;
	} rows[] = {
		{ "QUERY", MATCH SERVER },
		{ "query", MATCH SERVER },
		{ "QUERYwithTLSRPT", MATCH SERVER REPORTS },
		{ "queryWITHtlsrpt", MATCH SERVER REPORTS },
		{ "postfix-2.9", MATCH },
		{ "postfix-2.10", MATCH },
		{ "postfix-3.3.22", MATCH },
		{ "postfix-3.4", MATCH SERVER },
		{ "postfix-3.9", MATCH SERVER },
		{ "Postfix-3.9.1-RC2", MATCH SERVER },
		{ "postfix-3.10", MATCH SERVER REPORTS },
		{ "postfix-3.12-20260821", MATCH SERVER REPORTS },
		{ "postfix-4.0", MATCH SERVER REPORTS },
		{ "anything", MATCH SERVER },
		{ "postfix", MATCH SERVER },
		{ "postfix-new", MATCH SERVER },
	};
	char payload[64];
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		snprintf(payload, sizeof(payload), "%s a.test", rows[i].name);
		if (strcmp(ask(payload), rows[i].reply) != 0)
			fail_msg("row %zu: %s", i, out.data);
	}
	/* Only "postfix-new" is odd. */
	assert_int_equal(count_logged("profile-unknown"), 1);
	assert_int_equal(count_logged("\"postfix-new\" names no version of "
				      "Postfix; answering it as postfix-3.4"),
	    1);
	ask("postfix-new a.test");
	ask("postfix-other a.test");
	assert_int_equal(count_logged("profile-unknown"), 1);
}

static void
test_default_profile(void **state)
{
	(void)state;
	lookups_free(lookups);
	config.default_profile = ANSWER_POSTFIX_3_10;
	lookups = lookups_new(&config, NULL);
	assert_string_equal(ask("x a.test"), MATCH SERVER REPORTS);
	assert_string_equal(ask("postfix- a.test"), MATCH SERVER REPORTS);
	assert_int_equal(count_logged("answering it as postfix-3.10"), 1);
	assert_string_equal(ask("QUERY a.test"), MATCH SERVER);
}

/* What is asked of the resolver; NULL: nothing, and the reply is NOTFOUND. */
static void
test_keys(void **state)
{
	static const struct {
		const char *key;
		const char *domain;
	} rows[] = {
		{ "a.test", "a.test" },
		{ "A.Test", "a.test" },
		{ " a.test. ", "a.test" },
		{ "localhost", "localhost" },
		{ "b\xc3\xbc"
		  "cher.test",
		    "xn--bcher-kva.test" },
		{ "xn--ls8h.la", "xn--ls8h.la" },
		{ "[a.test]", "a.test" },
		{ "[a.test]:587", "a.test" },
		{ "a.test:587", "a.test" },
		{ "a.test:submission", "a.test" },
		{ "a.test:", "a.test" },
		{ "a.test b.test", NULL },
		{ "", NULL },
		{ ".", NULL },
		{ ".a.test", NULL },
		{ "..a.test", NULL },
		{ "192.0.2.1", NULL },
		{ "[192.0.2.1]", NULL },
		{ "[IPv6:2001:db8::1]", NULL },
		{ "a.test:0", NULL },
		{ "a.test:65536", NULL },
		{ "a_b.test", NULL },
		{ "user@a.test", NULL },
		{ "\xff.test", NULL },
	};
	char payload[64];
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		fake_domain[0] = '\0';
		fake_asked = 0;
		snprintf(payload, sizeof(payload), "QUERY %s", rows[i].key);
		ask(payload);
		if (fake_asked != (rows[i].domain != NULL) ||
		    strcmp(fake_domain,
			rows[i].domain != NULL ? rows[i].domain : "") != 0)
			fail_msg("row %zu: asked for %s", i, fake_domain);
		if (rows[i].domain == NULL)
			assert_non_null(strstr(out.data, ":NOTFOUND "));
		else
			assert_non_null(strstr(out.data, ":OK secure match="));
	}
	/* A key is everything behind the first blank, NUL and all. */
	buf_reset(&out);
	assert_true(lookup_start(
	    &(struct lookup){ .lookups = lookups }, "Q a.test\0", 9, &out));
	assert_string_equal(out.data, "9:NOTFOUND ,");
}

static void
test_no_request(void **state)
{
	static const char *const payloads[] = { "", "QUERY", " ", " a.test" };
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(payloads); i++)
		assert_memory_equal(ask(payloads[i]), "PERM ", 5);
	assert_int_equal(fake_asked, 0);
}

/* "_mta-sts." and a name of 245 octets are too much for the DNS. */
static void
test_length(void **state)
{
	char payload[300];
	size_t len;

	(void)state;
	for (len = 243; len < 254; len++) {
		fake_asked = 0;
		snprintf(payload, sizeof(payload), "QUERY %0*d.test",
		    (int)len - 5, 0);
		/* Labels of at most 63 octets. */
		payload[6 + 60] = payload[6 + 120] = payload[6 + 180] = '.';
		ask(payload);
		if (fake_asked != (len <= 244))
			fail_msg("%zu octets", len);
		if (len <= 244)
			assert_int_equal(strlen(fake_domain), len);
		else
			assert_string_equal(
			    strchr(out.data, ':'), ":NOTFOUND ");
	}
}

static void
test_smarthost_policy(void **state)
{
	static const char *const hosts[] = { "Q [a.test]", "Q [a.test]:25",
		"Q a.test:25", "Q a.test:" };
	size_t i;

	(void)state;
	config.smarthost_policy = false;
	for (i = 0; i < COUNT(hosts); i++)
		assert_string_equal(ask(hosts[i]), "NOTFOUND ");
	assert_int_equal(fake_asked, 0);
	assert_string_equal(ask("Q a.test"), MATCH SERVER);
}

/* Section 3.4: in brackets the host itself is the only MX. */
static void
test_bracketed_outside(void **state)
{
	char payload[64];
	int i;

	(void)state;
	/* Its policy names mx.a.test. */
	assert_string_equal(ask("Q [a.test]"), MATCH SERVER);
	assert_string_equal(ask("Q [a.test]:587"), MATCH SERVER);
	assert_int_equal(count_logged("smart-host: [a.test]"), 1);
	ask("Q a.test:587");
	ask("Q a.test");
	ask("Q [testing.test]");
	ask("Q [off.test]");
	ask("Q [none.test]");
	assert_int_equal(count_logged("smart-host"), 1);
	/* Each day, each domain. */
	now += 86399;
	ask("Q [a.test]");
	assert_int_equal(count_logged("smart-host"), 1);
	now++;
	ask("Q [a.test]");
	assert_int_equal(count_logged("smart-host"), 2);
	ask("Q [b.test]");
	ask("Q [a.test]");
	ask("Q [b.test]");
	assert_int_equal(count_logged("smart-host: [b.test]"), 1);
	/* Very many of them are no flood. */
	for (i = 0; i < 2000; i++) {
		snprintf(payload, sizeof(payload), "Q [h%d.test]", i % 1000);
		ask(payload);
	}
	assert_true(count_logged("smart-host") <= 65);
	assert_int_equal(count_logged("smart-host: [h7.test]"), 1);
	now += 86400;
	ask("Q [h999.test]");
	assert_int_equal(count_logged("smart-host: [h999.test]"), 1);
}

static void
test_modes(void **state)
{
	(void)state;
	assert_string_equal(ask("postfix-3.10 testing.test"), "NOTFOUND ");
	assert_string_equal(ask("postfix-3.10 off.test"), "NOTFOUND ");
	assert_string_equal(ask("postfix-3.10 none.test"), "NOTFOUND ");
	assert_string_equal(ask("postfix-3.10 temp.test"), "TEMP busy");
	config.testing_reports = true;
	assert_string_equal(ask("postfix-3.10 testing.test"),
	    "OK may policy_type=sts policy_domain=testing.test "
	    "{policy_string=version: STSv1} mx_host_pattern=mx.testing.test");
	assert_string_equal(ask("postfix-3.9 testing.test"), "NOTFOUND ");
	assert_string_equal(ask("postfix-3.10 off.test"), "NOTFOUND ");
}

/* 3,000 patterns in both forms are over Postfix's limit for a reply. */
static void
test_too_long(void **state)
{
	const char *reply;

	(void)state;
	reply = ask("postfix-3.10 big.test");
	assert_null(strstr(reply, "policy_type"));
	assert_non_null(strstr(reply, SERVER));
	assert_int_equal(count_logged("mx-not-enforced: big.test"), 1);
	ask("postfix-3.10 big.test");
	assert_int_equal(count_logged("mx-not-enforced"), 1);
	/* It is another warning than the one for a smart host. */
	ask("postfix-3.10 [big.test]");
	assert_int_equal(count_logged("smart-host: [big.test]"), 1);
	assert_int_equal(count_logged("mx-not-enforced"), 1);
}

static void
test_log_answers(void **state)
{
	struct lookup lookup;

	(void)state;
	ask("Q a.test");
	ask("Q .a.test");
	assert_int_equal(logged.len, 0);
	config.log_answers = true;
	ask("Q a.test");
	assert_int_equal(
	    count_logged("answered: domain=a.test "
			 "profile=postfix-3.4 reply=" MATCH SERVER "\n"),
	    1);
	ask("postfix-3.10 none.test");
	assert_int_equal(count_logged("answered: domain=none.test "
				      "profile=postfix-3.10 reply=NOTFOUND \n"),
	    1);
	ask("Q temp.test");
	assert_int_equal(count_logged("reply=TEMP busy\n"), 1);
	ask("Q .a.test");
	assert_int_equal(
	    count_logged(
		"answered: key=.a.test profile=postfix-3.4 reply=NOTFOUND \n"),
	    1);
	assert_false(start(&lookup, "Q wait.test"));
	assert_int_equal(count_logged("wait.test"), 0);
	fake_release("none");
	assert_int_equal(count_logged("domain=wait.test"), 1);
}

static void
test_wait(void **state)
{
	struct lookup lookup;

	(void)state;
	assert_false(start(&lookup, "postfix-2.10 wait.test"));
	assert_int_equal(out.len, 0);
	assert_non_null(lookup.wait);
	fake_release("a.test");
	assert_null(lookup.wait);
	assert_string_equal(late.data, "25:" MATCH ",");
	assert_int_equal(calls, 1);
	buf_reset(&late);
	assert_false(start(&lookup, "postfix-2.10 wait.test"));
	fake_release("temp");
	assert_string_equal(late.data, "9:TEMP busy,");
	assert_int_equal(calls, 2);
}

static void
test_cancel(void **state)
{
	struct lookup lookup;

	(void)state;
	lookup_init(&lookup, lookups, on_reply, NULL);
	lookup_cancel(&lookup);
	assert_int_equal(fake_cancelled, 0);
	assert_false(start(&lookup, "Q wait.test"));
	lookup_cancel(&lookup);
	assert_null(lookup.wait);
	lookup_cancel(&lookup);
	assert_int_equal(fake_cancelled, 1);
	assert_int_equal(calls, 0);
	lookups_free(NULL);
}

/* How often three look-ups of a key asked the resolver. */
static size_t
ask_thrice(const char *request)
{
	size_t i, before = fake_asked;

	for (i = 0; i < 3; i++)
		ask(request);
	return fake_asked - before;
}

/* What is asked for again and again is kept, as long as it is good. */
static void
test_hot(void **state)
{
	struct hot *hot = hot_new();
	size_t asked;

	(void)state;
	fake_until = now + 60;
	lookups_set_hot(lookups, hot);
	assert_int_equal(ask_thrice("postfix-2.10 a.test"), 2);
	asked = fake_asked;
	assert_string_equal(
	    ask("postfix-2.10 a.test"), "OK secure match=mx.a.test");
	assert_int_equal(fake_asked, asked);
	/* another profile is another reply */
	assert_string_equal(ask("postfix-3.4 a.test"),
	    "OK secure match=mx.a.test servername=hostname");
	assert_int_equal(fake_asked, asked + 1);
	/* the domain has changed */
	hot_forget(hot, "a.test", 6);
	ask("postfix-2.10 a.test");
	assert_int_equal(fake_asked, asked + 2);
	/* an hour at most, whatever the record says */
	fake_until = now + 1000000;
	assert_int_equal(ask_thrice("postfix-2.10 b.test"), 2);
	now += 3600;
	assert_int_equal(ask_thrice("postfix-2.10 b.test"), 1);
	/* good for no longer than now */
	fake_until = 0;
	assert_int_equal(ask_thrice("postfix-2.10 c.test"), 3);
	/* each answer is to be seen */
	fake_until = now + 60;
	assert_int_equal(ask_thrice("postfix-2.10 [d.test]"), 3);
	config.log_answers = true;
	assert_int_equal(ask_thrice("postfix-2.10 e.test"), 3);
	fake_until = 0;
	hot_free(hot);
}

/* Each answer under its profile and why, once; hot replies as well. */
static void
test_counted(void **state)
{
	static const struct {
		const char *payload;
		enum answer_profile profile;
		unsigned int answer;
	} rows[] = {
		{ "postfix-3.4 a.test", ANSWER_POSTFIX_3_4, STATS_OK },
		{ "postfix-2.10 a.test", ANSWER_POSTFIX_2_10, STATS_OK },
		{ "postfix-3.10 a.test", ANSWER_POSTFIX_3_10, STATS_OK },
		{ "postfix-3.4 testing.test", ANSWER_POSTFIX_3_4,
		    STATS_TESTING },
		{ "postfix-3.4 off.test", ANSWER_POSTFIX_3_4, STATS_MODE_NONE },
		{ "postfix-3.4 none.test", ANSWER_POSTFIX_3_4,
		    STATS_REASON + STS_REASON_TXT_NONE },
		{ "postfix-3.10 temp.test", ANSWER_POSTFIX_3_10,
		    STATS_REASON + STS_REASON_BUSY },
		{ "postfix-3.4 .a.test", ANSWER_POSTFIX_3_4, STATS_KEY },
		{ "postfix-3.4 skip.test", ANSWER_POSTFIX_3_4, STATS_OVERRIDE },
	};
	static const char text[] = "skip.test skip\n";
	struct stats *stats = stats_new();
	struct hot *hot = hot_new();
	struct sts_overrides *set;
	struct buf error = { 0 };
	unsigned int kind;
	size_t i, round;

	(void)state;
	set = sts_overrides_parse("x", text, sizeof(text) - 1, &error);
	assert_non_null(set);
	lookups_set_overrides(lookups, set);
	lookups_set_stats(lookups, stats);
	hot_set_counters(hot, stats->answered);
	lookups_set_hot(lookups, hot);
	fake_until = now + 10;
	for (round = 0; round < 3; round++) {
		for (i = 0; i < COUNT(rows); i++)
			ask(rows[i].payload);
	}
	/* The third round found what may be kept; two may share a place. */
	assert_in_range(fake_asked, 14, 16);
	for (i = 0; i < COUNT(rows); i++) {
		kind = STATS_KIND(rows[i].profile, rows[i].answer);
		if (stats->answered[kind] != 3)
			fail_msg("row %zu: %d", i, (int)stats->answered[kind]);
		stats->answered[kind] = 0;
	}
	for (i = 0; i < STATS_KINDS; i++)
		assert_int_equal(stats->answered[i], 0);
	assert_int_equal(stats->waited, 0);
	ask("nothing");
	assert_int_equal(stats->malformed, 1);
	fake_until = 0;
	lookups_free(lookups);
	lookups = NULL;
	hot_free(hot);
	stats_free(stats);
}

/* How long it took: every one that waits, one in so many that do not. */
static void
test_measured(void **state)
{
	struct stats *stats = stats_new();
	struct lookup lookup;
	size_t i;

	(void)state;
	lookups_set_stats(lookups, stats);
	for (i = 0; i < 10 * STATS_SAMPLE; i++)
		ask("postfix-3.4 a.test");
	assert_int_equal(stats->cached.count, 10);
	assert_true(stats->cached.sum > 0);
	assert_int_equal(stats->first.count, 0);
	assert_false(start(&lookup, "postfix-3.4 wait.test"));
	assert_int_equal(stats->waited, 1);
	now += 2;
	fake_release("none.test");
	assert_int_equal(stats->first.count, 1);
	assert_int_equal(stats->first.sum, 2000);
	assert_int_equal(stats->first.bucket[8], 1); /* 1 s to 2.5 s */
	stats_free(stats);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_names, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    test_default_profile, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_keys, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    test_no_request, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_length, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    test_smarthost_policy, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    test_bracketed_outside, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_modes, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    test_too_long, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    test_log_answers, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_wait, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_cancel, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_hot, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    test_counted, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    test_measured, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
