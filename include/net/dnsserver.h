/* SPDX-License-Identifier: ISC */
/*
 * One name server. No time limit and no fail-over here: a query lasts until
 * it is answered or forgotten, and whoever asks decides how long to wait.
 * Internal to net/dns.
 */
#ifndef NET_DNSSERVER_H
#define NET_DNSSERVER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/loop.h"
#include "net/dns.h"
#include "net/dnschannel.h"
#include "net/resolvconf.h"

struct dnsserver;
struct dnsserver_query;

/*
 * keep_ms: how long, at most, anybody waits for an answer. is_trusted: does
 * its AD bit count?
 */
struct dnsserver *dnsserver_new(struct loop *,
    const struct resolvconf_address *, int64_t keep_ms, bool is_trusted);

/* Every query must have ended or been forgotten. */
void dnsserver_free(struct dnsserver *);

/* Its address, for people; lives as long as the server. */
const char *dnsserver_text(const struct dnsserver *);
bool dnsserver_is_trusted(const struct dnsserver *);

/* When it last answered what was asked (clock_ms()), or INT64_MIN. */
int64_t dnsserver_heard_ms(const struct dnsserver *);

/*
 * Ask. name must live until the callback or dnsserver_forget(). The callback
 * comes once, later, from the loop, never from inside c-ares, and never with
 * DNSCHANNEL_SILENT; the handle is gone when it begins.
 */
struct dnsserver_query *dnsserver_ask(struct dnsserver *, const char *name,
    enum dns_type, dnschannel_cb *, void *arg);
void dnsserver_forget(struct dnsserver_query *);

#endif
