/* SPDX-License-Identifier: ISC */
/* The connection of net/smtp: a non-blocking socket, later TLS over it. */
#ifndef NET_SMTPIO_H
#define NET_SMTPIO_H

#include <stdbool.h>
#include <sys/socket.h>

#include <openssl/x509.h>

#include "base/buf.h"
#include "net/smtptls.h"

struct smtpio {
	int fd; /* -1: none */
	struct smtptls *tls; /* NULL: in clear */
	const char *fault; /* after CLOSED or FAILED; until the next call */
};

/* A connection under way, to be finished when the socket can be written. */
enum smtptls_io smtpio_open(struct smtpio *, const struct sockaddr *);
enum smtptls_io smtpio_finish(struct smtpio *);

/* From now on TLS, the handshake first. False: OpenSSL cannot. */
bool smtpio_begin_tls(struct smtpio *, const char *host, X509_STORE *);
enum smtptls_io smtpio_handshake(struct smtpio *);

/* Append what has come, some KB at most. */
enum smtptls_io smtpio_read(struct smtpio *, struct buf *);

/* Send all of it, and forget what was sent. */
enum smtptls_io smtpio_write(struct smtpio *, struct buf *);

/* Close the socket; what TLS showed stays until smtpio_clear(). */
void smtpio_close(struct smtpio *);
void smtpio_clear(struct smtpio *);

#endif
