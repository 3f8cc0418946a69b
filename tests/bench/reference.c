/* SPDX-License-Identifier: ISC */
/*
 * What a server on these libraries cannot be faster than: libevent's plain
 * `event` and one LMDB get a request (renewed and reset each time) on the
 * daemon's own cache file, answered with a constant reply.
 * reference ADDRESS CACHEDIR REPLY
 */
#include <err.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/event.h>
#include <lmdb.h>

#include "base/buf.h"
#include "base/sock.h"
#include "postfix/netstring.h"
#include "postfix/socketmap.h"

#define READ_BYTES 16384
#define MAP_BYTES  4294967296u

static struct event_base *base;
static struct buf reply, miss;
static MDB_env *env;
static MDB_txn *txn;
static MDB_dbi dbi;

struct client {
	struct event *ev;
};

static void
on_client(evutil_socket_t fd, short what, void *arg)
{
	struct client *c = arg;
	char bytes[READ_BYTES];
	ssize_t n = read((int)fd, bytes, sizeof(bytes));
	const char *payload;
	size_t len, frame;
	struct socketmap_request request;
	MDB_val key, value;
	int rc;

	(void)what;
	if (n <= 0 ||
	    netstring_read(bytes, (size_t)n, &payload, &len, &frame) !=
		NETSTRING_FRAME ||
	    !socketmap_parse(payload, len, &request)) {
		event_free(c->ev);
		close((int)fd);
		free(c);
		return;
	}
	key.mv_data = bytes + (request.key - bytes);
	key.mv_size = request.key_len;
	mdb_txn_renew(txn);
	rc = mdb_get(txn, dbi, &key, &value);
	mdb_txn_reset(txn);
	if (write((int)fd, rc == 0 ? reply.data : miss.data,
		rc == 0 ? reply.len : miss.len) == -1)
		warn("write");
}

static void
on_listener(evutil_socket_t fd, short what, void *arg)
{
	struct client *c;
	int client = accept4((int)fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	(void)what;
	(void)arg;
	if (client == -1)
		return;
	c = calloc(1, sizeof(*c));
	if (c == NULL)
		err(1, "calloc");
	c->ev = event_new(base, client, EV_READ | EV_PERSIST, on_client, c);
	event_add(c->ev, NULL);
}

int
main(int argc, char **argv)
{
	const struct sock_rights rights = {
		.mode = 0666, .owner = "", .group = ""
	};
	int fd, rc;

	if (argc != 4)
		errx(64, "usage: reference ADDRESS CACHEDIR REPLY");
	netstring_write(&reply, argv[3], strlen(argv[3]));
	socketmap_notfound(&miss);
	if (mdb_env_create(&env) != 0 ||
	    mdb_env_set_mapsize(env, MAP_BYTES) != 0 ||
	    mdb_env_set_maxdbs(env, 8) != 0)
		errx(1, "LMDB");
	rc = mdb_env_open(env, argv[2], MDB_RDONLY | MDB_NOLOCK | MDB_NOTLS, 0);
	if (rc == 0)
		rc = mdb_txn_begin(env, NULL, MDB_RDONLY, &txn);
	if (rc == 0)
		rc = mdb_dbi_open(txn, "policy", 0, &dbi);
	if (rc != 0)
		errx(1, "%s: %s", argv[2], mdb_strerror(rc));
	/* The handle stays open; the snapshot need not. */
	mdb_txn_commit(txn);
	if (mdb_txn_begin(env, NULL, MDB_RDONLY, &txn) != 0)
		errx(1, "LMDB");
	mdb_txn_reset(txn);
	if ((fd = sock_listen(argv[1], &rights)) == -1)
		return 1;
	signal(SIGPIPE, SIG_IGN);
	base = event_base_new();
	event_add(
	    event_new(base, fd, EV_READ | EV_PERSIST, on_listener, NULL), NULL);
	return event_base_dispatch(base) == -1;
}
