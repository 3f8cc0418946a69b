/* SPDX-License-Identifier: ISC */
/*
 * A new configuration for the running daemon, wholly or not at all.
 *
 * struct config stays where it is: everybody reads it there when they need a
 * value, and what a value was changed to counts from then on. Those who have
 * made something of theirs out of it (sockets, the trust store, name servers,
 * overrides, finished replies) are told to make it anew. All that can fail is
 * tried first.
 */
#ifndef DAEMON_RELOAD_H
#define DAEMON_RELOAD_H

#include "base/buf.h"
#include "base/config.h"
#include "cache/cache.h"
#include "daemon/lookup.h"
#include "daemon/resolver.h"
#include "daemon/server.h"
#include "net/dns.h"
#include "net/fetch.h"

struct reload;

/* Where the configuration comes from, as for config_load(). */
struct reload_source {
	const char *path;
	struct config_overrides overrides;
};

/* Who is told; all must outlive it. */
struct reload_parts {
	struct config *config;
	int64_t most_connections; /* limits_raise() */
	struct server *server;
	struct cache *cache;
	struct dns *dns;
	struct fetcher *fetcher;
	struct resolver *resolver;
	struct lookups *lookups;
};

/* The source's strings must outlive it. */
struct reload *
reload_new(const struct reload_source *, const struct reload_parts *);
void reload_free(struct reload *);

/* Names of settings, in the order of the table; lent from it. */
struct reload_names {
	const char **name;
	size_t count;
};

struct reload_result {
	struct reload_names changed; /* they hold now */
	struct reload_names restart; /* these differ, but need a restart */
	struct buf error; /* why not: "file:line: reason" */
};

/*
 * Read everything anew: the configuration, the overrides, the CA file,
 * resolv.conf. 0, or -1 when anything is wrong with any of them, or a new
 * address cannot be listened on: then nothing has changed at all, and
 * result->error says why in printable ASCII. Logged in either case. The
 * result, zeroed before, is the caller's. Blocks for as long as reading those
 * files takes (about 20 ms).
 */
int reload_now(struct reload *, struct reload_result *);
void reload_result_clear(struct reload_result *);

#endif
