/* SPDX-License-Identifier: ISC */
/*
 * --wait: after a fix, look again and again, at the zone's own servers and
 * every address of the policy host, until nothing critical is left, or the time
 * is over. Blocks.
 */
#ifndef CHECK_WAITING_H
#define CHECK_WAITING_H

#include "base/buf.h"
#include "check/cliopts.h"
#include "check/look.h"

/* What is missing goes to stderr, each time it changes; the last report to
 * out. 0: the fault is gone; 2: it is not; 3: nothing can be told. */
int waiting_run(const struct check_cliopts *, struct look *, struct buf *out);

#endif
