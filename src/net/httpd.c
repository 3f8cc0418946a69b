/* SPDX-License-Identifier: ISC */
/*
 * evhttp has no cap on connections, its time-out begins anew with every byte,
 * and it tells nobody of a connection before a request is whole. But it lets
 * us make a connection's bufferevent, and has made itself known to that by the
 * next turn of the loop: from then on it says when the connection closes.
 */
#include <sys/socket.h>

#include <assert.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/http.h>
#include <event2/listener.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/loopevent.h"
#include "base/xmalloc.h"
#include "net/httpd.h"
#include "net/httphost.h"
#include "net/httptarget.h"
#include "net/httpreason.h"

#define REST_MS   100 /* when nobody can be accepted */
#define CROWD_MS  100 /* between looks for who makes room */
#define TIMEOUT_S 60 /* evhttp's own, behind ours */
/*
 * It holds a body whole before that is the request's, and what follows a
 * request until the reply is taken: a connection holds twice that at most.
 */
#define INPUT_MAX_BYTES ((size_t)HTTPD_BODY_MAX_BYTES + HTTPD_HEAD_MAX_BYTES)
#define METHODS                                                                \
	(EVHTTP_REQ_GET | EVHTTP_REQ_POST | EVHTTP_REQ_HEAD | EVHTTP_REQ_PUT | \
	    EVHTTP_REQ_DELETE | EVHTTP_REQ_OPTIONS | EVHTTP_REQ_TRACE |        \
	    EVHTTP_REQ_CONNECT | EVHTTP_REQ_PATCH)

struct httpd_connection {
	LIST_ENTRY(httpd_connection) entry;
	struct httpd *httpd;
	struct bufferevent *bev; /* evhttp's to free */
	struct loop_defer *meeting; /* with evhttp's side; NULL: it was */
	struct loop_timer *deadline;
	int64_t since; /* of clock_ms(): what it does now */
	bool is_taking; /* the reply; else it has yet to ask */
	struct httpd_exchange *exchange; /* not replied to yet, or NULL */
};

struct httpd_exchange {
	struct httpd_connection *connection; /* NULL: the client is gone */
	struct evhttp_request *request;
	enum httpd_method method;
	struct httptarget *target;
};

struct httpd {
	struct loop *loop;
	struct evhttp *http;
	struct evconnlistener *listener;
	struct httphost *hosts; /* NULL: any will do */
	httpd_cb *cb;
	void *arg;
	LIST_HEAD(, httpd_connection) connections;
	size_t count;
	struct loop_timer *rest, *crowd;
	bool is_ending;
};

/* Its time is over: evhttp sees the end of the stream, and closes. */
static void
on_deadline(void *arg)
{
	struct httpd_connection *c = arg;

	(void)shutdown(bufferevent_getfd(c->bev), SHUT_RDWR);
}

/* No place is left, and somebody stands before the door. */
static bool
is_crowded(const struct httpd *h)
{
	struct pollfd door = { .events = POLLIN };

	door.fd = evconnlistener_get_fd(h->listener);
	return h->count >= HTTPD_CONNECTIONS_MAX && poll(&door, 1, 0) == 1;
}

/* Who keeps a place that others wait for, and has had time enough, goes. */
static void
on_crowd(void *arg)
{
	struct httpd *h = arg;
	struct httpd_connection *c;
	int64_t now = clock_ms();

	if (is_crowded(h)) {
		LIST_FOREACH(c, &h->connections, entry)
		{
			if (c->exchange == NULL &&
			    now - c->since >= (c->is_taking ?
						      HTTPD_CROWD_SEND_MS :
						      HTTPD_CROWD_RECEIVE_MS))
				on_deadline(c);
		}
	}
	if (h->count >= HTTPD_CONNECTIONS_MAX)
		loop_timer_set(h->crowd, CROWD_MS);
}

static void
on_rested(void *arg)
{
	struct httpd *h = arg;

	if (h->count < HTTPD_CONNECTIONS_MAX)
		evconnlistener_enable(h->listener);
}

/* No descriptor, no memory: not at once again. */
static void
on_accept_failed(struct evconnlistener *listener, void *arg)
{
	struct httpd *h = arg;

	evconnlistener_disable(listener);
	loop_timer_set(h->rest, REST_MS);
}

/* The connection closes. */
static void
connection_free(struct httpd_connection *c)
{
	LIST_REMOVE(c, entry);
	c->httpd->count--;
	if (c->exchange != NULL)
		c->exchange->connection = NULL;
	loop_defer_cancel(c->meeting);
	loop_timer_free(c->deadline);
	free(c);
}

static void
on_closed(struct evhttp_connection *evcon, void *arg)
{
	struct httpd_connection *c = arg;
	struct httpd *h = c->httpd;

	(void)evcon;
	connection_free(c);
	/* Its descriptor is closed a turn later: only then there is room. */
	if (!h->is_ending && !loop_timer_is_set(h->rest))
		loop_timer_set(h->rest, 0);
}

/* evhttp's connection is what the bufferevent calls back with. */
static void
on_meeting(void *arg)
{
	struct httpd_connection *c = arg;
	void *evcon = NULL;

	c->meeting = NULL;
	bufferevent_getcb(c->bev, NULL, NULL, NULL, &evcon);
	assert(evcon != NULL);
	evhttp_connection_set_closecb(evcon, on_closed, c);
}

static void
expect_request(struct httpd_connection *c)
{
	c->is_taking = false;
	c->since = clock_ms();
	loop_timer_set(c->deadline, HTTPD_RECEIVE_MS);
}

/* A connection is accepted: what shall it be read and written by? */
static struct bufferevent *
on_accepted(struct event_base *base, void *arg)
{
	struct httpd_connection *c = xcalloc(1, sizeof(*c));
	struct httpd *h = arg;

	c->bev = bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE);
	if (c->bev == NULL)
		abort(); /* out of memory, as in xmalloc() */
	bufferevent_setwatermark(c->bev, EV_READ, 0, INPUT_MAX_BYTES);
	c->httpd = h;
	c->meeting = loop_defer(h->loop, LOOP_NORMAL, on_meeting, c);
	c->deadline = loop_timer_new(h->loop, on_deadline, c);
	expect_request(c);
	LIST_INSERT_HEAD(&h->connections, c, entry);
	if (++h->count >= HTTPD_CONNECTIONS_MAX) {
		evconnlistener_disable(h->listener);
		loop_timer_set(h->crowd, CROWD_MS);
	}
	return c->bev;
}

static struct httpd_connection *
find_connection(struct httpd *h, struct evhttp_request *request)
{
	struct bufferevent *bev = evhttp_connection_get_bufferevent(
	    evhttp_request_get_connection(request));
	struct httpd_connection *c;

	LIST_FOREACH(c, &h->connections, entry)
	{
		if (c->bev == bev)
			break;
	}
	assert(c != NULL);
	return c;
}

/* The client has taken the reply, all of it: now the next request. */
static void
on_replied(struct evhttp_request *request, void *arg)
{
	(void)request;
	expect_request(arg);
}

static enum httpd_method
method_of(const struct evhttp_request *request)
{
	switch (evhttp_request_get_command(request)) {
	case EVHTTP_REQ_GET:
		return HTTPD_GET;
	case EVHTTP_REQ_HEAD:
		return HTTPD_HEAD;
	case EVHTTP_REQ_POST:
		return HTTPD_POST;
	case EVHTTP_REQ_PUT:
		return HTTPD_PUT;
	case EVHTTP_REQ_DELETE:
		return HTTPD_DELETE;
	case EVHTTP_REQ_OPTIONS:
	case EVHTTP_REQ_TRACE:
	case EVHTTP_REQ_CONNECT:
	case EVHTTP_REQ_PATCH:
		break;
	}
	return HTTPD_OTHER;
}

static struct httpd_exchange *
exchange_new(struct httpd_connection *c, struct evhttp_request *request)
{
	const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(request);
	struct httpd_exchange *ex = xcalloc(1, sizeof(*ex));

	c->exchange = ex;
	ex->connection = c;
	ex->request = request;
	ex->method = method_of(request);
	ex->target =
	    httptarget_new(evhttp_uri_get_path(uri), evhttp_uri_get_query(uri));
	return ex;
}

/* Does the request mean us? In its target the name may stand too. */
static bool
is_for_us(const struct httpd *h, struct evhttp_request *request)
{
	const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(request);
	const char *target = evhttp_uri_get_host(uri);

	if (h->hosts == NULL)
		return true;
	return httphost_is_ours(h->hosts,
		   evhttp_find_header(
		       evhttp_request_get_input_headers(request), "Host")) &&
	    (target == NULL || httphost_is_ours(h->hosts, target));
}

static void
on_request(struct evhttp_request *request, void *arg)
{
	static const char misdirected[] =
	    "{\"error\":\"the Host header names no address of this machine: "
	    "use an IP address, localhost or the host's name\"}\n";
	struct httpd *h = arg;
	struct httpd_connection *c = find_connection(h, request);
	struct httpd_exchange *ex = exchange_new(c, request);

	loop_timer_stop(c->deadline);
	evhttp_request_set_on_complete_cb(request, on_replied, c);
	loop_event_begin(h->loop);
	if (is_for_us(h, request))
		h->cb(ex, h->arg);
	else
		httpd_reply(ex,
		    &(struct httpd_reply){ 421, "application/json", misdirected,
			sizeof(misdirected) - 1 });
	loop_event_end(h->loop);
}

struct httpd *
httpd_new(struct loop *loop, int fd, bool has_hosts, httpd_cb *cb, void *arg)
{
	struct httpd *h = xcalloc(1, sizeof(*h));
	struct event_base *base = loop_event_base(loop);

	h->loop = loop;
	h->cb = cb;
	h->arg = arg;
	LIST_INIT(&h->connections);
	h->rest = loop_timer_new(loop, on_rested, h);
	h->crowd = loop_timer_new(loop, on_crowd, h);
	h->http = evhttp_new(base);
	if (h->http != NULL)
		h->listener = evconnlistener_new(base, NULL, NULL,
		    LEV_OPT_CLOSE_ON_EXEC | LEV_OPT_DISABLED, 0, fd);
	if (h->listener == NULL ||
	    evhttp_bind_listener(h->http, h->listener) == NULL) {
		log_error("admin", "libevent has no memory for a listener");
		if (h->listener != NULL)
			evconnlistener_free(h->listener);
		httpd_free(h);
		return NULL;
	}
	if (has_hosts)
		h->hosts = httphost_new("/etc/hosts");
	evhttp_set_allowed_methods(h->http, METHODS);
	evhttp_set_max_headers_size(h->http, HTTPD_HEAD_MAX_BYTES);
	evhttp_set_max_body_size(h->http, HTTPD_BODY_MAX_BYTES);
	evhttp_set_timeout(h->http, TIMEOUT_S);
	evhttp_set_bevcb(h->http, on_accepted, h);
	evhttp_set_gencb(h->http, on_request, h);
	evconnlistener_set_error_cb(h->listener, on_accept_failed);
	evconnlistener_enable(h->listener);
	return h;
}

void
httpd_free(struct httpd *h)
{
	struct httpd_connection *c;

	if (h == NULL)
		return;
	h->is_ending = true;
	if (h->http != NULL)
		evhttp_free(h->http);
	/* Those accepted in this very turn. */
	while ((c = LIST_FIRST(&h->connections)) != NULL)
		connection_free(c);
	httphost_free(h->hosts);
	loop_timer_free(h->rest);
	loop_timer_free(h->crowd);
	free(h);
}

size_t
httpd_connections(const struct httpd *h)
{
	return h->count;
}

enum httpd_method
httpd_get_method(const struct httpd_exchange *ex)
{
	return ex->method;
}

const char *
httpd_get_path(const struct httpd_exchange *ex)
{
	return httptarget_path(ex->target);
}

const char *
httpd_get_query(const struct httpd_exchange *ex, const char *name)
{
	return httptarget_query(ex->target, name);
}

const char *
httpd_get_body(const struct httpd_exchange *ex, size_t *len)
{
	struct evbuffer *body = evhttp_request_get_input_buffer(ex->request);

	*len = evbuffer_get_length(body);
	return (const char *)evbuffer_pullup(body, -1);
}

void
httpd_set_header(struct httpd_exchange *ex, const char *name, const char *value)
{
	if (ex->connection != NULL)
		(void)evhttp_add_header(
		    evhttp_request_get_output_headers(ex->request), name,
		    value);
}

static void
send_reply(struct httpd_exchange *ex, const struct httpd_reply *reply)
{
	struct evbuffer *out = evhttp_request_get_output_buffer(ex->request);
	struct httpd_connection *c = ex->connection;
	char length[24];

	c->exchange = NULL;
	c->is_taking = true;
	c->since = clock_ms();
	loop_timer_set(c->deadline, HTTPD_SEND_MS);
	/* A place is for one request while others wait. */
	if (is_crowded(c->httpd))
		httpd_set_header(ex, "Connection", "close");
	(void)snprintf(length, sizeof(length), "%zu", reply->body_len);
	httpd_set_header(ex, "Content-Type", reply->type);
	httpd_set_header(ex, "Content-Length", length);
	if (ex->method != HTTPD_HEAD)
		(void)evbuffer_add(out, reply->body, reply->body_len);
	evhttp_send_reply(
	    ex->request, reply->status, httpreason(reply->status), NULL);
}

void
httpd_reply(struct httpd_exchange *ex, const struct httpd_reply *reply)
{
	if (ex->connection != NULL)
		send_reply(ex, reply);
	httptarget_free(ex->target);
	free(ex);
}
