/* SPDX-License-Identifier: ISC */
#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>

#include "base/xmalloc.h"
#include "net/adminclient.h"

#define CONNECT_MS 5000
#define ANSWER_MS  60000
#define MAX_BYTES  ((size_t)64 * 1024 * 1024)
#define WAIT_MS    1000 /* curl's own timers end it sooner */

struct slot {
	CURL *easy; /* kept, and with it the connection */
	struct curl_slist *headers;
	struct buf body;
	size_t max_bytes;
	bool is_busy, is_too_long;
	bool is_head_whole; /* curl takes a head that is cut off for one */
	void *arg;
};

struct adminclient {
	char *address;
	char *path; /* of a unix socket; NULL: it is none */
	char *url; /* without the request's path */
	struct adminclient_limits limits;
	CURLM *multi;
	struct slot slot[ADMINCLIENT_AT_ONCE];
};

static bool
set_address(struct adminclient *c, const char *address)
{
	struct buf url = { 0 };

	if (strncmp(address, "unix:", 5) == 0 && address[5] != '\0') {
		c->path = xstrdup(address + 5);
		buf_puts(&url, "http://localhost");
	} else if (strncmp(address, "inet:", 5) == 0 && address[5] != '\0') {
		buf_printf(&url, "http://%s", address + 5);
	} else if (strncmp(address, "http://", 7) == 0 && address[7] != '\0') {
		buf_puts(&url, address);
		while (url.data[url.len - 1] == '/')
			url.data[--url.len] = '\0';
	} else {
		return false;
	}
	c->url = url.data;
	return true;
}

struct adminclient *
adminclient_new(const char *address, const struct adminclient_limits *limits)
{
	struct adminclient *c = xcalloc(1, sizeof(*c));

	c->address = xstrdup(address);
	if (!set_address(c, address)) {
		adminclient_free(c);
		return NULL;
	}
	if (limits != NULL)
		c->limits = *limits;
	if (c->limits.connect_ms == 0)
		c->limits.connect_ms = CONNECT_MS;
	if (c->limits.answer_ms == 0)
		c->limits.answer_ms = ANSWER_MS;
	if (c->limits.max_bytes == 0)
		c->limits.max_bytes = MAX_BYTES;
	/* Out of memory ends the process there, as everywhere. */
	if (curl_global_init_mem(CURL_GLOBAL_DEFAULT, xmalloc, free, xrealloc,
		xstrdup, xcalloc) != CURLE_OK ||
	    (c->multi = curl_multi_init()) == NULL)
		abort();
	return c;
}

void
adminclient_free(struct adminclient *c)
{
	struct slot *slot;

	if (c == NULL)
		return;
	for (slot = c->slot; slot < c->slot + ADMINCLIENT_AT_ONCE; slot++) {
		if (slot->is_busy)
			(void)curl_multi_remove_handle(c->multi, slot->easy);
		curl_easy_cleanup(slot->easy);
		curl_slist_free_all(slot->headers);
		buf_clear(&slot->body);
	}
	if (c->multi != NULL) {
		(void)curl_multi_cleanup(c->multi);
		curl_global_cleanup();
	}
	free(c->address);
	free(c->path);
	free(c->url);
	free(c);
}

static size_t
on_body(char *data, size_t size, size_t count, void *arg)
{
	struct slot *slot = arg;

	(void)size; /* 1 */
	if (count > slot->max_bytes - slot->body.len) {
		slot->is_too_long = true;
		return 0;
	}
	buf_put(&slot->body, data, count);
	return count;
}

static size_t
on_header(char *line, size_t size, size_t count, void *arg)
{
	struct slot *slot = arg;

	(void)size; /* 1 */
	slot->is_head_whole = count > 0 && (line[0] == '\r' || line[0] == '\n');
	return count;
}

static void
set_header(struct slot *slot, const char *name, const char *value)
{
	struct buf line = { 0 };
	struct curl_slist *list;

	buf_printf(&line, "%s: %s", name, value);
	list = curl_slist_append(slot->headers, line.data);
	buf_clear(&line);
	if (list != NULL)
		slot->headers = list;
}

/* curl copies all strings but the body. */
static void
set_up(struct adminclient *c, struct slot *slot,
    const struct admin_request *request)
{
	struct buf url = { 0 };
	CURL *h = slot->easy;

	curl_easy_reset(h);
	curl_slist_free_all(slot->headers);
	slot->headers = NULL;
	buf_printf(&url, "%s%s", c->url, request->path);
	curl_easy_setopt(h, CURLOPT_URL, url.data);
	buf_clear(&url);
	if (c->path != NULL)
		curl_easy_setopt(h, CURLOPT_UNIX_SOCKET_PATH, c->path);
	curl_easy_setopt(h, CURLOPT_PROTOCOLS_STR, "http");
	curl_easy_setopt(h, CURLOPT_PROXY, "");
	curl_easy_setopt(h, CURLOPT_NOPROXY, "*");
	curl_easy_setopt(h, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(h, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(
	    h, CURLOPT_CONNECTTIMEOUT_MS, (long)c->limits.connect_ms);
	curl_easy_setopt(h, CURLOPT_TIMEOUT_MS, (long)c->limits.answer_ms);
	curl_easy_setopt(h, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(h, CURLOPT_WRITEDATA, slot);
	curl_easy_setopt(h, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(h, CURLOPT_HEADERDATA, slot);
	curl_easy_setopt(h, CURLOPT_PRIVATE, slot);
	if (request->type != NULL) {
		curl_easy_setopt(h, CURLOPT_POSTFIELDSIZE_LARGE,
		    (curl_off_t)request->body_len);
		curl_easy_setopt(h, CURLOPT_POSTFIELDS, request->body);
		set_header(slot, "Content-Type", request->type);
		set_header(slot, "Expect", "");
		curl_easy_setopt(h, CURLOPT_HTTPHEADER, slot->headers);
	}
	curl_easy_setopt(h, CURLOPT_CUSTOMREQUEST, request->method);
}

void
adminclient_start(
    struct adminclient *c, const struct admin_request *request, void *arg)
{
	struct slot *slot = c->slot;

	while (slot->is_busy)
		slot++;
	assert(slot < c->slot + ADMINCLIENT_AT_ONCE);
	if (slot->easy == NULL && (slot->easy = curl_easy_init()) == NULL)
		abort();
	set_up(c, slot, request);
	buf_reset(&slot->body);
	slot->max_bytes = c->limits.max_bytes;
	slot->is_too_long = slot->is_head_whole = false;
	slot->is_busy = true;
	slot->arg = arg;
	if (curl_multi_add_handle(c->multi, slot->easy) != CURLM_OK)
		abort();
}

size_t
adminclient_under_way(const struct adminclient *c)
{
	size_t i, n = 0;

	for (i = 0; i < ADMINCLIENT_AT_ONCE; i++)
		n += c->slot[i].is_busy ? 1 : 0;
	return n;
}

static void
put_unreachable(struct buf *error, const char *address, CURL *easy)
{
	long why = 0;

	(void)curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &why);
	buf_printf(error, "cannot reach the daemon at %s: %s; ", address,
	    why > 0 ? strerror((int)why) : "no connection");
	if (why == EACCES || why == EPERM)
		buf_puts(error, "be root, or a member of the socket's group");
	else
		buf_puts(
		    error, "is it running? (systemctl status postfix-mta-sts)");
}

/* What curl says, in our words. */
static enum admin_outcome
judge(const struct adminclient *c, const struct slot *slot, CURLcode rc,
    struct buf *error)
{
	double connected = 0;

	(void)curl_easy_getinfo(slot->easy, CURLINFO_CONNECT_TIME, &connected);
	if (slot->is_too_long) {
		buf_printf(error, "the answer of %s is over %zu bytes",
		    c->address, slot->max_bytes);
		return ADMIN_BROKEN;
	}
	switch ((int)rc) {
	case CURLE_OPERATION_TIMEDOUT:
		if (connected > 0 || slot->body.len > 0) {
			buf_printf(error,
			    "the daemon at %s did not answer within %d ms",
			    c->address, c->limits.answer_ms);
			return ADMIN_BROKEN;
		}
		break;
	case CURLE_COULDNT_CONNECT:
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_URL_MALFORMAT:
		break;
	case CURLE_GOT_NOTHING:
	case CURLE_PARTIAL_FILE:
	case CURLE_RECV_ERROR:
	case CURLE_SEND_ERROR:
		buf_printf(error,
		    "the daemon at %s broke off before its answer was whole",
		    c->address);
		return ADMIN_BROKEN;
	default:
		buf_printf(error,
		    "what answers at %s is not the daemon's admin_listen (%s)",
		    c->address, curl_easy_strerror(rc));
		return ADMIN_BROKEN;
	}
	put_unreachable(error, c->address, slot->easy);
	return ADMIN_UNREACHABLE;
}

static struct slot *
wait_for_one(struct adminclient *c, CURLcode *rc)
{
	CURLMsg *message;
	char *slot = NULL;
	int running, left;

	for (;;) {
		if (curl_multi_perform(c->multi, &running) != CURLM_OK)
			abort();
		message = curl_multi_info_read(c->multi, &left);
		if (message != NULL && message->msg == CURLMSG_DONE)
			break;
		if (curl_multi_poll(c->multi, NULL, 0, WAIT_MS, NULL) !=
		    CURLM_OK)
			abort();
	}
	*rc = message->data.result;
	(void)curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &slot);
	return (struct slot *)(void *)slot;
}

void *
adminclient_next(struct adminclient *c, struct admin_reply *reply)
{
	struct slot *slot;
	struct buf body;
	CURLcode rc;

	assert(adminclient_under_way(c) > 0);
	slot = wait_for_one(c, &rc);
	buf_reset(&reply->error);
	reply->status = 0;
	(void)curl_easy_getinfo(
	    slot->easy, CURLINFO_RESPONSE_CODE, &reply->status);
	if (rc == CURLE_OK && !slot->is_head_whole)
		rc = CURLE_PARTIAL_FILE;
	if (rc == CURLE_OK)
		reply->outcome = reply->status >= 200 && reply->status < 300 ?
		    ADMIN_OK :
		    ADMIN_REFUSED;
	else
		reply->outcome = judge(c, slot, rc, &reply->error);
	(void)curl_multi_remove_handle(c->multi, slot->easy);
	body = reply->body;
	reply->body = slot->body;
	slot->body = body;
	slot->is_busy = false;
	return slot->arg;
}
