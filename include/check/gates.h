/* SPDX-License-Identifier: ISC */
/*
 * Points and gates: how much is earned, and what caps it. Private to
 * check/grade. Pure.
 */
#ifndef CHECK_GATES_H
#define CHECK_GATES_H

#include <stdbool.h>

#include "check/grade.h"

/* What gates, status and priority hang on, read once. */
struct gates {
	const struct check_facts *facts;
	const struct check_findings *findings;
	bool has_basic_critical; /* DNS, fetch, certificate or syntax */
	bool has_critical, has_warning;
	bool is_missing, is_misplaced;
	bool is_max_age_0, is_max_age_over;
	size_t hosts, failing;
};

void gates_read(
    struct gates *, const struct check_facts *, const struct check_findings *);

/* Why no grade can be given (a clause); NULL: it can. */
const char *gates_unknown(const struct gates *);

/* The lowest cap and its name; 100 and NULL: none. */
int gates_cap(const struct gates *, const char **name);

/* The mode, when it counts: none of the four stages has a critical fault. */
bool gates_is_mode(const struct gates *, enum sts_mode);

/* Days the policy host's certificate is still good; false: none was seen. */
bool gates_cert_days(const struct check_facts *, int64_t *days);

/* Fill part[]; returns the sum. result: of each rule. */
int gates_points(const struct gates *, const enum check_result result[],
    const enum check_result chip[], struct check_points part[CHECK_PARTS]);

#endif
