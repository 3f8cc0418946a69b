/* SPDX-License-Identifier: ISC */
/* Findings for people (80 columns; commands are never broken) and programs. */
#ifndef CTL_DOCTORREPORT_H
#define CTL_DOCTORREPORT_H

#include <stdbool.h>

#include "base/buf.h"
#include "ctl/doctorrules.h"

void doctor_report_text(struct buf *, const struct doctor_facts *,
    const struct doctor_report *, bool has_colour);

/* One object and a newline. */
void doctor_report_json(
    struct buf *, const struct doctor_facts *, const struct doctor_report *);

#endif
