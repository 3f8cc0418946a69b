/* SPDX-License-Identifier: ISC */
/*
 * A run over any number of domains: some are looked at side by side, each is
 * judged and its evidence freed when all of it is there. Reports come in the
 * order given, or by priority; those that must wait do so in a file, so that
 * memory does not grow with their number.
 */
#ifndef CHECK_BULK_H
#define CHECK_BULK_H

#include "base/config.h"
#include "base/loop.h"
#include "check/cliopts.h"
#include "check/domainlist.h"
#include "check/output.h"
#include "check/summary.h"
#include "net/dns.h"
#include "net/fetch.h"

/*
 * Render a report of the evidence into out (is_first as for the formats) and
 * fill its row of the summary. Returns its exit status.
 */
typedef int bulk_judge_fn(const struct check_cliopts *, const struct evidence *,
    bool is_first, struct buf *out, struct check_summary *, size_t row);

struct bulk_run {
	const struct check_cliopts *options;
	struct loop *loop;
	const struct config *config;
	struct dns *dns;
	struct fetcher *fetcher;
	const struct domainlist *list;
	struct output *output;
	bulk_judge_fn *judge;
};

/* The worst exit status; 3, and said so, for a fault of our own. *is_whole:
 * was all of it written? */
int bulk_check(const struct bulk_run *, bool *is_whole);

/* The worse of two exit statuses: 2, 3, 1, 0. */
int bulk_worse(int, int);

#endif
