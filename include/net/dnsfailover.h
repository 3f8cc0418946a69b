/* SPDX-License-Identifier: ISC */
/*
 * One look-up on its way through the servers of a set. No queue here: it is
 * sent at once. Internal to net/dns.
 */
#ifndef NET_DNSFAILOVER_H
#define NET_DNSFAILOVER_H

#include <stdint.h>

#include "base/loop.h"
#include "net/dns.h"
#include "net/dnsset.h"

struct dnsfailover;

struct dnsfailover_question {
	const char *name; /* must live until the callback returns */
	enum dns_type type;
	int64_t deadline_ms; /* from now, over all tries */
};

/* The answer lives until the callback returns; the look-up is gone before. */
typedef void dnsfailover_cb(const struct dns_answer *, void *arg);

/* Takes over the reference to the set. The callback comes once, later. */
struct dnsfailover *dnsfailover_start(struct loop *, struct dnsset *,
    const struct dnsfailover_question *, dnsfailover_cb *, void *arg);
void dnsfailover_cancel(struct dnsfailover *);

#endif
