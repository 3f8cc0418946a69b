/* SPDX-License-Identifier: ISC */
/*
 * What the daemon would tell Postfix of a profile (with its defaults: no
 * testing_reports, no DANE), and whether that Postfix would then deliver to
 * each MX host. Private to check/grade. Pure.
 */
#ifndef CHECK_DELIVERY_H
#define CHECK_DELIVERY_H

#include "check/grade.h"

void delivery_fill(
    struct check_postfix *, enum answer_profile, const struct check_facts *);
void delivery_clear(struct check_postfix *, size_t hosts);

#endif
