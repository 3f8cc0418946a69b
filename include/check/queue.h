/* SPDX-License-Identifier: ISC */
/*
 * Deferred mail, by next-hop: what `postqueue -j` tells, and which of it waits
 * for TLS. Pure but for queue_load().
 */
#ifndef CHECK_QUEUE_H
#define CHECK_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/domain.h"

enum queue_cause {
	QUEUE_OTHER, /* nothing about TLS */
	QUEUE_CERTIFICATE,
	QUEUE_NO_STARTTLS,
	QUEUE_HANDSHAKE,
	QUEUE_LOOKUP /* the policy map did not answer */
};

struct queue_hop {
	char *nexthop; /* as Postfix looks it up */
	char domain[DOMAIN_MAX + 1]; /* whose policy counts */
	size_t recipients; /* that wait for it */
	int64_t oldest; /* arrival */
	enum queue_cause cause; /* of the first one that is about TLS */
	char *reason; /* in Postfix's words; any bytes */
	/* what Postfix is told of it */
	char *reply; /* the policy map's; NULL: none, or it failed */
	char *failure; /* why the look-up failed; NULL */
};

struct queue {
	struct queue_hop *hop; /* that wait for TLS */
	size_t hops;
	size_t others; /* recipients that wait for something else */
	char *level; /* smtp_tls_security_level */
};

/* What a delay reason is about. */
enum queue_cause queue_cause_of(const char *reason);

/* The next-hop of a recipient's domain; out is empty before. */
typedef void queue_route_fn(const char *domain, struct buf *out, void *arg);

/* Lines of `postqueue -j`. What is no such line does not count. */
void queue_parse(
    struct queue *, const char *json, size_t len, queue_route_fn *, void *arg);
void queue_clear(struct queue *);

const struct queue_hop *queue_find(const struct queue *, const char *domain);

/* queuecmd.c: ask this host's Postfix. -1, and said so: it cannot be. */
int queue_load(struct queue *);

#endif
