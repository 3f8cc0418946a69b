/* SPDX-License-Identifier: ISC */
/*
 * The policy file, line by line: RFC 8461 section 3.2. The parser of the
 * daemon has found it all; here it becomes sentences and a file put right.
 */
#include <stdlib.h>
#include <string.h>

#include "check/fixes.h"
#include "check/ruletable.h"
#include "check/ruletool.h"

#define FINDINGS_MAX 8 /* of one rule; the rest is counted */

/* What a rule makes of the parser's findings of its code. */
struct syntax_rule {
	enum sts_diag_code code;
	enum check_severity severity; /* of those that are not fatal */
	const char *effect; /* a sentence after each */
	const char *what; /* where the parser has no word for it */
};

static bool
is_read(const struct check_facts *f)
{
	const struct sts_diags *diags = &f->policy_diags;

	return f->is_attempted && f->has_body && !f->is_html &&
	    !(diags->fatal > 0 &&
		(diags->first_fatal.code == STS_DIAG_EMPTY_BODY ||
		    diags->first_fatal.code == STS_DIAG_TOO_LARGE));
}

/* A misspelt key is worth a warning; other extensions are legal. */
static enum check_severity
severity_of(const struct syntax_rule *of, const struct sts_diag *diag)
{
	if (diag->is_fatal)
		return CHECK_CRITICAL;
	if (diag->code == STS_DIAG_UNKNOWN_KEY && diag->what != NULL &&
	    strncmp(diag->what, "did you mean", 12) == 0)
		return CHECK_WARNING;
	return of->severity;
}

static struct check_finding *
add_diag(const struct check_facts *f, const struct check_rule *rule,
    struct check_findings *findings, const struct syntax_rule *of,
    const struct sts_diag *diag)
{
	static const enum check_priority priorities[] = {
		[CHECK_INFO] = CHECK_NORMAL, [CHECK_WARNING] = CHECK_LOW
	};
	const struct ev_bytes *body = &f->evidence->fetch.body;
	enum check_severity severity = severity_of(of, diag);
	struct check_finding *finding;
	const char *what = diag->what != NULL ? diag->what : of->what;
	enum check_priority priority = severity == CHECK_CRITICAL ?
	    check_critical_priority(f, rule) :
	    priorities[severity];

	if (diag->line == 0) {
		finding = check_add(findings, rule, severity, priority,
		    "The policy: %s. %s", what, of->effect);
	} else {
		finding = check_add(findings, rule, severity, priority,
		    "Line %zu of the policy, \"%s\": %s%s %s", diag->line,
		    CHECK_CLIP(body->data + diag->offset, diag->len), what,
		    what[strlen(what) - 1] == '?' ? "" : ".", of->effect);
		check_set_evidence(
		    finding, body->data + diag->offset, diag->len);
		finding->line = diag->line;
	}
	if (diag->is_fatal)
		finding->reason = STS_REASON_SYNTAX;
	return finding;
}

/* One text for all findings of a rule: the file as it should be. */
static void
finish_finding(
    const struct check_facts *f, struct check_finding *finding, const char *fix)
{
	struct buf url = { 0 };

	if (finding->severity != CHECK_INFO)
		check_set(&finding->fix, "%s", fix);
	fix_policy_url(&url, f);
	check_see_curl(finding, buf_str(&url));
	buf_clear(&url);
}

static enum check_result
run_diags(const struct check_facts *f, const struct check_rule *rule,
    struct check_findings *findings, const struct syntax_rule *of)
{
	static const struct fix_policy as_it_is = { 0 };
	const struct sts_diags *diags = &f->policy_diags;
	struct check_finding *finding = NULL;
	size_t before = findings->count, i, more = 0;
	char *fix = NULL, *text;

	if (!is_read(f))
		return CHECK_SKIPPED;
	for (i = 0; i < diags->count; i++) {
		if (diags->diag[i].code != of->code)
			continue;
		/* What makes the whole file invalid is never left out. */
		if (findings->count - before >= FINDINGS_MAX &&
		    diags->diag[i].line != 0) {
			more++;
			continue;
		}
		if (fix == NULL)
			fix = fix_steps(f, &as_it_is, NULL);
		finding = add_diag(f, rule, findings, of, &diags->diag[i]);
		finish_finding(f, finding, fix);
	}
	if (more > 0) {
		finding = &findings->item[findings->count - 1];
		text = finding->message;
		finding->message = NULL;
		check_set(&finding->message, "%s (%zu more like this%s.)", text,
		    more, diags->left_out > 0 ? " at least" : "");
		free(text);
	}
	free(fix);
	return check_outcome(findings, before);
}

#define INVALID "Senders must refuse the whole policy."

/* A rule that is nothing but the parser's findings of one code. */
#define SYNTAX_RULE(name, diag_code, of_severity, of_effect, section, line) \
	SYNTAX_RULE_WHAT(                                                   \
	    name, diag_code, of_severity, of_effect, "wrong", section, line)
#define SYNTAX_RULE_WHAT(                                                   \
    name, diag_code, of_severity, of_effect, of_what, section, line)        \
	static enum check_result run_##name(const struct check_facts *f,    \
	    const struct check_rule *rule, struct check_findings *findings) \
	{                                                                   \
		return run_diags(f, rule, findings,                         \
		    &(struct syntax_rule){                                  \
			diag_code, of_severity, of_effect, of_what });      \
	}                                                                   \
	const struct check_rule check_rule_##name = { #name, CHECK_SYNTAX,  \
		section, line, run_##name }

SYNTAX_RULE(policy_version, STS_DIAG_POLICY_VERSION, CHECK_CRITICAL,
    "It needs a line \"version: STSv1\". " INVALID, "RFC 8461 3.2",
    "version is STSv1");
SYNTAX_RULE(policy_mode, STS_DIAG_POLICY_MODE, CHECK_CRITICAL,
    "It needs a line \"mode: enforce\", \"mode: testing\" or \"mode: "
    "none\". " INVALID,
    "RFC 8461 3.2", "mode is enforce, testing or none");
SYNTAX_RULE(policy_max_age, STS_DIAG_POLICY_MAX_AGE, CHECK_CRITICAL,
    "It needs a line \"max_age: SECONDS\". " INVALID, "RFC 8461 3.2",
    "max_age is a number of seconds");
SYNTAX_RULE(no_mx, STS_DIAG_NO_MX, CHECK_CRITICAL, INVALID, "RFC 8461 3.2",
    "there is an mx line");
SYNTAX_RULE(bad_line, STS_DIAG_BAD_LINE, CHECK_CRITICAL,
    "Each line is a name, a colon and a value. " INVALID, "RFC 8461 3.2",
    "each line is \"name: value\"");
SYNTAX_RULE(max_age_range, STS_DIAG_MAX_AGE_RANGE, CHECK_WARNING,
    "Some senders ignore a policy whose max_age is over the limit, and 0 "
    "protects nobody.",
    "RFC 8461 3.2", "max_age is within 1 to 31557600");
SYNTAX_RULE(bad_mx, STS_DIAG_BAD_MX, CHECK_CRITICAL,
    "An mx line holds one host name, with \"*.\" in front or not. " INVALID,
    "RFC 8461 3.2", "each mx line holds a host name");
SYNTAX_RULE(mx_is_address, STS_DIAG_MX_IS_ADDRESS, CHECK_WARNING,
    "No MX record names it: it is left out here.", "RFC 8461 3.2",
    "no mx line is an address");
SYNTAX_RULE_WHAT(unknown_key, STS_DIAG_UNKNOWN_KEY, CHECK_INFO,
    "Senders pass over names that they do not know.",
    "a name that RFC 8461 gives no meaning", "RFC 8461 3.2",
    "no name that senders do not know");
SYNTAX_RULE(duplicate_key, STS_DIAG_DUPLICATE_KEY, CHECK_WARNING,
    "So says the RFC, but senders disagree which wins.", "RFC 8461 3.2",
    "no name comes twice");
SYNTAX_RULE(bare_cr, STS_DIAG_BARE_CR, CHECK_CRITICAL,
    "Lines end with LF or with CR LF. " INVALID, "RFC 8461 3.2",
    "lines end with LF or CR LF");
SYNTAX_RULE(bom, STS_DIAG_BOM, CHECK_CRITICAL,
    "Save the file as UTF-8 without it. " INVALID, "RFC 8461 3.2",
    "no byte order mark");
SYNTAX_RULE(bad_utf8, STS_DIAG_BAD_UTF8, CHECK_CRITICAL, INVALID,
    "RFC 8461 3.2", "the text is UTF-8");
SYNTAX_RULE_WHAT(long_line, STS_DIAG_LONG_LINE, CHECK_INFO,
    "The RFC has no limit; some senders may.", "over 1,024 bytes",
    "RFC 8461 3.2", "no line over 1,024 bytes");

/* All blank lines are one finding. */
static enum check_result
run_strict_syntax(const struct check_facts *f, const struct check_rule *rule,
    struct check_findings *findings)
{
	static const struct fix_policy as_it_is = { 0 };
	const struct sts_diags *diags = &f->policy_diags;
	struct check_finding *finding;
	struct buf lines = { 0 };
	size_t i, count = 0, first = 0;
	char *fix;

	if (!is_read(f))
		return CHECK_SKIPPED;
	for (i = 0; i < diags->count; i++) {
		if (diags->diag[i].code != STS_DIAG_STRICT_SYNTAX)
			continue;
		if (count++ == 0)
			first = diags->diag[i].line;
		if (count <= FINDINGS_MAX)
			buf_printf(&lines, "%s%zu", count > 1 ? ", " : "",
			    diags->diag[i].line);
	}
	if (count == 0)
		return CHECK_PASS;
	finding = check_add(findings, rule, CHECK_WARNING, CHECK_LOW,
	    "Blank line%s in the policy: %s%s. Nothing is lost here, but "
	    "strict senders refuse the policy.",
	    count == 1 ? "" : "s", buf_str(&lines),
	    count > FINDINGS_MAX ? " ..." : "");
	finding->line = first;
	fix = fix_steps(f, &as_it_is, NULL);
	finish_finding(f, finding, fix);
	free(fix);
	buf_clear(&lines);
	return CHECK_WARN;
}

const struct check_rule check_rule_strict_syntax = { "strict_syntax",
	CHECK_SYNTAX, "RFC 8461 3.2", "no blank lines", run_strict_syntax };
