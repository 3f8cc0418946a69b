/* SPDX-License-Identifier: ISC */
/* What ctl reads from its command line, and how it lays out what it prints. */
#include <stdarg.h>
#include <setjmp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "base/xmalloc.h"
#include "ctl/ask.h"
#include "ctl/command.h"
#include "ctl/table.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define WORDS_MAX    8

static const struct ctl_option options[] = {
	{ "--mode", "mode", NULL, "" },
	{ "--all", NULL, NULL, "" },
	{ NULL, NULL, NULL, NULL },
};

static const struct {
	const char *words[WORDS_MAX];
	bool is_all;
	int left; /* -1: refused */
	const char *rest; /* what is left, a blank after each */
	const char *mode, *all;
} lines[] = {
	{ { "a", "b" }, true, 2, "a b ", NULL, NULL },
	{ { "--mode", "none", "a" }, true, 1, "a ", "none", NULL },
	{ { "a", "--mode=none" }, true, 1, "a ", "none", NULL },
	{ { "--mode=", "--all" }, true, 0, "", "", "" },
	{ { "--mode", "--all" }, true, 0, "", "--all", NULL },
	{ { "--mode" }, true, -1, NULL, NULL, NULL },
	{ { "--all=1" }, true, -1, NULL, NULL, NULL },
	{ { "--mod", "none" }, true, -1, NULL, NULL, NULL },
	{ { "--modes", "none" }, true, -1, NULL, NULL, NULL },
	{ { "-x" }, true, -1, NULL, NULL, NULL },
	{ { "-" }, true, 1, "- ", NULL, NULL },
	{ { "--", "--all", "-x" }, true, 2, "--all -x ", NULL, NULL },
	{ { "--all", "--", "a" }, true, 1, "a ", NULL, "" },
	{ { "-x", "--other", "--all" }, false, 2, "-x --other ", NULL, "" },
	{ { "list", "--", "--all" }, false, 3, "list -- --all ", NULL, NULL },
};

static void
test_options(void **state)
{
	struct buf rest = { 0 };
	char *argv[WORDS_MAX];
	const char *value[2];
	int argc, i, left, said = dup(STDERR_FILENO);
	size_t at;

	(void)state;
	assert_non_null(freopen("/dev/null", "w", stderr));
	for (at = 0; at < COUNT(lines); at++) {
		for (argc = 0; argc < WORDS_MAX; argc++) {
			if (lines[at].words[argc] == NULL)
				break;
			argv[argc] = xstrdup(lines[at].words[argc]);
		}
		char *owned[WORDS_MAX];

		memcpy(owned, argv, sizeof(owned));
		value[0] = value[1] = NULL;
		left = ctl_take_options(
		    options, lines[at].is_all, argc, argv, value);
		buf_reset(&rest);
		for (i = 0; i < left; i++)
			buf_printf(&rest, "%s ", argv[i]);
		if (left != lines[at].left)
			fail_msg("line %zu: %d left", at, left);
		if (left != -1 &&
		    (strcmp(buf_str(&rest), lines[at].rest) != 0 ||
			(value[0] == NULL) != (lines[at].mode == NULL) ||
			(value[1] == NULL) != (lines[at].all == NULL) ||
			(value[0] != NULL &&
			    strcmp(value[0], lines[at].mode) != 0)))
			fail_msg("line %zu: %s", at, buf_str(&rest));
		for (i = 0; i < argc; i++)
			free(owned[i]);
	}
	fflush(stderr);
	assert_int_not_equal(dup2(said, STDERR_FILENO), -1);
	close(said);
	buf_clear(&rest);
}

static void
test_commands(void **state)
{
	struct buf text = { 0 };
	const char *line;
	size_t i, len;

	(void)state;
	for (i = 0; i < ctl_commands_count; i++) {
		const struct ctl_command *c = &ctl_commands[i];

		assert_ptr_equal(ctl_command_find(c->name), c);
		assert_non_null(c->run);
		buf_reset(&text);
		ctl_put_command_help(&text, c);
		for (line = text.data; *line != '\0'; line += len + 1) {
			len = strcspn(line, "\n");
			if (len > TABLE_COLUMNS)
				fail_msg("%s: %s", c->name, line);
		}
	}
	assert_null(ctl_command_find("lis"));
	buf_clear(&text);
}

static void
test_spans(void **state)
{
	static const struct {
		int64_t seconds;
		const char *text;
	} cases[] = { { -1, "0s" }, { 0, "0s" }, { 59, "59s" }, { 60, "1m" },
		{ 61, "1m 1s" }, { 3599, "59m 59s" }, { 3600, "1h" },
		{ 3659, "1h" }, { 3660, "1h 1m" }, { 86399, "23h 59m" },
		{ 86400, "1d" }, { 90000, "1d 1h" }, { 31557600, "365d 6h" } };
	struct buf b = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		buf_reset(&b);
		table_span(&b, cases[i].seconds);
		if (strcmp(b.data, cases[i].text) != 0)
			fail_msg("case %zu: %s", i, b.data);
	}
	buf_clear(&b);
}

static void
test_dates(void **state)
{
	static const struct {
		int64_t when;
		const char *relative, *date;
	} cases[] = {
		{ 0, "-", "-" },
		{ 1000000000, "now", "2001-09-09 01:46:40 UTC (now)" },
		{ 1000000060, "in 1m", "2001-09-09 01:47:40 UTC (in 1m)" },
		{ 999996400, "1h ago", "2001-09-09 00:46:40 UTC (1h ago)" },
		{ INT64_MAX, "in 106751979594249d 1h", "-" },
	};
	struct buf b = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		buf_reset(&b);
		table_when(&b, cases[i].when, 1000000000);
		if (i + 1 < COUNT(cases) &&
		    strcmp(b.data, cases[i].relative) != 0)
			fail_msg("case %zu: %s", i, b.data);
		buf_reset(&b);
		table_date(&b, cases[i].when, 1000000000);
		if (strcmp(b.data, cases[i].date) != 0)
			fail_msg("case %zu: %s", i, b.data);
	}
	buf_clear(&b);
}

static void
test_bytes(void **state)
{
	static const struct {
		int64_t bytes;
		const char *text;
	} cases[] = { { 0, "0 bytes" }, { 1023, "1023 bytes" },
		{ 1024, "1.0 KiB" }, { 1536, "1.5 KiB" },
		{ INT64_C(4) << 30, "4.0 GiB" },
		{ INT64_C(2048) << 40, "2048.0 TiB" } };
	struct buf b = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		buf_reset(&b);
		table_bytes(&b, cases[i].bytes);
		if (strcmp(b.data, cases[i].text) != 0)
			fail_msg("case %zu: %s", i, b.data);
	}
	buf_clear(&b);
}

static void
test_table(void **state)
{
	static const struct table_column columns[] = { { "N", 4, true },
		{ "WORD", 6, false }, { "NAME", 0, false } };
	static const char *const plain[] = { "12", "one", "a.example" };
	static const char *const odd[] = { "12345", NULL, "a\033[31m\xc3\xa4" };
	static const char *const empty[] = { "1", "x", "" };
	struct buf b = { 0 };

	(void)state;
	table_head(&b, columns, 3, false);
	table_row(&b, columns, 3, plain);
	table_row(&b, columns, 3, odd);
	table_row(&b, columns, 3, empty);
	assert_string_equal(b.data,
	    "   N  WORD    NAME\n"
	    "  12  one     a.example\n"
	    "12345  -       a\\x1b[31m\\xc3\\xa4\n"
	    "   1  x\n");
	buf_reset(&b);
	table_head(&b, columns, 3, true);
	assert_string_equal(b.data, "\033[1m   N  WORD    NAME\033[0m\n");
	buf_clear(&b);
}

static void
test_facts(void **state)
{
	struct buf b = { 0 };

	(void)state;
	table_fact(&b, "Nothing", NULL);
	table_fact(&b, "Nothing", "");
	table_fact(&b, "Domain", "a\nb");
	table_fact(&b, "Long",
	    "one two three four five six seven eight nine ten eleven "
	    "twelve thirteen fourteen");
	table_fact(&b, "Whole",
	    "x 123456789 123456789-123456789-123456789-123456789-123456789-"
	    "123456789-123456789");
	table_factf(&b, "Number", "%d", 7);
	table_fact(&b, "\033[0m", "v");
	table_fact(&b, "a name beyond the column", "v");
	assert_string_equal(b.data,
	    "Domain:        a\\x0ab\n"
	    "Long:          one two three four five six seven eight nine ten "
	    "eleven twelve\n"
	    "               thirteen fourteen\n"
	    "Whole:         x 123456789\n"
	    "               123456789-123456789-123456789-123456789-123456789-"
	    "123456789-123456789\n"
	    "Number:        7\n"
	    "\\x1b[0m:       v\n"
	    "a name beyond the column: v\n");
	buf_clear(&b);
}

static void
test_texts(void **state)
{
	struct buf b = { 0 };

	(void)state;
	table_lines(&b, "one\ntw\ro\n\nfour", 14);
	assert_string_equal(
	    b.data, "   1  one\n   2  tw\\x0do\n   3  \n   4  four\n");
	buf_reset(&b);
	text_escape(&b, "a\0\n\x7f\xff~", 6);
	assert_string_equal(b.data, "a\\x00\\x0a\\x7f\\xff~");
	buf_reset(&b);
	text_escape_lines(&b, "a\nb\r\n", 5);
	assert_string_equal(b.data, "a\nb\\x0d\n");
	buf_reset(&b);
	ctl_put_encoded(&b, "a.b-_~/?&%\xc3\xa4 Z9");
	assert_string_equal(b.data, "a.b-_~%2F%3F%26%25%C3%A4%20Z9");
	buf_clear(&b);
}

static void
test_answers(void **state)
{
	json_t *json = json_pack("{s:I, s:I, s:s, s:s}", "most",
	    (json_int_t)INT64_MAX, "least", (json_int_t)INT64_MIN, "text",
	    "a\x7f\xc3\xa4\x1b", "seven", "7");
	struct buf b = { 0 };

	(void)state;
	assert_int_equal(ctl_number(json, "most"), INT64_C(1) << 53);
	assert_int_equal(ctl_number(json, "least"), -(INT64_C(1) << 53));
	assert_int_equal(ctl_number(json, "seven"), 0);
	ctl_put_json(&b, json_object_get(json, "text"), JSON_ENCODE_ANY);
	assert_string_equal(b.data, "\"a\\u007f\\u00E4\\u001B\"");
	buf_clear(&b);
	json_decref(json);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_options),
		cmocka_unit_test(test_commands),
		cmocka_unit_test(test_spans),
		cmocka_unit_test(test_dates),
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_facts),
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_answers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
