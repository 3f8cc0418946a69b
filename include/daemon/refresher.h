/* SPDX-License-Identifier: ISC */
/*
 * The background: policies are fetched again before they expire (RFC 8461
 * 3.3, 10.2), told of when they do, and removed a week later. It walks the
 * cache's index of due times, never the cache, a few places a second, so
 * that what is overdue after a long sleep is spread.
 */
#ifndef DAEMON_REFRESHER_H
#define DAEMON_REFRESHER_H

#include "base/config.h"
#include "base/loop.h"
#include "cache/cache.h"
#include "cache/used.h"
#include "daemon/resolver.h"

struct refresher;

/* All must outlive it. */
struct refresher *refresher_new(struct loop *, const struct config *,
    const struct resolver_parts *, struct resolver *);
void refresher_free(struct refresher *);

#endif
