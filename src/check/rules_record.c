/* SPDX-License-Identifier: ISC */
/* What the TXT record at _mta-sts.D says: RFC 8461 section 3.1. */
#include <string.h>
#include <strings.h>

#include "check/fixes.h"
#include "check/ruletable.h"
#include "check/ruletool.h"

static enum check_result
run_multiple_records(const struct check_facts *f, const struct check_rule *rule,
    struct check_findings *findings)
{
	const struct ev_dns *txt = &f->evidence->txt;
	struct check_finding *finding;
	struct check_clip clip;
	struct buf list = { 0 };
	size_t i, count = 0;

	if (!f->has_txt || f->is_no_domain)
		return CHECK_SKIPPED;
	if (f->txt != STS_TXT_MULTIPLE)
		return CHECK_PASS;
	for (i = 0; i < txt->count; i++) {
		if (!check_is_record(&txt->rr[i].text))
			continue;
		if (count++ < 3)
			buf_printf(&list, "%s\"%s\"", count > 1 ? ", " : "",
			    check_clip(&clip, txt->rr[i].text.data,
				txt->rr[i].text.len, 60));
	}
	finding = check_add(findings, rule, CHECK_CRITICAL,
	    check_critical_priority(f, rule),
	    "%zu records at _mta-sts.%s begin with v=STSv1 (%s%s); senders "
	    "must then act as if there were no policy.",
	    count, f->evidence->domain, buf_str(&list),
	    count > 3 ? " ..." : "");
	finding->reason = STS_REASON_TXT_MULTIPLE;
	check_set(&finding->evidence, "%s", buf_str(&list));
	fix_set_record(f, finding, true, "Delete them all but for this one:");
	check_see_record(f, finding);
	buf_clear(&list);
	return CHECK_FAIL;
}

static enum check_result
run_unrelated_txt(const struct check_facts *f, const struct check_rule *rule,
    struct check_findings *findings)
{
	const struct ev_dns *txt = &f->evidence->txt;
	const struct ev_bytes *text, *first = NULL;
	struct check_finding *finding;
	size_t i, count = 0;

	if (!f->has_txt || f->is_no_domain)
		return CHECK_SKIPPED;
	for (i = 0; check_has_records(txt) && i < txt->count; i++) {
		text = &txt->rr[i].text;
		if (check_is_record(text) || (f->is_try && text == f->record))
			continue;
		if (count++ == 0)
			first = text;
	}
	if (first == NULL)
		return CHECK_PASS;
	finding = check_add(findings, rule, CHECK_INFO, CHECK_NORMAL,
	    "%zu other TXT record%s at _mta-sts.%s: \"%s\"%s. Senders pass "
	    "over what does not begin with \"v=STSv1;\".",
	    count, count == 1 ? " is" : "s are", f->evidence->domain,
	    CHECK_CLIP(first->data, first->len), count > 1 ? " ..." : "");
	check_set_evidence(finding, first->data, first->len);
	check_set(&finding->fix,
	    "Delete what is not meant to be there (a wildcard TXT record of "
	    "the zone does this, too).");
	check_see_record(f, finding);
	return CHECK_PASS;
}

static const char *
version_fault(const struct ev_bytes *text)
{
	static const char version[] = "v=STSv1";
	size_t len = sizeof(version) - 1;

	if (text->len > 0 && (text->data[0] == ' ' || text->data[0] == '\t'))
		return "a blank stands before v=STSv1";
	if (text->len > 0 && text->data[0] == '"')
		return "the quotation marks are part of the record";
	if (text->len >= len && memcmp(text->data, version, len) == 0)
		return "no \";\" follows v=STSv1";
	if (text->len >= len && strncasecmp(text->data, version, len) == 0)
		return "upper and lower case count in v=STSv1";
	return "it must begin with exactly \"v=STSv1;\"";
}

static enum check_result
run_bad_version(const struct check_facts *f, const struct check_rule *rule,
    struct check_findings *findings)
{
	struct check_finding *finding;

	if (!f->has_txt || f->is_no_domain)
		return CHECK_SKIPPED;
	if (!f->is_try)
		return CHECK_PASS;
	finding = check_add(findings, rule, CHECK_CRITICAL,
	    check_critical_priority(f, rule),
	    "The record \"%s\" at _mta-sts.%s is none to senders: %s.",
	    CHECK_CLIP(f->record->data, f->record->len), f->evidence->domain,
	    version_fault(f->record));
	finding->reason = STS_REASON_TXT_NONE;
	check_set_evidence(finding, f->record->data, f->record->len);
	fix_set_record(f, finding, true, "Put this record in its place:");
	check_see_record(f, finding);
	return CHECK_FAIL;
}

/* The findings of sts_txt_parse() of one code. */
struct txt_rule {
	enum sts_diag_code code;
	enum check_severity severity;
	bool is_new_id; /* in the fix */
	const char *words; /* of the fix */
	const char *effect; /* a sentence */
};

static enum check_result
run_txt_diags(const struct check_facts *f, const struct check_rule *rule,
    struct check_findings *findings, const struct txt_rule *of)
{
	const struct ev_dns *txt = &f->evidence->txt;
	const struct sts_diag *diag;
	const struct ev_bytes *text;
	struct check_finding *finding;
	size_t before = findings->count, i;

	if (!f->has_txt || f->txt == STS_TXT_NONE)
		return CHECK_SKIPPED;
	for (i = 0; i < f->txt_diags.count; i++) {
		diag = &f->txt_diags.diag[i];
		if (diag->code != of->code || diag->line == 0 ||
		    diag->line > txt->count)
			continue;
		if (findings->count - before == 8)
			break;
		text = &txt->rr[diag->line - 1].text;
		finding = check_add(findings, rule, of->severity,
		    of->severity == CHECK_CRITICAL ?
			check_critical_priority(f, rule) :
			CHECK_LOW,
		    "In the record at _mta-sts.%s, \"%s\": %s. %s",
		    f->evidence->domain,
		    CHECK_CLIP(text->data + diag->offset, diag->len),
		    diag->what != NULL ? diag->what : "wrong", of->effect);
		if (diag->is_fatal)
			finding->reason = STS_REASON_TXT_INVALID;
		check_set_evidence(finding, text->data, text->len);
		fix_set_record(f, finding, of->is_new_id, of->words);
		check_see_record(f, finding);
	}
	return check_outcome(findings, before);
}

static enum check_result
run_bad_id(const struct check_facts *f, const struct check_rule *rule,
    struct check_findings *findings)
{
	return run_txt_diags(f, rule, findings,
	    &(struct txt_rule){ STS_DIAG_BAD_ID, CHECK_CRITICAL, true,
		"Put this record in its place:",
		"An id of 1 to 32 letters and digits is needed; without it "
		"senders act as if there were no policy." });
}

static enum check_result
run_txt_syntax(const struct check_facts *f, const struct check_rule *rule,
    struct check_findings *findings)
{
	return run_txt_diags(f, rule, findings,
	    &(struct txt_rule){ STS_DIAG_TXT_SYNTAX, CHECK_CRITICAL, false,
		"Put this record in its place:",
		"Senders must then act as if there were no policy." });
}

static enum check_result
run_txt_space(const struct check_facts *f, const struct check_rule *rule,
    struct check_findings *findings)
{
	return run_txt_diags(f, rule, findings,
	    &(struct txt_rule){ STS_DIAG_TXT_SPACE, CHECK_WARNING, false,
		"Put this record in its place; the id may stay:",
		"The grammar allows it, but a sender that looks for "
		"\"v=STSv1;\" finds no record." });
}

static enum check_result
run_txt_duplicate(const struct check_facts *f, const struct check_rule *rule,
    struct check_findings *findings)
{
	return run_txt_diags(f, rule, findings,
	    &(struct txt_rule){ STS_DIAG_TXT_DUPLICATE, CHECK_WARNING, false,
		"Leave one id; the first may stay:",
		"Senders may take either for the id." });
}

#define DNS_RULE(name, section, line)                                   \
	const struct check_rule check_rule_##name = { #name, CHECK_DNS, \
		section, line, run_##name }

DNS_RULE(multiple_records, "RFC 8461 3.1", "there is one record only");
DNS_RULE(unrelated_txt, "RFC 8461 3.1", "no other TXT records are at _mta-sts");
DNS_RULE(bad_version, "RFC 8461 3.1", "the record begins with v=STSv1;");
DNS_RULE(bad_id, "RFC 8461 3.1", "the id has 1 to 32 letters and digits");
DNS_RULE(txt_syntax, "RFC 8461 3.1", "the record's other fields are sound");
DNS_RULE(txt_space, "RFC 8461 3.1", "no blank before the first \";\"");
DNS_RULE(txt_duplicate, "RFC 8461 3.1", "there is one id only");
