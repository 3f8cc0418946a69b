/* SPDX-License-Identifier: ISC */
/*
 * The MX hosts as port 25 shows them (RFC 8461 4.2). What was not seen is
 * told once, by smtp_unreachable; the other rules judge what was seen.
 * Skipped for mode none.
 */
#include <stdio.h>
#include <string.h>

#include <openssl/x509_vfy.h>

#include "check/mxhosts.h"
#include "check/ruletable.h"
#include "check/ruletool.h"

static bool
is_skipped(const struct check_facts *facts)
{
	return facts->evidence->is_null_mx || facts->hosts == 0 ||
	    mxhosts_is_mode(facts, STS_MODE_NONE);
}

static enum check_result
result_of(enum check_severity severity)
{
	return severity == CHECK_CRITICAL ? CHECK_FAIL : CHECK_WARN;
}

static void
put_see(struct check_finding *finding, const struct ev_mx *mx)
{
	struct buf host = { 0 };

	check_quote(&host, mx->host, strlen(mx->host));
	check_set(&finding->see,
	    "openssl s_client -starttls smtp -connect %s:25 -servername %s "
	    "-verify_hostname %s -brief </dev/null",
	    buf_str(&host), buf_str(&host), buf_str(&host));
	buf_clear(&host);
}

static bool
was_answered(const struct ev_mx *mx)
{
	return mx->end == EV_SMTP_NO_STARTTLS ||
	    mx->end == EV_SMTP_STARTTLS_FAILED || mx->end == EV_SMTP_DONE;
}

static bool
was_encrypted(const struct ev_mx *mx)
{
	return mx->tls.is_done;
}

static size_t
count_hosts(const struct check_facts *facts, bool (*was)(const struct ev_mx *))
{
	size_t i, n = 0;

	for (i = 0; i < facts->hosts; i++)
		n += was(facts->host[i].mx);
	return n;
}

static const char *
unseen_why(const struct ev_mx *mx)
{
	if (mx->detail != NULL && *mx->detail != '\0')
		return mx->detail;
	if (mx->end == EV_SMTP_TURNED_AWAY)
		return "it turned this host away";
	return mx->end == EV_SMTP_NOT_PROBED ? "it was not asked" :
					       "no connection";
}

static enum check_result
smtp_unreachable(const struct check_facts *facts, const struct check_rule *rule,
    struct check_findings *findings)
{
	struct mxhosts_list list = { 0 };
	const struct ev_mx *mx, *first = NULL;
	struct check_finding *finding;
	size_t i;

	if (is_skipped(facts))
		return CHECK_SKIPPED;
	if (facts->evidence->is_smtp_skipped) {
		check_add(findings, rule, CHECK_INFO, CHECK_NORMAL,
		    "The MX hosts were not asked (--no-smtp): STARTTLS and "
		    "their certificates are not proven.");
		return CHECK_UNPROVEN;
	}
	for (i = 0; i < facts->hosts; i++) {
		mx = facts->host[i].mx;
		if (was_answered(mx))
			continue;
		if (first == NULL)
			first = mx;
		mxhosts_put(&list, mx->host);
	}
	if (first == NULL)
		return CHECK_PASS;
	finding = check_add(findings, rule, CHECK_INFO, CHECK_NORMAL,
	    "%zu of %zu MX hosts could not be looked at on port 25 from here "
	    "(%s; %s: %s): their STARTTLS and certificates are not proven. "
	    "Networks often block port 25, and hosts turn strangers away.",
	    list.count, facts->hosts, mxhosts_text(&list), first->host,
	    unseen_why(first));
	if (first->banner.len > 0)
		check_set_evidence(
		    finding, first->banner.data, first->banner.len);
	put_see(finding, first);
	mxhosts_clear(&list);
	return CHECK_UNPROVEN;
}

static void
put_tls_fix(struct check_finding *finding, const char *host)
{
	check_set(&finding->fix,
	    "On %s, when it runs Postfix:\n"
	    "postconf -e smtpd_tls_security_level=may "
	    "smtpd_tls_chain_files=/etc/ssl/private/mx.pem\n"
	    "postfix reload",
	    CHECK_CLIP_TEXT(host));
}

static enum check_result
starttls_missing(const struct check_facts *facts, const struct check_rule *rule,
    struct check_findings *findings)
{
	enum check_severity severity = mxhosts_severity(facts);
	enum check_result result = CHECK_PASS;
	struct check_finding *finding;
	const struct ev_mx *mx;
	size_t i;

	if (is_skipped(facts) || count_hosts(facts, was_answered) == 0)
		return CHECK_SKIPPED;
	for (i = 0; i < facts->hosts; i++) {
		mx = facts->host[i].mx;
		if (mx->end != EV_SMTP_NO_STARTTLS)
			continue;
		result = result_of(severity);
		finding = check_add(findings, rule, severity,
		    mxhosts_priority(facts),
		    "The MX host %s does not offer STARTTLS: mail to it goes "
		    "unencrypted, or with enforce not at all.",
		    mx->host);
		if (mx->ehlo.len > 0)
			check_set_evidence(
			    finding, mx->ehlo.data, mx->ehlo.len);
		put_tls_fix(finding, mx->host);
		put_see(finding, mx);
	}
	return result;
}

static enum check_result
starttls_failed(const struct check_facts *facts, const struct check_rule *rule,
    struct check_findings *findings)
{
	enum check_severity severity = mxhosts_severity(facts);
	enum check_result result = CHECK_PASS;
	struct check_finding *finding;
	const struct ev_mx *mx;
	size_t i;

	if (is_skipped(facts) || count_hosts(facts, was_answered) == 0)
		return CHECK_SKIPPED;
	for (i = 0; i < facts->hosts; i++) {
		mx = facts->host[i].mx;
		if (mx->end != EV_SMTP_STARTTLS_FAILED)
			continue;
		result = result_of(severity);
		finding =
		    check_add(findings, rule, severity, mxhosts_priority(facts),
			"The MX host %s offers STARTTLS, but TLS does not come "
			"about: %s.",
			mx->host,
			mx->tls.error != NULL ? mx->tls.error : unseen_why(mx));
		put_tls_fix(finding, mx->host);
		put_see(finding, mx);
	}
	return result;
}

static void
put_cert_fix(
    struct check_finding *finding, enum mxcert_fault fault, const char *host)
{
	struct buf name = { 0 };

	check_quote(&name, host, strlen(host));
	if (fault == MXCERT_CHAIN)
		check_set(&finding->fix,
		    "On %s, when it runs Postfix, with key, certificate and "
		    "every intermediate, in this order, in one file:\n"
		    "postconf -e smtpd_tls_chain_files="
		    "/etc/ssl/private/mx.pem\npostfix reload",
		    CHECK_CLIP_TEXT(host));
	else
		check_set(&finding->fix,
		    "A certificate from a public authority for the host's own "
		    "name, renewed automatically; its request:\n"
		    "openssl req -new -newkey rsa:2048 -nodes -keyout mx.key "
		    "-out mx.csr -subj /CN=%s "
		    "-addext subjectAltName=DNS:%s",
		    buf_str(&name), buf_str(&name));
	buf_clear(&name);
}

static enum check_result
mx_cert(const struct check_facts *facts, const struct check_rule *rule,
    struct check_findings *findings)
{
	enum check_severity severity = mxhosts_severity(facts);
	enum check_result result = CHECK_PASS;
	struct check_finding *finding;
	enum mxcert_fault fault;
	const struct ev_mx *mx;
	struct buf why = { 0 };
	size_t i;

	if (is_skipped(facts) || count_hosts(facts, was_encrypted) == 0)
		return CHECK_SKIPPED;
	for (i = 0; i < facts->hosts; i++) {
		mx = facts->host[i].mx;
		buf_reset(&why);
		if (!was_encrypted(mx) ||
		    (fault = mxcert_fault(&mx->tls, facts->now, &why)) ==
			MXCERT_GOOD)
			continue;
		result = result_of(severity);
		finding = check_add(findings, rule, severity,
		    mxhosts_priority(facts),
		    "The certificate of the MX host %s is not valid for it: "
		    "%s.",
		    mx->host, buf_str(&why));
		if (mx->tls.cert_count > 0)
			check_set(&finding->evidence, "subject %s, issuer %s",
			    mx->tls.cert[0].subject, mx->tls.cert[0].issuer);
		put_cert_fix(finding, fault, mx->host);
		put_see(finding, mx);
	}
	buf_clear(&why);
	return result;
}

static enum check_result
mx_tls_old(const struct check_facts *facts, const struct check_rule *rule,
    struct check_findings *findings)
{
	enum check_severity severity = mxhosts_severity(facts);
	enum check_result result = CHECK_PASS;
	struct check_finding *finding;
	const struct ev_mx *mx;
	size_t i;

	if (is_skipped(facts) || count_hosts(facts, was_encrypted) == 0)
		return CHECK_SKIPPED;
	for (i = 0; i < facts->hosts; i++) {
		mx = facts->host[i].mx;
		if (!mxhosts_is_old_tls(&mx->tls))
			continue;
		result = result_of(severity);
		finding = check_add(findings, rule, severity,
		    mxhosts_priority(facts),
		    "The MX host %s speaks %s at best; MTA-STS asks for TLS "
		    "1.2 or newer.",
		    mx->host, mx->tls.version);
		check_set(&finding->evidence, "%s", mx->tls.version);
		check_set(&finding->fix,
		    "On %s, when it runs Postfix 3.6 or newer with OpenSSL "
		    "1.0.1 or newer:\n"
		    "postconf -e 'smtpd_tls_protocols=>=TLSv1.2'\n"
		    "postfix reload",
		    mx->host);
		put_see(finding, mx);
	}
	return result;
}

static enum check_result
mx_cert_expiring(const struct check_facts *facts, const struct check_rule *rule,
    struct check_findings *findings)
{
	const struct check_options *options = facts->options;
	enum check_result result = CHECK_PASS;
	struct check_finding *finding;
	const struct ev_mx *mx;
	int64_t left;
	size_t i;

	if (is_skipped(facts) || count_hosts(facts, was_encrypted) == 0)
		return CHECK_SKIPPED;
	for (i = 0; i < facts->hosts; i++) {
		mx = facts->host[i].mx;
		if (!was_encrypted(mx) || mx->tls.cert_count == 0)
			continue;
		left = mx->tls.cert[0].not_after - facts->now;
		if (left < 0 || left >= options->cert_warn_days * CHECK_DAY_S)
			continue;
		result = CHECK_WARN;
		finding = check_add(findings, rule, CHECK_WARNING,
		    left < options->cert_high_days * CHECK_DAY_S ? CHECK_HIGH :
								   CHECK_LOW,
		    "The certificate of the MX host %s expires on %s, in %lld "
		    "days.",
		    mx->host, CHECK_DAY(mx->tls.cert[0].not_after),
		    (long long)(left / CHECK_DAY_S));
		put_cert_fix(finding, MXCERT_EXPIRED, mx->host);
		put_see(finding, mx);
	}
	return result;
}

#define RULE(name, section, text)                                        \
	const struct check_rule check_rule_##name = { #name, CHECK_SMTP, \
		section, text, name }

RULE(smtp_unreachable, "", "Every MX host could be looked at");
RULE(starttls_missing, "RFC 8461 4.2", "Every MX host offers STARTTLS");
RULE(starttls_failed, "RFC 3207 4", "STARTTLS comes about");
RULE(mx_cert, "RFC 8461 4.2", "Every MX host has a valid certificate");
RULE(mx_tls_old, "RFC 8461 7", "Every MX host speaks TLS 1.2 or newer");
RULE(mx_cert_expiring, "", "No MX host's certificate expires soon");
