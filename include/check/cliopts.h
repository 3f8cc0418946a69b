/* SPDX-License-Identifier: ISC */
/* The options of --check, as postfix-mta-sts-check(1) lists them. */
#ifndef CHECK_CLIOPTS_H
#define CHECK_CLIOPTS_H

#include "base/config.h"
#include "check/probe.h"
#include "check/publish.h"
#include "check/recall.h"
#include "check/report.h"

struct queue;

/* Texts lend from argv. */
struct check_cliopts {
	const struct check_format *format;
	const char *output; /* NULL: standard output */
	const char *config;
	const char **override; /* the caller's to free */
	struct config_overrides overrides;
	const char *save_evidence;
	const char *evidence;
	const char *explain;
	bool is_check;
	const char **report_path; /* --reports; the caller's to free */
	size_t report_paths;
	struct probe_options probe;
	struct check_options check;
	struct report_options report;
	char *const *domain;
	size_t domains;
	const char *list; /* a file of more of them, or "-"; NULL */
	size_t jobs; /* domains that are looked at side by side */
	bool is_by_priority; /* --sort priority */
	bool is_mine; /* --mine: the domains of this host's Postfix, too */
	bool is_queue; /* --queue */
	const struct queue *queue; /* what it holds; not an option */
	const char *state; /* a folder; NULL */
	bool is_compare;
	bool is_only_changes; /* implies the one above */
	struct recall *recall; /* of the run; not an option */
	/* instead of a plain check, one of: */
	const char *check_policy; /* a file, or "-" */
	bool is_generate;
	const char *fix; /* a folder */
	int64_t wait_s; /* 0: not */
	/* and what belongs to it */
	const char *policy_domain; /* --domain */
	const char *txt, *tls_rpt;
	struct publish_options publish;
	bool has_publish; /* any of these was given */
};

/* ---- cliopts_publish.c: options of what is to be published */

enum {
	OPT_CHECK_POLICY = 512,
	OPT_DOMAIN,
	OPT_TXT,
	OPT_TLS_RPT,
	OPT_GENERATE,
	OPT_MODE,
	OPT_MAX_AGE,
	OPT_RUA,
	OPT_ID,
	OPT_FIX,
	OPT_WAIT,
	OPT_MX
};

/* False, said: the value is wrong. */
bool cliopts_publish_read(struct check_cliopts *, int option, const char *);

/* What does not go together, or is missing; NULL: nothing. */
const char *cliopts_publish_fault(const struct check_cliopts *);

/* -1: go on; otherwise the exit status (what is wrong was said). */
int check_cliopts_read(struct check_cliopts *, int argc, char **argv);

#endif
