/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "net/httphead.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define LIMIT    65536
#define OK_LINE  "HTTP/1.1 200 OK\r\n"
#define TEXT     "Content-Type: text/plain\r\n"

/* Line by line, as libcurl gives them. */
static bool
feed(struct httphead *head, const char *text, size_t len)
{
	const char *end = text + len;

	while (text < end) {
		const char *nl = memchr(text, '\n', (size_t)(end - text));
		size_t n =
		    nl == NULL ? (size_t)(end - text) : (size_t)(nl + 1 - text);

		if (!httphead_take(head, text, n))
			return false;
		text += n;
	}
	return true;
}

static const struct {
	const char *text;
	enum sts_reason reason;
	const char *detail; /* NULL: not looked at */
} answers[] = {
	{ OK_LINE TEXT "\r\n", STS_REASON_OK, NULL },
	{ "HTTP/1.0 200\r\n" TEXT "\r\n", STS_REASON_OK, NULL },
	{ OK_LINE "content-TYPE:TEXT/Plain ; charset=UTF-8\r\n\r\n",
	    STS_REASON_OK, NULL },
	{ OK_LINE "Content-Type:\ttext/plain;x=y\r\n\r\n", STS_REASON_OK,
	    NULL },
	{ OK_LINE "Content-Type: text/plain\n\n", STS_REASON_OK, NULL },
	{ OK_LINE "Content-Type : text/plain\r\n\r\n", STS_REASON_OK, NULL },
	{ OK_LINE "Content-Type:\r\n text/plain\r\n\r\n", STS_REASON_OK, NULL },
	{ OK_LINE "\r\n", STS_REASON_MEDIA_TYPE, "no Content-Type" },
	{ OK_LINE TEXT TEXT "\r\n", STS_REASON_MEDIA_TYPE,
	    "several Content-Type headers" },
	{ OK_LINE "Content-Type: text/html\r\n\r\n", STS_REASON_MEDIA_TYPE,
	    "\"text/html\", not text/plain" },
	{ OK_LINE "Content-Type:\r\n\r\n", STS_REASON_MEDIA_TYPE,
	    "\"\", not text/plain" },
	{ OK_LINE "Content-Type: text/plainer\r\n\r\n", STS_REASON_MEDIA_TYPE,
	    NULL },
	{ OK_LINE "Content-Type: text/plai\r\n\r\n", STS_REASON_MEDIA_TYPE,
	    NULL },
	{ OK_LINE "Content-Type: text/plain, text/html\r\n\r\n",
	    STS_REASON_MEDIA_TYPE, NULL },
	{ OK_LINE TEXT "Content-Encoding: gzip\r\n\r\n", STS_REASON_ENCODING,
	    "Content-Encoding: gzip" },
	{ OK_LINE TEXT "Content-Encoding: IDENTITY\r\n\r\n", STS_REASON_OK,
	    NULL },
	{ OK_LINE TEXT "Content-Encoding: identity\r\n"
		       "Content-Encoding: br\r\n\r\n",
	    STS_REASON_ENCODING, "Content-Encoding: br" },
	{ OK_LINE TEXT "Content-Encoding:\r\n gzip\r\n\r\n",
	    STS_REASON_ENCODING, NULL },
	{ OK_LINE TEXT "Transfer-Encoding: gzip, chunked\r\n\r\n",
	    STS_REASON_ENCODING, "Transfer-Encoding: gzip, chunked" },
	{ OK_LINE TEXT "Transfer-Encoding: Chunked\r\n\r\n", STS_REASON_OK,
	    NULL },
	{ OK_LINE TEXT "Content-Length: 65536\r\n\r\n", STS_REASON_OK, NULL },
	{ OK_LINE TEXT "Content-Length: 65537\r\n\r\n", STS_REASON_TOO_LARGE,
	    "Content-Length 65537, limit 65536" },
	{ OK_LINE TEXT "Content-Length: 99999999999999999999999\r\n\r\n",
	    STS_REASON_TOO_LARGE, NULL },
	{ OK_LINE TEXT "Content-Length: 65537\r\n"
		       "Content-Length: 1\r\n\r\n",
	    STS_REASON_TOO_LARGE, NULL },
	{ OK_LINE TEXT "Transfer-Encoding: chunked\r\n"
		       "Content-Length: 65537\r\n\r\n",
	    STS_REASON_OK, NULL },
	{ "HTTP/1.1 404 Not Found\r\n" TEXT "\r\n", STS_REASON_HTTP_STATUS,
	    "status 404" },
	{ "HTTP/1.1 204 No Content\r\n\r\n", STS_REASON_HTTP_STATUS,
	    "status 204" },
	{ "HTTP/1.1 206 Partial\r\n" TEXT "\r\n", STS_REASON_HTTP_STATUS,
	    "status 206" },
	{ "HTTP/1.1 500\r\nContent-Encoding: gzip\r\n\r\n",
	    STS_REASON_HTTP_STATUS, "status 500" },
	{ "HTTP/1.1 101 Switching\r\n\r\n", STS_REASON_HTTP_STATUS,
	    "status 101" },
	{ "HTTP/1.1 2000 OK\r\n" TEXT "\r\n", STS_REASON_HTTP_STATUS,
	    "status 0" },
	{ "HTTP/1.1\r\n" TEXT "\r\n", STS_REASON_HTTP_STATUS, "status 0" },
	{ "HTTP/1.1 301 Moved\r\nLocation: https://b.example/x\r\n\r\n",
	    STS_REASON_REDIRECT, "to https://b.example/x" },
	{ "HTTP/1.1 302 Found\r\n\r\n", STS_REASON_REDIRECT,
	    "status 302 without a target" },
	{ "HTTP/1.1 304 Not Modified\r\n\r\n", STS_REASON_REDIRECT, NULL },
	{ "HTTP/1.1 399 X\r\n\r\n", STS_REASON_REDIRECT, NULL },
	{ "HTTP/1.1 400 X\r\n\r\n", STS_REASON_HTTP_STATUS, NULL },
	/* interim answers */
	{ "HTTP/1.1 100 Continue\r\n\r\n" OK_LINE TEXT "\r\n", STS_REASON_OK,
	    NULL },
	{ "HTTP/1.1 103 Early\r\n" TEXT "\r\n" OK_LINE "\r\n",
	    STS_REASON_MEDIA_TYPE, "no Content-Type" },
	{ "HTTP/1.1 103 Early\r\nContent-Encoding: br\r\n"
	  "Location: x\r\nContent-Length: 70000\r\n\r\n" OK_LINE TEXT "\r\n",
	    STS_REASON_OK, NULL },
	/* trailers change nothing */
	{ OK_LINE TEXT "Transfer-Encoding: chunked\r\n\r\n"
		       "Content-Encoding: gzip\r\n"
		       "HTTP/1.1 404 X\r\n" TEXT "\r\n",
	    STS_REASON_OK, NULL },
	/* lines that are no fields */
	{ OK_LINE "nonsense\r\n" TEXT "\r\n", STS_REASON_OK, NULL },
	{ OK_LINE ": text/html\r\n" TEXT "\r\n", STS_REASON_OK, NULL },
	{ OK_LINE " folded nothing\r\n" TEXT "\r\n", STS_REASON_OK, NULL },
};

static void
test_judge(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(answers); i++) {
		struct httphead head = { 0 };
		char detail[512] = "";
		enum sts_reason reason;

		if (!feed(&head, answers[i].text, strlen(answers[i].text)) ||
		    !head.is_complete)
			fail_msg("row %zu: not complete", i);
		reason = httphead_judge(&head, LIMIT, detail, sizeof(detail));
		if (reason != answers[i].reason ||
		    (answers[i].detail != NULL &&
			strcmp(detail, answers[i].detail) != 0))
			fail_msg("row %zu: reason %d, \"%s\"", i, (int)reason,
			    detail);
	}
}

static void
test_incomplete(void **state)
{
	static const char *const rows[] = {
		"",
		OK_LINE,
		OK_LINE TEXT,
		"HTTP/1.1 100 Continue\r\n\r\n",
		"HTTP/1.1 199 Odd\r\n\r\n",
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		struct httphead head = { 0 };

		feed(&head, rows[i], strlen(rows[i]));
		if (head.is_complete)
			fail_msg("row %zu is complete", i);
	}
}

static void
test_nul(void **state)
{
	static const char text[] =
	    OK_LINE "Content-Type: text/plain\0;\r\n\r\n";
	struct httphead head = { 0 };
	char detail[512];

	(void)state;
	assert_true(feed(&head, text, sizeof(text) - 1));
	assert_int_equal(httphead_judge(&head, LIMIT, detail, sizeof(detail)),
	    STS_REASON_MEDIA_TYPE);
	assert_string_equal(detail, "\"text/plain?;\", not text/plain");
}

static void
test_limit(void **state)
{
	static char line[HTTPHEAD_MAX_BYTES];
	struct httphead head = { 0 };
	size_t i;

	(void)state;
	memset(line, 'x', sizeof(line));
	assert_true(httphead_take(&head, OK_LINE, strlen(OK_LINE)));
	assert_true(
	    httphead_take(&head, line, HTTPHEAD_MAX_BYTES - strlen(OK_LINE)));
	assert_false(httphead_take(&head, "\n", 1));

	/* interim answers count too */
	memset(&head, 0, sizeof(head));
	for (i = 0; i < HTTPHEAD_MAX_BYTES / 25; i++)
		assert_true(feed(&head, "HTTP/1.1 103 Early x\r\n\r\n", 24));
	assert_false(httphead_take(&head, line, 1500));

	/* and trailers */
	memset(&head, 0, sizeof(head));
	assert_true(feed(&head, OK_LINE "\r\n", strlen(OK_LINE) + 2));
	assert_false(httphead_take(&head, line, sizeof(line)));
}

static void
test_long_value(void **state)
{
	static char text[4096] = "HTTP/1.1 301 X\r\nLocation: ";
	struct httphead head = { 0 };
	size_t used = strlen(text);
	char detail[64];

	(void)state;
	memset(text + used, 'a', 2000);
	memcpy(text + used + 2000, "\r\n\r\n", 5);
	assert_true(feed(&head, text, strlen(text)));
	assert_int_equal(strlen(head.location.text), HTTPHEAD_FIELD_BYTES - 1);
	httphead_judge(&head, LIMIT, detail, sizeof(detail));
	assert_int_equal(strlen(detail), sizeof(detail) - 1);
}

static void
test_close_delimited(void **state)
{
	static const struct {
		const char *field;
		bool is_close_delimited;
	} rows[] = {
		{ "", true },
		{ "Content-Length: 5\r\n", false },
		{ "Content-Length: 0\r\n", false },
		{ "Content-Length:\r\n", true },
		{ "Content-Length: -5\r\n", true },
		{ "Transfer-Encoding: chunked\r\n", false },
		{ "Transfer-Encoding: identity\r\n", true },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		struct httphead head = { 0 };

		feed(&head, OK_LINE, strlen(OK_LINE));
		feed(&head, rows[i].field, strlen(rows[i].field));
		feed(&head, "\r\n", 2);
		if (httphead_is_close_delimited(&head) !=
		    rows[i].is_close_delimited)
			fail_msg("row %zu", i);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_judge),
		cmocka_unit_test(test_incomplete),
		cmocka_unit_test(test_nul),
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_long_value),
		cmocka_unit_test(test_close_delimited),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
