/* SPDX-License-Identifier: ISC */
/*
 * Gets https://mta-sts.<domain>/.well-known/mta-sts.txt (libcurl on the
 * loop): RFC 8461 section 3.3. Names are resolved by net/dns, never by
 * libcurl; A and AAAA are asked together, and when one family has answered
 * the other is given 250 ms. At most fetch_parallel transfers run; the others
 * queue, those of FETCH_QUERY before FETCH_BACKGROUND.
 */
#ifndef NET_FETCH_H
#define NET_FETCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/config.h"
#include "base/loop.h"
#include "net/dns.h"
#include "net/fetchseen.h"
#include "sts/reason.h"

enum fetch_priority {
	FETCH_QUERY,
	FETCH_BACKGROUND
};

struct fetch_result {
	enum sts_reason reason; /* OK: status 200, text/plain, whole */
	const char *detail; /* for the log: "status 404",
					   "certificate is for mx.example.net",
					   "10.0.0.1"; never NULL */
	long http_status; /* 0: none was read */
	const char *body; /* with OK; at most 65,536 bytes */
	size_t body_len;
	int milliseconds; /* from its start */
	const struct fetchseen
	    *seen; /* of fetch_look(); NULL: it came to none */
};

enum fetch_kind {
	FETCH_HTTPS,
	FETCH_HTTP, /* does port 80 answer? The header only */
	FETCH_OLD_TLS /* is TLS 1.0 or 1.1 taken? No request is sent */
};

/* What else than a policy can be looked at. Lent for the call alone. */
struct fetch_target {
	enum fetch_kind kind;
	const char *host;
	const char *path; /* "/..." */
	/* NULL: host's; else this one only, by the same rules. Not by proxy. */
	const char *address;
	uint16_t port; /* 0: policy_port, or 80 */
	int64_t timeout_ms; /* 0, or more than that: fetch_timeout */
};

struct fetcher;
struct fetch;

/* The result lives until the callback returns. */
typedef void fetch_cb(const struct fetch_result *, void *arg);

/*
 * Loads the trust store (tls_ca_file, or the system's). config and dns must
 * outlive it. NULL when there is no certificate in it, or libcurl refuses
 * (logged).
 */
struct fetcher *fetcher_new(struct loop *, struct dns *, const struct config *);

/*
 * Check the settings of next and take the trust store it names, read anew; -1
 * (logged): one of them is wrong, the store there is stays.
 */
int fetcher_prepare(struct fetcher *, const struct config *next);

/* The configuration has become next: fetches that begin now follow it. */
void fetcher_reload(struct fetcher *);

/* What it trusts; lent until the next reload or the end. */
X509_STORE *fetcher_trust(const struct fetcher *);

struct fetcher_counts {
	size_t running;
	size_t waiting; /* for their turn */
	size_t certificates; /* in the trust store, */
	int64_t trust_loaded; /* ... read then (s) */
};
void fetcher_count(const struct fetcher *, struct fetcher_counts *);

/* All fetches must have ended or been cancelled. */
void fetcher_free(struct fetcher *);

/*
 * Get the policy file of domain (A-labels, lower case). The callback comes
 * exactly once, later, unless cancelled; the handle is gone when it begins.
 */
struct fetch *fetch_policy(struct fetcher *, const char *domain,
    enum fetch_priority, fetch_cb *, void *arg);

/*
 * The same for any target, with the same rules and the same result, but going
 * on after a fault for as long as there is more to be seen: of a bad
 * certificate the answer, of a bad answer the body.
 */
struct fetch *fetch_look(
    struct fetcher *, const struct fetch_target *, fetch_cb *, void *arg);

/* NULL is fine. */
void fetch_cancel(struct fetch *);

/* Has it begun, or does it still wait for its turn? */
bool fetch_is_started(const struct fetch *);

/* Libraries and their versions for --version: "libcurl 7.88.1 ...". */
const char *fetch_library_version(void);

#endif
