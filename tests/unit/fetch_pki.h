/* SPDX-License-Identifier: ISC */
/* Certificates of every kind, made anew for each run. */
#ifndef FETCH_PKI_H
#define FETCH_PKI_H

#include <stdio.h>
#include <stdlib.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#define DAY_S (24L * 60 * 60)

enum pki_kind {
	PKI_GOOD,
	PKI_WILDCARD,
	PKI_EXPIRED,
	PKI_NOT_YET,
	PKI_WRONG_NAME,
	PKI_NO_HOST,
	PKI_CN_ONLY,
	PKI_IP_ONLY,
	PKI_PARTIAL_WILDCARD,
	PKI_DEEP_WILDCARD,
	PKI_SELF_SIGNED,
	PKI_NO_INTERMEDIATE,
	PKI_OTHER_ROOT,
	PKI_OTHER_CHAIN,
	PKI_CLIENT_ONLY,
	PKI_OLD_INTERMEDIATE,
	PKI_KINDS
};

struct pki_cert {
	X509 *cert;
	EVP_PKEY *key;
};

struct pki {
	struct pki_cert root, middle, old_middle, other;
	struct pki_cert leaf[PKI_KINDS];
};

struct pki_spec {
	const char *cn;
	const char *san; /* NULL: none */
	const char *usage; /* extendedKeyUsage, or NULL */
	long from_s, until_s; /* from now */
	const struct pki_cert *issuer; /* NULL: itself */
	bool is_ca;
};

static void
pki_check(bool is_good)
{
	if (!is_good) {
		fprintf(stderr, "OpenSSL cannot make a certificate\n");
		abort();
	}
}

static void
pki_extend(X509 *cert, X509 *issuer, int nid, const char *value)
{
	X509_EXTENSION *ext;
	X509V3_CTX ctx;

	X509V3_set_ctx(&ctx, issuer, cert, NULL, NULL, 0);
	ext = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	pki_check(ext != NULL && X509_add_ext(cert, ext, -1) == 1);
	X509_EXTENSION_free(ext);
}

static struct pki_cert
pki_make(const struct pki_spec *spec)
{
	static long serial = 1;
	struct pki_cert made = { X509_new(), EVP_EC_gen("P-256") };
	const struct pki_cert *issuer =
	    spec->issuer != NULL ? spec->issuer : &made;
	X509_NAME *name;

	pki_check(made.cert != NULL && made.key != NULL);
	X509_set_version(made.cert, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(made.cert), serial++);
	name = X509_get_subject_name(made.cert);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
	    (const unsigned char *)spec->cn, -1, -1, 0);
	X509_set_issuer_name(made.cert, X509_get_subject_name(issuer->cert));
	X509_gmtime_adj(X509_getm_notBefore(made.cert), spec->from_s);
	X509_gmtime_adj(X509_getm_notAfter(made.cert), spec->until_s);
	X509_set_pubkey(made.cert, made.key);
	pki_extend(made.cert, issuer->cert, NID_basic_constraints,
	    spec->is_ca ? "critical,CA:TRUE" : "CA:FALSE");
	if (spec->san != NULL)
		pki_extend(
		    made.cert, issuer->cert, NID_subject_alt_name, spec->san);
	if (spec->usage != NULL)
		pki_extend(
		    made.cert, issuer->cert, NID_ext_key_usage, spec->usage);
	pki_check(X509_sign(made.cert, issuer->key, EVP_sha256()) > 0);
	return made;
}

static struct pki_cert
pki_leaf(struct pki *pki, enum pki_kind kind)
{
	static const char host[] = "DNS:mta-sts.good.test";
	struct pki_spec spec = { "mta-sts.good.test", host, NULL, -DAY_S,
		30 * DAY_S, &pki->middle, false };

	switch (kind) {
	case PKI_GOOD:
	case PKI_NO_INTERMEDIATE:
	case PKI_KINDS:
		break;
	case PKI_WILDCARD:
		spec.san = "DNS:*.good.test";
		break;
	case PKI_EXPIRED:
		spec.from_s = -30 * DAY_S;
		spec.until_s = -DAY_S;
		break;
	case PKI_NOT_YET:
		spec.from_s = DAY_S;
		break;
	case PKI_WRONG_NAME:
		spec.san = "DNS:a.example, DNS:b.example";
		break;
	case PKI_NO_HOST:
		spec.san = "email:postmaster@good.test";
		break;
	case PKI_CN_ONLY:
		spec.san = NULL;
		break;
	case PKI_IP_ONLY:
		spec.san = "IP:127.0.0.1";
		break;
	case PKI_PARTIAL_WILDCARD:
		spec.san = "DNS:mta-*.good.test, DNS:m*.good.test";
		break;
	case PKI_DEEP_WILDCARD:
		spec.san = "DNS:*.test";
		break;
	case PKI_SELF_SIGNED:
		spec.issuer = NULL;
		break;
	case PKI_OTHER_ROOT:
	case PKI_OTHER_CHAIN:
		spec.issuer = &pki->other;
		break;
	case PKI_CLIENT_ONLY:
		spec.usage = "clientAuth";
		break;
	case PKI_OLD_INTERMEDIATE:
		spec.issuer = &pki->old_middle;
		break;
	}
	return pki_make(&spec);
}

static void
pki_init(struct pki *pki)
{
	struct pki_spec ca = { "Test Root", NULL, NULL, -60 * DAY_S, 90 * DAY_S,
		NULL, true };
	int i;

	pki->root = pki_make(&ca);
	ca.cn = "Other Root";
	pki->other = pki_make(&ca);
	ca.issuer = &pki->root;
	ca.cn = "Test Intermediate";
	pki->middle = pki_make(&ca);
	ca.cn = "Old Intermediate";
	ca.until_s = -DAY_S;
	pki->old_middle = pki_make(&ca);
	for (i = 0; i < PKI_KINDS; i++)
		pki->leaf[i] = pki_leaf(pki, (enum pki_kind)i);
}

static void
pki_drop(struct pki_cert *one)
{
	X509_free(one->cert);
	EVP_PKEY_free(one->key);
}

static void
pki_clear(struct pki *pki)
{
	int i;

	for (i = 0; i < PKI_KINDS; i++)
		pki_drop(&pki->leaf[i]);
	pki_drop(&pki->root);
	pki_drop(&pki->middle);
	pki_drop(&pki->old_middle);
	pki_drop(&pki->other);
}

static void
pki_write(const struct pki_cert *one, const char *path)
{
	FILE *file = fopen(path, "w");

	pki_check(file != NULL && PEM_write_X509(file, one->cert) == 1);
	fclose(file);
}

/* What the server shows: the leaf and what lies between it and the root. */
static void
pki_use(struct pki *pki, enum pki_kind kind, SSL_CTX *ctx)
{
	struct pki_cert *between = NULL;

	SSL_CTX_use_certificate(ctx, pki->leaf[kind].cert);
	SSL_CTX_use_PrivateKey(ctx, pki->leaf[kind].key);
	if (kind == PKI_OTHER_CHAIN)
		between = &pki->other;
	else if (kind == PKI_OLD_INTERMEDIATE)
		between = &pki->old_middle;
	else if (kind != PKI_NO_INTERMEDIATE && kind != PKI_SELF_SIGNED &&
	    kind != PKI_OTHER_ROOT)
		between = &pki->middle;
	if (between != NULL)
		SSL_CTX_add1_chain_cert(ctx, between->cert);
}

#endif
