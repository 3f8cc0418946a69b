/* SPDX-License-Identifier: ISC */
#include <sys/socket.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/sock.h"
#include "net/mapclient.h"
#include "postfix/netstring.h"

#define READ_BYTES 4096

enum outcome {
	OUTCOME_REPLY,
	OUTCOME_EOF, /* before the end of the reply */
	OUTCOME_FAILED
};

struct ask {
	int fd, timeout_ms;
	const struct buf *request;
	struct buf *reply, *why;
};

static enum outcome
failed(const struct ask *ask, const char *doing)
{
	if (errno == EAGAIN || errno == EINPROGRESS)
		buf_printf(ask->why, "no answer within %d ms", ask->timeout_ms);
	else
		buf_printf(ask->why, "%s: %s", doing, strerror(errno));
	return OUTCOME_FAILED;
}

static bool
is_end(int error)
{
	return error == EPIPE || error == ECONNRESET;
}

static enum outcome
send_request(const struct ask *ask)
{
	size_t sent = 0;
	ssize_t n;

	while (sent < ask->request->len) {
		n = send(ask->fd, ask->request->data + sent,
		    ask->request->len - sent, MSG_NOSIGNAL);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return is_end(errno) ? OUTCOME_EOF :
					       failed(ask, "cannot write");
		sent += (size_t)n;
	}
	return OUTCOME_REPLY;
}

static enum outcome
read_reply(const struct ask *ask, struct buf *in)
{
	const char *payload;
	size_t len, frame;
	ssize_t n;

	for (;;) {
		switch (netstring_read_reply(
		    buf_str(in), in->len, &payload, &len, &frame)) {
		case NETSTRING_FRAME:
			buf_put(ask->reply, payload, len);
			return OUTCOME_REPLY;
		case NETSTRING_BAD:
			buf_puts(ask->why,
			    "the answer is no netstring: is it a socketmap?");
			return OUTCOME_FAILED;
		case NETSTRING_MORE:
			break;
		}
		n = recv(ask->fd, buf_reserve(in, READ_BYTES), READ_BYTES, 0);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == 0 || (n == -1 && is_end(errno)))
			return OUTCOME_EOF;
		if (n == -1)
			return failed(ask, "cannot read");
		in->len += (size_t)n;
	}
}

static enum outcome
ask_once(struct ask *ask, const char *address)
{
	enum outcome outcome;
	struct buf in = { 0 };

	ask->fd = sock_connect(address, ask->timeout_ms);
	if (ask->fd == -1)
		return failed(ask, "cannot connect");
	outcome = send_request(ask);
	if (outcome == OUTCOME_REPLY)
		outcome = read_reply(ask, &in);
	buf_clear(&in);
	close(ask->fd);
	return outcome;
}

int
mapclient_query(const char *address, int timeout_ms, const char *name,
    const char *key, struct buf *reply, struct buf *why)
{
	struct buf payload = { 0 }, request = { 0 };
	struct ask ask = { -1, timeout_ms, &request, reply, why };
	enum outcome outcome;

	buf_printf(&payload, "%s %s", name, key);
	netstring_write(&request, payload.data, payload.len);
	outcome = ask_once(&ask, address);
	if (outcome == OUTCOME_EOF)
		outcome = ask_once(&ask, address);
	if (outcome == OUTCOME_EOF)
		buf_puts(why, "the connection was closed without an answer");
	buf_clear(&payload);
	buf_clear(&request);
	return outcome == OUTCOME_REPLY ? 0 : -1;
}
