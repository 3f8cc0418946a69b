/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "sts/mxmatch.h"

#define S(s) s, sizeof(s) - 1

static void
test_match(void **state)
{
	static const struct {
		const char *pattern;
		size_t pattern_len;
		const char *host;
		size_t host_len;
		bool is_match;
	} cases[] = {
		{ S("a.example"), S("A.Example."), true },
		{ S("*.EXAMPLE"), S("a.eXample"), true },
		{ S("*.example"), S("a.b.example"), false },
		{ S("*.example"), S("example"), false },
		{ S("*.example"), S(".example"), false },
		{ S("*.example"), S("*.example"), false },
		{ S("*.example"), S("a..example"), false },
		{ S("*.example"), S("a.example.."), false },
		{ S("*.example"), S("ab.xample"), false },
		{ S("*.example"), S("a.eexample"), false },
		{ S("*"), S("a"), false },
		{ S("*."), S("a."), false },
		{ S("**.example"), S("a.example"), false },
		{ S("*.*.example"), S("a.b.example"), false },
		{ S("*a.example"), S("aa.example"), false },
		{ S("a.*"), S("a.b"), false },
		{ S("a.example."), S("a.example"), false },
		{ S(" a.example"), S("a.example"), false },
		{ S(""), S(""), false },
		{ S("a"), S("a"), true },
		{ S("a"), S("ab"), false },
		{ S("ab"), S("a"), false },
		{ S("a"), S("a\0"), false },
		{ S("a\0"), S("a"), false },
		{ S("1.2.3.4"), S("1.2.3.4"), true },
		{ S("xn--tda.example"), S("\xc3\xbc.example"), true },
		{ S("xn--tda.example"), S("\xc3\x9c.example"), true },
		{ S("*.xn--tda"), S("a.\xc3\xbc"), true },
		{ S("*.xn--tda"), S("a\xe3\x80\x82\xc3\xbc"), true },
		{ S("\xc3\xbc.example"), S("xn--tda.example"), false },
		{ S("\xc3\xbc.example"), S("\xc3\xbc.example"), false },
		{ S("a.example"), S("a\xff.example"), false },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (sts_mx_match(cases[i].pattern, cases[i].pattern_len,
			cases[i].host, cases[i].host_len) != cases[i].is_match)
			fail_msg("case %zu: %s, %s", i, cases[i].pattern,
			    cases[i].host);
}

static void
test_match_any(void **state)
{
	static const char names[] = "mx.example\0*.example.net\0a";
	static const struct sts_mxlist list = { names, sizeof(names), 3 };
	static const struct sts_mxlist none = { NULL, 0, 0 };

	(void)state;
	assert_true(sts_mx_match_any(&list, S("MX.example.")));
	assert_true(sts_mx_match_any(&list, S("b.example.net")));
	assert_true(sts_mx_match_any(&list, S("a")));
	assert_true(sts_mx_match_any(&list, S("\xc3\xbc.example.net")));
	assert_false(sts_mx_match_any(&list, S("example.net")));
	assert_false(sts_mx_match_any(&list, S("c.b.example.net")));
	assert_false(sts_mx_match_any(&list, S("b")));
	assert_false(sts_mx_match_any(&list, S("")));
	assert_false(sts_mx_match_any(&list, S("*.example.net")));
	assert_false(sts_mx_match_any(&none, S("a")));
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_match),
		cmocka_unit_test(test_match_any),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
