/* SPDX-License-Identifier: ISC */
/* Have an answer written and read again, and compare what came through. */
#ifndef TESTS_ANSWERCHECK_H
#define TESTS_ANSWERCHECK_H

#include <stdarg.h>
#include <setjmp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "policyreader.h"
#include "postfix/answer.h"

#define P2_10 ANSWER_POSTFIX_2_10
#define P3_4  ANSWER_POSTFIX_3_4
#define P3_10 ANSWER_POSTFIX_3_10

/* Mx: each name NUL-terminated. Lends all. */
static inline struct sts_policy
policy_of(enum sts_mode mode, const char *mx, size_t mx_len, const char *text,
    size_t text_len)
{
	struct sts_policy policy = { .mode = mode,
		.max_age = 86400,
		.mx = { .names = mx, .len = mx_len },
		.text = text,
		.text_len = text_len };
	size_t i;

	for (i = 0; i < mx_len; i++)
		policy.mx.count += mx[i] == '\0';
	return policy;
}

/* What the reader must find again, from the policy's patterns. */
static inline void
check_patterns(const struct reader_policy *read,
    const struct sts_policy *policy, bool is_enforced_by_pattern)
{
	struct buf match = { 0 }, patterns = { 0 };
	size_t i;

	for (i = 0; i < policy->mx.len; i++) {
		char c = policy->mx.names[i];

		buf_putc(&patterns, c == '\0' ? '\n' : c);
		if (c != '*')
			buf_putc(&match, c == '\0' ? ':' : c);
	}
	match.data[match.len - 1] = '\n';
	if (policy->mode == STS_MODE_ENFORCE)
		assert_string_equal(
		    buf_str(&read->values[READER_MATCH]), match.data);
	if (is_enforced_by_pattern)
		assert_string_equal(
		    buf_str(&read->values[READER_PATTERN]), patterns.data);
	buf_clear(&match);
	buf_clear(&patterns);
}

/*
 * Write behind other bytes, have it read, and leave the answer in out. Lines:
 * the policy_strings it must hold, or NULL to leave them unchecked.
 */
static inline enum answer_status
write_checked(struct buf *out, enum answer_profile profile, const char *domain,
    const struct sts_policy *policy, bool testing_reports, const char *lines)
{
	struct reader_policy read;
	enum answer_status status;
	bool has_sts;

	buf_reset(out);
	buf_puts(out, "before");
	status = answer_write(out, profile, domain, policy, testing_reports);
	assert_memory_equal(out->data, "before", 6);
	assert_int_equal(out->data[out->len], '\0');
	buf_consume(out, 6);
	if (status == ANSWER_NOTFOUND) {
		assert_int_equal(out->len, 0);
		return status;
	}
	reader_read(out->data, out->len, profile, &read);
	if (read.error != NULL)
		fail_msg("refused, %s: %.200s", read.error, out->data);
	has_sts = profile == P3_10 && status != ANSWER_MX_NOT_ENFORCED;
	check_patterns(&read, policy, has_sts);
	assert_int_equal(read.counts[READER_TYPE], has_sts);
	assert_int_equal(read.counts[READER_DOMAIN], has_sts);
	assert_int_equal(read.counts[READER_SERVERNAME],
	    profile != P2_10 && policy->mode == STS_MODE_ENFORCE);
	if (has_sts && lines != NULL)
		assert_string_equal(
		    buf_str(&read.values[READER_STRING]), lines);
	if (status == ANSWER_SHORTENED)
		assert_int_equal(read.counts[READER_STRING], 1);
	reader_clear(&read);
	return status;
}

#endif
