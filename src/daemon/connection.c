/* SPDX-License-Identifier: ISC */
/*
 * A request that need not wait is one event, one read and one write: what arrives
 * is read into a buffer all connections share, answered into another, and written.
 * When several have asked, some are read, then these answered, then their replies
 * written: each of the three finds its code in the processor's cache, a client of
 * many connections is woken less often, and has replies to go on with while others
 * are read. Only what is left over (half a frame, a client that does not read,
 * requests behind one that waits) is copied to the connection.
 */
#include <errno.h>

#include "base/sockio.h"
#include "daemon/connection.h"
#include "postfix/netstring.h"

#define READ_BYTES       16384
#define UNREAD_MAX_BYTES NETSTRING_FRAME_MAX_BYTES /* behind a wait */
#define WRITE_BYTES      65536 /* of replies: time to write them */
#define BATCHES          4 /* of those that are ready together */
#define BATCH_MIN        4
#define KEEP_REPLY_BYTES 131072 /* the shared buffer may keep */

/*
 * Watch for what can happen next. Who waits, or has sent half a frame, may have
 * hung up without another edge.
 */
static void
watch(struct connection *c)
{
	unsigned int events = 0;

	if (c->unsent.len == 0 && c->unread.len < UNREAD_MAX_BYTES)
		events |= LOOP_READ | LOOP_EDGE;
	if (c->unsent.len > 0)
		events |= LOOP_WRITE;
	loop_fd_set(c->watch, events);
	if ((events & LOOP_READ) != 0 &&
	    (lookup_waits(&c->lookup) || c->unread.len > 0))
		loop_fd_again(c->watch);
}

/* Write; what the client does not take is kept. -1: it is gone. */
static int
send_bytes(struct connection *c, const char *bytes, size_t len)
{
	ssize_t n = 0;

	if (c->unsent.len == 0 && len > 0) {
		n = sock_send(c->fd, bytes, len);
		if (n == -1 && errno != EAGAIN && errno != EINTR)
			return -1;
		if (n == -1)
			n = 0;
	}
	if ((size_t)n < len)
		buf_put(&c->unsent, bytes + n, len - (size_t)n);
	return 0;
}

/* Forget the replies from there on. */
static void
reset_reply(struct connections *all, size_t from)
{
	all->reply.len = from;
	if (from == 0 && all->reply.size > KEEP_REPLY_BYTES)
		buf_clear(&all->reply);
}

/*
 * Append answers to the frames at the front of bytes to `reply`; stops at half
 * a frame, at a request that waits, while replies are unsent, or when it is
 * time to write some. Returns how many bytes are done with; *is_bad: no frame
 * begins there.
 */
static size_t
answer_frames(struct connection *c, const char *bytes, size_t len, bool *is_bad)
{
	struct buf *reply = &c->all->reply;
	const char *payload;
	size_t payload_len, frame_len, done = 0;

	*is_bad = false;
	while (done < len && !lookup_waits(&c->lookup) && c->unsent.len == 0 &&
	    reply->len < WRITE_BYTES) {
		switch (netstring_read(bytes + done, len - done, &payload,
		    &payload_len, &frame_len)) {
		case NETSTRING_MORE:
			return done;
		case NETSTRING_BAD:
			*is_bad = true;
			return done;
		case NETSTRING_FRAME:
			lookup_start(&c->lookup, payload, payload_len, reply);
			done += frame_len;
			break;
		}
	}
	return done;
}

/* What was answered in this turn, if it has not been written yet. */
static void
write_replies(struct connections *all)
{
	struct part *p;

	for (p = all->part; p < all->part + all->parts; p++) {
		if (p->c == NULL || p->reply_len == 0)
			continue;
		if (send_bytes(p->c, all->reply.data + p->reply_at,
			p->reply_len) == -1) {
			connection_free(p->c);
		} else if (p->c->unsent.len > 0) {
			connection_relist(p->c);
			watch(p->c);
		}
		p->reply_len = 0;
	}
	reset_reply(all, 0);
}

/*
 * Answer bytes, the connection's unread ones or those just read. The reply is
 * written at once, or by write_replies() if there is a part and nothing more to
 * do: replies keep their order. The connection may be gone afterwards.
 */
static void
serve(struct connection *c, struct part *part, const char *bytes, size_t len)
{
	struct connections *all = c->all;
	struct buf *reply = &all->reply;
	bool is_own = bytes == c->unread.data;
	bool is_bad;
	size_t n, done = 0, from = reply->len;

	do {
		n = answer_frames(c, bytes + done, len - done, &is_bad);
		done += n;
		if (part != NULL && done == len && !lookup_waits(&c->lookup)) {
			part->reply_at = from;
			part->reply_len = reply->len - from;
			break;
		}
		/* A bad frame closes, once all before it is answered. */
		if (send_bytes(c, reply->data + from, reply->len - from) ==
			-1 ||
		    (is_bad && c->unsent.len == 0)) {
			reset_reply(all, from);
			connection_free(c);
			return;
		}
		reset_reply(all, from);
	} while (n > 0 && done < len);
	if (is_own)
		buf_consume(&c->unread, done);
	else if (done < len)
		buf_put(&c->unread, bytes + done, len - done);
	if (c->unread.len == 0)
		buf_clear(&c->unread);
	connection_relist(c);
	watch(c);
}

void
connections_end_turn(void *arg)
{
	struct connections *all = arg;
	struct part *p;

	for (p = all->part; p < all->part + all->parts; p++) {
		if (all->reply.len >= WRITE_BYTES)
			write_replies(all);
		if (p->c != NULL)
			serve(p->c, p, all->bytes + p->at, p->len);
	}
	write_replies(all);
	all->parts = all->len = 0;
}

/* How many to read before they are answered, of those that are ready. */
static size_t
batch_of(size_t ready)
{
	size_t n = ready / BATCHES;

	if (n < BATCH_MIN)
		return BATCH_MIN;
	if (n > CONNECTION_TURN_MAX)
		return CONNECTION_TURN_MAX;
	return n;
}

/* The first request there is soon looked up. */
static void
expect(const struct connections *all, const char *bytes, size_t len)
{
	const char *payload;
	size_t payload_len, frame_len;

	if (netstring_read(bytes, len, &payload, &payload_len, &frame_len) ==
	    NETSTRING_FRAME)
		lookup_expect(all->lookups, payload, payload_len);
}

/*
 * Leave what was just read until it is answered with that of others, if others
 * are ready. That may be now: the connection may be gone.
 */
static bool
put_off(struct connection *c, size_t len)
{
	struct connections *all = c->all;
	size_t others = loop_last_set(all->turn_end);

	if (others == 0)
		return false;
	expect(all, all->bytes + all->len, len);
	all->part[all->parts++] = (struct part){ c, all->len, len, 0, 0 };
	all->len += len;
	if (all->parts >= batch_of(others + 1) ||
	    all->len > CONNECTION_TURN_BYTES - READ_BYTES)
		connections_end_turn(all);
	return true;
}

/* A request that waited has its reply. */
void
connection_on_reply(const struct buf *reply, void *arg)
{
	struct connection *c = arg;

	if (send_bytes(c, reply->data, reply->len) == -1) {
		connection_free(c);
		return;
	}
	serve(c, NULL, c->unread.data, c->unread.len);
}

static void
on_writable(struct connection *c)
{
	ssize_t n;

	n = sock_send(c->fd, c->unsent.data, c->unsent.len);
	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n == -1) {
		connection_free(c);
		return;
	}
	buf_consume(&c->unsent, (size_t)n);
	if (c->unsent.len > 0) {
		connection_relist(c);
		return;
	}
	buf_clear(&c->unsent);
	serve(c, NULL, c->unread.data, c->unread.len);
}

static void
on_readable(struct connection *c, bool is_closed)
{
	struct connections *all = c->all;
	char *bytes = all->bytes + all->len;
	ssize_t n = sock_recv(c->fd, bytes, READ_BYTES);

	if (n == -1 && errno == EAGAIN)
		return;
	if (n == -1 && errno == EINTR) {
		loop_fd_again(c->watch);
		return;
	}
	/* One who hangs up while waiting gets nothing, and costs nothing. */
	if (n <= 0) {
		connection_free(c);
		return;
	}
	/* There may be more, or the end: no other edge would tell. */
	if (is_closed || n == READ_BYTES)
		loop_fd_again(c->watch);
	if (c->unread.len == 0 && !lookup_waits(&c->lookup)) {
		if (!put_off(c, (size_t)n))
			serve(c, NULL, bytes, (size_t)n);
		return;
	}
	buf_put(&c->unread, bytes, (size_t)n);
	if (lookup_waits(&c->lookup))
		watch(c);
	else
		serve(c, NULL, c->unread.data, c->unread.len);
}

void
connection_on_event(int fd, unsigned int events, void *arg)
{
	struct connection *c = arg;

	(void)fd;
	/* Reading is paused while replies are unsent: never both. */
	if (events & LOOP_WRITE)
		on_writable(c);
	else if (events & (LOOP_READ | LOOP_CLOSED))
		on_readable(c, (events & LOOP_CLOSED) != 0);
}
