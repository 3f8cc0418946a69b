/* SPDX-License-Identifier: ISC */
/* Verdicts on DANE as bytes: what goes in comes out, nothing else is taken. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cache/verdict.h"

static const struct verdict first = {
	.port = 25,
	.state = { STS_DANE_SOME, 1800000000, 1800003600, 0 },
};

static void
put(struct buf *b, struct buf *hosts, const struct verdict *like, size_t n)
{
	struct verdict v = *like;
	char name[64];
	size_t i;

	buf_reset(hosts);
	for (i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "mx%zu.example.com", i);
		verdict_host_put(
		    hosts, name, i == 0 ? STS_DANE_USED : STS_DANE_NO_TLSA);
	}
	v.hosts = (struct verdict_hosts){ hosts->data, hosts->len, n };
	verdict_encode(b, &v);
}

static void
assert_same_state(
    const struct sts_dane_state *a, const struct sts_dane_state *b)
{
	assert_int_equal(a->verdict, b->verdict);
	assert_true(a->checked == b->checked);
	assert_true(a->next_check == b->next_check);
	assert_true(a->failures == b->failures);
}

static void
test_round_trip(void **state)
{
	const struct verdict last = {
		.port = 65535,
		.is_bracketed = true,
		.state = { STS_DANE_ALL, INT64_MAX, -1, UINT32_MAX },
	};
	struct verdict out[VERDICTS_MAX];
	struct buf b = { 0 }, hosts = { 0 };
	enum sts_dane_use use;
	const char *host;

	(void)state;
	put(&b, &hosts, &first, 2);
	put(&b, &hosts, &last, 0);
	assert_int_equal(verdicts_decode(b.data, b.len, out), 2);
	assert_int_equal(out[0].port, 25);
	assert_false(out[0].is_bracketed);
	assert_same_state(&out[0].state, &first.state);
	assert_int_equal(out[0].hosts.count, 2);
	host = verdict_host_next(&out[0].hosts, NULL, &use);
	assert_string_equal(host, "mx0.example.com");
	assert_int_equal(use, STS_DANE_USED);
	host = verdict_host_next(&out[0].hosts, host, &use);
	assert_string_equal(host, "mx1.example.com");
	assert_int_equal(use, STS_DANE_NO_TLSA);
	assert_null(verdict_host_next(&out[0].hosts, host, &use));
	assert_int_equal(out[1].port, 65535);
	assert_true(out[1].is_bracketed);
	assert_same_state(&out[1].state, &last.state);
	assert_null(verdict_host_next(&out[1].hosts, NULL, &use));
	assert_int_equal(verdicts_decode("", 0, out), 0);
	buf_clear(&b);
	buf_clear(&hosts);
}

static void
test_limits(void **state)
{
	struct verdict out[VERDICTS_MAX];
	struct buf b = { 0 }, hosts = { 0 };
	size_t i;

	(void)state;
	put(&b, &hosts, &first, VERDICT_HOSTS_MAX);
	assert_int_equal(verdicts_decode(b.data, b.len, out), 1);
	buf_reset(&b);
	put(&b, &hosts, &first, VERDICT_HOSTS_MAX + 1);
	assert_int_equal(verdicts_decode(b.data, b.len, out), 0);
	buf_reset(&b);
	for (i = 0; i < VERDICTS_MAX; i++)
		put(&b, &hosts, &first, 1);
	assert_int_equal(verdicts_decode(b.data, b.len, out), VERDICTS_MAX);
	put(&b, &hosts, &first, 1);
	assert_int_equal(verdicts_decode(b.data, b.len, out), 0);
	buf_clear(&b);
	buf_clear(&hosts);
}

/* Whatever the bytes, nothing is read outside of them. */
static void
test_damage(void **state)
{
	struct verdict out[VERDICTS_MAX];
	struct buf b = { 0 }, hosts = { 0 };
	enum sts_dane_use use;
	const char *host;
	size_t i, k, n, seen;
	char *copy;

	(void)state;
	put(&b, &hosts, &first, 2);
	for (i = 0; i < b.len * 8; i++) {
		copy = malloc(b.len);
		memcpy(copy, b.data, b.len);
		copy[i / 8] = (char)(copy[i / 8] ^ (1 << i % 8));
		n = verdicts_decode(copy, b.len, out);
		for (k = 0; k < n; k++) {
			seen = 0;
			host = NULL;
			while ((host = verdict_host_next(
				    &out[k].hosts, host, &use)) != NULL) {
				assert_in_range(use, 0, STS_DANE_USE_COUNT - 1);
				seen++;
			}
			if (seen != out[k].hosts.count)
				fail_msg("bit %zu", i);
		}
		free(copy);
	}
	for (i = 0; i < b.len; i++) {
		copy = malloc(i + 1);
		memcpy(copy, b.data, i);
		if (verdicts_decode(copy, i, out) != 0)
			fail_msg("cut at %zu unseen", i);
		free(copy);
	}
	buf_clear(&b);
	buf_clear(&hosts);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_damage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
