/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "sts/tlsrpt.h"

#define S(s) s, sizeof(s) - 1

/* code@offset+len, with "!" when it is fatal */
static void
diags_print(const struct sts_diags *diags, char *out, size_t size)
{
	const struct sts_diag *d;
	size_t i, n = 0;

	out[0] = '\0';
	for (i = 0; i < diags->count && n < size; i++) {
		d = &diags->diag[i];
		n += (size_t)snprintf(out + n, size - n, "%s%s@%zu+%zu%s",
		    i > 0 ? " " : "", sts_diag_word(d->code), d->offset, d->len,
		    d->is_fatal ? "!" : "");
	}
}

static const struct {
	const char *uri;
	size_t len;
	char want;
} uri_cases[] = {
	{ S("mailto:a@b.example"), 'u' },
	{ S("MailTo:a@b.example"), 'u' },
	{ S("mailto:a@b"), 'u' },
	{ S("mailto:a+b_c~d.e-f=g*h(i)j'k&l$m:n@b.example"), 'u' },
	{ S("mailto:a@b.example?subject=x@y/z?"), 'u' },
	{ S("mailto:a@b.example#x@y"), 'u' },
	{ S("mailto:a%40c@b.example"), 'u' },
	{ S("mailto:a@b@c.example"), 'n' },
	{ S("mailto:@b.example"), 'n' },
	{ S("mailto:a@"), 'n' },
	{ S("mailto:a"), 'n' },
	{ S("mailto:"), 'n' },
	{ S("mailto:?to=a@b.example"), 'n' },
	{ S("mailto:a@b_c.example"), 'n' },
	{ S("mailto:a@b.example."), 'n' },
	{ S("mailto:a@-b.example"), 'n' },
	{ S("mailto:a@%62.example"), 'n' },
	{ S("mailto:a b@c.example"), '-' },
	{ S("mailto:<a@b.example>"), '-' },
	{ S("mailto:a@[192.0.2.1]"), '-' },
	{ S("mailto:a\"b@c.example"), '-' },
	{ S("mailto:a@b.example!"), '-' },
	{ S("mailto:a\0@b.example"), '-' },
	{ S("mailto:a\x7f@b.example"), '-' },
	{ S("mailto:a@\xc3\xbc.example"), '-' },
	{ S("mailto"), '-' },
	{ S(":a@b.example"), '-' },
	{ S("a@b.example"), '-' },
	{ S("1mailto:a@b.example"), '-' },
	{ S("mail_to:a@b.example"), '-' },
	{ S("m+a-i.l1:a@b.example"), 'n' },
	{ S("mailtoo:a@b.example"), 'n' },
	{ S("http://a.example/"), 'n' },
	{ S("https://a.example"), 'u' },
	{ S("HTTPS://a.example/b//c"), 'u' },
	{ S("https://a_b"), 'u' },
	{ S("https://u:p@a.example:443/"), 'u' },
	{ S("https://a.example:"), 'u' },
	{ S("https://a.example:44x"), '-' },
	{ S("https://a.example:1:2"), '-' },
	{ S("https://a@b@c.example"), '-' },
	{ S("https://u%@a.example"), '-' },
	{ S("https://%61.example"), 'u' },
	{ S("https://a.example/%"), '-' },
	{ S("https://a.example/%4"), '-' },
	{ S("https://a.example/%4g"), '-' },
	{ S("https://a.example/%g4"), '-' },
	{ S("https://a.example/%aF"), 'u' },
	{ S("https://a.example?q=/?:@"), 'u' },
	{ S("https://a.example?q#f/?"), 'u' },
	{ S("https://a.example?q[]"), '-' },
	{ S("https://a.example#f#g"), '-' },
	{ S("https://a.example/[]"), '-' },
	{ S("https://a^b"), '-' },
	{ S("https://"), 'n' },
	{ S("https:///path"), 'n' },
	{ S("https://:443"), 'n' },
	{ S("https://u@"), 'n' },
	{ S("https:"), 'n' },
	{ S("https:a.example"), 'n' },
	{ S("https:/a.example"), 'n' },
	{ S("https://[2001:db8::1]"), 'u' },
	{ S("https://u@[::]:1/"), 'u' },
	{ S("https://[::ffff:192.0.2.1]"), 'u' },
	{ S("https://[::ffff:192.0.2.01]"), '-' },
	{ S("https://[1:2:3:4:5:6:7::]"), 'u' },
	{ S("https://[1:2:3:4:5:6:7]"), '-' },
	{ S("https://[2001:db8::1"), '-' },
	{ S("https://[2001:db8::1]x"), '-' },
	{ S("https://[192.0.2.1]"), '-' },
	{ S("https://[::1%25lo]"), '-' },
	{ S("https://[::1\0]"), '-' },
	{ S("https://[]"), '-' },
	{ S("https://[0000:0000:0000:0000:0000:0000:0000:0000:0000:0]"), '-' },
	{ S("https://[v1.a:b]"), 'u' },
	{ S("https://[VaF.~]"), 'u' },
	{ S("https://[v.a]"), '-' },
	{ S("https://[v1.]"), '-' },
	{ S("https://[v1]"), '-' },
	{ S("https://[vg.a]"), '-' },
	{ S("https://[v1.%61]"), '-' },
};

/*
 * One destination: is it a URI (RFC 3986, without ",", "!", ";"), and can
 * anything be sent there? 'u' usable, 'n' not, '-' no URI.
 */
static void
test_uri(void **state)
{
	struct sts_tlsrpt t;
	struct sts_record record;
	struct buf b = { 0 };
	enum sts_txt_status status;
	size_t i;
	char got;

	(void)state;
	for (i = 0; i < sizeof(uri_cases) / sizeof(uri_cases[0]); i++) {
		memset(&t, 0, sizeof(t));
		buf_reset(&b);
		/* the first one keeps the record usable */
		buf_puts(&b, "v=TLSRPTv1; rua=mailto:a@b.example , ");
		buf_put(&b, uri_cases[i].uri, uri_cases[i].len);
		record = (struct sts_record){ b.data, b.len };
		status = sts_tlsrpt_parse(&record, 1, &t, NULL);
		got = status != STS_TXT_VALID ? '-' :
		    t.rua[1].is_usable        ? 'u' :
						'n';
		if (got != uri_cases[i].want ||
		    (got != '-' &&
			(t.count != 2 || t.rua[1].len != uri_cases[i].len ||
			    t.rua[1].uri != b.data + 37)))
			fail_msg(
			    "case %zu: %s is %c", i, uri_cases[i].uri, got);
	}
	buf_clear(&b);
}

static void
test_record(void **state)
{
	static const struct {
		const char *record;
		size_t len;
		enum sts_txt_status status;
		size_t count;
		const char *diags;
	} cases[] = {
		{ S("v=TLSRPTv1;rua=mailto:a@b"), STS_TXT_VALID, 1, "" },
		{ S("v=TLSRPTv1 ;rua=mailto:a@b ,\thttps://c\t; "),
		    STS_TXT_VALID, 2, "txt_space@0+12" },
		{ S("v=TLSRPTv1;rua=mailto:a@b;rua=ftp://c"), STS_TXT_VALID, 2,
		    "tls_rpt_rua@30+7" },
		{ S("v=TLSRPTv1;rua=ftp://c"), STS_TXT_INVALID, 0,
		    "tls_rpt_rua@15+7 tls_rpt_rua@0+22!" },
		{ S("v=TLSRPTv1;rua=mailto:a@b,"), STS_TXT_INVALID, 0,
		    "tls_rpt_rua@26+0!" },
		{ S("v=TLSRPTv1;rua=mailto:a@b, "), STS_TXT_INVALID, 0,
		    "tls_rpt_rua@27+0!" },
		{ S("v=TLSRPTv1;rua=mailto:a@b , !;x;y="), STS_TXT_INVALID, 0,
		    "tls_rpt_rua@28+1! tls_rpt_syntax@30+1! "
		    "tls_rpt_syntax@32+2!" },
		{ S("v=TLSRPTv1;rua= mailto:a@b"), STS_TXT_INVALID, 0,
		    "tls_rpt_rua@15+11! tls_rpt_rua@0+26!" },
		{ S("v=TLSRPTv1;rua=mailto:a@b "), STS_TXT_INVALID, 0,
		    "tls_rpt_rua@15+11! tls_rpt_rua@0+26!" },
		{ S("v=TLSRPTv1;x=1;;"), STS_TXT_INVALID, 0,
		    "tls_rpt_syntax@15+0! tls_rpt_syntax@0+16!" },
		{ S("v=TLSRPTv1;"), STS_TXT_INVALID, 0,
		    "tls_rpt_syntax@0+11!" },
		{ S("v=TLSRPTv1"), STS_TXT_NONE, 0, "" },
	};
	struct sts_diags diags;
	struct sts_tlsrpt t;
	struct sts_record record;
	char found[512];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		memset(&diags, 0, sizeof(diags));
		memset(&t, 0, sizeof(t));
		record = (struct sts_record){ cases[i].record, cases[i].len };
		if (sts_tlsrpt_parse(&record, 1, &t, &diags) !=
			cases[i].status ||
		    t.count != cases[i].count)
			fail_msg("case %zu: %zu", i, t.count);
		diags_print(&diags, found, sizeof(found));
		if (strcmp(found, cases[i].diags) != 0)
			fail_msg("case %zu: %s", i, found);
	}
}

static void
test_several(void **state)
{
	static const struct sts_record records[] = {
		{ S("v=TLSRPTv1; bad") },
		{ S("v=spf1") },
		{ S("v=TLSRPTv1; rua=mailto:a@b") },
	};
	struct sts_tlsrpt t = { .count = 7 };
	struct sts_diags diags = { .count = 0 };

	(void)state;
	assert_int_equal(
	    sts_tlsrpt_parse(records, 3, &t, &diags), STS_TXT_MULTIPLE);
	assert_int_equal(diags.fatal, 2);
	assert_int_equal(diags.first_fatal.line, 1);
	assert_int_equal(
	    sts_tlsrpt_parse(records, 2, &t, NULL), STS_TXT_INVALID);
	assert_int_equal(t.count, 7);
	assert_int_equal(
	    sts_tlsrpt_parse(records + 1, 2, &t, &diags), STS_TXT_VALID);
	assert_int_equal(t.count, 1);
	assert_int_equal(sts_tlsrpt_parse(NULL, 0, &t, NULL), STS_TXT_NONE);
}

static void
test_count(void **state)
{
	struct sts_tlsrpt t = { .count = 0 };
	struct sts_record record;
	struct buf b = { 0 };
	size_t i;

	(void)state;
	buf_puts(&b, "v=TLSRPTv1; rua=mailto:a@b");
	for (i = 1; i < STS_RUA_MAX; i++)
		buf_puts(&b, ",mailto:a@b");
	record = (struct sts_record){ b.data, b.len };
	assert_int_equal(sts_tlsrpt_parse(&record, 1, &t, NULL), STS_TXT_VALID);
	assert_int_equal(t.count, STS_RUA_MAX);
	buf_puts(&b, ",mailto:a@b");
	record = (struct sts_record){ b.data, b.len };
	assert_int_equal(
	    sts_tlsrpt_parse(&record, 1, &t, NULL), STS_TXT_INVALID);
	buf_clear(&b);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_uri),
		cmocka_unit_test(test_record),
		cmocka_unit_test(test_several),
		cmocka_unit_test(test_count),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
