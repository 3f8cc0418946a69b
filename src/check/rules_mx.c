/* SPDX-License-Identifier: ISC */
/*
 * Do the policy's patterns cover the MX hosts (RFC 8461 4.1), and do they
 * cover too much? Coverage is judged for a valid policy in testing or
 * enforce. What an unanswered MX look-up leaves open is told once, by
 * mx_none_match.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <arpa/inet.h>
#include <libpsl.h>

#include "check/fixes.h"
#include "check/mxhosts.h"
#include "check/providers.h"
#include "check/ruletable.h"
#include "check/ruletool.h"
#include "sts/mxmatch.h"

/* Is there anything to cover, and with what? */
static bool
is_coverable(const struct check_facts *facts)
{
	return facts->is_valid && facts->file.policy.mode != STS_MODE_NONE &&
	    !facts->evidence->is_null_mx && facts->hosts > 0;
}

static size_t
covered(const struct check_facts *facts)
{
	size_t i, n = 0;

	for (i = 0; i < facts->hosts; i++)
		n += facts->host[i].is_covered;
	return n;
}

static void
put_see(struct check_finding *finding, const struct check_facts *facts)
{
	check_see_dig(finding, "MX", facts->evidence->domain, NULL);
}

/* The hosts by name; a wider wildcard is the second choice (10.4). */
static void
put_cover_fix(struct check_finding *finding, const struct check_facts *facts)
{
	const struct provider *provider;
	const char *host = NULL, *rest;
	struct buf fix = { 0 };
	char *steps;
	size_t i;

	steps = fix_steps(facts, &(struct fix_policy){ 0 }, NULL);
	buf_puts(&fix, steps);
	free(steps);
	for (i = 0; i < facts->hosts && host == NULL; i++) {
		if (!facts->host[i].is_covered)
			host = facts->host[i].mx->host;
	}
	provider = host != NULL ? provider_find(host) : NULL;
	rest = host != NULL ? strchr(host, '.') : NULL;
	if (provider != NULL && provider->pattern[0] != NULL)
		buf_printf(&fix,
		    "\nOr, wider, the pattern of %s instead of its hosts: "
		    "mx: %s\n",
		    provider->name, provider->pattern[0]);
	else if (rest != NULL && strchr(rest + 1, '.') != NULL)
		buf_printf(&fix,
		    "\nOr, wider (any host there) instead of its name: "
		    "mx: *%s\n",
		    CHECK_CLIP_TEXT(rest));
	check_set(&finding->fix, "%s", buf_str(&fix));
	buf_clear(&fix);
}

static void
put_uncovered(struct mxhosts_list *list, const struct check_facts *facts)
{
	size_t i;

	for (i = 0; i < facts->hosts; i++) {
		if (!facts->host[i].is_covered)
			mxhosts_put(list, facts->host[i].mx->host);
	}
}

static const char *
consequence(const struct check_facts *facts)
{
	return mxhosts_is_mode(facts, STS_MODE_ENFORCE) ?
	    "senders that honour the policy defer mail for them, retry for "
	    "days, then return it" :
	    "in enforce mail for them would wait and then be returned; in "
	    "testing it is reported as validation-failure";
}

static enum check_result
mx_none_match(const struct check_facts *facts, const struct check_rule *rule,
    struct check_findings *findings)
{
	struct mxhosts_list list = { 0 };
	struct check_finding *finding;
	enum check_severity severity = mxhosts_severity(facts);

	if (mxhosts_is_unknown(facts)) {
		check_add(findings, rule, CHECK_INFO, CHECK_NORMAL,
		    "The MX records of %s are not known (%s): whether the "
		    "policy covers them is not proven.",
		    facts->evidence->domain,
		    facts->evidence->mx.detail != NULL ?
			facts->evidence->mx.detail :
			"not asked");
		return CHECK_UNPROVEN;
	}
	if (!is_coverable(facts))
		return CHECK_SKIPPED;
	if (covered(facts) > 0)
		return CHECK_PASS;
	put_uncovered(&list, facts);
	finding = check_add(findings, rule, severity, mxhosts_priority(facts),
	    "No pattern of the policy matches an MX host (%s): %s.",
	    mxhosts_text(&list), consequence(facts));
	put_cover_fix(finding, facts);
	put_see(finding, facts);
	mxhosts_clear(&list);
	return severity == CHECK_CRITICAL ? CHECK_FAIL : CHECK_WARN;
}

static enum check_result
mx_partial_match(const struct check_facts *facts, const struct check_rule *rule,
    struct check_findings *findings)
{
	struct mxhosts_list list = { 0 };
	struct check_finding *finding;
	size_t n;

	if (!is_coverable(facts) || (n = covered(facts)) == 0)
		return CHECK_SKIPPED;
	if (n == facts->hosts)
		return CHECK_PASS;
	put_uncovered(&list, facts);
	finding =
	    check_add(findings, rule, CHECK_WARNING, mxhosts_priority(facts),
		"%zu of %zu MX hosts match no pattern of the policy (%s): %s.",
		facts->hosts - n, facts->hosts, mxhosts_text(&list),
		consequence(facts));
	put_cover_fix(finding, facts);
	put_see(finding, facts);
	mxhosts_clear(&list);
	return CHECK_WARN;
}

/* Line of the policy file with that mx; 0: not found. */
static size_t
find_line(const struct check_facts *facts, const char *pattern)
{
	const char *at = facts->evidence->fetch.body.data, *end, *lf, *value;
	size_t line, len = strlen(pattern);

	if (at == NULL)
		return 0;
	end = at + facts->evidence->fetch.body.len;
	for (line = 1; at < end; line++, at = lf + 1) {
		lf = memchr(at, '\n', (size_t)(end - at));
		if (lf == NULL)
			lf = end;
		if (lf - at < 4 || memcmp(at, "mx:", 3) != 0)
			continue;
		for (value = at + 3;
		     value < lf && strchr(" \t", *value) && *value != '\0';
		     value++)
			continue;
		if ((size_t)(lf - value) >= len &&
		    strncasecmp(value, pattern, len) == 0 &&
		    (value + len == lf || strchr(" \t\r", value[len]) != NULL))
			return line;
	}
	return 0;
}

/* Of a provider that runs none of the live MX hosts? */
static const struct provider *
foreign_provider(const struct check_facts *facts, const char *pattern)
{
	const struct provider *theirs = provider_find(pattern), *live;
	size_t i;

	for (i = 0; theirs != NULL && i < facts->hosts; i++) {
		live = provider_find(facts->host[i].mx->host);
		if (live != NULL && strcmp(live->name, theirs->name) == 0)
			return NULL;
	}
	return theirs;
}

static void
add_stale(const struct check_facts *facts, const struct check_rule *rule,
    struct check_findings *findings, const char *pattern)
{
	const struct provider *foreign = foreign_provider(facts, pattern);
	struct check_finding *finding;
	struct buf fix = { 0 };

	if (foreign != NULL)
		finding = check_add(findings, rule, CHECK_WARNING, CHECK_LOW,
		    "The policy allows %s, which is %s, but no MX host of %s "
		    "is there: a provider that was left?",
		    pattern, foreign->name, facts->evidence->domain);
	else
		finding = check_add(findings, rule, CHECK_INFO, CHECK_NORMAL,
		    "The policy's pattern %s matches no MX host now (right "
		    "for a host that is to come, or for a spare).",
		    pattern);
	finding->line = find_line(facts, pattern);
	check_set(&finding->evidence, "mx: %s", pattern);
	buf_printf(&fix, "1. Take the line \"mx: %s\" out of ", pattern);
	fix_policy_url(&fix, facts);
	buf_puts(&fix, "\n2. Then publish a new id:\n\n");
	fix_txt(&fix, facts, true);
	check_set(&finding->fix, "%s", buf_str(&fix));
	buf_clear(&fix);
	put_see(finding, facts);
}

static enum check_result
mx_stale_pattern(const struct check_facts *facts, const struct check_rule *rule,
    struct check_findings *findings)
{
	const struct sts_mxlist *mx = &facts->file.policy.mx;
	enum check_result result = CHECK_PASS;
	const char *p = NULL;
	size_t shown = 0;

	if (!is_coverable(facts))
		return CHECK_SKIPPED;
	while ((p = sts_mxlist_next(mx, p)) != NULL) {
		if (mxhosts_is_used(facts, p))
			continue;
		if (foreign_provider(facts, p) != NULL)
			result = CHECK_WARN;
		else if (++shown > 5)
			continue;
		add_stale(facts, rule, findings, p);
	}
	return result;
}

/* The hosts that the wildcard covers, by name. */
static void
put_wide_fix(struct check_finding *finding, const struct check_facts *facts,
    const char *pattern)
{
	struct buf fix = { 0 };
	const char *host;
	size_t i;

	buf_puts(&fix, "1. In ");
	fix_policy_url(&fix, facts);
	buf_printf(&fix, " put, instead of \"mx: %s\":\n\n", pattern);
	for (i = 0; i < facts->hosts; i++) {
		host = facts->host[i].mx->host;
		if (domain_is_valid(host, strlen(host)) &&
		    sts_mx_match(pattern, strlen(pattern), host, strlen(host)))
			buf_printf(&fix, "mx: %s\n", host);
	}
	buf_puts(&fix, "\n2. Then publish a new id:\n\n");
	fix_txt(&fix, facts, true);
	check_set(&finding->fix, "%s", buf_str(&fix));
	buf_clear(&fix);
}

static enum check_result
mx_wide(const struct check_facts *facts, const struct check_rule *rule,
    struct check_findings *findings)
{
	const struct sts_mxlist *mx = &facts->file.policy.mx;
	const char *p = NULL, *domain = facts->evidence->domain;
	enum check_result result = CHECK_PASS;
	struct check_finding *finding;

	if (!is_coverable(facts))
		return CHECK_SKIPPED;
	while ((p = sts_mxlist_next(mx, p)) != NULL) {
		if (p[0] != '*')
			continue;
		if (psl_is_public_suffix(psl_builtin(), p + 2) != 0) {
			result = CHECK_WARN;
			finding =
			    check_add(findings, rule, CHECK_WARNING, CHECK_LOW,
				"%s allows hosts right below the public suffix "
				"%s, where anybody can have a name and a "
				"certificate.",
				p, p + 2);
		} else if (strcasecmp(p + 2, domain) == 0) {
			finding = check_add(findings, rule, CHECK_INFO,
			    CHECK_NORMAL,
			    "%s allows every host right below %s as MX: "
			    "whoever gets a certificate for one of them can "
			    "take mail (naming the hosts is safer).",
			    p, domain);
		} else {
			continue;
		}
		put_wide_fix(finding, facts, p);
		finding->line = find_line(facts, p);
		check_set(&finding->evidence, "mx: %s", p);
		check_see_dig(finding, "MX", domain, NULL);
	}
	return result;
}

static bool
is_absent(const struct ev_dns *dns)
{
	return check_is_answered(dns) && !check_has_records(dns);
}

/* Why it is no host to deliver to; NULL: nothing odd. */
static const char *
odd_what(const struct ev_mx *mx)
{
	size_t len = strlen(mx->host);
	struct in6_addr address;

	if (inet_pton(AF_INET, mx->host, &address) == 1 ||
	    inet_pton(AF_INET6, mx->host, &address) == 1 ||
	    (domain_is_valid(mx->host, len) &&
		domain_is_numeric(mx->host, len)))
		return "is an address, not a name (RFC 1035 3.3.9)";
	if (strchr(mx->host, '_') != NULL)
		return "has an underscore, which no host name and no "
		       "certificate can have";
	if (!domain_is_valid(mx->host, len))
		return "is no host name";
	if (mx->cname.is_asked && mx->cname.status == DNS_OK)
		return "is an alias (CNAME), which RFC 2181 10.3 forbids";
	if (is_absent(&mx->a) && is_absent(&mx->aaaa))
		return "has no address";
	if (mx->end == EV_SMTP_REFUSED_ADDRESS)
		return "has a private or reserved address";
	return NULL;
}

/* The alias's target, or a name of the domain's own. */
static void
put_odd_fix(struct check_finding *finding, const struct check_facts *facts,
    const struct ev_mx *mx)
{
	const char *domain = facts->evidence->domain;

	if (mx->cname.status == DNS_OK && mx->cname.count > 0)
		check_set(&finding->fix, "%s. IN MX %u %s.", domain,
		    mx->preference, mx->cname.rr[0].text.data);
	else
		check_set(&finding->fix,
		    "%s. IN MX %u mail.%s. ; a host with A or AAAA records",
		    domain, mx->preference, domain);
}

static enum check_result
mx_odd(const struct check_facts *facts, const struct check_rule *rule,
    struct check_findings *findings)
{
	enum check_result result = CHECK_PASS;
	struct check_finding *finding;
	const struct ev_mx *mx;
	const char *what;
	size_t i;

	if (facts->evidence->is_null_mx || facts->hosts == 0)
		return CHECK_SKIPPED;
	for (i = 0; i < facts->hosts; i++) {
		mx = facts->host[i].mx;
		what = odd_what(mx);
		if (what == NULL && facts->host[i].is_odd)
			what = "is not one that mail can be delivered to";
		if (what == NULL)
			continue;
		result = CHECK_WARN;
		finding = check_add(findings, rule, CHECK_WARNING, CHECK_LOW,
		    "The MX host %s %s.", CHECK_CLIP_TEXT(mx->host), what);
		if (mx->cname.status == DNS_OK && mx->cname.count > 0)
			check_set(&finding->evidence, "%s CNAME %s", mx->host,
			    mx->cname.rr[0].text.data);
		put_odd_fix(finding, facts, mx);
		check_see_dig(finding, "MX", facts->evidence->domain, NULL);
	}
	return result;
}

static enum check_result
null_mx(const struct check_facts *facts, const struct check_rule *rule,
    struct check_findings *findings)
{
	struct check_finding *finding;

	if (!facts->evidence->is_null_mx)
		return CHECK_SKIPPED;
	finding = check_add(findings, rule, CHECK_INFO, CHECK_NORMAL,
	    "%s says with a null MX that it takes no mail: MTA-STS does not "
	    "apply.",
	    facts->evidence->domain);
	check_see_dig(finding, "MX", facts->evidence->domain, NULL);
	return CHECK_SKIPPED;
}

static enum check_result
implicit_mx(const struct check_facts *facts, const struct check_rule *rule,
    struct check_findings *findings)
{
	struct check_finding *finding;
	const char *domain = facts->evidence->domain;

	if (facts->hosts != 1 || !facts->host[0].mx->is_implicit)
		return facts->hosts > 0 ? CHECK_PASS : CHECK_SKIPPED;
	finding = check_add(findings, rule, CHECK_INFO, CHECK_NORMAL,
	    "%s has no MX record: mail goes to its own address (RFC 5321 "
	    "5.1), and the policy has to list %s itself.",
	    domain, domain);
	check_set(&finding->fix, "%s. IN MX 10 %s.", domain, domain);
	check_see_dig(finding, "MX", domain, NULL);
	return CHECK_PASS;
}

#define RULE(name, section, text)                                      \
	const struct check_rule check_rule_##name = { #name, CHECK_MX, \
		section, text, name }

RULE(mx_none_match, "RFC 8461 4.1", "A pattern matches an MX host");
RULE(mx_partial_match, "RFC 8461 4.1", "Every MX host matches a pattern");
RULE(mx_stale_pattern, "", "Every pattern matches an MX host");
RULE(mx_wide, "RFC 8461 10.4", "No pattern is wider than need be");
RULE(mx_odd, "RFC 5321 5.1", "Every MX host is a host with an address");
RULE(null_mx, "RFC 7505", "The domain takes mail");
RULE(implicit_mx, "RFC 5321 5.1", "The domain has MX records");
