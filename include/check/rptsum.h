/* SPDX-License-Identifier: ISC */
/*
 * What many reports together say of a domain: the evidence for enforce, which
 * nothing else can give. Pure.
 */
#ifndef CHECK_RPTSUM_H
#define CHECK_RPTSUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "check/rptreport.h"

#define RPT_REPORTS_MAX 100000

/* Reports by their (sender, id): the same one twice counts once. */
struct rpt_reports {
	struct rpt_report *report;
	size_t count;
	struct rpt_place *place; /* of each policy in them, by domain */
	size_t places;
	size_t refused; /* files that were none */
	size_t again; /* reports that were there before */
};

/* Takes the report over. False: there are too many. */
bool rpt_add(struct rpt_reports *, struct rpt_report *);

/* Call it once, when all were added and before anything is asked. */
void rpt_unite(struct rpt_reports *);
void rpt_reports_clear(struct rpt_reports *);

struct rpt_place {
	const char *domain; /* lent by the report */
	size_t report, policy;
};

/* Of one (type, MX host, result). */
struct rpt_row {
	enum rpt_type type;
	const char *mx; /* lent by the reports; "": not said */
	enum rpt_result result;
	int64_t sessions;
};

struct rpt_sum {
	size_t reports, senders;
	int64_t begin, end; /* that they cover; 0: no report */
	int64_t good[RPT_TYPES], failed[RPT_TYPES]; /* sessions */
	/* of them, under an MTA-STS policy, those that enforce would stop */
	int64_t blocked;
	/* most sessions first; of very many, the rest without their hosts */
	struct rpt_row *row;
	size_t rows;
};

/* Of a domain, by the reports that end at since or later. */
void rpt_sum(const struct rpt_reports *, const char *domain, int64_t since,
    struct rpt_sum *);
void rpt_sum_clear(struct rpt_sum *);

/* All domains in them, sorted, each once; xcalloc'ed. The texts are lent. */
const char **rpt_domains(const struct rpt_reports *, size_t *count);

/* "mx1.example.com: certificate-expired (3 sessions)", the first few that
 * enforce would stop, separated by "; ". */
void rpt_put_blocking(struct buf *, const struct rpt_sum *);

/* ---- rptfiles.c: reading them. Each file that is refused is said. */

/* A file, or a folder of files (and its new and cur, as in a Maildir). -1,
 * and said so: it cannot be read at all. */
int rpt_read(struct rpt_reports *, const char *path);

/* ---- rptshow.c: printing them */

void rpt_put_text(struct buf *, const struct rpt_reports *);
void rpt_put_json(struct buf *, const struct rpt_reports *);

/* 2: sessions that enforce would stop; 1: others that failed; 3: no report
 * at all, or files that were refused; 0. The worst, as of checks. */
int rpt_exit_status(const struct rpt_reports *);

#endif
