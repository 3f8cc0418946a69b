/* SPDX-License-Identifier: ISC */
/*
 * Name servers in the test's own loop: UDP and TCP on one port of a loopback
 * address. What one does with a query is its mode, or, for MODE_BY_NAME, the
 * first label of the name asked for.
 */
#ifndef TESTS_DNSFAKE_H
#define TESTS_DNSFAKE_H

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/loop.h"
#include "dnspacket.h"

#define FAKE_HELD_MAX    512
#define FAKE_QUERY_BYTES 512

enum fake_mode {
	MODE_GOOD, /* A 192.0.2.1, or three long TXT strings */
	MODE_NXDOMAIN,
	MODE_NODATA,
	MODE_LOOP,
	MODE_SERVFAIL,
	MODE_REFUSED,
	MODE_NOTIMP,
	MODE_GARBAGE,
	MODE_FORMERR, /* whenever the query has an OPT */
	MODE_SILENT,
	MODE_WRONG_ID,
	MODE_WRONG_QUESTION,
	MODE_HOLD, /* until fake_release() */
	MODE_TC_GOOD, /* truncated, TCP answers */
	MODE_TC_CUT, /* truncated, TCP closes */
	MODE_TC_REFUSED, /* truncated, nobody listens on TCP */
	MODE_CLOSED, /* nobody listens at all */
	MODE_BY_NAME
};

struct fake_query {
	struct sockaddr_storage from;
	socklen_t from_len;
	uint8_t bytes[FAKE_QUERY_BYTES];
	size_t len;
	char name[256];
	unsigned int type;
};

struct fake {
	enum fake_mode mode;
	int udp, tcp, conn;
	struct loop *loop;
	struct loop_fd *on_udp, *on_tcp, *on_conn;
	char text[64]; /* address:port */
	unsigned int seen, seen_tcp;
	struct fake_query last;
	struct fake_query held[FAKE_HELD_MAX];
	size_t held_count, released;
};

static struct packet fake_packet;

static inline void
fake_die(const char *what)
{
	perror(what);
	abort();
}

/* The question's name, lower case; its length on the wire goes with it. */
static inline void
fake_read_question(struct fake_query *q)
{
	size_t at = 12, n = 0;

	while (at < q->len && q->bytes[at] != 0) {
		size_t label = q->bytes[at++];

		if (n > 0)
			q->name[n++] = '.';
		memcpy(q->name + n, q->bytes + at, label);
		n += label;
		at += label;
	}
	q->name[n] = '\0';
	q->type = (unsigned int)q->bytes[at + 1] << 8 | q->bytes[at + 2];
}

static inline enum fake_mode
fake_mode_of(const struct fake *f, const struct fake_query *q)
{
	static const struct {
		const char *label;
		enum fake_mode mode;
	} labels[] = {
		{ "servfail.", MODE_SERVFAIL },
		{ "silent.", MODE_SILENT },
		{ "hold.", MODE_HOLD },
		{ "cut.", MODE_TC_CUT },
	};
	size_t i;

	if (f->mode != MODE_BY_NAME)
		return f->mode;
	for (i = 0; i < sizeof(labels) / sizeof(labels[0]); i++)
		if (strncmp(
			q->name, labels[i].label, strlen(labels[i].label)) == 0)
			return labels[i].mode;
	return MODE_GOOD;
}

static inline void
fake_put_good(struct packet *p, const struct fake_query *q)
{
	static const char a200[] = "\310";
	int i;

	if (q->type != 16) {
		packet_a(p, q->name, 0xc0000201, 300);
		return;
	}
	for (i = 0; i < 10; i++) {
		packet_begin(p, PACKET_ANSWER, q->name, 16, 300);
		packet_put(p, a200, 1);
		memset(p->bytes + p->len, 'a' + i, 200);
		p->len += 200;
		packet_end(p);
	}
}

/* False: no answer at all. */
static inline bool
fake_answer(enum fake_mode mode, const struct fake_query *q, bool is_tcp)
{
	unsigned int id = (unsigned int)q->bytes[0] << 8 | q->bytes[1];
	unsigned int flags =
	    PACKET_QR | PACKET_RD | PACKET_RA | (q->bytes[3] & PACKET_AD);
	struct packet *p = &fake_packet;

	packet_start(p, id, flags, q->name, q->type);
	switch (mode) {
	case MODE_GOOD:
	case MODE_HOLD:
		fake_put_good(p, q);
		return true;
	case MODE_NXDOMAIN:
		p->bytes[3] |= 3;
		packet_soa(p, "example.com", 600, 60);
		return true;
	case MODE_NODATA:
		packet_soa(p, "example.com", 600, 60);
		return true;
	case MODE_LOOP:
		packet_cname(p, q->name, q->name, 60);
		return true;
	case MODE_SERVFAIL:
		p->bytes[3] |= 2;
		return true;
	case MODE_NOTIMP:
		p->bytes[3] |= 4;
		return true;
	case MODE_REFUSED:
		p->bytes[3] |= 5;
		return true;
	case MODE_GARBAGE:
		packet_put(p, "\377\377\377", 3);
		packet_count(p, PACKET_ANSWER);
		return true;
	case MODE_FORMERR:
		if (q->bytes[11] != 0)
			p->bytes[3] |= 1;
		else
			fake_put_good(p, q);
		return true;
	case MODE_WRONG_ID:
		fake_put_good(p, q);
		p->bytes[0] ^= 1;
		return true;
	case MODE_WRONG_QUESTION:
		packet_start(p, id, flags, "www.example.org", q->type);
		packet_a(p, "www.example.org", 1, 1);
		return true;
	case MODE_TC_GOOD:
	case MODE_TC_CUT:
	case MODE_TC_REFUSED:
		if (is_tcp)
			fake_put_good(p, q);
		else
			p->bytes[2] |= PACKET_TC >> 8;
		return !is_tcp || mode == MODE_TC_GOOD;
	case MODE_SILENT:
	case MODE_CLOSED:
	case MODE_BY_NAME:
		return false;
	}
	return false;
}

static inline void
fake_on_udp(int fd, unsigned int events, void *arg)
{
	struct fake *f = arg;
	struct fake_query q = { .from_len = sizeof(q.from) };
	enum fake_mode mode;
	ssize_t n;

	(void)events;
	n = recvfrom(fd, q.bytes, sizeof(q.bytes), 0,
	    (struct sockaddr *)&q.from, &q.from_len);
	if (n < 17)
		return;
	q.len = (size_t)n;
	fake_read_question(&q);
	f->seen++;
	f->last = q;
	mode = fake_mode_of(f, &q);
	if (mode == MODE_HOLD) {
		assert(f->held_count < FAKE_HELD_MAX);
		f->held[f->held_count++] = q;
	} else if (fake_answer(mode, &q, false)) {
		(void)!sendto(fd, fake_packet.bytes, fake_packet.len, 0,
		    (struct sockaddr *)&q.from, q.from_len);
	}
}

/* Answer the oldest query that is held. */
static inline void
fake_release(struct fake *f)
{
	struct fake_query *q = &f->held[f->released++];

	assert(f->released <= f->held_count);
	fake_answer(MODE_HOLD, q, false);
	(void)!sendto(f->udp, fake_packet.bytes, fake_packet.len, 0,
	    (struct sockaddr *)&q->from, q->from_len);
}

static inline void
fake_hang_up(struct fake *f)
{
	if (f->conn == -1)
		return;
	loop_fd_free(f->on_conn);
	close(f->conn);
	f->conn = -1;
}

static inline void
fake_on_conn(int fd, unsigned int events, void *arg)
{
	struct fake *f = arg;
	struct fake_query q = { 0 };
	uint8_t length[2];
	ssize_t n;

	(void)events;
	if (recv(fd, length, 2, 0) != 2 ||
	    (n = recv(fd, q.bytes, sizeof(q.bytes), 0)) < 17) {
		fake_hang_up(f);
		return;
	}
	q.len = (size_t)n;
	fake_read_question(&q);
	f->seen_tcp++;
	if (!fake_answer(fake_mode_of(f, &q), &q, true)) {
		fake_hang_up(f);
		return;
	}
	length[0] = (uint8_t)(fake_packet.len >> 8);
	length[1] = (uint8_t)fake_packet.len;
	(void)!send(fd, length, 2, MSG_NOSIGNAL);
	(void)!send(fd, fake_packet.bytes, fake_packet.len, MSG_NOSIGNAL);
}

static inline void
fake_on_tcp(int fd, unsigned int events, void *arg)
{
	struct fake *f = arg;
	int conn = accept4(fd, NULL, NULL, SOCK_CLOEXEC);

	(void)events;
	if (conn == -1)
		return;
	fake_hang_up(f);
	f->conn = conn;
	f->on_conn =
	    loop_fd_new(f->loop, conn, LOOP_READ, LOOP_NORMAL, fake_on_conn, f);
}

/* The same free port for both; tried again when TCP's is taken. */
static inline bool
fake_bind(struct fake *f, const struct sockaddr *address, socklen_t len)
{
	struct sockaddr_storage bound;
	socklen_t bound_len = sizeof(bound);

	f->udp = socket(address->sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	f->tcp = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (f->udp == -1 || f->tcp == -1)
		fake_die("socket");
	if (bind(f->udp, address, len) == 0 &&
	    getsockname(f->udp, (struct sockaddr *)&bound, &bound_len) == 0 &&
	    bind(f->tcp, (struct sockaddr *)&bound, bound_len) == 0)
		return true;
	close(f->udp);
	close(f->tcp);
	return false;
}

static inline void
fake_start(
    struct fake *f, struct loop *loop, const char *host, enum fake_mode mode)
{
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };
	struct sockaddr_in v4 = { .sin_family = AF_INET };
	bool is_v6 = inet_pton(AF_INET6, host, &v6.sin6_addr) == 1;
	void *address = is_v6 ? (void *)&v6 : (void *)&v4;
	socklen_t len = is_v6 ? sizeof(v6) : sizeof(v4);
	int i;

	memset(f, 0, sizeof(*f));
	f->mode = mode;
	f->loop = loop;
	f->conn = -1;
	inet_pton(AF_INET, host, &v4.sin_addr);
	for (i = 0; !fake_bind(f, address, len); i++)
		if (i == 100)
			fake_die("bind");
	getsockname(f->udp, address, &len);
	snprintf(f->text, sizeof(f->text), "%s%s%s:%u", is_v6 ? "[" : "", host,
	    is_v6 ? "]" : "",
	    (unsigned int)ntohs(is_v6 ? v6.sin6_port : v4.sin_port));
	f->on_udp =
	    loop_fd_new(loop, f->udp, LOOP_READ, LOOP_NORMAL, fake_on_udp, f);
	if (mode == MODE_TC_REFUSED || mode == MODE_CLOSED) {
		close(f->tcp);
		f->tcp = -1;
	} else {
		if (listen(f->tcp, 8) == -1)
			fake_die("listen");
		f->on_tcp = loop_fd_new(
		    loop, f->tcp, LOOP_READ, LOOP_NORMAL, fake_on_tcp, f);
	}
	if (mode == MODE_CLOSED) {
		loop_fd_free(f->on_udp);
		f->on_udp = NULL;
		close(f->udp);
		f->udp = -1;
	}
}

static inline void
fake_stop(struct fake *f)
{
	fake_hang_up(f);
	loop_fd_free(f->on_udp);
	loop_fd_free(f->on_tcp);
	if (f->udp != -1)
		close(f->udp);
	if (f->tcp != -1)
		close(f->tcp);
}

#endif
