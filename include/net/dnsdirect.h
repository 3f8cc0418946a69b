/* SPDX-License-Identifier: ISC */
/*
 * Asks one name server, given by its address, instead of those of the
 * settings: a zone's own. Which addresses may be asked: net/address. Nothing
 * it says is believed to be authenticated.
 */
#ifndef NET_DNSDIRECT_H
#define NET_DNSDIRECT_H

#include "base/config.h"
#include "base/loop.h"
#include "net/dns.h"

struct dnsdirect;

struct dnsdirect_question {
	const char *address; /* "192.0.2.1", "2001:db8::1"; port 53 */
	const char *name;
	enum dns_type type;
};

/*
 * The callback comes once, later, unless cancelled; the handle is gone when
 * it begins. NULL: no address, or one that is refused.
 */
struct dnsdirect *dnsdirect_lookup(struct loop *, const struct config *,
    const struct dnsdirect_question *, dns_cb *, void *arg);
void dnsdirect_cancel(struct dnsdirect *);

#endif
