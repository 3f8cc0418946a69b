/* SPDX-License-Identifier: ISC */
/* The rules on the certificate of the policy host. */
#include <openssl/x509_vfy.h>

#include "check_rules.h"

#define C    CHECK_CRITICAL
#define W    CHECK_WARNING
#define I    CHECK_INFO
#define HOST "mta-sts." WORLD_DOMAIN

static void
until(struct evidence *e, int64_t not_after)
{
	world_tls(&e->fetch.tls, HOST, not_after);
}

static void
no_txt(struct evidence *e)
{
	world_no_txt(e);
	world_fetch_failed(&e->fetch, STS_REASON_CONNECT, "refused");
}

static void
refused(struct evidence *e)
{
	world_fetch_failed(&e->fetch, STS_REASON_CONNECT, "refused");
}

static void
expired(struct evidence *e)
{
	until(e, WORLD_NOW - 3 * WORLD_DAY_S);
	e->fetch.tls.verify_error = X509_V_ERR_CERT_HAS_EXPIRED;
	world_refused(e, STS_REASON_TLS_EXPIRED, 200, "expired 2026-05-25");
}

static void
expired_unread(struct evidence *e)
{
	expired(e);
	e->fetch.status = 0;
	world_bytes(&e->fetch.body, "", 0);
}

static void
expired_testing(struct evidence *e)
{
	world_body(e,
	    "version: STSv1\nmode: testing\nmx: *.good.example\n"
	    "max_age: 86400\n");
	expired(e);
}

static void
ended_just_now(struct evidence *e)
{
	until(e, WORLD_NOW - 1);
}

static void
not_yet(struct evidence *e)
{
	until(e, WORLD_NOW + 91 * WORLD_DAY_S);
	e->fetch.tls.verify_error = X509_V_ERR_CERT_NOT_YET_VALID;
}

static void
middle_expired(struct evidence *e)
{
	e->fetch.tls.cert[1].not_after = WORLD_NOW - 1;
	e->fetch.tls.verify_error = X509_V_ERR_CERT_HAS_EXPIRED;
	e->fetch.tls.verify_depth = 1;
}

static void
unneeded_expired(struct evidence *e)
{
	e->fetch.tls.cert[1].not_after = WORLD_NOW - 1;
}

static void
expired_unseen(struct evidence *e)
{
	world_fetch_failed(
	    &e->fetch, STS_REASON_TLS_EXPIRED, "certificate expired");
}

static void
wrong_name(struct evidence *e)
{
	world_set(&e->fetch.tls.cert[0].san[0], "www.other\033.test");
	e->fetch.tls.is_name_ok = false;
}

static void
common_name(struct evidence *e)
{
	free(e->fetch.tls.cert[0].san[0]);
	e->fetch.tls.cert[0].san_count = 0;
	e->fetch.tls.is_name_ok = false;
	e->fetch.tls.verify_error = X509_V_ERR_HOSTNAME_MISMATCH;
}

static void
name_unseen(struct evidence *e)
{
	world_fetch_failed(
	    &e->fetch, STS_REASON_TLS_NAME, "certificate is for a.test");
}

static void
many_names(struct evidence *e)
{
	struct ev_cert *cert = &e->fetch.tls.cert[0];
	size_t i;

	wrong_name(e);
	cert->san = xreallocarray(cert->san, 256, sizeof(*cert->san));
	for (i = 1; i < 256; i++)
		cert->san[i] = xstrdup("a-rather-long-name.other.test");
	cert->san_count = 256;
}

static void
chain_error(struct evidence *e, int error, size_t certs)
{
	struct ev_cert *last = &e->fetch.tls.cert[1];

	e->fetch.tls.verify_error = error;
	if (certs == 1) {
		free(last->subject);
		free(last->issuer);
		free(last->der.data);
		e->fetch.tls.cert_count = 1;
	}
}

static void
self_signed(struct evidence *e)
{
	chain_error(e, X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, 1);
}

static void
unknown_root(struct evidence *e)
{
	chain_error(e, X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, 2);
}

static void
no_intermediate(struct evidence *e)
{
	chain_error(e, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, 1);
}

static void
unknown_ca(struct evidence *e)
{
	chain_error(e, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, 2);
}

static void
odd_chain(struct evidence *e)
{
	chain_error(e, X509_V_ERR_CERT_SIGNATURE_FAILURE, 2);
}

static void
chain_unseen(struct evidence *e)
{
	world_fetch_failed(
	    &e->fetch, STS_REASON_TLS_CHAIN, "self-signed certificate");
}

static void
in_14_days(struct evidence *e)
{
	until(e, WORLD_NOW + 14 * WORLD_DAY_S);
}

static void
under_14_days(struct evidence *e)
{
	until(e, WORLD_NOW + 14 * WORLD_DAY_S - 1);
}

static void
in_7_days(struct evidence *e)
{
	until(e, WORLD_NOW + 7 * WORLD_DAY_S);
}

static void
under_7_days(struct evidence *e)
{
	until(e, WORLD_NOW + 7 * WORLD_DAY_S - 1);
}

static void
old_version(struct evidence *e)
{
	world_set(&e->fetch.tls.version, "TLSv1.1");
}

static void
old_refused(struct evidence *e)
{
	world_fetch_failed(&e->fetch, STS_REASON_TLS_VERSION,
	    "the server's TLS is older than 1.2");
}

static void
old_offered(struct evidence *e)
{
	e->fetch.tls.is_old_offered = true;
}

static void
old_not_asked(struct evidence *e)
{
	e->fetch.tls.is_old_asked = false;
}

static void
shorter_than_cache(struct evidence *e)
{
	until(e, WORLD_NOW + 604800 - 1);
}

static void
as_long_as_cache(struct evidence *e)
{
	until(e, WORLD_NOW + 604800);
}

static void
shorter_but_none(struct evidence *e)
{
	shorter_than_cache(e);
	world_body(e, "version: STSv1\nmode: none\nmax_age: 31557600\n");
}

#define FATAL(code, change, priority, reason, words)                    \
	{                                                               \
		code, change, CHECK_FAIL, C, priority, reason, 0, words \
	}
#define WARN(code, change, priority, words)                                    \
	{                                                                      \
		code, change, CHECK_WARN, W, priority, STS_REASON_OK, 0, words \
	}

static const struct rule_case cases[] = {
	QUIET("cert_expired", NULL, CHECK_PASS),
	QUIET("cert_expired", no_txt, CHECK_SKIPPED),
	QUIET("cert_expired", refused, CHECK_SKIPPED),
	QUIET("cert_expired", unneeded_expired, CHECK_PASS),
	FATAL("cert_expired", expired, CHECK_HIGH, STS_REASON_TLS_EXPIRED,
	    "expired on 2026-05-25 20:26 UTC, 3 days ago"),
	FATAL("cert_expired", expired, CHECK_HIGH, STS_REASON_TLS_EXPIRED,
	    "enforcing it until 2026-06-01 20:26 UTC at the latest, then "
	    "fall back silently"),
	FATAL("cert_expired", expired_unread, CHECK_MEDIUM,
	    STS_REASON_TLS_EXPIRED, "until its max_age is over"),
	FATAL("cert_expired", expired_testing, CHECK_MEDIUM,
	    STS_REASON_TLS_EXPIRED, "testing it until 2026-05-26"),
	FATAL("cert_expired", ended_just_now, CHECK_HIGH,
	    STS_REASON_TLS_EXPIRED, "1 second ago"),
	FATAL("cert_expired", not_yet, CHECK_HIGH, STS_REASON_TLS_EXPIRED,
	    "not valid before 2026-05-29"),
	FATAL("cert_expired", middle_expired, CHECK_HIGH,
	    STS_REASON_TLS_EXPIRED, "CN=Test CA"),
	FATAL("cert_expired", expired_unseen, CHECK_MEDIUM,
	    STS_REASON_TLS_EXPIRED, "certificate expired"),

	QUIET("cert_name", NULL, CHECK_PASS),
	QUIET("cert_name", refused, CHECK_SKIPPED),
	QUIET("cert_name", expired, CHECK_PASS),
	FATAL("cert_name", wrong_name, CHECK_HIGH, STS_REASON_TLS_NAME,
	    "www.other\\x1b.test"),
	FATAL("cert_name", common_name, CHECK_HIGH, STS_REASON_TLS_NAME,
	    "(CN=mta-sts.good.example) does not count"),
	FATAL("cert_name", name_unseen, CHECK_MEDIUM, STS_REASON_TLS_NAME,
	    "a.test"),
	FATAL("cert_name", many_names, CHECK_HIGH, STS_REASON_TLS_NAME, "..."),

	QUIET("cert_chain", NULL, CHECK_PASS),
	QUIET("cert_chain", refused, CHECK_SKIPPED),
	QUIET("cert_chain", expired, CHECK_PASS),
	QUIET("cert_chain", common_name, CHECK_PASS),
	FATAL("cert_chain", self_signed, CHECK_HIGH, STS_REASON_TLS_CHAIN,
	    "self-signed"),
	FATAL("cert_chain", unknown_root, CHECK_HIGH, STS_REASON_TLS_CHAIN,
	    "root is no CA"),
	FATAL("cert_chain", no_intermediate, CHECK_HIGH, STS_REASON_TLS_CHAIN,
	    "intermediate certificate is missing"),
	FATAL("cert_chain", unknown_ca, CHECK_HIGH, STS_REASON_TLS_CHAIN,
	    "CA is not known"),
	FATAL("cert_chain", odd_chain, CHECK_HIGH, STS_REASON_TLS_CHAIN,
	    "signature"),
	FATAL("cert_chain", chain_unseen, CHECK_MEDIUM, STS_REASON_TLS_CHAIN,
	    "self-signed"),

	QUIET("cert_expiring", NULL, CHECK_PASS),
	QUIET("cert_expiring", in_14_days, CHECK_PASS),
	QUIET("cert_expiring", expired, CHECK_SKIPPED),
	QUIET("cert_expiring", refused, CHECK_SKIPPED),
	WARN("cert_expiring", under_14_days, CHECK_LOW, "in 13 days"),
	WARN("cert_expiring", in_7_days, CHECK_LOW, "in 7 days"),
	WARN("cert_expiring", under_7_days, CHECK_HIGH,
	    "enforcing it until 2026-06-11"),

	QUIET("tls_old", NULL, CHECK_PASS),
	QUIET("tls_old", refused, CHECK_SKIPPED),
	FATAL("tls_old", old_version, CHECK_HIGH, STS_REASON_TLS_VERSION,
	    "TLSv1.1"),
	FATAL("tls_old", old_refused, CHECK_MEDIUM, STS_REASON_TLS_VERSION,
	    "older than 1.2"),
	WARN("tls_old", old_offered, CHECK_LOW, "TLS 1.0 or 1.1"),
	{ "tls_old", old_not_asked, CHECK_UNPROVEN, I, CHECK_NORMAL,
	    STS_REASON_OK, 0, NULL },

	QUIET("cert_vs_cache", NULL, CHECK_PASS),
	QUIET("cert_vs_cache", as_long_as_cache, CHECK_PASS),
	QUIET("cert_vs_cache", shorter_but_none, CHECK_SKIPPED),
	QUIET("cert_vs_cache", expired, CHECK_SKIPPED),
	{ "cert_vs_cache", shorter_than_cache, CHECK_PASS, I, CHECK_NORMAL,
	    STS_REASON_OK, 0, "max_age 604800 s" },
};

static void
test_cases(void **state)
{
	(void)state;
	rule_check_cases(cases, sizeof(cases) / sizeof(cases[0]));
}

/* One fault never hides another. */
static void
test_all_at_once(void **state)
{
	struct evidence *e = world_good();
	struct check_findings *findings;
	struct check_facts *facts;

	(void)state;
	expired(e);
	self_signed(e);
	wrong_name(e);
	old_offered(e);
	facts = check_facts_new(e, NULL);
	findings = check_run(facts);
	assert_non_null(check_finding_find(findings, "cert_expired"));
	assert_non_null(check_finding_find(findings, "cert_chain"));
	assert_non_null(check_finding_find(findings, "cert_name"));
	assert_non_null(check_finding_find(findings, "tls_old"));
	check_findings_free(findings);
	check_facts_free(facts);
	evidence_free(e);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_all_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
