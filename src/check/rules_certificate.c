/* SPDX-License-Identifier: ISC */
/*
 * The certificate of mta-sts.D: RFC 8461 section 3.3. All that is wrong with
 * it is said, not only what the handshake failed for first.
 */
#include <inttypes.h>
#include <string.h>

#include <openssl/x509_vfy.h>

#include "check/fixes.h"
#include "check/ruletable.h"
#include "check/ruletool.h"

/* What a fault of the certificate has in common. */
#define RENEW                                                                \
	"Renew it automatically, and let the alarm ring earlier before the " \
	"end than max_age is long:\n\ncertbot certonly -d mta-sts.%s"

/* The leaf; NULL: none was seen. */
static const struct ev_cert *
find_leaf(const struct check_facts *f)
{
	const struct ev_fetch *fetch = &f->evidence->fetch;

	return f->is_attempted && fetch->is_asked && fetch->tls.cert_count > 0 ?
	    &fetch->tls.cert[0] :
	    NULL;
}

/* Is there anything to judge by? */
static bool
is_seen(const struct check_facts *f, enum sts_reason reason)
{
	return find_leaf(f) != NULL ||
	    (f->is_attempted && f->evidence->fetch.is_asked &&
		f->evidence->fetch.reason == reason);
}

static void
see_certificate(const struct check_facts *f, struct check_finding *finding,
    const char *more)
{
	struct buf host = { 0 };

	buf_printf(&host, "mta-sts.%s", f->evidence->domain);
	check_see_tls(finding, buf_str(&host), more);
	buf_clear(&host);
}

static void
see_fields(const struct check_facts *f, struct check_finding *finding)
{
	struct buf b = { 0 };

	see_certificate(f, finding, "-showcerts");
	buf_puts(&b, finding->see);
	buf_puts(&b,
	    " | openssl x509 -noout -subject -issuer -dates "
	    "-ext subjectAltName");
	check_set(&finding->see, "%s", buf_str(&b));
	buf_clear(&b);
}

static struct check_finding *
add_fault(const struct check_facts *f, const struct check_rule *rule,
    struct check_findings *findings, enum sts_reason reason,
    const char *message)
{
	struct check_finding *finding;

	finding = check_add(findings, rule, CHECK_CRITICAL,
	    check_critical_priority(f, rule), "%s", message);
	finding->reason = reason;
	return finding;
}

/* Until when do cached policies hold, once no new one can be fetched? */
static void
put_cache_words(struct buf *b, const struct check_facts *f, int64_t since)
{
	if (!f->is_valid || f->mode == STS_MODE_NONE) {
		buf_puts(b,
		    "those that hold it go on with it until its "
		    "max_age is over, then fall back silently to mail without "
		    "verified TLS.");
		return;
	}
	buf_printf(b,
	    "those that hold it go on %s until %s at the latest, "
	    "then fall back silently to mail without verified TLS.",
	    f->mode == STS_MODE_ENFORCE ? "enforcing it" : "testing it",
	    CHECK_TIME(since + (int64_t)f->file.policy.max_age));
}

static bool
is_out_of_date(const struct ev_cert *cert, int64_t now)
{
	return cert->not_after < now || cert->not_before > now;
}

/* The first certificate of the chain that is not valid now; NULL: none. */
static const struct ev_cert *
find_expired(const struct check_facts *f)
{
	const struct ev_tls *tls = &f->evidence->fetch.tls;
	bool is_date_error = tls->verify_error == X509_V_ERR_CERT_HAS_EXPIRED ||
	    tls->verify_error == X509_V_ERR_CERT_NOT_YET_VALID ||
	    f->evidence->fetch.reason == STS_REASON_TLS_EXPIRED;
	size_t i;

	/* A chain may hold an old CA that verification had no need of. */
	for (i = 0; i < tls->cert_count && (i == 0 || is_date_error); i++)
		if (is_out_of_date(&tls->cert[i], f->now))
			return &tls->cert[i];
	return NULL;
}

static enum check_result
run_cert_expired(const struct check_facts *f, const struct check_rule *rule,
    struct check_findings *findings)
{
	const struct evidence *e = f->evidence;
	const struct ev_cert *cert;
	struct check_finding *finding;
	struct buf text = { 0 };

	if (!is_seen(f, STS_REASON_TLS_EXPIRED))
		return CHECK_SKIPPED;
	cert = find_expired(f);
	if (cert == NULL && e->fetch.reason != STS_REASON_TLS_EXPIRED)
		return CHECK_PASS;
	if (cert == NULL)
		buf_printf(&text, "The certificate of mta-sts.%s: %s.",
		    e->domain, CHECK_CLIP_TEXT(e->fetch.detail));
	else if (cert != find_leaf(f))
		buf_printf(&text,
		    "A CA certificate of mta-sts.%s (%s) is valid from %s to "
		    "%s, not now.",
		    e->domain, CHECK_CLIP_TEXT(cert->subject),
		    CHECK_DAY(cert->not_before), CHECK_DAY(cert->not_after));
	else if (cert->not_before > f->now)
		buf_printf(&text,
		    "The certificate of mta-sts.%s is not valid before %s.",
		    e->domain, CHECK_TIME(cert->not_before));
	else
		buf_printf(&text,
		    "The certificate of mta-sts.%s expired on %s, %s ago.",
		    e->domain, CHECK_TIME(cert->not_after),
		    CHECK_DURATION(f->now - cert->not_after));
	buf_puts(&text, " No sender can fetch the policy; ");
	put_cache_words(&text, f,
	    cert != NULL && cert->not_after < f->now ? cert->not_after :
						       f->now);
	finding = add_fault(
	    f, rule, findings, STS_REASON_TLS_EXPIRED, buf_str(&text));
	buf_clear(&text);
	check_set(&finding->fix, RENEW, e->domain);
	see_fields(f, finding);
	return CHECK_FAIL;
}

/* The names in it, as many as fit. */
static void
put_names(struct buf *b, const struct ev_cert *cert)
{
	struct buf list = { 0 };
	size_t i;

	for (i = 0; i < cert->san_count && list.len <= CHECK_CLIP_BYTES; i++) {
		if (i > 0)
			buf_puts(&list, ", ");
		buf_puts(&list, cert->san[i] != NULL ? cert->san[i] : "");
	}
	buf_printf(b, "it is for %s", CHECK_CLIP(buf_str(&list), list.len));
	buf_clear(&list);
}

static enum check_result
run_cert_name(const struct check_facts *f, const struct check_rule *rule,
    struct check_findings *findings)
{
	const struct evidence *e = f->evidence;
	const struct ev_cert *leaf = find_leaf(f);
	struct check_finding *finding;
	struct buf text = { 0 };

	if (!is_seen(f, STS_REASON_TLS_NAME))
		return CHECK_SKIPPED;
	if (e->fetch.reason != STS_REASON_TLS_NAME &&
	    (leaf == NULL || e->fetch.tls.is_name_ok))
		return CHECK_PASS;
	buf_printf(&text, "The certificate is not for mta-sts.%s: ", e->domain);
	if (leaf != NULL && leaf->san_count > 0)
		put_names(&text, leaf);
	else if (leaf != NULL)
		buf_printf(&text,
		    "it has no DNS name in subjectAltName, and the subject "
		    "(%s) does not count",
		    CHECK_CLIP_TEXT(leaf->subject));
	else
		buf_puts(&text, CHECK_CLIP_TEXT(e->fetch.detail));
	buf_puts(&text,
	    ". A \"*\" stands for the whole left-most label, and for that "
	    "alone.");
	finding =
	    add_fault(f, rule, findings, STS_REASON_TLS_NAME, buf_str(&text));
	buf_clear(&text);
	check_set(&finding->fix,
	    "Get a certificate that names the policy host, and let the web "
	    "server use it for that name (SNI):\n\n"
	    "certbot certonly -d mta-sts.%s",
	    e->domain);
	see_fields(f, finding);
	return CHECK_FAIL;
}

/* Errors of the date and of the name are the other rules'. */
static bool
is_chain_error(int error)
{
	return error != X509_V_OK && error != X509_V_ERR_CERT_HAS_EXPIRED &&
	    error != X509_V_ERR_CERT_NOT_YET_VALID &&
	    error != X509_V_ERR_HOSTNAME_MISMATCH;
}

struct chain_words {
	const char *message, *fix;
};

static struct chain_words
chain_words(const struct ev_tls *tls)
{
	static const char full_chain[] =
	    "Let the web server send the whole chain: the certificate, then "
	    "the intermediates, as in certbot's fullchain.pem.";
	static const char public_ca[] =
	    "Get a certificate of a CA that senders trust:";

	switch (tls->verify_error) {
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
		return (struct chain_words){ "it is self-signed", public_ca };
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
		return (struct chain_words){
			"its root is no CA that is trusted here", public_ca
		};
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
		if (tls->cert_count <= 1)
			return (struct chain_words){
				"an intermediate certificate is missing (or "
				"the CA is unknown)",
				full_chain
			};
		return (struct chain_words){ "its CA is not known here",
			public_ca };
	default:
		return (struct chain_words){ X509_verify_cert_error_string(
						 tls->verify_error),
			public_ca };
	}
}

static enum check_result
run_cert_chain(const struct check_facts *f, const struct check_rule *rule,
    struct check_findings *findings)
{
	const struct evidence *e = f->evidence;
	const struct ev_tls *tls = &e->fetch.tls;
	const struct ev_cert *leaf = find_leaf(f);
	struct chain_words words;
	struct check_finding *finding;
	struct buf text = { 0 };

	if (!is_seen(f, STS_REASON_TLS_CHAIN))
		return CHECK_SKIPPED;
	if (!is_chain_error(tls->verify_error) &&
	    e->fetch.reason != STS_REASON_TLS_CHAIN)
		return CHECK_PASS;
	words = chain_words(tls);
	buf_printf(&text, "The certificate of mta-sts.%s is not trusted: %s. ",
	    e->domain,
	    is_chain_error(tls->verify_error) ?
		words.message :
		CHECK_CLIP_TEXT(e->fetch.detail));
	if (leaf != NULL)
		buf_printf(&text,
		    "Its issuer is \"%s\"; %zu certificate%s "
		    "came.",
		    CHECK_CLIP_TEXT(leaf->issuer), tls->cert_count,
		    tls->cert_count == 1 ? "" : "s");
	finding =
	    add_fault(f, rule, findings, STS_REASON_TLS_CHAIN, buf_str(&text));
	buf_clear(&text);
	check_set(&finding->fix, "%s\n\ncertbot certonly -d mta-sts.%s",
	    words.fix, e->domain);
	see_certificate(f, finding, "-showcerts");
	return CHECK_FAIL;
}

static enum check_result
run_cert_expiring(const struct check_facts *f, const struct check_rule *rule,
    struct check_findings *findings)
{
	const struct ev_cert *leaf = find_leaf(f);
	const struct check_options *o = f->options;
	struct check_finding *finding;
	struct buf text = { 0 };
	int64_t left;

	if (leaf == NULL || is_out_of_date(leaf, f->now))
		return CHECK_SKIPPED;
	left = leaf->not_after - f->now;
	if (left >= o->cert_warn_days * CHECK_DAY_S)
		return CHECK_PASS;
	buf_printf(&text,
	    "The certificate of mta-sts.%s (issuer \"%s\") expires on %s, in "
	    "%s.",
	    f->evidence->domain, CHECK_CLIP_TEXT(leaf->issuer),
	    CHECK_TIME(leaf->not_after), CHECK_DURATION(left));
	buf_puts(&text,
	    " Unless it is renewed, no sender can fetch the policy then; ");
	put_cache_words(&text, f, leaf->not_after);
	finding = check_add(findings, rule, CHECK_WARNING,
	    left < o->cert_high_days * CHECK_DAY_S ? CHECK_HIGH : CHECK_LOW,
	    "%s", buf_str(&text));
	buf_clear(&text);
	check_set(&finding->fix, RENEW, f->evidence->domain);
	see_fields(f, finding);
	return CHECK_WARN;
}

static bool
is_old_version(const char *version)
{
	return version != NULL &&
	    (strncmp(version, "SSL", 3) == 0 || strcmp(version, "TLSv1") == 0 ||
		strcmp(version, "TLSv1.0") == 0 ||
		strcmp(version, "TLSv1.1") == 0);
}

static enum check_result
run_tls_old(const struct check_facts *f, const struct check_rule *rule,
    struct check_findings *findings)
{
	static const char fix[] = "Let the web server speak TLS 1.2 and 1.3 "
				  "only:\n\n"
				  "nginx: ssl_protocols TLSv1.2 TLSv1.3;   "
				  "Apache: SSLProtocol -all +TLSv1.2 +TLSv1.3";
	const struct ev_fetch *fetch = &f->evidence->fetch;
	struct check_finding *finding;
	struct buf text = { 0 };

	if (!f->is_attempted || !fetch->is_asked)
		return CHECK_SKIPPED;
	if (fetch->reason == STS_REASON_TLS_VERSION ||
	    is_old_version(fetch->tls.version)) {
		buf_printf(&text,
		    "mta-sts.%s cannot do TLS 1.2 or newer, which senders "
		    "need: %s.",
		    f->evidence->domain,
		    fetch->reason == STS_REASON_TLS_VERSION ?
			CHECK_CLIP_TEXT(fetch->detail) :
			CHECK_CLIP_TEXT(fetch->tls.version));
		finding = add_fault(
		    f, rule, findings, STS_REASON_TLS_VERSION, buf_str(&text));
		buf_clear(&text);
		check_set(&finding->fix, "%s", fix);
		see_certificate(f, finding, "-tls1_2");
		return CHECK_FAIL;
	}
	if (!fetch->tls.is_done && fetch->tls.cert_count == 0)
		return CHECK_SKIPPED;
	if (!fetch->tls.is_old_asked)
		return check_unproven(findings, rule, STS_REASON_OK,
		    "whether mta-sts.%s offers TLS 1.0 or 1.1, too.",
		    f->evidence->domain);
	if (!fetch->tls.is_old_offered)
		return CHECK_PASS;
	finding = check_add(findings, rule, CHECK_WARNING, CHECK_LOW,
	    "mta-sts.%s still offers TLS 1.0 or 1.1 beside %s.",
	    f->evidence->domain,
	    fetch->tls.version != NULL ? CHECK_CLIP_TEXT(fetch->tls.version) :
					 "newer versions");
	check_set(&finding->fix, "%s", fix);
	see_certificate(f, finding, "-tls1_1 -cipher DEFAULT:@SECLEVEL=0");
	return CHECK_WARN;
}

static enum check_result
run_cert_vs_cache(const struct check_facts *f, const struct check_rule *rule,
    struct check_findings *findings)
{
	const struct ev_cert *leaf = find_leaf(f);
	struct check_finding *finding;
	int64_t max_age = (int64_t)f->file.policy.max_age;

	if (leaf == NULL || !f->is_valid || f->mode == STS_MODE_NONE ||
	    is_out_of_date(leaf, f->now))
		return CHECK_SKIPPED;
	if (leaf->not_after >= f->now + max_age)
		return CHECK_PASS;
	finding = check_add(findings, rule, CHECK_INFO, CHECK_NORMAL,
	    "The certificate ends on %s, before a policy fetched now does "
	    "(max_age %" PRId64 " s: %s). Were it not renewed, senders would "
	    "hold policies that they cannot refresh.",
	    CHECK_DAY(leaf->not_after), max_age, CHECK_DAY(f->now + max_age));
	check_set(&finding->fix, RENEW, f->evidence->domain);
	see_fields(f, finding);
	return CHECK_PASS;
}

#define CERTIFICATE_RULE(name, section, line)                \
	const struct check_rule check_rule_##name = { #name, \
		CHECK_CERTIFICATE, section, line, run_##name }

CERTIFICATE_RULE(cert_expired, "RFC 8461 3.3", "the certificate is in date");
CERTIFICATE_RULE(cert_name, "RFC 8461 3.3", "it names mta-sts.D");
CERTIFICATE_RULE(cert_chain, "RFC 8461 3.3", "its chain ends at a known CA");
CERTIFICATE_RULE(cert_expiring, "", "it does not expire soon");
CERTIFICATE_RULE(tls_old, "RFC 8461 7", "TLS 1.2 or newer, and nothing older");
CERTIFICATE_RULE(cert_vs_cache, "RFC 8461 10.2", "it outlives max_age");
