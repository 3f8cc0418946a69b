/* SPDX-License-Identifier: ISC */
/* The rules on the fetch: when each fires, and when it does not. */
#include "check_rules.h"

#define C CHECK_CRITICAL
#define W CHECK_WARNING
#define I CHECK_INFO

#define HOST "mta-sts." WORLD_DOMAIN

static void
no_txt(struct evidence *e)
{
	world_no_txt(e);
	world_fetch_failed(&e->fetch, STS_REASON_CONNECT, "refused");
}

static void
no_host(struct evidence *e)
{
	world_fetch_failed(&e->fetch, STS_REASON_DNS, "NXDOMAIN");
	world_dns(&e->host_a, HOST, DNS_A, DNS_NXDOMAIN);
	world_dns(&e->host_aaaa, HOST, DNS_AAAA, DNS_NXDOMAIN);
	e->eachs = 0;
	ev_fetch_clear(&e->each[0]);
	ev_fetch_clear(&e->each[1]);
}

static void
dangling_alias(struct evidence *e)
{
	no_host(e);
	world_dns_one(&e->host_cname, HOST, DNS_CNAME, "gone.test");
}

static void
host_servfail(struct evidence *e)
{
	no_host(e);
	world_dns(&e->host_a, HOST, DNS_A, DNS_FAILED);
}

#define FAILED(name, reason, detail)                           \
	static void name(struct evidence *e)                   \
	{                                                      \
		world_fetch_failed(&e->fetch, reason, detail); \
	}

FAILED(refused, STS_REASON_CONNECT, "Connection refused: 192.0.2.80")
FAILED(timeout, STS_REASON_TIMEOUT, "no connection in 60.0 s")
FAILED(reset, STS_REASON_RESET, "connection closed without an answer")
FAILED(flood, STS_REASON_HEADER_FLOOD, "over 32768 bytes of header")
FAILED(local, STS_REASON_LOCAL, "socket: Too many open files")
FAILED(busy, STS_REASON_BUSY, "waited 60 s for its turn")
FAILED(handshake, STS_REASON_TLS_HANDSHAKE, "the server does not speak TLS")
FAILED(private_address, STS_REASON_REFUSED_ADDRESS, "10.0.0.1")
FAILED(old_tls, STS_REASON_TLS_VERSION, "the server's TLS is older than 1.2")

static void
no_way_out(struct evidence *e)
{
	refused(e);
	e->has_ipv4 = e->has_ipv6 = false;
}

static void
only_ipv6_there(struct evidence *e)
{
	refused(e);
	world_dns(&e->host_a, HOST, DNS_A, DNS_NODATA);
	e->has_ipv6 = false;
}

static void
time_over(struct evidence *e)
{
	ev_fetch_clear(&e->fetch);
	e->is_timed_out = true;
}

static void
testing_refused(struct evidence *e)
{
	world_body(e,
	    "version: STSv1\nmode: testing\nmx: *.good.example\n"
	    "max_age: 86400\n");
	world_refused(e, STS_REASON_HTTP_STATUS, 500, "status 500");
}

static void
status(struct evidence *e, long number)
{
	char text[32];

	snprintf(text, sizeof(text), "status %ld", number);
	world_refused(e, STS_REASON_HTTP_STATUS, number, text);
	world_body(e, "<html>no</html>");
}

static void
status_403(struct evidence *e)
{
	status(e, 403);
}

static void
status_404(struct evidence *e)
{
	status(e, 404);
}

static void
status_503(struct evidence *e)
{
	status(e, 503);
}

static void
status_204(struct evidence *e)
{
	status(e, 204);
}

static void
at_short_url(struct evidence *e)
{
	status_404(e);
	world_fetch(&e->short_url, "https://" HOST "/mta-sts.txt", "192.0.2.80",
	    WORLD_POLICY);
}

static void
not_at_apex(struct evidence *e)
{
	status_404(e);
	world_fetch(&e->apex, "https://" WORLD_DOMAIN "/", "192.0.2.80",
	    "<html>hello</html>");
}

static void
http_only(struct evidence *e)
{
	refused(e);
	world_fetch(&e->plain, "http://" HOST "/", "192.0.2.80", "");
}

static void
nothing_on_80(struct evidence *e)
{
	refused(e);
	world_fetch_failed(&e->plain, STS_REASON_CONNECT, "refused");
}

static void
redirect(struct evidence *e)
{
	world_refused(e, STS_REASON_REDIRECT, 301, "to elsewhere");
	world_header(&e->fetch, "Location", "https://www.test/\033]0;x");
}

static void
redirect_nowhere(struct evidence *e)
{
	world_refused(e, STS_REASON_REDIRECT, 302, "without a target");
}

#define HEADER(name, of, value)                     \
	static void name(struct evidence *e)        \
	{                                           \
		world_header(&e->fetch, of, value); \
	}

HEADER(html_type, "Content-Type", "text/html; charset=utf-8")
HEADER(plainer_type, "Content-Type", "text/plainer")
HEADER(no_type, "Content-Type", NULL)
HEADER(upper_type, "Content-Type", "Text/Plain; Charset=\"UTF-8\"")
HEADER(latin_type, "Content-Type", "text/plain;charset=iso-8859-1")
HEADER(empty_charset, "Content-Type", "text/plain; charset=")
HEADER(gzip, "Content-Encoding", "gzip")
HEADER(identity, "Content-Encoding", "identity")
HEADER(chunked, "Transfer-Encoding", "chunked")
HEADER(transfer_gzip, "Transfer-Encoding", "gzip, chunked")

static void
two_types(struct evidence *e)
{
	struct ev_header *h;

	world_header(&e->fetch, "content-type", "text/plain");
	h = &e->fetch.header[e->fetch.header_count - 1];
	assert_string_equal(h->name.data, "content-type");
}

static void
nul_type(struct evidence *e)
{
	world_bytes(&e->fetch.header[0].value, "text/plain\0html", 15);
}

static void
no_length(struct evidence *e)
{
	e->fetch.has_length = false;
}

static void
truncated(struct evidence *e)
{
	world_refused(e, STS_REASON_TRUNCATED, 200, "12 of 100 bytes");
}

static void
fill(struct evidence *e, size_t len)
{
	char *body = xmalloc(len);

	memset(body, 'x', len);
	memcpy(body, WORLD_POLICY "a: ", sizeof(WORLD_POLICY "a: ") - 1);
	world_body_bytes(e, body, len);
	free(body);
}

static void
large(struct evidence *e)
{
	fill(e, 10001);
}

static void
not_large(struct evidence *e)
{
	fill(e, 10000);
}

static void
too_large(struct evidence *e)
{
	fill(e, 65537);
	world_refused(e, STS_REASON_TOO_LARGE, 200, "over 65536 bytes");
}

static void
empty(struct evidence *e)
{
	world_body(e, "");
}

static void
blank(struct evidence *e)
{
	world_body(e, " \r\n\t\n");
}

static void
html(struct evidence *e)
{
	world_body(e, "\xef\xbb\xbf \r\n<!DOCTYPE html><title>\033[2J");
}

static void
slow(struct evidence *e)
{
	e->fetch.ms = 10001;
}

static void
not_slow(struct evidence *e)
{
	e->fetch.ms = 10000;
}

static void
ipv6_fails(struct evidence *e)
{
	world_fetch_failed(&e->each[1], STS_REASON_CONNECT, "refused");
	world_set(&e->each[1].address, "2001:db8::80");
}

static void
ipv6_no_way(struct evidence *e)
{
	ipv6_fails(e);
	e->has_ipv6 = false;
}

static void
other_body(struct evidence *e)
{
	world_fetch_body(&e->each[1], "version: STSv1\n", 15);
}

static void
other_certificate(struct evidence *e)
{
	world_tls(&e->each[1].tls, HOST, WORLD_NOW + 30 * WORLD_DAY_S);
}

static void
differs_locally(struct evidence *e)
{
	e->each[1].reason = STS_REASON_LOCAL;
}

static void
both_fail(struct evidence *e)
{
	refused(e);
	ipv6_fails(e);
	world_fetch_failed(&e->each[0], STS_REASON_CONNECT, "refused");
}

static void
alias(struct evidence *e)
{
	world_dns_one(&e->host_cname, HOST, DNS_CNAME, "web.provider.test");
}

static void
alias_failed(struct evidence *e)
{
	world_dns(&e->host_cname, HOST, DNS_CNAME, DNS_TIMEOUT);
}

#define FATAL(code, change, reason, words)                                  \
	{                                                                   \
		code, change, CHECK_FAIL, C, CHECK_MEDIUM, reason, 0, words \
	}
#define FATAL_HIGH(code, change, reason, words)                           \
	{                                                                 \
		code, change, CHECK_FAIL, C, CHECK_HIGH, reason, 0, words \
	}
#define UNKNOWN(code, change, reason, words)                              \
	{                                                                 \
		code, change, CHECK_UNPROVEN, I, CHECK_NORMAL, reason, 0, \
		    words                                                 \
	}
#define HINT(code, change, words)                                            \
	{                                                                    \
		code, change, CHECK_PASS, I, CHECK_NORMAL, STS_REASON_OK, 0, \
		    words                                                    \
	}
#define WARN(code, change, reason, words)                                \
	{                                                                \
		code, change, CHECK_WARN, W, CHECK_LOW, reason, 0, words \
	}

static const struct rule_case cases[] = {
	QUIET("policy_host_missing", NULL, CHECK_PASS),
	QUIET("policy_host_missing", refused, CHECK_PASS),
	QUIET("policy_host_missing", no_txt, CHECK_SKIPPED),
	FATAL("policy_host_missing", no_host, STS_REASON_DNS, HOST),
	FATAL(
	    "policy_host_missing", dangling_alias, STS_REASON_DNS, "gone.test"),
	UNKNOWN(
	    "policy_host_missing", host_servfail, STS_REASON_DNS, "SERVFAIL"),

	QUIET("policy_fetch_failed", NULL, CHECK_PASS),
	QUIET("policy_fetch_failed", no_txt, CHECK_SKIPPED),
	QUIET("policy_fetch_failed", status_404, CHECK_PASS),
	QUIET("policy_fetch_failed", handshake, CHECK_PASS),
	FATAL("policy_fetch_failed", refused, STS_REASON_CONNECT,
	    "Connection refused"),
	FATAL("policy_fetch_failed", timeout, STS_REASON_TIMEOUT,
	    "(tried twice)"),
	FATAL("policy_fetch_failed", reset, STS_REASON_RESET, "closed"),
	FATAL("policy_fetch_failed", flood, STS_REASON_HEADER_FLOOD, "32768"),
	UNKNOWN("policy_fetch_failed", local, STS_REASON_LOCAL, "socket"),
	UNKNOWN("policy_fetch_failed", busy, STS_REASON_BUSY, "turn"),
	UNKNOWN("policy_fetch_failed", no_way_out, STS_REASON_OK, "IPv4: no"),
	UNKNOWN(
	    "policy_fetch_failed", only_ipv6_there, STS_REASON_OK, "IPv6: no"),
	UNKNOWN("policy_fetch_failed", time_over, STS_REASON_OK, "time"),

	QUIET("tls_failed", NULL, CHECK_PASS),
	QUIET("tls_failed", refused, CHECK_SKIPPED),
	FATAL("tls_failed", handshake, STS_REASON_TLS_HANDSHAKE,
	    "does not speak TLS"),

	QUIET("http_status", NULL, CHECK_PASS),
	QUIET("http_status", redirect, CHECK_PASS),
	QUIET("http_status", refused, CHECK_SKIPPED),
	FATAL("http_status", status_403, STS_REASON_HTTP_STATUS, "login"),
	FATAL("http_status", status_404, STS_REASON_HTTP_STATUS,
	    "TXT record without a policy"),
	FATAL("http_status", status_503, STS_REASON_HTTP_STATUS, "fails"),
	FATAL("http_status", status_204, STS_REASON_HTTP_STATUS, "only"),
	FATAL("http_status", testing_refused, STS_REASON_HTTP_STATUS, "500"),

	QUIET("wrong_url", NULL, CHECK_SKIPPED),
	QUIET("wrong_url", status_404, CHECK_SKIPPED),
	QUIET("wrong_url", not_at_apex, CHECK_PASS),
	HINT("wrong_url", at_short_url, "/mta-sts.txt"),

	QUIET("http_only", NULL, CHECK_SKIPPED),
	QUIET("http_only", refused, CHECK_SKIPPED),
	QUIET("http_only", nothing_on_80, CHECK_PASS),
	HINT("http_only", http_only, "port 80"),

	QUIET("redirect", NULL, CHECK_PASS),
	QUIET("redirect", refused, CHECK_SKIPPED),
	FATAL("redirect", redirect, STS_REASON_REDIRECT,
	    "https://www.test/\\x1b]0;x"),
	FATAL("redirect", redirect_nowhere, STS_REASON_REDIRECT,
	    "without a target"),

	QUIET("content_type", NULL, CHECK_PASS),
	QUIET("content_type", upper_type, CHECK_PASS),
	QUIET("content_type", status_404, CHECK_SKIPPED),
	FATAL_HIGH(
	    "content_type", html_type, STS_REASON_MEDIA_TYPE, "text/html"),
	FATAL_HIGH("content_type", plainer_type, STS_REASON_MEDIA_TYPE,
	    "text/plainer"),
	FATAL_HIGH("content_type", nul_type, STS_REASON_MEDIA_TYPE, "\\x00"),
	FATAL_HIGH("content_type", no_type, STS_REASON_MEDIA_TYPE, "without"),
	FATAL_HIGH("content_type", two_types, STS_REASON_MEDIA_TYPE, "2 "),
	HINT("content_type", latin_type, "iso-8859-1"),
	HINT("content_type", empty_charset, "\"\""),

	QUIET("content_encoding", NULL, CHECK_PASS),
	QUIET("content_encoding", identity, CHECK_PASS),
	QUIET("content_encoding", chunked, CHECK_PASS),
	QUIET("content_encoding", status_404, CHECK_SKIPPED),
	FATAL_HIGH("content_encoding", gzip, STS_REASON_ENCODING, "gzip"),
	FATAL_HIGH(
	    "content_encoding", transfer_gzip, STS_REASON_ENCODING, "gzip"),

	QUIET("no_length", NULL, CHECK_PASS),
	QUIET("no_length", truncated, CHECK_SKIPPED),
	WARN("no_length", no_length, STS_REASON_OK, "Content-Length"),

	QUIET("truncated", NULL, CHECK_PASS),
	QUIET("truncated", refused, CHECK_SKIPPED),
	FATAL_HIGH("truncated", truncated, STS_REASON_TRUNCATED, "12 of 100"),

	QUIET("too_large", NULL, CHECK_PASS),
	QUIET("too_large", not_large, CHECK_PASS),
	QUIET("too_large", refused, CHECK_SKIPPED),
	HINT("too_large", large, "10001"),
	FATAL_HIGH("too_large", too_large, STS_REASON_TOO_LARGE, "65,536"),

	QUIET("empty_body", NULL, CHECK_PASS),
	QUIET("empty_body", refused, CHECK_SKIPPED),
	FATAL("empty_body", empty, STS_REASON_SYNTAX, "empty"),
	FATAL("empty_body", blank, STS_REASON_SYNTAX, "empty"),

	QUIET("html_body", NULL, CHECK_PASS),
	QUIET("html_body", empty, CHECK_PASS),
	QUIET("html_body", refused, CHECK_SKIPPED),
	FATAL("html_body", html, STS_REASON_SYNTAX, "<!DOCTYPE"),

	QUIET("slow_fetch", NULL, CHECK_PASS),
	QUIET("slow_fetch", not_slow, CHECK_PASS),
	QUIET("slow_fetch", refused, CHECK_SKIPPED),
	WARN("slow_fetch", slow, STS_REASON_DEADLINE, "10.0 s"),

	QUIET("address_refused", NULL, CHECK_PASS),
	QUIET("address_refused", no_txt, CHECK_SKIPPED),
	FATAL("address_refused", private_address, STS_REASON_REFUSED_ADDRESS,
	    "10.0.0.1"),

	QUIET("address_differs", NULL, CHECK_PASS),
	QUIET("address_differs", both_fail, CHECK_PASS),
	QUIET("address_differs", no_host, CHECK_SKIPPED),
	WARN("address_differs", ipv6_fails, STS_REASON_OK, "fails: refused"),
	WARN("address_differs", other_body, STS_REASON_OK, "another file"),
	WARN("address_differs", other_certificate, STS_REASON_OK,
	    "another certificate"),
	UNKNOWN("address_differs", ipv6_no_way, STS_REASON_OK, "2001:db8::80"),
	UNKNOWN("address_differs", differs_locally, STS_REASON_OK, "2001"),

	QUIET("policy_cname", NULL, CHECK_PASS),
	QUIET("policy_cname", no_txt, CHECK_SKIPPED),
	HINT("policy_cname", alias, "web.provider.test"),
	UNKNOWN("policy_cname", alias_failed, STS_REASON_OK, NULL),

	FATAL("tls_old", old_tls, STS_REASON_TLS_VERSION, "older than 1.2"),
};

static void
test_cases(void **state)
{
	(void)state;
	rule_check_cases(cases, sizeof(cases) / sizeof(cases[0]));
}

/* A file that cannot be reached is offered whole: from the MX hosts. */
static void
test_fix(void **state)
{
	struct evidence *e = world_good();
	struct check_findings *findings;
	struct check_facts *facts;
	const struct check_finding *finding;

	(void)state;
	status_404(e);
	facts = check_facts_new(e, NULL);
	findings = check_run(facts);
	finding = check_finding_find(findings, "http_status");
	assert_non_null(strstr(finding->fix,
	    "version: STSv1\nmode: testing\nmx: mx1.good.example\n"
	    "mx: mx2.good.example\nmax_age: 86400\n"));
	assert_string_equal(finding->see, "curl -sSi " WORLD_URL);
	check_findings_free(findings);
	check_facts_free(facts);
	evidence_free(e);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_fix),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
