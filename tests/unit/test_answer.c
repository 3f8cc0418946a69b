/* SPDX-License-Identifier: ISC */
/*
 * Answers byte for byte, and through a reader as strict as the Postfix that
 * gets them.
 */
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

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct {
	const char *name;
	enum answer_name want;
	enum answer_profile profile;
} names_cases[] = {
	{ "postfix-2.10", ANSWER_NAME_KNOWN, P2_10 },
	{ "postfix-2.3", ANSWER_NAME_KNOWN, P2_10 },
	{ "postfix-0.0", ANSWER_NAME_KNOWN, P2_10 },
	{ "postfix-1.99", ANSWER_NAME_KNOWN, P2_10 },
	{ "postfix-2.99", ANSWER_NAME_KNOWN, P2_10 },
	{ "postfix-3.0", ANSWER_NAME_KNOWN, P2_10 },
	{ "postfix-3.3", ANSWER_NAME_KNOWN, P2_10 },
	{ "postfix-3.3.22", ANSWER_NAME_KNOWN, P2_10 },
	{ "postfix-3.4", ANSWER_NAME_KNOWN, P3_4 },
	{ "postfix-3.4.0", ANSWER_NAME_KNOWN, P3_4 },
	{ "postfix-3.7.11", ANSWER_NAME_KNOWN, P3_4 },
	{ "postfix-3.9", ANSWER_NAME_KNOWN, P3_4 },
	{ "postfix-3.09", ANSWER_NAME_KNOWN, P3_4 },
	{ "postfix-3.9.99", ANSWER_NAME_KNOWN, P3_4 },
	{ "postfix-3.10", ANSWER_NAME_KNOWN, P3_10 },
	{ "postfix-03.010", ANSWER_NAME_KNOWN, P3_10 },
	{ "postfix-3.10.0-RC1", ANSWER_NAME_KNOWN, P3_10 },
	{ "postfix-3.11.1.2.3", ANSWER_NAME_KNOWN, P3_10 },
	{ "postfix-3.12-20260821", ANSWER_NAME_KNOWN, P3_10 },
	{ "postfix-3.9-20240101-nonprod", ANSWER_NAME_KNOWN, P3_4 },
	{ "Postfix-3.10", ANSWER_NAME_KNOWN, P3_10 },
	{ "POSTFIX-3.4-X", ANSWER_NAME_KNOWN, P3_4 },
	{ "postfix-3.100", ANSWER_NAME_KNOWN, P3_10 },
	{ "postfix-4.0", ANSWER_NAME_KNOWN, P3_10 },
	{ "postfix-10.0", ANSWER_NAME_KNOWN, P3_10 },
	{ "postfix-99999999999999999999.1", ANSWER_NAME_KNOWN, P3_10 },
	{ "postfix-4294967298.1", ANSWER_NAME_KNOWN, P3_10 },
	{ "postfix-3.4294967299", ANSWER_NAME_KNOWN, P3_10 },
	{ "postfix-3.18446744073709551616", ANSWER_NAME_KNOWN, P3_10 },
	{ "postfix-2.18446744073709551616", ANSWER_NAME_KNOWN, P2_10 },
	{ "QUERY", ANSWER_NAME_KNOWN, P3_4 },
	{ "query", ANSWER_NAME_KNOWN, P3_4 },
	{ "QUERYwithTLSRPT", ANSWER_NAME_KNOWN, P3_10 },
	{ "QueryWithTlsRpt", ANSWER_NAME_KNOWN, P3_10 },
	{ "postfix-", ANSWER_NAME_ODD, 0 },
	{ "postfix-3", ANSWER_NAME_ODD, 0 },
	{ "postfix-3.", ANSWER_NAME_ODD, 0 },
	{ "postfix-3.x", ANSWER_NAME_ODD, 0 },
	{ "postfix-x.4", ANSWER_NAME_ODD, 0 },
	{ "postfix-.4", ANSWER_NAME_ODD, 0 },
	{ "postfix-3.4.", ANSWER_NAME_ODD, 0 },
	{ "postfix-3.4.x", ANSWER_NAME_ODD, 0 },
	{ "postfix-3.4x", ANSWER_NAME_ODD, 0 },
	{ "postfix-3.4-", ANSWER_NAME_ODD, 0 },
	{ "postfix-3-4", ANSWER_NAME_ODD, 0 },
	{ "postfix-3-20260821", ANSWER_NAME_ODD, 0 },
	{ "postfix--3.4", ANSWER_NAME_ODD, 0 },
	{ "postfix-+3.4", ANSWER_NAME_ODD, 0 },
	{ "postfix-mta-sts", ANSWER_NAME_ODD, 0 },
	{ "PostFix-latest", ANSWER_NAME_ODD, 0 },
	{ "", ANSWER_NAME_OTHER, 0 },
	{ "postfix", ANSWER_NAME_OTHER, 0 },
	{ "postfix3.10", ANSWER_NAME_OTHER, 0 },
	{ "xpostfix-3.10", ANSWER_NAME_OTHER, 0 },
	{ "QUER", ANSWER_NAME_OTHER, 0 },
	{ "QUERYx", ANSWER_NAME_OTHER, 0 },
	{ "QUERYwithTLSRPT2", ANSWER_NAME_OTHER, 0 },
	{ "3.10", ANSWER_NAME_OTHER, 0 },
};

static void
test_names(void **state)
{
	const enum answer_profile untouched = (enum answer_profile)77;
	enum answer_profile profile;
	enum answer_name got;
	size_t i, len;
	char *copy;

	(void)state;
	for (i = 0; i < COUNT(names_cases); i++) {
		len = strlen(names_cases[i].name);
		copy = malloc(len > 0 ? len : 1);
		assert_non_null(copy);
		memcpy(copy, names_cases[i].name, len);
		profile = untouched;
		got = answer_profile_parse(copy, len, &profile);
		if (got != names_cases[i].want)
			fail_msg("case %zu: %d", i, got);
		if (profile !=
		    (got == ANSWER_NAME_KNOWN ? names_cases[i].profile :
						untouched))
			fail_msg("case %zu: profile %u", i, profile);
		free(copy);
	}
}

static void
test_profile_names(void **state)
{
	static const char *const names[] = { "postfix-2.10", "postfix-3.4",
		"postfix-3.10" };
	enum answer_profile profile;
	unsigned i;

	(void)state;
	for (i = 0; i < COUNT(names); i++) {
		assert_string_equal(
		    answer_profile_name((enum answer_profile)i), names[i]);
		assert_int_equal(
		    answer_profile_parse(names[i], strlen(names[i]), &profile),
		    ANSWER_NAME_KNOWN);
		assert_int_equal(profile, i);
	}
}

#define S(text) text, sizeof(text) - 1

#define TEXT                                  \
	"version: STSv1\r\nmode: enforce\r\n" \
	"mx: mx1.example.com\r\nmx: *.example.net\r\nmax_age: 86400\r\n"
#define MATCH "secure match=mx1.example.com:.example.net"
#define STS   " policy_type=sts policy_domain=example.com"
#define STRINGS                                                         \
	" {policy_string=version: STSv1} {policy_string=mode: enforce}" \
	" {policy_string=mx: mx1.example.com}"                          \
	" {policy_string=mx: *.example.net} {policy_string=max_age: 86400}"
#define PATTERNS \
	" mx_host_pattern=mx1.example.com mx_host_pattern=*.example.net"

static void
test_forms(void **state)
{
	static const struct {
		enum sts_mode mode;
		enum answer_profile profile;
		bool testing_reports;
		const char *want; /* NULL: not found */
	} cases[] = {
		{ STS_MODE_ENFORCE, P2_10, false, MATCH },
		{ STS_MODE_ENFORCE, P2_10, true, MATCH },
		{ STS_MODE_ENFORCE, P3_4, false, MATCH " servername=hostname" },
		{ STS_MODE_ENFORCE, P3_4, true, MATCH " servername=hostname" },
		{ STS_MODE_ENFORCE, P3_10, false,
		    MATCH " servername=hostname" STS STRINGS PATTERNS },
		{ STS_MODE_ENFORCE, P3_10, true,
		    MATCH " servername=hostname" STS STRINGS PATTERNS },
		{ STS_MODE_TESTING, P2_10, false, NULL },
		{ STS_MODE_TESTING, P2_10, true, NULL },
		{ STS_MODE_TESTING, P3_4, false, NULL },
		{ STS_MODE_TESTING, P3_4, true, NULL },
		{ STS_MODE_TESTING, P3_10, false, NULL },
		{ STS_MODE_TESTING, P3_10, true, "may" STS STRINGS PATTERNS },
		{ STS_MODE_NONE, P2_10, true, NULL },
		{ STS_MODE_NONE, P3_4, true, NULL },
		{ STS_MODE_NONE, P3_10, true, NULL },
		{ STS_MODE_NONE, P3_10, false, NULL },
	};
	struct sts_policy policy;
	struct buf out = { 0 };
	enum answer_status status;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		policy = policy_of(cases[i].mode,
		    S("mx1.example.com\0*.example.net\0"), S(TEXT));
		status = write_checked(&out, cases[i].profile, "example.com",
		    &policy, cases[i].testing_reports, NULL);
		if (status !=
		    (cases[i].want != NULL ? ANSWER_FULL : ANSWER_NOTFOUND))
			fail_msg("case %zu: status %d", i, status);
		if (cases[i].want != NULL &&
		    strcmp(out.data, cases[i].want) != 0)
			fail_msg("case %zu: %s", i, out.data);
	}
	/* No policy needs its patterns or its text to be none. */
	policy = policy_of(STS_MODE_NONE, NULL, 0, NULL, 0);
	assert_int_equal(answer_write(&out, P3_10, "a.test", &policy, true),
	    ANSWER_NOTFOUND);
	buf_clear(&out);
}

static void
test_patterns(void **state)
{
	struct sts_policy policy = policy_of(STS_MODE_ENFORCE,
	    S("z.test\0*.a.test\0a.test\0*.com\0localhost\0"
	      "*.hostname\0xn--ls8h.la\0"),
	    S("version: STSv1\n"));
	struct buf out = { 0 };

	(void)state;
	assert_int_equal(
	    write_checked(&out, P3_4, "a.test", &policy, false, NULL),
	    ANSWER_FULL);
	assert_string_equal(out.data,
	    "secure match=z.test:.a.test:a.test:.com:localhost:.hostname:"
	    "xn--ls8h.la servername=hostname");
	assert_int_equal(
	    write_checked(&out, P3_10, "a.test", &policy, false, NULL),
	    ANSWER_FULL);
	assert_non_null(strstr(out.data,
	    "version: STSv1} mx_host_pattern=z.test "
	    "mx_host_pattern=*.a.test mx_host_pattern=a.test "
	    "mx_host_pattern=*.com mx_host_pattern=localhost "
	    "mx_host_pattern=*.hostname mx_host_pattern=xn--ls8h.la"));
	buf_clear(&out);
}

static void
test_lines(void **state)
{
	static const struct {
		const char *text;
		size_t len;
		const char *lines;
	} cases[] = {
#define DEFAULT "version: STSv1\n"
		{ S(""), DEFAULT },
		{ S("\n"), DEFAULT },
		{ S("\r\n\r\n \t \r\n"), DEFAULT },
		{ S("a{b\nc}d\n{}\n"), DEFAULT },
		{ S("\xef\xbb\xbfversion: STSv1\n"), DEFAULT },
		{ S("a: b"), "a: b\n" },
		{ S("a: b\r"), DEFAULT },
		{ S("a: b\r\nc: d"), "a: b\nc: d\n" },
		{ S("a: b\nc: d\r\n"), "a: b\nc: d\n" },
		{ S("a: b\rc: d\n"), DEFAULT },
		{ S("a: b\r\r\nc\n"), "c\n" },
		{ S("a\n\n\r\n  \nb\n"), "a\nb\n" },
		{ S("  a:  b  \n\tc\t\r\n"), "a:  b\nc\n" },
		{ S("a:\tb\nc\n"), "c\n" },
		{ S("a\0b\nc\n"), "c\n" },
		{ S("a\x7f\nb\x1f\nc\x80\nd\xff\ne\n"), "e\n" },
		{ S("ok ~!\"#$%&'()*+,-./:;<=>?@[\\]^_`|\n"),
		    "ok ~!\"#$%&'()*+,-./:;<=>?@[\\]^_`|\n" },
		{ S("x: {\nb: 1\n}: 2\nc\n"), "b: 1\nc\n" },
		{ S("=\na=b=c\n, ,\n"), "=\na=b=c\n, ,\n" },
		{ S("a\na\na\n"), "a\na\na\n" },
		{ S("policy_type=tlsa match=evil.test\n"),
		    "policy_type=tlsa match=evil.test\n" },
#undef DEFAULT
	};
	struct sts_policy policy;
	struct buf out = { 0 };
	char *copy;
	size_t i, mode;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		copy = malloc(cases[i].len > 0 ? cases[i].len : 1);
		assert_non_null(copy);
		memcpy(copy, cases[i].text, cases[i].len);
		for (mode = STS_MODE_TESTING; mode <= STS_MODE_ENFORCE;
		     mode++) {
			policy = policy_of((enum sts_mode)mode, S("mx.test\0"),
			    copy, cases[i].len);
			if (write_checked(&out, P3_10, "a.test", &policy, true,
				cases[i].lines) != ANSWER_FULL)
				fail_msg("case %zu", i);
		}
		free(copy);
	}
	buf_clear(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_profile_names),
		cmocka_unit_test(test_forms),
		cmocka_unit_test(test_patterns),
		cmocka_unit_test(test_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
