/* SPDX-License-Identifier: ISC */
/*
 * From a request of Postfix's to its reply: the socketmap's name, the key, the
 * policy, the answer for that version of Postfix.
 */
#ifndef DAEMON_LOOKUP_H
#define DAEMON_LOOKUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/config.h"
#include "daemon/resolver.h"
#include "postfix/answer.h"
#include "postfix/nexthop.h"
#include "sts/override.h"

struct dane_wait;
struct danes;
struct hot;
struct stats;
struct lookups;

/* config and resolver must outlive it. */
struct lookups *lookups_new(const struct config *, struct resolver *);
void lookups_free(struct lookups *);

/* Exceptions by domain, its own from now on. NULL: none. */
void lookups_set_overrides(struct lookups *, struct sts_overrides *);

/* The same, when the configuration has changed too: what is kept is not. */
void lookups_reload(struct lookups *, struct sts_overrides *);

/* What is said of a domain there. */
enum sts_override
lookups_find_override(const struct lookups *, const char *domain, size_t len);

/*
 * Append what a query for the domain would be answered if `known` were known
 * of it: "OK ...", "NOTFOUND ". Nothing is counted, logged or looked up.
 */
void lookups_preview(struct lookups *, const char *domain, enum answer_profile,
    const struct resolver_answer *known, struct buf *out);

/* A whole reply frame; it lives until the callback returns. */
typedef void lookup_cb(const struct buf *reply, void *arg);

/* Replies to requests that come again and again are kept there. */
void lookups_set_hot(struct lookups *, struct hot *);

/* What is answered is counted there. */
void lookups_set_stats(struct lookups *, struct stats *);

/* With dane = yes verdicts on DANE come first; NULL: never. */
void lookups_set_danes(struct lookups *, struct danes *);

/* One request. The caller's memory: a connection has one at a time. */
struct lookup {
	struct lookups *lookups;
	enum answer_profile profile;
	struct nexthop nexthop;
	enum sts_override override; /* of the domain */
	int64_t asked_ms; /* when it began to wait */
	bool is_preview; /* nobody asked: neither counted nor logged */
	uint16_t port; /* for TLSA; 0: not known, or of no use */
	bool has_verdict; /* DANE does not apply, or not count */
	bool is_testing; /* the policy whose verdict is awaited */
	struct resolver_wait *wait; /* NULL: no policy is awaited */
	struct dane_wait *dane_wait; /* NULL: no verdict is awaited */
	lookup_cb *cb;
	void *arg;
};

void lookup_init(struct lookup *, struct lookups *, lookup_cb *, void *arg);

/*
 * Handle a request payload. True: the reply frame was appended to out. False:
 * it waits, and the callback comes exactly once, later, unless cancelled.
 */
bool
lookup_start(struct lookup *, const char *payload, size_t len, struct buf *out);
void lookup_cancel(struct lookup *);

/*
 * This request will be started in a moment: what its look-up begins with comes
 * into the processor's cache meanwhile.
 */
void lookup_expect(const struct lookups *, const char *payload, size_t len);

/* Is the callback to come? Until then no other request may be started. */
static inline bool
lookup_waits(const struct lookup *lookup)
{
	return lookup->wait != NULL || lookup->dane_wait != NULL;
}

#endif
