/* SPDX-License-Identifier: ISC */
/*
 * Is there a record at _mta-sts.D (RFC 8461 section 3.1), and if not, where
 * did it go?
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check/fixes.h"
#include "check/ruletable.h"
#include "check/ruletool.h"

static const struct ev_bytes *
find_ours(const struct ev_dns *dns)
{
	size_t i;

	for (i = 0; check_has_records(dns) && i < dns->count; i++)
		if (check_is_record(&dns->rr[i].text))
			return &dns->rr[i].text;
	return NULL;
}

/* Places where the record was put by mistake, and how it came there. */
#define PLACES 5

struct place {
	const struct ev_dns *dns;
	const char *why;
};

static void
list_places(const struct check_facts *f, struct place place[PLACES])
{
	const struct evidence *e = f->evidence;

	place[0] = (struct place){ &e->underscore,
		"the label is _mta-sts, with a hyphen" };
	place[1] = (struct place){ &e->bare,
		"mta-sts is the web server's name; the record's begins with "
		"an underscore" };
	place[2] = (struct place){ &e->twice,
		"the zone's name was added twice: enter _mta-sts alone, or "
		"end the name with a dot" };
	place[3] = (struct place){ &e->www,
		"mail goes to the domain itself, not to www" };
	place[4] = (struct place){ &e->spf,
		"the record belongs at _mta-sts, not at the domain itself" };
}

/* Nothing at the right name, and nothing that tries to be a record there. */
static bool
is_record_absent(const struct check_facts *f)
{
	return !f->is_no_domain && f->has_txt && f->txt == STS_TXT_NONE &&
	    !f->is_try;
}

static const struct place *
find_place(const struct check_facts *f, struct place place[PLACES])
{
	size_t i;

	list_places(f, place);
	for (i = 0; i < PLACES; i++)
		if (find_ours(place[i].dns) != NULL)
			return &place[i];
	return NULL;
}

static void
put_hosts(struct buf *b, const char *before, const struct ev_dns *dns)
{
	struct check_clip clip;
	size_t i;

	for (i = 0; check_has_records(dns) && i < dns->count && i < 3; i++)
		buf_printf(b, "%s%s", i == 0 ? before : ", ",
		    check_clip(
			&clip, dns->rr[i].text.data, dns->rr[i].text.len, 60));
}

static void
fix_missing(const struct check_facts *f, struct check_finding *finding)
{
	static const struct fix_policy as_it_is = { 0 };
	struct place place[PLACES];
	struct buf where = { 0 };

	put_hosts(&where, "The records go into the zone at ", &f->evidence->ns);
	free(finding->fix);
	if (find_place(f, place) != NULL) {
		finding->fix = NULL;
		fix_set_record(
		    f, finding, true, "Publish the record at the right name:");
	} else if (f->has_body && f->has_mode) {
		finding->fix =
		    fix_steps(f, &as_it_is, where.len > 0 ? where.data : NULL);
	} else {
		finding->fix =
		    fix_steps_starter(f, where.len > 0 ? where.data : NULL);
	}
	buf_clear(&where);
}

static bool
begins(const struct ev_dns *dns, const char *begin)
{
	size_t i, len = strlen(begin);

	for (i = 0; check_has_records(dns) && i < dns->count; i++)
		if (dns->rr[i].text.len >= len &&
		    memcmp(dns->rr[i].text.data, begin, len) == 0)
			return true;
	return false;
}

static enum check_result
run_missing_record(const struct check_facts *f, const struct check_rule *rule,
    struct check_findings *findings)
{
	const struct evidence *e = f->evidence;
	struct check_finding *finding;
	bool is_careful =
	    begins(&e->spf, "v=spf1") && begins(&e->dmarc, "v=DMARC1");
	char file[128] = "";

	if (f->is_no_domain || !f->has_txt || e->is_null_mx)
		return CHECK_SKIPPED;
	if (!is_record_absent(f))
		return CHECK_PASS;
	if (f->has_body && f->has_mode)
		snprintf(file, sizeof(file),
		    " A policy file (mode %s) is served all the same: "
		    "senders never look at it.",
		    sts_mode_word(f->mode));
	finding = check_add(findings, rule, CHECK_CRITICAL,
	    is_careful ? CHECK_MEDIUM : CHECK_LOW,
	    "There is no MTA-STS record at _mta-sts.%s (%s): senders do not "
	    "ask for a policy, and mail may be sent without verified TLS.%s",
	    e->domain,
	    e->txt.status == DNS_NXDOMAIN  ? "no such name" :
		check_has_records(&e->txt) ? "other TXT records only" :
					     "no TXT record",
	    file);
	finding->reason = STS_REASON_TXT_NONE;
	fix_missing(f, finding);
	check_see_record(f, finding);
	return CHECK_FAIL;
}

static enum check_result
run_wrong_name(const struct check_facts *f, const struct check_rule *rule,
    struct check_findings *findings)
{
	struct place place[PLACES];
	struct check_finding *finding;
	const struct ev_bytes *text;
	const char *unanswered = NULL;
	size_t before = findings->count, i;

	if (!is_record_absent(f))
		return CHECK_SKIPPED;
	list_places(f, place);
	for (i = 0; i < PLACES; i++) {
		text = find_ours(place[i].dns);
		if (place[i].dns->is_asked && !check_is_answered(place[i].dns))
			unanswered = place[i].dns->name;
		if (text == NULL)
			continue;
		finding = check_add(findings, rule, CHECK_CRITICAL,
		    CHECK_MEDIUM,
		    "The record \"%s\" is at %s, where no sender looks: %s.",
		    CHECK_CLIP(text->data, text->len), place[i].dns->name,
		    place[i].why);
		check_set_evidence(finding, text->data, text->len);
		fix_set_record(f, finding, true,
		    "Publish this record, and delete the misplaced one:");
		check_see_dig(finding, "TXT", place[i].dns->name, NULL);
	}
	if (findings->count == before && unanswered != NULL)
		return check_unproven(findings, rule, STS_REASON_OK,
		    "whether the record is at %s by mistake: the look-up "
		    "failed.",
		    unanswered);
	return check_outcome(findings, before);
}

static enum sts_reason
lookup_reason(const struct ev_dns *dns)
{
	if (dns->is_asked && dns->status == DNS_NO_SERVER)
		return STS_REASON_NO_SERVER;
	if (dns->is_asked && dns->status == DNS_LOCAL)
		return STS_REASON_LOCAL;
	return STS_REASON_TXT_LOOKUP;
}

static enum check_result
run_dns_temp_error(const struct check_facts *f, const struct check_rule *rule,
    struct check_findings *findings)
{
	const struct ev_dns *txt = &f->evidence->txt;
	const char *detail;

	if (f->has_txt)
		return CHECK_PASS;
	if (f->is_no_domain)
		return CHECK_SKIPPED;
	detail = txt->is_asked ? txt->detail : "the time was over before";
	check_unproven(findings, rule, lookup_reason(txt),
	    "is there a record at _mta-sts.%s? The look-up failed (%s). "
	    "Senders keep "
	    "a policy they have, and find no new one meanwhile.",
	    f->evidence->domain, CHECK_CLIP_TEXT(detail));
	check_set(&findings->item[findings->count - 1].fix,
	    "Ask again later. If it goes on failing, look at the name servers "
	    "of %s, and at DNSSEC if the zone is signed.",
	    f->evidence->domain);
	check_see_record(f, &findings->item[findings->count - 1]);
	return CHECK_UNPROVEN;
}

static enum check_result
run_no_such_domain(const struct check_facts *f, const struct check_rule *rule,
    struct check_findings *findings)
{
	const struct ev_dns *soa = &f->evidence->soa;
	struct check_finding *finding;

	if (!f->is_no_domain) {
		if (!check_is_answered(soa) && !f->has_txt && soa->is_asked)
			return check_unproven(findings, rule,
			    lookup_reason(soa),
			    "whether %s exists: the look-up failed (%s).",
			    f->evidence->domain, CHECK_CLIP_TEXT(soa->detail));
		return CHECK_PASS;
	}
	finding = check_add(findings, rule, CHECK_INFO, CHECK_NORMAL,
	    "The domain %s does not exist (NXDOMAIN): no mail can be sent to "
	    "it.",
	    f->evidence->domain);
	check_set(&finding->fix,
	    "Is the name spelled right? If it is, register the domain, or "
	    "have its zone served.");
	check_see_dig(finding, "SOA", f->evidence->domain, NULL);
	return CHECK_SKIPPED;
}

static enum check_result
run_parent_policy(const struct check_facts *f, const struct check_rule *rule,
    struct check_findings *findings)
{
	const struct ev_dns *parent = &f->evidence->parent;
	const struct ev_bytes *text;
	struct check_finding *finding;

	if (!is_record_absent(f) || !parent->is_asked)
		return CHECK_SKIPPED;
	if (!check_is_answered(parent))
		return check_unproven(findings, rule, STS_REASON_OK,
		    "whether the parent domain has a record: the look-up of "
		    "%s failed.",
		    CHECK_CLIP_TEXT(parent->name));
	text = find_ours(parent);
	if (text == NULL)
		return CHECK_PASS;
	finding = check_add(findings, rule, CHECK_INFO, CHECK_NORMAL,
	    "Only the parent domain has a record (%s): it does not count for "
	    "%s. Senders must not use a parent's policy.",
	    CHECK_CLIP_TEXT(parent->name), f->evidence->domain);
	check_set_evidence(finding, text->data, text->len);
	if (parent->name != NULL)
		check_see_dig(finding, "TXT", parent->name, NULL);
	return CHECK_PASS;
}

#define DNS_RULE(name, section, line)                                   \
	const struct check_rule check_rule_##name = { #name, CHECK_DNS, \
		section, line, run_##name }

DNS_RULE(missing_record, "RFC 8461 3.1", "there is a TXT record at _mta-sts");
DNS_RULE(wrong_name, "RFC 8461 3.1", "the record is not at another name");
DNS_RULE(dns_temp_error, "RFC 8461 3.1", "the record can be looked up");
DNS_RULE(no_such_domain, "RFC 1035", "the domain exists");
DNS_RULE(parent_policy, "RFC 8461 3.4", "the parent's policy does not count");
