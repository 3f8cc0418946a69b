/* SPDX-License-Identifier: ISC */
/* The queues, and cancelling a fetch anywhere on its way. */
#include "fetch_steps.h"

#define POLICY "version: STSv1\nmode: none\nmax_age: 60\n"
#define GOOD                                              \
	"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n" \
	"Content-Length: 38\r\n\r\n" POLICY

static const struct script good = { .answer = GOOD };

static void
on_counted(const struct fetch_result *result, void *arg)
{
	unsigned int *count = arg;

	assert_int_equal(result->reason, STS_REASON_DNS);
	(*count)++;
}

static void
test_queues(void **state)
{
	static const struct {
		const char *domain;
		enum fetch_priority priority;
	} asked[] = {
		{ "b1.test", FETCH_BACKGROUND },
		{ "b2.test", FETCH_BACKGROUND },
		{ "b3.test", FETCH_BACKGROUND },
		{ "b4.test", FETCH_BACKGROUND },
		{ "q1.test", FETCH_QUERY },
		{ "q2.test", FETCH_QUERY },
	};
	static const char *const order[] = { "b1", "b2", "q1", "q2", "b3",
		"b4" };
	struct fetch *fetches[COUNT(asked)];
	unsigned int count = 0;
	char name[64];
	size_t i;

	(void)state;
	world_open(&good);
	world.config.fetch_parallel = 2;
	world.a = world.aaaa = (struct zone){ .status = DNS_NXDOMAIN };
	world.a.hold = world.aaaa.hold = 100;
	world_start();
	for (i = 0; i < COUNT(asked); i++) {
		fetches[i] = fetch_policy(world.fetcher, asked[i].domain,
		    asked[i].priority, on_counted, &count);
		/* the first two leave before the others come */
		if (i == 1)
			spin();
	}
	spin();
	for (i = 0; i < COUNT(asked); i++)
		assert_int_equal(fetch_is_started(fetches[i]), i < 2);
	for (i = 0; i < COUNT(order); i++) {
		assert_int_equal(world.asked_count,
		    i + 2 < COUNT(order) ? i + 2 : COUNT(order));
		snprintf(name, sizeof(name), "mta-sts.%s.test", order[i]);
		assert_string_equal(world.asked[i], name);
		release(name, DNS_A);
		release(name, DNS_AAAA);
		spin();
		assert_int_equal(count, i + 1);
	}
	world_close();
}

/* The second one's clock must not run while it waits for the first. */
static void
test_queue_clock(void **state)
{
	struct seen first = { 0 };

	(void)state;
	world_open(&good);
	world.config.fetch_parallel = 1;
	world.config.fetch_timeout = 1;
	world.a.hold = world.aaaa.hold = 1;
	world_start();
	fetch_policy(world.fetcher, DOMAIN, FETCH_QUERY, on_fetched, &first);
	world.fetch = fetch_policy(
	    world.fetcher, DOMAIN, FETCH_QUERY, on_fetched, &world.seen);
	assert_int_equal(loop_run(world.loop), 0);
	assert_int_equal(first.reason, STS_REASON_TIMEOUT);
	assert_int_equal(loop_run(world.loop), 0);
	expect(STS_REASON_OK, "");
	world_close();
}

static void
check_nothing_comes(void)
{
	spin();
	assert_int_equal(world.seen.count, 0);
	assert_int_equal(world.lookups, 0);
	world_close();
}

static void
begin(void)
{
	world_start();
	world.fetch = fetch_policy(
	    world.fetcher, DOMAIN, FETCH_QUERY, on_fetched, &world.seen);
}

static void
test_cancel_early(void **state)
{
	struct fetch *second, *third;

	(void)state;
	/* in the queue */
	world_open(&good);
	world.config.fetch_parallel = 1;
	world.a.hold = world.aaaa.hold = 2;
	begin();
	fetch_cancel(world.fetch);
	check_nothing_comes();

	/* what waits behind one that is cancelled starts */
	world_open(&good);
	world.config.fetch_parallel = 1;
	world.a.hold = world.aaaa.hold = 3;
	begin();
	second = fetch_policy(
	    world.fetcher, "two.test", FETCH_QUERY, on_fetched, &world.seen);
	third = fetch_policy(
	    world.fetcher, "three.test", FETCH_QUERY, on_fetched, &world.seen);
	spin();
	assert_int_equal(world.asked_count, 1);
	fetch_cancel(second);
	fetch_cancel(world.fetch);
	spin();
	assert_int_equal(world.asked_count, 2);
	assert_string_equal(world.asked[1], "mta-sts.three.test");
	fetch_cancel(third);
	check_nothing_comes();

	/* while addresses are looked up */
	world_open(&good);
	world.a.hold = world.aaaa.hold = 1;
	begin();
	spin();
	assert_int_equal(world.lookups, 2);
	fetch_cancel(world.fetch);
	check_nothing_comes();

	/* one family is there */
	world_open(&good);
	world.aaaa.hold = 1;
	begin();
	spin();
	assert_int_equal(world.lookups, 1);
	fetch_cancel(world.fetch);
	check_nothing_comes();

	/* the transfer has just started; the delivery is under way */
	world_open(&good);
	world.aaaa.hold = 1;
	begin();
	spin();
	world.is_cancelled_on_answer = true;
	release(NULL, DNS_AAAA);
	check_nothing_comes();
	world_open(&good);
	world.a.status = DNS_NXDOMAIN;
	world.a.address[0] = NULL;
	world.aaaa.hold = 1;
	begin();
	spin();
	world.is_cancelled_on_answer = true;
	release(NULL, DNS_AAAA);
	check_nothing_comes();
	fetch_cancel(NULL);
}

static void
on_cancel_two(void *arg)
{
	struct fetch **fetches = arg;

	fetch_cancel(fetches[0]);
	fetch_cancel(fetches[2]);
}

/*
 * Three that get their addresses in one turn: libcurl has the first, the
 * others wait for it to have begun.
 */
static void
test_cancel_together(void **state)
{
	struct fetch *fetches[3];
	size_t i;

	(void)state;
	world_open(&good);
	world.aaaa.hold = COUNT(fetches);
	world_start();
	for (i = 0; i < COUNT(fetches); i++)
		fetches[i] = fetch_policy(world.fetcher, DOMAIN, FETCH_QUERY,
		    on_fetched, &world.seen);
	spin();
	release(NULL, DNS_AAAA);
	loop_defer(world.loop, LOOP_NORMAL, on_cancel_two, fetches);
	assert_int_equal(loop_run(world.loop), 0);
	expect(STS_REASON_OK, "");
	world_close();
}

static void
on_reached(int fd, unsigned int events, void *arg)
{
	uint64_t n;

	(void)events;
	(void)arg;
	assert_int_equal(read(fd, &n, sizeof(n)), sizeof(n));
	fetch_cancel(world.fetch);
	world.fetch = NULL;
	loop_stop(world.loop);
}

/* The server hangs; when it does, the fetch is cancelled. */
static void
test_cancel_transfer(void **state)
{
	static const struct script rows[] = {
		{ .stage = AT_ACCEPT, .ending = WITH_HANG },
		{ .stage = AT_HELLO, .ending = WITH_HANG },
		{ .stage = AT_REQUEST, .ending = WITH_HANG },
		{ .answer = "HTTP/1.1 200 OK\r\nContent", .ending = WITH_HANG },
		{ .answer = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
			    "\r\nversion",
		    .ending = WITH_HANG },
		{ .answer = GOOD, .ending = WITH_CLOSE_NOTIFY },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		struct loop_fd *watch;

		world_open(&rows[i]);
		watch = loop_fd_new(world.loop, host.reached, LOOP_READ,
		    LOOP_LOOKUP, on_reached, NULL);
		begin();
		/* The last one may be whole before it is cancelled. */
		assert_int_equal(loop_run(world.loop), 0);
		loop_fd_free(watch);
		if (world.seen.count != 0) {
			assert_int_equal(i, COUNT(rows) - 1);
			world.seen.count = 0;
		}
		check_nothing_comes();
	}
}

/* From a callback: cancel another, free everything. */
static void
on_free_all(const struct fetch_result *result, void *arg)
{
	struct fetch **other = arg;

	assert_int_equal(result->reason, STS_REASON_DNS);
	fetch_cancel(*other);
	fetcher_free(world.fetcher);
	world.fetcher = NULL;
	loop_stop(world.loop);
}

static void
test_free_in_callback(void **state)
{
	struct fetch *other;

	(void)state;
	world_open(&good);
	world.a = world.aaaa = (struct zone){ .status = DNS_NXDOMAIN };
	world.config.fetch_parallel = 1;
	world_start();
	fetch_policy(world.fetcher, DOMAIN, FETCH_QUERY, on_free_all, &other);
	other = fetch_policy(
	    world.fetcher, DOMAIN, FETCH_QUERY, on_fetched, &world.seen);
	assert_int_equal(loop_run(world.loop), 0);
	check_nothing_comes();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_queues),
		cmocka_unit_test(test_queue_clock),
		cmocka_unit_test(test_cancel_early),
		cmocka_unit_test(test_cancel_together),
		cmocka_unit_test(test_cancel_transfer),
		cmocka_unit_test(test_free_in_callback),
	};

	return cmocka_run_group_tests(tests, setup_group, teardown_group);
}
