/* SPDX-License-Identifier: ISC */
/*
 * The look-ups behind one verdict on DANE: MX, the hosts' addresses and, below
 * those that are signed, TLSA (RFC 7672 2.2). Eight hosts at a time, the 32 of
 * the best preference at most. What they mean is sts/dane's affair. Internal
 * to daemon/dane.
 */
#ifndef DAEMON_DANEJOB_H
#define DAEMON_DANEJOB_H

#include <stdbool.h>
#include <stdint.h>

#include "cache/verdict.h"
#include "net/dns.h"
#include "sts/dane.h"

struct danejob;

struct danejob_question {
	const char *domain; /* A-labels, lower case; copied */
	uint16_t port;
	bool is_bracketed; /* it is the host: no MX look-up */
	bool is_behind; /* nobody waits for it */
};

struct danejob_result {
	enum sts_dane_verdict verdict;
	bool is_partial;
	bool has_signed; /* an answer that was */
	bool has_doubt; /* a server answered whose AD bit is not believed */
	int64_t ttl; /* s; the least of all answers; 0 without any */
	const char *detail; /* of what failed first, in words; or NULL */
	struct verdict_hosts hosts;
};

/* The result lives until the callback returns. */
typedef void danejob_cb(const struct danejob_result *, void *arg);

/* The callback comes once, later, unless freed; the job is gone then. */
struct danejob *danejob_start(
    struct dns *, const struct danejob_question *, danejob_cb *, void *arg);

/* Give it up. NULL is fine. */
void danejob_free(struct danejob *);

/* What can be said so far, to a callback that comes at once. */
void danejob_so_far(const struct danejob *, danejob_cb *, void *arg);

/* Somebody waits now: go before the background in the queue. */
void danejob_hurry(struct danejob *);

#endif
