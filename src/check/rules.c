/* SPDX-License-Identifier: ISC */
/* The table of rules, and the findings they add. */
#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xmalloc.h"
#include "check/rules.h"
#include "check/ruletable.h"

const struct check_options check_options_default = {
	.cert_warn_days = 14,
	.cert_high_days = 7,
	.max_age_low = 86400,
	.max_age_week = 604800,
	.max_age_fortnight = 1209600,
	.stuck_days = 90,
	.testing_days = 14,
	.slow_ms = 10000,
};

#define RULE_ROW(code) &check_rule_##code,
const struct check_rule *const check_rules[] = { CHECK_RULES(RULE_ROW) };
#undef RULE_ROW

const size_t check_rules_count = sizeof(check_rules) / sizeof(check_rules[0]);

static const char *const stage_words[CHECK_STAGES] = {
	[CHECK_DNS] = "dns",
	[CHECK_FETCH] = "fetch",
	[CHECK_CERTIFICATE] = "certificate",
	[CHECK_SYNTAX] = "syntax",
	[CHECK_MX] = "mx",
	[CHECK_SMTP] = "smtp",
	[CHECK_MODE] = "mode",
	[CHECK_LIFETIME] = "lifetime",
	[CHECK_TLS_RPT] = "tls_rpt",
	[CHECK_DANE] = "dane",
};

static const char *const severity_words[] = {
	[CHECK_INFO] = "info",
	[CHECK_WARNING] = "warning",
	[CHECK_CRITICAL] = "critical",
};

static const char *const priority_words[] = {
	[CHECK_NORMAL] = "normal",
	[CHECK_LOW] = "low",
	[CHECK_MEDIUM] = "medium",
	[CHECK_HIGH] = "high",
};

static const char *const result_words[] = {
	[CHECK_SKIPPED] = "skipped",
	[CHECK_PASS] = "pass",
	[CHECK_UNPROVEN] = "unproven",
	[CHECK_WARN] = "warn",
	[CHECK_FAIL] = "fail",
};

#define WORD(words, i) \
	(assert((size_t)(i) < sizeof(words) / sizeof((words)[0])), (words)[i])

const char *
check_stage_word(enum check_stage stage)
{
	return WORD(stage_words, stage);
}

const char *
check_severity_word(enum check_severity severity)
{
	return WORD(severity_words, severity);
}

const char *
check_priority_word(enum check_priority priority)
{
	return WORD(priority_words, priority);
}

const char *
check_result_word(enum check_result result)
{
	return WORD(result_words, result);
}

static char *
format_text(const char *, va_list) __attribute__((format(printf, 1, 0)));

static char *
format_text(const char *fmt, va_list ap)
{
	va_list again;
	char *text;
	int n;

	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	assert(n >= 0);
	text = xmalloc((size_t)n + 1);
	vsnprintf(text, (size_t)n + 1, fmt, ap);
	return text;
}

struct check_finding *
check_add(struct check_findings *findings, const struct check_rule *rule,
    enum check_severity severity, enum check_priority priority, const char *fmt,
    ...)
{
	struct check_finding *finding;
	va_list ap;

	findings->item = xreallocarray(
	    findings->item, findings->count + 1, sizeof(*findings->item));
	finding = &findings->item[findings->count++];
	*finding = (struct check_finding){
		.rule = rule, .severity = severity, .priority = priority
	};
	va_start(ap, fmt);
	finding->message = format_text(fmt, ap);
	va_end(ap);
	return finding;
}

void
check_set(char **field, const char *fmt, ...)
{
	va_list ap;
	char *text;

	va_start(ap, fmt);
	text = format_text(fmt, ap);
	va_end(ap);
	free(*field);
	*field = text;
}

struct check_findings *
check_run(const struct check_facts *facts)
{
	struct check_findings *findings = xcalloc(1, sizeof(*findings));
	size_t i;

	findings->result =
	    xcalloc(check_rules_count, sizeof(*findings->result));
	for (i = 0; i < check_rules_count; i++)
		findings->result[i] =
		    check_rules[i]->run(facts, check_rules[i], findings);
	return findings;
}

void
check_findings_free(struct check_findings *findings)
{
	size_t i;

	if (findings == NULL)
		return;
	for (i = 0; i < findings->count; i++) {
		free(findings->item[i].message);
		free(findings->item[i].evidence);
		free(findings->item[i].fix);
		free(findings->item[i].see);
	}
	free(findings->item);
	free(findings->result);
	free(findings);
}

const struct check_rule *
check_rule_find(const char *code)
{
	size_t i;

	for (i = 0; i < check_rules_count; i++)
		if (strcmp(check_rules[i]->code, code) == 0)
			return check_rules[i];
	return NULL;
}

const struct check_finding *
check_finding_find(const struct check_findings *findings, const char *code)
{
	size_t i;

	for (i = 0; i < findings->count; i++)
		if (strcmp(findings->item[i].rule->code, code) == 0)
			return &findings->item[i];
	return NULL;
}
