/* SPDX-License-Identifier: ISC */
/* Look-ups against name servers that live in the test's own loop. */
/* clang-format off: cmocka.h needs these first */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */
#include <sys/resource.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "dnsfake.h"
#include "net/dns.h"
#include "net/dnsset.h"

#define NAME        "www.example.com"
#define SERVERS_MAX 3
#define GUARD_MS    30000

struct got {
	unsigned int calls;
	enum dns_status status;
	int rcode;
	bool ad;
	bool is_believed;
	size_t count;
	uint32_t ttl;
	char owner[256];
	char detail[256];
	unsigned int turn; /* the how-manieth to end */
	struct dns_lookup *victim; /* cancelled by the callback */
	struct dns *doomed; /* freed by the callback */
};

static struct loop *loop;
static struct config config;
static char *server_items[SERVERS_MAX];
static struct fake fakes[SERVERS_MAX];
static size_t fakes_count;
static struct dns *dns;
static unsigned int wanted, turn; /* callbacks to wait for; come so far */
static unsigned int pending; /* look-ups that have not ended */

static void
cancel(struct dns_lookup *l)
{
	pending--;
	dns_cancel(l);
}

static void
on_answer(const struct dns_answer *a, void *arg)
{
	struct got *g = arg;

	pending--;
	g->calls++;
	g->status = a->status;
	g->rcode = a->rcode;
	g->ad = a->ad;
	g->is_believed = a->is_believed;
	g->count = a->count;
	g->ttl = a->has_ttl ? a->ttl : UINT32_MAX;
	snprintf(g->owner, sizeof(g->owner), "%s", a->owner);
	snprintf(g->detail, sizeof(g->detail), "%s", a->detail);
	g->turn = ++turn;
	if (g->victim != NULL)
		cancel(g->victim);
	if (g->doomed != NULL) {
		dns_free(g->doomed);
		dns = NULL;
	}
	if (turn == wanted)
		loop_stop(loop);
}

static void
on_guard(void *arg)
{
	(void)arg;
	fputs("a callback never came\n", stderr);
	abort();
}

/* Run until n more callbacks have come. */
static void
run_for(unsigned int n)
{
	struct loop_timer *guard = loop_timer_new(loop, on_guard, NULL);

	wanted = turn + n;
	loop_timer_set(guard, GUARD_MS);
	assert_int_equal(loop_run(loop), 0);
	loop_timer_free(guard);
	wanted = 0;
}

static void
on_stop(void *arg)
{
	(void)arg;
	loop_stop(loop);
}

/* Let pass what the loop has to do now, or within some milliseconds. */
static void
run_ms(int64_t ms)
{
	struct loop_timer *t = loop_timer_new(loop, on_stop, NULL);

	loop_timer_set(t, ms);
	assert_int_equal(loop_run(loop), 0);
	loop_timer_free(t);
}

static int
set_up(void **state)
{
	(void)state;
	loop = loop_new();
	memset(&config, 0, sizeof(config));
	config.dns_deadline = 4;
	config.dns_parallel = 100;
	fakes_count = 0;
	turn = 0;
	pending = 0;
	return 0;
}

static int
tear_down(void **state)
{
	size_t i;

	(void)state;
	/* A test that failed half-way leaves look-ups behind. */
	if (pending == 0)
		dns_free(dns);
	dns = NULL;
	for (i = 0; i < fakes_count; i++)
		fake_stop(&fakes[i]);
	loop_free(loop);
	return 0;
}

static void
add_server_at(const char *host, enum fake_mode mode)
{
	size_t i = fakes_count++;

	fake_start(&fakes[i], loop, host, mode);
	server_items[i] = fakes[i].text;
	config.dns_servers.item = server_items;
	config.dns_servers.count = fakes_count;
}

static void
add_server(enum fake_mode mode)
{
	char host[32];

	snprintf(host, sizeof(host), "127.0.0.%zu", 11 + fakes_count);
	add_server_at(host, mode);
}

static void
open_dns(void)
{
	dns = dns_new(loop, &config);
	assert_non_null(dns);
}

static struct dns_lookup *
ask_for(const char *name, enum dns_type type, enum dns_priority priority,
    struct got *g)
{
	memset(g, 0, sizeof(*g));
	pending++;
	return dns_lookup(dns, name, type, priority, on_answer, g);
}

static struct dns_lookup *
ask(const char *name, struct got *g)
{
	return ask_for(name, DNS_A, DNS_QUERY, g);
}

static void
test_good(void **state)
{
	const struct fake_query *q = &fakes[0].last;
	struct got g;

	(void)state;
	add_server(MODE_GOOD);
	open_dns();
	assert_true(dns_is_started(ask("WWW.example.com.", &g)));
	assert_int_equal(g.calls, 0);
	run_for(1);
	assert_int_equal(g.status, DNS_OK);
	assert_int_equal(g.rcode, 0);
	assert_int_equal(g.count, 1);
	assert_int_equal(g.ttl, 300);
	assert_true(g.ad); /* a loopback server is believed */
	assert_true(g.is_believed);
	assert_string_equal(g.owner, NAME);
	/* The query: RD and AD set, one OPT with 1232. */
	assert_int_equal(q->bytes[2], 1);
	assert_int_equal(q->bytes[3], PACKET_AD);
	assert_int_equal(q->bytes[11], 1);
	assert_memory_equal(
	    q->bytes + q->len - 11, "\0\0\51\4\320\0\0\0\0\0\0", 11);
	run_ms(20);
	assert_int_equal(g.calls, 1);
}

static void
test_ipv6(void **state)
{
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6,
		.sin6_addr = IN6ADDR_LOOPBACK_INIT };
	int fd = socket(AF_INET6, SOCK_DGRAM, 0);
	int rc = bind(fd, (struct sockaddr *)&v6, sizeof(v6));
	struct got g;

	(void)state;
	close(fd);
	if (rc == -1)
		skip(); /* no IPv6 on this host */
	add_server_at("::1", MODE_TC_GOOD);
	open_dns();
	ask_for(NAME, DNS_TXT, DNS_QUERY, &g);
	run_for(1);
	assert_int_equal(g.status, DNS_OK);
	assert_int_equal(g.count, 10);
	assert_true(g.ad);
	assert_int_equal(fakes[0].seen, 1);
	assert_int_equal(fakes[0].seen_tcp, 1);
}

/* What one look-up becomes, given what the servers do. */
static void
test_fail_over(void **state)
{
	static const struct {
		enum fake_mode mode[SERVERS_MAX];
		size_t count;
		enum dns_status status;
		int rcode;
		unsigned int seen[SERVERS_MAX];
		const char *detail;
	} rows[] = {
		{ { MODE_SERVFAIL, MODE_GOOD }, 2, DNS_OK, 0, { 1, 1 },
		    "NOERROR from 127.0.0.12:" },
		{ { MODE_REFUSED, MODE_GOOD }, 2, DNS_OK, 0, { 1, 1 }, "" },
		{ { MODE_NOTIMP, MODE_GOOD }, 2, DNS_OK, 0, { 1, 1 }, "" },
		{ { MODE_GARBAGE, MODE_GOOD }, 2, DNS_OK, 0, { 1, 1 }, "" },
		{ { MODE_LOOP, MODE_GOOD }, 2, DNS_OK, 0, { 1, 1 }, "" },
		{ { MODE_CLOSED, MODE_GOOD }, 2, DNS_OK, 0, { 0, 1 }, "" },
		{ { MODE_CLOSED, MODE_SERVFAIL, MODE_GOOD }, 3, DNS_OK, 0,
		    { 0, 1, 1 }, "" },
		{ { MODE_SILENT, MODE_GOOD }, 2, DNS_OK, 0, { 1, 1 }, "" },
		{ { MODE_WRONG_ID, MODE_GOOD }, 2, DNS_OK, 0, { 1, 1 }, "" },
		{ { MODE_WRONG_QUESTION, MODE_GOOD }, 2, DNS_OK, 0, { 1, 1 },
		    "" },
		{ { MODE_NXDOMAIN, MODE_GOOD }, 2, DNS_NXDOMAIN, 3, { 1, 0 },
		    "NXDOMAIN from 127.0.0.11:" },
		{ { MODE_NODATA, MODE_GOOD }, 2, DNS_NODATA, 0, { 1, 0 }, "" },
		{ { MODE_SERVFAIL }, 1, DNS_FAILED, 2, { 2 },
		    "SERVFAIL from 127.0.0.11:" },
		{ { MODE_SERVFAIL, MODE_REFUSED }, 2, DNS_FAILED, 5, { 2, 2 },
		    "REFUSED from 127.0.0.12:" },
		{ { MODE_GARBAGE }, 1, DNS_FAILED, -1, { 2 },
		    "garbage from 127.0.0.11:" },
		{ { MODE_LOOP }, 1, DNS_FAILED, 0, { 2 },
		    "a loop or too many CNAMEs from 127.0.0.11:" },
		{ { MODE_SERVFAIL, MODE_CLOSED }, 2, DNS_FAILED, 2, { 2, 0 },
		    "127.0.0.12:" },
		{ { MODE_CLOSED }, 1, DNS_NO_SERVER, -1, { 0 }, "127.0.0.11:" },
		{ { MODE_CLOSED, MODE_CLOSED, MODE_CLOSED }, 3, DNS_NO_SERVER,
		    -1, { 0 }, "127.0.0.13:" },
		{ { MODE_FORMERR }, 1, DNS_OK, 0, { 2 }, "" },
	};
	struct got g;
	size_t i, k;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (k = 0; k < rows[i].count; k++)
			add_server(rows[i].mode[k]);
		open_dns();
		ask(NAME, &g);
		if (g.calls != 0)
			fail_msg("row %zu: called back at once", i);
		run_for(1);
		run_ms(1);
		if (g.calls != 1 || g.status != rows[i].status ||
		    g.rcode != rows[i].rcode)
			fail_msg("row %zu: calls %u status %s rcode %d: %s", i,
			    g.calls, dns_status_word(g.status), g.rcode,
			    g.detail);
		if (strncmp(g.detail, rows[i].detail, strlen(rows[i].detail)) !=
		    0)
			fail_msg("row %zu: %s", i, g.detail);
		for (k = 0; k < rows[i].count; k++)
			if (fakes[k].seen != rows[i].seen[k])
				fail_msg("row %zu: server %zu saw %u", i, k,
				    fakes[k].seen);
		tear_down(state);
		set_up(state);
	}
}

/* The server that answered last is asked first. */
static void
test_last_good_first(void **state)
{
	struct got g;

	(void)state;
	add_server(MODE_SERVFAIL);
	add_server(MODE_GOOD);
	open_dns();
	ask(NAME, &g);
	run_for(1);
	ask(NAME, &g);
	run_for(1);
	assert_int_equal(g.status, DNS_OK);
	assert_int_equal(fakes[0].seen, 1);
	assert_int_equal(fakes[1].seen, 2);
	/* And round again from there. */
	fakes[0].mode = MODE_GOOD;
	fakes[1].mode = MODE_SERVFAIL;
	ask(NAME, &g);
	run_for(1);
	assert_int_equal(g.status, DNS_OK);
	assert_int_equal(fakes[0].seen, 2);
	assert_int_equal(fakes[1].seen, 3);
}

static void
test_silence(void **state)
{
	struct got g, other;

	(void)state;
	config.dns_deadline = 1;
	add_server(MODE_BY_NAME);
	open_dns();
	ask("silent.example.com", &g);
	run_for(1);
	assert_int_equal(g.status, DNS_NO_SERVER);
	assert_int_equal(g.rcode, -1);
	assert_string_equal(g.detail, "no answer in 1 s");
	/* Others are answered: the name is at fault. */
	ask("silent.example.com", &g);
	ask("good.example.com", &other);
	run_for(2);
	assert_int_equal(other.status, DNS_OK);
	assert_int_equal(g.status, DNS_TIMEOUT);
}

/* What comes in and is no answer is no sign of life. */
static void
test_lies(void **state)
{
	static const enum fake_mode lies[] = { MODE_WRONG_ID,
		MODE_WRONG_QUESTION };
	struct got g;
	size_t i;

	(void)state;
	config.dns_deadline = 1;
	add_server(MODE_GOOD);
	open_dns();
	for (i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		fakes[0].mode = lies[i];
		ask(NAME, &g);
		run_for(1);
		if (g.status != DNS_NO_SERVER)
			fail_msg("row %zu: status %d", i, (int)g.status);
		assert_int_equal(fakes[0].seen, i + 1);
	}
}

/* One that speaks at the beginning, and then to nobody, is no server. */
static void
test_last_words(void **state)
{
	struct got g, other;

	(void)state;
	config.dns_deadline = 5;
	add_server(MODE_BY_NAME);
	open_dns();
	ask("silent.example.com", &g);
	ask("good.example.com", &other);
	run_for(2);
	assert_int_equal(other.status, DNS_OK);
	assert_int_equal(g.status, DNS_NO_SERVER);
}

static void
test_silence_and_failure(void **state)
{
	struct got g;

	(void)state;
	config.dns_deadline = 2;
	add_server(MODE_SERVFAIL);
	add_server(MODE_SILENT);
	open_dns();
	ask(NAME, &g);
	run_for(1);
	assert_int_equal(g.status, DNS_FAILED);
	assert_int_equal(g.rcode, 2);
	/* Only silence is worth going round again. */
	assert_true(fakes[0].seen >= 2);
}

static void
on_release(void *arg)
{
	fake_release(arg);
}

/* The first try is given up after 1 s; its answer comes later still. */
static void
test_late_answer(void **state)
{
	struct loop_timer *t;
	struct got g;

	(void)state;
	add_server(MODE_HOLD);
	open_dns();
	t = loop_timer_new(loop, on_release, &fakes[0]);
	loop_timer_set(t, 1300);
	ask(NAME, &g);
	run_for(1);
	assert_int_equal(g.status, DNS_OK);
	assert_int_equal(fakes[0].seen, 2);
	/* And one that comes after the end is nobody's. */
	fake_release(&fakes[0]);
	run_ms(20);
	assert_int_equal(g.calls, 1);
	loop_timer_free(t);
}

static void
test_tcp(void **state)
{
	struct got g, other;

	(void)state;
	add_server(MODE_TC_GOOD);
	open_dns();
	ask_for(NAME, DNS_TXT, DNS_QUERY, &g);
	run_for(1);
	assert_int_equal(g.status, DNS_OK);
	assert_int_equal(g.count, 10);
	assert_int_equal(fakes[0].seen_tcp, 1);
	tear_down(state);

	/* No whole answer: this name fails, the server is there. */
	set_up(state);
	add_server(MODE_TC_REFUSED);
	open_dns();
	ask(NAME, &g);
	run_for(1);
	assert_int_equal(g.status, DNS_FAILED);
	tear_down(state);

	/* A connection cut off takes no other look-up with it. */
	set_up(state);
	add_server(MODE_BY_NAME);
	open_dns();
	ask("hold.example.com", &other);
	ask("cut.example.com", &g);
	run_for(1);
	assert_int_equal(g.status, DNS_FAILED);
	assert_int_equal(other.calls, 0);
	while (fakes[0].released < fakes[0].held_count)
		fake_release(&fakes[0]);
	run_for(1);
	assert_int_equal(other.status, DNS_OK);
}

/* One FORMERR must not spoil the channel for those that follow. */
static void
test_server_without_edns(void **state)
{
	struct got g;
	int i;

	(void)state;
	add_server(MODE_FORMERR);
	open_dns();
	for (i = 0; i < 4; i++) {
		ask(NAME, &g);
		run_for(1);
		assert_int_equal(g.status, DNS_OK);
	}
	/* Known by then: no OPT is sent any more. */
	i = (int)fakes[0].seen;
	ask(NAME, &g);
	run_for(1);
	assert_int_equal(fakes[0].seen, i + 1);
}

static void
test_queue(void **state)
{
	static const struct {
		const char *name;
		enum dns_priority priority;
		unsigned int turn;
	} rows[] = {
		{ "hold.b1", DNS_BACKGROUND, 1 },
		{ "hold.b2", DNS_BACKGROUND, 2 },
		{ "hold.b3", DNS_BACKGROUND, 5 },
		{ "hold.q1", DNS_QUERY, 3 },
		{ "hold.b4", DNS_BACKGROUND, 6 },
		{ "hold.q2", DNS_QUERY, 4 },
	};
	enum {
		N = sizeof(rows) / sizeof(rows[0])
	};
	struct dns_lookup *l[N];
	struct got g[N];
	size_t i;

	(void)state;
	config.dns_parallel = 2;
	add_server(MODE_HOLD);
	open_dns();
	for (i = 0; i < N; i++)
		l[i] = ask_for(rows[i].name, DNS_A, rows[i].priority, &g[i]);
	for (i = 0; i < N; i++)
		assert_int_equal(dns_is_started(l[i]), i < 2);
	run_ms(20);
	for (i = 0; i < N; i++) {
		/* Never more than two that wait for an answer. */
		assert_int_equal(fakes[0].held_count, i + 2 > N ? N : i + 2);
		fake_release(&fakes[0]);
		run_for(1);
		run_ms(20);
	}
	for (i = 0; i < N; i++)
		if (g[i].calls != 1 || g[i].status != DNS_OK ||
		    g[i].turn != rows[i].turn)
			fail_msg("row %zu: turn %u", i, g[i].turn);
}

static void
test_cancel(void **state)
{
	struct dns_lookup *l, *queued;
	struct got g, h, k;

	(void)state;
	config.dns_parallel = 1;
	add_server(MODE_HOLD);
	open_dns();
	/* Not yet sent; sent, without an answer. */
	l = ask("one.example.com", &g);
	queued = ask("two.example.com", &h);
	ask("three.example.com", &k);
	assert_false(dns_is_started(queued));
	cancel(queued);
	run_ms(20);
	cancel(l);
	run_ms(20);
	/* The place is free for the third; the first's answer is dropped. */
	assert_int_equal(fakes[0].held_count, 2);
	assert_string_equal(fakes[0].held[1].name, "three.example.com");
	fake_release(&fakes[0]);
	fake_release(&fakes[0]);
	run_for(1);
	assert_int_equal(k.status, DNS_OK);
	/* A bad name, before its callback. */
	cancel(ask("a..b", &g));
	run_ms(20);
	assert_int_equal(g.calls, 0);
	assert_int_equal(h.calls, 0);
	/* Just sent, and the end of everything. */
	cancel(ask("four.example.com", &g));
}

/* Both answers are read in one go; the first callback cancels the other. */
static void
test_cancel_when_answered(void **state)
{
	struct dns_lookup *l[2];
	struct got g[2];

	(void)state;
	add_server(MODE_HOLD);
	open_dns();
	l[0] = ask("one.example.com", &g[0]);
	l[1] = ask("two.example.com", &g[1]);
	g[0].victim = l[1];
	g[1].victim = l[0];
	run_ms(20);
	fake_release(&fakes[0]);
	fake_release(&fakes[0]);
	run_for(1);
	run_ms(20);
	assert_int_equal(g[0].calls + g[1].calls, 1);
}

static void
test_free_in_callback(void **state)
{
	struct dns_lookup *l;
	struct got g, other;

	(void)state;
	add_server(MODE_GOOD);
	open_dns();
	ask(NAME, &g);
	l = ask(NAME, &other);
	g.victim = l;
	g.doomed = dns;
	run_for(1);
	assert_int_equal(g.calls, 1);
	assert_int_equal(other.calls, 0);
	assert_null(dns);
}

static void
test_bad_names(void **state)
{
	static const char label64[] =
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
	static const char *const names[] = { "", ".", "a..b", ".a", "a..",
		"a b", "a\\.b", "a\\032", "\303\244.de", "a/b", "x.onion",
		label64 };
	char name[512];
	struct got g;
	size_t i;

	(void)state;
	add_server(MODE_GOOD);
	open_dns();
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		ask(names[i], &g);
		if (g.calls != 0)
			fail_msg("row %zu: called back at once", i);
		run_for(1);
		if (g.status != DNS_BAD_NAME)
			fail_msg("row %zu: %s", i, dns_status_word(g.status));
	}
	/* 254 octets; 253 and labels of 63 are a name. */
	for (i = 0; i < 4; i++)
		snprintf(
		    name + 64 * i, sizeof(name) - 64 * i, "%.63s.", label64);
	name[254] = '\0';
	ask(name, &g);
	run_for(1);
	assert_int_equal(g.status, DNS_BAD_NAME);
	assert_int_equal(fakes[0].seen, 0);
	name[253] = '\0';
	ask(name, &g);
	run_for(1);
	assert_int_equal(g.status, DNS_OK);
	ask("_25._tcp.a-b.example.com", &g);
	run_for(1);
	assert_int_equal(g.status, DNS_OK);
}

/* Without a descriptor left the fault is ours, and passes. */
static void
test_no_descriptors(void **state)
{
	struct rlimit limit, lower = { 64, 0 };
	int fds[64], n = 0, rows;
	struct dns_lookup *silent;
	struct got g, other;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	lower.rlim_max = limit.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &lower), 0);
	add_server(MODE_BY_NAME);
	add_server(MODE_GOOD);
	open_dns();
	for (rows = 0; rows < 2; rows++) {
		while (n < 64 && (fds[n] = dup(0)) != -1)
			n++;
		assert_true(n < 64 && errno == EMFILE);
		ask(NAME, &g);
		assert_int_equal(g.calls, 0);
		run_for(1);
		while (n > 0)
			close(fds[--n]);
		assert_int_equal(g.status, DNS_LOCAL);
		assert_int_equal(fakes[0].seen, (unsigned int)rows);
		ask(NAME, &g);
		run_for(1);
		assert_int_equal(g.status, DNS_OK);
	}
	/* UDP has its socket already, TCP gets none. */
	fakes[1].mode = MODE_BY_NAME;
	silent = ask("silent.example.com", &other);
	run_ms(20);
	while (n < 64 && (fds[n] = dup(0)) != -1)
		n++;
	ask("cut.example.com", &g);
	run_for(1);
	assert_int_equal(g.status, DNS_LOCAL);
	while (n > 0)
		close(fds[--n]);
	cancel(silent);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

static void
write_file(const char *path, const char *text)
{
	char temporary[256];
	FILE *f;

	snprintf(temporary, sizeof(temporary), "%s.new", path);
	f = fopen(temporary, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	assert_int_equal(rename(temporary, path), 0);
}

/* Look-ups in flight end with the servers they began with. */
static void
test_resolv_conf(void **state)
{
	char folder[] = "/tmp/test_dns.XXXXXX", path[64], text[256];
	struct got old, new;

	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/resolv.conf", folder);
	add_server(MODE_HOLD);
	add_server(MODE_GOOD);
	memset(&config.dns_servers, 0, sizeof(config.dns_servers));
	snprintf(text, sizeof(text), "nameserver %s\n", fakes[0].text);
	write_file(path, text);
	dns = dns_new_from(loop, &config, path);
	assert_non_null(dns);
	ask("old.example.com", &old);
	run_ms(20);
	assert_int_equal(fakes[0].seen, 1);
	snprintf(text, sizeof(text), "# moved\nnameserver %s\n", fakes[1].text);
	write_file(path, text);
	run_ms(1050);
	ask("new.example.com", &new);
	run_for(1);
	assert_int_equal(new.status, DNS_OK);
	assert_int_equal(fakes[1].seen, 1);
	assert_int_equal(old.calls, 0);
	fake_release(&fakes[0]);
	run_for(1);
	assert_int_equal(old.status, DNS_OK);
	unlink(path);
	rmdir(folder);
}

static void
test_trust(void **state)
{
	static const struct {
		const char *server;
		const char *trusted;
		bool is_trusted;
	} rows[] = {
		{ "127.0.0.1", NULL, true },
		{ "127.255.0.3:5353", NULL, true },
		{ "::1", NULL, true },
		{ "0.0.0.0", NULL, true },
		{ "192.0.2.1", NULL, false },
		{ "192.0.2.1", "192.0.2.1", true },
		{ "192.0.2.1:53", "192.0.2.0/24", true },
		{ "192.0.2.1", "192.0.2.2", false },
		{ "192.0.2.130", "192.0.2.128/25", true },
		{ "192.0.2.127", "192.0.2.128/25", false },
		{ "2001:db8::1", NULL, false },
		{ "2001:db8::1", "2001:db8::/32", true },
		{ "2001:db8::1", "192.0.2.0/24", false },
	};
	char server[64], trusted[64], *items[2] = { server, trusted };
	struct dnsset_source *source;
	struct buf text = { 0 };
	struct dnsset *set;
	size_t i;

	(void)state;
	config.dns_servers.item = &items[0];
	config.dns_servers.count = 1;
	config.dns_trust_ad.item = &items[1];
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		snprintf(server, sizeof(server), "%s", rows[i].server);
		snprintf(trusted, sizeof(trusted), "%s",
		    rows[i].trusted != NULL ? rows[i].trusted : "");
		config.dns_trust_ad.count = rows[i].trusted != NULL;
		source = dnsset_source_new(loop, &config, "");
		assert_non_null(source);
		set = dnsset_get(source);
		if (dnsserver_is_trusted(set->server[0]) != rows[i].is_trusted)
			fail_msg("row %zu", i);
		dnsset_unref(set);
		dnsset_source_free(source);
		buf_reset(&text);
		if (dnsset_trust(&config, "", &text) !=
		    (rows[i].is_trusted ? DNS_TRUST_ALL : DNS_TRUST_NONE))
			fail_msg("row %zu, in all", i);
	}
	/* Some of them; from a file as well. */
	items[0] = trusted;
	items[1] = server;
	snprintf(trusted, sizeof(trusted), "192.0.2.9");
	snprintf(server, sizeof(server), "127.0.0.1");
	config.dns_servers.count = 2;
	config.dns_trust_ad.count = 0;
	buf_reset(&text);
	assert_int_equal(dnsset_trust(&config, "", &text), DNS_TRUST_SOME);
	assert_string_equal(buf_str(&text), "192.0.2.9, 127.0.0.1");
	config.dns_servers.count = 0;
	buf_reset(&text);
	assert_int_equal(
	    dnsset_trust(&config, "/nonexistent", &text), DNS_TRUST_ALL);
	buf_clear(&text);
}

/* Other servers and other trust, while a look-up still has the old ones. */
static void
test_reload(void **state)
{
	char one[] = "192.0.2.1", two[] = "192.0.2.2",
	     path[] = "/tmp/dns.XXXXXX";
	char *items[] = { one, two };
	struct dnsset_source *source;
	struct dnsset *old, *set;
	int fd = mkstemp(path);

	(void)state;
	assert_int_equal(write(fd, "nameserver 192.0.2.3\n", 21), 21);
	close(fd);
	config.dns_servers = (struct config_list){ items, 1 };
	source = dnsset_source_new(loop, &config, path);
	old = dnsset_get(source);
	config.dns_servers.item = &items[1];
	config.dns_trust_ad = config.dns_servers;
	assert_true(dnsset_check(&config));
	dnsset_source_reload(source);
	set = dnsset_get(source);
	assert_string_equal(dnsserver_text(set->server[0]), two);
	assert_true(dnsserver_is_trusted(set->server[0]));
	assert_string_equal(dnsserver_text(old->server[0]), one);
	dnsset_unref(old);
	dnsset_unref(set);
	/* From the setting to the file, and back. */
	config.dns_servers.count = 0;
	dnsset_source_reload(source);
	set = dnsset_get(source);
	assert_string_equal(dnsserver_text(set->server[0]), "192.0.2.3");
	assert_false(dnsserver_is_trusted(set->server[0]));
	dnsset_unref(set);
	config.dns_servers.count = 1;
	dnsset_source_reload(source);
	set = dnsset_get(source);
	assert_string_equal(dnsserver_text(set->server[0]), two);
	dnsset_unref(set);
	dnsset_source_free(source);
	unlink(path);
}

static void
test_bad_setting(void **state)
{
	char bad[] = "localhost", good[] = "127.0.0.1";
	char *items[] = { good, bad };

	(void)state;
	config.dns_servers.item = items;
	config.dns_servers.count = 2;
	assert_null(dns_new(loop, &config));
	assert_false(dns_check(&config));
	config.dns_servers.count = 1;
	assert_true(dns_check(&config));
}

/* One line when the servers fall silent, one when they are back. */
static void
test_log(void **state)
{
	char path[] = "/tmp/test_dns.XXXXXX", text[4096] = "";
	static const char *const names[] = { "silent.a", "good.a", "good.b" };
	int fd = mkstemp(path), saved = dup(STDERR_FILENO);
	const char *dark, *back;
	struct got g, other;
	size_t i;

	(void)state;
	config.dns_deadline = 1;
	add_server(MODE_BY_NAME);
	open_dns();
	dup2(fd, STDERR_FILENO);
	ask("silent.b", &other);
	for (i = 0; i < 3; i++) {
		ask(names[i], &g);
		run_for(i == 0 ? 2 : 1);
	}
	dup2(saved, STDERR_FILENO);
	close(saved);
	assert_true(pread(fd, text, sizeof(text) - 1, 0) > 0);
	close(fd);
	unlink(path);
	dark = strstr(text, "dns-no-server: no name server answers");
	back = strstr(text, "dns-servers-back: ");
	assert_non_null(dark);
	assert_non_null(back);
	assert_true(dark < back);
	assert_null(strstr(dark + 1, "dns-no-server"));
	assert_null(strstr(back + 1, "dns-servers-back"));
}

static void
test_many(void **state)
{
	enum {
		N = 1000
	};
	struct got *g = calloc(N, sizeof(*g));
	char name[64];
	int i;

	(void)state;
	add_server(MODE_BY_NAME);
	open_dns();
	for (i = 0; i < N; i++) {
		snprintf(name, sizeof(name), "%sn%d.example.com",
		    i % 3 == 0 ? "servfail." : "", i);
		ask(name, &g[i]);
	}
	run_for(N);
	for (i = 0; i < N; i++)
		if (g[i].calls != 1 ||
		    g[i].status != (i % 3 == 0 ? DNS_FAILED : DNS_OK))
			fail_msg("look-up %d: %s", i, g[i].detail);
	free(g);
}

static void
test_words(void **state)
{
	static const struct {
		enum dns_type type;
		const char *name;
	} types[] = { { DNS_A, "A" }, { DNS_NS, "NS" }, { DNS_CNAME, "CNAME" },
		{ DNS_SOA, "SOA" }, { DNS_MX, "MX" }, { DNS_TXT, "TXT" },
		{ DNS_AAAA, "AAAA" }, { DNS_TLSA, "TLSA" } };
	static const char *const words[] = { [DNS_OK] = "ok",
		[DNS_NODATA] = "nodata",
		[DNS_NXDOMAIN] = "nxdomain",
		[DNS_FAILED] = "servfail",
		[DNS_TIMEOUT] = "timeout",
		[DNS_NO_SERVER] = "no-server",
		[DNS_LOCAL] = "local",
		[DNS_BAD_NAME] = "bad-name" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		assert_string_equal(
		    dns_type_name(types[i].type), types[i].name);
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		assert_string_equal(
		    dns_status_word((enum dns_status)i), words[i]);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_good),
		TEST(test_ipv6),
		TEST(test_fail_over),
		TEST(test_last_good_first),
		TEST(test_silence),
		TEST(test_lies),
		TEST(test_last_words),
		TEST(test_silence_and_failure),
		TEST(test_late_answer),
		TEST(test_tcp),
		TEST(test_server_without_edns),
		TEST(test_queue),
		TEST(test_cancel),
		TEST(test_cancel_when_answered),
		TEST(test_free_in_callback),
		TEST(test_bad_names),
		TEST(test_no_descriptors),
		TEST(test_resolv_conf),
		TEST(test_trust),
		TEST(test_reload),
		TEST(test_bad_setting),
		TEST(test_log),
		TEST(test_many),
		TEST(test_words),
	};

	clock_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
