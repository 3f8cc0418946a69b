/* SPDX-License-Identifier: ISC */
/*
 * One GET of a policy file with libcurl on the loop: addresses in, outcome
 * out. libcurl resolves nothing and starts no thread.
 */
#ifndef NET_TRANSFER_H
#define NET_TRANSFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/config.h"
#include "base/loop.h"
#include "net/outcome.h"
#include "net/proxy.h"
#include "net/fetchseen.h"
#include "net/trust.h"

#define TRANSFER_BODY_MAX_BYTES 65536

/* All transfers of a process share it. */
struct transfer_pool;

enum transfer_kind {
	TRANSFER_HTTPS,
	TRANSFER_HTTP, /* the header only */
	TRANSFER_OLD_TLS /* a handshake of TLS 1.0 or 1.1 only */
};

struct transfer_request {
	enum transfer_kind kind;
	bool is_watched; /* go on in spite of faults; the result has seen */
	uint16_t port;
	const char *host; /* mta-sts.<domain> */
	const char *path; /* "/..." */
	const char *list; /* addresses: "[2001:db8::1],192.0.2.1" */
	/* When set, list is the proxy's and host is the proxy's to resolve. */
	const struct proxy *proxy;
	int64_t timeout_ms;
};

struct transfer_result {
	struct outcome outcome;
	long http_status;
	bool is_connected; /* over TCP */
	char *body; /* the callee's, to free; NULL unless OK */
	size_t body_len;
	struct fetchseen *seen; /* the callee's, to free; NULL: not watched */
};

struct transfer;

/*
 * Called from the loop, never from inside libcurl. The transfer is gone; the
 * callee may start another, but neither cancel one nor free the pool.
 */
typedef void transfer_cb(const struct transfer_result *, void *arg);

/* NULL when libcurl refuses (logged). config and trust must outlive it. */
struct transfer_pool *
transfer_pool_new(struct loop *, const struct config *, const struct trust *);

/* All transfers must have ended or been cancelled. */
void transfer_pool_free(struct transfer_pool *);

/*
 * NULL when libcurl has no memory: nothing was started. The strings of the
 * request are copied.
 */
struct transfer *transfer_start(struct transfer_pool *,
    const struct transfer_request *, transfer_cb *, void *arg);
void transfer_cancel(struct transfer *);

#endif
