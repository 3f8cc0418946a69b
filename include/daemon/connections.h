/* SPDX-License-Identifier: ISC */
/*
 * Connections of socketmap clients. Idle ones hold no buffers. A bad frame
 * closes that connection only, after the replies before it.
 */
#ifndef DAEMON_CONNECTIONS_H
#define DAEMON_CONNECTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/loop.h"
#include "daemon/lookup.h"

struct connections;

struct connections *
connections_new(struct loop *, struct lookups *, size_t max);

/* Finished replies are sent; those that wait are closed without one. */
void connections_free(struct connections *);

/*
 * Is there room for one more, or one that can make it? One who came or was
 * answered a moment ago cannot: what it asks may be on its way.
 */
bool connections_have_room(struct connections *);

/*
 * Serve an accepted descriptor (non-blocking); it is ours from now on. At the
 * limit the connection that has had no request for longest is closed for it.
 */
void connection_new(struct connections *, int fd);

/* A new limit. Nobody is closed for it until the next one comes. */
void connections_set_max(struct connections *, size_t max);

size_t connections_count(const struct connections *);

#endif
