/* SPDX-License-Identifier: ISC */
/* --queue: why mail waits for TLS, and the way out of it, a next-hop at a
 * time; each next-hop's domain is checked for that. */
#ifndef CHECK_QUEUECMD_H
#define CHECK_QUEUECMD_H

#include "check/bulk.h"
#include "check/queue.h"

/* The form of the report that goes with a format's name: text or json. NULL:
 * there is none. */
const struct check_format *queuecmd_format(const char *name);

/* options->queue has the next-hop. 2: it is blocked; 1: it may go now. */
bulk_judge_fn queuecmd_judge;

/* What is to be said of mail that waits for other reasons, on stderr. */
void queuecmd_say_others(const struct queue *);

#endif
