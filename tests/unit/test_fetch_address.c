/* SPDX-License-Identifier: ISC */
/* From the host's name to a connection. */
#include "fetch_steps.h"

#define POLICY "version: STSv1\nmode: none\nmax_age: 60\n"
#define GOOD                                              \
	"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n" \
	"Content-Length: 38\r\n\r\n" POLICY

static const struct script good = { .answer = GOOD };

static void
test_no_address(void **state)
{
	static const struct {
		enum dns_status a, aaaa;
		const char *a_address, *aaaa_address;
		enum sts_reason reason;
		const char *detail;
	} rows[] = {
		{ DNS_NXDOMAIN, DNS_NXDOMAIN, NULL, NULL, STS_REASON_DNS,
		    "no address: NXDOMAIN" },
		{ DNS_NODATA, DNS_NODATA, NULL, NULL, STS_REASON_DNS,
		    "no address: NODATA" },
		{ DNS_FAILED, DNS_NODATA, NULL, NULL, STS_REASON_DNS,
		    "no address: A SERVFAIL, AAAA NODATA" },
		{ DNS_TIMEOUT, DNS_TIMEOUT, NULL, NULL, STS_REASON_DNS,
		    "no answer" },
		{ DNS_BAD_NAME, DNS_BAD_NAME, NULL, NULL, STS_REASON_DNS,
		    "not a DNS name" },
		{ DNS_NO_SERVER, DNS_NO_SERVER, NULL, NULL,
		    STS_REASON_NO_SERVER, "no name server answers" },
		{ DNS_NODATA, DNS_NO_SERVER, NULL, NULL, STS_REASON_NO_SERVER,
		    "" },
		{ DNS_LOCAL, DNS_NO_SERVER, NULL, NULL, STS_REASON_LOCAL, "" },
		{ DNS_OK, DNS_NODATA, "10.0.0.1", NULL,
		    STS_REASON_REFUSED_ADDRESS,
		    "all addresses refused: 10.0.0.1" },
		{ DNS_OK, DNS_OK, "10.0.0.1", "fe80::1",
		    STS_REASON_REFUSED_ADDRESS, "10.0.0.1" },
		{ DNS_FAILED, DNS_OK, NULL, "64:ff9b::a00:1",
		    STS_REASON_REFUSED_ADDRESS, "[64:ff9b::a00:1]" },
		/* one family is enough */
		{ DNS_OK, DNS_LOCAL, "127.0.0.1", NULL, STS_REASON_OK, "" },
		{ DNS_OK, DNS_OK, "127.0.0.1", "fe80::1", STS_REASON_OK, "" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		world_open(&good);
		world.a.status = rows[i].a;
		world.a.address[0] = rows[i].a_address;
		world.aaaa.status = rows[i].aaaa;
		world.aaaa.address[0] = rows[i].aaaa_address;
		world_start();
		fetch_now();
		expect_row(i, rows[i].reason, rows[i].detail);
		world_close();
	}
}

/* Of several addresses the refused are not tried, a dead one is passed. */
static void
test_some_addresses(void **state)
{
	(void)state;
	world_open(&good);
	world.a.address[0] = "10.0.0.1";
	world.a.address[1] = "127.0.0.9";
	world.a.address[2] = "127.0.0.1";
	world_start();
	fetch_now();
	expect(STS_REASON_OK, "");
	world_close();
}

static void
test_connect_refused(void **state)
{
	(void)state;
	world_open(&good);
	world.a.address[0] = "127.0.0.8";
	world.a.address[1] = "127.0.0.9";
	world_start();
	fetch_now();
	expect(STS_REASON_CONNECT, "Connection refused: 127.0.0.8,127.0.0.9");
	world_close();
}

/* What is refused is not even handed to libcurl. */
static void
test_refused_is_left_out(void **state)
{
	(void)state;
	world_open(&good);
	world.a.address[0] = "10.0.0.1";
	world.a.address[1] = "127.0.0.9";
	world_start();
	fetch_now();
	expect(STS_REASON_CONNECT, "Connection refused: 127.0.0.9");
	world_close();
}

/* A listener whose queue is full drops every SYN. */
static void
test_connect_timeout(void **state)
{
	struct sockaddr_in in = { .sin_family = AF_INET };
	int listener, client[2];
	size_t i;

	(void)state;
	world_open(&good);
	world.config.fetch_connect_timeout = 1;
	world.a.address[0] = "127.0.0.7";
	listener = bind_port("127.0.0.7", host.port);
	assert_int_equal(listen(listener, 0), 0);
	in.sin_port = htons(host.port);
	inet_pton(AF_INET, "127.0.0.7", &in.sin_addr);
	for (i = 0; i < COUNT(client); i++) {
		client[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
		connect(client[i], (struct sockaddr *)&in, sizeof(in));
	}
	world_start();
	fetch_now();
	expect(STS_REASON_TIMEOUT, "no connection in");
	close(listener);
	close(client[0]);
	close(client[1]);
	world_close();
}

/* A usable family waits for the other 250 ms, an unusable one for good. */
static void
test_slower_family(void **state)
{
	(void)state;
	world_open(&good);
	world.aaaa.hold = 1;
	world_start();
	fetch_now();
	expect(STS_REASON_OK, "");
	world_close();

	world_open(&good);
	world.aaaa.status = DNS_OK;
	world.aaaa.address[0] = "fe80::1";
	world.a.hold = 1;
	world_start();
	world.fetch = fetch_policy(
	    world.fetcher, DOMAIN, FETCH_QUERY, on_fetched, &world.seen);
	spin();
	assert_int_equal(world.seen.count, 0);
	release(NULL, DNS_A);
	assert_int_equal(loop_run(world.loop), 0);
	expect(STS_REASON_OK, "");
	world_close();

	world_open(&good);
	world.config.fetch_timeout = 1;
	world.aaaa.status = DNS_OK;
	world.aaaa.address[0] = "fe80::1";
	world.a.hold = 1;
	world_start();
	fetch_now();
	expect(STS_REASON_TIMEOUT, "no address in");
	world_close();
}

/* The family in time does not work here; the late one is asked for again. */
static void
test_late_family(void **state)
{
	(void)state;
	world_open(&good);
	world.aaaa.status = DNS_OK;
	world.aaaa.address[0] = "::1";
	world.a.hold = 1;
	world_start();
	fetch_now();
	expect(STS_REASON_OK, "");
	assert_int_equal(world.asked_count, 2);
	world_close();

	/* When it has no address either, the first failure stands. */
	world_open(&good);
	world.aaaa.status = DNS_OK;
	world.aaaa.address[0] = "::1";
	world.a.status = DNS_NODATA;
	world.a.address[0] = NULL;
	world.a.hold = 1;
	world_start();
	fetch_now();
	expect(STS_REASON_CONNECT, "[::1]");
	world_close();
}

static void
test_silent_dns(void **state)
{
	(void)state;
	world_open(&good);
	world.config.fetch_timeout = 1;
	world.a.hold = world.aaaa.hold = 1;
	world_start();
	fetch_now();
	expect(STS_REASON_TIMEOUT, "no address in");
	world_close();

	world_open(&good);
	world.config.fetch_timeout = 1;
	world.a.hold = world.aaaa.hold = 1;
	world.is_dns_busy = true;
	world_start();
	fetch_now();
	expect(STS_REASON_BUSY, "no turn");
	world_close();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_address),
		cmocka_unit_test(test_some_addresses),
		cmocka_unit_test(test_connect_refused),
		cmocka_unit_test(test_refused_is_left_out),
		cmocka_unit_test(test_connect_timeout),
		cmocka_unit_test(test_slower_family),
		cmocka_unit_test(test_late_family),
		cmocka_unit_test(test_silent_dns),
	};

	return cmocka_run_group_tests(tests, setup_group, teardown_group);
}
