/* SPDX-License-Identifier: ISC */
/*
 * What to do next, by status: one answer, with since when, the next step, its
 * earliest date, the files to publish and the way back. Private to
 * check/grade. Pure.
 */
#ifndef CHECK_ROLLOUT_H
#define CHECK_ROLLOUT_H

#include "check/grade.h"

/* Set rollout and next_action; all else of the report is filled. unknown:
 * why there is no grade, or NULL. */
void rollout_fill(struct check_report *, const char *unknown);

#endif
