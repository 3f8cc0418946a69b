/* SPDX-License-Identifier: ISC */
/*
 * Listeners: accept, count, make room. A listener that cannot accept (no
 * descriptor, no memory) rests for a while instead of spinning.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/sock.h"
#include "base/xmalloc.h"
#include "daemon/connection.h"
#include "daemon/server.h"

#define ACCEPT_REST_MS   100
#define ACCEPTS_PER_TURN 16
#define TELL_AGAIN_MS    60000

struct listener {
	struct server *server;
	const char *address; /* lends from the configuration */
	int fd;
	struct loop_fd *watch;
};

struct server {
	struct loop *loop;
	const struct config *config;
	struct listener *listener;
	size_t listener_count;
	struct loop_timer *rest;
	int64_t fault_told_ms; /* since when not to say it again */
	int64_t full_told_ms;
	struct connections *connections;
};

static int
listen_all(struct server *s)
{
	const struct config *config = s->config;
	const struct sock_rights rights = {
		.mode = (mode_t)config->listen_mode,
		.owner = config->listen_owner,
		.group = config->listen_group,
	};
	size_t i;

	s->listener = xcalloc(config->listen.count, sizeof(*s->listener));
	for (i = 0; i < config->listen.count; i++) {
		struct listener *l = &s->listener[i];

		l->server = s;
		l->address = config->listen.item[i];
		l->fd = sock_listen(l->address, &rights);
		if (l->fd == -1)
			return -1;
		s->listener_count++;
	}
	return 0;
}

static void
set_accepting(struct server *s, bool is_on)
{
	size_t i;

	for (i = 0; i < s->listener_count; i++)
		loop_fd_set(s->listener[i].watch, is_on ? LOOP_READ : 0);
}

static void
rest(struct server *s)
{
	set_accepting(s, false);
	loop_timer_set(s->rest, ACCEPT_REST_MS);
}

static void
on_rested(void *arg)
{
	set_accepting(arg, true);
}

/* Each kind of trouble once a minute, however often it comes and goes. */
static bool
may_tell(int64_t *told_ms)
{
	int64_t now = clock_ms();

	if (now - *told_ms < TELL_AGAIN_MS)
		return false;
	*told_ms = now;
	return true;
}

/* False: stop accepting for now. */
static bool
accept_one(struct server *s, struct listener *l)
{
	int fd = accept4(l->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd != -1) {
		connection_new(s->connections, fd);
		return true;
	}
	switch (errno) {
	case EINTR:
	case ECONNABORTED:
	case EPROTO:
		return true; /* that client's affair */
	case EAGAIN:
		return false;
	default:
		if (may_tell(&s->fault_told_ms))
			log_error("connection", "%s: cannot accept: %s",
			    l->address, strerror(errno));
		rest(s);
		return false;
	}
}

static void
on_listener(int fd, unsigned int events, void *arg)
{
	struct listener *l = arg;
	struct server *s = l->server;
	int i;

	(void)fd;
	(void)events;
	for (i = 0; i < ACCEPTS_PER_TURN; i++) {
		if (!connections_have_room(s->connections)) {
			if (may_tell(&s->full_told_ms))
				log_warning("connection",
				    "max_connections = %lld reached, all busy",
				    (long long)s->config->max_connections);
			rest(s);
			return;
		}
		if (!accept_one(s, l))
			return;
	}
}

struct server *
server_new(struct loop *loop, const struct config *config)
{
	struct server *s = xcalloc(1, sizeof(*s));

	s->loop = loop;
	s->config = config;
	s->fault_told_ms = s->full_told_ms = clock_ms() - TELL_AGAIN_MS;
	if (listen_all(s) == -1) {
		server_free(s);
		return NULL;
	}
	return s;
}

void
server_start(struct server *s, struct lookups *lookups)
{
	size_t i;

	s->rest = loop_timer_new(s->loop, on_rested, s);
	s->connections = connections_new(
	    s->loop, lookups, (size_t)s->config->max_connections);
	for (i = 0; i < s->listener_count; i++) {
		struct listener *l = &s->listener[i];

		l->watch = loop_fd_new(
		    s->loop, l->fd, LOOP_READ, LOOP_LOOKUP, on_listener, l);
		log_info("listening", "%s", l->address);
	}
}

void
server_free(struct server *s)
{
	size_t i;

	if (s == NULL)
		return;
	for (i = 0; i < s->listener_count; i++) {
		struct listener *l = &s->listener[i];

		loop_fd_free(l->watch);
		sock_unlink(l->address, l->fd);
		close(l->fd);
	}
	connections_free(s->connections);
	loop_timer_free(s->rest);
	free(s->listener);
	free(s);
}
