/* SPDX-License-Identifier: ISC */
/*
 * An MX host in a thread of its own that follows a script, one connection
 * after the other, and writes down what it was told.
 */
#ifndef SMTP_HOST_H
#define SMTP_HOST_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "fetch_pki.h"

#define DRIP_MS 40

enum turn {
	ON_CONNECT,
	ON_EHLO,
	ON_STARTTLS,
	ON_TLS_EHLO,
	ON_QUIT,
	TURNS
};

/* In place of a reply; any other text is sent, NULL: the usual reply. */
static const char HANG[] = "hang"; /* until the client goes */
static const char CLOSE[] = "close";
static const char RESET[] = "reset";
static const char ENDLESS[] = "endless"; /* lines without a last one */
static const char DRIP[] = "drip"; /* ... a byte at a time, slowly */
static const char LINE[] = "line"; /* one that never ends */
static const char LARGE[] = "large"; /* 100 KB of lines, the last one too */

static const char *const usual[TURNS] = {
	"220-mx.good.test\r\n220 ESMTP\r\n",
	"250-mx.good.test\r\n250-SIZE 1\r\n250 STARTTLS\r\n",
	"220 go ahead\r\n",
	"250-mx.good.test\r\n250 SIZE 1\r\n",
	"221 bye\r\n",
};

struct script {
	const char *reply[TURNS];
	const char *raw; /* in place of TLS: bytes, HANG, CLOSE, RESET */
	enum pki_kind cert;
	int tls; /* the only version; 0: any */
	bool has_weak_key; /* a certificate with one */
	bool has_no_cert;
	bool is_alert; /* after the handshake: a fatal alert */
};

static struct {
	struct pki pki;
	struct pki_cert weak;
	struct script script;
	char said[4096]; /* lines of the last client */
	char sni[300];
	int listener;
	int reached; /* eventfd: it hangs, or has come to its end */
	uint16_t port;
	pthread_t thread;
} host;

struct peer {
	int fd;
	SSL *ssl; /* NULL: in clear */
};

static int
on_sni(SSL *ssl, int *alert, void *arg)
{
	const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);

	(void)alert;
	(void)arg;
	strlcpy(host.sni, name != NULL ? name : "", sizeof(host.sni));
	return SSL_TLSEXT_ERR_OK;
}

static SSL_CTX *
server_context(void)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	const struct script *s = &host.script;

	SSL_CTX_set_min_proto_version(ctx, s->tls);
	SSL_CTX_set_max_proto_version(ctx, s->tls);
	SSL_CTX_set_cipher_list(ctx, "ALL:@SECLEVEL=0");
	SSL_CTX_set_tlsext_servername_callback(ctx, on_sni);
	if (s->has_weak_key) {
		pki_check(SSL_CTX_use_certificate(ctx, host.weak.cert) == 1 &&
		    SSL_CTX_use_PrivateKey(ctx, host.weak.key) == 1);
		SSL_CTX_add1_chain_cert(ctx, host.pki.middle.cert);
	} else if (!s->has_no_cert)
		pki_use(&host.pki, s->cert, ctx);
	return ctx;
}

static bool
give(struct peer *p, const char *bytes, size_t len)
{
	if (p->ssl != NULL)
		return SSL_write(p->ssl, bytes, (int)len) > 0;
	return send(p->fd, bytes, len, 0) == (ssize_t)len;
}

static ssize_t
take(struct peer *p, char *bytes, size_t size)
{
	if (p->ssl != NULL)
		return SSL_read(p->ssl, bytes, (int)size);
	return recv(p->fd, bytes, size, 0);
}

/* One line, added to what was said. */
static bool
hear(struct peer *p)
{
	size_t used = strlen(host.said);
	char c = '\0';

	while (c != '\n' && used + 1 < sizeof(host.said)) {
		if (take(p, &c, 1) != 1)
			return false;
		host.said[used++] = c;
		host.said[used] = '\0';
	}
	return true;
}

static void
tell_reached(void)
{
	uint64_t one = 1;

	if (write(host.reached, &one, sizeof(one)) == -1)
		abort();
}

static void
hang(struct peer *p)
{
	char bytes[4096];

	tell_reached();
	while (recv(p->fd, bytes, sizeof(bytes), 0) > 0)
		;
}

static void
drip(struct peer *p)
{
	static const char text[] = "220-wait\r\n";
	struct pollfd ready = { .fd = p->fd, .events = POLLIN };
	size_t i;

	for (i = 0; poll(&ready, 1, DRIP_MS) == 0; i++)
		if (!give(p, &text[i % (sizeof(text) - 1)], 1))
			break;
}

static void
pour(struct peer *p, const char *piece)
{
	while (give(p, piece, strlen(piece)))
		;
}

static bool
pour_large(struct peer *p)
{
	static const char piece[] = "250-X-0123456789\r\n";
	size_t i;

	for (i = 0; i < 100 * 1024; i += sizeof(piece) - 1)
		if (!give(p, piece, sizeof(piece) - 1))
			return false;
	return give(p, "250 STARTTLS\r\n", 14);
}

/* False: that was the last. */
static bool
say(struct peer *p, const char *reply)
{
	struct linger linger = { 1, 0 };

	if (reply == HANG)
		hang(p);
	else if (reply == RESET)
		setsockopt(
		    p->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
	else if (reply == DRIP)
		drip(p);
	else if (reply == ENDLESS)
		pour(p, "220-and\r\n");
	else if (reply == LINE)
		pour(p, "220 and ");
	else if (reply == LARGE)
		return pour_large(p);
	else if (reply != CLOSE)
		return give(p, reply, strlen(reply));
	return false;
}

static bool
begin_tls(struct peer *p, SSL_CTX *ctx)
{
	const struct script *s = &host.script;
	char bytes[4096];

	if (s->raw != NULL) {
		if (recv(p->fd, bytes, sizeof(bytes), 0) > 0)
			say(p, s->raw);
		return false;
	}
	p->ssl = SSL_new(ctx);
	SSL_set_fd(p->ssl, p->fd);
	if (SSL_accept(p->ssl) != 1)
		return false;
	if (s->is_alert) {
		/* a record that no key fits */
		send(p->fd,
		    "\x17\x03\x03\0\x20"
		    "01234567890123456789012345678901",
		    37, 0);
		hang(p);
		return false;
	}
	return true;
}

static void
serve(struct peer *p, SSL_CTX *ctx)
{
	size_t turn;

	host.said[0] = '\0';
	for (turn = 0; turn < TURNS; turn++) {
		const char *reply = host.script.reply[turn];

		if (reply == NULL)
			reply = usual[turn];
		if (turn == ON_TLS_EHLO && !begin_tls(p, ctx))
			return;
		if (turn != ON_CONNECT && !hear(p))
			return;
		/* It may end early, at any turn. */
		if (strcmp(host.said, "QUIT\r\n") == 0 ||
		    strstr(host.said, "\nQUIT\r\n") != NULL)
			reply = host.script.reply[ON_QUIT] != NULL ?
			    host.script.reply[ON_QUIT] :
			    usual[ON_QUIT];
		if (!say(p, reply))
			return;
		if (turn == ON_STARTTLS && reply[0] != '2')
			turn = ON_TLS_EHLO;
	}
}

static void *
run_host(void *arg)
{
	SSL_CTX *ctx = server_context();
	struct peer p = { 0 };
	char bytes[4096];

	(void)arg;
	while (
	    (p.fd = accept4(host.listener, NULL, NULL, SOCK_CLOEXEC)) != -1) {
		serve(&p, ctx);
		/* No reset over unread bytes: wait until the client goes. */
		if (host.script.raw != RESET) {
			shutdown(p.fd, SHUT_WR);
			tell_reached();
			while (recv(p.fd, bytes, sizeof(bytes), 0) > 0)
				;
		}
		SSL_free(p.ssl);
		p.ssl = NULL;
		close(p.fd);
	}
	SSL_CTX_free(ctx);
	return NULL;
}

/* On a port of its own of 127.0.0.1. */
static void
host_open(const struct script *script)
{
	struct sockaddr_in in = { .sin_family = AF_INET };
	socklen_t len = sizeof(in);

	host.script = *script;
	host.sni[0] = '\0';
	host.said[0] = '\0';
	host.reached = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	host.listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(
	    bind(host.listener, (struct sockaddr *)&in, sizeof(in)), 0);
	assert_int_equal(listen(host.listener, 16), 0);
	getsockname(host.listener, (struct sockaddr *)&in, &len);
	host.port = ntohs(in.sin_port);
	assert_int_equal(pthread_create(&host.thread, NULL, run_host, NULL), 0);
}

/* What was said can be read after it. */
static void
host_close(void)
{
	shutdown(host.listener, SHUT_RDWR);
	pthread_join(host.thread, NULL);
	close(host.listener);
	close(host.reached);
}

/* A leaf with a key too short for any level but 0. */
static struct pki_cert
make_weak(const struct pki *pki)
{
	struct pki_cert weak = { X509_dup(pki->leaf[PKI_GOOD].cert),
		EVP_RSA_gen(768) };

	pki_check(weak.cert != NULL && weak.key != NULL &&
	    X509_set_pubkey(weak.cert, weak.key) == 1 &&
	    X509_sign(weak.cert, pki->middle.key, EVP_sha256()) > 0);
	return weak;
}

#endif
