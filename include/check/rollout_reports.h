/* SPDX-License-Identifier: ISC */
/*
 * What the TLS-RPT reports of the last weeks (options->reports) say for and
 * against enforce. Private to check/grade and the rules. Pure.
 */
#ifndef CHECK_ROLLOUT_REPORTS_H
#define CHECK_ROLLOUT_REPORTS_H

#include <stdbool.h>

#include "check/grade.h"

/* Was any report of the domain given? Then its reports are read. */
bool rollout_has_reports(const struct check_facts *);

/* Do reports of the last testing_days tell of sessions that enforce would
 * have stopped? */
bool rollout_is_reported_bad(const struct check_facts *);

/* Put what they say before rollout, and set next_action by it where it
 * counts. Nothing without reports. */
void rollout_add_reports(struct check_report *);

#endif
