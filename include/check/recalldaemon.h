/* SPDX-License-Identifier: ISC */
/* What the daemon remembers of a domain's policies. Private to check/recall. */
#ifndef CHECK_RECALLDAEMON_H
#define CHECK_RECALLDAEMON_H

#include "base/config.h"
#include "check/memory.h"

struct recalldaemon;

/* Lends the configuration. */
struct recalldaemon *recalldaemon_open(const struct config *);
void recalldaemon_close(struct recalldaemon *); /* NULL is fine */

/* Add what it has seen; nothing when it does not know the domain, or fails. */
void recalldaemon_get(
    struct recalldaemon *, const char *domain, struct check_memory *);

/* The history in an answer of GET /policies/DOMAIN, as sights; returns how
 * many, at most ENTRY_HISTORY_MAX. What is wrong is left out. */
size_t
recalldaemon_read(const char *json, size_t len, struct memory_sight *past);

#endif
