/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/domain.h"

#define A10 "aaaaaaaaaa"
#define A60 A10 A10 A10 A10 A10 A10
#define A50 A10 A10 A10 A10 A10
#define A63 A60 "aaa"
#define L64 A63 "." /* a full label and its dot */
/* Two bytes each in UTF-8 */
#define U10                                        \
	"\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc" \
	"\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc"

/* A string literal with its length, so that it may hold a NUL. */
#define S(s) s, sizeof(s) - 1

static void
test_valid(void **state)
{
	static const struct {
		const char *name;
		size_t len;
		bool is_valid;
	} cases[] = {
		{ S("example.com"), true },
		{ S("EXAMPLE.Com"), true },
		{ S("a"), true },
		{ S("0"), true },
		{ S("1.2.3.4"), true },
		{ S("xn--ls8h.la"), true },
		{ S("ab--cd.de"), true },
		{ S("a-b.c-d"), true },
		{ S("az09AZ.z"), true },
		{ S(A63 ".x"), true },
		{ S(A63 "a.x"), false },
		{ S("x." A63 "a"), false },
		{ S(L64 L64 L64 A60 "a"), true }, /* 253 */
		{ S(L64 L64 L64 A60 "aa"), false }, /* 254 */
		{ S(""), false },
		{ S("."), false },
		{ S(".a"), false },
		{ S("a."), false },
		{ S("a..b"), false },
		{ S("-a"), false },
		{ S("a-"), false },
		{ S("a-.b"), false },
		{ S("a.-b"), false },
		{ S("-"), false },
		{ S("a_b"), false },
		{ S("*.a"), false },
		{ S("a b"), false },
		{ S(" a"), false },
		{ S("a/b"), false },
		{ S("a:1"), false },
		{ S("a@b"), false },
		{ S("a[b"), false },
		{ S("a`b"), false },
		{ S("a{b"), false },
		{ S("a\0b"), false },
		{ S("a\x7f"), false },
		{ S("a\xc3\xbc"), false },
		{ S("a\xff"), false },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (domain_is_valid(cases[i].name, cases[i].len) !=
		    cases[i].is_valid)
			fail_msg("case %zu: %s", i, cases[i].name);
}

static void
test_numeric(void **state)
{
	(void)state;
	assert_true(domain_is_numeric(S("1")));
	assert_true(domain_is_numeric(S("1.2.3.4")));
	assert_true(domain_is_numeric(S("0123456789")));
	assert_false(domain_is_numeric(S("1.2.3.4a")));
	assert_false(domain_is_numeric(S("a.1")));
	assert_false(domain_is_numeric(S("1-1")));
}

static const struct {
	const char *name;
	size_t len;
	const char *want; /* NULL: there is no such name */
} to_ascii_cases[] = {
	{ S("Example.COM"), "example.com" },
	{ S("example.com."), "example.com" },
	{ S("example.com.."), NULL },
	{ S("."), NULL },
	{ S(""), NULL },
	{ S(".example.com"), NULL },
	{ S("a_b.example"), NULL },
	{ S("a\0b"), NULL },
	/* real names that IDNA refuses */
	{ S("xn--ls8h.la"), "xn--ls8h.la" },
	{ S("ab--cd.de"), "ab--cd.de" },
	{ S("XN--A.example"), "xn--a.example" },
	{ S("M\xc3\xbcnchen.Example"), "xn--mnchen-3ya.example" },
	{ S("m\xc3\xbcnchen.example."), "xn--mnchen-3ya.example" },
	{ S("m\xc3\xbcnchen.example.."), NULL },
	{ S("m\xc3\xbcnchen..example"), NULL },
	{ S(".m\xc3\xbcnchen"), NULL },
	/* decomposed: NFC first */
	{ S("mu\xcc\x88nchen.example"), "xn--mnchen-3ya.example" },
	/* not transitional: sharp s stays itself */
	{ S("fa\xc3\x9f.de"), "xn--fa-hia.de" },
	{ S("\xe4\xbe\x8b\xe3\x80\x82jp"), "xn--fsq.jp" },
	{ S("a\xe3\x80\x82"
	    "b"),
	    "a.b" },
	{ S("a\xef\xbc\x8e"
	    "b\xef\xbd\xa1"),
	    "a.b" },
	{ S("\xe3\x80\x82"), NULL },
	{ S("a\xe3\x80"), NULL },
	/* pure-ASCII labels pass beside converted ones */
	{ S("ab--cd.\xc3\xbc.xn--ls8h"), "ab--cd.xn--tda.xn--ls8h" },
	{ S("a_b.\xc3\xbc.example"), NULL },
	{ S("_\xc3\xbc.example"), NULL },
	{ S("\xc3\xbc x.example"), NULL },
	{ S("\xc3\xbc\0x.example"), NULL },
	/* U+2024, U+2488: no label may become two of them */
	{ S("a\xe2\x80\xa4"
	    "b.example"),
	    NULL },
	{ S("\xe2\x92\x88"
	    "a.example"),
	    NULL },
	/* full-width letters are the ASCII ones */
	{ S("\xef\xbd\x81.example"), "a.example" },
	/* a soft hyphen alone leaves an empty label */
	{ S("\xc2\xad.example"), NULL },
	{ S("example.\xc2\xad"), NULL },
	{ S("m\xffx.example"), NULL },
	{ S("m\xc3"), NULL },
	{ S("\xed\xa0\x80.example"), NULL },
	{ S("\xc3\xbc-.example"), NULL },
	/* too long, before or after */
	{ S(U10 U10 U10 U10 U10 U10 ".de"), NULL },
	{ S(L64 L64 L64 A60 "\xc3\xbc"), NULL },
	{ S(L64 L64 L64 A50 "aaa.\xc3\xbc"), L64 L64 L64 A50 "aaa.xn--tda" },
	{ S(L64 L64 L64 A50 "aaaa.\xc3\xbc"), NULL },
	{ S("\xc3\xbc." L64 L64 L64 A50 "aaaa"), NULL },
	{ S("\xc3\xbc." L64 L64 L64 A50 "aaa.a"), NULL },
	{ S("\xc3\xbc." L64 L64 L64 A50 "aa.a"), NULL },
};

static void
test_to_ascii(void **state)
{
	char out[DOMAIN_MAX + 1];
	size_t i, len;

	(void)state;
	for (i = 0; i < sizeof(to_ascii_cases) / sizeof(to_ascii_cases[0]);
	     i++) {
		memcpy(out, "untouched", 10);
		len = domain_to_ascii(
		    to_ascii_cases[i].name, to_ascii_cases[i].len, out);
		if (to_ascii_cases[i].want == NULL &&
		    (len != 0 || strcmp(out, "untouched") != 0))
			fail_msg("case %zu: is %s", i, out);
		if (to_ascii_cases[i].want != NULL &&
		    (len != strlen(to_ascii_cases[i].want) ||
			strcmp(out, to_ascii_cases[i].want) != 0))
			fail_msg("case %zu: %zu, %s instead of %s", i, len, out,
			    to_ascii_cases[i].want);
	}
}

/* The longest name there is, converted; and input beyond any name. */
static void
test_bounds(void **state)
{
	static const char longest[] = "\xc3\xbc." L64 L64 L64 A50 "aaa";
	static const char last_dot[] = "\xc3\xbc." L64 L64 L64 A50 "aaa.";
	static char huge[10000];
	char out[DOMAIN_MAX + 1];
	size_t i;

	(void)state;
	assert_int_equal(domain_to_ascii(S(longest), out), DOMAIN_MAX);
	assert_memory_equal(out, "xn--tda.aaa", 11);
	assert_int_equal(domain_to_ascii(S(last_dot), out), DOMAIN_MAX);
	for (i = 0; i < sizeof(huge); i += 2)
		memcpy(huge + i, "\xc3\xbc", 2);
	assert_int_equal(domain_to_ascii(huge, sizeof(huge), out), 0);
	memset(huge, 'a', sizeof(huge));
	assert_int_equal(domain_to_ascii(huge, sizeof(huge), out), 0);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_valid),
		cmocka_unit_test(test_numeric),
		cmocka_unit_test(test_to_ascii),
		cmocka_unit_test(test_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
