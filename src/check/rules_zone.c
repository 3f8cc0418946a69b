/* SPDX-License-Identifier: ISC */
/* How the TXT record is served: aliases, caches, name servers. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "check/fixes.h"
#include "check/ruletable.h"
#include "check/ruletool.h"

#define TTL_LONG_S 86400

static enum check_result
run_cname(const struct check_facts *f, const struct check_rule *rule,
    struct check_findings *findings)
{
	const struct ev_dns *txt = &f->evidence->txt;
	struct check_finding *finding;

	if (!f->has_txt || f->is_no_domain)
		return CHECK_SKIPPED;
	if (txt->cnames == 0)
		return CHECK_PASS;
	finding = check_add(findings, rule, CHECK_INFO, CHECK_NORMAL,
	    "_mta-sts.%s is an alias (CNAME) of %s: senders follow it, and "
	    "whoever runs that name decides on the id.",
	    f->evidence->domain, CHECK_CLIP_TEXT(txt->owner));
	if (txt->owner != NULL)
		check_set_evidence(finding, txt->owner, strlen(txt->owner));
	check_see_record(f, finding);
	return CHECK_PASS;
}

static enum check_result
run_ttl(const struct check_facts *f, const struct check_rule *rule,
    struct check_findings *findings)
{
	const struct evidence *e = f->evidence;
	struct check_finding *finding;
	uint32_t ttl = e->txt.ttl;
	size_t i;

	if (f->record == NULL || !e->txt.has_ttl)
		return CHECK_SKIPPED;
	/* A cache counts down; the zone's own servers do not. */
	for (i = 0; i < e->servers; i++)
		if (check_has_records(&e->server[i].txt) &&
		    e->server[i].txt.has_ttl && e->server[i].txt.ttl > ttl)
			ttl = e->server[i].txt.ttl;
	finding = check_add(findings, rule, CHECK_INFO, CHECK_NORMAL,
	    "The record may be cached for %s (TTL %" PRIu32 " s): a new id "
	    "may take as long to be seen. Keep the old policy file's values "
	    "working until then.",
	    CHECK_DURATION((int64_t)ttl), ttl);
	if (ttl > TTL_LONG_S)
		check_set(&finding->fix,
		    "Lower the TTL of _mta-sts.%s to 3600: a mistake can then "
		    "be put right within the hour.",
		    e->domain);
	check_see_record(f, finding);
	return CHECK_PASS;
}

static enum check_result
run_id_age(const struct check_facts *f, const struct check_rule *rule,
    struct check_findings *findings)
{
	struct check_finding *finding;

	if (!f->has_txt || f->txt != STS_TXT_VALID || f->id_time == 0)
		return CHECK_SKIPPED;
	if (f->id_time > f->now)
		finding = check_add(findings, rule, CHECK_INFO, CHECK_NORMAL,
		    "The id \"%s\" reads as a date to come, %s.", f->id,
		    CHECK_TIME(f->id_time));
	else
		finding = check_add(findings, rule, CHECK_INFO, CHECK_NORMAL,
		    "The id \"%s\" reads as a date, %s: %s ago. Senders only "
		    "see whether it is another one than before.",
		    f->id, CHECK_TIME(f->id_time),
		    CHECK_DURATION(f->now - f->id_time));
	check_set_evidence(finding, f->id, strlen(f->id));
	check_see_record(f, finding);
	return CHECK_PASS;
}

static int
bytes_compare(const void *a, const void *b)
{
	const struct ev_bytes *x = a, *y = b;
	size_t len = x->len < y->len ? x->len : y->len;
	int order = len > 0 ? memcmp(x->data, y->data, len) : 0;

	return order != 0 ? order : (x->len > y->len) - (x->len < y->len);
}

static size_t
sorted_records(const struct ev_dns *dns, struct ev_bytes list[EVIDENCE_TXT_MAX])
{
	size_t i, n = dns->status == DNS_OK ? dns->count : 0;

	if (n > EVIDENCE_TXT_MAX)
		n = EVIDENCE_TXT_MAX;
	for (i = 0; i < n; i++)
		list[i] = dns->rr[i].text;
	if (n > 0)
		qsort(list, n, sizeof(struct ev_bytes), bytes_compare);
	return n;
}

/* The order of the records means nothing. */
static bool
is_same_set(const struct ev_dns *a, const struct ev_dns *b)
{
	struct ev_bytes x[EVIDENCE_TXT_MAX], y[EVIDENCE_TXT_MAX];
	size_t n = sorted_records(a, x), i;

	if (n != sorted_records(b, y))
		return false;
	for (i = 0; i < n; i++)
		if (bytes_compare(&x[i], &y[i]) != 0)
			return false;
	return true;
}

static const char *
first_record(struct check_clip *clip, const struct ev_dns *dns)
{
	if (!check_has_records(dns))
		return "nothing";
	return check_clip(clip, dns->rr[0].text.data, dns->rr[0].text.len, 60);
}

/* Records are quoted, "nothing" is not. */
static const char *
mark(const struct ev_dns *dns)
{
	return check_has_records(dns) ? "\"" : "";
}

static void
add_ns_differ(const struct check_rule *rule, struct check_findings *findings,
    const struct ev_ns *one, const struct ev_ns *other)
{
	struct check_clip clip[2];
	struct check_finding *finding;

	finding = check_add(findings, rule, CHECK_WARNING, CHECK_LOW,
	    "The zone's name servers differ: %s says %s%s%s, %s says %s%s%s. "
	    "Either "
	    "a change is still spreading, or one of them is stale.",
	    CHECK_CLIP_TEXT(one->host), mark(&one->txt),
	    first_record(&clip[0], &one->txt), mark(&one->txt),
	    CHECK_CLIP_TEXT(other->host), mark(&other->txt),
	    first_record(&clip[1], &other->txt), mark(&other->txt));
	check_set(&finding->fix,
	    "Wait until the secondary servers have the new zone. If they do "
	    "not get it: was the serial number of the SOA raised, and are "
	    "they allowed to transfer the zone?");
	if (other->txt.name != NULL && other->host != NULL)
		check_see_dig(finding, "TXT", other->txt.name, other->host);
}

static enum check_result
run_ns_differ(const struct check_facts *f, const struct check_rule *rule,
    struct check_findings *findings)
{
	const struct evidence *e = f->evidence;
	const struct ev_ns *first = NULL;
	size_t i, answered = 0;

	/* The target of an alias is in another zone, perhaps. */
	if (f->is_no_domain || e->txt.cnames > 0)
		return CHECK_SKIPPED;
	if (e->ns.is_asked && !check_is_answered(&e->ns))
		return check_unproven(findings, rule, STS_REASON_OK,
		    "whether the zone's name servers agree: their names "
		    "could not be looked up (%s).",
		    CHECK_CLIP_TEXT(e->ns.detail));
	if (e->servers < 2)
		return CHECK_SKIPPED;
	for (i = 0; i < e->servers; i++) {
		if (!check_is_answered(&e->server[i].txt))
			continue;
		answered++;
		if (first == NULL) {
			first = &e->server[i];
		} else if (!is_same_set(&first->txt, &e->server[i].txt)) {
			add_ns_differ(rule, findings, first, &e->server[i]);
			return CHECK_WARN;
		}
	}
	if (answered < 2)
		return check_unproven(findings, rule, STS_REASON_OK,
		    "whether the zone's name servers agree: %zu of %zu "
		    "answered here.",
		    answered, e->servers);
	return CHECK_PASS;
}

static enum check_result
run_subdomains(const struct check_facts *f, const struct check_rule *rule,
    struct check_findings *findings)
{
	struct check_finding *finding;

	if (!f->has_txt || f->txt != STS_TXT_VALID)
		return CHECK_SKIPPED;
	finding = check_add(findings, rule, CHECK_INFO, CHECK_NORMAL,
	    "The policy is for mail to user@%s alone. A subdomain that takes "
	    "mail needs a record, a policy host and a file of its own.",
	    f->evidence->domain);
	check_see_record(f, finding);
	return CHECK_PASS;
}

#define DNS_RULE(name, section, line)                                   \
	const struct check_rule check_rule_##name = { #name, CHECK_DNS, \
		section, line, run_##name }

DNS_RULE(cname, "RFC 8461 3.1", "is the record an alias?");
DNS_RULE(ttl, "RFC 8461 8.1", "how long the record may be cached");
DNS_RULE(id_age, "RFC 8461 3.1", "the date in the id");
DNS_RULE(ns_differ, "RFC 1034 4.3.5", "the zone's name servers agree");
DNS_RULE(subdomains, "RFC 8461 3.4", "subdomains need policies of their own");
