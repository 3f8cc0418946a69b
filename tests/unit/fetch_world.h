/* SPDX-License-Identifier: ISC */
/*
 * The world of the fetch tests: a policy host, a net/dns that answers what the
 * test says, and one fetcher. Nothing here waits for time but the fetcher's
 * own limits.
 */
#ifndef FETCH_WORLD_H
#define FETCH_WORLD_H

#include <arpa/inet.h>
#include <dirent.h>
#include <netdb.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/xmalloc.h"
#include "net/fetch.h"

#include "fetch_host.h"

#define COUNT(a)  (sizeof(a) / sizeof((a)[0]))
#define DOMAIN    "good.test"
#define ADDRESSES 4
#define LOOKUPS   32

/* What is the answer of one type, and is it held back? */
struct zone {
	enum dns_status status;
	const char *address[ADDRESSES];
	unsigned int hold; /* so many questions are not answered */
};

struct dns_lookup {
	struct loop_defer *defer;
	enum dns_type type;
	dns_cb *cb;
	void *arg;
	char name[300];
};

struct seen {
	unsigned int count; /* callbacks */
	enum sts_reason reason;
	char detail[1024];
	long status;
	char *body;
	size_t body_len;
};

static struct {
	char folder[64];
	char ca_file[128];
	bool has_resolved; /* somebody called getaddrinfo */
	size_t fds;
	struct loop *loop;
	struct config config;
	char *allow[4];
	struct fetcher *fetcher;
	struct fetch *fetch;
	struct zone a, aaaa;
	struct dns_lookup *held[LOOKUPS];
	char asked[LOOKUPS][300];
	size_t asked_count;
	size_t lookups; /* alive */
	bool is_dns_busy;
	bool is_cancelled_on_answer;
	struct seen seen;
	unsigned int spins;
} world;

/* libcurl must never ask by itself: found here before the C library's. */
int
getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
    struct addrinfo **res)
{
	(void)node;
	(void)service;
	(void)hints;
	(void)res;
	world.has_resolved = true;
	return EAI_FAIL;
}

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

/* ---- net/dns */

static void
forget_lookup(struct dns_lookup *lookup)
{
	size_t i;

	for (i = 0; i < LOOKUPS; i++)
		if (world.held[i] == lookup)
			world.held[i] = NULL;
	world.lookups--;
	free(lookup);
}

static void
on_dns_turn(void *arg)
{
	struct dns_lookup *lookup = arg;
	const struct zone *zone =
	    lookup->type == DNS_A ? &world.a : &world.aaaa;
	struct dns_answer answer = { .status = zone->status };
	struct dns_rr rr[ADDRESSES] = { 0 };
	dns_cb *cb = lookup->cb;
	void *cb_arg = lookup->arg;

	while (
	    answer.count < ADDRESSES && zone->address[answer.count] != NULL) {
		assert_int_equal(
		    inet_pton(lookup->type == DNS_A ? AF_INET : AF_INET6,
			zone->address[answer.count], &rr[answer.count]),
		    1);
		answer.count++;
	}
	answer.rr = rr;
	forget_lookup(lookup);
	cb(&answer, cb_arg);
	if (world.is_cancelled_on_answer) {
		fetch_cancel(world.fetch);
		world.fetch = NULL;
		world.is_cancelled_on_answer = false;
	}
}

struct dns_lookup *
dns_lookup(struct dns *dns, const char *name, enum dns_type type,
    enum dns_priority priority, dns_cb *cb, void *arg)
{
	struct dns_lookup *lookup = xcalloc(1, sizeof(*lookup));
	struct zone *zone = type == DNS_A ? &world.a : &world.aaaa;
	size_t i;

	(void)dns;
	(void)priority;
	lookup->type = type;
	lookup->cb = cb;
	lookup->arg = arg;
	strlcpy(lookup->name, name, sizeof(lookup->name));
	world.lookups++;
	if (type == DNS_A && world.asked_count < LOOKUPS)
		strlcpy(world.asked[world.asked_count++], name,
		    sizeof(world.asked[0]));
	if (zone->hold == 0) {
		lookup->defer =
		    loop_defer(world.loop, LOOP_NORMAL, on_dns_turn, lookup);
		return lookup;
	}
	zone->hold--;
	for (i = 0; world.held[i] != NULL; i++)
		assert_true(i + 1 < LOOKUPS);
	world.held[i] = lookup;
	return lookup;
}

void
dns_cancel(struct dns_lookup *lookup)
{
	if (lookup->defer != NULL)
		loop_defer_cancel(lookup->defer);
	forget_lookup(lookup);
}

bool
dns_is_started(const struct dns_lookup *lookup)
{
	(void)lookup;
	return !world.is_dns_busy;
}

/* ---- one test */

/* Opens the world: the script's server on 127.0.0.1, a configuration. */
static void
world_open(const struct script *script)
{
	static char loopback[] = "127.0.0.0/8", v6[] = "::1";
	static char none[] = "";

	memset(&world.seen, 0, sizeof(world.seen));
	memset(&world.a, 0, sizeof(world.a));
	memset(&world.aaaa, 0, sizeof(world.aaaa));
	world.a.address[0] = "127.0.0.1";
	world.aaaa.status = DNS_NODATA;
	world.asked_count = 0;
	world.is_dns_busy = false;
	world.is_cancelled_on_answer = false;
	world.fds = count_fds();
	host_open(script);
	world.loop = loop_new();
	assert_non_null(world.loop);
	world.allow[0] = loopback;
	world.allow[1] = v6;
	world.config = (struct config){ .fetch_timeout = 30,
		.fetch_connect_timeout = 15,
		.fetch_parallel = 4,
		.tls_ca_file = world.ca_file,
		.allow_networks = { world.allow, 2 },
		.proxy = none,
		.policy_port = host.port };
}

static void
world_start(void)
{
	world.fetcher = fetcher_new(world.loop, NULL, &world.config);
	assert_non_null(world.fetcher);
}

static void
world_close(void)
{
	fetcher_free(world.fetcher);
	world.fetcher = NULL;
	assert_int_equal(world.lookups, 0);
	loop_free(world.loop);
	host_close();
	free(world.seen.body);
	world.seen.body = NULL;
	assert_int_equal(count_fds(), world.fds);
	assert_false(world.has_resolved);
}

static void
on_fetched(const struct fetch_result *result, void *arg)
{
	struct seen *seen = arg;

	seen->count++;
	seen->reason = result->reason;
	strlcpy(seen->detail, result->detail, sizeof(seen->detail));
	seen->status = result->http_status;
	free(seen->body);
	seen->body = NULL;
	seen->body_len = result->body_len;
	if (result->body != NULL)
		seen->body = xmemdup(result->body, result->body_len);
	world.fetch = NULL;
	loop_stop(world.loop);
}

/* Fetch, and wait until it is delivered. */
static inline void
fetch_now(void)
{
	world.fetch = fetch_policy(
	    world.fetcher, DOMAIN, FETCH_QUERY, on_fetched, &world.seen);
	assert_int_equal(loop_run(world.loop), 0);
}

static void
expect_row(size_t row, enum sts_reason reason, const char *detail)
{
	if (world.seen.count != 1 || world.seen.reason != reason ||
	    strstr(world.seen.detail, detail) == NULL)
		fail_msg("row %zu: %u times, reason %d, \"%s\"", row,
		    world.seen.count, (int)world.seen.reason,
		    world.seen.detail);
}

static inline void
expect(enum sts_reason reason, const char *detail)
{
	expect_row(0, reason, detail);
}

static int
setup_group(void **state)
{
	(void)state;
	clock_init();
	signal(SIGPIPE, SIG_IGN);
	alarm(120);
	pki_init(&host.pki);
	strlcpy(world.folder, "/tmp/test_fetch.XXXXXX", sizeof(world.folder));
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
