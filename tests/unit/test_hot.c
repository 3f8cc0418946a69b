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
	reply[440] = '\0';
	put(h, "p a.test", "a.test", reply, NOW + 10);
	assert_string_equal(get(h, "p a.test", NOW), reply);
	reply[440] = 'x';
	reply[441] = '\0';
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

/* Short and long ones side by side: what is given out is what was kept last. */
static void
test_neighbours(void **state)
{
	enum {
		REQUESTS = 40000,
		STEPS = 1000000
	};
	struct hot *h = hot_new();
	unsigned char *kept = calloc(REQUESTS, 1); /* letter of the last one */
	unsigned int shorts = 0, longs = 0;
	char request[64], reply[441];
	const char *got;
	uint32_t x = 1;
	size_t len;
	int i, n;

	(void)state;
	assert_non_null(kept);
	for (i = 0; i < STEPS; i++) {
		x = x * 1664525 + 1013904223;
		n = (int)(x >> 8) % REQUESTS;
		/* Half of all asks are for a few hundred of them. */
		if (x >> 31)
			n %= 300;
		snprintf(request, sizeof(request), "p %d.test", n);
		got = get(h, request, NOW);
		if (*got != '\0') {
			assert_int_equal(*got, kept[n]);
			shorts += strlen(got) <= 224;
			longs += strlen(got) > 224;
			continue;
		}
		len = x >> 7 & 1 ? 300 : 100;
		kept[n] = (unsigned char)('a' + i % 26);
		memset(reply, kept[n], len);
		reply[len] = '\0';
		put(h, request, "a.test", reply, NOW + 10);
	}
	assert_true(shorts > 1000 && longs > 1000);
	free(kept);
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
		cmocka_unit_test(test_neighbours),
		cmocka_unit_test(test_clear),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
