/* SPDX-License-Identifier: ISC */
/* What is overdue: earliest expiry first, each once, bounded. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/backlog.h"

static struct backlog backlog;

static int
empty(void **state)
{
	(void)state;
	memset(&backlog, 0, sizeof(backlog));
	return 0;
}

static void
test_order(void **state)
{
	static const struct {
		const char *domain;
		int64_t expires;
	} added[] = {
		{ "c.example", 30 },
		{ "a.example", 10 },
		{ "d.example", 40 },
		{ "b.example", 20 },
		{ "a.example", 10 }, /* again */
		{ "b2.example", 20 },
	};
	static const char *const want[] = { "a.example", "b.example",
		"b2.example", "c.example", "d.example" };
	struct backlog_item item;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(added) / sizeof(added[0]); i++)
		backlog_add(&backlog, added[i].domain, added[i].expires);
	for (i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		assert_true(backlog_take(&backlog, &item));
		if (strcmp(item.domain, want[i]) != 0)
			fail_msg("%zu: %s, not %s", i, item.domain, want[i]);
	}
	assert_false(backlog_take(&backlog, &item));
}

/* More than it holds, in any order: those that expire first stay. */
static void
test_bound(void **state)
{
	struct backlog_item item;
	char domain[32];
	size_t i, n = (size_t)3 * BACKLOG_MAX;

	(void)state;
	for (i = 0; i < n; i++) {
		/* 7 and n have no divisor in common: each expiry once */
		int64_t expires = (int64_t)(i * 7 % n);

		snprintf(
		    domain, sizeof(domain), "%lld.example", (long long)expires);
		backlog_add(&backlog, domain, expires);
		assert_true(backlog.count <= BACKLOG_MAX);
	}
	for (i = 0; i < BACKLOG_MAX; i++) {
		assert_true(backlog_take(&backlog, &item));
		snprintf(domain, sizeof(domain), "%zu.example", i);
		assert_string_equal(item.domain, domain);
		assert_int_equal(item.expires, i);
	}
	assert_int_equal(backlog.count, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_order, empty),
		cmocka_unit_test_setup(test_bound, empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
