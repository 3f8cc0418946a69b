/* SPDX-License-Identifier: ISC */
/* What a policy host can do, and the reason each gets. */
#include "fetch_world.h"

#define POLICY  "version: STSv1\nmode: enforce\nmx: mx.good.test\nmax_age: 9\n"
#define OK_LINE "HTTP/1.1 200 OK\r\n"
#define TEXT    "Content-Type: text/plain\r\n"
#define HEAD    OK_LINE TEXT
#define LENGTH  "Content-Length: 57\r\n\r\n"
#define GOOD    HEAD LENGTH POLICY
#define CHUNKED HEAD "Transfer-Encoding: chunked\r\n\r\n"
#define X64     "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define X512    X64 X64 X64 X64 X64 X64 X64 X64
#define HELLO_11 \
	"\x16\x03\x02\x00\x2a\x02\x00\x00\x26\x03\x02" X32 "\x00\xc0\x14\x00"
#define X32        "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define ANY_STATUS (-1)
#define RAW(s)     .raw = (s), .raw_len = sizeof(s) - 1
#define CERT(k)    .script = { .cert = (k), .answer = GOOD }
#define SAYS(s)    .script = { .answer = (s) }

struct row {
	const char *name;
	struct script script;
	enum sts_reason reason;
	const char *detail; /* a part of it */
	long status;
	int64_t timeout_s; /* 0: long enough */
};

static const struct row certificates[] = {
	{ "good", CERT(PKI_GOOD), STS_REASON_OK, "", 200, 0 },
	{ "wildcard", CERT(PKI_WILDCARD), STS_REASON_OK, "", 200, 0 },
	{ "expired", CERT(PKI_EXPIRED), STS_REASON_TLS_EXPIRED,
	    "certificate expired 20", 0, 0 },
	{ "not yet", CERT(PKI_NOT_YET), STS_REASON_TLS_EXPIRED,
	    "certificate is not valid before 20", 0, 0 },
	{ "old intermediate", CERT(PKI_OLD_INTERMEDIATE),
	    STS_REASON_TLS_EXPIRED, "CA certificate expired 20", 0, 0 },
	{ "wrong name", CERT(PKI_WRONG_NAME), STS_REASON_TLS_NAME,
	    "certificate is for a.example, b.example", 0, 0 },
	{ "no host name", CERT(PKI_NO_HOST), STS_REASON_TLS_NAME,
	    "certificate names no host", 0, 0 },
	{ "CN only", CERT(PKI_CN_ONLY), STS_REASON_TLS_NAME,
	    "only the common name \"mta-sts.good.test\"", 0, 0 },
	{ "IP only", CERT(PKI_IP_ONLY), STS_REASON_TLS_NAME,
	    "certificate is for 127.0.0.1", 0, 0 },
	{ "partial wildcard", CERT(PKI_PARTIAL_WILDCARD), STS_REASON_TLS_NAME,
	    "mta-*.good.test, m*.good.test", 0, 0 },
	{ "wildcard of the parent", CERT(PKI_DEEP_WILDCARD),
	    STS_REASON_TLS_NAME, "*.test", 0, 0 },
	{ "self-signed", CERT(PKI_SELF_SIGNED), STS_REASON_TLS_CHAIN,
	    "self-signed certificate", 0, 0 },
	{ "no intermediate", CERT(PKI_NO_INTERMEDIATE), STS_REASON_TLS_CHAIN,
	    "intermediate certificate missing: /CN=Test Intermediate", 0, 0 },
	{ "other root, not sent", CERT(PKI_OTHER_ROOT), STS_REASON_TLS_CHAIN,
	    "intermediate certificate missing: /CN=Other Root", 0, 0 },
	{ "other root, sent", CERT(PKI_OTHER_CHAIN), STS_REASON_TLS_CHAIN,
	    "root certificate is not trusted: /CN=Other Root", 0, 0 },
	{ "client only", CERT(PKI_CLIENT_ONLY), STS_REASON_TLS_CHAIN, "purpose",
	    0, 0 },
};

static const struct row handshakes[] = {
	{ "TLS 1.2", .script = { .tls = TLS_12, .answer = GOOD }, STS_REASON_OK,
	    "", 200, 0 },
	{ "TLS 1.3", .script = { .tls = TLS_13, .answer = GOOD }, STS_REASON_OK,
	    "", 200, 0 },
	{ "TLS 1.1 only", .script = { .tls = TLS_11, .answer = GOOD },
	    STS_REASON_TLS_VERSION, "refuses TLS 1.2 and 1.3", 0, 0 },
	{ "TLS 1.1 chosen", .script = { RAW(HELLO_11) }, STS_REASON_TLS_VERSION,
	    "older than 1.2", 0, 0 },
	{ "no certificate", .script = { .tls = TLS_NO_CERTIFICATE },
	    STS_REASON_TLS_HANDSHAKE, "sent alert \"handshake failure\"", 0,
	    0 },
	{ "unrecognized name", .script = { RAW("\x15\3\3\0\2\2\x70") },
	    STS_REASON_TLS_HANDSHAKE, "unrecognized name", 0, 0 },
	{ "plain HTTP", .script = { RAW("HTTP/1.1 400 Bad Request\r\n\r\n") },
	    STS_REASON_TLS_HANDSHAKE, "does not speak TLS", 0, 0 },
	{ "junk in the handshake", .script = { RAW("\x16\3\3\0\4junk") },
	    STS_REASON_TLS_HANDSHAKE, "", 0, 0 },
};

static const struct row answers[] = {
	{ "chunked", SAYS(CHUNKED "39\r\n" POLICY "\r\n0\r\n\r\n"),
	    STS_REASON_OK, "", 200, 0 },
	{ "trailers", SAYS(CHUNKED "39\r\n" POLICY "\r\n0\r\nA: b\r\n\r\n"),
	    STS_REASON_OK, "", 200, 0 },
	{ "103 first", SAYS("HTTP/1.1 103 Early\r\nA: b\r\n\r\n" GOOD),
	    STS_REASON_OK, "", 200, 0 },
	{ "close_notify", SAYS(HEAD "\r\n" POLICY), STS_REASON_OK, "", 200, 0 },
	{ "close_notify, TLS 1.2",
	    .script = { .tls = TLS_12, .answer = HEAD "\r\n" POLICY },
	    STS_REASON_OK, "", 200, 0 },
	{ "FIN only",
	    .script = { .answer = HEAD "\r\n" POLICY, .ending = WITH_FIN },
	    STS_REASON_TRUNCATED, "without close_notify after 57 bytes", 200,
	    0 },
	{ "FIN only, TLS 1.2",
	    .script = { .tls = TLS_12,
		.answer = HEAD "\r\n" POLICY,
		.ending = WITH_FIN },
	    STS_REASON_TRUNCATED, "without close_notify", 200, 0 },
	{ "length, FIN", .script = { .answer = GOOD, .ending = WITH_FIN },
	    STS_REASON_OK, "", 200, 0 },
	{ "short", SAYS(HEAD "Content-Length: 58\r\n\r\n" POLICY),
	    STS_REASON_TRUNCATED, "57 of 58 bytes", 200, 0 },
	{ "two lengths, the smaller last",
	    SAYS(
		HEAD "Content-Length: 57\r\nContent-Length: 10\r\n\r\n" POLICY),
	    STS_REASON_TRUNCATED, " of 57 bytes", 200, 0 },
	{ "two lengths, the larger last",
	    SAYS(
		HEAD "Content-Length: 10\r\nContent-Length: 57\r\n\r\n" POLICY),
	    STS_REASON_OK, "", 200, 0 },
	{ "chunks cut off", SAYS(CHUNKED "39\r\n" POLICY "\r\n"),
	    STS_REASON_TRUNCATED, "chunked body cut off after 57 bytes", 200,
	    0 },
	{ "bad chunk", SAYS(CHUNKED "xyz\r\n"), STS_REASON_RESET, "hunk", 200,
	    0 },
	{ "declared too large", SAYS(HEAD "Content-Length: 65537\r\n\r\n"),
	    STS_REASON_TOO_LARGE, "Content-Length 65537", 200, 0 },
	{ "endless", .script = { .answer = HEAD "\r\n", .repeat = X512 },
	    STS_REASON_TOO_LARGE, "body over 65536 bytes", 200, 0 },
	{ "endless chunks",
	    .script = { .answer = CHUNKED, .repeat = "200\r\n" X512 "\r\n" },
	    STS_REASON_TOO_LARGE, "body over 65536 bytes", 200, 0 },
	{ "header flood",
	    .script = { .answer = OK_LINE, .repeat = "A: " X512 "\r\n" },
	    STS_REASON_HEADER_FLOOD, "header over 32768 bytes", 200, 0 },
	{ "one endless line",
	    .script = { .answer = OK_LINE "A: ", .repeat = X512 },
	    STS_REASON_HEADER_FLOOD, "header over 32768 bytes", 200, 0 },
	{ "103 flood", .script = { .repeat = "HTTP/1.1 103 E\r\n\r\n" },
	    STS_REASON_HEADER_FLOOD, "header over 32768 bytes", 103, 0 },
	{ "trailer flood",
	    .script = { .answer = CHUNKED "0\r\n",
		.repeat = "A: " X512 "\r\n" },
	    STS_REASON_HEADER_FLOOD, "header over 32768 bytes", 200, 0 },
	{ "gzip", SAYS(HEAD "Content-Encoding: gzip\r\n" LENGTH POLICY),
	    STS_REASON_ENCODING, "Content-Encoding: gzip", 200, 0 },
	{ "identity", SAYS(HEAD "Content-Encoding: identity\r\n" LENGTH POLICY),
	    STS_REASON_OK, "", 200, 0 },
	{ "gzip below chunked",
	    SAYS(HEAD "Transfer-Encoding: gzip, chunked\r\n\r\n"),
	    STS_REASON_ENCODING, "Transfer-Encoding: gzip", 200, 0 },
	{ "no type", SAYS(OK_LINE LENGTH POLICY), STS_REASON_MEDIA_TYPE,
	    "no Content-Type", 200, 0 },
	{ "html", SAYS(OK_LINE "Content-Type: text/html\r\n" LENGTH POLICY),
	    STS_REASON_MEDIA_TYPE, "\"text/html\"", 200, 0 },
	{ "odd but right",
	    SAYS(OK_LINE "CONTENT-TYPE:Text/PLAIN ;x\r\n" LENGTH POLICY),
	    STS_REASON_OK, "", 200, 0 },
	{ "two types", SAYS(HEAD TEXT LENGTH POLICY), STS_REASON_MEDIA_TYPE,
	    "several Content-Type", 200, 0 },
	{ "404", SAYS("HTTP/1.1 404 No\r\n" TEXT LENGTH POLICY),
	    STS_REASON_HTTP_STATUS, "status 404", 404, 0 },
	{ "404, too large",
	    SAYS("HTTP/1.1 404 No\r\nContent-Length: 99999999\r\n\r\n"),
	    STS_REASON_HTTP_STATUS, "status 404", 404, 0 },
	{ "length of 30 digits",
	    SAYS(HEAD "Content-Length: 100000000000000000000000000000\r\n\r\n"),
	    STS_REASON_TOO_LARGE, "", 200, 0 },
	{ "204", SAYS("HTTP/1.1 204 No\r\n\r\n"), STS_REASON_HTTP_STATUS,
	    "status 204", 204, 0 },
	{ "500, body endless",
	    .script = { .answer = "HTTP/1.1 500 No\r\n\r\n", .repeat = X512 },
	    STS_REASON_HTTP_STATUS, "status 500", 500, 0 },
	{ "401",
	    SAYS("HTTP/1.1 401 No\r\nWWW-Authenticate: Basic realm=x\r\n"
		 "\r\n"),
	    STS_REASON_HTTP_STATUS, "status 401", 401, 0 },
	{ "101", SAYS("HTTP/1.1 101 Switch\r\nUpgrade: x\r\n\r\n"),
	    STS_REASON_HTTP_STATUS, "status 101", 101, 0 },
	{ "redirect",
	    SAYS("HTTP/1.1 301 M\r\nLocation: https://b.test/\r\n\r\n"),
	    STS_REASON_REDIRECT, "to https://b.test/", 301, 0 },
	{ "redirect to itself, body endless",
	    .script = { .answer = "HTTP/1.1 307 M\r\nLocation: /\r\n\r\n",
		.repeat = X512 },
	    STS_REASON_REDIRECT, "to /", 307, 0 },
	{ "HTTP/0.9", SAYS(POLICY), STS_REASON_HTTP_STATUS,
	    "malformed HTTP answer", 0, 0 },
	{ "negative length", SAYS(HEAD "Content-Length: -1\r\n\r\n"),
	    STS_REASON_HTTP_STATUS, "malformed HTTP answer", 200, 0 },
	{ "empty body", SAYS(HEAD "Content-Length: 0\r\n\r\n"), STS_REASON_OK,
	    "", 200, 0 },
};

#define LOST(s, e)                \
	.script = { .stage = (s), \
		.ending = (e),    \
		.answer = HEAD "Content-Length: 99\r\n\r\n" POLICY }

static const struct row endings[] = {
	{ "closed at accept", LOST(AT_ACCEPT, WITH_FIN), STS_REASON_RESET,
	    "TLS handshake", 0, 0 },
	{ "reset at accept", LOST(AT_ACCEPT, WITH_RESET), STS_REASON_RESET, "",
	    0, 0 },
	{ "closed in TLS", LOST(AT_HELLO, WITH_FIN), STS_REASON_RESET,
	    "TLS handshake", 0, 0 },
	{ "reset in TLS", LOST(AT_HELLO, WITH_RESET), STS_REASON_RESET,
	    "TLS handshake", 0, 0 },
	{ "closed after the request", LOST(AT_REQUEST, WITH_FIN),
	    STS_REASON_RESET, "closed without an answer", 0, 0 },
	{ "close_notify after the request", LOST(AT_REQUEST, WITH_CLOSE_NOTIFY),
	    STS_REASON_RESET, "closed without an answer", 0, 0 },
	{ "reset after the request", LOST(AT_REQUEST, WITH_RESET),
	    STS_REASON_RESET, "", 0, 0 },
	{ "reset in the body", LOST(AT_ANSWER, WITH_RESET), STS_REASON_RESET,
	    "", ANY_STATUS, 0 },
	{ "closed in the header",
	    .script = { .answer = HEAD "Content-Ty", .ending = WITH_FIN },
	    STS_REASON_TRUNCATED, "closed in the HTTP header", 200, 0 },
	{ "close_notify in the header", SAYS(HEAD "Content-Ty"),
	    STS_REASON_TRUNCATED, "closed in the HTTP header", 200, 0 },
	{ "close_notify in the blank line", SAYS(HEAD "\r"),
	    STS_REASON_TRUNCATED, "closed in the HTTP header", 200, 0 },
	{ "close_notify after 103", SAYS("HTTP/1.1 103 E\r\n\r\n"),
	    STS_REASON_RESET, "without an answer", ANY_STATUS, 0 },
	{ "close_notify in the status line", SAYS("HTTP/1.1 2"),
	    STS_REASON_RESET, "without an answer", ANY_STATUS, 0 },
	{ "hangs at accept", LOST(AT_ACCEPT, WITH_HANG), STS_REASON_TIMEOUT,
	    "no TLS handshake", 0, 1 },
	{ "hangs after the request", LOST(AT_REQUEST, WITH_HANG),
	    STS_REASON_TIMEOUT, "no complete HTTP header", 0, 1 },
	{ "hangs in the body", LOST(AT_ANSWER, WITH_HANG), STS_REASON_TIMEOUT,
	    "57 bytes of the body", 200, 1 },
};

/* Why the row is wrong, or NULL. */
static const char *
find_fault(const struct row *row)
{
	const struct seen *seen = &world.seen;
	bool has_policy = seen->body_len == 0 ||
	    (seen->body_len == strlen(POLICY) &&
		strcmp(seen->body, POLICY) == 0);

	if (seen->count != 1)
		return "callbacks";
	if (seen->reason != row->reason)
		return "reason";
	if (strstr(seen->detail, row->detail) == NULL)
		return "detail";
	if (row->status != ANY_STATUS && seen->status != row->status)
		return "status";
	if (seen->reason == STS_REASON_OK)
		return seen->body != NULL && has_policy ? NULL : "body";
	if (seen->body != NULL)
		return "a body";
	return seen->detail[0] == '\0' ? "no detail" : NULL;
}

/* All rows are tried: one fault must not hide another. */
static void
check_rows(const struct row *rows, size_t n)
{
	unsigned int faults = 0;
	size_t i;

	for (i = 0; i < n; i++) {
		const char *fault;

		world_open(&rows[i].script);
		if (rows[i].timeout_s != 0)
			world.config.fetch_timeout = rows[i].timeout_s;
		world_start();
		fetch_now();
		fault = find_fault(&rows[i]);
		if (fault != NULL) {
			faults++;
			print_error("row %zu, %s: wrong %s: reason %d, \"%s\","
				    " status %ld\n",
			    i, rows[i].name, fault, (int)world.seen.reason,
			    world.seen.detail, world.seen.status);
		}
		world_close();
	}
	assert_int_equal(faults, 0);
}

#define TEST_TABLE(table)                        \
	static void test_##table(void **state)   \
	{                                        \
		(void)state;                     \
		check_rows(table, COUNT(table)); \
	}

TEST_TABLE(certificates)
TEST_TABLE(handshakes)
TEST_TABLE(answers)
TEST_TABLE(endings)

/* On another port, everything the server sees is as on 443. */
static void
test_request(void **state)
{
	const struct script script = { .answer = GOOD };

	(void)state;
	world_open(&script);
	world_start();
	fetch_now();
	expect(STS_REASON_OK, "");
	assert_string_equal(host.sni, "mta-sts.good.test");
	assert_non_null(strstr(host.request,
	    "GET /.well-known/mta-sts.txt HTTP/1.1\r\n"
	    "Host: mta-sts.good.test\r\n"));
	assert_null(strcasestr(host.request, "Accept-Encoding"));
	assert_null(strcasestr(host.request, "Cookie"));
	world_close();
}

/* 65,536 bytes are not too many. */
static void
test_largest_body(void **state)
{
	static char text[70000] = HEAD "\r\n";
	const struct script script = { .answer = text };
	size_t used = strlen(text);

	(void)state;
	memset(text + used, 'x', 65536);
	world_open(&script);
	world_start();
	fetch_now();
	expect(STS_REASON_OK, "");
	assert_int_equal(world.seen.body_len, 65536);
	world_close();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_certificates),
		cmocka_unit_test(test_handshakes),
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_endings),
		cmocka_unit_test(test_request),
		cmocka_unit_test(test_largest_body),
	};

	return cmocka_run_group_tests(tests, setup_group, teardown_group);
}
