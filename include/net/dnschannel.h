/* SPDX-License-Identifier: ISC */
/*
 * A c-ares channel with one server on the loop. It sends a query once and
 * hands on what c-ares makes of it. Internal to net/dns.
 */
#ifndef NET_DNSCHANNEL_H
#define NET_DNSCHANNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/loop.h"
#include "net/dns.h"
#include "net/resolvconf.h"

enum dnschannel_status {
	DNSCHANNEL_ANSWER, /* some bytes; what they say is not judged */
	DNSCHANNEL_SILENT, /* c-ares does not wait for it any longer */
	DNSCHANNEL_REFUSED, /* nobody is there, or no way leads there */
	DNSCHANNEL_BROKEN, /* it speaks, but no whole answer came */
	DNSCHANNEL_LOCAL, /* our fault: descriptors, memory */
	DNSCHANNEL_BAD_NAME /* cannot be asked */
};

struct dnschannel_result {
	enum dnschannel_status status;
	const uint8_t *bytes; /* of an answer, until the callback returns */
	size_t len;
	int error; /* errno of a refusal or a fault of ours, or 0 */
};

struct dnschannel_settings {
	int64_t keep_ms; /* a query without an answer ends then */
	bool is_tcp; /* else UDP, and truncated answers are answers */
	bool has_edns;
	int64_t *heard_ms; /* set to clock_ms() when it answers */
};

struct dnschannel;
struct dnschannel_query;

typedef void dnschannel_cb(const struct dnschannel_result *, void *arg);

/* NULL: out of memory or descriptors. */
struct dnschannel *dnschannel_new(struct loop *,
    const struct resolvconf_address *, const struct dnschannel_settings *);

/* Queries end without a callback. Never from inside a dnschannel_cb. */
void dnschannel_free(struct dnschannel *);

/*
 * Send a query. The callback comes once, from inside c-ares: it may neither
 * send nor free. It may come before this returns, which is then NULL.
 */
struct dnschannel_query *dnschannel_send(struct dnschannel *, const char *name,
    enum dns_type, dnschannel_cb *, void *arg);

/* No callback after this; the answer is read and dropped. */
void dnschannel_forget(struct dnschannel_query *);

bool dnschannel_has_edns(const struct dnschannel *);
bool dnschannel_is_idle(const struct dnschannel *);
int64_t dnschannel_age_ms(const struct dnschannel *);

/* How long nothing was answered on it; its age, if nothing ever was. */
int64_t dnschannel_quiet_ms(const struct dnschannel *);

#endif
