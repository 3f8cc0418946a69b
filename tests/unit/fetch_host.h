/* SPDX-License-Identifier: ISC */
/*
 * A policy host in a thread of its own that follows a script, one connection
 * after the other.
 */
#ifndef FETCH_HOST_H
#define FETCH_HOST_H

#include <arpa/inet.h>
#include <netinet/in.h>
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

enum stage {
	AT_ANSWER, /* when all of the answer was sent */
	AT_ACCEPT,
	AT_HELLO, /* the first bytes were read */
	AT_REQUEST /* the request was read */
};

enum ending {
	WITH_CLOSE_NOTIFY,
	WITH_FIN,
	WITH_RESET,
	WITH_HANG /* until the client goes */
};

enum tls {
	TLS_ANY,
	TLS_12,
	TLS_13,
	TLS_11,
	TLS_NO_CERTIFICATE
};

struct script {
	enum pki_kind cert;
	enum tls tls;
	enum stage stage; /* how far it goes */
	enum ending ending; /* and what then */
	const char *raw; /* bytes in place of TLS */
	size_t raw_len;
	const char *answer;
	const char *repeat; /* again and again after it */
	const char *connect; /* as a proxy: answer to CONNECT */
};

static struct {
	struct pki pki;
	struct script script;
	char request[4096]; /* the last one read */
	char sni[300];
	int listener;
	int reached; /* eventfd: the script has come to its end */
	uint16_t port;
	pthread_t thread;
} host;

static void
end(int fd, SSL *ssl)
{
	struct linger linger = { 1, 0 };
	char bytes[4096];
	uint64_t one = 1;

	if (write(host.reached, &one, sizeof(one)) == -1)
		abort();
	switch (host.script.ending) {
	case WITH_CLOSE_NOTIFY:
		if (ssl != NULL)
			SSL_shutdown(ssl);
		break;
	case WITH_FIN:
		break;
	case WITH_RESET:
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
		return;
	case WITH_HANG:
		while (recv(fd, bytes, sizeof(bytes), 0) > 0)
			;
		return;
	}
	/* No reset over unread bytes: wait until the client has gone. */
	shutdown(fd, SHUT_WR);
	while (recv(fd, bytes, sizeof(bytes), 0) > 0)
		;
}

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
	int version = 0;

	switch (host.script.tls) {
	case TLS_ANY:
	case TLS_NO_CERTIFICATE:
		break;
	case TLS_11:
		version = TLS1_1_VERSION;
		break;
	case TLS_12:
		version = TLS1_2_VERSION;
		break;
	case TLS_13:
		version = TLS1_3_VERSION;
		break;
	}
	SSL_CTX_set_min_proto_version(ctx, version);
	SSL_CTX_set_max_proto_version(ctx, version);
	SSL_CTX_set_cipher_list(ctx, "ALL:@SECLEVEL=0");
	SSL_CTX_set_tlsext_servername_callback(ctx, on_sni);
	if (host.script.tls != TLS_NO_CERTIFICATE)
		pki_use(&host.pki, host.script.cert, ctx);
	return ctx;
}

/* Up to the blank line; from ssl, or from fd when there is none. */
static bool
read_request(int fd, SSL *ssl, char *text, size_t size)
{
	size_t used = 0;

	text[0] = '\0';
	while (used + 1 < size && strstr(text, "\r\n\r\n") == NULL) {
		ssize_t n = ssl != NULL ? SSL_read(ssl, text + used, 1) :
					  recv(fd, text + used, 1, 0);

		if (n <= 0)
			return false;
		used += (size_t)n;
		text[used] = '\0';
	}
	return true;
}

static void
answer(int fd, SSL *ssl)
{
	const struct script *s = &host.script;

	if (SSL_accept(ssl) != 1 ||
	    !read_request(fd, ssl, host.request, sizeof(host.request)))
		return;
	if (s->stage == AT_REQUEST) {
		end(fd, ssl);
		return;
	}
	if (s->answer != NULL)
		SSL_write(ssl, s->answer, (int)strlen(s->answer));
	while (s->repeat != NULL &&
	    SSL_write(ssl, s->repeat, (int)strlen(s->repeat)) > 0)
		;
	end(fd, ssl);
}

static void
serve(int fd, SSL_CTX *ctx)
{
	const struct script *s = &host.script;
	char bytes[4096];
	SSL *ssl;

	if (s->stage == AT_ACCEPT) {
		end(fd, NULL);
		return;
	}
	if (s->connect != NULL) {
		if (!read_request(fd, NULL, bytes, sizeof(bytes)))
			return;
		send(fd, s->connect, strlen(s->connect), 0);
		if (strstr(s->connect, " 200 ") == NULL) {
			end(fd, NULL);
			return;
		}
	}
	if (s->stage == AT_HELLO || s->raw != NULL) {
		if (recv(fd, bytes, sizeof(bytes), 0) > 0 && s->raw != NULL)
			send(fd, s->raw, s->raw_len, 0);
		end(fd, NULL);
		return;
	}
	ssl = SSL_new(ctx);
	SSL_set_fd(ssl, fd);
	answer(fd, ssl);
	SSL_free(ssl);
}

static void *
run_server(void *arg)
{
	SSL_CTX *ctx = server_context();
	int fd;

	(void)arg;
	while ((fd = accept4(host.listener, NULL, NULL, SOCK_CLOEXEC)) != -1) {
		serve(fd, ctx);
		close(fd);
	}
	SSL_CTX_free(ctx);
	return NULL;
}

static int
bind_port(const char *address, uint16_t port)
{
	struct sockaddr_in in = { .sin_family = AF_INET };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;

	assert_int_equal(inet_pton(AF_INET, address, &in.sin_addr), 1);
	in.sin_port = htons(port);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	assert_int_equal(bind(fd, (struct sockaddr *)&in, sizeof(in)), 0);
	return fd;
}

/* On a port of its own of 127.0.0.1. */
static void
host_open(const struct script *script)
{
	struct sockaddr_in in;
	socklen_t len = sizeof(in);

	host.script = *script;
	host.reached = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	host.listener = bind_port("127.0.0.1", 0);
	assert_int_equal(listen(host.listener, 16), 0);
	getsockname(host.listener, (struct sockaddr *)&in, &len);
	host.port = ntohs(in.sin_port);
	assert_int_equal(
	    pthread_create(&host.thread, NULL, run_server, NULL), 0);
}

static void
host_close(void)
{
	shutdown(host.listener, SHUT_RDWR);
	pthread_join(host.thread, NULL);
	close(host.listener);
	close(host.reached);
}

#endif
