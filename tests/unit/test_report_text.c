/* SPDX-License-Identifier: ISC */
/*
 * The text report: golden files, and what holds of every report whatever is
 * in it: printable, 80 columns, nothing lost with or without colour.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "check/report.h"
#include "golden.h"
#include "report_world.h"

static const struct report_options plain = { .label = "" };
static const struct report_options coloured = { .has_colour = true,
	.label = "" };
static const struct report_options verbose = { .is_verbose = true,
	.label = "" };

static void
render(struct buf *out, const struct report_world *w,
    const struct report_options *options)
{
	report_text_one(out, w->report, true, options);
}

/* The same words, but for blanks and line ends. */
static void
squeeze(const struct buf *in, struct buf *out)
{
	size_t i;

	for (i = 0; i < in->len; i++) {
		if (in->data[i] != ' ' && in->data[i] != '\n')
			buf_putc(out, in->data[i]);
		else if (out->len > 0 && out->data[out->len - 1] != ' ')
			buf_putc(out, ' ');
	}
}

static void
assert_has(const struct buf *text, const char *word)
{
	if (strstr(buf_str(text), word) == NULL)
		fail_msg("no \"%s\" in:\n%s", word, buf_str(text));
}

static void
assert_has_not(const struct buf *text, const char *word)
{
	if (strstr(buf_str(text), word) != NULL)
		fail_msg("\"%s\" in:\n%s", word, buf_str(text));
}

static void
test_golden(void **state)
{
	struct report_world w;
	struct buf text = { 0 };
	char name[64];
	size_t i;

	(void)state;
	for (i = 0; i < REPORT_KINDS; i++) {
		report_world_init(&w, i);
		buf_reset(&text);
		render(&text, &w, &plain);
		snprintf(
		    name, sizeof(name), "report/%s.txt", report_kind_names[i]);
		golden_check(name, &text);
		report_world_clear(&w);
	}
	buf_clear(&text);
}

static void
test_printable(void **state)
{
	static const struct report_options *const all[] = { &plain, &verbose };
	struct report_world w;
	struct buf text = { 0 };
	size_t i, j, k;

	(void)state;
	for (i = 0; i < REPORT_KINDS; i++) {
		report_world_init(&w, i);
		for (j = 0; j < 2; j++) {
			buf_reset(&text);
			render(&text, &w, all[j]);
			for (k = 0; k < text.len; k++) {
				if (text.data[k] != '\n' &&
				    (text.data[k] < 0x20 ||
					text.data[k] > 0x7e))
					fail_msg("%zu %zu: byte %zu is 0x%02x",
					    i, j, k,
					    (unsigned char)text.data[k]);
			}
			assert_true(text.len > 0);
			assert_int_equal(text.data[text.len - 1], '\n');
			assert_null(strstr(text.data, " \n"));
			assert_null(strstr(text.data, "\n\n\n"));
		}
		report_world_clear(&w);
	}
	buf_clear(&text);
}

/* A line that may be long: to be pasted, or one word that is not broken. */
static bool
is_unbreakable(const char *line, size_t len)
{
	static const char *const begins[] = { "    OK ", "  openssl ",
		"  curl ", "  echo " };
	size_t i, blanks = strspn(line, " ");

	for (i = 0; i < sizeof(begins) / sizeof(begins[0]); i++) {
		if (strncmp(line, begins[i], strlen(begins[i])) == 0)
			return true;
	}
	if (report_is_literal(line, len) && line[0] != ' ')
		return true;
	return memchr(line + blanks, ' ', len - blanks) == NULL;
}

static void
test_columns(void **state)
{
	struct report_world w;
	struct buf text = { 0 };
	const char *line;
	size_t i, len;

	(void)state;
	for (i = 0; i < REPORT_KINDS; i++) {
		report_world_init(&w, i);
		buf_reset(&text);
		render(&text, &w, &plain);
		for (line = text.data; *line != '\0'; line += len + 1) {
			len = strcspn(line, "\n");
			if (len > REPORT_COLUMNS && !is_unbreakable(line, len))
				fail_msg("%zu: %zu columns: %.*s", i, len,
				    (int)len, line);
		}
		report_world_clear(&w);
	}
	buf_clear(&text);
}

/* Colour adds escape sequences of ours and nothing else. */
static void
test_colour(void **state)
{
	struct report_world w;
	struct buf text = { 0 }, bare = { 0 }, stripped = { 0 };
	size_t i, j;

	(void)state;
	for (i = 0; i < REPORT_KINDS; i++) {
		report_world_init(&w, i);
		buf_reset(&text);
		buf_reset(&bare);
		buf_reset(&stripped);
		render(&text, &w, &coloured);
		render(&bare, &w, &plain);
		for (j = 0; j < text.len; j++) {
			if (text.data[j] == '\033') {
				assert_int_equal(text.data[j + 1], '[');
				j += 2 +
				    strspn(text.data + j + 2, "0123456789;");
				assert_int_equal(text.data[j], 'm');
				continue;
			}
			buf_putc(&stripped, text.data[j]);
		}
		assert_string_equal(stripped.data, bare.data);
		assert_true(text.len > bare.len);
		report_world_clear(&w);
	}
	buf_clear(&text);
	buf_clear(&bare);
	buf_clear(&stripped);
}

static void
test_limits(void **state)
{
	struct report_world w;
	struct buf text = { 0 }, words = { 0 };

	(void)state;
	report_world_init(&w, REPORT_ENFORCING);
	render(&text, &w, &plain);
	squeeze(&text, &words);
	assert_has(&words,
	    "Checked 2026-05-28 20:26:40 UTC from here.test (IPv4/IPv6), "
	    "resolver 192.0.2.53, version 0, 0.9 s. A public check, once, "
	    "from one place: it shows what this host's Postfix would do. It "
	    "cannot prove what every sender does, see mailboxes, reports or "
	    "provider settings, or watch over time. MTA-STS protects delivery "
	    "in transit; it promises neither inbox placement nor that all "
	    "mail is encrypted. ");
	buf_clear(&text);
	buf_clear(&words);
	report_world_clear(&w);
}

static void
test_verbose(void **state)
{
	struct report_world w;
	struct buf text = { 0 };

	(void)state;
	report_world_init(&w, REPORT_ENFORCING);
	render(&text, &w, &verbose);
	assert_has(&text, "\npass     missing_record       ");
	assert_has(&text, "\nskipped  dane_mismatch        ");
	assert_has_not(&text, "passed:");
	assert_has_not(&text, "pass     tls_rpt_reader");
	buf_reset(&text);
	render(&text, &w, &plain);
	assert_has(&text, "\npassed: missing_record, ");
	buf_clear(&text);
	report_world_clear(&w);
}

/* Names of the user's own: U-labels are shown, what turns text about not. */
static void
test_local(void **state)
{
	static const struct {
		const char *unicode, *label, *want;
	} rows[] = {
		{ NULL, "", "good.example: grade" },
		{ "b\xc3\xbc"
		  "cher.example",
		    "",
		    "good.example (b\xc3\xbc"
		    "cher.example): grade" },
		{ "a\xe2\x80\xae"
		  "b",
		    "", "good.example (a\\xe2\\x80\\xaeb): grade" },
		{ "a\xc2\x9b", "", "good.example (a\\xc2\\x9b): grade" },
		{ "a\xff", "", "good.example (a\\xff): grade" },
		{ NULL, "Head office", "good.example [Head office]: grade" },
		{ NULL, "a\033[1m", "good.example [a\\x1b[1m]: grade" },
	};
	struct report_options options = plain;
	struct report_world w;
	struct buf text = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		report_world_init(&w, REPORT_ENFORCING);
		world_set(&w.evidence->unicode, rows[i].unicode);
		options.label = rows[i].label;
		buf_reset(&text);
		render(&text, &w, &options);
		if (strncmp(text.data, rows[i].want, strlen(rows[i].want)) != 0)
			fail_msg("%zu: %s", i, text.data);
		report_world_clear(&w);
	}
	buf_clear(&text);
}

static void
test_bulk_is_apart(void **state)
{
	struct report_world w;
	struct buf text = { 0 };

	(void)state;
	report_world_init(&w, REPORT_NULL_MX);
	report_text_one(&text, w.report, true, &plain);
	report_text_one(&text, w.report, false, &plain);
	assert_has(&text, "encrypted.\n\n\ngood.example: grade N/A\n");
	buf_clear(&text);
	report_world_clear(&w);
}

/* Of 100 hosts 20 are shown, and it is said; of a long reply the begin. */
static void
test_bounds(void **state)
{
	struct report_world w = { .evidence = world_good() };
	struct buf text = { 0 };
	char host[32], *reply = xmalloc(90001);
	size_t i;

	(void)state;
	for (i = 0; i < 98; i++) {
		snprintf(host, sizeof(host), "host-%zu.good.example", i);
		world_mx(w.evidence, host, 30);
	}
	report_make_enforcing(&w);
	memset(reply, 'a', 90000);
	reply[90000] = '\0';
	world_set(&w.report->postfix[1].reply, reply);
	free(reply);
	render(&text, &w, &plain);
	assert_has(&text, "    and 80 more (-v)\n");
	assert_has(&text, "... (90000 bytes in all; -v shows them)\n");
	assert_true(text.len < 40000);
	buf_reset(&text);
	render(&text, &w, &verbose);
	assert_has_not(&text, "more (-v)");
	assert_has_not(&text, "in all; -v");
	assert_has(&text, "host-97.good.example");
	assert_true(text.len > 90000);
	buf_clear(&text);
	report_world_clear(&w);
}

/* Of a line of the policy file what fits: 70 columns, or 67 and "...". */
static void
test_policy_line(void **state)
{
	struct report_world w = { .evidence = world_good() };
	struct buf text = { 0 };
	char body[] =
	    "version: STSv1\nmode: enforce\nmx: *.good.example\n"
	    "max_age: 604800\n"
	    "x: 45678901234567890123456789012345678901234567890123456789"
	    "01234567890\n"
	    "y: 45678901234567890123456789012345678901234567890123456789"
	    "012345678901\n";

	(void)state;
	world_body(w.evidence, body);
	report_make_enforcing(&w);
	render(&text, &w, &plain);
	assert_has(&text,
	    "\n       5  x: 45678901234567890123456789012345678901234567890"
	    "12345678901234567890\n");
	assert_has(&text,
	    "\n       6  y: 45678901234567890123456789012345678901234567890"
	    "12345678901234567...\n");
	buf_clear(&text);
	report_world_clear(&w);
}

static void
test_wrap(void **state)
{
	static const struct {
		const char *text;
		size_t indent;
		const char *want;
	} rows[] = {
		{ "", 2, "" },
		{ "a b", 2, "  a b\n" },
		{ "a\nb\n", 0, "a\nb\n" },
		{ "a\n\nb", 0, "a\n\nb\n" },
		{ "  a   b  ", 4, "    a b\n" },
		{ "a\033b", 0, "a\\x1bb\n" },
		/* a step's lines stand below its text */
		{ "1. 4567890 1234567890 1234567890 1234567890 1234567890 "
		  "1234567890 1234567890 1234\n2. b",
		    2,
		    "  1. 4567890 1234567890 1234567890 1234567890 1234567890 "
		    "1234567890 1234567890\n     1234\n  2. b\n" },
		/* 80 columns are full, 81 are too many */
		{ "1234567890 1234567890 1234567890 1234567890 1234567890 "
		  "1234567890 1234567890 123 ",
		    0,
		    "1234567890 1234567890 1234567890 1234567890 1234567890 "
		    "1234567890 1234567890 123\n" },
		{ "1234567890 1234567890 1234567890 1234567890 1234567890 "
		  "1234567890 1234567890 1234",
		    0,
		    "1234567890 1234567890 1234567890 1234567890 1234567890 "
		    "1234567890 1234567890\n1234\n" },
	};
	struct buf text = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		buf_reset(&text);
		report_wrap(&text, rows[i].text, rows[i].indent);
		if (strcmp(buf_str(&text), rows[i].want) != 0)
			fail_msg("%zu: \"%s\"", i, buf_str(&text));
	}
	buf_clear(&text);
}

static void
test_literal(void **state)
{
	static const struct {
		const char *line;
		bool want;
	} rows[] = {
		{ "", false },
		{ "version: STSv1", true },
		{ "mx: *.example", true },
		{ "max_age: 604800", true },
		{ "_mta-sts.d.example. IN TXT \"v=STSv1; id=1\"", true },
		{ "d.example. 300 IN MX 10 mx.d.example.", true },
		{ "  as it is", true },
		{ "1. Serve this file:", false },
		{ "Then, in DNS:", false },
		{ "Renew the certificate in time.", false },
		{ ": no name", false },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (report_is_literal(rows[i].line, strlen(rows[i].line)) !=
		    rows[i].want)
			fail_msg("%zu: %s", i, rows[i].line);
	}
}

static void
test_days(void **state)
{
	static const struct {
		int64_t until, now;
		int want;
	} rows[] = {
		{ 100, 100, 0 },
		{ 86499, 100, 0 },
		{ 86500, 100, 1 },
		{ 99, 100, -1 },
		{ 100, 86500, -1 },
		{ 99, 86500, -2 },
		{ INT64_MAX, INT64_MIN, 5865793 },
		{ INT64_MIN, INT64_MAX, -5865794 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (report_days(rows[i].until, rows[i].now) != rows[i].want)
			fail_msg("%zu: %d", i,
			    report_days(rows[i].until, rows[i].now));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_golden),
		cmocka_unit_test(test_printable),
		cmocka_unit_test(test_columns),
		cmocka_unit_test(test_colour),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_verbose),
		cmocka_unit_test(test_local),
		cmocka_unit_test(test_bulk_is_apart),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_policy_line),
		cmocka_unit_test(test_wrap),
		cmocka_unit_test(test_literal),
		cmocka_unit_test(test_days),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
