/* SPDX-License-Identifier: ISC */
/*
 * Every rule, in the order of the reports. One object each, check_rule_<code>,
 * defined in the rules_*.c file of its section; src/check/rules.c makes the
 * table of them.
 */
#ifndef CHECK_RULETABLE_H
#define CHECK_RULETABLE_H

#include "check/rules.h"

/* clang-format off */

/* rules_dns.c: the TXT record at _mta-sts.D */
#define CHECK_RULES_DNS(X) \
	X(missing_record) \
	X(wrong_name) \
	X(dns_temp_error) \
	X(no_such_domain) \
	X(multiple_records) \
	X(unrelated_txt) \
	X(bad_version) \
	X(bad_id) \
	X(txt_syntax) \
	X(txt_space) \
	X(txt_duplicate) \
	X(cname) \
	X(ttl) \
	X(id_age) \
	X(ns_differ) \
	X(parent_policy) \
	X(subdomains)

/* rules_fetch.c: https://mta-sts.D/.well-known/mta-sts.txt */
#define CHECK_RULES_FETCH(X) \
	X(policy_host_missing) \
	X(policy_fetch_failed) \
	X(tls_failed) \
	X(http_status) \
	X(wrong_url) \
	X(http_only) \
	X(redirect) \
	X(content_type) \
	X(content_encoding) \
	X(no_length) \
	X(truncated) \
	X(too_large) \
	X(empty_body) \
	X(html_body) \
	X(slow_fetch) \
	X(address_refused) \
	X(address_differs) \
	X(policy_cname)

/* rules_certificate.c: the certificate of mta-sts.D */
#define CHECK_RULES_CERTIFICATE(X) \
	X(cert_expired) \
	X(cert_name) \
	X(cert_chain) \
	X(cert_expiring) \
	X(tls_old) \
	X(cert_vs_cache)

/* rules_syntax.c: the policy file, line by line */
#define CHECK_RULES_SYNTAX(X) \
	X(policy_version) \
	X(policy_mode) \
	X(policy_max_age) \
	X(no_mx) \
	X(bad_line) \
	X(max_age_range) \
	X(bad_mx) \
	X(mx_is_address) \
	X(unknown_key) \
	X(duplicate_key) \
	X(bare_cr) \
	X(bom) \
	X(bad_utf8) \
	X(strict_syntax) \
	X(long_line)

/* rules_mx.c: do the patterns cover the MX hosts? */
#define CHECK_RULES_MX(X) \
	X(mx_none_match) \
	X(mx_partial_match) \
	X(mx_stale_pattern) \
	X(mx_wide) \
	X(mx_odd) \
	X(mx_changed) /* this one: rules_memory.c */ \
	X(null_mx) \
	X(implicit_mx) /* no MX record: the domain itself is its MX host */

/* rules_smtp.c: the MX hosts on port 25 */
#define CHECK_RULES_SMTP(X) \
	X(smtp_unreachable) \
	X(starttls_missing) \
	X(starttls_failed) \
	X(mx_cert) \
	X(mx_tls_old) \
	X(mx_cert_expiring)

/* rules_tlsrpt.c: the TXT record at _smtp._tls.D */
#define CHECK_RULES_TLS_RPT(X) \
	X(tls_rpt_missing) \
	X(tls_rpt_syntax) \
	X(tls_rpt_rua) \
	X(tls_rpt_old_name) /* a record at _smtp-tlsrpt.D */ \
	X(tls_rpt_reader)

/* rules_dane.c: TLSA of the MX hosts */
#define CHECK_RULES_DANE(X) \
	X(dane_mismatch) \
	X(dane_unusable) \
	X(dane_lookup) \
	X(dane_absent) /* no TLSA record, though the zone is signed */

/* rules_lifetime.c: mode and max_age */
#define CHECK_RULES_LIFETIME(X) \
	X(mode_none) \
	X(mode_testing) \
	X(stuck_testing) \
	X(enforce_early) \
	X(max_age_short) \
	X(max_age_long)

/* rules_memory.c: what only earlier checks can tell */
#define CHECK_RULES_MEMORY(X) \
	X(stale_id) \
	X(id_without_change) \
	X(mode_downgrade)

#define CHECK_RULES(X) \
	CHECK_RULES_DNS(X) \
	CHECK_RULES_FETCH(X) \
	CHECK_RULES_CERTIFICATE(X) \
	CHECK_RULES_SYNTAX(X) \
	CHECK_RULES_MX(X) \
	CHECK_RULES_SMTP(X) \
	CHECK_RULES_TLS_RPT(X) \
	CHECK_RULES_DANE(X) \
	CHECK_RULES_LIFETIME(X) \
	CHECK_RULES_MEMORY(X)

#define CHECK_RULE_DECLARE(code) extern const struct check_rule check_rule_##code;
CHECK_RULES(CHECK_RULE_DECLARE)
#undef CHECK_RULE_DECLARE

/* clang-format on */

#endif
