/* SPDX-License-Identifier: ISC */
/*
 * The administration API: HTTP and JSON on the socket admin_listen, and, for
 * /metrics and /healthz alone, on metrics_listen. docs/admin-api.md has every
 * request. A request examines at most ADMIN_RECORDS_MAX records and holds the
 * loop for at most ADMIN_TURN_US. A body has at most ADMIN_BODY_MAX_BYTES; only
 * a line of an import may be longer, alone, up to RECORD_LINE_MAX_BYTES.
 */
#ifndef DAEMON_ADMIN_H
#define DAEMON_ADMIN_H

#include "base/config.h"
#include "base/loop.h"
#include "base/sandbox.h"
#include "cache/cache.h"
#include "daemon/dane.h"
#include "daemon/lookup.h"
#include "daemon/reload.h"
#include "daemon/resolver.h"
#include "daemon/server.h"
#include "daemon/stats.h"
#include "net/dns.h"
#include "net/fetch.h"

#define ADMIN_RECORDS_MAX    1000
#define ADMIN_TURN_US        2000
#define ADMIN_BODY_MAX_BYTES 65536

struct admin;

/* Which setting a socket stands for. */
enum admin_role {
	ADMIN_SOCKET, /* admin_listen */
	ADMIN_METRICS /* metrics_listen */
};

/* No socket yet. */
struct admin *admin_new(struct loop *, const struct config *);

/*
 * A listening socket in place of what the setting says, before admin_bind();
 * ours from now on. -1: there is none.
 */
void admin_adopt(struct admin *, enum admin_role, int fd);

/*
 * Make the sockets that the settings name: needs the rights the daemon begins
 * with. -1 (logged). A default admin_listen that cannot be made for want of
 * rights is done without, with a warning.
 */
int admin_bind(struct admin *);

/* What it tells of and works on; all must outlive it. */
struct admin_parts {
	struct stats *stats;
	struct cache *cache;
	struct dns *dns;
	struct fetcher *fetcher;
	struct resolver *resolver;
	struct lookups *lookups;
	struct danes *danes; /* NULL: none */
	const struct server *server;
	const struct sandbox *sandbox; /* NULL: off */
	const char *config_file; /* NULL: the built-in path */
	struct reload *reload;
};

/* From now on requests are answered. */
void admin_start(struct admin *, const struct admin_parts *);

/* Requests that wait are answered 503. NULL is fine. */
void admin_free(struct admin *);

#endif
