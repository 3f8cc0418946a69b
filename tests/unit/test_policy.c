/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "sts/policy.h"

#define S(s) s, sizeof(s) - 1

/* What every policy needs, on lines 1 to 3, 40 and 41 bytes. */
#define NONE    "version: STSv1\nmode: none\nmax_age: 9999\n"
#define ENFORCE "version: STSv1\nmode: enforce\nmax_age: 99\n"

/* code:line@offset+len, with "!" when it is fatal */
static void
diags_print(const struct sts_diags *diags, char *out, size_t size)
{
	const struct sts_diag *d;
	size_t i, n = 0;

	out[0] = '\0';
	for (i = 0; i < diags->count && n < size; i++) {
		d = &diags->diag[i];
		n += (size_t)snprintf(out + n, size - n, "%s%s:%zu@%zu+%zu%s",
		    i > 0 ? " " : "", sts_diag_word(d->code), d->line,
		    d->offset, d->len, d->is_fatal ? "!" : "");
	}
}

static void
mx_print(const struct sts_mxlist *list, struct buf *out)
{
	const char *p = NULL;
	size_t count = 0;

	while ((p = sts_mxlist_next(list, p)) != NULL) {
		buf_printf(out, "%s%s", count > 0 ? " " : "", p);
		count++;
	}
	assert_int_equal(count, list->count);
}

struct policy_case {
	const char *body;
	size_t len;
	bool is_valid;
	const char *mx; /* kept | left out, when valid */
	const char *diags;
};

static void
check(size_t i, const struct policy_case *c)
{
	struct sts_policy_file file;
	struct sts_diags diags = { .count = 0 };
	struct buf mx = { 0 };
	char found[1024];
	int result;

	result = sts_policy_parse(c->body, c->len, &file, &diags);
	if ((result == 0) != c->is_valid || (diags.fatal == 0) != c->is_valid)
		fail_msg("case %zu: %d", i, result);
	diags_print(&diags, found, sizeof(found));
	if (strcmp(found, c->diags) != 0)
		fail_msg("case %zu: %s instead of %s", i, found, c->diags);
	if (result == 0) {
		mx_print(&file.policy.mx, &mx);
		buf_puts(&mx, "|");
		mx_print(&file.mx_left_out, &mx);
		if (strcmp(buf_str(&mx), c->mx) != 0)
			fail_msg("case %zu: %s", i, buf_str(&mx));
		assert_ptr_equal(file.policy.text, c->body);
		assert_int_equal(file.policy.text_len, c->len);
	} else {
		assert_null(file.mx_bytes.data);
		assert_null(file.policy.text);
	}
	buf_clear(&mx);
	sts_policy_file_clear(&file);
	if (sts_policy_parse(c->body, c->len, &file, NULL) != result)
		fail_msg("case %zu: differs without diags", i);
	sts_policy_file_clear(&file);
}

static void
test_fields(void **state)
{
	static const struct policy_case cases[] = {
		{ S(NONE), true, "|", "" },
		{ S("version:STSv1\r\nmode:\t none \t\r\nmax_age: 1"), true,
		    "|", "" },
		{ S(ENFORCE "mx: A.Example\nmx:*.B\nmx: a.EXAMPLE\nmx: *.b\n"),
		    true, "a.example *.b|", "" },
		{ S(ENFORCE), false, "", "no_mx:0@0+41!" },
		{ S("mx: a\n"), false, "",
		    "policy_version:0@0+6! policy_mode:0@0+6! "
		    "policy_max_age:0@0+6!" },
		{ S("version: STSv2\nmode: Enforce\nmax_age: 1 0\n"), false, "",
		    "policy_version:1@9+5! policy_mode:2@21+7! "
		    "policy_max_age:3@38+3!" },
		{ S("version:\nmode:\nmax_age:\nmx:\n"), false, "",
		    "policy_version:1@8+0! policy_mode:2@14+0! "
		    "policy_max_age:3@23+0! bad_mx:4@27+0!" },
		{ S("version: STSv11\nmode: nonee\nmax_age: 12345678901\n"),
		    false, "",
		    "policy_version:1@9+6! policy_mode:2@22+5! "
		    "policy_max_age:3@37+11!" },
		/* the first one counts, the others must only be fields */
		{ S(NONE "mode: x\nversion: STSv2\nmax_age: \xc3\xbc\n"), true,
		    "|",
		    "duplicate_key:4@40+7 duplicate_key:5@48+14 "
		    "duplicate_key:6@63+11" },
		{ S(NONE "mode:\n"), false, "", "bad_line:4@40+5!" },
		{ S(NONE "mode: a\tb\n"), false, "", "bad_line:4@40+9!" },
		{ S("mode: x\nmode: none\nversion: STSv1\nmax_age: 1"), false,
		    "", "policy_mode:1@6+1! duplicate_key:2@8+10" },
		/* extensions */
		{ S(NONE "x: y\nfoo.Bar_1-2:a: b  c:\n"), true, "|",
		    "unknown_key:4@40+1 unknown_key:5@45+11" },
		{ S(NONE "mxx: a\nMX: a\n"), true, "|",
		    "unknown_key:4@40+3 unknown_key:5@47+2" },
		{ S(NONE "x:\n"), false, "", "bad_line:4@40+2!" },
		{ S(NONE "x: \t\n"), false, "", "bad_line:4@40+4!" },
		{ S(NONE "x: a\tb\n"), false, "", "bad_line:4@40+6!" },
		{ S(NONE "abcdefghijklmnopqrstuvwxyz012345: a\n"), true, "|",
		    "unknown_key:4@40+32" },
		{ S(NONE "abcdefghijklmnopqrstuvwxyz0123456: a\n"), false, "",
		    "bad_line:4@40+36!" },
		/* lines that are none */
		{ S(NONE "x\n:y\n y:z\n\ty:z\ny :z\n#a: b\n//a: b\n_a: b\n"
			 "a b: c\n/:a\n"),
		    false, "",
		    "bad_line:4@40+1! bad_line:5@42+2! bad_line:6@45+4! "
		    "bad_line:7@50+4! bad_line:8@55+4! bad_line:9@60+5! "
		    "bad_line:10@66+6! bad_line:11@73+5! bad_line:12@79+6! "
		    "bad_line:13@86+3!" },
		/* a bad line of a known name is not a missing field, too */
		{ S("version: STSv1\nmode: n\x01one\nmax_age: 1\n"), false, "",
		    "bad_line:2@22+1!" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		check(i, &cases[i]);
}

static void
test_bytes(void **state)
{
	static const struct policy_case cases[] = {
		/* ends of lines, blank lines */
		{ S(NONE "\n \t\r\n\r\n"), true, "|",
		    "strict_syntax:4@40+0 strict_syntax:5@41+2 "
		    "strict_syntax:6@45+0" },
		{ S("\n" NONE " "), true, "|",
		    "strict_syntax:1@0+0 strict_syntax:5@41+1" },
		{ S(NONE "x: y\r"), false, "", "bare_cr:4@44+1!" },
		{ S(NONE "x: y\r\r\n"), false, "", "bare_cr:4@44+1!" },
		{ S(NONE "\r"), false, "", "bare_cr:4@40+1!" },
		{ S(NONE "\r\r\n"), false, "", "bare_cr:4@40+1!" },
		{ S("version: STSv1\rmode: none\rmax_age: 1\r"), false, "",
		    "bare_cr:1@14+1! policy_mode:0@0+37! "
		    "policy_max_age:0@0+37!" },
		{ S(""), false, "", "empty_body:0@0+0!" },
		{ S(" \n\n"), false, "",
		    "strict_syntax:1@0+1 strict_syntax:2@2+0 "
		    "empty_body:0@0+3!" },
		/* marks */
		{ S("\xef\xbb\xbf" NONE), false, "", "bom:1@0+3!" },
		{ S("\xef\xbb\xbf"), false, "",
		    "bom:1@0+3! empty_body:0@0+3!" },
		{ S("\xff\xfev\0"), false, "", "bad_line:1@0+2!" },
		{ S("\xfe\xff\0v"), false, "", "bad_line:1@0+2!" },
		{ S("\xff"), false, "",
		    "bad_utf8:1@0+1! policy_version:0@0+1! policy_mode:0@0+1! "
		    "policy_max_age:0@0+1!" },
		{ S(NONE "\xef\xbb\xbfx: y\n"), false, "", "bad_line:4@40+7!" },
		{ S(NONE "x: \xef\xbb\xbfy\n"), true, "|",
		    "unknown_key:4@40+1" },
		/* control bytes */
		{ S(NONE "x: a\0b\n"), false, "", "bad_line:4@44+1!" },
		{ S(NONE "x: a\x1f\n"), false, "", "bad_line:4@44+1!" },
		{ S(NONE "x: a\x7f\n"), false, "", "bad_line:4@44+1!" },
		{ S(NONE "x: a\x0b\n\x0c\n"), false, "",
		    "bad_line:4@44+1! bad_line:5@46+1!" },
		{ S(NONE "x: ~!\n"), true, "|", "unknown_key:4@40+1" },
		/* UTF-8, RFC 3629: first, last and the ones beyond */
		{ S(NONE "x: \xc2\x80\xdf\xbf\xe0\xa0\x80\xed\x9f\xbf\xee\x80"
			 "\x80\xef\xbf\xbf\xf0\x90\x80\x80\xf4\x8f\xbf\xbf\n"),
		    true, "|", "unknown_key:4@40+1" },
		{ S(NONE "x: \xc1\xbf\n"), false, "", "bad_utf8:4@43+1!" },
		{ S(NONE "x: \xe0\x9f\xbf\n"), false, "", "bad_utf8:4@43+1!" },
		{ S(NONE "x: \xed\xa0\x80\n"), false, "", "bad_utf8:4@43+1!" },
		{ S(NONE "x: \xf0\x8f\xbf\xbf\n"), false, "",
		    "bad_utf8:4@43+1!" },
		{ S(NONE "x: \xf4\x90\x80\x80\n"), false, "",
		    "bad_utf8:4@43+1!" },
		{ S(NONE "x: \xf5\x80\x80\x80\n"), false, "",
		    "bad_utf8:4@43+1!" },
		{ S(NONE "x: a\x80\n"), false, "", "bad_utf8:4@44+1!" },
		{ S(NONE "x: \xc3\n"), false, "", "bad_utf8:4@43+1!" },
		{ S(NONE "x: \xe2\x82\n"), false, "", "bad_utf8:4@43+1!" },
		{ S(NONE "x: \xe2\x82"), false, "", "bad_utf8:4@43+1!" },
		{ S(NONE "x: \xe2\x82z\n"), false, "", "bad_utf8:4@43+1!" },
		{ S(NONE "x: \xf0\x90\x80z\n"), false, "", "bad_utf8:4@43+1!" },
		{ S(NONE "x: \xe2z\x80\n"), false, "", "bad_utf8:4@43+1!" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		check(i, &cases[i]);
}

static void
test_max_age(void **state)
{
	static const struct {
		const char *value;
		int64_t published; /* -1: invalid */
		uint32_t max_age;
		bool is_odd;
	} cases[] = {
		{ "0", 0, 0, true },
		{ "0000000000", 0, 0, true },
		{ "1", 1, 1, false },
		{ "0000000060", 60, 60, false },
		{ "31557600", 31557600, 31557600, false },
		{ "31557601", 31557601, 31557600, true },
		{ "4294967296", 4294967296, 31557600, true },
		{ "9999999999", 9999999999, 31557600, true },
		{ "00000000001", -1, 0, false },
		{ "18446744073709551617", -1, 0, false },
		{ "+1", -1, 0, false },
		{ "-1", -1, 0, false },
		{ "1.0", -1, 0, false },
		{ "0x1", -1, 0, false },
		{ "1\t1", -1, 0, false },
		{ ":1", -1, 0, false },
		{ "/1", -1, 0, false },
	};
	struct sts_policy_file file;
	struct buf body = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct sts_diags diags = { .count = 0 };

		buf_reset(&body);
		buf_printf(&body, "version: STSv1\nmode: none\nmax_age: %s",
		    cases[i].value);
		if ((sts_policy_parse(body.data, body.len, &file, &diags) ==
			0) != (cases[i].published >= 0))
			fail_msg("case %zu: %s", i, cases[i].value);
		if (cases[i].published < 0)
			continue;
		if (file.max_age_published != (uint64_t)cases[i].published ||
		    file.policy.max_age != cases[i].max_age ||
		    diags.count != (cases[i].is_odd ? 1 : 0))
			fail_msg("case %zu: %u", i, file.policy.max_age);
		if (cases[i].is_odd)
			assert_int_equal(
			    diags.diag[0].code, STS_DIAG_MAX_AGE_RANGE);
		sts_policy_file_clear(&file);
	}
	buf_clear(&body);
}

static void
test_mx_lists(void **state)
{
#define A10 "aaaaaaaaaa"
#define A60 A10 A10 A10 A10 A10 A10
#define L64 A60 "aaa."
	static const struct policy_case cases[] = {
		{ S(ENFORCE "mx: 1.2.3.4\nmx: a\nmx: HOSTNAME\nmx: 1.2.3.4\n"
			    "mx: *.1\n"),
		    true, "a|1.2.3.4 hostname *.1",
		    "mx_is_address:4@45+7 mx_is_address:6@63+8 "
		    "mx_is_address:7@76+7 mx_is_address:8@88+3" },
		{ S(ENFORCE "mx: 1.2.3.4\n"), false, "",
		    "mx_is_address:4@45+7 mx_is_address:0@0+53!" },
		{ S(ENFORCE "mx: 1\nmx: a_b\n"), false, "",
		    "mx_is_address:4@45+1 bad_mx:5@51+3!" },
		{ S(NONE "mx: nexthop\n"), true, "|nexthop",
		    "mx_is_address:4@44+7" },
		{ S(NONE "mx: a_b\n"), false, "", "bad_mx:4@44+3!" },
		{ S(ENFORCE "mx: " L64 L64 L64 A60 "a\n"), true,
		    L64 L64 L64 A60 "a|", "" },
		{ S(ENFORCE "mx: *." L64 L64 L64 A60 "a\n"), true,
		    "*." L64 L64 L64 A60 "a|", "" },
		{ S(ENFORCE "mx: " L64 L64 L64 A60 "aa\n"), false, "",
		    "bad_mx:4@45+254!" },
		{ S(ENFORCE "mx: " A60 "aaaa.b\n"), false, "",
		    "bad_mx:4@45+66!" },
		/* order stays, whatever it was sorted for */
		{ S(ENFORCE "mx: c\nmx: b\nmx: C\nmx: a\nmx: B\nmx: *.b\n"
			    "mx: a\n"),
		    true, "c b a *.b|", "" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		check(i, &cases[i]);
}

/* The most lines and the longest ones that 65,536 bytes hold. */
static void
test_size(void **state)
{
	struct sts_policy_file file;
	struct sts_diags diags = { .count = 0 };
	struct buf body = { 0 };
	const char *p = NULL;
	size_t i, count = 0;

	(void)state;
	buf_puts(&body, ENFORCE "x: ");
	while (body.len < STS_POLICY_MAX_BYTES)
		buf_putc(&body, 'a');
	assert_int_equal(
	    sts_policy_parse(body.data, body.len, &file, &diags), -1);
	assert_int_equal(diags.count, 3);
	assert_int_equal(diags.diag[0].code, STS_DIAG_LONG_LINE);
	assert_int_equal(diags.diag[1].code, STS_DIAG_UNKNOWN_KEY);
	assert_int_equal(diags.first_fatal.code, STS_DIAG_NO_MX);
	buf_putc(&body, 'a');
	memset(&diags, 0, sizeof(diags));
	assert_int_equal(
	    sts_policy_parse(body.data, body.len, &file, &diags), -1);
	assert_int_equal(diags.count, 1);
	assert_int_equal(diags.first_fatal.code, STS_DIAG_TOO_LARGE);

	buf_reset(&body);
	buf_puts(&body, ENFORCE);
	for (i = 0; body.len + 12 < STS_POLICY_MAX_BYTES; i++)
		buf_printf(&body, "mx:a%zu\n", i % 5000);
	memset(&diags, 0, sizeof(diags));
	assert_int_equal(
	    sts_policy_parse(body.data, body.len, &file, &diags), 0);
	assert_int_equal(diags.count, 0);
	assert_int_equal(file.policy.mx.count, 5000);
	while ((p = sts_mxlist_next(&file.policy.mx, p)) != NULL) {
		char name[16];

		snprintf(name, sizeof(name), "a%zu", count++);
		assert_string_equal(p, name);
	}
	assert_int_equal(count, 5000);
	sts_policy_file_clear(&file);
	buf_clear(&body);
}

static void
test_long_line(void **state)
{
	struct sts_policy_file file;
	struct sts_diags diags = { .count = 0 };
	struct buf body = { 0 };
	size_t i;

	(void)state;
	buf_puts(&body, NONE "x: ");
	for (i = 3; i < 1024; i++)
		buf_putc(&body, 'a');
	assert_int_equal(
	    sts_policy_parse(body.data, body.len, &file, &diags), 0);
	assert_int_equal(diags.count, 1);
	buf_puts(&body, "\r\n");
	assert_int_equal(
	    sts_policy_parse(body.data, body.len, &file, &diags), 0);
	assert_int_equal(diags.count, 2);
	buf_puts(&body, "x: ");
	for (i = 3; i < 1025; i++)
		buf_putc(&body, 'a');
	memset(&diags, 0, sizeof(diags));
	assert_int_equal(
	    sts_policy_parse(body.data, body.len, &file, &diags), 0);
	assert_int_equal(diags.count, 3);
	assert_int_equal(diags.diag[1].code, STS_DIAG_LONG_LINE);
	assert_int_equal(diags.diag[1].line, 5);
	assert_int_equal(diags.diag[1].len, 1025);
	buf_clear(&body);
}

static void
test_mode_words(void **state)
{
	(void)state;
	assert_string_equal(sts_mode_word(STS_MODE_NONE), "none");
	assert_string_equal(sts_mode_word(STS_MODE_TESTING), "testing");
	assert_string_equal(sts_mode_word(STS_MODE_ENFORCE), "enforce");
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_max_age),
		cmocka_unit_test(test_mx_lists),
		cmocka_unit_test(test_size),
		cmocka_unit_test(test_long_line),
		cmocka_unit_test(test_mode_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
