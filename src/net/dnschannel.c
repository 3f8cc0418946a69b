/* SPDX-License-Identifier: ISC */
/*
 * The only file that includes ares.h. c-ares says ARES_ECONNREFUSED for
 * whatever goes wrong with a socket, so the sockets are ours: errno tells a
 * closed port from a lack of descriptors.
 */
#include <ares.h>
#include <arpa/inet.h>
#include <arpa/nameser.h>
#include <assert.h>
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/xmalloc.h"
#include "net/dnschannel.h"

#define EDNS_BYTES     1232 /* fits every path (DNS flag day 2020) */
#define HEADER_FLAGS_2 3 /* the octet of the header with RA, AD, RCODE */
#define HEADER_AD      0x20

struct channel_fd {
	LIST_ENTRY(channel_fd) entry;
	int fd;
	struct loop_fd *watch;
};

struct dnschannel {
	ares_channel ares;
	struct loop *loop;
	struct resolvconf_address address;
	struct dnschannel_settings settings;
	LIST_HEAD(, channel_fd) fds;
	struct loop_timer *timer;
	size_t pending;
	int64_t born_ms, heard_ms;
	int error; /* of the last socket that failed, 0: cut off */
};

struct dnschannel_query {
	struct dnschannel *channel;
	dnschannel_cb *cb; /* NULL: forgotten */
	void *arg;
	bool is_sending, has_ended;
};

static void
arm(struct dnschannel *ch)
{
	struct timeval tv;

	if (ares_timeout(ch->ares, NULL, &tv) == NULL)
		loop_timer_stop(ch->timer);
	else
		loop_timer_set(ch->timer,
		    (int64_t)tv.tv_sec * 1000 + (tv.tv_usec + 999) / 1000);
}

static void
on_timer(void *arg)
{
	struct dnschannel *ch = arg;

	ares_process_fd(ch->ares, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
	arm(ch);
}

static void
on_fd(int fd, unsigned int events, void *arg)
{
	struct dnschannel *ch = arg;

	ares_process_fd(ch->ares,
	    (events & LOOP_READ) != 0 ? fd : ARES_SOCKET_BAD,
	    (events & LOOP_WRITE) != 0 ? fd : ARES_SOCKET_BAD);
	arm(ch);
}

static struct channel_fd *
find_fd(struct dnschannel *ch, int fd)
{
	struct channel_fd *f;

	LIST_FOREACH(f, &ch->fds, entry)
	if (f->fd == fd)
		return f;
	return NULL;
}

static void
on_socket_state(void *arg, ares_socket_t fd, int is_read, int is_write)
{
	struct dnschannel *ch = arg;
	struct channel_fd *f = find_fd(ch, fd);
	unsigned int events =
	    (is_read != 0 ? LOOP_READ : 0U) | (is_write != 0 ? LOOP_WRITE : 0U);

	if (events == 0) {
		if (f == NULL)
			return;
		LIST_REMOVE(f, entry);
		loop_fd_free(f->watch);
		free(f);
		return;
	}
	if (f != NULL) {
		loop_fd_set(f->watch, events);
		return;
	}
	f = xcalloc(1, sizeof(*f));
	f->fd = fd;
	f->watch = loop_fd_new(ch->loop, fd, events, LOOP_NORMAL, on_fd, ch);
	LIST_INSERT_HEAD(&ch->fds, f, entry);
}

static bool
is_transient(int error)
{
	return error == EAGAIN || error == EINTR || error == EINPROGRESS;
}

/* Remember why a socket failed. */
static void
note_error(struct dnschannel *ch, int error)
{
	if (!is_transient(error))
		ch->error = error;
}

static ares_socket_t
on_socket(int family, int type, int protocol, void *arg)
{
	struct dnschannel *ch = arg;
	int fd = socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol);

	if (fd == -1)
		note_error(ch, errno);
	return fd;
}

static int
on_close(ares_socket_t fd, void *arg)
{
	on_socket_state(arg, fd, 0, 0);
	return close(fd);
}

/* The address is ours, and not c-ares': 1.18 knows nothing of scopes. */
static int
on_connect(ares_socket_t fd, const struct sockaddr *address, ares_socklen_t len,
    void *arg)
{
	struct dnschannel *ch = arg;
	int rc;

	(void)address;
	(void)len;
	rc = connect(fd, &ch->address.sock.any,
	    ch->address.sock.any.sa_family == AF_INET6 ?
		sizeof(ch->address.sock.v6) :
		sizeof(ch->address.sock.v4));
	if (rc == -1)
		note_error(ch, errno);
	return rc;
}

static ares_ssize_t
on_receive(ares_socket_t fd, void *bytes, size_t size, int flags,
    struct sockaddr *from, ares_socklen_t *from_len, void *arg)
{
	struct dnschannel *ch = arg;
	ssize_t n = recvfrom(fd, bytes, size, flags, from, from_len);

	if (n <= 0)
		note_error(ch, n == 0 ? 0 : errno);
	return n;
}

static ares_ssize_t
on_send(ares_socket_t fd, const struct iovec *iov, int count, void *arg)
{
	struct dnschannel *ch = arg;
	struct msghdr msg = { 0 };
	struct iovec copy[8];
	ssize_t n;
	int i;

	/* Fewer than were given is a short write, which c-ares expects. */
	for (i = 0; i < count && i < 8; i++)
		copy[i] = iov[i];
	msg.msg_iov = copy;
	msg.msg_iovlen = (size_t)i;
	n = sendmsg(fd, &msg, MSG_NOSIGNAL);
	if (n == -1)
		note_error(ch, errno);
	return n;
}

static const struct ares_socket_functions socket_functions = {
	.asocket = on_socket,
	.aclose = on_close,
	.aconnect = on_connect,
	.arecvfrom = on_receive,
	.asendv = on_send,
};

/* "ip:port", as c-ares reads it; "%interface" behind it since 1.22. */
static int
set_server(struct dnschannel *ch)
{
	const struct resolvconf_address *a = &ch->address;
	char host[INET6_ADDRSTRLEN], scope[IF_NAMESIZE] = "";
	char text[RESOLVCONF_ADDRESS_BYTES];

	if (a->sock.any.sa_family == AF_INET) {
		inet_ntop(AF_INET, &a->sock.v4.sin_addr, host, sizeof(host));
		snprintf(text, sizeof(text), "%s:%u", host,
		    (unsigned int)ntohs(a->sock.v4.sin_port));
		return ares_set_servers_ports_csv(ch->ares, text);
	}
	inet_ntop(AF_INET6, &a->sock.v6.sin6_addr, host, sizeof(host));
	if (ARES_VERSION >= 0x011600 && a->sock.v6.sin6_scope_id != 0)
		if_indextoname(a->sock.v6.sin6_scope_id, scope);
	snprintf(text, sizeof(text), "[%s]:%u%s%s", host,
	    (unsigned int)ntohs(a->sock.v6.sin6_port),
	    *scope != '\0' ? "%" : "", scope);
	return ares_set_servers_ports_csv(ch->ares, text);
}

/*
 * All that c-ares would look up in files is given, so that it reads none: a
 * lack of descriptors must not change what a channel does.
 */
static int
init_ares(struct dnschannel *ch)
{
	struct ares_options o = { 0 };
	int mask = ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES |
	    ARES_OPT_NDOTS | ARES_OPT_SERVERS | ARES_OPT_DOMAINS |
	    ARES_OPT_LOOKUPS | ARES_OPT_SORTLIST | ARES_OPT_SOCK_STATE_CB |
	    ARES_OPT_EDNSPSZ;
	struct in_addr unused = { .s_addr = htonl(INADDR_LOOPBACK) };
	char lookups[] = "b";

	o.flags =
	    ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES | ARES_FLAG_NOCHECKRESP;
	if (ch->settings.has_edns)
		o.flags |= ARES_FLAG_EDNS;
	/*
	 * c-ares would go over to TCP by itself, but when a connection is cut
	 * it ends every query of the channel, those by UDP too.
	 */
	o.flags |= ch->settings.is_tcp ? ARES_FLAG_USEVC : ARES_FLAG_IGNTC;
	o.timeout = (int)ch->settings.keep_ms;
	o.tries = 1; /* fail-over is not c-ares' */
	o.ndots = 1;
	o.servers = &unused;
	o.nservers = 1;
	o.lookups = lookups;
	o.ednspsz = EDNS_BYTES;
	o.sock_state_cb = on_socket_state;
	o.sock_state_cb_data = ch;
#if ARES_VERSION >= 0x011f00
	o.qcache_max_ttl = 0; /* on by default there */
	mask |= ARES_OPT_QUERY_CACHE;
#endif
	return ares_init_options(&ch->ares, &o, mask);
}

struct dnschannel *
dnschannel_new(struct loop *loop, const struct resolvconf_address *address,
    const struct dnschannel_settings *settings)
{
	struct dnschannel *ch = xcalloc(1, sizeof(*ch));

	ch->loop = loop;
	ch->address = *address;
	ch->settings = *settings;
	ch->born_ms = ch->heard_ms = clock_ms();
	LIST_INIT(&ch->fds);
	if (ares_library_init_mem(ARES_LIB_INIT_ALL, xmalloc, free, xrealloc) !=
	    ARES_SUCCESS) {
		free(ch);
		return NULL;
	}
	if (init_ares(ch) != ARES_SUCCESS || set_server(ch) != ARES_SUCCESS) {
		if (ch->ares != NULL)
			ares_destroy(ch->ares);
		ares_library_cleanup();
		free(ch);
		return NULL;
	}
	ares_set_socket_functions(ch->ares, &socket_functions, ch);
	ch->timer = loop_timer_new(loop, on_timer, ch);
	return ch;
}

void
dnschannel_free(struct dnschannel *ch)
{
	if (ch == NULL)
		return;
	ares_destroy(ch->ares);
	assert(ch->pending == 0 && LIST_EMPTY(&ch->fds));
	ares_library_cleanup();
	loop_timer_free(ch->timer);
	free(ch);
}

static bool
is_our_fault(int error)
{
	return error == EMFILE || error == ENFILE || error == ENOBUFS ||
	    error == ENOMEM;
}

/* What became of a query that got no answer. */
static void
judge(const struct dnschannel *ch, int status, struct dnschannel_result *r)
{
	r->status = DNSCHANNEL_BROKEN;
	if (status == ARES_ETIMEOUT) {
		r->status = DNSCHANNEL_SILENT;
	} else if (status == ARES_ENOMEM) {
		r->status = DNSCHANNEL_LOCAL;
		r->error = ENOMEM;
	} else if (status == ARES_ECONNREFUSED) {
		r->error = ch->error;
		if (is_our_fault(ch->error))
			r->status = DNSCHANNEL_LOCAL;
		else if (!ch->settings.is_tcp)
			r->status = DNSCHANNEL_REFUSED;
	}
}

static void
on_ares(void *arg, int status, int timeouts, unsigned char *bytes, int len)
{
	struct dnschannel_query *q = arg;
	struct dnschannel_result r = { 0 };

	(void)timeouts;
	q->channel->pending--;
	/* Not whatever comes in: lies are no sign of life. */
	if (status == ARES_SUCCESS)
		*q->channel->settings.heard_ms = q->channel->heard_ms =
		    clock_ms();
	if (q->cb != NULL && status != ARES_EDESTRUCTION &&
	    status != ARES_ECANCELLED) {
		if (status == ARES_SUCCESS && len >= NS_HFIXEDSZ) {
			r.status = DNSCHANNEL_ANSWER;
			r.bytes = bytes;
			r.len = (size_t)len;
		} else {
			judge(q->channel, status, &r);
		}
		q->cb(&r, q->arg);
	}
	if (q->is_sending)
		q->has_ended = true;
	else
		free(q);
}

struct dnschannel_query *
dnschannel_send(struct dnschannel *ch, const char *name, enum dns_type type,
    dnschannel_cb *cb, void *arg)
{
	struct dnschannel_result r = { .status = DNSCHANNEL_BAD_NAME };
	struct dnschannel_query *q;
	unsigned char *bytes;
	int len, rc;

	rc = ares_create_query(name, ns_c_in, (int)type,
	    (unsigned short)arc4random(), 1, &bytes, &len,
	    ch->settings.has_edns ? EDNS_BYTES : 0);
	if (rc != ARES_SUCCESS) {
		if (rc == ARES_ENOMEM) {
			r.status = DNSCHANNEL_LOCAL;
			r.error = ENOMEM;
		}
		cb(&r, arg);
		return NULL;
	}
	/* RFC 6840 section 5.7: "tell me AD", without asking for RRSIGs. */
	bytes[HEADER_FLAGS_2] |= HEADER_AD;
	q = xcalloc(1, sizeof(*q));
	q->channel = ch;
	q->cb = cb;
	q->arg = arg;
	q->is_sending = true;
	ch->pending++;
	ares_send(ch->ares, bytes, len, on_ares, q);
	ares_free_string(bytes);
	q->is_sending = false;
	if (q->has_ended) {
		free(q);
		q = NULL;
	}
	arm(ch);
	return q;
}

void
dnschannel_forget(struct dnschannel_query *q)
{
	q->cb = NULL;
}

bool
dnschannel_has_edns(const struct dnschannel *ch)
{
	return ch->settings.has_edns;
}

bool
dnschannel_is_idle(const struct dnschannel *ch)
{
	return ch->pending == 0;
}

int64_t
dnschannel_age_ms(const struct dnschannel *ch)
{
	return clock_ms() - ch->born_ms;
}

int64_t
dnschannel_quiet_ms(const struct dnschannel *ch)
{
	return clock_ms() - ch->heard_ms;
}

const char *
dns_library_version(void)
{
	static char text[64];

	snprintf(text, sizeof(text), "c-ares %s", ares_version(NULL));
	return text;
}
