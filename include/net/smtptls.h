/* SPDX-License-Identifier: ISC */
/*
 * TLS over a connected, non-blocking socket, for net/smtp: any version from
 * 1.0, SNI, and a certificate that is judged but never ends the connection.
 */
#ifndef NET_SMTPTLS_H
#define NET_SMTPTLS_H

#include <stdbool.h>
#include <stddef.h>

#include <openssl/x509.h>

enum smtptls_io {
	SMTPTLS_OK,
	SMTPTLS_WANT_READ,
	SMTPTLS_WANT_WRITE,
	SMTPTLS_CLOSED, /* by the peer, or by the network */
	SMTPTLS_FAILED /* a fault of the protocol */
};

struct smtptls;

/* fd and the store are lent. NULL: OpenSSL has no memory. */
struct smtptls *smtptls_new(int fd, const char *host, X509_STORE *);
void smtptls_free(struct smtptls *);

/* To be called again when the socket is ready, until it is neither WANT. */
enum smtptls_io smtptls_connect(struct smtptls *);

/* *count: how many bytes; set with SMTPTLS_OK alone. */
enum smtptls_io
smtptls_read(struct smtptls *, char *bytes, size_t size, size_t *count);
enum smtptls_io
smtptls_write(struct smtptls *, const char *bytes, size_t len, size_t *count);

/* Say close_notify, if that can be done at once. */
void smtptls_close(struct smtptls *);

/* After CLOSED or FAILED; lives as long as the smtptls. Plain ASCII. */
const char *smtptls_error(const struct smtptls *);

/* What was shown so far. */
struct smtptls_shown {
	const char *version; /* NULL: the handshake is not finished */
	STACK_OF(X509) * chain; /* as sent; NULL: none; lends */
	int verify_error, verify_depth; /* the first; X509_V_OK: none */
	bool is_name_ok; /* a DNS-ID of the leaf is the host */
};

struct smtptls_shown smtptls_show(const struct smtptls *);

#endif
