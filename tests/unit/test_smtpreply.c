/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/xmalloc.h"
#include "net/smtp.h"
#include "net/smtpreply.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const struct {
	const char *bytes;
	size_t rest; /* bytes behind the reply */
	enum smtpreply_status status;
	int code;
	const char *text;
} rows[] = {
	{ "220 mx ESMTP\r\n", 0, SMTPREPLY_WHOLE, 220, "220 mx ESMTP" },
	{ "220 mx ESMTP\n", 0, SMTPREPLY_WHOLE, 220, "220 mx ESMTP" },
	{ "220\r\n", 0, SMTPREPLY_WHOLE, 220, "220" },
	{ "220 \r\n", 0, SMTPREPLY_WHOLE, 220, "220 " },
	{ "220-a\r\n220-\r\n220 b\r\n", 0, SMTPREPLY_WHOLE, 220,
	    "220-a\n220-\n220 b" },
	{ "250-a\n250-b\r\n250\n", 0, SMTPREPLY_WHOLE, 250,
	    "250-a\n250-b\n250" },
	{ "250 a\r\n250 b\r\n", 7, SMTPREPLY_WHOLE, 250, "250 a" },
	{ "220 go\r\nNOOP\r\n", 6, SMTPREPLY_WHOLE, 220, "220 go" },
	{ "220 go\r\n\r\n", 2, SMTPREPLY_WHOLE, 220, "220 go" },
	/* the last line's code counts */
	{ "250-a\r\n550 b\r\n", 0, SMTPREPLY_WHOLE, 550, "250-a\n550 b" },
	{ "220 a\rb\r\n", 0, SMTPREPLY_WHOLE, 220, "220 a\rb" },
	{ "220 a\r\r\n", 0, SMTPREPLY_WHOLE, 220, "220 a\r" },
	{ "220 \xff\x01\x1b[2J\r\n", 0, SMTPREPLY_WHOLE, 220,
	    "220 \xff\x01\x1b[2J" },
	{ "599 x\r\n", 0, SMTPREPLY_WHOLE, 599, "599 x" },
	{ "200 x\r\n", 0, SMTPREPLY_WHOLE, 200, "200 x" },
	{ "", 0, SMTPREPLY_MORE, 0, "" },
	{ "2", 0, SMTPREPLY_MORE, 0, "2" },
	{ "220", 0, SMTPREPLY_MORE, 0, "220" },
	{ "220 x", 0, SMTPREPLY_MORE, 0, "220 x" },
	{ "220-x\r\n", 0, SMTPREPLY_MORE, 220, "220-x\n" },
	{ "220-x\r\n22", 0, SMTPREPLY_MORE, 220, "220-x\n22" },
	{ "\r\n", 0, SMTPREPLY_MALFORMED, 0, "" },
	{ "\n220 x\r\n", 7, SMTPREPLY_MALFORMED, 0, "" },
	{ "22\r\n", 0, SMTPREPLY_MALFORMED, 0, "22" },
	{ "2200 x\r\n", 0, SMTPREPLY_MALFORMED, 0, "2200 x" },
	{ "220_x\r\n", 0, SMTPREPLY_MALFORMED, 0, "220_x" },
	{ "220\tx\r\n", 0, SMTPREPLY_MALFORMED, 0, "220\tx" },
	{ " 220 x\r\n", 0, SMTPREPLY_MALFORMED, 0, " 220 x" },
	{ "2 0 x\r\n", 0, SMTPREPLY_MALFORMED, 0, "2 0 x" },
	{ "22a x\r\n", 0, SMTPREPLY_MALFORMED, 0, "22a x" },
	{ "120 x\r\n", 0, SMTPREPLY_MALFORMED, 0, "120 x" },
	{ "620 x\r\n", 0, SMTPREPLY_MALFORMED, 0, "620 x" },
	{ "+OK POP3\r\n", 0, SMTPREPLY_MALFORMED, 0, "+OK POP3" },
	{ "SSH-2.0-x\r\n", 0, SMTPREPLY_MALFORMED, 0, "SSH-2.0-x" },
	{ "220-x\r\nx\r\n", 0, SMTPREPLY_MALFORMED, 220, "220-x\nx" },
};

static void
check_row(size_t i, size_t cut, const struct smtpreply *r,
    enum smtpreply_status status, size_t rest)
{
	if (status != rows[i].status || rest != rows[i].rest ||
	    r->code != rows[i].code || r->text.len != strlen(rows[i].text) ||
	    memcmp(buf_str(&r->text), rows[i].text, r->text.len) != 0)
		fail_msg("row %zu cut at %zu: status %d, rest %zu, code %d, "
			 "\"%s\"",
		    i, cut, (int)status, rest, r->code, buf_str(&r->text));
}

/* Every row in two pieces, cut at every place. */
static void
test_splits(void **state)
{
	struct smtpreply r = { 0 };
	size_t i, cut;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		size_t len = strlen(rows[i].bytes);

		for (cut = 0; cut <= len; cut++) {
			enum smtpreply_status status;
			size_t used = 0, more = 0;

			status = smtpreply_take(&r, rows[i].bytes, cut, &used);
			if (status == SMTPREPLY_MORE) {
				assert_int_equal(used, cut);
				status = smtpreply_take(
				    &r, rows[i].bytes + cut, len - cut, &more);
			}
			check_row(i, cut, &r, status, len - used - more);
			smtpreply_reset(&r);
		}
	}
	smtpreply_clear(&r);
}

static void
test_bytewise(void **state)
{
	size_t i, at;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		enum smtpreply_status status = SMTPREPLY_MORE;
		struct smtpreply r = { 0 };
		size_t len = strlen(rows[i].bytes), used;

		for (at = 0; at < len && status == SMTPREPLY_MORE; at++) {
			status =
			    smtpreply_take(&r, rows[i].bytes + at, 1, &used);
			assert_int_equal(used, 1);
		}
		check_row(i, 1, &r, status, len - at);
		smtpreply_clear(&r);
	}
}

/* A NUL byte ends nothing. */
static void
test_nul(void **state)
{
	static const char bytes[] = "250-a\0b\r\n250 STARTTLS\0\r\n";
	struct smtpreply r = { 0 };
	char text[64];
	size_t used;

	(void)state;
	assert_int_equal(smtpreply_take(&r, bytes, sizeof(bytes) - 1, &used),
	    SMTPREPLY_WHOLE);
	assert_int_equal(r.text.len, 21);
	assert_memory_equal(r.text.data, "250-a\0b\n250 STARTTLS\0", 21);
	assert_false(smtpreply_has_keyword(&r, "STARTTLS"));
	smtpreply_format(&r, text, sizeof(text));
	assert_string_equal(text, "250-a?b 250 STARTTLS?");
	smtpreply_clear(&r);
}

/* Lines of `line` bytes (line end included), `total` bytes of them in all. */
static char *
make_lines(size_t line, size_t total)
{
	char *text = xmalloc(total);
	size_t i;

	for (i = 0; i < total; i++) {
		size_t at = i % line;

		text[i] = at < 4 ? "220-"[at] : at + 1 == line ? '\n' : 'x';
	}
	return text;
}

static void
test_bounds(void **state)
{
	static const struct {
		size_t line, total;
		enum smtpreply_status status;
		size_t used;
		size_t text;
	} bounds[] = {
		/* never an end of line */
		{ 1000000, 16384, SMTPREPLY_MORE, 16384, 2048 },
		{ 1000000, 16385, SMTPREPLY_TOO_LONG, 16384, 2048 },
		{ 1000000, 100000, SMTPREPLY_TOO_LONG, 16384, 2048 },
		/* never a last line */
		{ 64, 16384, SMTPREPLY_MORE, 16384, 16384 },
		{ 64, 16385, SMTPREPLY_TOO_LONG, 16384, 16384 },
		{ 5, 100000, SMTPREPLY_TOO_LONG, 16384, 16384 },
		/* each line is cut on its own */
		{ 4096, 16384, SMTPREPLY_MORE, 16384, 4 * 2049 },
		{ 2049, 2049, SMTPREPLY_MORE, 2049, 2049 },
		{ 2050, 2050, SMTPREPLY_MORE, 2050, 2049 },
	};
	size_t i, step;

	(void)state;
	for (i = 0; i < COUNT(bounds); i++) {
		char *text = make_lines(bounds[i].line, bounds[i].total);

		for (step = 1; step <= bounds[i].total; step *= 7) {
			enum smtpreply_status status = SMTPREPLY_MORE;
			size_t at = 0, used = 0;
			struct smtpreply r = { 0 };

			while (
			    at < bounds[i].total && status == SMTPREPLY_MORE) {
				size_t n = bounds[i].total - at;

				status = smtpreply_take(
				    &r, text + at, n < step ? n : step, &used);
				at += used;
			}
			if (status != bounds[i].status ||
			    at != bounds[i].used ||
			    r.text.len != bounds[i].text)
				fail_msg("row %zu step %zu: %d, %zu, %zu", i,
				    step, (int)status, at, r.text.len);
			smtpreply_clear(&r);
		}
		free(text);
	}
}

/* Exactly the limit is still a reply. */
static void
test_limit(void **state)
{
	char *text = make_lines(64, SMTP_REPLY_MAX_BYTES + 1);
	struct smtpreply r = { 0 };
	size_t used;

	(void)state;
	text[SMTP_REPLY_MAX_BYTES - 61] = ' ';
	assert_int_equal(
	    smtpreply_take(&r, text, SMTP_REPLY_MAX_BYTES + 1, &used),
	    SMTPREPLY_WHOLE);
	assert_int_equal(used, SMTP_REPLY_MAX_BYTES);
	smtpreply_clear(&r);
	free(text);
}

static void
test_keyword(void **state)
{
	static const struct {
		const char *bytes;
		bool has_it;
	} words[] = {
		{ "250-mx\r\n250 STARTTLS\r\n", true },
		{ "250-mx\r\n250-STARTTLS\r\n250 HELP\r\n", true },
		{ "250-mx\n250-SIZE 1\n250-StartTls\n250 HELP\n", true },
		{ "250-mx\r\n250 starttls\r\n", true },
		{ "250-mx\r\n250-STARTTLS \r\n250 X\r\n", true },
		{ "250-mx\r\n250-STARTTLS required\r\n250 X\r\n", true },
		{ "250 STARTTLS\r\n", false },
		{ "250-STARTTLS\r\n250 HELP\r\n", false },
		{ "250-mx\r\n250 STARTTLSX\r\n", false },
		{ "250-mx\r\n250 XSTARTTLS\r\n", false },
		{ "250-mx\r\n250 X-STARTTLS\r\n", false },
		{ "250-mx\r\n250 STARTTL\r\n", false },
		{ "250-mx\r\n250 SIZE STARTTLS\r\n", false },
		{ "250-mx\r\n250  STARTTLS\r\n", false },
		{ "250-mx\r\n250 XXXXXXXA\r\n", false },
		{ "250-mx\r\n250\r\n", false },
		{ "250-mx\r\n250-\r\n250 STARTTLS\r\n", true },
		{ "250-mx\r\n250-START\r\n250 TLS\r\n", false },
		{ "250 mx\r\n", false },
	};
	size_t i, used;

	(void)state;
	for (i = 0; i < COUNT(words); i++) {
		struct smtpreply r = { 0 };

		assert_int_equal(smtpreply_take(&r, words[i].bytes,
				     strlen(words[i].bytes), &used),
		    SMTPREPLY_WHOLE);
		if (smtpreply_has_keyword(&r, "STARTTLS") != words[i].has_it)
			fail_msg("row %zu", i);
		smtpreply_clear(&r);
	}
}

static void
test_format(void **state)
{
	static const char bytes[] = "554-no\x1b[31m\r\n554 \xc3\xa9~\x7f\r\n";
	struct smtpreply r = { 0 };
	char text[64], cut[8];
	size_t used;

	(void)state;
	smtpreply_format(&r, text, sizeof(text));
	assert_string_equal(text, "");
	smtpreply_take(&r, bytes, sizeof(bytes) - 1, &used);
	smtpreply_format(&r, text, sizeof(text));
	assert_string_equal(text, "554-no?[31m 554 ??~?");
	smtpreply_format(&r, cut, sizeof(cut));
	assert_string_equal(cut, "554-no?");
	smtpreply_clear(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_splits),
		cmocka_unit_test(test_bytewise),
		cmocka_unit_test(test_nul),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_keyword),
		cmocka_unit_test(test_format),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
