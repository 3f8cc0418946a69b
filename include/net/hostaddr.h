/* SPDX-License-Identifier: ISC */
/*
 * The addresses of a host we are about to connect to: A and AAAA are asked
 * together, and once one family has a usable address the other is given 250
 * ms more.
 */
#ifndef NET_HOSTADDR_H
#define NET_HOSTADDR_H

#include <stdbool.h>
#include <stddef.h>

#include "base/config.h"
#include "base/loop.h"
#include "net/dns.h"
#include "sts/reason.h"

#define HOSTADDR_FAMILY_MAX   8 /* addresses of one family that are used */
#define HOSTADDR_LIST_BYTES   1024
#define HOSTADDR_DETAIL_BYTES 256

enum {
	HOSTADDR_V6 = 1,
	HOSTADDR_V4 = 2,
	HOSTADDR_BOTH = HOSTADDR_V6 | HOSTADDR_V4
};

struct hostaddr_query {
	const char *name;
	unsigned int families;
	enum dns_priority priority;
	/* Besides the public ones; NULL: any address may be used. */
	const struct config_list *allow;
};

struct hostaddr_result {
	/* OK, DNS, REFUSED_ADDRESS, LOCAL, NO_SERVER */
	enum sts_reason reason;
	const char *detail; /* "" with OK */
	const char *list; /* with OK: "[2001:db8::1],192.0.2.1" */
	unsigned int missing; /* families not waited for */
};

struct hostaddr;

/* The result lives until the callback returns. */
typedef void hostaddr_cb(const struct hostaddr_result *, void *arg);

/*
 * The callback comes exactly once, later, unless cancelled; the handle is
 * gone when it begins. name and allow must live until then.
 */
struct hostaddr *hostaddr_lookup(struct loop *, struct dns *,
    const struct hostaddr_query *, hostaddr_cb *, void *arg);
void hostaddr_cancel(struct hostaddr *);

/* Has any question been sent, or do all still wait for their turn? */
bool hostaddr_is_started(const struct hostaddr *);

#endif
