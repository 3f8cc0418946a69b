/* SPDX-License-Identifier: ISC */
/*
 * Finished replies in front of everything, by the bytes of the request: what is
 * asked for all the time costs no look-up, no formatting. They take 4 MiB once
 * all of it was used: 28,000 of usual length (116 bytes with the request), or
 * 8,000 of the longest. A reply counts until the time its maker gave, and no
 * longer than the domain is left alone: whoever changes anything about a domain
 * calls hot_forget().
 */
#ifndef DAEMON_HOT_H
#define DAEMON_HOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct hot;

struct hot *hot_new(void);
void hot_free(struct hot *);

/* counter[kind] is added to whenever a reply is given out. NULL: none is. */
void hot_set_counters(struct hot *, uint64_t *counter);

/* A request's bytes, and what is needed twice when it is not there. */
struct hot_request {
	const char *bytes;
	size_t len;
	uint64_t hash;
	bool is_absent; /* hot_get() looked for it, and nothing was put since */
};

struct hot_request hot_request(const struct hot *, const char *, size_t len);

/* hot_get() comes soon: what it looks at first is fetched into the cache. */
void hot_expect(struct hot *, const struct hot_request *);

/* Append the whole reply frame, if it is there and still counts. */
bool hot_get(struct hot *, struct hot_request *, int64_t now, struct buf *out);

/*
 * What is offered: it is kept when it fits (465 bytes with its request), was
 * offered before, and is worth the room. Kept or not, the reply before it no
 * longer counts.
 */
struct hot_offer {
	struct hot_request request;
	const char *domain;
	size_t domain_len;
	const char *reply; /* the whole frame */
	size_t reply_len;
	int64_t until; /* s; counts while now < until, until 2106 at most */
	unsigned char kind; /* which counter it is given out under */
};
void hot_put(struct hot *, const struct hot_offer *);

/* Replies for the domain no longer count. */
void hot_forget(struct hot *, const char *domain, size_t len);

/* No reply counts any longer. */
void hot_clear(struct hot *);

#endif
