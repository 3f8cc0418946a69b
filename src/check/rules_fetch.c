/* SPDX-License-Identifier: ISC */
/*
 * Can senders get anything from mta-sts.D at all? RFC 8461 section 3.3. What
 * comes back is judged by rules_answer.c.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "check/fixes.h"
#include "check/ruletable.h"
#include "check/ruletool.h"

static bool
is_fetched(const struct check_facts *f)
{
	return f->is_attempted && f->evidence->fetch.is_asked;
}

static void
see_policy(const struct check_facts *f, struct check_finding *finding)
{
	struct buf url = { 0 };

	fix_policy_url(&url, f);
	check_see_curl(finding, buf_str(&url));
	buf_clear(&url);
}

/* Set fix: the file to serve, then the record. */
static void
fix_file(const struct check_facts *f, struct check_finding *finding,
    const char *intro)
{
	static const struct fix_policy as_it_is = { 0 };

	free(finding->fix);
	finding->fix = fix_steps(f, &as_it_is, intro);
}

static bool
has_way(const struct check_facts *f)
{
	const struct evidence *e = f->evidence;

	if (check_has_records(&e->host_a) && e->has_ipv4)
		return true;
	if (check_has_records(&e->host_aaaa) && e->has_ipv6)
		return true;
	return (e->has_ipv4 || e->has_ipv6) && !check_has_records(&e->host_a) &&
	    !check_has_records(&e->host_aaaa);
}

static enum check_result
run_policy_host_missing(const struct check_facts *f,
    const struct check_rule *rule, struct check_findings *findings)
{
	const struct evidence *e = f->evidence;
	struct check_finding *finding;
	struct buf name = { 0 };
	bool is_alias = check_has_records(&e->host_cname);

	if (!f->is_attempted)
		return CHECK_SKIPPED;
	if (check_has_records(&e->host_a) || check_has_records(&e->host_aaaa) ||
	    e->fetch.reason == STS_REASON_OK)
		return e->host_a.is_asked || e->fetch.is_asked ? CHECK_PASS :
								 CHECK_SKIPPED;
	if (!check_is_answered(&e->host_a) || !check_is_answered(&e->host_aaaa))
		return check_unproven(findings, rule, STS_REASON_DNS,
		    "the address of mta-sts.%s: the look-up failed (%s).",
		    e->domain,
		    CHECK_CLIP_TEXT(check_is_answered(&e->host_a) ?
			    e->host_aaaa.detail :
			    e->host_a.detail));
	finding = check_add(findings, rule, CHECK_CRITICAL,
	    check_critical_priority(f, rule),
	    "The policy host mta-sts.%s has no address%s%s: there is nothing "
	    "to get the policy from.",
	    e->domain, is_alias ? "; it is an alias of " : "",
	    is_alias ? CHECK_CLIP(e->host_cname.rr[0].text.data,
			   e->host_cname.rr[0].text.len) :
		       "");
	finding->reason = STS_REASON_DNS;
	fix_file(f, finding,
	    is_alias ?
		"First let the alias of the policy host point at a web server "
		"that exists, with a certificate for the policy host's own "
		"name. Then:" :
		"First publish an A, AAAA or CNAME record for the policy "
		"host, with the address of a web server of yours that has a "
		"certificate for that name. Then:");
	buf_printf(&name, "mta-sts.%s", e->domain);
	check_see_dig(finding, "A", buf_str(&name), NULL);
	buf_clear(&name);
	return CHECK_FAIL;
}

/* What to look at first, by reason; NULL: not a failure of this rule. */
static const char *
connect_advice(enum sts_reason reason)
{
	if (reason == STS_REASON_CONNECT)
		return "Let the web server listen on port 443 at every address "
		       "of the policy host, and the firewall let everyone in.";
	if (reason == STS_REASON_TIMEOUT)
		return "Senders wait a minute at most, many much less: look at "
		       "the firewall, the load of the web server, and whether "
		       "each address of the policy host still is yours.";
	if (reason == STS_REASON_RESET)
		return "Look at the web server's error log, and at what stands "
		       "before it (load balancer, firewall): it closes the "
		       "connection before the answer.";
	if (reason == STS_REASON_HEADER_FLOOD)
		return "Cut the HTTP header to what is needed: Content-Type "
		       "and Content-Length.";
	return NULL;
}

static enum check_result
run_policy_fetch_failed(const struct check_facts *f,
    const struct check_rule *rule, struct check_findings *findings)
{
	const struct ev_fetch *fetch = &f->evidence->fetch;
	struct check_finding *finding;
	const char *advice;

	if (!f->is_attempted)
		return CHECK_SKIPPED;
	if (!fetch->is_asked) {
		if (!f->evidence->is_timed_out)
			return CHECK_SKIPPED;
		return check_unproven(findings, rule, STS_REASON_OK,
		    "can the policy be fetched? The time was over before.");
	}
	if (sts_reason_is_ours(fetch->reason))
		return check_unproven(findings, rule, fetch->reason,
		    "can the policy be fetched? It failed here (%s).",
		    CHECK_CLIP_TEXT(fetch->detail));
	advice = connect_advice(fetch->reason);
	if (advice == NULL)
		return CHECK_PASS;
	if (fetch->reason == STS_REASON_CONNECT && !has_way(f))
		return check_unproven(findings, rule, STS_REASON_OK,
		    "can the policy be fetched? From here no address of "
		    "mta-sts.%s can be reached (IPv4: %s, IPv6: %s).",
		    f->evidence->domain, f->evidence->has_ipv4 ? "yes" : "no",
		    f->evidence->has_ipv6 ? "yes" : "no");
	if (fetch->reason == STS_REASON_TIMEOUT && f->evidence->is_timed_out &&
	    fetch->tries < 2)
		return check_unproven(findings, rule, STS_REASON_OK,
		    "can the policy be fetched? The time was over first (%s).",
		    CHECK_CLIP_TEXT(fetch->detail));
	finding = check_add(findings, rule, CHECK_CRITICAL,
	    check_critical_priority(f, rule),
	    "The policy cannot be fetched from mta-sts.%s: %s%s.",
	    f->evidence->domain, CHECK_CLIP_TEXT(fetch->detail),
	    fetch->tries > 1 ? " (tried twice)" : "");
	finding->reason = fetch->reason;
	check_set(&finding->fix, "%s", advice);
	see_policy(f, finding);
	return CHECK_FAIL;
}

static enum check_result
run_tls_failed(const struct check_facts *f, const struct check_rule *rule,
    struct check_findings *findings)
{
	const struct ev_fetch *fetch = &f->evidence->fetch;
	struct check_finding *finding;
	struct buf host = { 0 };

	if (!is_fetched(f) ||
	    (!fetch->tls.is_tried && fetch->reason != STS_REASON_TLS_HANDSHAKE))
		return CHECK_SKIPPED;
	if (fetch->reason != STS_REASON_TLS_HANDSHAKE)
		return CHECK_PASS;
	finding = check_add(findings, rule, CHECK_CRITICAL,
	    check_critical_priority(f, rule),
	    "The TLS handshake with mta-sts.%s fails: %s.", f->evidence->domain,
	    CHECK_CLIP_TEXT(fetch->detail));
	finding->reason = STS_REASON_TLS_HANDSHAKE;
	check_set(&finding->fix,
	    "Let the web server at port 443 speak TLS 1.2 and 1.3 for the "
	    "name mta-sts.%s (SNI), with a certificate for it and common "
	    "cipher suites.",
	    f->evidence->domain);
	buf_printf(&host, "mta-sts.%s", f->evidence->domain);
	check_see_tls(finding, buf_str(&host), "");
	buf_clear(&host);
	return CHECK_FAIL;
}

/* Does a body look like a policy, wherever it was found? */
static bool
is_policy(const struct ev_fetch *fetch)
{
	static const char name[] = "version:", value[] = "STSv1";
	const struct ev_bytes *body = &fetch->body;

	return fetch->is_asked && fetch->status == 200 && body->data != NULL &&
	    memmem(body->data, body->len, name, sizeof(name) - 1) != NULL &&
	    memmem(body->data, body->len, value, sizeof(value) - 1) != NULL;
}

static enum check_result
run_wrong_url(const struct check_facts *f, const struct check_rule *rule,
    struct check_findings *findings)
{
	const struct evidence *e = f->evidence;
	const struct ev_fetch *place[] = { &e->apex, &e->www_url,
		&e->short_url };
	struct check_finding *finding;
	struct buf url = { 0 };
	size_t i;

	if (!is_fetched(f) || e->fetch.reason == STS_REASON_OK)
		return CHECK_SKIPPED;
	if (!e->apex.is_asked && !e->www_url.is_asked && !e->short_url.is_asked)
		return CHECK_SKIPPED;
	fix_policy_url(&url, f);
	for (i = 0; i < sizeof(place) / sizeof(place[0]); i++) {
		if (!is_policy(place[i]))
			continue;
		finding = check_add(findings, rule, CHECK_INFO, CHECK_NORMAL,
		    "There is a policy at %s, where no sender looks.",
		    CHECK_CLIP_TEXT(place[i]->url));
		if (place[i]->url != NULL)
			check_set_evidence(
			    finding, place[i]->url, strlen(place[i]->url));
		check_set(&finding->fix,
		    "Serve that file, without a redirect, at %s",
		    buf_str(&url));
		if (place[i]->url != NULL)
			check_see_curl(finding, place[i]->url);
	}
	buf_clear(&url);
	return CHECK_PASS;
}

static enum check_result
run_http_only(const struct check_facts *f, const struct check_rule *rule,
    struct check_findings *findings)
{
	const struct evidence *e = f->evidence;
	struct check_finding *finding;
	struct buf url = { 0 };

	if (!is_fetched(f) || e->fetch.status != 0 || !e->plain.is_asked)
		return CHECK_SKIPPED;
	if (e->plain.status == 0)
		return CHECK_PASS;
	finding = check_add(findings, rule, CHECK_INFO, CHECK_NORMAL,
	    "mta-sts.%s answers on port 80 (status %ld) and not on port 443: "
	    "a policy counts only over HTTPS.",
	    e->domain, e->plain.status);
	check_set(&finding->fix,
	    "Set up HTTPS for mta-sts.%s:\n\ncertbot certonly -d mta-sts.%s",
	    e->domain, e->domain);
	buf_printf(
	    &url, "http://mta-sts.%s/.well-known/mta-sts.txt", e->domain);
	check_see_curl(finding, buf_str(&url));
	buf_clear(&url);
	return CHECK_PASS;
}

static enum check_result
run_slow_fetch(const struct check_facts *f, const struct check_rule *rule,
    struct check_findings *findings)
{
	const struct ev_fetch *fetch = &f->evidence->fetch;
	struct check_finding *finding;

	if (!is_fetched(f) || fetch->reason != STS_REASON_OK)
		return CHECK_SKIPPED;
	if (fetch->ms <= f->options->slow_ms)
		return CHECK_PASS;
	finding = check_add(findings, rule, CHECK_WARNING, CHECK_LOW,
	    "The policy took %" PRId64 ".%" PRId64 " s to fetch: a sender "
	    "that knows no policy yet does not wait that long, or delays the "
	    "mail.",
	    fetch->ms / 1000, fetch->ms % 1000 / 100);
	/* Its first contact is answered before the fetch has ended. */
	finding->reason = STS_REASON_DEADLINE;
	check_set(&finding->fix,
	    "Serve the policy as a static file, from a web server with room "
	    "to spare.");
	see_policy(f, finding);
	return CHECK_WARN;
}

static enum check_result
run_address_refused(const struct check_facts *f, const struct check_rule *rule,
    struct check_findings *findings)
{
	const struct ev_fetch *fetch = &f->evidence->fetch;
	struct check_finding *finding;
	struct buf name = { 0 };

	if (!is_fetched(f))
		return CHECK_SKIPPED;
	if (fetch->reason != STS_REASON_REFUSED_ADDRESS)
		return CHECK_PASS;
	finding = check_add(findings, rule, CHECK_CRITICAL,
	    check_critical_priority(f, rule),
	    "mta-sts.%s has only addresses that are not public (%s): senders "
	    "do not, or cannot, connect to them.",
	    f->evidence->domain, CHECK_CLIP_TEXT(fetch->detail));
	finding->reason = STS_REASON_REFUSED_ADDRESS;
	check_set(&finding->fix,
	    "Publish the public address of the web server in the A and AAAA "
	    "records of mta-sts.%s.",
	    f->evidence->domain);
	buf_printf(&name, "mta-sts.%s", f->evidence->domain);
	check_see_dig(finding, "A", buf_str(&name), NULL);
	buf_clear(&name);
	return CHECK_FAIL;
}

static enum check_result
run_policy_cname(const struct check_facts *f, const struct check_rule *rule,
    struct check_findings *findings)
{
	const struct evidence *e = f->evidence;
	const struct ev_bytes *target;
	struct check_finding *finding;
	struct buf name = { 0 };

	if (!f->is_attempted || !e->host_cname.is_asked)
		return CHECK_SKIPPED;
	if (!check_is_answered(&e->host_cname))
		return check_unproven(findings, rule, STS_REASON_OK,
		    "whether mta-sts.%s is an alias: the look-up failed (%s).",
		    e->domain, CHECK_CLIP_TEXT(e->host_cname.detail));
	if (!check_has_records(&e->host_cname))
		return CHECK_PASS;
	target = &e->host_cname.rr[0].text;
	finding = check_add(findings, rule, CHECK_INFO, CHECK_NORMAL,
	    "mta-sts.%s is an alias (CNAME) of %s: that server needs a "
	    "certificate for mta-sts.%s, not for its own name.",
	    e->domain, CHECK_CLIP(target->data, target->len), e->domain);
	check_set_evidence(finding, target->data, target->len);
	buf_printf(&name, "mta-sts.%s", e->domain);
	check_see_dig(finding, "CNAME", buf_str(&name), NULL);
	buf_clear(&name);
	return CHECK_PASS;
}

#define FETCH_RULE(name, section, line)                                   \
	const struct check_rule check_rule_##name = { #name, CHECK_FETCH, \
		section, line, run_##name }

FETCH_RULE(policy_host_missing, "RFC 8461 3.3", "mta-sts has an address");
FETCH_RULE(policy_fetch_failed, "RFC 8461 3.3", "the policy host answers");
FETCH_RULE(tls_failed, "RFC 8461 3.3", "the policy host speaks TLS");
FETCH_RULE(wrong_url, "RFC 8461 3.2", "the policy is not at another URL");
FETCH_RULE(http_only, "RFC 8461 3.3", "the policy host is not HTTP only");
FETCH_RULE(slow_fetch, "RFC 8461 3.3", "the policy comes fast enough");
FETCH_RULE(address_refused, "", "the policy host's address is public");
FETCH_RULE(policy_cname, "RFC 8461 8.2", "is the policy host an alias?");
