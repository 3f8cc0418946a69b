/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../chance.h"
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
	/* 465 bytes with the request's 8 */
	reply[457] = '\0';
	put(h, "p a.test", "a.test", reply, NOW + 10);
	assert_string_equal(get(h, "p a.test", NOW), reply);
	reply[457] = 'x';
	reply[458] = '\0';
	put(h, "p b.test", "b.test", reply, NOW + 10);
	assert_string_equal(get(h, "p b.test", NOW), "");
	/* The one before it is over all the same. */
	put(h, "p a.test", "a.test", reply, NOW + 10);
	assert_string_equal(get(h, "p a.test", NOW), "");
	hot_free(h);
}

/* Two names are remembered as offered in each set, not three. */
static void
test_offered(void **state)
{
	struct hot *h = hot_new();
	uint64_t hash = hot_request(h, "p a.test", 8).hash;
	char other[2][64];
	size_t len;
	int i = 0, n;

	(void)state;
	for (n = 0; n < 2; n++) {
		do {
			len = (size_t)snprintf(
			    other[n], sizeof(other[n]), "p %d.test", i++);
		} while ((hash ^ hot_request(h, other[n], len).hash) % 4096);
	}
	offer(h, "p a.test", "a.test", "4:OK a,", NOW + 10);
	offer(h, other[0], "a.test", "4:OK b,", NOW + 10);
	offer(h, other[1], "a.test", "4:OK c,", NOW + 10);
	offer(h, "p a.test", "a.test", "4:OK a,", NOW + 10);
	assert_string_equal(get(h, "p a.test", NOW), "");
	offer(h, other[1], "a.test", "4:OK c,", NOW + 10);
	offer(h, "p a.test", "a.test", "4:OK a,", NOW + 10);
	assert_string_equal(get(h, other[0], NOW), "");
	assert_string_equal(get(h, other[1], NOW), "4:OK c,");
	assert_string_equal(get(h, "p a.test", NOW), "4:OK a,");
	hot_free(h);
}

/* How many of "p NAME0.test", "p NAME1.test" ... are there. */
static int
count(struct hot *h, const char *name, int n)
{
	char request[64];
	int i, there = 0;

	for (i = 0; i < n; i++) {
		snprintf(request, sizeof(request), "p %s%d.test", name, i);
		there += *get(h, request, NOW) != '\0';
	}
	return there;
}

static void
put_all(struct hot *h, const char *name, int n, bool twice)
{
	char request[64];
	int i;

	for (i = 0; i < n; i++) {
		snprintf(request, sizeof(request), "p %s%d.test", name, i);
		offer(h, request, "a.test", "4:OK a,", NOW + 10);
		if (twice)
			offer(h, request, "a.test", "4:OK a,", NOW + 10);
	}
}

/* A flood of names takes nothing from those that are asked for often. */
static void
test_flood(void **state)
{
	struct hot *h = hot_new();
	int i, old;

	(void)state;
	/* No set has room left. */
	put_all(h, "old", 200000, true);
	while (count(h, "hot", 100) < 100)
		put_all(h, "hot", 100, true);
	for (i = 0; i < 10; i++)
		count(h, "hot", 100);
	old = count(h, "old", 200000);
	assert_in_range(old, 16 * 4096 - 400, 16 * 4096);
	/* Those that come once take nothing at all. */
	put_all(h, "cold", 100000, false);
	assert_int_equal(count(h, "cold", 100000), 0);
	assert_int_equal(count(h, "old", 200000), old);
	for (i = 0; i < 10; i++)
		count(h, "hot", 100);
	/* Those that come twice only from those that are not asked for. */
	put_all(h, "warm", 100000, true);
	assert_true(count(h, "warm", 100000) > 20000);
	assert_true(count(h, "hot", 100) > 95);
	/* But nothing stays for ever. */
	put_all(h, "new", 1000000, true);
	assert_int_equal(count(h, "hot", 100), 0);
	hot_free(h);
}

/* Of usual length, seven find room in each of 4,096 sets. */
static void
test_room(void **state)
{
	struct hot *h = hot_new();
	char request[64], reply[88];
	int i, round, kept = 0;

	(void)state;
	memset(reply, 'x', sizeof(reply) - 1);
	reply[sizeof(reply) - 1] = '\0';
	for (round = 0; round < 3; round++) {
		for (i = 0; i < 60000; i++) {
			snprintf(request, sizeof(request),
			    "postfix-3.4 %07d.fill.test", i);
			put(h, request, "fill.test", reply, NOW + 10);
		}
	}
	for (i = 0; i < 60000; i++) {
		snprintf(
		    request, sizeof(request), "postfix-3.4 %07d.fill.test", i);
		kept += *get(h, request, NOW) != '\0';
	}
	assert_in_range(kept, 27000, 7 * 4096);
	hot_free(h);
}

enum {
	REQUESTS = 40000,
	DOMAINS = 5000,
	STEPS = 1000000,
	REPLY_MAX = 500 /* some do not fit */
};

struct model {
	uint32_t forgotten[DOMAINS]; /* how many times */
	struct {
		uint32_t number; /* of the step of the last offer; 0: none */
		uint32_t forgotten;
		size_t len;
		int64_t until;
	} offered[REQUESTS];
};

static uint32_t
chance(void)
{
	static uint64_t x = CHANCE_SEED;

	return (uint32_t)(chance_next(&x) >> 32);
}

/* No two are the same, nor what two of them have at one place. */
static const char *
reply_of(uint32_t number, size_t len)
{
	static char reply[REPLY_MAX + 1];
	size_t i;

	assert_in_range(len, 12, REPLY_MAX);
	for (i = (size_t)snprintf(reply, sizeof(reply), "%u:", number); i < len;
	     i++)
		reply[i] = (char)('a' + (number + i) % 26);
	reply[len] = '\0';
	return reply;
}

/* Is it there, and if so as it was offered last? */
static bool
is_right(struct hot *h, const struct model *m, uint32_t n, int64_t now)
{
	const char *got;
	char request[64];

	snprintf(request, sizeof(request), "p %u.test", n);
	got = get(h, request, now);
	if (*got == '\0')
		return false;
	assert_true(m->offered[n].number > 0);
	assert_true(now < m->offered[n].until);
	assert_int_equal(m->offered[n].forgotten, m->forgotten[n % DOMAINS]);
	assert_string_equal(
	    got, reply_of(m->offered[n].number, m->offered[n].len));
	return true;
}

/*
 * Replies of all lengths come, are replaced by longer and shorter ones, leave,
 * are forgotten and over: what is given out is what was offered last.
 */
static void
test_random(void **state)
{
	struct hot *h = hot_new();
	struct model *m = calloc(1, sizeof(*m));
	unsigned int shorts = 0, longs = 0;
	char request[64], domain[64];
	int64_t now = NOW;
	uint32_t i, n;

	(void)state;
	assert_non_null(m);
	for (i = 1; i <= STEPS; i++) {
		now += i % 16 == 0;
		n = chance() % REQUESTS;
		/* Half of all asks are for a few hundred of them. */
		if (chance() % 2 == 0)
			n %= 300;
		snprintf(request, sizeof(request), "p %u.test", n);
		snprintf(domain, sizeof(domain), "%u.test", n % DOMAINS);
		if (chance() % 64 == 0) {
			hot_forget(h, domain, strlen(domain));
			m->forgotten[n % DOMAINS]++;
		}
		if (is_right(h, m, n, now)) {
			shorts += m->offered[n].len <= 200;
			longs += m->offered[n].len > 400;
			if (chance() % 8 > 0)
				continue;
		}
		m->offered[n].number = i;
		m->offered[n].len =
		    12 + chance() % (i % 4 ? 100 : REPLY_MAX - 11);
		m->offered[n].until = now + chance() % 20000;
		m->offered[n].forgotten = m->forgotten[n % DOMAINS];
		put(h, request, domain, reply_of(i, m->offered[n].len),
		    m->offered[n].until);
	}
	assert_true(shorts > 10000 && longs > 1000);
	for (n = 0; n < REQUESTS; n++)
		is_right(h, m, n, now);
	free(m);
	hot_free(h);
}

/* A request that begins as another does, and shares all it is looked for by. */
static void
test_beginning(void **state)
{
	const uint64_t same = UINT64_C(0xff00000000000fff);
	struct hot *h = hot_new();
	char longer[64];
	uint64_t hash = hot_request(h, "p a.test", 8).hash;
	size_t len;
	int i = 0;

	(void)state;
	do {
		len =
		    (size_t)snprintf(longer, sizeof(longer), "p a.test%d", i++);
	} while ((hash ^ hot_request(h, longer, len).hash) & same);
	put(h, longer, "a.test", "4:OK a,", NOW + 10);
	assert_string_equal(get(h, "p a.test", NOW), "");
	put(h, "p a.test", "a.test", "4:OK b,", NOW + 10);
	assert_string_equal(get(h, "p a.test", NOW), "4:OK b,");
	assert_string_equal(get(h, longer, NOW), "4:OK a,");
	hot_free(h);
}

/* Times before and after those that 32 bits hold. */
static void
test_far(void **state)
{
	struct hot *h = hot_new();

	(void)state;
	put(h, "p a.test", "a.test", "4:OK a,", NOW + (INT64_C(1) << 32));
	put(h, "p c.test", "c.test", "4:OK c,", (INT64_C(1) << 32) + 5);
	put(h, "p b.test", "b.test", "4:OK b,", -1);
	assert_string_equal(get(h, "p a.test", NOW), "4:OK a,");
	assert_string_equal(get(h, "p a.test", UINT32_MAX), "");
	assert_string_equal(get(h, "p c.test", NOW), "4:OK c,");
	assert_string_equal(get(h, "p b.test", NOW), "");
	assert_string_equal(get(h, "p b.test", 0), "");
	hot_free(h);
	hot_free(NULL);
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
		cmocka_unit_test(test_offered),
		cmocka_unit_test(test_flood),
		cmocka_unit_test(test_room),
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_beginning),
		cmocka_unit_test(test_far),
		cmocka_unit_test(test_clear),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
