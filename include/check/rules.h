/* SPDX-License-Identifier: ISC */
/*
 * The rules: one table, a row a code, a pure function a row. Nothing stops at
 * the first fault. docs and manual are checked against the table.
 */
#ifndef CHECK_RULES_H
#define CHECK_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "check/evidence.h"
#include "sts/diag.h"
#include "sts/policy.h"
#include "sts/tlsrpt.h"
#include "sts/txt.h"

enum check_stage {
	CHECK_DNS,
	CHECK_FETCH,
	CHECK_CERTIFICATE,
	CHECK_SYNTAX,
	CHECK_MX,
	CHECK_SMTP,
	CHECK_MODE,
	CHECK_LIFETIME,
	CHECK_TLS_RPT,
	CHECK_DANE,
	CHECK_STAGES
};

enum check_severity {
	CHECK_INFO,
	CHECK_WARNING,
	CHECK_CRITICAL
};
enum check_priority {
	CHECK_NORMAL,
	CHECK_LOW,
	CHECK_MEDIUM,
	CHECK_HIGH
};

/* Of one rule, or of a stage (its worst). */
enum check_result {
	CHECK_SKIPPED, /* it did not apply */
	CHECK_PASS,
	CHECK_UNPROVEN,
	CHECK_WARN,
	CHECK_FAIL
};

struct rpt_reports;

/* Thresholds; the defaults are check_options_default's. */
struct check_options {
	int cert_warn_days; /* 14: cert_expiring below it */
	int cert_high_days; /* 7 */
	int64_t max_age_low; /* 86400 */
	int64_t max_age_week; /* 604800 */
	int64_t max_age_fortnight; /* 1209600 */
	int stuck_days; /* 90 */
	int testing_days; /* 14: enforce_early, ready */
	int64_t slow_ms; /* 10000 */
	const struct rpt_reports *reports; /* TLS-RPT; lent; NULL: none given */
};
extern const struct check_options check_options_default;

/* Per MX host. */
struct check_host {
	const struct ev_mx *mx;
	bool is_covered; /* a pattern of the policy matches */
	const char *pattern; /* that one, or NULL */
	bool is_odd; /* mx_odd: not probed */
	bool is_failing; /* its pattern, STARTTLS, certificate or TLS version
			    is proven bad */
	bool is_proven; /* SMTP told whether STARTTLS and certificate do */
};

struct check_memory;

/* The evidence, parsed once for all rules. */
struct check_facts {
	const struct evidence *evidence;
	const struct check_options *options;
	int64_t now; /* evidence->time */
	bool is_no_domain; /* the domain does not exist */
	/* A record, a try at one, or a policy file: only then are fetch,
	 * certificate and policy judged. */
	bool is_attempted;
	enum sts_txt_status txt; /* meaningful with has_txt */
	bool has_txt; /* the look-up was answered */
	const struct ev_bytes *record; /* that counts, or the first of several,
					  or the try at one; NULL: none */
	bool is_try; /* record begins v=sts, but is none of ours */
	char id[STS_ID_MAX + 1];
	struct sts_diags txt_diags;
	int64_t id_time; /* the id read as a date; 0: it is none */
	bool has_body; /* of status 200; may be empty */
	bool is_html; /* a web page in its place: not read as a policy */
	bool is_valid; /* the policy parses */
	struct sts_policy_file file;
	struct sts_diags policy_diags;
	bool has_mode; /* a mode can be read, valid policy or not */
	enum sts_mode mode;
	struct check_host *host; /* of each MX host */
	size_t hosts;
	enum sts_txt_status tlsrpt;
	bool has_tlsrpt; /* the look-up was answered */
	struct sts_tlsrpt rua;
	struct sts_diags tlsrpt_diags;
	/* Of earlier checks, these facts put to it (memory_see()); the
	 * caller's, set after check_facts_new(). NULL: there is none. */
	const struct check_memory *memory;
};

struct check_facts *
check_facts_new(const struct evidence *, const struct check_options *);
void check_facts_free(struct check_facts *);

struct check_rule;

struct check_finding {
	const struct check_rule *rule;
	enum check_severity severity;
	enum check_priority priority;
	enum sts_reason reason; /* STS_REASON_OK: the daemon would not refuse */
	size_t line; /* of the policy file; 0: none */
	char *message; /* a plain sentence with the evidence in it */
	char *evidence; /* the bytes meant, or NULL */
	char *fix; /* the exact record, file or steps; NULL: nothing to do */
	char *see; /* a command to see it for oneself; NULL: none */
};

/* Findings and the result of each rule, in the order of the table. */
struct check_findings {
	struct check_finding *item;
	size_t count;
	enum check_result *result; /* check_rules_count of them */
};

/*
 * One rule: adds its findings, returns what came of it. A rule that returns
 * CHECK_UNPROVEN adds a finding of severity info that says what is not known.
 */
typedef enum check_result check_rule_fn(const struct check_facts *,
    const struct check_rule *, struct check_findings *);

struct check_rule {
	const char *code;
	enum check_stage stage;
	const char *rfc; /* "RFC 8461 3.1"; "" where it is our advice */
	const char *title; /* one line, for the manual and -v */
	check_rule_fn *run;
};

/* The whole table, in the order of check/ruletable.h. */
extern const struct check_rule *const check_rules[];
extern const size_t check_rules_count;

/* Add a finding; returns it, for reason, line, evidence, fix, see. Texts are
 * the finding's; xasprintf-like helpers below make them. */
struct check_finding *check_add(struct check_findings *,
    const struct check_rule *, enum check_severity, enum check_priority,
    const char *fmt, ...) __attribute__((format(printf, 5, 6)));
void check_set(char **field, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* For shells: single-quoted when need be. Appended to the buf. */
void check_quote(struct buf *, const char *, size_t len);

/* Run them all. */
struct check_findings *check_run(const struct check_facts *);
void check_findings_free(struct check_findings *);

const struct check_rule *check_rule_find(const char *code);

/* The first finding of that code, or NULL. */
const struct check_finding *
check_finding_find(const struct check_findings *, const char *code);

/* "dns", "fetch" ...; "critical"; "high"; "pass" ... : constants. */
const char *check_stage_word(enum check_stage);
const char *check_severity_word(enum check_severity);
const char *check_priority_word(enum check_priority);
const char *check_result_word(enum check_result);

#endif
