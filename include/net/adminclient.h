/* SPDX-License-Identifier: ISC */
/*
 * HTTP requests to the daemon's admin_listen (libcurl). Blocks; a few
 * requests may be under way at once. Nothing of the surroundings counts: no
 * proxy, no .netrc, no redirect.
 */
#ifndef NET_ADMINCLIENT_H
#define NET_ADMINCLIENT_H

#include <stddef.h>

#include "base/buf.h"

#define ADMINCLIENT_AT_ONCE 4

struct adminclient;

/* 0: the default. */
struct adminclient_limits {
	int connect_ms; /* 5 s */
	int answer_ms; /* 60 s, connecting included */
	size_t max_bytes; /* of an answer's body: 64 MiB */
};

/*
 * address: "unix:path", "inet:host:port" or "http://host:port". NULL: it is
 * none of them.
 */
struct adminclient *
adminclient_new(const char *address, const struct adminclient_limits *);
void adminclient_free(struct adminclient *); /* NULL is fine */

/* Lends everything until the answer is there. */
struct admin_request {
	const char *method;
	const char *path; /* with its query: "/policies?limit=10" */
	const char *type; /* media type of the body; NULL: there is none */
	const char *body;
	size_t body_len;
};

enum admin_outcome {
	ADMIN_OK, /* a status of 200 to 299 */
	ADMIN_REFUSED, /* any other status: the body says why */
	ADMIN_UNREACHABLE, /* nobody listens, or not to us */
	ADMIN_BROKEN /* late, cut off, too long, no HTTP */
};

/* A zeroed struct is empty; what it held before is overwritten. */
struct admin_reply {
	enum admin_outcome outcome;
	long status; /* of HTTP; 0: none came */
	struct buf body; /* any bytes */
	struct buf error; /* UNREACHABLE, BROKEN: a sentence for people */
};
void admin_reply_clear(struct admin_reply *);

/* One request, and its answer. Returns reply->outcome. */
enum admin_outcome adminclient_ask(
    struct adminclient *, const struct admin_request *, struct admin_reply *);

/*
 * The same in two halves. At most ADMINCLIENT_AT_ONCE are under way; next
 * waits for whichever ends first, gives its arg, and must not be called when
 * none is.
 */
void adminclient_start(
    struct adminclient *, const struct admin_request *, void *arg);
size_t adminclient_under_way(const struct adminclient *);
void *adminclient_next(struct adminclient *, struct admin_reply *);

#endif
