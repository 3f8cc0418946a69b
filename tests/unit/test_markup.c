/* SPDX-License-Identifier: ISC */
/* Any bytes, in HTML and in Markdown. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "check/markup.h"

#define BYTES(s) s, sizeof(s) - 1

static void
check_same(const char *what, size_t i, struct buf *b, const char *want)
{
	if (strcmp(buf_str(b), want) != 0)
		fail_msg(
		    "%s %zu: \"%s\", not \"%s\"", what, i, buf_str(b), want);
	buf_clear(b);
}

static void
test_html(void **state)
{
	static const struct {
		const char *in;
		size_t len;
		const char *out;
	} table[] = {
		{ BYTES("plain text\n"), "plain text\n" },
		{ BYTES("<a href=\"x\">&'"),
		    "&lt;a href=&quot;x&quot;&gt;&amp;&#39;" },
		{ BYTES("a\0b"), "a\\x00b" },
		{ BYTES("\033[2J\r\t\177"), "\\x1B[2J\\x0D\\x09\\x7F" },
		{ BYTES("b\xc3\xbc"
			"cher \xe2\x82\xac \xf0\x9f\x93\xa7"),
		    "b\xc3\xbc"
		    "cher \xe2\x82\xac \xf0\x9f\x93\xa7" },
		/* C1, right to left, no width, a mark, a tag */
		{ BYTES("\xc2\x9b"), "\\xC2\\x9B" },
		{ BYTES("\xe2\x80\xae"), "\\xE2\\x80\\xAE" },
		{ BYTES("\xe2\x80\x8b"), "\\xE2\\x80\\x8B" },
		{ BYTES("\xef\xbb\xbf"), "\\xEF\\xBB\\xBF" },
		{ BYTES("\xf3\xa0\x80\x81"), "\\xF3\\xA0\\x80\\x81" },
		/* overlong, surrogate, too high, cut */
		{ BYTES("\xc0\xbc"), "\\xC0\\xBC" },
		{ BYTES("\xe0\x80\xbc"), "\\xE0\\x80\\xBC" },
		{ BYTES("\xed\xa0\x80"), "\\xED\\xA0\\x80" },
		{ BYTES("\xf4\x90\x80\x80"), "\\xF4\\x90\\x80\\x80" },
		{ BYTES("\xe2\x82"), "\\xE2\\x82" },
		{ BYTES("\xff<"), "\\xFF&lt;" },
	};
	struct buf b = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		markup_html(&b, table[i].in, table[i].len);
		check_same("html", i, &b, table[i].out);
	}
	markup_html_text(&b, NULL);
	assert_int_equal(b.len, 0);
	buf_clear(&b);
}

static void
test_md(void **state)
{
	static const struct {
		const char *in, *out;
	} table[] = {
		{ "a plain sentence. It ends (here).",
		    "a plain sentence. It ends (here)." },
		{ "mx_cert_x and _x_", "mx_cert_x and \\_x\\_" },
		{ "# no heading", "\\# no heading" },
		{ "- no list", "\\- no list" },
		{ "1. no list", "1\\. no list" },
		{ "*a* `b` [c](d) <e> |f| ~g~ !h",
		    "\\*a\\* \\`b\\` \\[c\\](d) \\<e\\> \\|f\\| \\~g\\~ \\!h" },
		{ "https://x www.x x@y", "https\\://x www\\.x x\\@y" },
		{ "two\nlines", "two lines" },
		{ "&amp;\\", "\\&amp;\\\\" },
		{ "\033[m", "\\x1B\\[m" },
	};
	struct buf b = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		markup_md_text(&b, table[i].in);
		check_same("md", i, &b, table[i].out);
	}
}

static void
test_md_code(void **state)
{
	static const struct {
		const char *in, *out;
	} table[] = {
		{ "v=STSv1; id=1", "`v=STSv1; id=1`" },
		{ "", "(empty)" },
		{ "a`b", "``a`b``" },
		{ "``", "``` `` ```" },
		{ " x", "`  x `" },
		{ "a|b", "`a\\|b`" },
		{ "a\nb\033", "`a\\x0Ab\\x1B`" },
	};
	struct buf b = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		markup_md_code(&b, table[i].in, strlen(table[i].in));
		check_same("code", i, &b, table[i].out);
	}
}

static void
test_md_fence(void **state)
{
	static const struct {
		const char *in;
		unsigned int indent;
		const char *out;
	} table[] = {
		{ "a\nb\n", 0, "```\na\nb\n```\n" },
		{ "a\n\nb", 3, "   ```\n   a\n\n   b\n   ```\n" },
		{ "````", 0, "`````\n````\n`````\n" },
		{ "\r\t", 0, "```\n\\x0D\\x09\n```\n" },
		{ "", 0, "```\n```\n" },
	};
	struct buf b = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		markup_md_fence(
		    &b, table[i].in, strlen(table[i].in), table[i].indent);
		check_same("fence", i, &b, table[i].out);
	}
}

static void
test_span(void **state)
{
	static const struct {
		uint64_t in;
		const char *out;
	} table[] = {
		{ 0, "0 s" },
		{ 90, "90 s" },
		{ 3600, "1 hour" },
		{ 129600, "36 hours" },
		{ 86400, "1 day" },
		{ 604800, "7 days" },
		{ 31557600, "about 365 days" },
	};
	struct buf b = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		markup_span(&b, table[i].in);
		check_same("span", i, &b, table[i].out);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_html),
		cmocka_unit_test(test_md),
		cmocka_unit_test(test_md_code),
		cmocka_unit_test(test_md_fence),
		cmocka_unit_test(test_span),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
