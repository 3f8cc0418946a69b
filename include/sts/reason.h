/* SPDX-License-Identifier: ISC */
/*
 * Why there is no policy, or no new one: the one vocabulary of logs, metrics,
 * ctl and --check. Pure.
 */
#ifndef STS_REASON_H
#define STS_REASON_H

#include <stdbool.h>

enum sts_reason {
	STS_REASON_OK, /* ok */
	/* the TXT record (RFC 8461 3.1) */
	STS_REASON_TXT_NONE, /* no-record */
	STS_REASON_TXT_MULTIPLE, /* several-records */
	STS_REASON_TXT_INVALID, /* malformed-record */
	STS_REASON_TXT_LOOKUP, /* txt-lookup: SERVFAIL, time-out */
	/* the policy file (3.3) */
	STS_REASON_DNS, /* dns: no address for the host */
	STS_REASON_REFUSED_ADDRESS, /* refused-address */
	STS_REASON_CONNECT, /* connect */
	STS_REASON_TIMEOUT, /* timeout */
	STS_REASON_RESET, /* reset */
	STS_REASON_TLS_VERSION, /* tls-version */
	STS_REASON_TLS_HANDSHAKE, /* tls-handshake */
	STS_REASON_TLS_EXPIRED, /* tls-expired (or not yet valid) */
	STS_REASON_TLS_NAME, /* tls-name */
	STS_REASON_TLS_CHAIN, /* tls-chain */
	STS_REASON_HTTP_STATUS, /* http-status */
	STS_REASON_REDIRECT, /* redirect */
	STS_REASON_MEDIA_TYPE, /* media-type */
	STS_REASON_ENCODING, /* encoding */
	STS_REASON_HEADER_FLOOD, /* header-flood */
	STS_REASON_TOO_LARGE, /* too-large */
	STS_REASON_TRUNCATED, /* truncated */
	STS_REASON_SYNTAX, /* syntax */
	/* our own faults: never the domain's, always TEMP */
	STS_REASON_LOCAL, /* local */
	STS_REASON_NO_SERVER, /* no-name-server */
	STS_REASON_BUSY, /* busy */
	STS_REASON_CACHE, /* cache */
	/* a first contact outlived query_timeout; the fetch goes on */
	STS_REASON_DEADLINE, /* deadline */
	STS_REASON_COUNT
};

/* The word above; a constant. */
const char *sts_reason_word(enum sts_reason);

/* Is it our fault, not the domain's? Then: TEMP, no back-off, not cached. */
bool sts_reason_is_ours(enum sts_reason);

#endif
