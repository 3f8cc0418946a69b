/* SPDX-License-Identifier: ISC */
/*
 * Where a memory comes from, and where it is kept: the folder of --state, and
 * what the daemon remembers, by its admin socket or, when it does not run, in
 * its cache. Blocks.
 */
#ifndef CHECK_RECALL_H
#define CHECK_RECALL_H

#include <stdbool.h>

#include "base/config.h"
#include "check/memory.h"

struct recall;

/* dir: of --state, or NULL. NULL, and said so: it cannot be used. */
struct recall *recall_open(const char *dir);
void recall_close(struct recall *); /* NULL is fine */

/* Ask the daemon of this configuration too, if it is there; that it is not is
 * nothing to tell. */
void recall_daemon(struct recall *, const struct config *);

struct recalled;

/*
 * What is known of the facts' domain; facts->memory is set when there is
 * anything before or now. To be ended with recall_end(), after the report is
 * done with.
 */
struct recalled *recall_begin(struct recall *, struct check_facts *);

/* report->changes is set. True: something has moved, this is the first look,
 * or too little was seen to tell. */
bool recall_compare(struct recalled *, struct check_report *);

/* Keep what was seen. False, and said so: it could not be kept. */
bool recall_keep(struct recalled *, const struct check_report *);

void recall_end(struct recalled *);

#endif
