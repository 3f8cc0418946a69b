/* SPDX-License-Identifier: ISC */
/* --reports: read the TLS-RPT reports named, and show them. */
#ifndef CHECK_REPORTSCMD_H
#define CHECK_REPORTSCMD_H

#include "check/cliopts.h"
#include "check/rptsum.h"

/* -1, and said so: one of the paths cannot be read at all. */
int reportscmd_read(const struct check_cliopts *, struct rpt_reports *);

/* In the format asked for; the exit status. */
int reportscmd_show(const struct check_cliopts *, const struct rpt_reports *);

#endif
