/* SPDX-License-Identifier: ISC */
/*
 * The socketmap listeners and their connections: many at once, one request
 * each, pipelined ones answered in order. At max_connections the one idle for
 * longest is closed (Postfix reconnects unseen); when none is idle, nobody is
 * accepted for a while. What a request is answered with is daemon/lookup's
 * affair.
 */
#ifndef DAEMON_SERVER_H
#define DAEMON_SERVER_H

#include "base/config.h"
#include "base/loop.h"
#include "daemon/lookup.h"

struct server;

/*
 * Bind every address of `listen`. NULL when one fails (logged). Nobody is
 * accepted before server_start().
 */
struct server *server_new(struct loop *, const struct config *);
void server_start(struct server *, struct lookups *);

/* Finished replies are sent; connections that wait are closed without one. */
void server_free(struct server *);

#endif
