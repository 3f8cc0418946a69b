/* SPDX-License-Identifier: ISC */
/* Port 25 of the MX hosts. */
#include <openssl/x509_vfy.h>

#include "check_mail.h"

static void
unreachable(struct evidence *e)
{
	mail_smtp_end(&e->host_mx[0], EV_SMTP_UNREACHABLE);
	world_set(&e->host_mx[0].detail, "connection timed out");
}

static void
turned_away(struct evidence *e)
{
	mail_smtp_end(&e->host_mx[1], EV_SMTP_TURNED_AWAY);
}

static void
all_unreachable(struct evidence *e)
{
	mail_smtp_end(&e->host_mx[0], EV_SMTP_UNREACHABLE);
	mail_smtp_end(&e->host_mx[1], EV_SMTP_UNREACHABLE);
}

static void
not_asked(struct evidence *e)
{
	mail_smtp_end(&e->host_mx[0], EV_SMTP_NOT_PROBED);
	mail_smtp_end(&e->host_mx[1], EV_SMTP_NOT_PROBED);
	e->is_smtp_skipped = true;
}

static void
plain(struct evidence *e)
{
	mail_smtp_end(&e->host_mx[0], EV_SMTP_NO_STARTTLS);
}

static void
plain_testing(struct evidence *e)
{
	plain(e);
	mail_testing(e);
}

static void
plain_none(struct evidence *e)
{
	plain(e);
	mail_none(e);
}

static void
plain_nothing(struct evidence *e)
{
	plain(e);
	world_no_txt(e);
	world_fetch_failed(&e->fetch, STS_REASON_CONNECT, "refused");
}

static void
failed(struct evidence *e)
{
	mail_smtp_end(&e->host_mx[0], EV_SMTP_STARTTLS_FAILED);
	world_set(&e->host_mx[0].tls.error, "handshake failure");
}

static void
failed_testing(struct evidence *e)
{
	failed(e);
	mail_testing(e);
}

static void
expired(struct evidence *e)
{
	e->host_mx[0].tls.cert[0].not_after = WORLD_NOW - 1;
	e->host_mx[0].tls.verify_error = X509_V_ERR_CERT_HAS_EXPIRED;
}

static void
expired_testing(struct evidence *e)
{
	expired(e);
	mail_testing(e);
}

static void
not_yet(struct evidence *e)
{
	e->host_mx[0].tls.cert[0].not_before = WORLD_NOW + 60;
	e->host_mx[0].tls.verify_error = X509_V_ERR_CERT_NOT_YET_VALID;
}

static void
self_signed(struct evidence *e)
{
	e->host_mx[0].tls.verify_error = X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT;
}

static void
no_intermediate(struct evidence *e)
{
	e->host_mx[0].tls.verify_error =
	    X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY;
	free(e->host_mx[0].tls.cert[1].subject);
	free(e->host_mx[0].tls.cert[1].issuer);
	free(e->host_mx[0].tls.cert[1].der.data);
	e->host_mx[0].tls.cert_count = 1;
}

static void
wrong_name(struct evidence *e)
{
	world_set(&e->host_mx[0].tls.cert[0].san[0], "other.example");
	e->host_mx[0].tls.is_name_ok = false;
}

static void
cn_only(struct evidence *e)
{
	struct ev_cert *leaf = &e->host_mx[0].tls.cert[0];

	free(leaf->san[0]);
	leaf->san_count = 0;
	e->host_mx[0].tls.is_name_ok = false;
}

static void
old_tls(struct evidence *e)
{
	world_set(&e->host_mx[0].tls.version, "TLSv1.1");
}

static void
old_tls_testing(struct evidence *e)
{
	old_tls(e);
	mail_testing(e);
}

static void
tls_12(struct evidence *e)
{
	world_set(&e->host_mx[0].tls.version, "TLSv1.2");
}

static void
in_13_days(struct evidence *e)
{
	e->host_mx[0].tls.cert[0].not_after = WORLD_NOW + 13 * WORLD_DAY_S;
}

static void
in_14_days(struct evidence *e)
{
	e->host_mx[0].tls.cert[0].not_after = WORLD_NOW + 14 * WORLD_DAY_S;
}

static void
in_6_days(struct evidence *e)
{
	e->host_mx[0].tls.cert[0].not_after = WORLD_NOW + 6 * WORLD_DAY_S;
}

static const struct mail_case cases[] = {
	{ NULL, "smtp_unreachable", CHECK_PASS, SILENT, ANY, NULL },
	{ unreachable, "smtp_unreachable", CHECK_UNPROVEN, CHECK_INFO,
	    CHECK_NORMAL, "connection timed out" },
	{ turned_away, "smtp_unreachable", CHECK_UNPROVEN, CHECK_INFO, ANY,
	    "1 of 2" },
	{ not_asked, "smtp_unreachable", CHECK_UNPROVEN, CHECK_INFO, ANY,
	    "--no-smtp" },
	{ mail_none, "smtp_unreachable", CHECK_SKIPPED, SILENT, ANY, NULL },
	{ NULL, "starttls_missing", CHECK_PASS, SILENT, ANY, NULL },
	{ plain, "starttls_missing", CHECK_FAIL, CHECK_CRITICAL, CHECK_HIGH,
	    "mx1.good.example" },
	{ plain_testing, "starttls_missing", CHECK_WARN, CHECK_WARNING,
	    CHECK_MEDIUM, NULL },
	{ plain_nothing, "starttls_missing", CHECK_WARN, CHECK_WARNING,
	    CHECK_LOW, NULL },
	{ plain_none, "starttls_missing", CHECK_SKIPPED, SILENT, ANY, NULL },
	{ unreachable, "starttls_missing", CHECK_PASS, SILENT, ANY, NULL },
	{ all_unreachable, "starttls_missing", CHECK_SKIPPED, SILENT, ANY,
	    NULL },
	{ NULL, "starttls_failed", CHECK_PASS, SILENT, ANY, NULL },
	{ failed, "starttls_failed", CHECK_FAIL, CHECK_CRITICAL, CHECK_HIGH,
	    "handshake failure" },
	{ failed_testing, "starttls_failed", CHECK_WARN, CHECK_WARNING, ANY,
	    NULL },
	{ all_unreachable, "starttls_failed", CHECK_SKIPPED, SILENT, ANY,
	    NULL },
	{ NULL, "mx_cert", CHECK_PASS, SILENT, ANY, NULL },
	{ expired, "mx_cert", CHECK_FAIL, CHECK_CRITICAL, CHECK_HIGH,
	    "expired on 2026-05-28" },
	{ expired_testing, "mx_cert", CHECK_WARN, CHECK_WARNING, CHECK_MEDIUM,
	    NULL },
	{ not_yet, "mx_cert", CHECK_FAIL, CHECK_CRITICAL, ANY,
	    "not valid before" },
	{ self_signed, "mx_cert", CHECK_FAIL, CHECK_CRITICAL, ANY,
	    "self-signed" },
	{ no_intermediate, "mx_cert", CHECK_FAIL, CHECK_CRITICAL, ANY,
	    "intermediate" },
	{ wrong_name, "mx_cert", CHECK_FAIL, CHECK_CRITICAL, ANY,
	    "it is for other.example" },
	{ cn_only, "mx_cert", CHECK_FAIL, CHECK_CRITICAL, ANY,
	    "Postfix delivers, the RFC forbids" },
	{ all_unreachable, "mx_cert", CHECK_SKIPPED, SILENT, ANY, NULL },
	{ NULL, "mx_tls_old", CHECK_PASS, SILENT, ANY, NULL },
	{ tls_12, "mx_tls_old", CHECK_PASS, SILENT, ANY, NULL },
	{ old_tls, "mx_tls_old", CHECK_FAIL, CHECK_CRITICAL, CHECK_HIGH,
	    "TLSv1.1" },
	{ old_tls_testing, "mx_tls_old", CHECK_WARN, CHECK_WARNING, ANY, NULL },
	{ all_unreachable, "mx_tls_old", CHECK_SKIPPED, SILENT, ANY, NULL },
	{ NULL, "mx_cert_expiring", CHECK_PASS, SILENT, ANY, NULL },
	{ in_14_days, "mx_cert_expiring", CHECK_PASS, SILENT, ANY, NULL },
	{ in_13_days, "mx_cert_expiring", CHECK_WARN, CHECK_WARNING, CHECK_LOW,
	    "in 13 days" },
	{ in_6_days, "mx_cert_expiring", CHECK_WARN, CHECK_WARNING, CHECK_HIGH,
	    NULL },
	{ expired, "mx_cert_expiring", CHECK_PASS, SILENT, ANY, NULL },
	{ all_unreachable, "mx_cert_expiring", CHECK_SKIPPED, SILENT, ANY,
	    NULL },
};

static void
test_rules(void **state)
{
	(void)state;
	mail_check(cases, COUNT(cases));
}

/* A host's name is a stranger's: it must not end the shell's word. */
static void
test_quoted(void **state)
{
	const struct check_finding *f;
	struct mail_run run = { 0 };

	(void)state;
	run.e = world_good();
	plain(run.e);
	world_set(&run.e->host_mx[0].host, "a';id;'.example");
	mail_judge(&run);
	f = check_finding_find(run.findings, "starttls_missing");
	assert_non_null(strstr(f->see, "'a'\\'';id;'\\''.example'"));
	mail_end(&run);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rules),
		cmocka_unit_test(test_quoted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
