/* SPDX-License-Identifier: ISC */
/*
 * A probe at work: what is under way, and how its parts ask for more. Private
 * to check/probe.
 */
#ifndef CHECK_PROBING_H
#define CHECK_PROBING_H

#include <sys/queue.h>

#include <openssl/x509.h>

#include "base/config.h"
#include "base/domain.h"
#include "base/loop.h"
#include "check/evidence.h"
#include "check/mxlook.h"
#include "check/polite.h"
#include "check/probe.h"
#include "net/dns.h"
#include "net/fetch.h"
#include "net/smtp.h"

#define PROBE_NAME_BYTES (DOMAIN_MAX + 64) /* a domain and labels before it */

struct probe;

/* What comes after; item is what was given with the question. */
typedef void probe_then(struct probe *, void *item);

struct probe_shared {
	struct polite *polite;
	struct mxlook *mxlook;
};

struct probe_ask;
struct probe_get;
struct probe_call;

struct probe {
	struct loop *loop;
	const struct config *config;
	struct dns *dns;
	struct fetcher *fetcher;
	bool has_smtp;
	const char *mx; /* of the options; lends */
	char helo[DOMAIN_MAX + 1];
	struct probe_shared *shared;
	struct probe_shared *own; /* the same, when nobody else has it */
	int64_t limit_ms;
	int64_t started_ms;
	/* Parts that wait for their turn; the time it took does not count. */
	unsigned int waits;
	int64_t waiting_ms; /* since then */
	int64_t waited_ms; /* before that */
	struct evidence *e;
	struct loop_timer *limit;
	struct loop_defer *ending; /* set: nothing is under way any more */
	LIST_HEAD(, probe_ask) asks;
	LIST_HEAD(, probe_get) gets;
	LIST_HEAD(, probe_call) calls;
	struct ev_dns ns_a[EVIDENCE_NS_MAX], ns_aaaa[EVIDENCE_NS_MAX];
	/* Of the handshake with an old version: TLS was spoken, and taken. */
	bool is_old_asked, is_old_offered;
	probe_cb *cb;
	void *arg;
};

/* ---- probe_ask.c: look-ups */

/* out is set when the answer comes, then() called after that. */
void probe_ask(struct probe *, struct ev_dns *out, const char *name,
    enum dns_type, probe_then *, void *item);

/* Ask that server, at its address, for the record. */
void probe_ask_server(struct probe *, struct ev_ns *, const char *name);
void probe_ask_cancel(struct probe *);

/* ---- probe_get.c: fetches */

struct probe_page {
	enum fetch_kind kind;
	const char *host, *path;
	const char *address; /* NULL: any of the host's */
	bool is_twice; /* tried again after what may pass */
	int64_t timeout_ms;
};

/* Likewise. out NULL: only is_old_asked and is_old_offered are wanted. */
void probe_get(struct probe *, struct ev_fetch *out, const struct probe_page *,
    probe_then *, void *item);
void probe_get_cancel(struct probe *);

/* ---- probe_smtp.c: dialogues */

void probe_call(struct probe *, struct ev_mx *);
void probe_call_cancel(struct probe *);

/* ---- the parts, each begun once */

void probe_records(struct probe *); /* probe_dns.c */
void probe_servers(struct probe *); /* probe_ns.c */
void probe_policy(struct probe *); /* probe_fetch.c */
void probe_mx(struct probe *); /* probe_mx.c */
void probe_tlsrpt(struct probe *); /* probe_tlsrpt.c */

/* ---- probe.c */

/* To be called when anything under way has ended: was it the last? */
void probe_settle(struct probe *);
int64_t probe_left_ms(const struct probe *);

/* A part begins and ends to wait for its turn. */
void probe_wait_begin(struct probe *);
void probe_wait_end(struct probe *);

/* ---- probe_tls.c */

/* False: no address, or none we may connect to; the port is set. */
bool probe_address(const struct config *, const char *text, uint16_t port,
    struct sockaddr_storage *);

/* Does any way lead there from here? No packet is sent. */
bool probe_has_way(const char *address);

/* Copy a chain as sent. */
void ev_tls_set_chain(struct ev_tls *, const STACK_OF(X509) *);

#endif
