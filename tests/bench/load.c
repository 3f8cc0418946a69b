/* SPDX-License-Identifier: ISC */
/*
 * Asks a socketmap server as many Postfix processes would: one request at a
 * time on each connection. Every reply is checked. Prints one line of figures.
 *
 *   load -a inet:127.0.0.1:8461 -c 16 -t 0.6 -k 1000000 [-z] [-r RATE]
 *
 * -k: keys 0000000.fill.test ... (-s: another suffix); -z: picked as Zipf
 * (s = 1) has it, else uniformly; -N: parents (".fill.test"); -r: paced, the latency is
 * counted from the time a request was due; -w: what every reply begins with;
 * -W: the whole reply, each % standing for its key; -i: paced, a line of figures
 * each so many seconds;
 * -u: each key once, in order, and then it ends (-f: the first one's number).
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <netinet/tcp.h>

#include "../chance.h"
#include "base/xmalloc.h"

#define CONNECTIONS_MAX 512
#define REPLY_BYTES     131072
#define PICKS           (1u << 20)
#define SLOT_NS         500 /* of the latency histogram */
#define SLOTS           (1u << 20)
#define WAIT_NS         1000000000

struct client {
	int fd;
	char key[64];
	int64_t begun_ns;
	size_t got;
	char reply[4096];
};

struct options {
	const char *address, *want, *profile, *suffix;
	unsigned int connections, keys;
	double seconds, rate, interval;
	int is_zipf, is_parent, is_once, is_whole;
	unsigned int first;
};

static struct client clients[CONNECTIONS_MAX];
static unsigned int picks[PICKS];
static unsigned int next_pick;
static unsigned int latency[SLOTS];
static uint64_t replies, wrong; /* since the last line of figures */
static uint64_t replies_told, wrong_told;
static int64_t line_begun_ns;

static int64_t
now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

static double
chance(void)
{
	static uint64_t x = CHANCE_SEED;

	return (double)(chance_next(&x) >> 11) / 9007199254740992.0;
}

/* Zipf with s = 1 by the inverse of the integral, near enough. */
static void
make_picks(const struct options *o)
{
	size_t i;

	for (i = 0; i < PICKS; i++) {
		double u = chance();
		double rank =
		    o->is_zipf ? pow((double)o->keys + 1, u) - 1 : u * o->keys;

		picks[i] = (unsigned int)rank % o->keys;
		/* The ranks lie scattered over the keys. */
		if (o->is_zipf)
			picks[i] = (unsigned int)((uint64_t)picks[i] *
			    2654435761u % o->keys);
	}
}

static int
connect_to(const char *address)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *ai;
	char host[256], *port;
	int fd, one = 1;

	if (strncmp(address, "unix:", 5) == 0) {
		strlcpy(un.sun_path, address + 5, sizeof(un.sun_path));
		fd = socket(AF_UNIX, SOCK_STREAM, 0);
		if (connect(fd, (struct sockaddr *)&un, sizeof(un)) == -1)
			err(1, "%s", address);
		return fd;
	}
	strlcpy(host, address + 5, sizeof(host));
	port = strrchr(host, ':');
	if (port == NULL)
		errx(1, "%s: no port", address);
	*port++ = '\0';
	if (getaddrinfo(host, port, &hints, &ai) != 0)
		errx(1, "%s: no such address", address);
	fd = socket(ai->ai_family, SOCK_STREAM, 0);
	if (connect(fd, ai->ai_addr, ai->ai_addrlen) == -1)
		err(1, "%s", address);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	freeaddrinfo(ai);
	return fd;
}

static void
ask(const struct options *o, struct client *c, int64_t when)
{
	char frame[160];
	unsigned int pick = picks[next_pick++ % PICKS];
	int n, len;

	if (o->is_once)
		pick = o->first + next_pick - 1;
	if (o->is_parent)
		snprintf(c->key, sizeof(c->key), "%s", o->suffix);
	else
		snprintf(c->key, sizeof(c->key), "%07u%s", pick, o->suffix);
	len = snprintf(NULL, 0, "%s %s", o->profile, c->key);
	n = snprintf(
	    frame, sizeof(frame), "%d:%s %s,", len, o->profile, c->key);
	c->begun_ns = when;
	c->got = 0;
	if (write(c->fd, frame, (size_t)n) != n)
		err(1, "write");
}

static int
is_right(const struct options *o, const struct client *c, const char *text,
    size_t len)
{
	const char *want;
	size_t at = 0, key_len = strlen(c->key);

	if (!o->is_whole)
		return len >= strlen(o->want) &&
		    memcmp(text, o->want, strlen(o->want)) == 0;
	for (want = o->want; *want != '\0'; want++) {
		const char *part = *want == '%' ? c->key : want;
		size_t part_len = *want == '%' ? key_len : 1;

		if (len - at < part_len || memcmp(text + at, part, part_len))
			return 0;
		at += part_len;
	}
	return at == len;
}

/* True when the reply is whole. */
static int
take(const struct options *o, struct client *c)
{
	static char bytes[REPLY_BYTES];
	ssize_t n = read(c->fd, bytes, sizeof(bytes));
	size_t keep, len;
	char *colon;
	int64_t ns;

	if (n <= 0)
		errx(1, "the server has hung up");
	keep = c->got < sizeof(c->reply) ? sizeof(c->reply) - c->got : 0;
	if (keep > (size_t)n)
		keep = (size_t)n;
	if (keep > 0)
		memcpy(c->reply + c->got, bytes, keep);
	c->got += (size_t)n;
	colon = memchr(c->reply, ':', c->got < 8 ? c->got : 8);
	len = colon != NULL ? (size_t)strtoul(c->reply, NULL, 10) : 0;
	if (colon == NULL || c->got < (size_t)(colon - c->reply) + 2 + len)
		return 0;
	ns = now_ns() - c->begun_ns;
	latency[ns / SLOT_NS < SLOTS ? ns / SLOT_NS : SLOTS - 1]++;
	replies++;
	/* (of a long one only the beginning was kept) */
	keep = sizeof(c->reply) - (size_t)(colon + 1 - c->reply);
	if (!is_right(o, c, colon + 1, len < keep ? len : keep))
		wrong++;
	return 1;
}

static double
percentile_us(double part)
{
	uint64_t seen = 0;
	unsigned int i;

	for (i = 0; i < SLOTS; i++) {
		seen += latency[i];
		if (seen >= (uint64_t)(part * (double)replies))
			break;
	}
	return (double)i * SLOT_NS / 1000.0;
}

static void
print_figures(void)
{
	double s = (double)(now_ns() - line_begun_ns) / 1e9;

	printf("replies=%llu wrong=%llu per_s=%.0f p50_us=%.1f p99_us=%.1f "
	       "p999_us=%.1f\n",
	    (unsigned long long)replies, (unsigned long long)wrong,
	    (double)replies / s, percentile_us(0.5), percentile_us(0.99),
	    percentile_us(0.999));
	fflush(stdout);
	line_begun_ns = now_ns();
	replies_told += replies;
	wrong_told += wrong;
	replies = wrong = 0;
	memset(latency, 0, sizeof(latency));
}

static int
is_over(const struct options *o, int64_t end)
{
	return now_ns() >= end ||
	    (o->is_once && replies_told + replies == o->keys);
}

static int
has_next(const struct options *o)
{
	return !o->is_once || next_pick < o->keys;
}

/* Each connection asks again as soon as it is answered. */
static void
run_closed(const struct options *o, int ep, int64_t end)
{
	struct epoll_event events[CONNECTIONS_MAX];
	unsigned int i;
	int n, j;

	for (i = 0; i < o->connections && has_next(o); i++)
		ask(o, &clients[i], now_ns());
	while (!is_over(o, end)) {
		n = epoll_wait(ep, events, CONNECTIONS_MAX, 1000);
		for (j = 0; j < n; j++) {
			struct client *c = events[j].data.ptr;

			if (take(o, c) && has_next(o))
				ask(o, c, now_ns());
		}
	}
}

/*
 * Requests are due at even times; one late is late for those behind it, and
 * all that were due are waited for. Between them it sleeps: others may share
 * its core.
 */
static void
run_paced(const struct options *o, int ep, int64_t end)
{
	struct epoll_event events[CONNECTIONS_MAX];
	struct client *idle[CONNECTIONS_MAX];
	unsigned int idles, i;
	int64_t due = now_ns(), step = (int64_t)(1e9 / o->rate), left;
	struct timespec wait;
	int n, j;

	for (idles = 0, i = 0; i < o->connections; i++)
		idle[idles++] = &clients[i];
	prctl(PR_SET_TIMERSLACK, 1L);
	for (;;) {
		if (!has_next(o))
			due = end;
		while (idles > 0 && due < end && due <= now_ns()) {
			ask(o, idle[--idles], due);
			due += step;
		}
		if (due >= end && idles == o->connections)
			break;
		if (o->interval > 0 &&
		    (double)(now_ns() - line_begun_ns) >= o->interval * 1e9)
			print_figures();
		left = idles > 0 && due < end ? due - now_ns() : WAIT_NS;
		if (left < 0)
			left = 0;
		wait.tv_sec = left / WAIT_NS;
		wait.tv_nsec = left % WAIT_NS;
		n = epoll_pwait2(ep, events, CONNECTIONS_MAX, &wait, NULL);
		for (j = 0; j < n; j++) {
			struct client *c = events[j].data.ptr;

			if (take(o, c))
				idle[idles++] = c;
		}
	}
}

static void
read_options(int argc, char **argv, struct options *o)
{
	int c;

	while ((c = getopt(argc, argv, "a:c:f:i:k:Np:r:s:t:uw:W:z")) != -1) {
		switch (c) {
		case 'a':
			o->address = optarg;
			break;
		case 'c':
			o->connections =
			    (unsigned int)strtoul(optarg, NULL, 10);
			break;
		case 'f':
			o->first = (unsigned int)strtoul(optarg, NULL, 10);
			break;
		case 'i':
			o->interval = strtod(optarg, NULL);
			break;
		case 'k':
			o->keys = (unsigned int)strtoul(optarg, NULL, 10);
			break;
		case 'N':
			o->is_parent = 1;
			break;
		case 'p':
			o->profile = optarg;
			break;
		case 'r':
			o->rate = strtod(optarg, NULL);
			break;
		case 's':
			o->suffix = optarg;
			break;
		case 't':
			o->seconds = strtod(optarg, NULL);
			break;
		case 'u':
			o->is_once = 1;
			break;
		case 'w':
		case 'W':
			o->want = optarg;
			o->is_whole = c == 'W';
			break;
		case 'z':
			o->is_zipf = 1;
			break;
		default:
			errx(64, "usage: see the head of load.c");
		}
	}
	if (o->connections < 1 || o->connections > CONNECTIONS_MAX ||
	    o->keys < 1)
		errx(64, "1-%d connections, 1 key and more", CONNECTIONS_MAX);
}

int
main(int argc, char **argv)
{
	struct options o = { .address = "inet:127.0.0.1:8461",
		.want = "OK secure match=",
		.profile = "postfix-3.4",
		.suffix = ".fill.test",
		.connections = 16,
		.keys = 1000,
		.seconds = 1 };
	struct epoll_event ev = { .events = EPOLLIN };
	int ep = epoll_create1(0);
	int64_t begin;
	unsigned int i;

	read_options(argc, argv, &o);
	make_picks(&o);
	for (i = 0; i < o.connections; i++) {
		clients[i].fd = connect_to(o.address);
		ev.data.ptr = &clients[i];
		epoll_ctl(ep, EPOLL_CTL_ADD, clients[i].fd, &ev);
	}
	line_begun_ns = begin = now_ns();
	if (o.rate > 0)
		run_paced(&o, ep, begin + (int64_t)(o.seconds * 1e9));
	else
		run_closed(&o, ep, begin + (int64_t)(o.seconds * 1e9));
	print_figures();
	return wrong_told > 0;
}
