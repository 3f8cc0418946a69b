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

#include <stdbool.h>
#include <stddef.h>

#include "base/config.h"
#include "base/loop.h"
#include "base/passed.h"
#include "daemon/lookup.h"

struct server;

/*
 * Bind every address of `listen`, or take over the sockets passed under that
 * name, if any: then `listen` counts for nothing. NULL when one fails
 * (logged). Nobody is accepted before server_start().
 */
struct server *
server_new(struct loop *, const struct config *, struct passed *);
void server_start(struct server *, struct lookups *);

/* Were the sockets passed, so that `listen` counts for nothing? */
bool server_is_passed(const struct server *);

/* The addresses listened on, blanks between them, appended. */
void server_describe(const struct server *, struct buf *);

size_t server_connections(const struct server *);

/*
 * Another set of addresses while it runs, in two steps. First bind what is
 * new; -1 (logged): nothing has changed. Then either begin to accept there
 * and end accepting where it is no longer wanted (who has connected there is
 * accepted first, and served on), also taking max_connections from the
 * configuration; or close what was bound. Addresses that are listened on
 * already are left alone.
 */
int server_prepare(struct server *, const struct config_list *listen);
void server_commit(struct server *);
void server_abandon(struct server *);

/* Finished replies are sent; connections that wait are closed without one. */
void server_free(struct server *);

#endif
