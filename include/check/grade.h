/* SPDX-License-Identifier: ISC */
/*
 * From findings to a grade: points, gates, chips, verdict, status, priority,
 * rollout; and what Postfix would be told. Pure.
 */
#ifndef CHECK_GRADE_H
#define CHECK_GRADE_H

#include "check/rules.h"
#include "postfix/answer.h"

enum check_status {
	CHECK_NO_DOMAIN,
	CHECK_NULL_MX,
	CHECK_UNKNOWN,
	CHECK_MISPLACED,
	CHECK_NOT_DEPLOYED,
	CHECK_UNUSABLE,
	CHECK_LEAVING,
	CHECK_BROKEN,
	CHECK_PARTIAL,
	CHECK_ENFORCING,
	CHECK_READY,
	CHECK_TESTING
};

enum check_verdict {
	CHECK_VERDICT_PASS,
	CHECK_VERDICT_WARNING,
	CHECK_VERDICT_FAIL,
	CHECK_VERDICT_UNKNOWN,
	CHECK_VERDICT_NA
};

/* Parts of the score, in the order of the reports. */
enum check_part {
	CHECK_PART_DNS,
	CHECK_PART_FETCH,
	CHECK_PART_CERTIFICATE,
	CHECK_PART_SYNTAX,
	CHECK_PART_MX,
	CHECK_PART_SMTP,
	CHECK_PART_LIFETIME,
	CHECK_PART_TLS_RPT,
	CHECK_PARTS
};

struct check_points {
	int points, of;
	bool is_unproven;
};

/* What Postfix of a profile would be told, and do. */
struct check_postfix {
	enum answer_profile profile;
	char *reply; /* "OK secure match=...", "NOTFOUND " */
	/* per MX host, in the order of facts->host */
	struct check_delivery {
		enum {
			CHECK_DELIVERS,
			CHECK_DEFERS,
			CHECK_NOT_KNOWN
		} does;
		char *why; /* NULL: as it should be */
	} * host;
};

struct check_changes;

struct check_report {
	const struct check_facts *facts;
	const struct check_findings *findings;
	char grade[3]; /* "A", "B*", "?", "" for N/A */
	int score; /* 0-100; -1: none */
	bool is_starred;
	enum check_verdict verdict;
	/* what comes right behind the domain's name, its blank included:
	 * " enforces ...", "'s MTA-STS works ..." */
	const char *verdict_text;
	enum check_status status;
	const char *status_text; /* one sentence; a constant */
	enum check_priority priority;
	enum check_result chip[CHECK_STAGES];
	struct check_points part[CHECK_PARTS];
	const char *gate; /* what capped the score, or why there is no
			     grade; NULL: nothing */
	struct check_postfix postfix[3];
	/* the rollout answer */
	char *rollout; /* plain text, a few lines */
	char *next_action; /* one line, for csv and nagios */
	const char *mail_provider; /* by MX; NULL: not known */
	const char *dns_host; /* by NS; NULL */
	/* --compare; the caller's, set after check_grade(). NULL: not asked */
	const struct check_changes *changes;
};

struct check_report *
check_grade(const struct check_facts *, const struct check_findings *);
void check_report_free(struct check_report *);

const char *check_status_word(enum check_status);
const char *check_verdict_word(enum check_verdict);
const char *check_part_word(enum check_part);

/* Exit status of one report (--check's own: 0, 1, 2, 3). */
struct check_exit {
	int warn_days, critical_days; /* -w, -c; 0: not given */
	int undeployed; /* 2, 1 or 0 */
};
int check_exit_status(const struct check_report *, const struct check_exit *);

#endif
