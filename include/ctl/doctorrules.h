/* SPDX-License-Identifier: ISC */
/*
 * The rules: one table, a row a code, a pure function a row: facts in,
 * findings out. The manual is checked against the table.
 */
#ifndef CTL_DOCTORRULES_H
#define CTL_DOCTORRULES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "ctl/doctorfacts.h"
#include "ctl/doctormap.h"
#include "postfix/answer.h"

/* Also the exit status. */
enum doctor_severity {
	DOCTOR_OK,
	DOCTOR_WARNING,
	DOCTOR_CRITICAL
};

struct doctor_rule;

struct doctor_finding {
	const struct doctor_rule *rule;
	enum doctor_severity severity;
	char *message; /* plain sentences */
	struct doctor_texts fix; /* commands, a line each; "# ..." for what
				    no command does */
};

/* What came of one rule. */
struct doctor_result {
	enum doctor_severity worst;
	const char *skipped; /* why it was not looked at; NULL: it was */
};

/* By severity, the worst first; else in the order of the table. */
struct doctor_report {
	struct doctor_finding *item;
	size_t count;
	struct doctor_result *result; /* doctor_rules_count of them */
	enum doctor_severity worst;
};

/*
 * For whom a rule is run: main.cf, as the service `client` sees it (NULL: no
 * service is known), or that service's own options (is_own).
 */
struct doctor_scope {
	const struct doctor_client *client;
	bool is_own;
};

/* Run on facts, for a scope; adds findings by doctor_add(). */
struct doctor_run {
	const struct doctor_facts *facts;
	const struct doctor_rule *rule;
	struct doctor_scope scope;
	struct doctor_report *report;
};
typedef void doctor_rule_fn(struct doctor_run *);

/* What must be known for a rule. */
enum doctor_need {
	DOCTOR_NEED_POSTFIX = 1,
	DOCTOR_NEED_API = 2,
	DOCTOR_NEED_SETTINGS = 4,
	DOCTOR_NEED_NET = 8,
	DOCTOR_NEED_MAP = 16 /* a socketmap in smtp_tls_policy_maps */
};

#define DOCTOR_PARAMS_MAX 3

struct doctor_rule {
	const char *code;
	unsigned int needs; /* of enum doctor_need */
	/*
	 * Parameters of smtp(8) it judges: it is run for main.cf, and for
	 * each service of master.cf that has its own. None: run once.
	 */
	const char *param[DOCTOR_PARAMS_MAX];
	bool is_by_jail; /* in and outside the chroot are two */
	doctor_rule_fn *run;
	const char *title; /* for the manual and --json */
};

extern const struct doctor_rule doctor_rules[];
extern const size_t doctor_rules_count;

/* Run them all. */
struct doctor_report *doctor_judge(const struct doctor_facts *);
void doctor_report_free(struct doctor_report *);

const char *doctor_severity_word(enum doctor_severity);

/* For the rules. */
struct doctor_finding *doctor_add(struct doctor_run *, enum doctor_severity,
    const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* It cannot be told: why (a constant). */
void doctor_skip(struct doctor_run *, const char *why);
/* A line of the fix. */
void doctor_fix(struct doctor_finding *, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* postconf -e 'name = value' (or -P for a service's own), and the reload. */
void doctor_fix_postconf(const struct doctor_run *, struct doctor_finding *,
    const char *name, const char *value);
/* postfix reload: once, at the end. */
void doctor_fix_reload(const struct doctor_run *, struct doctor_finding *);
/* A line of the daemon's configuration, and how it is taken. */
void doctor_fix_setting(const struct doctor_run *, struct doctor_finding *,
    const char *name, const char *value);
void doctor_fix_restart(const struct doctor_run *, struct doctor_finding *);
/* Put main.cf's (or the service's) tables right. */
void doctor_fix_map(const struct doctor_run *, struct doctor_finding *);
/* Value of a parameter in the run's scope. */
const char *doctor_param(const struct doctor_run *, const char *name);
/* "main.cf", or "master.cf (smtp/unix)"; for sentences. */
struct doctor_where {
	char text[96];
};
const char *doctor_where(const struct doctor_run *, struct doctor_where *);
#define DOCTOR_WHERE(run) doctor_where(run, &(struct doctor_where){ 0 })

/* The table of the run's smtp_tls_policy_maps that is ours. */
struct doctor_ours {
	struct doctor_tables tables;
	const struct doctor_table *table; /* NULL: there is none */
	const struct doctor_reach *reach; /* NULL: none, or malformed */
};
void doctor_ours(const struct doctor_run *, struct doctor_ours *);
void doctor_ours_clear(struct doctor_ours *);

/* Does it answer as a socketmap does? */
bool doctor_reach_answers(const struct doctor_reach *);

/* "may", "dane" ...; "none" when there is none. */
const char *doctor_level(const struct doctor_run *);
/* Is DANE asked for, by the daemon or by main.cf? */
bool doctor_has_dane(const struct doctor_run *);

/* Append, quoted for a shell when need be. */
void doctor_quote(struct buf *, const char *);

/* What this host's Postfix should have. */
enum answer_profile doctor_profile(const struct doctor_facts *);
/* The socketmap address for a client; false: the daemon listens at none that
 * it can reach, and this is the one to add. */
bool doctor_address_wanted(
    struct buf *, const struct doctor_facts *, const struct doctor_client *);
/* smtp_tls_policy_maps for a client: its other tables, and ours. */
void doctor_map_wanted(
    struct buf *, const struct doctor_facts *, const struct doctor_client *);
/* A level of TLS when there is none. */
#define DOCTOR_LEVEL_WANTED "may"
/* CAs, where this system has them. */
const char *doctor_ca_wanted(const struct doctor_facts *);

/* --main-cf: the lines to add, with comments. */
void doctor_main_cf(struct buf *, const struct doctor_facts *);

#endif
