/* SPDX-License-Identifier: ISC */
/* Verdicts in memory: found by all of their key, and bounded. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "daemon/danetable.h"

#define BYTES 100000

static void
test_key(void **state)
{
	struct danetable *t = danetable_new(BYTES);
	struct dane *plain, *port, *brackets, *d;

	(void)state;
	assert_null(danetable_find(t, "a.test", 25, false));
	assert_null(danetable_first(t, "a.test"));
	brackets = danetable_add(t, "a.test", 25, true);
	port = danetable_add(t, "a.test", 587, false);
	plain = danetable_add(t, "a.test", 25, false);
	danetable_add(t, "a.tes", 25, false);
	danetable_add(t, "a.test.b", 25, false);
	assert_ptr_equal(danetable_find(t, "a.test", 25, false), plain);
	assert_ptr_equal(danetable_find(t, "a.test", 25, true), brackets);
	assert_ptr_equal(danetable_find(t, "a.test", 587, false), port);
	assert_null(danetable_find(t, "a.test", 587, true));
	/* All of a domain, by port; none of another. */
	d = danetable_first(t, "a.test");
	assert_ptr_equal(d, plain);
	assert_ptr_equal(d = danetable_next(d), brackets);
	assert_ptr_equal(d = danetable_next(d), port);
	assert_null(danetable_next(d));
	assert_null(danetable_first(t, "a.te"));
	assert_int_equal(danetable_count(t), 5);
	danetable_free(t);
	danetable_free(NULL);
}

static void
add(struct danetable *t, int number)
{
	char domain[32];

	snprintf(domain, sizeof(domain), "%d.test", number);
	danetable_add(t, domain, 25, false);
}

static bool
has(struct danetable *t, int number)
{
	char domain[32];

	snprintf(domain, sizeof(domain), "%d.test", number);
	return danetable_find(t, domain, 25, false) != NULL;
}

/* The least recently asked go; never one with look-ups under way. */
static void
test_bounded(void **state)
{
	struct danetable *t = danetable_new(BYTES);
	struct dane *busy;
	size_t full;
	int i;

	(void)state;
	busy = danetable_add(t, "busy.test", 25, false);
	busy->job = (struct danejob *)t;
	for (i = 0; i < 5000; i++) {
		add(t, i);
		assert_true(has(t, 0)); /* asked for all the time */
	}
	full = danetable_count(t);
	assert_in_range(full, 100, BYTES / sizeof(struct dane) + 1);
	assert_true(has(t, 4999));
	assert_false(has(t, 1));
	assert_ptr_equal(danetable_busy(t), busy);
	busy->job = NULL;
	assert_null(danetable_busy(t));
	danetable_free(t);
}

/* What is kept with a verdict counts as well. */
static void
test_keep(void **state)
{
	struct danetable *t = danetable_new(BYTES);
	struct buf bytes = { 0 };
	struct verdict_hosts hosts;
	enum sts_dane_use use;
	struct dane *d;
	char domain[32];
	int i;

	(void)state;
	for (i = 0; i < 30; i++)
		verdict_host_put(&bytes, "mx.example.com", STS_DANE_UNSIGNED);
	hosts = (struct verdict_hosts){ bytes.data, bytes.len, 30 };
	for (i = 0; i < 1000; i++) {
		snprintf(domain, sizeof(domain), "%d.test", i);
		d = danetable_add(t, domain, 25, false);
		danetable_keep(t, d, &hosts, "why");
		/* and again: nothing is counted twice */
		danetable_keep(t, d, &hosts, "why");
	}
	buf_clear(&bytes);
	assert_in_range(danetable_count(t), 100, BYTES / hosts.len);
	d = danetable_find(t, "999.test", 25, false);
	assert_string_equal(d->detail, "why");
	assert_int_equal(d->verdict.hosts.count, 30);
	assert_string_equal(
	    verdict_host_next(&d->verdict.hosts, NULL, &use), "mx.example.com");
	assert_int_equal(use, STS_DANE_UNSIGNED);
	hosts = (struct verdict_hosts){ NULL, 0, 0 };
	danetable_keep(t, d, &hosts, NULL);
	assert_null(d->detail);
	assert_null(verdict_host_next(&d->verdict.hosts, NULL, &use));
	danetable_free(t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_key),
		cmocka_unit_test(test_bounded),
		cmocka_unit_test(test_keep),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
