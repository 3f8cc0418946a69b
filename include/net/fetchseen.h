/* SPDX-License-Identifier: ISC */
/*
 * All that one fetch showed, kept for somebody who looks. Nobody looks when
 * the daemon fetches: then a fetch ends at its first fault, and nothing of
 * this is made.
 */
#ifndef NET_FETCHSEEN_H
#define NET_FETCHSEEN_H

#include <stdbool.h>
#include <stddef.h>
#include <netinet/in.h>

#include <openssl/x509.h>

#include "base/buf.h"

#define FETCHSEEN_BODY_MAX_BYTES 66560 /* more than a policy may have */

struct fetchseen_tls {
	bool is_tried; /* a handshake was begun */
	bool is_done; /* and finished, whatever the certificate */
	char version[16]; /* "TLSv1.3"; "": none */
	STACK_OF(X509) * chain; /* as sent, leaf first; NULL: none came */
	/* The first fault of the chain, its name apart: X509_V_*. */
	int verify_error;
	int verify_depth;
	bool is_name_ok; /* a DNS-ID of the leaf is the host asked for */
};

struct fetchseen {
	char address[INET6_ADDRSTRLEN]; /* connected to, or tried last */
	struct fetchseen_tls tls;
	struct buf head; /* lines of the final answer, status line first */
	struct buf body;
	bool is_body_cut; /* there was more */
	bool has_length; /* Content-Length or chunks */
	bool is_closed; /* by close_notify */
};

struct fetchseen *fetchseen_new(void);
void fetchseen_free(struct fetchseen *);

#endif
