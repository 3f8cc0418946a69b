/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/hot.h"

#define NOW 1800000000

static void
offer(struct hot *h, const char *request, const char *domain, const char *reply,
    int64_t until)
{
	struct hot_offer o = { hot_request(h, request, strlen(request)), domain,
		strlen(domain), reply, strlen(reply), until, 7 };

	hot_put(h, &o);
}

/* Only what comes again is kept. */
static void
put(struct hot *h, const char *request, const char *domain, const char *reply,
    int64_t until)
{
	offer(h, request, domain, reply, until);
	offer(h, request, domain, reply, until);
}

/* What the request is answered with, or "". */
static const char *
get(struct hot *h, const char *request, int64_t now)
{
	static struct buf out;
	struct hot_request r = hot_request(h, request, strlen(request));
	bool is_there;

	buf_clear(&out);
	is_there = hot_get(h, &r, now, &out);
	assert_true(is_there == (out.len > 0));
	return buf_str(&out);
}

static void
test_life(void **state)
{
	struct hot *h = hot_new();

	(void)state;
	assert_string_equal(get(h, "p a.test", NOW), "");
	offer(h, "p a.test", "a.test", "4:OK a,", NOW + 10);
	assert_string_equal(get(h, "p a.test", NOW), "");
	offer(h, "p a.test", "a.test", "4:OK a,", NOW + 10);
	assert_string_equal(get(h, "p a.test", NOW), "4:OK a,");
	assert_string_equal(get(h, "p a.test", NOW + 9), "4:OK a,");
	/* other bytes are another request */
	assert_string_equal(get(h, "p A.test", NOW), "");
	assert_string_equal(get(h, "p a.tes", NOW), "");
	assert_string_equal(get(h, "", NOW), "");
	/* over */
	assert_string_equal(get(h, "p a.test", NOW + 10), "");
	/* renewed, changed */
	put(h, "p a.test", "a.test", "4:OK b,", NOW + 20);
	assert_string_equal(get(h, "p a.test", NOW + 10), "4:OK b,");
	hot_free(h);
}

/* Every reply given out is counted, under what it was kept as. */
static void
test_counters(void **state)
{
	uint64_t counter[8] = { 0 };
	struct hot *h = hot_new();

	(void)state;
	put(h, "p a.test", "a.test", "4:OK a,", NOW + 10);
	hot_set_counters(h, counter);
	get(h, "p a.test", NOW);
	get(h, "p a.test", NOW);
	get(h, "p a.test", NOW + 10);
	get(h, "p b.test", NOW);
	hot_set_counters(h, NULL);
	get(h, "p a.test", NOW);
	assert_int_equal(counter[7], 2);
	hot_free(h);
}

/* All replies for a domain, whatever they were asked for by. */
static void
test_forget(void **state)
{
	struct hot *h = hot_new();

	(void)state;
	put(h, "p a.test", "a.test", "4:OK a,", NOW + 10);
	put(h, "q [a.test]:25", "a.test", "4:OK q,", NOW + 10);
	hot_forget(h, "a.test", 6);
	assert_string_equal(get(h, "p a.test", NOW), "");
	assert_string_equal(get(h, "q [a.test]:25", NOW), "");
	put(h, "p a.test", "a.test", "4:OK n,", NOW + 10);
	assert_string_equal(get(h, "p a.test", NOW), "4:OK n,");
	hot_free(h);
}

static void
test_too_long(void **state)
{
	struct hot *h = hot_new();
	char reply[600];

	(void)state;
	memset(reply, 'x', sizeof(reply));
	reply[486] = '\0';
	put(h, "p a.test", "a.test", reply, NOW + 10);
	assert_string_equal(get(h, "p a.test", NOW), reply);
	reply[486] = 'x';
	reply[487] = '\0';
	put(h, "p b.test", "b.test", reply, NOW + 10);
	assert_string_equal(get(h, "p b.test", NOW), "");
	hot_free(h);
}

/* A flood of names asked for once leaves those asked for often. */
static void
test_flood(void **state)
{
	struct hot *h = hot_new();
	char request[64];
	int i, round, left = 0;

	(void)state;
	for (i = 0; i < 100; i++) {
		snprintf(request, sizeof(request), "p hot%d.test", i);
		put(h, request, "hot.test", "4:OK h,", NOW + 10);
		for (round = 0; round < 10; round++)
			get(h, request, NOW);
	}
	for (i = 0; i < 8192; i++) {
		snprintf(request, sizeof(request), "p cold%d.test", i);
		offer(h, request, "cold.test", "4:OK c,", NOW + 10);
	}
	for (i = 0; i < 100; i++) {
		snprintf(request, sizeof(request), "p hot%d.test", i);
		left += *get(h, request, NOW) != '\0';
	}
	/* One a place, on average; four are needed to lose it. */
	assert_true(left > 80);
	/* But it does not stay for ever. */
	for (i = 0; i < 200000; i++) {
		snprintf(request, sizeof(request), "p new%d.test", i);
		put(h, request, "new.test", "4:OK n,", NOW + 10);
	}
	assert_string_equal(get(h, "p hot0.test", NOW), "");
	hot_free(h);
}

static void
test_clear(void **state)
{
	struct hot *h = hot_new();

	(void)state;
	put(h, "p a.test", "a.test", "4:OK a,", NOW + 10);
	put(h, "p b.test", "b.test", "4:OK b,", NOW + 10);
	hot_clear(h);
	assert_string_equal(get(h, "p a.test", NOW), "");
	assert_string_equal(get(h, "p b.test", NOW), "");
	put(h, "p a.test", "a.test", "4:OK c,", NOW + 10);
	assert_string_equal(get(h, "p a.test", NOW), "4:OK c,");
	hot_free(h);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_life),
		cmocka_unit_test(test_counters),
		cmocka_unit_test(test_forget),
		cmocka_unit_test(test_too_long),
		cmocka_unit_test(test_flood),
		cmocka_unit_test(test_clear),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
