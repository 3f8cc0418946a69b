/* SPDX-License-Identifier: ISC */
/* TLS-RPT reports: what is taken, what is refused, and what they add up to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <zlib.h>

#include "check/rptpack.h"
#include "check/rptsum.h"

#define RANGE                                         \
	"\"date-range\":{\"start-datetime\":\"" /* */ \
	"2026-11-01T00:00:00Z\",\"end-datetime\":\""  \
	"2026-11-01T23:59:59Z\"}"
#define HEAD(id)                                                            \
	"{\"organization-name\":\"Sender\",\"report-id\":\"" id "\"," RANGE \
	",\"contact-info\":\"x\","
#define POLICY(type, domain)                                                   \
	"\"policy\":{\"policy-type\":\"" type "\",\"policy-domain\":\"" domain \
	"\"}"
#define SUMMARY(good, failed)                                   \
	"\"summary\":{\"total-successful-session-count\":" good \
	",\"total-failure-session-count\":" failed "}"
#define FAILURE(result, mx, n)                                            \
	"{\"result-type\":\"" result "\",\"receiving-mx-hostname\":\"" mx \
	"\",\"failed-session-count\":" n "}"
#define ONE(more) HEAD("1") "\"policies\":[{" POLICY("sts", "a.test") more "}]}"
#define GOOD                                                          \
	ONE("," SUMMARY("100", "3") ",\"failure-details\":[" FAILURE( \
	    "certificate-expired", "MX1.a.test",                      \
	    "2") "," FAILURE("sts-policy-fetch-error", "\\u001b[2J", "1") "]")

static const struct {
	const char *text, *error; /* NULL: taken */
} reports[] = {
	{ GOOD, NULL },
	{ ONE("," SUMMARY("0", "0")), NULL },
	{ ONE("," SUMMARY("0", "0") ",\"failure-details\":null"), NULL },
	{ "", "line 1, column 0: no JSON" },
	{ "[]", "report: not an object" },
	{ "{}", "organization-name: missing" },
	{ "{\"organization-name\":7}", "organization-name: not a text" },
	{ "{\"organization-name\":\"\\u0000\"}", "line 1, column 29: no JSON" },
	{ HEAD("1") "\"policies\":{}}", "policies: not a list" },
	{ HEAD("1") "\"policies\":[7]}", "policies: not objects" },
	{ ONE(""), "summary: missing" },
	{ ONE("," SUMMARY("-1", "0")),
	    "total-successful-session-count: no number of sessions" },
	{ ONE("," SUMMARY("1000000000001", "0")),
	    "total-successful-session-count: no number of sessions" },
	{ ONE("," SUMMARY("99999999999999999999", "0")),
	    "line 1, column 291: no JSON" },
	{ ONE("," SUMMARY("1", "1e3")),
	    "total-failure-session-count: not a whole number" },
	{ ONE("," SUMMARY("\"1\"", "1")),
	    "total-successful-session-count: not a whole number" },
	{ ONE("," SUMMARY("1", "1") ",\"failure-details\":7"),
	    "failure-details: not a list" },
	{ ONE("," SUMMARY("1", "1") ",\"failure-details\":[7]"),
	    "failure-details: not objects" },
	{ HEAD("1") "\"policies\":[{" POLICY("x", "a.test") "}]}",
	    "policy-type: none of RFC 8460" },
	{ HEAD("1") "\"policies\":[{" POLICY("sts", "a b") "}]}",
	    "policy-domain: no domain" },
	{ "{\"a\":1,\"a\":2}", "line 1, column 10: no JSON" },
	{ "[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]",
	    "report: nested too deeply" },
};

static void
test_parse(void **state)
{
	char error[RPT_ERROR_BYTES];
	struct rpt_report r;
	bool is_taken;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(reports) / sizeof(reports[0]); i++) {
		error[0] = '\0';
		is_taken = rpt_parse(
		    reports[i].text, strlen(reports[i].text), &r, error);
		if (is_taken != (reports[i].error == NULL) ||
		    (!is_taken && strcmp(error, reports[i].error) != 0))
			fail_msg("%zu: %d \"%s\"", i, is_taken, error);
		if (is_taken)
			rpt_report_clear(&r);
	}
}

#define TIMED(end)                                                            \
	"{\"organization-name\":\"\",\"report-id\":\"\",\"date-range\":{"     \
	"\"start-datetime\":\"2026-11-01T00:00:00Z\",\"end-datetime\":\"" end \
	"\"},\"policies\":[]}"

static const struct {
	const char *text;
	int64_t end; /* -1: no time */
} times[] = {
	{ TIMED("2026-11-01T01:00:00Z"), 1793494800 },
	{ TIMED("2026-11-01T01:00:00.25z"), 1793494800 },
	{ TIMED("2026-11-01T02:30:00+01:30"), 1793494800 },
	{ TIMED("2026-11-01T00:00:00-01:00"), 1793494800 },
	{ TIMED("2026-11-01T01:00:00"), -1 },
	{ TIMED("2026-11-01T01:00:00+1:30"), -1 },
	{ TIMED("2026-11-01T01:00:00+aa:bb"), -1 },
	{ TIMED("2026-10-31T01:00:00Z"), -1 },
	{ TIMED("yesterday"), -1 },
};

static void
test_times(void **state)
{
	char error[RPT_ERROR_BYTES];
	struct rpt_report r;
	bool is_taken;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		is_taken =
		    rpt_parse(times[i].text, strlen(times[i].text), &r, error);
		if (is_taken != (times[i].end != -1) ||
		    (is_taken && r.end != times[i].end))
			fail_msg("%zu", i);
		if (is_taken)
			rpt_report_clear(&r);
	}
}

static void
parse(const char *text, struct rpt_report *r)
{
	char error[RPT_ERROR_BYTES];

	if (!rpt_parse(text, strlen(text), r, error))
		fail_msg("%s", error);
}

static void
test_good(void **state)
{
	struct rpt_report r;

	(void)state;
	parse(GOOD, &r);
	assert_string_equal(r.sender, "Sender");
	assert_int_equal(r.begin, 1793491200);
	assert_int_equal(r.end, 1793577599);
	assert_int_equal(r.policies, 1);
	assert_int_equal(r.policy[0].type, RPT_STS);
	assert_int_equal(r.policy[0].good, 100);
	assert_int_equal(r.policy[0].failures, 2);
	assert_string_equal(r.policy[0].failure[0].mx, "mx1.a.test");
	assert_int_equal(
	    r.policy[0].failure[0].result, RPT_CERTIFICATE_EXPIRED);
	assert_string_equal(r.policy[0].failure[1].mx, "");
	rpt_report_clear(&r);
}

static void
add(struct rpt_reports *all, const char *text)
{
	struct rpt_report r;

	parse(text, &r);
	assert_true(rpt_add(all, &r));
}

static void
test_sum(void **state)
{
	struct rpt_reports all = { 0 };
	struct buf text = { 0 };
	const char **domain;
	struct rpt_sum s;
	size_t count;

	(void)state;
	add(&all, GOOD);
	add(&all,
	    HEAD("2") "\"policies\":[{" POLICY("sts", "a.test") "," SUMMARY("5",
		"7") ",\"failure-details\":[" FAILURE("certificate-expired",
		"mx1.a.test", "1") "," FAILURE("new-word", "mx2.a.test",
		"4") "]},{" POLICY("no-policy-found", "b.test") "," SUMMARY("9",
		"0") "}]}");
	add(&all, GOOD);
	rpt_unite(&all);
	assert_int_equal(all.count, 2);
	assert_int_equal(all.again, 1);
	rpt_sum(&all, "a.test", 0, &s);
	assert_int_equal(s.reports, 2);
	assert_int_equal(s.senders, 1);
	assert_int_equal(s.good[RPT_STS], 105);
	assert_int_equal(s.failed[RPT_STS], 10);
	/* 2 + 1 expired, 4 of an unknown word, 2 without a word */
	assert_int_equal(s.blocked, 9);
	assert_int_equal(s.rows, 3);
	assert_string_equal(s.row[0].mx, "mx2.a.test");
	assert_int_equal(s.row[1].sessions, 3);
	rpt_put_blocking(&text, &s);
	assert_string_equal(buf_str(&text),
	    "mx2.a.test: other (4); mx1.a.test: certificate-expired (3)");
	rpt_sum_clear(&s);
	rpt_sum(&all, "a.test", 1793577600, &s);
	assert_int_equal(s.reports, 0);
	rpt_sum_clear(&s);
	rpt_sum(&all, "c.test", 0, &s);
	assert_int_equal(s.reports, 0);
	domain = rpt_domains(&all, &count);
	assert_int_equal(count, 2);
	assert_string_equal(domain[1], "b.test");
	assert_int_equal(rpt_exit_status(&all), 2);
	free(domain);
	buf_clear(&text);
	rpt_reports_clear(&all);
	assert_int_equal(rpt_exit_status(&all), 3);
}

/* ---- how they come */

static void
gzip(const void *data, size_t len, struct buf *out)
{
	z_stream z = { 0 };

	assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, 16 + MAX_WBITS, 9,
			     Z_DEFAULT_STRATEGY),
	    Z_OK);
	z.next_in = (Bytef *)(uintptr_t)data;
	z.avail_in = (uInt)len;
	z.next_out = (Bytef *)buf_reserve(out, len + 1000);
	z.avail_out = (uInt)len + 1000;
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	out->len += len + 1000 - z.avail_out;
	deflateEnd(&z);
}

static const char *
unpack(const char *data, size_t len, struct buf *json)
{
	static char error[RPT_ERROR_BYTES];

	buf_reset(json);
	return rpt_unpack(data, len, json, error) ? NULL : error;
}

static void
test_gzip(void **state)
{
	struct buf packed = { 0 }, json = { 0 };
	char *bomb = calloc(1, RPT_BYTES_MAX + 100000);
	size_t cut;

	(void)state;
	gzip("{\"a\":1}", 7, &packed);
	assert_null(unpack(packed.data, packed.len, &json));
	assert_string_equal(buf_str(&json), "{\"a\":1}");
	for (cut = 2; cut < packed.len; cut++)
		assert_string_equal(
		    unpack(packed.data, cut, &json), "broken gzip");
	buf_reset(&packed);
	gzip("hello", 5, &packed);
	assert_string_equal(
	    unpack(packed.data, packed.len, &json), "no JSON in the gzip");
	buf_reset(&packed);
	assert_non_null(bomb);
	gzip(bomb, RPT_BYTES_MAX + 100000, &packed);
	assert_string_equal(
	    unpack(packed.data, packed.len, &json), "too large when unpacked");
	free(bomb);
	buf_clear(&packed);
	buf_clear(&json);
}

#define TYPE "Content-Type: "
#define MULTI                                                                  \
	"From: x\r\nSubject: y\r\n" TYPE "multipart/report;\r\n\treport-type=" \
	"tlsrpt; boundary=\"b b\"\r\n\r\npreamble\r\n--b b\r\n" TYPE           \
	"text/plain\r\n\r\nhello\r\n--b b\r\n"
#define NONE "neither JSON nor gzip nor a mail with a report"

static const struct {
	const char *mail, *json; /* or why there is none */
} mails[] = {
	{ MULTI TYPE "application/tlsrpt+json\r\n\r\n{\"a\": 1}\r\n--b b--\r\n",
	    "{\"a\": 1}\r\n" },
	{ MULTI TYPE "application/tlsrpt+json\r\n"
		     "Content-Transfer-Encoding: BASE64\r\n\r\n"
		     "eyJh\r\nIjog\r\nMX0=\r\n--b b--\r\n",
	    "{\"a\": 1}" },
	{ MULTI "content-transfer-encoding: quoted-printable\n" TYPE
		"application/octet-stream; name=x.JSON\n\n"
		"{=22a=\n=22: =31}\n--b b",
	    "{\"a\": 1}\n" },
	{ MULTI "Content-Disposition: attachment;\r\n filename=\"s!d.json.gz\""
		"\r\n\r\nnot gzip\r\n--b b--",
	    "the attachment is no report" },
	{ TYPE "application/json\n\n{}", "{}" },
	/* inside of another; the end is missing */
	{ TYPE "multipart/mixed; boundary=o\n\n--o\n" TYPE
	       "multipart/report; boundary=i\n\n--i\n" TYPE
	       "application/tlsrpt+json\n\n{}\n",
	    "{}\n" },
	{ TYPE "multipart/mixed\n\n--\n", NONE },
	{ TYPE "multipart/mixed; boundary=\n\n--\n", NONE },
	{ "just a text\n\nof lines\n", NONE },
	{ "\n\n", NONE },
	{ "", NONE },
};

static void
test_mail(void **state)
{
	struct buf json = { 0 };
	const char *why;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(mails) / sizeof(mails[0]); i++) {
		why = unpack(mails[i].mail, strlen(mails[i].mail), &json);
		if (strcmp(why != NULL ? why : buf_str(&json), mails[i].json) !=
		    0)
			fail_msg(
			    "%zu: %s", i, why != NULL ? why : buf_str(&json));
	}
	buf_clear(&json);
}

/* A multipart in a multipart in ...: no deeper than is sensible. */
static void
test_mail_deep(void **state)
{
	struct buf mail = { 0 }, json = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < 10000; i++)
		buf_printf(&mail,
		    TYPE "multipart/mixed; boundary=b%zu\n\n--b%zu\n", i, i);
	buf_puts(&mail, TYPE "application/json\n\n{}\n");
	assert_string_equal(unpack(mail.data, mail.len, &json), NONE);
	buf_clear(&mail);
	buf_clear(&json);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_sum),
		cmocka_unit_test(test_gzip),
		cmocka_unit_test(test_mail),
		cmocka_unit_test(test_mail_deep),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
