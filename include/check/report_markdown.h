/* SPDX-License-Identifier: ISC */
/* What the files of report_markdown*.c share; private to them. */
#ifndef CHECK_REPORT_MARKDOWN_H
#define CHECK_REPORT_MARKDOWN_H

#include "check/report.h"

/* The ten steps of a manual check: ticked, crossed, or "ask the owner". */
void markdown_checklist(struct buf *, const struct check_report *);

void markdown_limits(struct buf *, const struct check_report *);

#endif
