/* SPDX-License-Identifier: ISC */
/*
 * Which certificates we believe (RFC 8461 section 3.3, RFC 6125): one store
 * of CAs, loaded once, DNS-ID only, and a word on why one is not believed.
 */
#ifndef NET_TRUST_H
#define NET_TRUST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/ssl.h>

#include "net/fetchseen.h"
#include "sts/reason.h"

#define TRUST_DETAIL_BYTES 256

/* For X509_check_host: DNS-ID only; "*" only as the whole left-most label. */
#define TRUST_HOST_FLAGS                       \
	(X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | \
	    X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS)

struct trust;

/* What was seen of one TLS connection. */
struct trust_check {
	/*
	 * Set before trust_attach(): somebody looks, and a bad certificate
	 * does not end the connection. NULL: nobody does.
	 */
	struct fetchseen_tls *seen;
	enum sts_reason reason; /* OK: no fault of the certificate seen */
	char detail[TRUST_DETAIL_BYTES];
	bool is_established; /* the handshake was finished */
	bool is_closed; /* the peer's close_notify was read */
	int alert_read, alert_sent; /* 0: none (close_notify is not counted) */
	size_t received; /* bytes of records since then, ciphered */
};

/* file "": the system's. NULL when it holds no certificate (logged). */
struct trust *trust_new(const char *file);
void trust_free(struct trust *);

/* Read again; -1 (logged) keeps what was there. */
int trust_reload(struct trust *, const char *file);

/* How many certificates it holds, and when they were read (s). */
size_t trust_count(const struct trust *, int64_t *loaded);

X509_STORE *trust_store(const struct trust *);

/*
 * Make ctx check the server's certificate for host; what happens goes to
 * check, which must outlive the connection. -1: OpenSSL has no memory.
 */
int trust_attach(
    const struct trust *, SSL_CTX *, const char *host, struct trust_check *);

#endif
