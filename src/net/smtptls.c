/* SPDX-License-Identifier: ISC */
/*
 * The handshake accepts what no mail should be sent over, so that it can be
 * told; the certificate is judged as strictly as OpenSSL does by default.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "base/xmalloc.h"
#include "net/smtptls.h"
#include "net/trust.h"

#define ANY_CIPHER        "DEFAULT:@SECLEVEL=0" /* TLS 1.0 needs level 0 */
#define ERROR_BYTES       128
#define CONNECTION_CLOSED "connection closed"

struct smtptls {
	SSL_CTX *ctx;
	SSL *ssl;
	char *host;
	int auth_level; /* for certificates */
	int verify_error, verify_depth;
	bool is_done; /* the handshake */
	bool is_broken; /* nothing more may be sent */
	char error[ERROR_BYTES];
};

/* The first fault is the cause; what follows is consequence. */
static int
on_verify(int ok, X509_STORE_CTX *ctx)
{
	SSL *ssl = X509_STORE_CTX_get_ex_data(
	    ctx, SSL_get_ex_data_X509_STORE_CTX_idx());
	struct smtptls *t = SSL_get_app_data(ssl);

	if (!ok && t->verify_error == X509_V_OK) {
		t->verify_error = X509_STORE_CTX_get_error(ctx);
		t->verify_depth = X509_STORE_CTX_get_error_depth(ctx);
	}
	return 1;
}

/* OpenSSL has one security level for ciphers and certificates; we need two. */
static int
on_chain(X509_STORE_CTX *ctx, void *arg)
{
	struct smtptls *t = arg;

	X509_VERIFY_PARAM_set_auth_level(
	    X509_STORE_CTX_get0_param(ctx), t->auth_level);
	if (X509_verify_cert(ctx) <= 0 && t->verify_error == X509_V_OK)
		t->verify_error = X509_V_ERR_UNSPECIFIED;
	return 1;
}

struct smtptls *
smtptls_new(int fd, const char *host, X509_STORE *store)
{
	struct smtptls *t = xcalloc(1, sizeof(*t));

	t->host = xstrdup(host);
	t->ctx = SSL_CTX_new(TLS_client_method());
	if (t->ctx != NULL) {
		t->auth_level = SSL_CTX_get_security_level(t->ctx);
		SSL_CTX_set1_cert_store(t->ctx, store);
		SSL_CTX_set_verify(t->ctx, SSL_VERIFY_PEER, on_verify);
		SSL_CTX_set_cert_verify_callback(t->ctx, on_chain, t);
		SSL_CTX_set_mode(t->ctx,
		    SSL_MODE_ENABLE_PARTIAL_WRITE |
			SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
		/* Or a flood of empty messages would hold the loop. */
		SSL_CTX_clear_mode(t->ctx, SSL_MODE_AUTO_RETRY);
		t->ssl = SSL_new(t->ctx);
	}
	if (t->ssl == NULL ||
	    SSL_set_min_proto_version(t->ssl, TLS1_VERSION) != 1 ||
	    SSL_set_max_proto_version(t->ssl, 0) != 1 ||
	    SSL_set_cipher_list(t->ssl, ANY_CIPHER) != 1 ||
	    SSL_set_tlsext_host_name(t->ssl, t->host) != 1 ||
	    SSL_set_fd(t->ssl, fd) != 1) {
		ERR_clear_error();
		smtptls_free(t);
		return NULL;
	}
	SSL_set_app_data(t->ssl, t);
	return t;
}

void
smtptls_free(struct smtptls *t)
{
	if (t == NULL)
		return;
	SSL_free(t->ssl);
	SSL_CTX_free(t->ctx);
	free(t->host);
	free(t);
}

static enum smtptls_io
end(struct smtptls *t, enum smtptls_io io, const char *error)
{
	t->is_broken = true;
	strlcpy(t->error, error, sizeof(t->error));
	ERR_clear_error();
	return io;
}

/* os_error: errno as the call left it. */
static enum smtptls_io
explain(struct smtptls *t, int result, int os_error)
{
	unsigned long code = ERR_peek_error();
	const char *reason;

	switch (SSL_get_error(t->ssl, result)) {
	case SSL_ERROR_WANT_READ:
		return SMTPTLS_WANT_READ;
	case SSL_ERROR_WANT_WRITE:
		return SMTPTLS_WANT_WRITE;
	case SSL_ERROR_ZERO_RETURN:
		return end(t, SMTPTLS_CLOSED, CONNECTION_CLOSED);
	case SSL_ERROR_SYSCALL:
		return end(t, SMTPTLS_CLOSED,
		    os_error != 0 ? strerror(os_error) : CONNECTION_CLOSED);
	default:
		break;
	}
	if (ERR_GET_LIB(code) == ERR_LIB_SSL &&
	    ERR_GET_REASON(code) == SSL_R_UNEXPECTED_EOF_WHILE_READING)
		return end(t, SMTPTLS_CLOSED, CONNECTION_CLOSED);
	reason = ERR_reason_error_string(code);
	return end(t, SMTPTLS_FAILED, reason != NULL ? reason : "TLS error");
}

enum smtptls_io
smtptls_connect(struct smtptls *t)
{
	int result;

	ERR_clear_error();
	errno = 0;
	result = SSL_connect(t->ssl);
	if (result != 1)
		return explain(t, result, errno);
	t->is_done = true;
	return SMTPTLS_OK;
}

enum smtptls_io
smtptls_read(struct smtptls *t, char *bytes, size_t size, size_t *count)
{
	int result;

	ERR_clear_error();
	errno = 0;
	result = SSL_read_ex(t->ssl, bytes, size, count);
	return result == 1 ? SMTPTLS_OK : explain(t, result, errno);
}

enum smtptls_io
smtptls_write(struct smtptls *t, const char *bytes, size_t len, size_t *count)
{
	int result;

	ERR_clear_error();
	errno = 0;
	result = SSL_write_ex(t->ssl, bytes, len, count);
	return result == 1 ? SMTPTLS_OK : explain(t, result, errno);
}

void
smtptls_close(struct smtptls *t)
{
	if (!t->is_done || t->is_broken)
		return;
	ERR_clear_error();
	(void)SSL_shutdown(t->ssl);
	ERR_clear_error();
}

const char *
smtptls_error(const struct smtptls *t)
{
	return t->error;
}

struct smtptls_shown
smtptls_show(const struct smtptls *t)
{
	struct smtptls_shown shown = { .verify_error = t->verify_error,
		.verify_depth = t->verify_depth };

	if (t->is_done)
		shown.version = SSL_get_version(t->ssl);
	shown.chain = SSL_get_peer_cert_chain(t->ssl);
	if (sk_X509_num(shown.chain) < 1)
		shown.chain = NULL;
	else
		shown.is_name_ok =
		    X509_check_host(sk_X509_value(shown.chain, 0), t->host, 0,
			TRUST_HOST_FLAGS, NULL) == 1;
	return shown;
}
