/* SPDX-License-Identifier: ISC */
/*
 * A table of rules to try: break one thing of a good domain, run one rule,
 * look at its first finding. Every fix that is offered goes through our own
 * parsers.
 */
#ifndef TESTS_CHECK_RULES_H
#define TESTS_CHECK_RULES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "check/fixes.h"
#include "check/ruletool.h"
#include "check_world.h"

enum {
	SILENT = -1 /* as severity: no finding at all */
};

struct rule_case {
	const char *code;
	void (*change)(struct evidence *); /* NULL: nothing is wrong */
	enum check_result result;
	int severity;
	enum check_priority priority;
	enum sts_reason reason;
	size_t line;
	const char *words; /* in the message; NULL: any */
};

#define QUIET(code, change, result)                                           \
	{                                                                     \
		code, change, result, SILENT, CHECK_NORMAL, STS_REASON_OK, 0, \
		    NULL                                                      \
	}

/* The content of `NAME IN TXT "..."` anywhere in the text; false: none. */
static inline bool
rule_find_record(const char *fix, const char *name, struct buf *out)
{
	const char *p = strstr(fix, name);

	if (p == NULL || (p = strstr(p, " IN TXT \"")) == NULL)
		return false;
	for (p += strlen(" IN TXT \""); *p != '"' && *p != '\0'; p++) {
		if (*p == '\\')
			p++;
		buf_putc(out, *p);
	}
	return *p == '"';
}

static inline void
rule_check_record(const char *fix, size_t i)
{
	char id[STS_ID_MAX + 1];
	struct sts_diags diags = { 0 };
	struct sts_record record;
	struct buf text = { 0 };

	if (rule_find_record(fix, "_mta-sts." WORLD_DOMAIN ".", &text)) {
		record = (struct sts_record){ text.data, text.len };
		if (sts_txt_parse(&record, 1, id, &diags) != STS_TXT_VALID ||
		    diags.count != 0)
			fail_msg("case %zu: bad record: %s", i, text.data);
	}
	buf_clear(&text);
}

static inline void
rule_check_file(const char *fix, size_t i)
{
	const char *begin = strstr(fix, "version: STSv1\n"), *end;
	struct sts_policy_file file = { 0 };
	struct sts_diags diags = { 0 };
	size_t k;

	/* Without MX hosts there is no file to paste, and the fix says so. */
	if (begin == NULL || strstr(fix, "not known here") != NULL)
		return;
	end = strstr(begin, "\n\n");
	if (end == NULL)
		fail_msg("case %zu: the file has no end", i);
	if (sts_policy_parse(begin, (size_t)(end + 1 - begin), &file, &diags) !=
	    0)
		fail_msg("case %zu: bad file: %s", i, begin);
	for (k = 0; k < diags.count; k++)
		if (diags.diag[k].code != STS_DIAG_UNKNOWN_KEY)
			fail_msg("case %zu: %s in the file: %s", i,
			    sts_diag_word(diags.diag[k].code), begin);
	/* The file comes before the id that leads to it. */
	if (strstr(begin, "_mta-sts." WORLD_DOMAIN ". IN TXT") == NULL)
		fail_msg("case %zu: no record after the file: %s", i, fix);
	sts_policy_file_clear(&file);
}

/* Printable, bounded, with a way to see it. */
static inline void
rule_check_texts(const struct check_finding *finding, size_t i)
{
	const char *texts[] = { finding->message, finding->evidence,
		finding->fix, finding->see };
	const char *p;
	size_t k;

	if (strlen(finding->message) > 1200)
		fail_msg("case %zu: a long message: %s", i, finding->message);
	if (finding->evidence != NULL &&
	    strlen(finding->evidence) > CHECK_CLIP_BYTES)
		fail_msg("case %zu: long evidence", i);
	for (k = 0; k < 4; k++) {
		for (p = texts[k]; p != NULL && *p != '\0'; p++)
			if ((*p < 0x20 && (k != 2 || *p != '\n')) || *p > 0x7e)
				fail_msg(
				    "case %zu: not printable: %s", i, texts[k]);
	}
	if (finding->severity == CHECK_CRITICAL &&
	    (finding->fix == NULL || finding->see == NULL))
		fail_msg("case %zu: no fix, or nothing to see it by", i);
	if (finding->fix != NULL) {
		rule_check_record(finding->fix, i);
		rule_check_file(finding->fix, i);
	}
}

static inline void
rule_check_first(
    const struct rule_case *want, const struct check_finding *got, size_t i)
{
	if ((int)got->severity != want->severity)
		fail_msg("case %zu: severity %s: %s", i,
		    check_severity_word(got->severity), got->message);
	if (got->priority != want->priority)
		fail_msg("case %zu: priority %s: %s", i,
		    check_priority_word(got->priority), got->message);
	if (got->reason != want->reason)
		fail_msg("case %zu: reason %s: %s", i,
		    sts_reason_word(got->reason), got->message);
	if (got->line != want->line)
		fail_msg("case %zu: line %zu: %s", i, got->line, got->message);
	if (want->words != NULL && strstr(got->message, want->words) == NULL)
		fail_msg(
		    "case %zu: no \"%s\" in: %s", i, want->words, got->message);
}

static inline void
rule_check_case(const struct rule_case *want, size_t i)
{
	struct evidence *e = world_good();
	struct check_findings findings = { 0 };
	const struct check_rule *rule = check_rule_find(want->code);
	struct check_facts *facts;
	enum check_result result;
	size_t k;

	assert_non_null(rule);
	if (want->change != NULL)
		want->change(e);
	facts = check_facts_new(e, NULL);
	result = rule->run(facts, rule, &findings);
	if (result != want->result)
		fail_msg("case %zu: %s is %s: %s", i, want->code,
		    check_result_word(result),
		    findings.count > 0 ? findings.item[0].message : "");
	if (want->severity == SILENT && findings.count > 0)
		fail_msg("case %zu: %s says: %s", i, want->code,
		    findings.item[0].message);
	if (want->severity != SILENT && findings.count == 0)
		fail_msg("case %zu: %s says nothing", i, want->code);
	if (want->severity != SILENT)
		rule_check_first(want, &findings.item[0], i);
	for (k = 0; k < findings.count; k++) {
		rule_check_texts(&findings.item[k], i);
		free(findings.item[k].message);
		free(findings.item[k].evidence);
		free(findings.item[k].fix);
		free(findings.item[k].see);
	}
	free(findings.item);
	check_facts_free(facts);
	evidence_free(e);
}

static inline void
rule_check_cases(const struct rule_case *cases, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		rule_check_case(&cases[i], i);
}

#endif
