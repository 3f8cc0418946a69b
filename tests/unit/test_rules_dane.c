/* SPDX-License-Identifier: ISC */
/* TLSA records against a chain that is made here: a CA and a leaf. */
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "check_mail.h"

static struct {
	EVP_PKEY *ca_key, *leaf_key;
	X509 *ca, *leaf;
} pki;

static X509 *
make_cert(const char *name, EVP_PKEY *key, const char *by, EVP_PKEY *by_key)
{
	X509 *cert = X509_new();

	X509_set_version(cert, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(cert), 7);
	ASN1_TIME_set(X509_getm_notBefore(cert), (time_t)WORLD_NOW - 86400);
	ASN1_TIME_set(X509_getm_notAfter(cert), (time_t)WORLD_NOW + 86400);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(cert), "CN",
	    MBSTRING_ASC, (const unsigned char *)name, -1, -1, 0);
	X509_NAME_add_entry_by_txt(X509_get_issuer_name(cert), "CN",
	    MBSTRING_ASC, (const unsigned char *)by, -1, -1, 0);
	X509_set_pubkey(cert, key);
	assert_true(X509_sign(cert, by_key, EVP_sha256()) > 0);
	return cert;
}

static int
make_pki(void **state)
{
	(void)state;
	pki.ca_key = EVP_EC_gen("P-256");
	pki.leaf_key = EVP_EC_gen("P-256");
	pki.ca = make_cert("Own CA", pki.ca_key, "Own CA", pki.ca_key);
	pki.leaf =
	    make_cert("mx1.good.example", pki.leaf_key, "Own CA", pki.ca_key);
	return 0;
}

static int
free_pki(void **state)
{
	(void)state;
	X509_free(pki.ca);
	X509_free(pki.leaf);
	EVP_PKEY_free(pki.ca_key);
	EVP_PKEY_free(pki.leaf_key);
	return 0;
}

static void
put_der(struct ev_bytes *to, X509 *cert, int selector)
{
	unsigned char *der = NULL;
	int len = selector == 0 ?
	    i2d_X509(cert, &der) :
	    i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert), &der);

	assert_true(len > 0);
	world_bytes(to, der, (size_t)len);
	OPENSSL_free(der);
}

/* One host, signed zone, chain of ours, no TLSA yet. */
static struct ev_mx *
signed_world(struct evidence *e)
{
	struct ev_mx *mx = &e->host_mx[0];

	ev_mx_clear(&e->host_mx[1]);
	e->mx_count = 1;
	e->is_validating = true;
	mx->a.ad = e->mx.ad = true;
	put_der(&mx->tls.cert[0].der, pki.leaf, 0);
	put_der(&mx->tls.cert[1].der, pki.ca, 0);
	world_dns(
	    &mx->tlsa, "_25._tcp.mx1.good.example", DNS_TLSA, DNS_NXDOMAIN);
	mx->tlsa.ad = true;
	return mx;
}

static void
add_tlsa(struct ev_mx *mx, X509 *of, uint8_t usage, uint8_t selector,
    uint8_t matching)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	struct ev_bytes der = { 0 };
	unsigned int len;
	struct ev_rr *rr;

	put_der(&der, of, selector);
	if (matching == 0) {
		rr = world_rr_bytes(&mx->tlsa, der.data, der.len);
	} else {
		assert_true(EVP_Digest(der.data, der.len, digest, &len,
		    matching == 1 ? EVP_sha256() : EVP_sha512(), NULL));
		rr = world_rr_bytes(&mx->tlsa, digest, len);
	}
	free(der.data);
	rr->usage = usage;
	rr->selector = selector;
	rr->matching = matching;
}

/* Every usage, selector and matching against leaf and CA. */
static void
test_match(void **state)
{
	struct mail_run run;
	struct ev_mx *mx;
	unsigned int n;
	uint8_t usage, selector, matching;
	bool is_ca, is_good;

	(void)state;
	for (n = 0; n < 24; n++) {
		usage = n & 1 ? 3 : 2;
		selector = n >> 1 & 1;
		is_ca = n >> 2 & 1;
		matching = (uint8_t)(n >> 3);
		is_good = is_ca == (usage == 2);
		run.e = world_good();
		mx = signed_world(run.e);
		add_tlsa(
		    mx, is_ca ? pki.ca : pki.leaf, usage, selector, matching);
		mail_judge(&run);
		if (mail_result(&run, "dane_mismatch") !=
			(is_good ? CHECK_PASS : CHECK_WARN) ||
		    mail_result(&run, "dane_unusable") != CHECK_PASS)
			fail_msg("%u %u %u of the %s", usage, selector,
			    matching, is_ca ? "CA" : "leaf");
		mail_end(&run);
	}
}

static void
no_zone(struct evidence *e)
{
	e->is_validating = false;
}

static void
absent(struct evidence *e)
{
	(void)signed_world(e);
}

static void
insecure(struct evidence *e)
{
	signed_world(e)->a.ad = false;
	add_tlsa(&e->host_mx[0], pki.ca, 3, 1, 1);
}

static void
not_validated(struct evidence *e)
{
	add_tlsa(signed_world(e), pki.ca, 3, 1, 1);
	e->is_validating = false;
}

static void
good(struct evidence *e)
{
	add_tlsa(signed_world(e), pki.leaf, 3, 1, 1);
}

static void
rollover(struct evidence *e)
{
	add_tlsa(signed_world(e), pki.ca, 3, 1, 1);
	add_tlsa(&e->host_mx[0], pki.leaf, 3, 1, 1);
}

static void
mismatch(struct evidence *e)
{
	add_tlsa(signed_world(e), pki.ca, 3, 1, 1);
}

/* Usage 3 asks for no name and no date (RFC 7672 3.1.1). */
static void
expired_leaf(struct evidence *e)
{
	good(e);
	e->host_mx[0].tls.cert[0].not_after = WORLD_NOW - 1;
}

/* Usage 2 does. */
static void
expired_anchor(struct evidence *e)
{
	add_tlsa(signed_world(e), pki.ca, 2, 0, 1);
	e->host_mx[0].tls.cert[0].not_after = WORLD_NOW - 1;
}

/* The anchor is sent, but did not sign the leaf. */
static void
broken_chain(struct evidence *e)
{
	X509 *other;

	add_tlsa(signed_world(e), pki.ca, 2, 0, 1);
	other =
	    make_cert("mx1.good.example", pki.leaf_key, "Own CA", pki.leaf_key);
	put_der(&e->host_mx[0].tls.cert[0].der, other, 0);
	X509_free(other);
}

static void
no_starttls(struct evidence *e)
{
	good(e);
	mail_smtp_end(&e->host_mx[0], EV_SMTP_NO_STARTTLS);
}

static void
not_seen(struct evidence *e)
{
	good(e);
	mail_smtp_end(&e->host_mx[0], EV_SMTP_UNREACHABLE);
}

static void
pkix_usage(struct evidence *e)
{
	add_tlsa(signed_world(e), pki.leaf, 1, 1, 1);
}

static void
short_digest(struct evidence *e)
{
	good(e);
	e->host_mx[0].tlsa.rr[0].text.len = 31;
}

static void
bad_selector(struct evidence *e)
{
	good(e);
	e->host_mx[0].tlsa.rr[0].selector = 2;
}

static void
look_up(struct evidence *e, enum dns_status status)
{
	struct ev_mx *mx = signed_world(e);

	world_dns(&mx->tlsa, "_25._tcp.mx1.good.example", DNS_TLSA, status);
}

static void
servfail(struct evidence *e)
{
	look_up(e, DNS_FAILED);
}

static void
silence(struct evidence *e)
{
	look_up(e, DNS_TIMEOUT);
}

static void
unsigned_absence(struct evidence *e)
{
	look_up(e, DNS_NXDOMAIN);
}

static const struct mail_case cases[] = {
	{ NULL, "dane_mismatch", CHECK_SKIPPED, SILENT, ANY, NULL },
	{ no_zone, "dane_absent", CHECK_SKIPPED, SILENT, ANY, NULL },
	{ not_validated, "dane_mismatch", CHECK_SKIPPED, SILENT, ANY, NULL },
	{ absent, "dane_mismatch", CHECK_SKIPPED, SILENT, ANY, NULL },
	{ insecure, "dane_mismatch", CHECK_SKIPPED, SILENT, ANY, NULL },
	{ good, "dane_mismatch", CHECK_PASS, SILENT, ANY, NULL },
	{ rollover, "dane_mismatch", CHECK_PASS, SILENT, ANY, NULL },
	{ expired_leaf, "dane_mismatch", CHECK_PASS, SILENT, ANY, NULL },
	{ expired_anchor, "dane_mismatch", CHECK_WARN, CHECK_WARNING, ANY,
	    NULL },
	{ broken_chain, "dane_mismatch", CHECK_WARN, CHECK_WARNING, ANY, NULL },
	{ mismatch, "dane_mismatch", CHECK_WARN, CHECK_WARNING, CHECK_HIGH,
	    "No TLSA record matches" },
	{ no_starttls, "dane_mismatch", CHECK_WARN, CHECK_WARNING, CHECK_HIGH,
	    "no STARTTLS" },
	{ not_seen, "dane_mismatch", CHECK_UNPROVEN, CHECK_INFO, ANY,
	    "mx1.good.example" },
	{ NULL, "dane_unusable", CHECK_SKIPPED, SILENT, ANY, NULL },
	{ good, "dane_unusable", CHECK_PASS, SILENT, ANY, NULL },
	{ pkix_usage, "dane_unusable", CHECK_PASS, CHECK_INFO, ANY,
	    "usage 2 or 3" },
	{ short_digest, "dane_unusable", CHECK_PASS, CHECK_INFO, ANY, NULL },
	{ bad_selector, "dane_unusable", CHECK_PASS, CHECK_INFO, ANY, NULL },
	{ pkix_usage, "dane_mismatch", CHECK_SKIPPED, SILENT, ANY, NULL },
	{ NULL, "dane_lookup", CHECK_SKIPPED, SILENT, ANY, NULL },
	{ good, "dane_lookup", CHECK_PASS, SILENT, ANY, NULL },
	{ servfail, "dane_lookup", CHECK_WARN, CHECK_WARNING, CHECK_LOW,
	    "SERVFAIL" },
	{ silence, "dane_lookup", CHECK_UNPROVEN, CHECK_INFO, ANY, NULL },
	{ NULL, "dane_absent", CHECK_SKIPPED, SILENT, ANY, NULL },
	{ good, "dane_absent", CHECK_PASS, SILENT, ANY, NULL },
	{ absent, "dane_absent", CHECK_PASS, CHECK_INFO, ANY,
	    "mx1.good.example" },
	{ unsigned_absence, "dane_absent", CHECK_PASS, SILENT, ANY, NULL },
};

static void
test_rules(void **state)
{
	(void)state;
	mail_check(cases, COUNT(cases));
}

/* The record that is offered is one that matches. */
static void
test_fix(void **state)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	struct ev_bytes der = { 0 };
	const struct check_finding *f;
	struct mail_run run;
	unsigned int i, len;
	char hex[129];

	(void)state;
	put_der(&der, pki.leaf, 1);
	EVP_Digest(der.data, der.len, digest, &len, EVP_sha256(), NULL);
	for (i = 0; i < len; i++)
		snprintf(hex + 2 * i, 3, "%02x", digest[i]);
	mail_begin(&run, mismatch);
	f = check_finding_find(run.findings, "dane_mismatch");
	assert_non_null(
	    strstr(f->fix, "_25._tcp.mx1.good.example. IN TLSA 3 1 1 "));
	assert_non_null(strstr(f->fix, hex));
	assert_int_equal(run.report->chip[CHECK_DANE], CHECK_WARN);
	assert_int_equal(run.report->priority, CHECK_HIGH);
	mail_end(&run);
	free(der.data);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_match),
		cmocka_unit_test(test_rules),
		cmocka_unit_test(test_fix),
	};

	return cmocka_run_group_tests(tests, make_pki, free_pki);
}
