/* SPDX-License-Identifier: ISC */
/*
 * One report of facts and findings: chips, points under the lowest gate, and
 * the words that follow from them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xmalloc.h"
#include "check/delivery.h"
#include "check/gates.h"
#include "check/mxhosts.h"
#include "check/providers.h"
#include "check/memory.h"
#include "check/rollout.h"
#include "check/rollout_reports.h"
#include "check/ruletool.h"
#include "check/tlsrpt.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct {
	const char *word, *text;
} statuses[] = {
	[CHECK_NO_DOMAIN] = { "no_domain", "There is no such domain." },
	[CHECK_NULL_MX] = { "null_mx",
	    "The domain takes no mail: MTA-STS does not apply." },
	[CHECK_UNKNOWN] = { "unknown",
	    "Too little could be seen from here to tell." },
	[CHECK_MISPLACED] = { "misplaced",
	    "MTA-STS is published at a name where no sender looks." },
	[CHECK_NOT_DEPLOYED] = { "not_deployed", "MTA-STS is not deployed." },
	[CHECK_UNUSABLE] = { "unusable",
	    "MTA-STS is published, but senders cannot use it." },
	[CHECK_LEAVING] = { "leaving",
	    "MTA-STS is switched off with mode none." },
	[CHECK_BROKEN] = { "broken",
	    "The policy is enforced, and no MX host meets it: senders that "
	    "honour it cannot deliver." },
	[CHECK_PARTIAL] = { "partial",
	    "The policy is enforced, but some MX hosts do not meet it." },
	[CHECK_ENFORCING] = { "enforcing", "The policy is enforced." },
	[CHECK_READY] = { "ready",
	    "The policy is in testing, and ready to be enforced once its "
	    "reports were read." },
	[CHECK_TESTING] = { "testing",
	    "The policy is in testing: failures are reported, nothing is "
	    "enforced." },
};

static const struct {
	const char *word, *text;
} verdicts[] = {
	[CHECK_VERDICT_PASS] = { "pass", " enforces encrypted delivery." },
	[CHECK_VERDICT_WARNING] = { "warning",
	    "'s MTA-STS works but does not protect fully." },
	[CHECK_VERDICT_FAIL] = { "fail",
	    " does not enforce encrypted delivery." },
	[CHECK_VERDICT_UNKNOWN] = { "unknown",
	    " could not be checked from here." },
	[CHECK_VERDICT_NA] = { "n/a",
	    " takes no mail: MTA-STS does not apply." },
};

static const char turns_away[] =
    " turns away mail from senders that honour its policy.";

static const char *const part_words[CHECK_PARTS] = {
	[CHECK_PART_DNS] = "dns",
	[CHECK_PART_FETCH] = "fetch",
	[CHECK_PART_CERTIFICATE] = "certificate",
	[CHECK_PART_SYNTAX] = "syntax",
	[CHECK_PART_MX] = "mx",
	[CHECK_PART_SMTP] = "smtp",
	[CHECK_PART_LIFETIME] = "lifetime",
	[CHECK_PART_TLS_RPT] = "tls_rpt",
};

const char *
check_status_word(enum check_status status)
{
	return statuses[status].word;
}

const char *
check_verdict_word(enum check_verdict verdict)
{
	return verdicts[verdict].word;
}

const char *
check_part_word(enum check_part part)
{
	return part_words[part];
}

/* Nobody can prove it, so it says nothing of a stage. */
static bool
is_aside(const struct check_rule *rule)
{
	return strcmp(rule->code, "tls_rpt_reader") == 0;
}

static void
fill_chips(struct check_report *report)
{
	enum check_result result, *chip;
	size_t i;

	for (i = 0; i < CHECK_STAGES; i++)
		report->chip[i] = CHECK_SKIPPED;
	for (i = 0; i < check_rules_count; i++) {
		if (is_aside(check_rules[i]))
			continue;
		result = report->findings->result[i];
		chip = &report->chip[check_rules[i]->stage];
		if (result > *chip)
			*chip = result;
	}
}

static bool
is_ready(const struct gates *g)
{
	const struct check_facts *facts = g->facts;
	enum tlsrpt_use use = tlsrpt_use(facts);
	int64_t since = memory_mode_since(facts).time;
	size_t i;

	if (since == 0 ||
	    facts->now - since < facts->options->testing_days * CHECK_DAY_S)
		return false;
	for (i = 0; i < facts->hosts; i++) {
		if (facts->host[i].is_failing || !facts->host[i].is_proven)
			return false;
	}
	return facts->hosts > 0 && !rollout_is_reported_bad(facts) &&
	    (use == TLSRPT_USABLE || use == TLSRPT_PARTLY) &&
	    !g->has_basic_critical;
}

/* First match. */
static enum check_status
find_status(const struct gates *g, const char *unknown)
{
	const struct check_facts *facts = g->facts;

	if (facts->is_no_domain)
		return CHECK_NO_DOMAIN;
	if (facts->evidence->is_null_mx)
		return CHECK_NULL_MX;
	if (unknown != NULL)
		return CHECK_UNKNOWN;
	if (g->is_misplaced)
		return CHECK_MISPLACED;
	if (g->is_missing)
		return CHECK_NOT_DEPLOYED;
	if (g->has_basic_critical || !facts->is_valid)
		return CHECK_UNUSABLE;
	switch (facts->mode) {
	case STS_MODE_NONE:
		return CHECK_LEAVING;
	case STS_MODE_ENFORCE:
		if (g->failing == 0)
			return CHECK_ENFORCING;
		return g->failing == g->hosts ? CHECK_BROKEN : CHECK_PARTIAL;
	case STS_MODE_TESTING:
		break;
	}
	return is_ready(g) ? CHECK_READY : CHECK_TESTING;
}

static enum check_verdict
find_verdict(const struct gates *g, enum check_status status)
{
	if (status == CHECK_NO_DOMAIN || status == CHECK_NULL_MX)
		return CHECK_VERDICT_NA;
	if (status == CHECK_UNKNOWN)
		return CHECK_VERDICT_UNKNOWN;
	if (g->has_critical || status == CHECK_BROKEN)
		return CHECK_VERDICT_FAIL;
	return g->has_warning ? CHECK_VERDICT_WARNING : CHECK_VERDICT_PASS;
}

static enum check_priority
find_priority(const struct gates *g, enum check_status status)
{
	enum check_priority highest = CHECK_NORMAL, p;
	size_t i;

	if (status == CHECK_NO_DOMAIN || status == CHECK_NULL_MX)
		return CHECK_NORMAL;
	for (i = 0; i < g->findings->count; i++) {
		p = g->findings->item[i].priority;
		if (p > highest)
			highest = p;
	}
	if (gates_is_mode(g, STS_MODE_ENFORCE) && g->failing > 0)
		return CHECK_HIGH;
	return highest;
}

static void
fill_score(struct check_report *report, const struct gates *g)
{
	static const struct {
		int at_least;
		char letter;
	} grades[] = { { 90, 'A' }, { 75, 'B' }, { 60, 'C' }, { 40, 'D' },
		{ 0, 'F' } };
	int sum = gates_points(
	    g, report->findings->result, report->chip, report->part);
	int cap = gates_cap(g, &report->gate);
	size_t i;

	report->score = sum;
	if (sum > cap)
		report->score = cap;
	else
		report->gate = NULL;
	/* What is 0 would be so with everything proven. */
	for (i = 0; i < CHECK_PARTS && report->score > 0; i++)
		report->is_starred |= report->part[i].is_unproven;
	for (i = 0; report->score < grades[i].at_least; i++)
		continue;
	snprintf(report->grade, sizeof(report->grade), "%c%s", grades[i].letter,
	    report->is_starred ? "*" : "");
}

struct check_report *
check_grade(
    const struct check_facts *facts, const struct check_findings *findings)
{
	struct check_report *report = xcalloc(1, sizeof(*report));
	const char *unknown;
	struct gates g;
	size_t i;

	report->facts = facts;
	report->findings = findings;
	gates_read(&g, facts, findings);
	unknown = gates_unknown(&g);
	fill_chips(report);
	report->status = find_status(&g, unknown);
	report->status_text = statuses[report->status].text;
	report->verdict = find_verdict(&g, report->status);
	report->verdict_text = verdicts[report->verdict].text;
	if (report->status == CHECK_BROKEN)
		report->verdict_text = turns_away;
	else if (report->status == CHECK_NO_DOMAIN)
		report->verdict_text = " does not exist.";
	report->priority = find_priority(&g, report->status);
	fill_score(report, &g);
	if (report->verdict == CHECK_VERDICT_NA ||
	    report->verdict == CHECK_VERDICT_UNKNOWN) {
		report->score = -1;
		report->is_starred = false;
		report->gate = unknown;
		snprintf(report->grade, sizeof(report->grade), "%s",
		    report->verdict == CHECK_VERDICT_NA ? "" : "?");
		if (report->verdict == CHECK_VERDICT_NA)
			report->gate = NULL;
	}
	for (i = 0; i < COUNT(report->postfix); i++)
		delivery_fill(
		    &report->postfix[i], (enum answer_profile)i, facts);
	report->mail_provider = provider_mail_of(facts);
	report->dns_host = provider_dns_of(facts);
	rollout_fill(report, unknown);
	return report;
}

void
check_report_free(struct check_report *report)
{
	size_t i;

	if (report == NULL)
		return;
	for (i = 0; i < COUNT(report->postfix); i++)
		delivery_clear(&report->postfix[i], report->facts->hosts);
	free(report->rollout);
	free(report->next_action);
	free(report);
}

int
check_exit_status(
    const struct check_report *report, const struct check_exit *options)
{
	int status = 0;
	int64_t days;

	switch (report->verdict) {
	case CHECK_VERDICT_NA:
		return 0;
	case CHECK_VERDICT_UNKNOWN:
		return 3;
	case CHECK_VERDICT_PASS:
		break;
	case CHECK_VERDICT_WARNING:
		status = 1;
		break;
	case CHECK_VERDICT_FAIL:
		status = 2;
		break;
	}
	if (report->status == CHECK_NOT_DEPLOYED)
		return options->undeployed;
	if (!gates_cert_days(report->facts, &days))
		return status;
	if (options->critical_days > 0 && days < options->critical_days)
		return 2;
	if (options->warn_days > 0 && days < options->warn_days && status < 1)
		return 1;
	return status;
}
