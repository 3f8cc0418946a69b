/* SPDX-License-Identifier: ISC */
/*
 * A small HTTP/1.1 server (libevent's evhttp on the loop, normal priority) for
 * a few clients that may be hostile: at most HTTPD_CONNECTIONS_MAX of them at
 * once, the others wait unaccepted; HTTPD_RECEIVE_MS from being accepted, or
 * from the last reply, until the next request is wholly there, however slowly
 * it drips; HTTPD_SEND_MS to take the reply. While all places are taken and
 * somebody waits, it is HTTPD_CROWD_RECEIVE_MS and HTTPD_CROWD_SEND_MS, and
 * the connection ends with the reply. Else it is kept; pipelined requests are
 * answered in their order. What is no HTTP is answered 400, a body over
 * HTTPD_BODY_MAX_BYTES 413, by libevent itself, with a page of its own. Of
 * what a client sent it holds a body and, besides, a body and a head at most.
 */
#ifndef NET_HTTPD_H
#define NET_HTTPD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/loop.h"

#define HTTPD_CONNECTIONS_MAX  16
#define HTTPD_RECEIVE_MS       5000
#define HTTPD_SEND_MS          30000
#define HTTPD_CROWD_RECEIVE_MS 200
#define HTTPD_CROWD_SEND_MS    1000
#define HTTPD_BODY_MAX_BYTES   132096
#define HTTPD_HEAD_MAX_BYTES   8192

struct httpd;

/* A request whole, until its reply is given. */
struct httpd_exchange;

enum httpd_method {
	HTTPD_GET = 1,
	HTTPD_HEAD = 2,
	HTTPD_POST = 4,
	HTTPD_PUT = 8,
	HTTPD_DELETE = 16,
	HTTPD_OTHER = 32
};

typedef void httpd_cb(struct httpd_exchange *, void *arg);

/*
 * Serve a listening descriptor, non-blocking and not ours to close. Each
 * request comes to cb, which replies at once or later. With has_hosts the
 * request must name one of this machine (net/httphost), else 421. NULL: no
 * memory (logged).
 */
struct httpd *
httpd_new(struct loop *, int fd, bool has_hosts, httpd_cb *, void *arg);

/* Connections are closed; exchanges not replied to stay their owners'. */
void httpd_free(struct httpd *);

size_t httpd_connections(const struct httpd *);

/* Of the request; all of it lends until the reply. */
enum httpd_method httpd_get_method(const struct httpd_exchange *);

/* Decoded, at least "/"; "" when it cannot be (a NUL, no path). */
const char *httpd_get_path(const struct httpd_exchange *);

/* A parameter of the query, decoded; NULL: it has none of that name. */
const char *httpd_get_query(const struct httpd_exchange *, const char *name);
const char *httpd_get_body(const struct httpd_exchange *, size_t *len);

/* A header of the reply, before it is given. */
void
httpd_set_header(struct httpd_exchange *, const char *name, const char *value);

struct httpd_reply {
	int status;
	const char *type;
	const char *body; /* not sent to a HEAD */
	size_t body_len;
};

/*
 * Reply; the exchange is gone. A client that went away meanwhile gets nothing,
 * and nobody is told.
 */
void httpd_reply(struct httpd_exchange *, const struct httpd_reply *);

#endif
