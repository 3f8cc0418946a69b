/* SPDX-License-Identifier: ISC */
/*
 * Listeners: accept, count, make room. A listener that cannot accept (no
 * descriptor, no memory) rests for a while instead of spinning.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/sock.h"
#include "base/sockaddress.h"
#include "base/xmalloc.h"
#include "daemon/connections.h"
#include "daemon/server.h"

#define ACCEPT_REST_MS   100
#define ACCEPTS_PER_TURN 16
#define TELL_AGAIN_MS    60000

struct listener {
	TAILQ_ENTRY(listener) entry;
	struct server *server;
	char *address;
	int fd;
	bool is_leaving; /* at server_commit() */
	struct loop_fd *watch; /* NULL: not started */
};

TAILQ_HEAD(listeners, listener);

struct server {
	struct loop *loop;
	const struct config *config;
	struct listeners listeners;
	struct listeners prepared; /* bound, nobody is accepted yet */
	bool is_passed; /* the sockets are the service manager's */
	struct loop_timer *rest;
	int64_t fault_told_ms; /* since when not to say it again */
	int64_t full_told_ms;
	struct connections *connections;
};

static void
add_listener(
    struct server *s, struct listeners *list, const char *address, int fd)
{
	struct listener *l = xcalloc(1, sizeof(*l));

	l->server = s;
	l->address = xstrdup(address);
	l->fd = fd;
	TAILQ_INSERT_TAIL(list, l, entry);
}

static int
bind_listener(struct server *s, struct listeners *list, const char *address)
{
	const struct sock_rights rights = {
		.mode = (mode_t)s->config->listen_mode,
		.owner = s->config->listen_owner,
		.group = s->config->listen_group,
	};
	int fd = sock_listen(address, &rights);

	if (fd == -1)
		return -1;
	add_listener(s, list, address, fd);
	return 0;
}

static void
free_listeners(struct server *s, struct listeners *list)
{
	struct listener *l;

	while ((l = TAILQ_FIRST(list)) != NULL) {
		TAILQ_REMOVE(list, l, entry);
		loop_fd_free(l->watch);
		if (!s->is_passed)
			sock_unlink(l->address, l->fd);
		close(l->fd);
		free(l->address);
		free(l);
	}
}

static int
listen_all(struct server *s, struct passed *passed)
{
	const struct config_list *list = &s->config->listen;
	struct buf address = { 0 };
	size_t i;
	int fd;

	while (passed != NULL && (fd = passed_take(passed, "listen")) != -1) {
		s->is_passed = true;
		buf_reset(&address);
		sockaddress_describe(fd, &address);
		add_listener(s, &s->listeners, buf_str(&address), fd);
	}
	buf_clear(&address);
	for (i = 0; !s->is_passed && i < list->count; i++) {
		if (bind_listener(s, &s->listeners, list->item[i]) == -1)
			return -1;
	}
	return 0;
}

static void
set_accepting(struct server *s, bool is_on)
{
	struct listener *l;

	TAILQ_FOREACH(l, &s->listeners, entry)
	loop_fd_set(l->watch, is_on ? LOOP_READ : 0);
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
server_new(
    struct loop *loop, const struct config *config, struct passed *passed)
{
	struct server *s = xcalloc(1, sizeof(*s));

	s->loop = loop;
	s->config = config;
	TAILQ_INIT(&s->listeners);
	TAILQ_INIT(&s->prepared);
	s->fault_told_ms = s->full_told_ms = clock_ms() - TELL_AGAIN_MS;
	if (listen_all(s, passed) == -1) {
		server_free(s);
		return NULL;
	}
	return s;
}

static void
start_listener(struct listener *l)
{
	struct server *s = l->server;

	l->watch =
	    loop_fd_new(s->loop, l->fd, LOOP_READ, LOOP_LOOKUP, on_listener, l);
	log_info("listening", "%s", l->address);
}

void
server_start(struct server *s, struct lookups *lookups)
{
	struct listener *l;

	s->rest = loop_timer_new(s->loop, on_rested, s);
	s->connections = connections_new(
	    s->loop, lookups, (size_t)s->config->max_connections);
	TAILQ_FOREACH(l, &s->listeners, entry)
	start_listener(l);
}

bool
server_is_passed(const struct server *s)
{
	return s->is_passed;
}

void
server_describe(const struct server *s, struct buf *text)
{
	const struct listener *l;

	TAILQ_FOREACH(l, &s->listeners, entry)
	buf_printf(text, "%s%s", text->len > 0 ? " " : "", l->address);
}

size_t
server_connections(const struct server *s)
{
	return s->connections != NULL ? connections_count(s->connections) : 0;
}

static struct listener *
find_listener(struct server *s, const char *address)
{
	struct listener *l;

	TAILQ_FOREACH(l, &s->listeners, entry)
	{
		if (sockaddress_is_same(l->address, address))
			return l;
	}
	return NULL;
}

/* Linux gives a port to nobody while one of its addresses is listened on. */
static int
check_port(struct server *s, const char *address)
{
	struct listener *l;

	TAILQ_FOREACH(l, &s->listeners, entry)
	{
		if (!sockaddress_covers(l->address, address))
			continue;
		log_error("listen-failed",
		    "%s: %s has the port until the daemon is restarted",
		    address, l->address);
		return -1;
	}
	return 0;
}

int
server_prepare(struct server *s, const struct config_list *listen)
{
	struct listener *l;
	size_t i;

	TAILQ_FOREACH(l, &s->listeners, entry)
	l->is_leaving = true;
	for (i = 0; i < listen->count; i++) {
		l = find_listener(s, listen->item[i]);
		if (l != NULL) {
			l->is_leaving = false;
		} else if (check_port(s, listen->item[i]) == -1 ||
		    bind_listener(s, &s->prepared, listen->item[i]) == -1) {
			server_abandon(s);
			return -1;
		}
	}
	return 0;
}

void
server_abandon(struct server *s)
{
	free_listeners(s, &s->prepared);
}

/* Whoever has connected would be cut off with the listener: accept them. */
static void
retire(struct server *s, struct listener *l)
{
	int fd;

	while ((fd = accept4(
		    l->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) != -1 ||
	    errno == EINTR || errno == ECONNABORTED) {
		if (fd != -1)
			connection_new(s->connections, fd);
	}
	log_info("listening", "%s: no longer", l->address);
}

void
server_commit(struct server *s)
{
	struct listeners leaving = TAILQ_HEAD_INITIALIZER(leaving);
	struct listener *l, *next;

	connections_set_max(s->connections, (size_t)s->config->max_connections);
	for (l = TAILQ_FIRST(&s->listeners); l != NULL; l = next) {
		next = TAILQ_NEXT(l, entry);
		if (!l->is_leaving)
			continue;
		retire(s, l);
		TAILQ_REMOVE(&s->listeners, l, entry);
		TAILQ_INSERT_TAIL(&leaving, l, entry);
	}
	free_listeners(s, &leaving);
	TAILQ_FOREACH(l, &s->prepared, entry)
	start_listener(l);
	TAILQ_CONCAT(&s->listeners, &s->prepared, entry);
}

void
server_free(struct server *s)
{
	if (s == NULL)
		return;
	free_listeners(s, &s->listeners);
	free_listeners(s, &s->prepared);
	connections_free(s->connections);
	loop_timer_free(s->rest);
	free(s);
}
