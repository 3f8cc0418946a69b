/* SPDX-License-Identifier: ISC */
/*
 * What is to be told now and then: the service manager, if there is one, that
 * the loop still turns and what there is to show for it; the log, how often
 * the same came.
 */
#ifndef DAEMON_HEARTBEAT_H
#define DAEMON_HEARTBEAT_H

#include "base/loop.h"
#include "cache/cache.h"
#include "daemon/server.h"

struct heartbeat;

/* All must outlive it. Begins at once: the first status is sent here. */
struct heartbeat *
heartbeat_new(struct loop *, struct cache *, const struct server *);
void heartbeat_free(struct heartbeat *);

#endif
