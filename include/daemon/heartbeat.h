/* SPDX-License-Identifier: ISC */
/*
 * Tells the service manager, now and then, that the loop still turns and what
 * there is to show for it. Only where there is one.
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
