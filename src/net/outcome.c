/* SPDX-License-Identifier: ISC */
/*
 * libcurl's codes are coarse: 35 is any failed handshake, 28 any time-out, 7
 * also our own lack of descriptors. What our callbacks saw tells them apart.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "net/outcome.h"

/* Of other people's words, enough to act on. */
#define WORDS_MAX 200

static enum sts_reason
judge_connect(const struct outcome_evidence *e, char *detail, size_t size)
{
	if (e->socket_errno != 0) {
		snprintf(detail, size, "socket: %s", strerror(e->socket_errno));
		return STS_REASON_LOCAL;
	}
	if (e->has_proxy) {
		/* The proxy is ours: no domain is to blame for it. */
		snprintf(detail, size, "proxy: %.*s", WORDS_MAX, e->error);
		return STS_REASON_LOCAL;
	}
	if (e->is_refused) {
		snprintf(detail, size, "all addresses refused: %s", e->list);
		return STS_REASON_REFUSED_ADDRESS;
	}
	/* Accepted and reset at once: seen as late as the connect's end. */
	if (e->os_errno == ECONNRESET) {
		snprintf(detail, size, "%s: %s", strerror(ECONNRESET), e->list);
		return STS_REASON_RESET;
	}
	snprintf(detail, size, "%s: %s",
	    e->os_errno != 0 ? strerror((int)e->os_errno) : "no connection",
	    e->list);
	return STS_REASON_CONNECT;
}

static enum sts_reason
judge_timeout(const struct outcome_evidence *e, char *detail, size_t size)
{
	double seconds = (double)e->milliseconds / 1000;

	if (!e->is_connected && e->has_proxy) {
		snprintf(
		    detail, size, "proxy: no connection in %.1f s", seconds);
		return STS_REASON_LOCAL;
	}
	if (!e->is_connected)
		snprintf(detail, size, "no connection in %.1f s: %s", seconds,
		    e->list);
	else if (e->has_proxy && e->proxy_status == 0)
		snprintf(detail, size, "no connection by the proxy in %.1f s",
		    seconds);
	else if (!e->tls->is_established)
		snprintf(detail, size, "no TLS handshake in %.1f s", seconds);
	else if (!e->head->is_complete)
		snprintf(
		    detail, size, "no complete HTTP header in %.1f s", seconds);
	else
		snprintf(detail, size, "%zu bytes of the body in %.1f s",
		    e->body_bytes, seconds);
	return STS_REASON_TIMEOUT;
}

/* The OpenSSL error in libcurl's text ("error:0A000126:..."), or 0. */
static unsigned long
tls_error(const char *text)
{
	const char *p = strstr(text, "error:");

	return p == NULL ? 0 : strtoul(p + strlen("error:"), NULL, 16);
}

static enum sts_reason
judge_handshake(const struct outcome_evidence *e, char *detail, size_t size)
{
	unsigned long error = tls_error(e->error);
	const char *words = ERR_reason_error_string(error);
	int reason = error == 0 ? 0 : ERR_GET_REASON(error);

	if (e->tls->alert_read == TLS1_AD_PROTOCOL_VERSION) {
		snprintf(detail, size, "the server refuses TLS 1.2 and 1.3");
		return STS_REASON_TLS_VERSION;
	}
	if (e->tls->alert_sent == TLS1_AD_PROTOCOL_VERSION ||
	    reason == SSL_R_UNSUPPORTED_PROTOCOL) {
		snprintf(detail, size, "the server's TLS is older than 1.2");
		return STS_REASON_TLS_VERSION;
	}
	if (e->tls->alert_read != 0) {
		snprintf(detail, size, "the server sent alert \"%s\"",
		    SSL_alert_desc_string_long(e->tls->alert_read));
		return STS_REASON_TLS_HANDSHAKE;
	}
	if (e->tls->alert_sent == 0 &&
	    (reason == 0 || reason == SSL_R_UNEXPECTED_EOF_WHILE_READING)) {
		snprintf(detail, size, "connection lost in the TLS handshake");
		return STS_REASON_RESET;
	}
	if (reason == SSL_R_WRONG_VERSION_NUMBER ||
	    reason == SSL_R_HTTP_REQUEST)
		snprintf(detail, size, "the server does not speak TLS");
	else
		snprintf(detail, size, "%.*s", WORDS_MAX,
		    words != NULL ? words : e->error);
	return STS_REASON_TLS_HANDSHAKE;
}

static enum sts_reason
judge_certificate(const struct outcome_evidence *e, char *detail, size_t size)
{
	if (e->tls->reason != STS_REASON_OK) {
		snprintf(detail, size, "%s", e->tls->detail);
		return e->tls->reason;
	}
	/* OpenSSL was content, libcurl's own look at the name was not. */
	snprintf(detail, size, "%.*s", WORDS_MAX, e->error);
	return STS_REASON_TLS_NAME;
}

static enum sts_reason
judge_lost(const struct outcome_evidence *e, char *detail, size_t size)
{
	if (e->proxy_status != 0 && e->proxy_status / 100 != 2) {
		/* 502 to 504: it could not reach the host; 407: ours. */
		snprintf(detail, size, "proxy: status %ld", e->proxy_status);
		return e->proxy_status >= 500 ? STS_REASON_CONNECT :
						STS_REASON_LOCAL;
	}
	if (e->has_proxy && e->proxy_status == 0) {
		snprintf(detail, size, "proxy: %.*s", WORDS_MAX, e->error);
		return STS_REASON_LOCAL;
	}
	if (e->code == CURLE_GOT_NOTHING)
		snprintf(detail, size, "connection closed without an answer");
	else
		snprintf(detail, size, "%.*s", WORDS_MAX, e->error);
	return STS_REASON_RESET;
}

static enum sts_reason
judge_cut_off(const struct outcome_evidence *e, char *detail, size_t size)
{
	if (e->head->is_chunked)
		snprintf(detail, size, "chunked body cut off after %zu bytes",
		    e->body_bytes);
	else
		snprintf(detail, size, "%zu of %ju bytes", e->body_bytes,
		    (uintmax_t)e->head->length);
	return STS_REASON_TRUNCATED;
}

static enum sts_reason
judge_whole(const struct outcome_evidence *e, char *detail, size_t size)
{
	/* A header cut off by the end is good enough for libcurl. */
	if (!e->head->is_complete) {
		snprintf(detail, size, "connection closed in the HTTP header");
		return STS_REASON_TRUNCATED;
	}
	/* Of two Content-Lengths libcurl may have taken the smaller. */
	if (e->head->has_length && !e->head->is_chunked &&
	    e->body_bytes < e->head->length)
		return judge_cut_off(e, detail, size);
	/*
	 * Anyone on the path can send a FIN; only the server can send a
	 * close_notify (RFC 8446 section 6.1). libcurl takes both for the end.
	 */
	if (httphead_is_close_delimited(e->head) && !e->tls->is_closed) {
		snprintf(detail, size,
		    "connection closed without close_notify after %zu bytes",
		    e->body_bytes);
		return STS_REASON_TRUNCATED;
	}
	return STS_REASON_OK;
}

/*
 * One endless header line overflows libcurl's buffer before our callback sees
 * it, and is called "out of memory". What TLS received tells it from that.
 */
static enum sts_reason
judge_memory(const struct outcome_evidence *e, char *detail, size_t size)
{
	if (!e->head->is_complete && e->tls->received > HTTPHEAD_MAX_BYTES) {
		snprintf(
		    detail, size, "header over %d bytes", HTTPHEAD_MAX_BYTES);
		return STS_REASON_HEADER_FLOOD;
	}
	snprintf(detail, size, "libcurl: %.*s", WORDS_MAX, e->error);
	return STS_REASON_LOCAL;
}

static enum sts_reason
judge_code(const struct outcome_evidence *e, char *detail, size_t size)
{
	switch (e->code) {
	case CURLE_OK:
		return judge_whole(e, detail, size);
	case CURLE_COULDNT_CONNECT:
		return judge_connect(e, detail, size);
	case CURLE_OPERATION_TIMEDOUT:
		return judge_timeout(e, detail, size);
	case CURLE_SSL_CONNECT_ERROR:
		return judge_handshake(e, detail, size);
	case CURLE_PEER_FAILED_VERIFICATION:
		return judge_certificate(e, detail, size);
	case CURLE_PARTIAL_FILE:
		return judge_cut_off(e, detail, size);
	case CURLE_OUT_OF_MEMORY:
		return judge_memory(e, detail, size);
	case CURLE_UNSUPPORTED_PROTOCOL: /* HTTP/0.9 */
	case CURLE_WEIRD_SERVER_REPLY:
		snprintf(detail, size, "malformed HTTP answer: %.*s", WORDS_MAX,
		    e->error);
		return STS_REASON_HTTP_STATUS;
	case CURLE_BAD_CONTENT_ENCODING:
		snprintf(detail, size, "%.*s", WORDS_MAX, e->error);
		return STS_REASON_ENCODING;
	case CURLE_FAILED_INIT:
	case CURLE_URL_MALFORMAT:
	case CURLE_NOT_BUILT_IN:
	case CURLE_COULDNT_RESOLVE_PROXY:
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_BAD_FUNCTION_ARGUMENT:
	case CURLE_UNKNOWN_OPTION:
	case CURLE_SSL_CERTPROBLEM:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_PROXY:
		snprintf(detail, size, "libcurl: %.*s", WORDS_MAX, e->error);
		return STS_REASON_LOCAL;
	default:
		/* Whatever else: the connection did not live to the end. */
		return judge_lost(e, detail, size);
	}
}

void
outcome_judge(const struct outcome_evidence *e, struct outcome *out)
{
	if (e->verdict->reason != STS_REASON_OK) {
		*out = *e->verdict;
		return;
	}
	out->detail[0] = '\0';
	out->reason = judge_code(e, out->detail, sizeof(out->detail));
}
