/* SPDX-License-Identifier: ISC */
/*
 * The TLS-RPT record (RFC 8460): without it a failing policy is found out by
 * nobody. Several rua are judged one by one; one that works is enough for
 * reports, one that does not is a fault.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <libpsl.h>

#include "check/fixes.h"
#include "check/mxhosts.h"
#include "check/ruletable.h"
#include "check/rollout_reports.h"
#include "check/ruletool.h"
#include "check/tlsrpt.h"

enum rua_state {
	RUA_GOOD,
	RUA_BAD,
	RUA_UNKNOWN
};

/* The domain of a mailto:, or the host of an https: URI; false: none. */
static bool
rua_domain(const struct sts_rua *rua, char domain[DOMAIN_MAX + 1])
{
	const char *at = rua->uri, *end = at + rua->len, *p;
	size_t len;

	if (rua->len > 8 && strncasecmp(at, "https://", 8) == 0) {
		at += 8;
		for (p = at; p < end && strchr("/?#", *p) == NULL; p++) {
			if (*p == '@')
				at = p + 1;
		}
		end = p;
	} else {
		p = memchr(at, '@', rua->len);
		if (p == NULL)
			return false;
		at = p + 1;
	}
	for (p = at; p < end && strchr("?#:", *p) == NULL; p++)
		continue;
	len = (size_t)(p - at);
	return domain_to_ascii(at, len, domain) > 0;
}

static bool
is_mailto(const struct sts_rua *rua)
{
	return rua->len > 7 && strncasecmp(rua->uri, "mailto:", 7) == 0;
}

/* Can the domain be mailed to? why: a clause when it cannot. */
static enum rua_state
domain_state(const struct evidence *e, const char *domain, const char **why)
{
	const struct ev_dns *mx, *a;
	size_t i;

	for (i = 0; i < e->ruas && i < EVIDENCE_RUA_MAX; i++) {
		mx = &e->rua_mx[i];
		a = &e->rua_a[i];
		if (mx->name == NULL || strcasecmp(mx->name, domain) != 0)
			continue;
		if (!mx->is_asked)
			return RUA_UNKNOWN;
		if (mx->status == DNS_OK) {
			if (mx->count != 1 ||
			    (mx->rr[0].text.len > 0 &&
				strcmp(mx->rr[0].text.data, ".") != 0))
				return RUA_GOOD;
			*why = "its domain takes no mail (null MX)";
			return RUA_BAD;
		}
		if (mx->status == DNS_NXDOMAIN) {
			*why = "its domain does not exist";
			return RUA_BAD;
		}
		if (mx->status != DNS_NODATA)
			return RUA_UNKNOWN;
		if (check_is_answered(a) && !check_has_records(a)) {
			*why = "its domain has neither MX nor address";
			return RUA_BAD;
		}
		return a->is_asked && a->status == DNS_OK ? RUA_GOOD :
							    RUA_UNKNOWN;
	}
	/* Beyond what is looked up. */
	return RUA_UNKNOWN;
}

static enum rua_state
rua_state(const struct check_facts *facts, const struct sts_rua *rua,
    const char **why)
{
	char domain[DOMAIN_MAX + 1];

	*why = NULL;
	if (!rua->is_usable)
		return RUA_BAD; /* the parser has said why */
	if (!is_mailto(rua))
		return RUA_GOOD;
	if (!rua_domain(rua, domain))
		return RUA_BAD;
	return domain_state(facts->evidence, domain, why);
}

enum tlsrpt_use
tlsrpt_use(const struct check_facts *facts)
{
	size_t i, bad = 0;
	const char *why;

	if (!facts->has_tlsrpt)
		return TLSRPT_UNKNOWN;
	if (facts->tlsrpt == STS_TXT_NONE)
		return TLSRPT_MISSING;
	if (facts->tlsrpt != STS_TXT_VALID)
		return TLSRPT_INVALID;
	for (i = 0; i < facts->rua.count; i++)
		bad += rua_state(facts, &facts->rua.rua[i], &why) == RUA_BAD;
	if (bad == facts->rua.count)
		return TLSRPT_INVALID;
	return bad > 0 ? TLSRPT_PARTLY : TLSRPT_USABLE;
}

bool
tlsrpt_is_unproven(const struct check_facts *facts)
{
	size_t i;
	const char *why;

	if (!facts->has_tlsrpt)
		return true;
	for (i = 0; facts->tlsrpt == STS_TXT_VALID && i < facts->rua.count;
	     i++) {
		if (rua_state(facts, &facts->rua.rua[i], &why) == RUA_UNKNOWN)
			return true;
	}
	return false;
}

static bool
is_skipped(const struct check_facts *facts)
{
	return facts->evidence->is_null_mx || facts->is_no_domain;
}

/* Nothing reports: worse where a policy is followed. */
static enum check_priority
blind_priority(const struct check_facts *facts)
{
	return facts->has_mode && facts->mode != STS_MODE_NONE ? CHECK_MEDIUM :
								 CHECK_LOW;
}

static void
put_see(struct check_finding *finding, const struct check_facts *facts)
{
	struct buf name = { 0 };

	buf_printf(&name, "_smtp._tls.%s", facts->evidence->domain);
	check_see_dig(finding, "TXT", buf_str(&name), NULL);
	buf_clear(&name);
}

static void
put_fix(struct check_finding *finding, const struct check_facts *facts)
{
	struct buf fix = { 0 };

	fix_tlsrpt(&fix, facts);
	check_set(&finding->fix, "%s", buf_str(&fix));
	put_see(finding, facts);
	buf_clear(&fix);
}

/* A TXT record that was meant to be one, but begins otherwise; NULL. */
static const struct ev_bytes *
near_miss(const struct check_facts *facts)
{
	const struct ev_dns *dns = &facts->evidence->tlsrpt;
	const struct ev_bytes *text;
	char start[6];
	size_t i, j, n;

	for (i = 0; i < dns->count; i++) {
		text = &dns->rr[i].text;
		for (j = n = 0; j < text->len && n < 5; j++) {
			if (text->data[j] != ' ' && text->data[j] != '\t')
				start[n++] = text->data[j];
		}
		if (n == 5 && strncasecmp(start, "v=tls", 5) == 0)
			return text;
	}
	return NULL;
}

static enum check_result
tls_rpt_missing(const struct check_facts *facts, const struct check_rule *rule,
    struct check_findings *findings)
{
	const char *domain = facts->evidence->domain;
	struct check_finding *finding;

	if (is_skipped(facts))
		return CHECK_SKIPPED;
	if (!facts->has_tlsrpt) {
		finding = check_add(findings, rule, CHECK_INFO, CHECK_NORMAL,
		    "Whether there is a TLS-RPT record at _smtp._tls.%s is "
		    "not known (%s).",
		    domain,
		    facts->evidence->tlsrpt.detail != NULL ?
			facts->evidence->tlsrpt.detail :
			"not asked");
		check_set(&finding->see,
		    "dig +noall +answer +comments TXT _smtp._tls.%s", domain);
		return CHECK_UNPROVEN;
	}
	if (facts->tlsrpt != STS_TXT_NONE || near_miss(facts) != NULL)
		return CHECK_PASS;
	finding = check_add(findings, rule, CHECK_WARNING,
	    blind_priority(facts),
	    "There is no TLS-RPT record at _smtp._tls.%s: when senders cannot "
	    "deliver over TLS, nobody is told.",
	    domain);
	put_fix(finding, facts);
	return CHECK_WARN;
}

static void
put_evidence(struct check_finding *finding, const struct check_facts *facts,
    const struct sts_diag *diag)
{
	const struct ev_dns *dns = &facts->evidence->tlsrpt;
	const struct ev_bytes *text;

	if (diag->line == 0 || diag->line > dns->count)
		return;
	text = &dns->rr[diag->line - 1].text;
	if (diag->offset <= text->len && diag->len <= text->len - diag->offset)
		check_set_evidence(
		    finding, text->data + diag->offset, diag->len);
}

/* Every diagnosis of one code as a finding; how many. */
static size_t
add_diags(const struct check_facts *facts, const struct check_rule *rule,
    struct check_findings *findings, enum sts_diag_code code)
{
	const struct sts_diag *diag;
	struct check_finding *finding;
	size_t i, n = 0;

	for (i = 0; i < facts->tlsrpt_diags.count; i++) {
		diag = &facts->tlsrpt_diags.diag[i];
		if (diag->code != code)
			continue;
		if (++n > 5)
			continue;
		finding = check_add(findings, rule, CHECK_WARNING,
		    diag->is_fatal ? blind_priority(facts) : CHECK_LOW,
		    "The TLS-RPT record at _smtp._tls.%s %s: %s.",
		    facts->evidence->domain,
		    code == STS_DIAG_TLS_RPT_RUA ?
			"names a destination that is of no use" :
			"breaks the grammar",
		    diag->what != NULL ? diag->what : "malformed");
		put_evidence(finding, facts, diag);
		put_fix(finding, facts);
	}
	return n;
}

static enum check_result
tls_rpt_syntax(const struct check_facts *facts, const struct check_rule *rule,
    struct check_findings *findings)
{
	const struct ev_bytes *near = NULL;
	struct check_finding *finding;
	size_t n = 0;

	if (is_skipped(facts) || !facts->has_tlsrpt)
		return CHECK_SKIPPED;
	if (facts->tlsrpt == STS_TXT_NONE) {
		near = near_miss(facts);
		if (near == NULL)
			return CHECK_SKIPPED;
		finding = check_add(findings, rule, CHECK_WARNING,
		    blind_priority(facts),
		    "The TXT record at _smtp._tls.%s does not begin "
		    "\"v=TLSRPTv1;\": senders ignore it.",
		    facts->evidence->domain);
		check_set_evidence(finding, near->data, near->len);
		put_fix(finding, facts);
		return CHECK_WARN;
	}
	if (facts->tlsrpt == STS_TXT_MULTIPLE) {
		finding = check_add(findings, rule, CHECK_WARNING,
		    blind_priority(facts),
		    "There is more than one TLS-RPT record at _smtp._tls.%s: "
		    "senders use none of them.",
		    facts->evidence->domain);
		put_fix(finding, facts);
		return CHECK_WARN;
	}
	n = add_diags(facts, rule, findings, STS_DIAG_TLS_RPT_SYNTAX);
	return n > 0 ? CHECK_WARN : CHECK_PASS;
}

static enum check_result
tls_rpt_rua(const struct check_facts *facts, const struct check_rule *rule,
    struct check_findings *findings)
{
	const struct sts_rua *rua;
	struct check_finding *finding;
	enum check_result result = CHECK_PASS;
	const char *why;
	size_t i;

	if (is_skipped(facts) || !facts->has_tlsrpt ||
	    facts->tlsrpt == STS_TXT_NONE || facts->tlsrpt == STS_TXT_MULTIPLE)
		return CHECK_SKIPPED;
	if (add_diags(facts, rule, findings, STS_DIAG_TLS_RPT_RUA) > 0)
		result = CHECK_WARN;
	for (i = 0; facts->tlsrpt == STS_TXT_VALID && i < facts->rua.count;
	     i++) {
		rua = &facts->rua.rua[i];
		if (rua_state(facts, rua, &why) != RUA_BAD || why == NULL)
			continue;
		result = CHECK_WARN;
		finding = check_add(findings, rule, CHECK_WARNING,
		    tlsrpt_use(facts) == TLSRPT_INVALID ?
			blind_priority(facts) :
			CHECK_LOW,
		    "Reports to %s reach nobody: %s.",
		    CHECK_CLIP(rua->uri, rua->len), why);
		check_set_evidence(finding, rua->uri, rua->len);
		put_fix(finding, facts);
	}
	if (result == CHECK_PASS && tlsrpt_is_unproven(facts)) {
		check_add(findings, rule, CHECK_INFO, CHECK_NORMAL,
		    "Whether every report address takes mail is not known: "
		    "the look-up of its domain failed.");
		return CHECK_UNPROVEN;
	}
	return result;
}

static enum check_result
tls_rpt_old_name(const struct check_facts *facts, const struct check_rule *rule,
    struct check_findings *findings)
{
	const struct ev_dns *old = &facts->evidence->tlsrpt_old;
	const char *domain = facts->evidence->domain;
	struct check_finding *finding;

	if (is_skipped(facts) || !old->is_asked)
		return CHECK_SKIPPED;
	if (old->status != DNS_OK || old->count == 0)
		return CHECK_PASS;
	finding = check_add(findings, rule, CHECK_INFO, CHECK_NORMAL,
	    "There is a TXT record at _smtp-tlsrpt.%s, a name that only a "
	    "draft knew: senders look at _smtp._tls.%s.",
	    domain, domain);
	check_set_evidence(finding, old->rr[0].text.data, old->rr[0].text.len);
	put_fix(finding, facts);
	check_set(&finding->see,
	    "dig +noall +answer +comments TXT _smtp-tlsrpt.%s", domain);
	return CHECK_PASS;
}

/* Of the same organisation, as far as the public suffixes tell? */
static bool
is_own(const char *domain, const char *ours)
{
	const char *a = psl_registrable_domain(psl_builtin(), domain);
	const char *b = psl_registrable_domain(psl_builtin(), ours);

	if (a == NULL || b == NULL)
		return strcasecmp(domain, ours) == 0;
	return strcasecmp(a, b) == 0;
}

static enum check_result
tls_rpt_reader(const struct check_facts *facts, const struct check_rule *rule,
    struct check_findings *findings)
{
	char domain[DOMAIN_MAX + 1];
	struct mxhosts_list list = { 0 };
	struct buf one = { 0 };
	const struct sts_rua *rua;
	size_t i;

	if (is_skipped(facts) || !facts->has_tlsrpt ||
	    facts->tlsrpt != STS_TXT_VALID)
		return CHECK_SKIPPED;
	if (rollout_has_reports(facts))
		return CHECK_PASS;
	for (i = 0; i < facts->rua.count; i++) {
		rua = &facts->rua.rua[i];
		buf_reset(&one);
		buf_printf(&one, "%s (%s)", CHECK_CLIP(rua->uri, rua->len),
		    rua_domain(rua, domain) &&
			    is_own(domain, facts->evidence->domain) ?
			"the domain's own" :
			"a third party");
		mxhosts_put(&list, buf_str(&one));
	}
	check_add(findings, rule, CHECK_INFO, CHECK_NORMAL,
	    "Reports go to %s; nobody but you knows whether they are read.",
	    mxhosts_text(&list));
	mxhosts_clear(&list);
	buf_clear(&one);
	return CHECK_UNPROVEN;
}

#define RULE(name, section, text)                                           \
	const struct check_rule check_rule_##name = { #name, CHECK_TLS_RPT, \
		section, text, name }

RULE(tls_rpt_missing, "RFC 8460 3", "There is a TLS-RPT record");
RULE(tls_rpt_syntax, "RFC 8460 3", "The TLS-RPT record can be read");
RULE(tls_rpt_rua, "RFC 8460 3", "Reports can be sent");
RULE(tls_rpt_old_name, "RFC 8460 3", "No record at the draft's name");
RULE(tls_rpt_reader, "", "Somebody reads the reports");
