/* SPDX-License-Identifier: ISC */
/*
 * The world of the probe tests: a name server that answers from a table, a
 * policy host, SMTP hosts and the zone's own name servers faked at link time
 * (their ports are not ours to bind).
 */
#ifndef PROBE_WORLD_H
#define PROBE_WORLD_H

#include <arpa/inet.h>
#include <dirent.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/xmalloc.h"
#include "check/probe.h"
#include "net/dnsdirect.h"
#include "net/smtp.h"

#include "dnspacket.h"
#include "fetch_host.h"

#define COUNT(a)     (sizeof(a) / sizeof((a)[0]))
#define DOMAIN       "good.test"
#define RECORDS_MAX  256
#define CALLS_MAX    32
#define TTL_S        300
#define NO_SUCH_NAME 3
#define SERVFAIL     2
#define UDP_BYTES    1232

/* text: as in a zone file; TXT: one string; SERVFAIL: type 0. */
struct record {
	const char *name;
	enum dns_type type;
	const char *text;
};

struct smtp {
	struct loop_defer *defer;
	char host[300], address[64];
	smtp_cb *cb;
	void *arg;
};

struct dnsdirect {
	struct loop_defer *defer;
	char address[64];
	dns_cb *cb;
	void *arg;
};

static struct {
	char folder[64], ca_file[128], server[64];
	size_t fds;
	struct record record[RECORDS_MAX];
	size_t records;
	bool has_ad;
	int udp, tcp, conn;
	struct loop_fd *on_udp, *on_tcp, *on_conn;
	struct loop *loop;
	struct config config;
	struct dns *dns;
	struct fetcher *fetcher;
	struct probe *probe;
	struct evidence *e;
	unsigned int ended;
	size_t calls, directs, alive; /* dialogues and own servers */
	char called[CALLS_MAX][300];
	char called_at[CALLS_MAX][64];
	unsigned int spins;
	struct loop_defer *spin;
} world;

static size_t
count_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	size_t n = 0;

	assert_non_null(dir);
	while (readdir(dir) != NULL)
		n++;
	closedir(dir);
	return n;
}

/* ---- the name server */

static void
add(const char *name, enum dns_type type, const char *text)
{
	assert_true(world.records < RECORDS_MAX);
	world.record[world.records++] = (struct record){ name, type, text };
}

/* Forget what is said of a name (of a type; 0: all). */
static void
drop(const char *name, enum dns_type type)
{
	size_t i, n = 0;

	for (i = 0; i < world.records; i++)
		if (strcmp(world.record[i].name, name) != 0 ||
		    (type != 0 && world.record[i].type != type))
			world.record[n++] = world.record[i];
	assert_true(n < world.records);
	world.records = n;
}

static void
put_record(struct packet *p, const struct record *r)
{
	uint8_t bytes[16], len = (uint8_t)strlen(r->text);
	const char *target;

	packet_begin(p, PACKET_ANSWER, r->name, r->type, TTL_S);
	switch (r->type) {
	case DNS_A:
		assert_int_equal(inet_pton(AF_INET, r->text, bytes), 1);
		packet_put(p, bytes, 4);
		break;
	case DNS_AAAA:
		assert_int_equal(inet_pton(AF_INET6, r->text, bytes), 1);
		packet_put(p, bytes, 16);
		break;
	case DNS_TXT:
		packet_put(p, &len, 1);
		packet_put(p, r->text, len);
		break;
	case DNS_MX:
		packet_put16(p, (unsigned int)strtoul(r->text, NULL, 10));
		target = strchr(r->text, ' ') + 1;
		packet_put_name(p, strcmp(target, ".") == 0 ? "" : target);
		break;
	case DNS_NS:
	case DNS_CNAME:
		packet_put_name(p, r->text);
		break;
	case DNS_TLSA:
		packet_put(p, "\3\1\1x", 4);
		break;
	case DNS_SOA:
		packet_put_name(p, "ns1." DOMAIN);
		packet_put_name(p, "hostmaster." DOMAIN);
		packet_put(p, bytes, 0);
		packet_put32(p, 1);
		packet_put32(p, 2);
		packet_put32(p, 3);
		packet_put32(p, 4);
		packet_put32(p, 60);
		break;
	}
	packet_end(p);
}

/* Is name that one, or above it? */
static bool
is_at_or_above(const char *name, const char *other)
{
	size_t n = strlen(name), m = strlen(other);

	return m >= n && strcasecmp(other + m - n, name) == 0 &&
	    (m == n || other[m - n - 1] == '.');
}

static unsigned int
answer_from_table(struct packet *p, const char *name, unsigned int type)
{
	bool is_known = false;
	size_t i, depth = 0;

	for (i = 0; i < world.records && depth < 8; i++) {
		const struct record *r = &world.record[i];

		is_known |= is_at_or_above(name, r->name);
		if (strcasecmp(r->name, name) != 0)
			continue;
		if (r->type == 0)
			return SERVFAIL;
		if (r->type == type)
			put_record(p, r);
		else if (r->type == DNS_CNAME) {
			put_record(p, r);
			name = r->text;
			i = (size_t)-1;
			depth++;
		}
	}
	return is_known ? 0 : NO_SUCH_NAME;
}

static void
answer_query(struct packet *p, const uint8_t *q)
{
	size_t at = 12, len = 0;
	unsigned int type;
	char name[256];

	while (q[at] != 0) {
		if (len > 0)
			name[len++] = '.';
		memcpy(name + len, q + at + 1, q[at]);
		len += q[at];
		at += 1U + q[at];
	}
	name[len] = '\0';
	type = (unsigned int)q[at + 1] << 8 | q[at + 2];
	packet_start(p, (unsigned int)q[0] << 8 | q[1],
	    PACKET_QR | PACKET_RD | PACKET_RA | (world.has_ad ? PACKET_AD : 0),
	    name, type);
	p->bytes[3] |= (uint8_t)answer_from_table(p, name, type);
}

/* What is too long for UDP is asked again over TCP. */
static void
on_query(int fd, unsigned int events, void *arg)
{
	static struct packet p;
	uint8_t q[512];
	struct sockaddr_storage from;
	socklen_t from_len = sizeof(from);
	ssize_t n =
	    recvfrom(fd, q, sizeof(q), 0, (struct sockaddr *)&from, &from_len);

	(void)events;
	(void)arg;
	if (n < 17)
		return;
	answer_query(&p, q);
	if (p.len > UDP_BYTES) {
		p.bytes[2] |= PACKET_TC >> 8;
		p.len = UDP_BYTES;
	}
	(void)!sendto(
	    fd, p.bytes, p.len, 0, (struct sockaddr *)&from, from_len);
}

static void
hang_up(void)
{
	if (world.on_conn == NULL)
		return;
	loop_fd_free(world.on_conn);
	world.on_conn = NULL;
	close(world.conn);
}

/* A question comes whole. */
static void
on_tcp_query(int fd, unsigned int events, void *arg)
{
	static struct packet p;
	uint8_t q[512], length[2];

	(void)events;
	(void)arg;
	if (recv(fd, q, 2, 0) != 2 || recv(fd, q, sizeof(q), 0) < 17) {
		hang_up();
		return;
	}
	answer_query(&p, q);
	length[0] = (uint8_t)(p.len >> 8);
	length[1] = (uint8_t)p.len;
	(void)!send(fd, length, 2, MSG_NOSIGNAL);
	(void)!send(fd, p.bytes, p.len, MSG_NOSIGNAL);
}

static void
on_connection(int fd, unsigned int events, void *arg)
{
	(void)events;
	(void)arg;
	hang_up();
	world.conn = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
	world.on_conn = loop_fd_new(
	    world.loop, world.conn, LOOP_READ, LOOP_NORMAL, on_tcp_query, NULL);
}

/* A port that is free for both; another program may have one of them. */
static void
bind_both(struct sockaddr_in *in)
{
	socklen_t len;
	unsigned int tries;

	for (tries = 0; tries < 100; tries++) {
		world.tcp = bind_port("127.0.0.1", 0);
		len = sizeof(*in);
		getsockname(world.tcp, (struct sockaddr *)in, &len);
		world.udp = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
		if (bind(world.udp, (struct sockaddr *)in, len) == 0)
			return;
		close(world.udp);
		close(world.tcp);
	}
	fail_msg("no port is free");
}

static void
open_server(void)
{
	struct sockaddr_in in;
	int size = 1 << 20;

	bind_both(&in);
	setsockopt(world.udp, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	snprintf(world.server, sizeof(world.server), "127.0.0.1:%u",
	    (unsigned int)ntohs(in.sin_port));
	world.on_udp = loop_fd_new(
	    world.loop, world.udp, LOOP_READ, LOOP_NORMAL, on_query, NULL);
	assert_int_equal(listen(world.tcp, 8), 0);
	world.on_tcp = loop_fd_new(
	    world.loop, world.tcp, LOOP_READ, LOOP_NORMAL, on_connection, NULL);
}

/* ---- SMTP: what a host does is in its name */

static void
on_smtp_turn(void *arg)
{
	struct smtp *s = arg;
	STACK_OF(X509) *chain = sk_X509_new_null();
	struct smtp_result r = { .end = SMTP_DONE,
		.detail = "",
		.banner = "220 hello",
		.banner_len = 9,
		.ehlo = "250-a\n250 STARTTLS",
		.ehlo_len = 18,
		.tls_version = "TLSv1.3",
		.is_name_ok = true,
		.ms = 7 };

	sk_X509_push(chain, host.pki.leaf[PKI_GOOD].cert);
	r.chain = chain;
	if (strncmp(s->host, "dead", 4) == 0)
		r = (struct smtp_result){ .end = SMTP_UNREACHABLE,
			.detail = "Connection refused",
			.banner = "",
			.ehlo = "" };
	world.alive--;
	s->cb(&r, s->arg);
	free(s);
	sk_X509_free(chain);
}

struct smtp *
smtp_probe(struct loop *loop, const struct smtp_request *request, smtp_cb *cb,
    void *arg)
{
	struct smtp *s = xcalloc(1, sizeof(*s));
	struct sockaddr_in in;

	assert_true(world.calls < CALLS_MAX);
	assert_non_null(request->trust);
	assert_non_null(request->allow);
	assert_string_equal(request->helo, "me.test");
	assert_in_range(request->timeout_ms, 1, 10000);
	strlcpy(s->host, request->host, sizeof(s->host));
	if (request->address->sa_family == AF_INET) {
		memcpy(&in, request->address, sizeof(in));
		assert_int_equal(ntohs(in.sin_port), 25);
		inet_ntop(AF_INET, &in.sin_addr, s->address, 64);
	} else
		strlcpy(s->address, "v6", sizeof(s->address));
	strlcpy(world.called[world.calls], s->host, sizeof(world.called[0]));
	strlcpy(world.called_at[world.calls++], s->address, 64);
	s->cb = cb;
	s->arg = arg;
	world.alive++;
	s->defer = loop_defer(loop, LOOP_NORMAL, on_smtp_turn, s);
	return s;
}

void
smtp_cancel(struct smtp *s)
{
	if (s == NULL)
		return;
	loop_defer_cancel(s->defer);
	world.alive--;
	free(s);
}

/* ---- the zone's own servers: each gives a record of its own */

static void
on_direct_turn(void *arg)
{
	struct dnsdirect *d = arg;
	struct dns_rr rr = { .txt = { d->address, strlen(d->address) } };
	struct dns_answer answer = { .rr = &rr, .count = 1 };

	world.alive--;
	d->cb(&answer, d->arg);
	free(d);
}

struct dnsdirect *
dnsdirect_lookup(struct loop *loop, const struct config *config,
    const struct dnsdirect_question *question, dns_cb *cb, void *arg)
{
	struct dnsdirect *d;

	assert_ptr_equal(config, &world.config);
	assert_int_equal(question->type, DNS_TXT);
	assert_string_equal(question->name, "_mta-sts." DOMAIN);
	if (strncmp(question->address, "10.", 3) == 0)
		return NULL;
	d = xcalloc(1, sizeof(*d));
	strlcpy(d->address, question->address, sizeof(d->address));
	d->cb = cb;
	d->arg = arg;
	world.alive++;
	world.directs++;
	d->defer = loop_defer(loop, LOOP_NORMAL, on_direct_turn, d);
	return d;
}

void
dnsdirect_cancel(struct dnsdirect *d)
{
	if (d == NULL)
		return;
	loop_defer_cancel(d->defer);
	world.alive--;
	free(d);
}

/* ---- one test */

/* A domain that has it all. */
static void
fill_zone(void)
{
	world.records = 0;
	add(DOMAIN, DNS_SOA, "");
	add(DOMAIN, DNS_TXT, "v=spf1 mx -all");
	add(DOMAIN, DNS_NS, "ns1." DOMAIN);
	add(DOMAIN, DNS_NS, "ns2." DOMAIN);
	add(DOMAIN, DNS_MX, "20 mx2." DOMAIN);
	add(DOMAIN, DNS_MX, "10 mx1." DOMAIN);
	add("ns1." DOMAIN, DNS_A, "127.0.0.11");
	add("ns2." DOMAIN, DNS_A, "127.0.0.12");
	add("mx1." DOMAIN, DNS_A, "127.0.0.21");
	add("mx2." DOMAIN, DNS_A, "127.0.0.22");
	add("_25._tcp.mx1." DOMAIN, DNS_TLSA, "");
	add("mta-sts." DOMAIN, DNS_A, "127.0.0.1");
	add("_mta-sts." DOMAIN, DNS_TXT, "v=STSv1; id=1;");
	add("_dmarc." DOMAIN, DNS_TXT, "v=DMARC1; p=none");
	add("_smtp._tls." DOMAIN, DNS_TXT,
	    "v=TLSRPTv1; rua=mailto:a@good.test,mailto:b@other.test,"
	    "https://x.test/,mailto:c@other.test");
	add("other.test", DNS_A, "127.0.0.1");
}

static void
world_open(const struct script *script)
{
	static char loopback[] = "127.0.0.0/8", v6[] = "::1", none[] = "";
	static char *allow[] = { loopback, v6 };
	static char *servers[] = { world.server };

	world.fds = count_fds();
	host_open(script);
	world.loop = loop_new();
	assert_non_null(world.loop);
	open_server();
	fill_zone();
	world.has_ad = true;
	world.e = NULL;
	world.ended = 0;
	world.calls = world.directs = 0;
	world.config = (struct config){ .fetch_timeout = 60,
		.fetch_connect_timeout = 15,
		.fetch_parallel = 32,
		.dns_deadline = 5,
		.dns_parallel = 64,
		.dns_servers = { servers, 1 },
		.tls_ca_file = world.ca_file,
		.allow_networks = { allow, 2 },
		.proxy = none,
		.policy_port = host.port };
	world.dns = dns_new(world.loop, &world.config);
	assert_non_null(world.dns);
	world.fetcher = fetcher_new(world.loop, world.dns, &world.config);
	assert_non_null(world.fetcher);
}

static void
world_close(void)
{
	evidence_free(world.e);
	world.e = NULL;
	/* These assert that nothing of theirs is left. */
	fetcher_free(world.fetcher);
	dns_free(world.dns);
	assert_int_equal(world.alive, 0);
	hang_up();
	loop_fd_free(world.on_udp);
	loop_fd_free(world.on_tcp);
	close(world.udp);
	close(world.tcp);
	loop_free(world.loop);
	host_close();
	assert_int_equal(count_fds(), world.fds);
}

static void
on_evidence(struct evidence *e, void *arg)
{
	assert_ptr_equal(arg, &world);
	world.probe = NULL;
	world.e = e;
	world.ended++;
	loop_stop(world.loop);
}

static void
start(const char *input, int64_t limit_s, bool has_smtp)
{
	struct probe_options options = {
		.has_smtp = has_smtp, .helo = "me.test", .time_limit = limit_s
	};

	world.probe = probe_start(world.loop, &world.config, world.dns,
	    world.fetcher, &options, input, on_evidence, &world);
}

static const struct evidence *
collect(const char *input, int64_t limit_s)
{
	start(input, limit_s, true);
	assert_non_null(world.probe);
	assert_int_equal(world.ended, 0);
	assert_int_equal(loop_run(world.loop), 0);
	assert_int_equal(world.ended, 1);
	return world.e;
}

static int
setup_group(void **state)
{
	(void)state;
	clock_init();
	signal(SIGPIPE, SIG_IGN);
	alarm(120);
	pki_init(&host.pki);
	strlcpy(world.folder, "/tmp/test_probe.XXXXXX", sizeof(world.folder));
	if (mkdtemp(world.folder) == NULL)
		return -1;
	snprintf(
	    world.ca_file, sizeof(world.ca_file), "%s/ca.pem", world.folder);
	pki_write(&host.pki.root, world.ca_file);
	return 0;
}

static int
teardown_group(void **state)
{
	(void)state;
	unlink(world.ca_file);
	rmdir(world.folder);
	pki_clear(&host.pki);
	return 0;
}

#endif
