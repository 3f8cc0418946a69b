/* SPDX-License-Identifier: ISC */
/*
 * The name servers in use at a time. A look-up keeps the set it began with;
 * when resolv.conf changes, later ones get another. Internal to net/dns.
 */
#ifndef NET_DNSSET_H
#define NET_DNSSET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/config.h"
#include "base/loop.h"
#include "net/dnsserver.h"
#include "net/resolvconf.h"

struct dnsset {
	unsigned int refs;
	size_t count;
	size_t good; /* gave the last good answer: asked first */
	struct dnsserver *server[RESOLVCONF_SERVERS_MAX];
};

/* Follows dns_servers or a file. */
struct dnsset_source;

/*
 * resolv_conf is read only when dns_servers is empty. NULL when a setting is
 * wrong (logged). Both arguments must outlive it.
 */
struct dnsset_source *dnsset_source_new(
    struct loop *, const struct config *, const char *resolv_conf);

/* As dns_trust(); resolv_conf is read only when dns_servers is empty. */
enum dns_trust
dnsset_trust(const struct config *, const char *resolv_conf, struct buf *text);

/* Are the servers in the configuration usable? Otherwise that is logged. */
bool dnsset_check(const struct config *);

/*
 * The configuration has changed, and was checked: a new set, from what it
 * says and, without dns_servers, resolv.conf.
 */
void dnsset_source_reload(struct dnsset_source *);

/* Sets that are still referred to live on. */
void dnsset_source_free(struct dnsset_source *);

/* The set to use from now on; give it back with dnsset_unref(). */
struct dnsset *dnsset_get(struct dnsset_source *);
void dnsset_unref(struct dnsset *);

/* As dns_new(), with another file than RESOLVCONF_PATH. */
struct dns *
dns_new_from(struct loop *, const struct config *, const char *resolv_conf);

/* When any of them last answered what was asked, or INT64_MIN. */
int64_t dnsset_heard_ms(const struct dnsset *);

#endif
