/* SPDX-License-Identifier: ISC */
/* One name server, asked by its address. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/clock.h"
#include "dnsfake.h"
#include "net/dnsdirect.h"

static struct {
	struct loop *loop;
	struct config config;
	unsigned int count;
	enum dns_status status;
	size_t records;
	bool ad;
} world;

static void
on_answer(const struct dns_answer *answer, void *arg)
{
	(void)arg;
	world.count++;
	world.status = answer->status;
	world.records = answer->count;
	world.ad = answer->ad;
	loop_stop(world.loop);
}

static void
open_world(bool is_allowed)
{
	static char loopback[] = "127.0.0.0/8";
	static char *allow[] = { loopback };

	memset(&world, 0, sizeof(world));
	world.loop = loop_new();
	assert_non_null(world.loop);
	world.config.dns_deadline = 5;
	world.config.allow_networks.item = allow;
	world.config.allow_networks.count = is_allowed;
}

static struct dnsdirect *
ask(const char *address)
{
	struct dnsdirect_question question = { address, "a.example", DNS_A };

	return dnsdirect_lookup(
	    world.loop, &world.config, &question, on_answer, NULL);
}

static void
test_answers(void **state)
{
	static const struct {
		enum fake_mode mode;
		enum dns_status status;
		size_t records;
	} rows[] = {
		{ MODE_GOOD, DNS_OK, 1 },
		{ MODE_NXDOMAIN, DNS_NXDOMAIN, 0 },
		{ MODE_SERVFAIL, DNS_FAILED, 0 },
		{ MODE_CLOSED, DNS_NO_SERVER, 0 },
	};
	struct fake server;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		open_world(true);
		fake_start(&server, world.loop, "127.0.0.1", rows[i].mode);
		assert_non_null(ask(server.text));
		assert_int_equal(world.count, 0);
		assert_int_equal(loop_run(world.loop), 0);
		if (world.count != 1 || world.status != rows[i].status ||
		    world.records != rows[i].records)
			fail_msg("row %zu: status %d, %zu records", i,
			    (int)world.status, world.records);
		/* Though loopback: it is the zone's word, not a resolver's. */
		assert_false(world.ad);
		fake_stop(&server);
		loop_free(world.loop);
	}
}

static void
test_refused(void **state)
{
	(void)state;
	open_world(false);
	assert_null(ask("127.0.0.1"));
	assert_null(ask("10.0.0.1"));
	assert_null(ask("fe80::1"));
	assert_null(ask("ns.example"));
	assert_null(ask(""));
	loop_free(world.loop);
}

static void
test_cancel(void **state)
{
	struct fake server;

	(void)state;
	open_world(true);
	fake_start(&server, world.loop, "127.0.0.1", MODE_GOOD);
	dnsdirect_cancel(ask(server.text));
	dnsdirect_cancel(NULL);
	assert_int_equal(world.count, 0);
	fake_stop(&server);
	loop_free(world.loop);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_cancel),
	};

	clock_init();
	signal(SIGPIPE, SIG_IGN);
	alarm(60);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
