/* SPDX-License-Identifier: ISC */
/*
 * One connection, for daemon/connection.c, which reads, answers and writes, and
 * daemon/connections.c, which says who may stay.
 */
#ifndef DAEMON_CONNECTION_H
#define DAEMON_CONNECTION_H

#include <sys/queue.h>

#include "base/buf.h"
#include "daemon/connections.h"

#define CONNECTION_TURN_MAX   64 /* read before they are answered */
#define CONNECTION_TURN_BYTES 65536 /* of requests */

struct connection {
	TAILQ_ENTRY(connection) entry;
	struct connections *all;
	int fd;
	struct loop_fd *watch;
	struct lookup lookup;
	struct buf unread; /* requests not looked at yet */
	struct buf unsent; /* replies the client has not taken */
	bool is_busy; /* a request waits, or a reply is unsent */
	int64_t since_ms; /* idle, or busy without any progress */
};

/* Who was read in this turn. */
struct part {
	struct connection *c; /* NULL: it is gone */
	size_t at, len; /* in the buffer of requests */
	size_t reply_at, reply_len; /* in that of replies; 0: none to write */
};

TAILQ_HEAD(connection_list, connection);

struct connections {
	struct loop *loop;
	struct lookups *lookups;
	size_t max;
	size_t count;
	struct connection_list idle; /* first: idle for longest */
	struct connection_list busy;
	struct loop_timer *stuck; /* set while anybody is busy */
	struct loop_last *turn_end; /* until then parts may wait */
	struct part part[CONNECTION_TURN_MAX];
	size_t parts;
	struct buf reply; /* those to be written, then the one at work */
	size_t len; /* of the requests to be answered */
	char bytes[CONNECTION_TURN_BYTES];
};

/* It can be read or written to (loop_fd_cb). It may be gone afterwards. */
void connection_on_event(int fd, unsigned int events, void *arg);

/* The request that waited has its reply (lookup_cb). */
void connection_on_reply(const struct buf *reply, void *arg);

/* Answer those that were read, write their replies (loop_cb). */
void connections_end_turn(void *arg);

/* It has made progress: to the end of the list it belongs to now. */
void connection_relist(struct connection *);

void connection_free(struct connection *);

#endif
