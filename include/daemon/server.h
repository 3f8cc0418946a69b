/* SPDX-License-Identifier: ISC */
/*
 * The socketmap listeners and their connections: many at once, one request
 * each, pipelined ones answered in order. What a request is answered with is
 * daemon/lookup's affair.
 */
#ifndef DAEMON_SERVER_H
#define DAEMON_SERVER_H

#include "base/config.h"
#include "base/loop.h"
#include "daemon/resolver.h"

struct server;

/* Bind every address of `listen`. NULL when one fails (logged). */
struct server *
server_new(struct loop *, const struct config *, struct resolver *);

/* Finished replies are sent; connections that wait are closed without one. */
void server_free(struct server *);

#endif
