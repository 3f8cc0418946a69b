/* SPDX-License-Identifier: ISC */
/* Answers at and over Postfix's limit, and of policy texts made of noise. */
#include <stdarg.h>
#include <setjmp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "answercheck.h"
#include "postfix/netstring.h"

#define MX    "mx.test\0"
#define PLAIN "secure match=mx.test servername=hostname"
#define STS   " policy_type=sts policy_domain=a.test"

static struct sts_policy
mx_test_policy(enum sts_mode mode, const struct buf *text)
{
	return policy_of(mode, MX, sizeof(MX) - 1, buf_str(text), text->len);
}

/* A second line of every length about the limit: all of it, or not at all. */
static void
test_second_line(void **state)
{
	static const char shortened[] =
	    PLAIN STS " {policy_string=version: STSv1} mx_host_pattern=mx.test";
	/* what a second line of one byte adds */
	const size_t added = sizeof(" {policy_string=x}") - 1;
	size_t fits = READER_DATA_MAX_BYTES - (sizeof(shortened) - 1) - added;
	struct buf text = { 0 }, out = { 0 };
	struct sts_policy policy;
	enum answer_status status;
	size_t n;

	(void)state;
	for (n = fits - 50; n < fits + 50; n++) {
		buf_reset(&text);
		buf_puts(&text, "version: STSv1\n");
		memset(buf_reserve(&text, n + 1), 'x', n + 1);
		text.len += n + 1;
		policy = mx_test_policy(STS_MODE_ENFORCE, &text);
		status =
		    write_checked(&out, P3_10, "a.test", &policy, false, NULL);
		if (n <= fits) {
			assert_int_equal(status, ANSWER_FULL);
			assert_int_equal(
			    out.len, READER_DATA_MAX_BYTES - (fits - n));
		} else {
			assert_int_equal(status, ANSWER_SHORTENED);
			assert_string_equal(out.data, shortened);
		}
	}
	buf_clear(&text);
	buf_clear(&out);
}

/* A first line of every length about the limit: it, or the 3.4 form. */
static void
test_first_line(void **state)
{
	const size_t around =
	    sizeof(PLAIN STS " {policy_string=} mx_host_pattern=mx.test") - 1;
	const size_t fits = READER_DATA_MAX_BYTES - around;
	struct buf text = { 0 }, out = { 0 };
	struct sts_policy policy;
	enum answer_status status;
	size_t n;

	(void)state;
	for (n = fits - 50; n < fits + 50; n++) {
		buf_reset(&text);
		memset(buf_reserve(&text, n), 'x', n);
		text.len += n;
		/* a second line that never fits behind it */
		buf_printf(&text, "\n%0200d\n", 0);
		policy = mx_test_policy(STS_MODE_ENFORCE, &text);
		status =
		    write_checked(&out, P3_10, "a.test", &policy, false, NULL);
		if (n <= fits) {
			assert_int_equal(status, ANSWER_SHORTENED);
			assert_int_equal(out.len, around + n);
		} else {
			assert_int_equal(status, ANSWER_MX_NOT_ENFORCED);
			assert_string_equal(out.data, PLAIN);
		}
		policy.mode = STS_MODE_TESTING;
		status =
		    write_checked(&out, P3_10, "a.test", &policy, true, NULL);
		assert_int_equal(status,
		    n <= fits + sizeof(PLAIN) - sizeof("may") ?
			ANSWER_SHORTENED :
			ANSWER_NOTFOUND);
	}
	buf_clear(&text);
	buf_clear(&out);
}

/* What the largest policy file can hold, line by line. */
static void
test_largest_file(void **state)
{
	struct buf text = { 0 }, out = { 0 };
	struct sts_policy policy;

	(void)state;
	buf_puts(&text, "version: STSv1\nmode: enforce\n");
	while (text.len + 4 <= STS_POLICY_MAX_BYTES)
		buf_puts(&text, "a:b\n");
	policy = mx_test_policy(STS_MODE_ENFORCE, &text);
	assert_int_equal(write_checked(&out, P3_10, "a.test", &policy, false,
			     "version: STSv1\n"),
	    ANSWER_SHORTENED);
	/* and the buffer of a connection has not grown far beyond it */
	assert_true(out.size <= 2 * NETSTRING_REPLY_MAX_BYTES);
	assert_int_equal(
	    write_checked(&out, P3_4, "a.test", &policy, false, NULL),
	    ANSWER_FULL);
	policy.mode = STS_MODE_TESTING;
	assert_int_equal(write_checked(&out, P3_10, "a.test", &policy, true,
			     "version: STSv1\n"),
	    ANSWER_SHORTENED);
	buf_clear(&text);
	buf_clear(&out);
}

/* More and more patterns, to beyond what a file can hold. */
static void
test_many_patterns(void **state)
{
	struct buf text = { 0 }, mx = { 0 }, out = { 0 }, plain = { 0 };
	enum answer_status status = ANSWER_FULL, before = ANSWER_FULL;
	bool seen[ANSWER_MX_NOT_ENFORCED + 1] = { false };
	struct sts_policy policy;
	size_t i;

	(void)state;
	buf_puts(&text, "version: STSv1\n");
	for (i = 1; mx.len <= ANSWER_MX_MAX_BYTES - 8; i++) {
		buf_printf(&mx, i % 3 == 0 ? "*.a%zx" : "a%zx", i);
		buf_putc(&mx, '\0');
		buf_printf(&text, "mx: a%zx\n", i);
		if (i % 97 != 0)
			continue;
		policy = policy_of(
		    STS_MODE_ENFORCE, mx.data, mx.len, text.data, text.len);
		status = answer_write(&out, P3_10, "a.test", &policy, false);
		assert_true(out.len <= READER_DATA_MAX_BYTES);
		assert_true(status >= before);
		before = status;
		seen[status] = true;
		buf_reset(&plain);
		assert_int_equal(
		    answer_write(&plain, P3_4, "a.test", &policy, false),
		    ANSWER_FULL);
		assert_true(plain.len <= READER_DATA_MAX_BYTES);
		assert_memory_equal(out.data, plain.data, plain.len);
		assert_int_equal(
		    out.len == plain.len, status == ANSWER_MX_NOT_ENFORCED);
		buf_reset(&out);
		policy.mode = STS_MODE_TESTING;
		status = answer_write(&out, P3_10, "a.test", &policy, true);
		assert_int_equal(out.len == 0, status == ANSWER_NOTFOUND);
		buf_reset(&out);
	}
	assert_true(seen[ANSWER_FULL]);
	assert_true(seen[ANSWER_SHORTENED]);
	assert_true(seen[ANSWER_MX_NOT_ENFORCED]);
	assert_int_equal(status, ANSWER_NOTFOUND);
	buf_clear(&text);
	buf_clear(&mx);
	buf_clear(&out);
	buf_clear(&plain);
}

static uint32_t
noise_next(uint32_t *seed)
{
	*seed = *seed * 1664525U + 1013904223U;
	return *seed >> 16;
}

static void
noise_put(uint32_t *seed, struct buf *text, const char *of, size_t max)
{
	size_t n = noise_next(seed) % (max + 1), len = strlen(of);

	for (; n > 0; n--)
		buf_putc(text, of[noise_next(seed) % len]);
}

/* One line of a text, and what must come of it. */
static void
noise_line(uint32_t *seed, struct buf *text, struct buf *lines)
{
	static const char good[] = "ab:=,;~!\"\\", bad[] = "{}\x7f\xff\x01\r";
	size_t start, bad_at;

	noise_put(seed, text, " \t", 2);
	start = text->len;
	noise_put(seed, text, good, 4);
	if (text->len > start) {
		noise_put(seed, text, " ", 2);
		noise_put(seed, text, good, 2);
		while (text->data[text->len - 1] == ' ')
			text->len--;
	}
	if (noise_next(seed) % 3 == 0) {
		/* the final NUL is a bad byte, too */
		buf_putc(text, bad[noise_next(seed) % sizeof(bad)]);
		bad_at = start + noise_next(seed) % (text->len - start);
		text->data[bad_at] = text->data[text->len - 1];
		buf_putc(text, 'z');
	} else if (text->len > start) {
		buf_put(lines, text->data + start, text->len - start);
		buf_putc(lines, '\n');
	}
	noise_put(seed, text, " \t", 2);
	buf_puts(text, noise_next(seed) % 2 == 0 ? "\n" : "\r\n");
}

/* Texts of noise: the good lines come through, whatever is between them. */
static void
test_noise(void **state)
{
	struct buf text = { 0 }, lines = { 0 }, out = { 0 };
	struct sts_policy policy;
	uint32_t seed = 8461;
	size_t i, k;

	(void)state;
	for (i = 0; i < 20000; i++) {
		buf_reset(&text);
		buf_reset(&lines);
		for (k = noise_next(&seed) % 6; k > 0; k--)
			noise_line(&seed, &text, &lines);
		if (lines.len == 0)
			buf_puts(&lines, "version: STSv1\n");
		policy = mx_test_policy(
		    i % 2 == 0 ? STS_MODE_ENFORCE : STS_MODE_TESTING, &text);
		if (write_checked(&out, P3_10, "a.test", &policy, true,
			lines.data) != ANSWER_FULL)
			fail_msg("round %zu", i);
	}
	buf_clear(&text);
	buf_clear(&lines);
	buf_clear(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_second_line),
		cmocka_unit_test(test_first_line),
		cmocka_unit_test(test_largest_file),
		cmocka_unit_test(test_many_patterns),
		cmocka_unit_test(test_noise),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
