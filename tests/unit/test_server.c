/* SPDX-License-Identifier: ISC */
/* Listeners: accepting, the limit, descriptors that run out, the end. */
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "daemon/server.h"
#include "fakelog.h"
#include "fakeresolver.h"
#include "nodanes.h"

#define CLIENTS_MAX 64
#define NOTFOUND    "9:NOTFOUND ,"

static char folder[64];
static char address[3][128];
static const char *const path[2] = { address[0] + 5, address[1] + 5 };
static char *item[3] = { address[0], address[1], address[2] };
static struct config config;
static struct loop *loop;
static struct loop_timer *turn_end;
static struct lookups *lookups;
static struct server *server;
static int client[CLIENTS_MAX];
static size_t clients;
static unsigned int accepts; /* calls */
static unsigned int failing; /* so many of them fail ... */
static int failure; /* ... like this */

/* The C library's, counted, and failing when told to. */
int
accept4(int fd, __SOCKADDR_ARG peer, socklen_t *len, int flags)
{
	accepts++;
	if (failing > 0) {
		failing--;
		errno = failure;
		return -1;
	}
	return (int)syscall(SYS_accept4, fd, peer.__sockaddr__, len, flags);
}

static void
on_turn_end(void *arg)
{
	loop_stop(arg);
}

static void
begin(int64_t max, size_t listeners)
{
	size_t i;

	snprintf(folder, sizeof(folder), "/tmp/test_server.XXXXXX");
	assert_non_null(mkdtemp(folder));
	for (i = 0; i < 2; i++) {
		snprintf(address[i], sizeof(address[i]), "unix:%s/socket%zu",
		    folder, i);
	}
	snprintf(address[2], sizeof(address[2]), "unix:%s/no/such/one", folder);
	config = (struct config){
		.listen = { item, listeners },
		.listen_mode = 0600,
		.listen_owner = item[0] + strlen(item[0]),
		.listen_group = item[0] + strlen(item[0]),
		.max_connections = max,
		.smarthost_policy = true,
	};
	accepts = failing = 0;
	loop = loop_new();
	turn_end = loop_timer_new(loop, on_turn_end, loop);
	lookups = lookups_new(&config, NULL);
	server = server_new(loop, &config, NULL);
}

static void
start(int64_t max, size_t listeners)
{
	begin(max, listeners);
	assert_non_null(server);
	server_start(server, lookups);
}

static int
tear_down(void **state)
{
	(void)state;
	server_free(server);
	lookups_free(lookups);
	loop_timer_free(turn_end);
	loop_free(loop);
	while (clients > 0)
		close(client[--clients]);
	fake_clear();
	buf_clear(&logged);
	return rmdir(folder);
}

static void
turn(void)
{
	int i;

	for (i = 0; i < 3; i++) {
		loop_timer_set(turn_end, 0);
		assert_int_equal(loop_run(loop), 0);
	}
}

static int
join(const char *to)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

	strlcpy(sun.sun_path, to, sizeof(sun.sun_path));
	assert_int_equal(
	    connect(fd, (const struct sockaddr *)&sun, sizeof(sun)), 0);
	client[clients++] = fd;
	return fd;
}

static void
put(int fd, const char *text)
{
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
}

static void
on_readable(int fd, unsigned int events, void *arg)
{
	(void)fd;
	(void)events;
	loop_stop(arg);
}

/* What comes next, however long it takes; "": the end. */
static void
expect(int fd, const char *text)
{
	struct loop_fd *watch =
	    loop_fd_new(loop, fd, LOOP_READ, LOOP_NORMAL, on_readable, loop);
	char got[256];
	ssize_t n;

	assert_int_equal(loop_run(loop), 0);
	loop_fd_free(watch);
	n = read(fd, got, sizeof(got) - 1);
	assert_true(n >= 0);
	got[n] = '\0';
	assert_string_equal(got, text);
}

static void
expect_nothing(int fd)
{
	char c;

	turn();
	assert_int_equal(read(fd, &c, 1), -1);
	assert_int_equal(errno, EAGAIN);
}

static void
test_listeners(void **state)
{
	struct stat st;
	int a, b;

	(void)state;
	begin(8, 2);
	assert_non_null(server);
	assert_int_equal(stat(path[1], &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	/* Bound, and nobody is accepted yet: they wait. */
	a = join(path[0]);
	put(a, "8:Q none.t,");
	expect_nothing(a);
	server_start(server, lookups);
	b = join(path[1]);
	put(b, "8:Q none.t,8:Q none.t,");
	expect(b, NOTFOUND NOTFOUND);
	expect(a, NOTFOUND);
	assert_int_equal(count_logged("listening"), 2);
	server_free(server);
	server = NULL;
	expect(a, "");
	expect(b, "");
	assert_int_equal(stat(path[0], &st), -1);
	assert_int_equal(stat(path[1], &st), -1);
}

/* One address cannot be had: nothing is left behind. */
static void
test_in_use(void **state)
{
	struct server *first;
	char *both[2] = { address[1], address[0] };
	struct stat st;

	(void)state;
	begin(8, 1);
	first = server;
	config.listen.item = both;
	config.listen.count = 2;
	server = server_new(loop, &config, NULL);
	assert_null(server);
	assert_int_equal(count_logged(path[0]), 1);
	assert_int_equal(stat(path[0], &st), 0);
	assert_int_equal(stat(path[1], &st), -1);
	config.listen = (struct config_list){ item, 1 };
	server_free(first);
	server_free(NULL);
}

/* Another set of addresses, while somebody is connected to each. */
static void
test_other_addresses(void **state)
{
	struct config_list second = { item + 1, 1 }, both = { item, 2 };
	struct config_list bad = { (char *[]){ item[1], item[2] }, 2 };
	struct stat st;
	int a, waiting, b;

	(void)state;
	start(8, 1);
	a = join(path[0]);
	put(a, "8:Q none.t,");
	expect(a, NOTFOUND);
	/* One of two cannot be had: neither is there. */
	assert_int_equal(server_prepare(server, &bad), -1);
	assert_int_equal(stat(path[1], &st), -1);
	/* Prepared, but something else went wrong. */
	assert_int_equal(server_prepare(server, &second), 0);
	assert_int_equal(stat(path[1], &st), 0);
	server_abandon(server);
	assert_int_equal(stat(path[1], &st), -1);
	put(a, "8:Q none.t,");
	expect(a, NOTFOUND);
	/* Both; then the second alone. Who has just connected is served. */
	assert_int_equal(server_prepare(server, &both), 0);
	server_commit(server);
	b = join(path[1]);
	put(b, "8:Q none.t,");
	expect(b, NOTFOUND);
	waiting = join(path[0]);
	put(waiting, "8:Q none.t,");
	assert_int_equal(server_prepare(server, &second), 0);
	server_commit(server);
	assert_int_equal(stat(path[0], &st), -1);
	expect(waiting, NOTFOUND);
	put(a, "8:Q none.t,");
	put(b, "8:Q none.t,");
	expect(a, NOTFOUND);
	expect(b, NOTFOUND);
	assert_int_equal(count_logged("socket0: no longer"), 1);
	assert_int_equal(server_connections(server), 3);
}

/* Nobody goes for a lower limit until others come. */
static void
test_lower_limit(void **state)
{
	struct config_list same = { item, 1 };
	int i;

	(void)state;
	start(8, 1);
	for (i = 0; i < 4; i++) {
		put(join(path[0]), "8:Q none.t,");
		expect(client[i], NOTFOUND);
	}
	config.max_connections = 1;
	assert_int_equal(server_prepare(server, &same), 0);
	server_commit(server);
	for (i = 0; i < 4; i++) {
		put(client[i], "8:Q none.t,");
		expect(client[i], NOTFOUND);
	}
	join(path[0]);
	put(client[4], "8:Q none.t,");
	expect(client[4], NOTFOUND);
	expect(client[0], "");
	assert_int_equal(server_connections(server), 3);
}

/* More than one turn's accepts at once. */
static void
test_crowd(void **state)
{
	int i;

	(void)state;
	start(100, 1);
	for (i = 0; i < CLIENTS_MAX; i++)
		put(join(path[0]), i % 2 == 0 ? "8:Q none.t," : "8:Q wait.t,");
	for (i = 0; i < CLIENTS_MAX; i++) {
		if (i % 2 == 0)
			expect(client[i], NOTFOUND);
	}
}

/* At the limit the idle one goes; nobody is accepted and closed. */
static void
test_limit(void **state)
{
	int idle, busy, next[3];
	size_t i;

	(void)state;
	start(2, 1);
	idle = join(path[0]);
	put(idle, "8:Q none.t,");
	expect(idle, NOTFOUND);
	busy = join(path[0]);
	put(busy, "11:Q wait.test,");
	turn();
	next[0] = join(path[0]);
	put(next[0], "11:Q wait.test,");
	expect(idle, "");
	turn();
	assert_int_equal(fake_asked, 3);
	/* All are busy: the others wait to be accepted, nothing spins. */
	next[1] = join(path[0]);
	next[2] = join(path[0]);
	put(next[1], "8:Q none.t,");
	put(next[2], "8:Q none.t,");
	for (i = 0; i < 20; i++)
		expect_nothing(next[1]);
	assert_int_equal(
	    count_logged("max_connections = 2 reached, all busy"), 1);
	assert_int_equal(fake_asked, 3);
	fake_release("none");
	expect(busy, NOTFOUND);
	/* Now that one makes room, and so does whoever is done. */
	expect(next[1], NOTFOUND);
	expect(next[2], NOTFOUND);
	expect(busy, "");
	assert_int_equal(
	    count_logged("max_connections = 2 reached, all busy"), 1);
}

/* No descriptor is left: neither a spin nor the end of accepting. */
static void
test_descriptors(void **state)
{
	struct rlimit limit, none;
	unsigned int before;
	int fd, i;

	(void)state;
	start(100, 2);
	fd = join(path[0]);
	put(fd, "8:Q none.t,");
	put(join(path[1]), "8:Q none.t,");
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	none = limit;
	none.rlim_cur = 3;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	turn();
	before = accepts;
	for (i = 0; i < 100; i++)
		turn();
	/* Both listeners rest for 100 ms. */
	assert_true(accepts - before <= 4);
	assert_int_equal(fake_asked, 0);
	assert_int_equal(count_logged("cannot accept: Too many open files"), 1);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	expect(fd, NOTFOUND);
	expect(client[1], NOTFOUND);
}

/* It comes and goes: one line a minute. */
static void
test_failures(void **state)
{
	static const int ours[] = { EMFILE, ENFILE, ENOBUFS, ENOMEM, EPERM };
	static const int theirs[] = { ECONNABORTED, EINTR, EPROTO };
	size_t i;
	int fd;

	(void)state;
	start(100, 1);
	for (i = 0; i < sizeof(theirs) / sizeof(theirs[0]); i++) {
		failing = 1;
		failure = theirs[i];
		fd = join(path[0]);
		put(fd, "8:Q none.t,");
		turn();
		expect(fd, NOTFOUND);
	}
	assert_int_equal(count_logged("cannot accept"), 0);
	for (i = 0; i < sizeof(ours) / sizeof(ours[0]); i++) {
		failing = 1;
		failure = ours[i];
		accepts = 0;
		fd = join(path[0]);
		put(fd, "8:Q none.t,");
		turn();
		assert_int_equal(failing, 0);
		expect(fd, NOTFOUND);
	}
	assert_int_equal(count_logged("cannot accept"), 1);
	/* A client that is gone before it was accepted. */
	failing = 1;
	failure = EAGAIN;
	fd = join(path[0]);
	put(fd, "8:Q none.t,");
	expect(fd, NOTFOUND);
	assert_int_equal(count_logged("cannot accept"), 1);
}

/* Those who wait are closed without a reply: Postfix asks again. */
static void
test_stop(void **state)
{
	int waits, done;

	(void)state;
	start(8, 1);
	waits = join(path[0]);
	done = join(path[0]);
	put(waits, "8:Q none.t,11:Q wait.test,8:Q none.t,");
	put(done, "8:Q none.t,");
	turn();
	server_free(server);
	server = NULL;
	expect(waits, NOTFOUND);
	expect(waits, "");
	expect(done, NOTFOUND);
	expect(done, "");
	assert_int_equal(fake_cancelled, 1);
	assert_int_equal(fake_asked, 3);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_teardown(name, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_listeners),
		TEST(test_in_use),
		TEST(test_other_addresses),
		TEST(test_lower_limit),
		TEST(test_crowd),
		TEST(test_limit),
		TEST(test_descriptors),
		TEST(test_failures),
		TEST(test_stop),
	};

	signal(SIGPIPE, SIG_IGN);
	alarm(120);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
