/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/negative.h"

static void
put(struct negatives *n, const char *domain, int64_t checked)
{
	const struct refresh_state state = { .checked = checked };

	negatives_put(n, domain, strlen(domain), &state);
}

static int64_t
get(struct negatives *n, const char *domain)
{
	struct refresh_state state;

	return negatives_get(n, domain, strlen(domain), &state) ?
	    state.checked :
	    -1;
}

/* All that a state without a policy holds comes back. */
static void
test_state(void **cmocka)
{
	struct negatives *n = negatives_new(4);
	const struct refresh_state in = {
		.checked = 1,
		.next_check = 2,
		.txt_failures = 3,
		.reason = STS_REASON_TLS_NAME,
		.failed_id = "20260101T000000",
		.failed_at = 4,
		.retry_at = 5,
		.failures = 6,
		.other_id = "7",
		.other_retry_at = 8,
		.other_failures = 9,
	};
	struct refresh_state out;

	(void)cmocka;
	memset(&out, 'x', sizeof(out));
	assert_false(negatives_get(n, "a.test", 6, &out));
	assert_int_equal(out.id[0], 'x');
	negatives_put(n, "a.test", 6, &in);
	assert_true(negatives_get(n, "a.test", 6, &out));
	assert_int_equal(out.checked, in.checked);
	assert_int_equal(out.next_check, in.next_check);
	assert_int_equal(out.txt_failures, in.txt_failures);
	assert_int_equal(out.reason, in.reason);
	assert_string_equal(out.failed_id, in.failed_id);
	assert_int_equal(out.failed_at, in.failed_at);
	assert_int_equal(out.retry_at, in.retry_at);
	assert_int_equal(out.failures, in.failures);
	assert_string_equal(out.other_id, in.other_id);
	assert_int_equal(out.other_retry_at, in.other_retry_at);
	assert_int_equal(out.other_failures, in.other_failures);
	assert_int_equal(out.fetched, 0);
	assert_string_equal(out.id, "");
	negatives_free(n);
}

static void
test_replace_and_remove(void **cmocka)
{
	struct negatives *n = negatives_new(4);

	(void)cmocka;
	put(n, "a.test", 1);
	put(n, "a.test", 2);
	assert_int_equal(negatives_count(n), 1);
	assert_int_equal(get(n, "a.test"), 2);
	/* A prefix, a longer name, no name. */
	assert_int_equal(get(n, "a.tes"), -1);
	assert_int_equal(get(n, "a.test.x"), -1);
	assert_int_equal(get(n, ""), -1);
	negatives_remove(n, "b.test", 6);
	assert_int_equal(negatives_count(n), 1);
	negatives_remove(n, "a.test", 6);
	negatives_remove(n, "a.test", 6);
	assert_int_equal(negatives_count(n), 0);
	assert_int_equal(get(n, "a.test"), -1);
	negatives_free(n);
	negatives_free(NULL);
}

/* Those asked for least recently go first; asking counts. */
static void
test_bound(void **cmocka)
{
	struct negatives *n = negatives_new(3);

	(void)cmocka;
	put(n, "a", 1);
	put(n, "b", 2);
	put(n, "c", 3);
	assert_int_equal(get(n, "a"), 1);
	put(n, "d", 4);
	assert_int_equal(negatives_count(n), 3);
	assert_int_equal(get(n, "b"), -1);
	assert_int_equal(get(n, "a"), 1);
	assert_int_equal(get(n, "c"), 3);
	assert_int_equal(get(n, "d"), 4);
	/* One that is there is replaced: nobody goes. */
	put(n, "d", 5);
	assert_int_equal(get(n, "a"), 1);
	negatives_free(n);
}

/* 100,000 junk domains, of any length: never more than the bound. */
static void
test_flood(void **cmocka)
{
	struct negatives *n = negatives_new(1000);
	char domain[256];
	int i;

	(void)cmocka;
	for (i = 0; i < 100000; i++) {
		snprintf(domain, sizeof(domain), "%0*d.test", 1 + i % 240, i);
		put(n, domain, i + 1);
		assert_true(negatives_count(n) <= 1000);
	}
	assert_int_equal(negatives_count(n), 1000);
	for (i = 99000; i < 100000; i++) {
		snprintf(domain, sizeof(domain), "%0*d.test", 1 + i % 240, i);
		assert_int_equal(get(n, domain), i + 1);
	}
	negatives_free(n);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_state),
		cmocka_unit_test(test_replace_and_remove),
		cmocka_unit_test(test_bound),
		cmocka_unit_test(test_flood),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
