/* SPDX-License-Identifier: ISC */
/*
 * TLSA records of the MX hosts (RFC 7672) against the chains they showed.
 * They count only when a validating resolver says that they, and the host's
 * address, are authentic; else everything here is skipped. DANE never lifts a
 * grade.
 */
#include <string.h>

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "check/mxhosts.h"
#include "check/ruletable.h"
#include "check/ruletool.h"
#include "sts/dane.h"

#define USAGE_EE 3

static bool
is_skipped(const struct check_facts *facts)
{
	return !facts->evidence->is_validating || facts->evidence->is_null_mx ||
	    facts->hosts == 0;
}

static struct sts_dane_look
look_of(const struct ev_dns *dns)
{
	struct sts_dane_look look = { .is_signed = dns->ad };

	if (!dns->is_asked)
		look.status = STS_DANE_OPEN;
	else if (check_has_records(dns))
		look.status = STS_DANE_FOUND;
	else
		look.status =
		    check_is_answered(dns) ? STS_DANE_ABSENT : STS_DANE_FAILED;
	return look;
}

static bool
is_usable(const struct ev_rr *rr)
{
	const struct sts_tlsa tlsa = { rr->usage, rr->selector, rr->matching,
		(const uint8_t *)rr->text.data, rr->text.len };

	return sts_tlsa_is_usable(&tlsa);
}

static size_t
usable(const struct ev_mx *mx)
{
	size_t i, n = 0;

	for (i = 0; i < mx->tlsa.count; i++)
		n += is_usable(&mx->tlsa.rr[i]);
	return n;
}

static struct sts_dane_host
host_of(const struct ev_mx *mx)
{
	return (struct sts_dane_host){
		.a = look_of(&mx->a),
		.aaaa = look_of(&mx->aaaa),
		.tlsa = look_of(&mx->tlsa),
		.has_usable = usable(mx) > 0,
	};
}

/* RFC 7672 2.2.2: without it nobody asks for TLSA. */
static bool
is_address_secure(const struct ev_mx *mx)
{
	const struct sts_dane_host host = host_of(mx);

	return sts_dane_asks_tlsa(&host);
}

static bool
has_tlsa(const struct ev_mx *mx)
{
	const struct sts_dane_host host = host_of(mx);
	enum sts_dane_use use = sts_dane_use(&host);

	return use == STS_DANE_USED || use == STS_DANE_UNUSABLE;
}

static X509 *
read_cert(const struct ev_cert *cert)
{
	const unsigned char *at = (const unsigned char *)cert->der.data;

	if (at == NULL || cert->der.len == 0 || cert->der.len > LONG_MAX)
		return NULL;
	return d2i_X509(NULL, &at, (long)cert->der.len);
}

/* Do the record's bytes say this certificate, or its key? */
static bool
is_match(const struct ev_rr *rr, const X509 *cert)
{
	unsigned char digest[EVP_MAX_MD_SIZE], *der = NULL;
	const EVP_MD *md = rr->matching == 1 ? EVP_sha256() : EVP_sha512();
	unsigned int digest_len = 0;
	bool is_same = false;
	int len;

	if (rr->selector == 0)
		len = i2d_X509(cert, &der);
	else
		len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert), &der);
	if (len <= 0)
		return false;
	if (rr->matching == 0)
		is_same = rr->text.len == (size_t)len &&
		    memcmp(rr->text.data, der, rr->text.len) == 0;
	else if (EVP_Digest(der, (size_t)len, digest, &digest_len, md, NULL))
		is_same = rr->text.len == digest_len &&
		    memcmp(rr->text.data, digest, digest_len) == 0;
	OPENSSL_free(der);
	return is_same;
}

static bool
is_issued_by(X509 *cert, X509 *issuer)
{
	EVP_PKEY *key = X509_get0_pubkey(issuer);

	return key != NULL && X509_check_issued(issuer, cert) == X509_V_OK &&
	    X509_verify(cert, key) == 1;
}

/* RFC 7672 3.2.2: the names of DANE-TA are the host's and the domain's. */
static bool
is_named(const struct check_facts *facts, const struct ev_mx *mx, X509 *leaf)
{
	const char *domain = facts->evidence->domain;

	return X509_check_host(leaf, mx->host, strlen(mx->host),
		   X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS, NULL) == 1 ||
	    X509_check_host(leaf, domain, strlen(domain),
		X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS, NULL) == 1 ||
	    mx->tls.is_name_ok;
}

/* Usage 2: an issuer in the chain that is sent, each link good below it. */
static bool
is_anchored(const struct check_facts *facts, const struct ev_mx *mx,
    const struct ev_rr *rr)
{
	X509 *leaf = read_cert(&mx->tls.cert[0]), *below = leaf, *above;
	bool is_found = false;
	size_t i;

	if (leaf == NULL)
		return false;
	for (i = 1; i < mx->tls.cert_count && !is_found; i++) {
		above = read_cert(&mx->tls.cert[i]);
		if (above == NULL || !is_issued_by(below, above)) {
			X509_free(above);
			break;
		}
		is_found = is_match(rr, above);
		if (below != leaf)
			X509_free(below);
		below = above;
	}
	is_found = is_found && is_named(facts, mx, leaf) &&
	    mx->tls.cert[0].not_before <= facts->now &&
	    mx->tls.cert[0].not_after >= facts->now;
	if (below != leaf)
		X509_free(below);
	X509_free(leaf);
	return is_found;
}

/* Usage 3: the leaf, whatever its names and dates (RFC 7672 3.1.1). */
static bool
is_leaf(const struct ev_mx *mx, const struct ev_rr *rr)
{
	X509 *leaf = read_cert(&mx->tls.cert[0]);
	bool is_same = leaf != NULL && is_match(rr, leaf);

	X509_free(leaf);
	return is_same;
}

static bool
is_any_match(const struct check_facts *facts, const struct ev_mx *mx)
{
	const struct ev_rr *rr;
	size_t i;

	for (i = 0; i < mx->tlsa.count; i++) {
		rr = &mx->tlsa.rr[i];
		if (!is_usable(rr))
			continue;
		if (rr->usage == USAGE_EE ? is_leaf(mx, rr) :
					    is_anchored(facts, mx, rr))
			return true;
	}
	return false;
}

static void
put_hex(struct buf *out, const unsigned char *data, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		buf_printf(out, "%02x", data[i]);
}

static void
put_see(struct check_finding *finding, const struct ev_mx *mx)
{
	struct buf name = { 0 };

	buf_printf(&name, "_25._tcp.%s", mx->host);
	check_see_dig(finding, "TLSA", buf_str(&name), NULL);
	buf_clear(&name);
}

/* The record that would be right: 3 1 1 of the leaf (RFC 7672 3.1). */
static void
put_fix(struct check_finding *finding, const struct ev_mx *mx)
{
	unsigned char digest[EVP_MAX_MD_SIZE], *der = NULL;
	struct buf fix = { 0 };
	unsigned int len = 0;
	X509 *leaf = NULL;
	int der_len = 0;

	if (mx->tls.cert_count > 0)
		leaf = read_cert(&mx->tls.cert[0]);
	if (leaf != NULL)
		der_len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(leaf), &der);
	if (der_len > 0 &&
	    EVP_Digest(
		der, (size_t)der_len, digest, &len, EVP_sha256(), NULL)) {
		buf_printf(&fix, "_25._tcp.%s. IN TLSA 3 1 1 ", mx->host);
		put_hex(&fix, digest, len);
	} else {
		buf_puts(&fix,
		    "Take the TLSA records away, or make them those of the "
		    "certificate (3 1 1); new ones before it changes.");
	}
	check_set(&finding->fix, "%s", buf_str(&fix));
	put_see(finding, mx);
	OPENSSL_free(der);
	X509_free(leaf);
	buf_clear(&fix);
}

static void
put_records(struct check_finding *finding, const struct ev_mx *mx)
{
	struct buf text = { 0 };
	const struct ev_rr *rr;
	size_t i;

	for (i = 0; i < mx->tlsa.count && i < 8; i++) {
		rr = &mx->tlsa.rr[i];
		buf_printf(&text, "%s%u %u %u ", i > 0 ? "; " : "", rr->usage,
		    rr->selector, rr->matching);
		if (rr->text.data != NULL)
			put_hex(&text, (const unsigned char *)rr->text.data,
			    rr->text.len < 64 ? rr->text.len : 64);
	}
	check_set(&finding->evidence, "%s", buf_str(&text));
	buf_clear(&text);
}

/* What DANE senders meet at a host with usable TLSA. */
enum dane_state {
	DANE_FINE,
	DANE_NO_MATCH,
	DANE_NO_TLS,
	DANE_NOT_SEEN
};

static enum dane_state
dane_state(const struct check_facts *facts, const struct ev_mx *mx)
{
	if (mx->end == EV_SMTP_NO_STARTTLS)
		return DANE_NO_TLS;
	if (!mx->tls.is_done || mx->tls.cert_count == 0 ||
	    mx->tls.cert[0].der.len == 0)
		return DANE_NOT_SEEN;
	return is_any_match(facts, mx) ? DANE_FINE : DANE_NO_MATCH;
}

static enum check_result
dane_mismatch(const struct check_facts *facts, const struct check_rule *rule,
    struct check_findings *findings)
{
	enum check_result result = CHECK_SKIPPED;
	struct mxhosts_list unseen = { 0 };
	struct check_finding *finding;
	enum dane_state state;
	const struct ev_mx *mx;
	size_t i;

	for (i = 0; !is_skipped(facts) && i < facts->hosts; i++) {
		mx = facts->host[i].mx;
		if (!has_tlsa(mx) || usable(mx) == 0)
			continue;
		state = dane_state(facts, mx);
		if (state == DANE_NOT_SEEN)
			mxhosts_put(&unseen, mx->host);
		if (result == CHECK_SKIPPED && state != DANE_NOT_SEEN)
			result = CHECK_PASS;
		if (state == DANE_FINE || state == DANE_NOT_SEEN)
			continue;
		result = CHECK_WARN;
		finding = check_add(findings, rule, CHECK_WARNING, CHECK_HIGH,
		    "%s of the MX host %s: senders that follow DANE do not "
		    "deliver to it, and MTA-STS must not override that.",
		    state == DANE_NO_TLS ?
			"There are TLSA records but no STARTTLS" :
			"No TLSA record matches the certificate",
		    CHECK_CLIP_TEXT(mx->host));
		put_records(finding, mx);
		put_fix(finding, mx);
	}
	if (unseen.count > 0 && result != CHECK_WARN)
		result = check_unproven(findings, rule, STS_REASON_OK,
		    "whether the TLSA records match the certificates of %s, "
		    "which were not seen.",
		    mxhosts_text(&unseen));
	mxhosts_clear(&unseen);
	return result;
}

static enum check_result
dane_unusable(const struct check_facts *facts, const struct check_rule *rule,
    struct check_findings *findings)
{
	enum check_result result = CHECK_SKIPPED;
	struct check_finding *finding;
	const struct ev_mx *mx;
	size_t i;

	for (i = 0; !is_skipped(facts) && i < facts->hosts; i++) {
		mx = facts->host[i].mx;
		if (!has_tlsa(mx))
			continue;
		result = CHECK_PASS;
		if (usable(mx) > 0)
			continue;
		finding = check_add(findings, rule, CHECK_INFO, CHECK_NORMAL,
		    "None of the TLSA records of %s can be used for SMTP "
		    "(usage 2 or 3, selector 0 or 1, a whole digest): DANE "
		    "senders encrypt to it without knowing to whom.",
		    CHECK_CLIP_TEXT(mx->host));
		put_records(finding, mx);
		put_fix(finding, mx);
	}
	return result;
}

static enum check_result
dane_lookup(const struct check_facts *facts, const struct check_rule *rule,
    struct check_findings *findings)
{
	enum check_result result = CHECK_SKIPPED;
	struct mxhosts_list open = { 0 };
	struct check_finding *finding;
	const struct ev_mx *mx;
	size_t i;

	for (i = 0; !is_skipped(facts) && i < facts->hosts; i++) {
		mx = facts->host[i].mx;
		if (!is_address_secure(mx) || !mx->tlsa.is_asked)
			continue;
		if (result == CHECK_SKIPPED)
			result = CHECK_PASS;
		if (check_is_answered(&mx->tlsa))
			continue;
		if (mx->tlsa.status != DNS_FAILED) {
			mxhosts_put(&open, mx->host);
			continue;
		}
		result = CHECK_WARN;
		finding = check_add(findings, rule, CHECK_WARNING, CHECK_LOW,
		    "The TLSA look-up of %s fails (%s): senders that follow "
		    "DANE put mail for it off (RFC 7672 2.1.2).",
		    CHECK_CLIP_TEXT(mx->host),
		    CHECK_CLIP_TEXT(mx->tlsa.detail));
		check_set(&finding->fix,
		    "Make every name server of the zone answer TLSA queries "
		    "for _25._tcp.%s with signed data, or a signed denial; "
		    "sign the zone again if its signatures have expired.",
		    CHECK_CLIP_TEXT(mx->host));
		put_see(finding, mx);
	}
	if (open.count > 0 && result != CHECK_WARN)
		result = check_unproven(findings, rule, STS_REASON_OK,
		    "the TLSA records of %s (no answer).", mxhosts_text(&open));
	mxhosts_clear(&open);
	return result;
}

static enum check_result
dane_absent(const struct check_facts *facts, const struct check_rule *rule,
    struct check_findings *findings)
{
	enum check_result result = CHECK_SKIPPED;
	const struct ev_mx *mx, *first = NULL;
	struct mxhosts_list list = { 0 };
	struct check_finding *finding;
	size_t i;

	for (i = 0; !is_skipped(facts) && i < facts->hosts; i++) {
		mx = facts->host[i].mx;
		if (!is_address_secure(mx) || !check_is_answered(&mx->tlsa))
			continue;
		result = CHECK_PASS;
		if (check_has_records(&mx->tlsa) || !mx->tlsa.ad)
			continue;
		if (first == NULL)
			first = mx;
		mxhosts_put(&list, mx->host);
	}
	if (first != NULL) {
		finding = check_add(findings, rule, CHECK_INFO, CHECK_NORMAL,
		    "The zone of %s is signed, but there are no TLSA records: "
		    "with them senders that follow DANE are covered too.",
		    mxhosts_text(&list));
		put_fix(finding, first);
	}
	mxhosts_clear(&list);
	return result;
}

#define RULE(name, section, text)                                        \
	const struct check_rule check_rule_##name = { #name, CHECK_DANE, \
		section, text, name }

RULE(dane_mismatch, "RFC 7672 3", "TLSA records match the certificates");
RULE(dane_unusable, "RFC 7672 3.1", "TLSA records can be used");
RULE(dane_lookup, "RFC 7672 2.1.2", "TLSA look-ups are answered");
RULE(dane_absent, "RFC 7672 3.1", "A signed zone has TLSA records");
