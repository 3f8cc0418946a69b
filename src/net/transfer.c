/* SPDX-License-Identifier: ISC */
/*
 * The handle's options, and the callbacks that watch what comes. Whatever
 * they see is evidence for net/outcome; they decide only when to stop. When
 * somebody watches they go on for as long as there is more to be seen.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <arpa/inet.h>
#include <sys/socket.h>

#include <curl/curl.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/xmalloc.h"
#include "net/address.h"
#include "net/multi.h"
#include "net/transfer.h"

/* A peer slower than this for this long is hanging. */
#define LOW_SPEED_BYTES_PER_S 100L
#define LOW_SPEED_S           20L

struct transfer_pool {
	struct multi *multi;
	const struct config *config;
	const struct trust *trust;
};

struct transfer {
	struct transfer_pool *pool;
	CURL *easy;
	struct curl_slist *resolve, *connect_to;
	char *host, *list;
	enum transfer_kind kind;
	struct fetchseen *seen; /* NULL: nobody watches */
	bool is_enough; /* stopped, and nothing is wrong with that */
	bool has_proxy;
	struct httphead head;
	struct trust_check tls;
	struct buf body;
	struct outcome verdict; /* what a callback stopped it for */
	int socket_errno;
	bool is_refused;
	int64_t started_ms;
	char error[CURL_ERROR_SIZE];
	transfer_cb *cb;
	void *arg;
};

static void
transfer_free(struct transfer *t)
{
	curl_easy_cleanup(t->easy);
	curl_slist_free_all(t->resolve);
	curl_slist_free_all(t->connect_to);
	buf_clear(&t->body);
	fetchseen_free(t->seen);
	free(t->host);
	free(t->list);
	free(t);
}

void
transfer_cancel(struct transfer *t)
{
	if (t == NULL)
		return;
	multi_remove(t->pool->multi, t->easy);
	transfer_free(t);
}

/* As the daemon would refuse it, though we went on. */
static void
judge(struct transfer *t, const struct outcome_evidence *e, struct outcome *out)
{
	if (t->kind == TRANSFER_OLD_TLS && t->tls.is_established)
		*out = (struct outcome){ 0 };
	else if (t->seen != NULL && t->tls.reason != STS_REASON_OK) {
		out->reason = t->tls.reason;
		strlcpy(out->detail, t->tls.detail, sizeof(out->detail));
	} else if (t->is_enough)
		*out = t->verdict;
	else
		outcome_judge(e, out);
}

static struct fetchseen *
take_seen(struct transfer *t, const char *ip)
{
	struct fetchseen *seen = t->seen;

	if (seen == NULL)
		return NULL;
	t->seen = NULL;
	if (ip != NULL && ip[0] != '\0')
		strlcpy(seen->address, ip, sizeof(seen->address));
	seen->has_length = !httphead_is_close_delimited(&t->head);
	seen->is_closed = t->tls.is_closed;
	seen->body = t->body;
	t->body = (struct buf){ 0 };
	return seen;
}

static void
on_done(CURL *easy, CURLcode code, void *private)
{
	struct transfer *t = private;
	struct transfer_result result = { .http_status = t->head.status };
	struct outcome_evidence e = { .code = code };
	char *ip = NULL;
	transfer_cb *cb = t->cb;
	void *arg = t->arg;

	curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &e.os_errno);
	curl_easy_getinfo(easy, CURLINFO_PRIMARY_IP, &ip);
	curl_easy_getinfo(easy, CURLINFO_HTTP_CONNECTCODE, &e.proxy_status);
	e.error = t->error[0] != '\0' ? t->error : curl_easy_strerror(code);
	e.list = t->list;
	e.socket_errno = t->socket_errno;
	/* CONNECT_TIME is 0 until TLS has begun to answer. */
	e.is_connected = ip != NULL && ip[0] != '\0';
	result.is_connected = e.is_connected;
	e.is_refused = t->is_refused;
	e.has_proxy = t->has_proxy;
	e.milliseconds = (long)(clock_ms() - t->started_ms);
	e.body_bytes = t->body.len;
	e.head = &t->head;
	e.tls = &t->tls;
	e.verdict = &t->verdict;
	judge(t, &e, &result.outcome);
	if (result.outcome.reason == STS_REASON_OK) {
		result.body_len = t->body.len;
		result.body = xmemdup(buf_str(&t->body), t->body.len);
	}
	result.seen = take_seen(t, ip);
	transfer_free(t);
	cb(&result, arg);
}

static void
note_address(struct fetchseen *seen, const struct sockaddr *sa)
{
	const void *in =
	    &((const struct sockaddr_in *)(const void *)sa)->sin_addr;
	const void *in6 =
	    &((const struct sockaddr_in6 *)(const void *)sa)->sin6_addr;

	inet_ntop(sa->sa_family, sa->sa_family == AF_INET ? in : in6,
	    seen->address, sizeof(seen->address));
}

/*
 * The addresses were judged before they got here; this is the last line, in
 * case libcurl ever finds one by itself. A proxy's address is the admin's own
 * word, and with a proxy it is the proxy that connects: which addresses it
 * refuses is its own business.
 */
static curl_socket_t
on_open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *address)
{
	struct transfer *t = arg;
	int fd;

	if (purpose != CURLSOCKTYPE_IPCXN ||
	    (!t->has_proxy &&
		!address_is_allowed(
		    &address->addr, &t->pool->config->allow_networks))) {
		t->is_refused = true;
		return CURL_SOCKET_BAD;
	}
	if (t->seen != NULL && !t->has_proxy)
		note_address(t->seen, &address->addr);
	fd = socket(address->family,
	    address->socktype | SOCK_NONBLOCK | SOCK_CLOEXEC,
	    address->protocol);
	if (fd == -1 &&
	    (errno == EMFILE || errno == ENFILE || errno == ENOBUFS ||
		errno == ENOMEM))
		t->socket_errno = errno;
	return fd == -1 ? CURL_SOCKET_BAD : fd;
}

static CURLcode
on_ssl_ctx(CURL *easy, void *ctx, void *arg)
{
	struct transfer *t = arg;

	(void)easy;
	if (trust_attach(t->pool->trust, ctx, t->host, &t->tls) == -1)
		return CURLE_OUT_OF_MEMORY;
	if (t->kind == TRANSFER_OLD_TLS) {
		/* OpenSSL itself thinks nothing of them any more. */
		SSL_CTX_set_security_level(ctx, 0);
		if (SSL_CTX_set_cipher_list(ctx, "ALL:@SECLEVEL=0") != 1 ||
		    SSL_CTX_set_min_proto_version(ctx, TLS1_VERSION) != 1 ||
		    SSL_CTX_set_max_proto_version(ctx, TLS1_1_VERSION) != 1)
			return CURLE_NOT_BUILT_IN;
	}
	return CURLE_OK;
}

/* Stops the transfer: what is returned to libcurl is a failure. */
static size_t
stop(struct transfer *t, enum sts_reason reason, const char *detail)
{
	if (t->verdict.reason == STS_REASON_OK) {
		t->verdict.reason = reason;
		strlcpy(t->verdict.detail, detail, sizeof(t->verdict.detail));
	}
	return 0;
}

/* Interim answers are forgotten, trailers are not kept. */
static void
note_header(struct transfer *t, const char *line, size_t len)
{
	if (t->seen == NULL || t->head.is_complete)
		return;
	if (len >= 5 && memcmp(line, "HTTP/", 5) == 0)
		buf_reset(&t->seen->head);
	buf_put(&t->seen->head, line, len);
}

static size_t
on_header(char *line, size_t size, size_t count, void *arg)
{
	struct transfer *t = arg;
	size_t len = size * count;
	bool was_complete = t->head.is_complete;
	char detail[OUTCOME_DETAIL_BYTES];
	enum sts_reason reason;

	note_header(t, line, len);
	if (!httphead_take(&t->head, line, len)) {
		snprintf(detail, sizeof(detail), "header over %d bytes",
		    HTTPHEAD_MAX_BYTES);
		return stop(t, STS_REASON_HEADER_FLOOD, detail);
	}
	if (t->head.is_complete && !was_complete) {
		reason = httphead_judge(
		    &t->head, TRANSFER_BODY_MAX_BYTES, detail, sizeof(detail));
		if (reason != STS_REASON_OK)
			stop(t, reason, detail);
		t->is_enough = t->kind == TRANSFER_HTTP;
		if (t->is_enough ||
		    (reason != STS_REASON_OK && t->seen == NULL))
			return 0;
	}
	return len;
}

static size_t
on_body(char *bytes, size_t size, size_t count, void *arg)
{
	struct transfer *t = arg;
	size_t len = size * count;
	size_t room = FETCHSEEN_BODY_MAX_BYTES - t->body.len;
	char detail[OUTCOME_DETAIL_BYTES];

	if (t->body.len + len > TRANSFER_BODY_MAX_BYTES) {
		snprintf(detail, sizeof(detail), "body over %d bytes",
		    TRANSFER_BODY_MAX_BYTES);
		stop(t, STS_REASON_TOO_LARGE, detail);
		if (t->seen == NULL)
			return 0;
		t->seen->is_body_cut = len > room;
		if (len > room) {
			buf_put(&t->body, bytes, room);
			return 0;
		}
	}
	buf_put(&t->body, bytes, len);
	return len;
}

/* The first failure wins; an option that libcurl lacks is a failure too. */
#define SET(option, value)                                     \
	do {                                                   \
		if (code == CURLE_OK)                          \
			code = curl_easy_setopt(               \
			    t->easy, CURLOPT_##option, value); \
	} while (0)

static CURLcode
set_http(struct transfer *t, const char *path)
{
	const char *scheme = t->kind == TRANSFER_HTTP ? "http" : "https";
	char url[512];
	CURLcode code = CURLE_OK;

	snprintf(url, sizeof(url), "%s://%s%s", scheme, t->host, path);
	SET(URL, url);
	SET(PROTOCOLS_STR, scheme);
	SET(CONNECT_ONLY, t->kind == TRANSFER_OLD_TLS ? 1L : 0L);
	SET(FOLLOWLOCATION, 0L);
	SET(MAXREDIRS, 0L);
	SET(HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	SET(HTTP09_ALLOWED, 0L);
	SET(NETRC, (long)CURL_NETRC_IGNORED);
	SET(USERAGENT, "postfix-mta-sts/" VERSION);
	SET(FRESH_CONNECT, 1L);
	SET(FORBID_REUSE, 1L);
	SET(HEADERFUNCTION, on_header);
	SET(HEADERDATA, t);
	SET(SUPPRESS_CONNECT_HEADERS, 1L);
	SET(WRITEFUNCTION, on_body);
	SET(WRITEDATA, t);
	SET(ERRORBUFFER, t->error);
	SET(PRIVATE, t);
	return code;
}

static CURLcode
set_tls(struct transfer *t)
{
	CURLcode code = CURLE_OK;

	SET(SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	SET(SSL_VERIFYPEER, 1L);
	/* Once more by libcurl, which cannot but end the connection. */
	SET(SSL_VERIFYHOST, t->seen == NULL ? 2L : 0L);
	SET(SSL_SESSIONID_CACHE, 0L);
	/* A cached store would be put back over ours after the callback. */
	SET(CAINFO, NULL);
	SET(CAPATH, NULL);
	SET(CA_CACHE_TIMEOUT, 0L);
	SET(SSL_CTX_FUNCTION, on_ssl_ctx);
	SET(SSL_CTX_DATA, t);
	return code;
}

/* CURLOPT_RESOLVE: '+' lets the entry expire instead of staying for ever. */
static bool
set_addresses(struct transfer *t, const struct transfer_request *request)
{
	char text[1536];
	long port = request->port, usual = t->kind == TRANSFER_HTTP ? 80 : 443;
	const struct proxy *proxy = request->proxy;

	snprintf(text, sizeof(text), "+%s:%ld:%s",
	    proxy != NULL ? proxy->host : t->host,
	    proxy != NULL ? proxy->port : port, t->list);
	if (proxy == NULL || !proxy->is_address) {
		t->resolve = curl_slist_append(NULL, text);
		if (t->resolve == NULL)
			return false;
	}
	/* URL, Host, SNI and certificate stay those of the usual port. */
	if (port != usual) {
		snprintf(text, sizeof(text), "%s:%ld:%s:%ld", t->host, usual,
		    t->host, port);
		t->connect_to = curl_slist_append(NULL, text);
		if (t->connect_to == NULL)
			return false;
	}
	return true;
}

/* "[2001:db8::1],192.0.2.1" */
static bool
has_both_families(const char *list)
{
	return strchr(list, '[') != NULL && strchr(list, '.') != NULL;
}

static CURLcode
set_network(struct transfer *t, const struct transfer_request *request)
{
	const struct proxy *proxy = request->proxy;
	CURLcode code = CURLE_OK;

	if (!set_addresses(t, request))
		return CURLE_OUT_OF_MEMORY;
	SET(RESOLVE, t->resolve);
	SET(CONNECT_TO, t->connect_to);
	SET(OPENSOCKETFUNCTION, on_open_socket);
	SET(OPENSOCKETDATA, t);
	SET(PROXY, proxy != NULL ? proxy->url : "");
	SET(PROXYTYPE, (long)CURLPROXY_HTTP);
	SET(NOPROXY, proxy != NULL ? "" : "*");
	SET(HTTPPROXYTUNNEL, 1L);
	if (proxy != NULL)
		SET(PROXYPORT, (long)proxy->port);
	SET(NOSIGNAL, 1L);
	SET(TIMEOUT_MS, (long)request->timeout_ms);
	SET(CONNECTTIMEOUT_MS,
	    (long)t->pool->config->fetch_connect_timeout * 1000);
	/* It is a timer even where there is no second family to turn to. */
	if (!has_both_families(t->list))
		SET(HAPPY_EYEBALLS_TIMEOUT_MS, (long)request->timeout_ms);
	SET(LOW_SPEED_LIMIT, LOW_SPEED_BYTES_PER_S);
	SET(LOW_SPEED_TIME, LOW_SPEED_S);
	return code;
}

struct transfer *
transfer_start(struct transfer_pool *pool,
    const struct transfer_request *request, transfer_cb *cb, void *arg)
{
	struct transfer *t = xcalloc(1, sizeof(*t));

	t->pool = pool;
	t->host = xstrdup(request->host);
	t->list = xstrdup(request->list);
	t->kind = request->kind;
	if (request->is_watched)
		t->seen = fetchseen_new();
	t->tls.seen = t->seen != NULL ? &t->seen->tls : NULL;
	t->has_proxy = request->proxy != NULL;
	t->started_ms = clock_ms();
	t->cb = cb;
	t->arg = arg;
	t->easy = curl_easy_init();
	if (t->easy == NULL || set_http(t, request->path) != CURLE_OK ||
	    set_tls(t) != CURLE_OK || set_network(t, request) != CURLE_OK ||
	    !multi_add(pool->multi, t->easy)) {
		transfer_free(t);
		return NULL;
	}
	return t;
}

struct transfer_pool *
transfer_pool_new(
    struct loop *loop, const struct config *config, const struct trust *trust)
{
	struct multi *multi = multi_new(loop, on_done);
	struct transfer_pool *pool;

	if (multi == NULL)
		return NULL;
	pool = xcalloc(1, sizeof(*pool));
	pool->multi = multi;
	pool->config = config;
	pool->trust = trust;
	return pool;
}

void
transfer_pool_free(struct transfer_pool *pool)
{
	if (pool == NULL)
		return;
	multi_free(pool->multi);
	free(pool);
}
