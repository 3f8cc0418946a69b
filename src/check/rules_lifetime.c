/* SPDX-License-Identifier: ISC */
/*
 * Mode and max_age. There is no minimum in RFC 8461 ("weeks or greater" is
 * its wish): the thresholds are advice. How long a mode has lasted is told by
 * earlier checks, or else by the id, when it reads as a date.
 */
#include "check/fixes.h"
#include "check/memory.h"
#include "check/mxhosts.h"
#include "check/ruletable.h"
#include "check/ruletool.h"
#include "check/tlsrpt.h"

#define TESTING_LONG_S (7 * CHECK_DAY_S)

static void
put_see(struct check_finding *finding, const struct check_facts *facts)
{
	struct buf url = { 0 };

	fix_policy_url(&url, facts);
	check_see_curl(finding, buf_str(&url));
	buf_clear(&url);
}

static void
put_fix(struct check_finding *finding, const struct check_facts *facts,
    enum sts_mode mode, int64_t max_age)
{
	finding->fix = fix_steps(facts,
	    &(struct fix_policy){
		.has_mode = true, .mode = mode, .max_age = max_age },
	    NULL);
	put_see(finding, facts);
}

/* How long the mode has lasted, in days; -1: not known. */
static int64_t
mode_days(const struct check_facts *facts)
{
	int64_t since = memory_mode_since(facts).time;

	return since > 0 && since <= facts->now ?
	    (facts->now - since) / CHECK_DAY_S :
	    -1;
}

static int64_t
week_or(const struct check_facts *facts)
{
	int64_t published =
	    facts->is_valid ? (int64_t)facts->file.policy.max_age : 0;

	return published > facts->options->max_age_week ?
	    published :
	    facts->options->max_age_week;
}

static enum check_result
mode_none(const struct check_facts *facts, const struct check_rule *rule,
    struct check_findings *findings)
{
	struct check_finding *finding;

	if (!facts->has_mode)
		return CHECK_SKIPPED;
	if (facts->mode != STS_MODE_NONE)
		return CHECK_PASS;
	finding = check_add(findings, rule, CHECK_WARNING, CHECK_LOW,
	    "The policy's mode is none: MTA-STS is switched off (the way to "
	    "leave it, not a place to start).");
	check_set(&finding->evidence, "mode: none");
	put_fix(finding, facts, STS_MODE_TESTING, CHECK_DAY_S);
	return CHECK_WARN;
}

static bool
is_stuck(const struct check_facts *facts)
{
	return mxhosts_is_mode(facts, STS_MODE_TESTING) &&
	    mode_days(facts) > facts->options->stuck_days;
}

static enum check_result
mode_testing(const struct check_facts *facts, const struct check_rule *rule,
    struct check_findings *findings)
{
	struct check_finding *finding;
	bool is_fine = tlsrpt_use(facts) == TLSRPT_USABLE ||
	    tlsrpt_use(facts) == TLSRPT_PARTLY ||
	    tlsrpt_use(facts) == TLSRPT_UNKNOWN;

	if (!facts->has_mode)
		return CHECK_SKIPPED;
	if (facts->mode != STS_MODE_TESTING)
		return CHECK_PASS;
	finding = check_add(findings, rule, CHECK_WARNING,
	    is_fine && !is_stuck(facts) ? CHECK_NORMAL : CHECK_LOW,
	    "The policy's mode is testing: failures are reported, but mail "
	    "is delivered all the same, also unencrypted.");
	check_set(&finding->evidence, "mode: testing");
	put_fix(finding, facts, STS_MODE_ENFORCE, week_or(facts));
	return CHECK_WARN;
}

static enum check_result
stuck_testing(const struct check_facts *facts, const struct check_rule *rule,
    struct check_findings *findings)
{
	struct memory_since since = memory_mode_since(facts);
	struct check_finding *finding;

	if (!mxhosts_is_mode(facts, STS_MODE_TESTING))
		return CHECK_SKIPPED;
	if (mode_days(facts) < 0) {
		finding = check_add(findings, rule, CHECK_INFO, CHECK_NORMAL,
		    "How long the policy has been in testing is not known: "
		    "its id (%s) is no date.",
		    facts->id[0] != '\0' ? facts->id : "none");
		put_see(finding, facts);
		return CHECK_UNPROVEN;
	}
	if (!is_stuck(facts))
		return CHECK_PASS;
	finding = check_add(findings, rule, CHECK_WARNING, CHECK_MEDIUM,
	    "The policy has been in testing since %s (%s%s), %lld days: "
	    "testing protects nothing, two to four weeks of it are enough.",
	    CHECK_DAY(since.time),
	    since.is_seen ? "seen by earlier checks, its id is " : "its id ",
	    facts->id[0] != '\0' ? facts->id : "none",
	    (long long)mode_days(facts));
	check_set(&finding->evidence, "id=%s", facts->id);
	put_fix(finding, facts, STS_MODE_ENFORCE, week_or(facts));
	return CHECK_WARN;
}

/* Nothing was seen before this: it is a hint, whatever came before the id. */
static void
put_early(struct check_finding *finding, const struct check_facts *facts)
{
	struct memory_since since = memory_mode_since(facts);
	int64_t before = memory_testing_before(facts);

	if (since.is_exact && before >= 0)
		check_set(&finding->message,
		    "The policy enforces since %s, after %s of testing: %d "
		    "days of it without failures in the TLS-RPT reports "
		    "should come first.",
		    CHECK_DAY(since.time),
		    before > 0 ? CHECK_DURATION(before) : "nothing",
		    facts->options->testing_days);
	check_set(&finding->evidence, "id=%s", facts->id);
	put_fix(finding, facts, STS_MODE_TESTING, CHECK_DAY_S);
}

static enum check_result
enforce_early(const struct check_facts *facts, const struct check_rule *rule,
    struct check_findings *findings)
{
	struct memory_since since = memory_mode_since(facts);
	struct check_finding *finding;
	int64_t tested = facts->options->testing_days;

	if (!mxhosts_is_mode(facts, STS_MODE_ENFORCE))
		return CHECK_SKIPPED;
	/* What was there when we looked first may be as old as it likes. */
	if ((since.is_seen && !since.is_exact) || mode_days(facts) < 0 ||
	    mode_days(facts) >= tested ||
	    memory_testing_before(facts) >= tested * CHECK_DAY_S)
		return CHECK_PASS;
	finding = check_add(findings, rule, CHECK_INFO, CHECK_NORMAL,
	    "The policy enforces and is of %s (its id %s); no testing was "
	    "seen before it. If enforce is new: %d days of testing without "
	    "failures in the TLS-RPT reports should come first.",
	    CHECK_DAY(since.time), facts->id, (int)tested);
	put_early(finding, facts);
	return CHECK_PASS;
}

static enum check_result
max_age_short(const struct check_facts *facts, const struct check_rule *rule,
    struct check_findings *findings)
{
	const struct check_options *options = facts->options;
	int64_t max_age =
	    facts->is_valid ? (int64_t)facts->file.policy.max_age : 0;
	bool is_enforce =
	    facts->is_valid && facts->file.policy.mode == STS_MODE_ENFORCE;
	enum check_severity severity;
	struct check_finding *finding;

	if (!facts->is_valid || facts->file.policy.mode == STS_MODE_NONE)
		return CHECK_SKIPPED;
	/* 0 has a rule of its own: max_age_range. */
	if (max_age == 0 ||
	    max_age >= (is_enforce ? options->max_age_fortnight :
				     options->max_age_low))
		return CHECK_PASS;
	severity = !is_enforce || max_age < options->max_age_week ?
	    CHECK_WARNING :
	    CHECK_INFO;
	finding = check_add(findings, rule, severity,
	    severity == CHECK_WARNING ? CHECK_LOW : CHECK_NORMAL,
	    "max_age is %lld s (%lld h): %s.", (long long)max_age,
	    (long long)(max_age / 3600),
	    severity == CHECK_INFO ?
		"fine to begin with; weeks protect better" :
		"senders forget the policy soon, and whoever blocks its "
		"refresh for that long gets mail unencrypted");
	check_set(&finding->evidence, "max_age: %lld", (long long)max_age);
	put_fix(finding, facts, facts->file.policy.mode,
	    is_enforce ? (severity == CHECK_INFO ? options->max_age_fortnight :
						   options->max_age_week) :
			 options->max_age_low);
	return severity == CHECK_WARNING ? CHECK_WARN : CHECK_PASS;
}

static enum check_result
max_age_long(const struct check_facts *facts, const struct check_rule *rule,
    struct check_findings *findings)
{
	struct check_finding *finding;

	if (!facts->is_valid || facts->file.policy.mode != STS_MODE_TESTING)
		return CHECK_SKIPPED;
	if (facts->file.policy.max_age <= TESTING_LONG_S)
		return CHECK_PASS;
	finding = check_add(findings, rule, CHECK_INFO, CHECK_NORMAL,
	    "max_age is %lu s (%lu days) in testing: shorter is easier while "
	    "things still change.",
	    (unsigned long)facts->file.policy.max_age,
	    (unsigned long)(facts->file.policy.max_age / CHECK_DAY_S));
	check_set(&finding->evidence, "max_age: %lu",
	    (unsigned long)facts->file.policy.max_age);
	put_fix(finding, facts, STS_MODE_TESTING, CHECK_DAY_S);
	return CHECK_PASS;
}

#define RULE(name, stage, section, text)                                     \
	const struct check_rule check_rule_##name = { #name, stage, section, \
		text, name }

RULE(mode_none, CHECK_MODE, "RFC 8461 8.3", "The policy is not switched off");
RULE(mode_testing, CHECK_MODE, "RFC 8461 5", "The policy enforces");
RULE(stuck_testing, CHECK_MODE, "", "Testing comes to an end");
RULE(enforce_early, CHECK_MODE, "", "Testing went before enforce");
RULE(max_age_short, CHECK_LIFETIME, "RFC 8461 3.2", "max_age is long enough");
RULE(max_age_long, CHECK_LIFETIME, "", "max_age is short while testing");
