/* SPDX-License-Identifier: ISC */
/*
 * Looks at an MX host on port 25: banner, EHLO, STARTTLS, EHLO over TLS, QUIT;
 * never MAIL FROM. OpenSSL on the loop; certificates are checked against a
 * trust store but never end the dialogue. RFC 3207, RFC 8461 4.2.
 */
#ifndef NET_SMTP_H
#define NET_SMTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include <openssl/x509.h>

#include "base/config.h"
#include "base/loop.h"

#define SMTP_LINE_MAX_BYTES  2048 /* a longer one is cut */
#define SMTP_REPLY_MAX_BYTES 16384 /* of one reply; more: turned away */

enum smtp_end {
	SMTP_REFUSED_ADDRESS, /* the deny list */
	SMTP_UNREACHABLE, /* not connected, cut off, silent; our own fault */
	SMTP_TURNED_AWAY, /* banner or EHLO: not 2xx, or no SMTP at all */
	SMTP_NO_STARTTLS,
	SMTP_STARTTLS_FAILED, /* refused, cut off, TLS failed, injection */
	SMTP_DONE /* EHLO over TLS was answered */
};

struct smtp_result {
	enum smtp_end end;
	const char *detail; /* never NULL; printable ASCII; "" when DONE */
	const char *banner; /* first line, any bytes; "": there was none */
	size_t banner_len;
	const char *ehlo; /* all lines, "\n" between them; the one in clear */
	size_t ehlo_len;
	const char *tls_version; /* NULL: no handshake was finished */
	const char *tls_error; /* of the handshake, or after it; NULL */
	STACK_OF(X509) * chain; /* as sent, leaf first; NULL; lends */
	int verify_error; /* the first; X509_V_OK: good chain (if any) */
	int verify_depth;
	bool is_name_ok; /* DNS-ID (no CN) of the leaf matches host */
	int64_t ms; /* until this was known, QUIT not counted */
};

struct smtp_request {
	const char *host; /* SNI and the name to verify */
	const struct sockaddr *address; /* port included */
	const char *helo; /* without CR or LF */
	int64_t timeout_ms; /* of the whole dialogue */
	X509_STORE *trust;
	const struct config_list *allow; /* allow_networks */
};

struct smtp;

/* The result lives until the callback returns. */
typedef void smtp_cb(const struct smtp_result *, void *arg);

/*
 * Exactly one callback, later, unless cancelled; the handle is gone when it
 * begins. The request is copied, but `allow` is only read now and the store
 * is shared. SIGPIPE must be ignored.
 */
struct smtp *
smtp_probe(struct loop *, const struct smtp_request *, smtp_cb *, void *arg);

/* NULL is fine. */
void smtp_cancel(struct smtp *);

#endif
