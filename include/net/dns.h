/* SPDX-License-Identifier: ISC */
/*
 * DNS look-ups (c-ares on the loop): one c-ares channel a name server, fail-
 * over by us, one deadline over all tries. Nothing is cached here.
 *
 * The servers come from dns_servers, or from /etc/resolv.conf, which is
 * followed when it changes (IPv6 servers too). A try takes 1 s, then the next
 * server on SERVFAIL, REFUSED, NOTIMP, garbage, time-out or a refused
 * connection, beginning with the last good one; after the last server round
 * again with 2 s a try until dns_deadline. At most dns_parallel queries are
 * in flight; the others queue, those of DNS_QUERY before DNS_BACKGROUND.
 */
#ifndef NET_DNS_H
#define NET_DNS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/config.h"
#include "base/domain.h"
#include "base/loop.h"

enum dns_type {
	DNS_A = 1,
	DNS_NS = 2,
	DNS_CNAME = 5,
	DNS_SOA = 6,
	DNS_MX = 15,
	DNS_TXT = 16,
	DNS_AAAA = 28,
	DNS_TLSA = 52
};

enum dns_status {
	DNS_OK, /* at least one record of the type */
	DNS_NODATA, /* the name exists, the type does not */
	DNS_NXDOMAIN, /* also at the end of a CNAME chain */
	DNS_FAILED, /* SERVFAIL, REFUSED, garbage, CNAME loop:
				   no server could say */
	DNS_TIMEOUT, /* silence for this name; others are answered */
	DNS_NO_SERVER, /* no name server gives any answer at all */
	DNS_LOCAL, /* our fault: descriptors, memory */
	DNS_BAD_NAME /* cannot be asked (label over 63 ...) */
};

/* One record; names are lower case, without the final dot. */
struct dns_rr {
	union {
		struct {
			const char *data; /* strings joined; any bytes */
			size_t len;
		} txt;
		struct in_addr a;
		struct in6_addr aaaa;
		struct {
			uint16_t preference;
			const char *host; /* "" is the null MX's "." */
		} mx;
		struct {
			uint8_t usage, selector, matching;
			const uint8_t *data;
			size_t len;
		} tlsa;
		const char *name; /* NS, CNAME */
	};
};

struct dns_answer {
	enum dns_status status;
	int rcode; /* of the last answer, or -1 */
	bool ad; /* AD bit, only from a trusted server */
	bool is_believed; /* it comes from one: without ad it is unsigned */
	bool has_ttl;
	uint32_t ttl; /* least of the CNAMEs and the records;
					   negative: RFC 2308 from the SOA */
	unsigned int cnames; /* length of the chain followed */
	const char *owner; /* name at its end */
	const struct dns_rr *rr;
	size_t count;
	const char *detail; /* for the log: "SERVFAIL from
					   192.0.2.1", "no answer in 5 s" */
};

enum dns_priority {
	DNS_QUERY,
	DNS_BACKGROUND
};

struct dns;
struct dns_lookup;

/* The answer lives until the callback returns. */
typedef void dns_cb(const struct dns_answer *, void *arg);

/* Reads its settings from config, which must outlive it. NULL: logged. */
struct dns *dns_new(struct loop *, const struct config *);

/* Are its settings usable? Otherwise that is logged. */
bool dns_check(const struct config *);

/*
 * The configuration has changed (and was checked): look-ups that begin from
 * now on follow it, resolv.conf is read again.
 */
void dns_reload(struct dns *);

/*
 * The addresses of its servers as of now, comma-separated, appended; is the
 * AD bit of any of them believed?
 */
bool dns_describe(struct dns *, struct buf *);

/*
 * Of how many servers would the AD bit be believed under a configuration that
 * dns_new() takes? Their addresses are appended, as by dns_describe(). Reads
 * resolv.conf, if that is what counts.
 */
enum dns_trust {
	DNS_TRUST_NONE,
	DNS_TRUST_SOME,
	DNS_TRUST_ALL
};
enum dns_trust dns_trust(const struct config *, struct buf *text);

/* All look-ups must have ended or been cancelled. */
void dns_free(struct dns *);

/*
 * Look name up (A-labels; _labels are fine). The callback comes exactly once,
 * later, unless cancelled; the handle is gone when it begins.
 */
struct dns_lookup *dns_lookup(struct dns *, const char *name, enum dns_type,
    enum dns_priority, dns_cb *, void *arg);

/* NULL is fine. */
void dns_cancel(struct dns_lookup *);

/* Has it been sent, or does it still wait for its turn? */
bool dns_is_started(const struct dns_lookup *);

#define DNS_STATUSES ((int)DNS_BAD_NAME + 1)

struct dns_counts {
	uint64_t ended[DNS_STATUSES]; /* look-ups, since the start */
	size_t in_flight;
	size_t waiting; /* for their turn */
	bool is_dark; /* no name server answers */
};
void dns_count(const struct dns *, struct dns_counts *);

/* "A", "TXT" ...; the status in a word: "nxdomain", "servfail" ... */
const char *dns_type_name(enum dns_type);
const char *dns_status_word(enum dns_status);

/* "c-ares 1.18.1", for --version. */
const char *dns_library_version(void);

#endif
