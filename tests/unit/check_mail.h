/* SPDX-License-Identifier: ISC */
/* Rules and grade on a world that a test has broken; names for its parts. */
#ifndef TESTS_CHECK_MAIL_H
#define TESTS_CHECK_MAIL_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "check/grade.h"
#include "check/rules.h"
#include "check_world.h"

/* What a rule shall say. severity -1: no finding. */
struct mail_case {
	void (*breaks)(struct evidence *);
	const char *code;
	enum check_result result;
	int severity;
	int priority; /* -1: any */
	const char *message; /* a part of it, or NULL */
};

#define SILENT   (-1)
#define ANY      (-1)
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* One pass of everything; free with mail_end(). */
struct mail_run {
	struct evidence *e;
	struct check_facts *facts;
	struct check_findings *findings;
	struct check_report *report;
};

static inline void
mail_judge(struct mail_run *run)
{
	run->facts = check_facts_new(run->e, NULL);
	run->findings = check_run(run->facts);
	run->report = check_grade(run->facts, run->findings);
}

static inline void
mail_forget(struct mail_run *run)
{
	check_report_free(run->report);
	check_findings_free(run->findings);
	check_facts_free(run->facts);
}

static inline void
mail_begin(struct mail_run *run, void (*breaks)(struct evidence *))
{
	run->e = world_good();
	if (breaks != NULL)
		breaks(run->e);
	mail_judge(run);
}

static inline void
mail_end(struct mail_run *run)
{
	mail_forget(run);
	evidence_free(run->e);
}

static inline enum check_result
mail_result(const struct mail_run *run, const char *code)
{
	size_t i;

	for (i = 0; i < check_rules_count; i++) {
		if (strcmp(check_rules[i]->code, code) == 0)
			return run->findings->result[i];
	}
	fail_msg("no rule %s", code);
	return CHECK_SKIPPED;
}

static inline void
mail_check_finding(
    const struct check_finding *f, const struct mail_case *c, size_t i)
{
	if (c->severity == SILENT) {
		if (f != NULL)
			fail_msg("%zu %s: says \"%s\"", i, c->code, f->message);
		return;
	}
	if (f == NULL)
		fail_msg("%zu %s: says nothing", i, c->code);
	if ((int)f->severity != c->severity)
		fail_msg("%zu %s: severity %d", i, c->code, (int)f->severity);
	if (c->priority != ANY && (int)f->priority != c->priority)
		fail_msg("%zu %s: priority %d", i, c->code, (int)f->priority);
	if (c->message != NULL && strstr(f->message, c->message) == NULL)
		fail_msg("%zu %s: says \"%s\"", i, c->code, f->message);
	if (f->severity >= CHECK_WARNING &&
	    (f->fix == NULL || f->fix[0] == '\0'))
		fail_msg("%zu %s: no fix", i, c->code);
}

static inline void
mail_check_case(const struct mail_case *c, size_t i)
{
	struct mail_run run;
	enum check_result result;

	mail_begin(&run, c->breaks);
	result = mail_result(&run, c->code);
	if (result != c->result)
		fail_msg("%zu %s: %s, not %s", i, c->code,
		    check_result_word(result), check_result_word(c->result));
	mail_check_finding(check_finding_find(run.findings, c->code), c, i);
	mail_end(&run);
}

static inline void
mail_check(const struct mail_case *cases, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		mail_check_case(&cases[i], i);
}

/* The policy file with this mode and max_age. */
static inline void
mail_policy(struct evidence *e, const char *mode, const char *max_age)
{
	char body[512];

	snprintf(body, sizeof(body),
	    "version: STSv1\nmode: %s\nmx: mx1.good.example\n"
	    "mx: mx2.good.example\nmax_age: %s\n",
	    mode, max_age);
	world_body(e, body);
}

static inline void
mail_testing(struct evidence *e)
{
	mail_policy(e, "testing", "86400");
}

static inline void
mail_none(struct evidence *e)
{
	mail_policy(e, "none", "86400");
}

/* Take its TLS away: the dialogue ended so. */
static inline void
mail_smtp_end(struct ev_mx *mx, enum ev_smtp_end end)
{
	ev_tls_clear(&mx->tls);
	mx->end = end;
}

/* The addresses were not asked one by one. */
static inline void
mail_no_each(struct evidence *e)
{
	while (e->eachs > 0)
		ev_fetch_clear(&e->each[--e->eachs]);
}

static inline void
mail_no_tlsrpt(struct evidence *e)
{
	world_dns(
	    &e->tlsrpt, "_smtp._tls." WORLD_DOMAIN, DNS_TXT, DNS_NXDOMAIN);
}

#endif
