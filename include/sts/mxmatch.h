/* SPDX-License-Identifier: ISC */
/* Does an MX host match a policy's mx pattern? RFC 8461 section 4.1. Pure. */
#ifndef STS_MXMATCH_H
#define STS_MXMATCH_H

#include <stdbool.h>
#include <stddef.h>

#include "sts/policy.h"

/*
 * "*." stands for exactly one left-most label; case does not count. False
 * for anything that is not ["*."] Domain (A-labels) on the left and, on the
 * right, a name as MX records write it: domain_to_ascii() takes it.
 */
bool sts_mx_match(
    const char *pattern, size_t pattern_len, const char *host, size_t host_len);

/* Does any pattern of the list match? */
bool
sts_mx_match_any(const struct sts_mxlist *, const char *host, size_t host_len);

#endif
