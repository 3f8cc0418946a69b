/* SPDX-License-Identifier: ISC */
/*
 * The values of a policy's mx lines, and the lists they make (RFC 8461
 * sections 3.2 and 4.1). Private to sts/. Pure.
 */
#ifndef STS_MXVALUE_H
#define STS_MXVALUE_H

#include <stddef.h>

#include "base/buf.h"
#include "sts/policy.h"

/* What keeps it from being ["*."] Domain; NULL: nothing. A constant. */
const char *sts_mxvalue_fault(const char *, size_t len);

/* Why Postfix must not be told of it (it is valid); NULL: it may. */
const char *sts_mxvalue_left_out(const char *, size_t len);

/* Append it to a list being made: lower-case, NUL-terminated. */
void sts_mxvalue_put(struct buf *, const char *, size_t len);

/*
 * Fold equal patterns of what was put, the first one stays, and lend the
 * list. O(n log n) comparisons: never more than log2(n) times the bytes.
 */
void sts_mxvalue_fold(struct buf *, struct sts_mxlist *);

#endif
