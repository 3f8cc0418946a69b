/* SPDX-License-Identifier: ISC */
/* Strange clients on socket pairs, the real loop, a clock that stands still. */
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/sockio.h"
#include "daemon/connections.h"
#include "fakeresolver.h"
#include "nodanes.h"
#include "postfix/netstring.h"

#define CLIENTS_MAX 8
#define CROWD       200 /* more than are put off at once */
#define COUNT(a)    (sizeof(a) / sizeof((a)[0]))

static struct config config;
static struct loop *loop;
static struct loop_timer *turn_end;
static struct lookups *lookups;
static struct connections *all;
static int client[CROWD];
static size_t clients;
static int served; /* the other end of the last one */
static struct buf got;
static int64_t now_ms = 1000000;

int64_t
clock_ms(void)
{
	return now_ms;
}

int64_t
clock_now(void)
{
	return now_ms / 1000;
}

void
clock_hold(void)
{
}

void
clock_release(void)
{
}

static char calls[64]; /* r: read, s: sent */

static void
note(char c)
{
	size_t len = strlen(calls);

	if (len + 1 < sizeof(calls)) {
		calls[len] = c;
		calls[len + 1] = '\0';
	}
}

ssize_t
sock_recv(int fd, void *bytes, size_t size)
{
	note('r');
	return recv(fd, bytes, size, 0);
}

ssize_t
sock_send(int fd, const void *bytes, size_t len)
{
	note('s');
	return send(fd, bytes, len, MSG_NOSIGNAL);
}

static void
on_turn_end(void *arg)
{
	loop_stop(arg);
}

static void
begin(size_t max)
{
	config = (struct config){ .smarthost_policy = true };
	loop = loop_new();
	turn_end = loop_timer_new(loop, on_turn_end, loop);
	lookups = lookups_new(&config, NULL);
	all = connections_new(loop, lookups, max);
}

static int
tear_down(void **state)
{
	(void)state;
	connections_free(all);
	lookups_free(lookups);
	loop_timer_free(turn_end);
	loop_free(loop);
	while (clients > 0) {
		if (client[--clients] != -1)
			close(client[clients]);
	}
	fake_clear();
	buf_clear(&got);
	return 0;
}

/* Until nothing more can happen: timers go last. */
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
join(void)
{
	int fd[2];

	assert_int_equal(socketpair(AF_UNIX,
			     SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fd),
	    0);
	client[clients++] = fd[0];
	served = fd[1];
	connection_new(all, fd[1]);
	return fd[0];
}

static void
leave(int fd)
{
	size_t i;

	for (i = 0; i < clients; i++)
		if (client[i] == fd)
			client[i] = -1;
	close(fd);
}

static void
put(int fd, const char *bytes, size_t len)
{
	ssize_t n;

	while (len > 0) {
		n = write(fd, bytes, len);
		if (n == -1 && errno == EAGAIN)
			turn();
		else
			assert_true(n > 0);
		bytes += n > 0 ? n : 0;
		len -= n > 0 ? (size_t)n : 0;
	}
}

static void
put_frame(struct buf *b, const char *payload)
{
	netstring_write(b, payload, strlen(payload));
}

static void
request(int fd, const char *payload)
{
	struct buf b = { 0 };

	put_frame(&b, payload);
	put(fd, b.data, b.len);
	buf_clear(&b);
	turn();
}

/* Take what has come into `got`. False: the other side has closed. */
static bool
take(int fd)
{
	ssize_t n;

	buf_reset(&got);
	while ((n = read(fd, buf_reserve(&got, 65536), 65536)) > 0)
		got.len += (size_t)n;
	if (got.data != NULL)
		got.data[got.len] = '\0';
	return n == -1 && errno == EAGAIN;
}

static void
expect(int fd, const char *text)
{
	assert_true(take(fd));
	assert_string_equal(buf_str(&got), text);
}

static void
expect_closed(int fd, const char *text)
{
	assert_false(take(fd));
	assert_string_equal(buf_str(&got), text);
}

#define NOTFOUND "9:NOTFOUND ,"
#define A_TEST   "45:OK secure match=mx.a.test servername=hostname,"

static const char perm[] = "41:PERM not a socketmap request: NAME SP KEY,";

static void
test_byte_by_byte(void **state)
{
	static const char text[] = "14:postfix-3.4 a.,5:hello,12:QUERY a.test,";
	int fd;
	size_t i;

	(void)state;
	begin(4);
	fd = join();
	for (i = 0; i < sizeof(text) - 1; i++) {
		put(fd, text + i, 1);
		turn();
	}
	assert_true(take(fd));
	assert_non_null(strstr(got.data, "match=mx.a "));
	assert_non_null(strstr(got.data, perm));
	assert_non_null(strstr(got.data, A_TEST));
	assert_int_equal(connections_count(all), 1);
}

/* 1,000 requests at once, one in the middle waits: replies in order. */
static void
test_pipeline(void **state)
{
	struct buf b = { 0 }, want = { 0 };
	char payload[64];
	int fd, i;

	(void)state;
	begin(4);
	fd = join();
	for (i = 0; i < 1000; i++) {
		snprintf(payload, sizeof(payload), "Q %s%d.test",
		    i == 500 ? "wait" : "a", i);
		put_frame(&b, payload);
		snprintf(payload, sizeof(payload),
		    "OK secure match=mx.%s%d.test", i == 500 ? "wait" : "a", i);
		put_frame(&want, payload);
	}
	put(fd, b.data, b.len);
	turn();
	assert_int_equal(fake_asked, 501);
	assert_true(take(fd));
	assert_memory_equal(got.data, want.data, got.len);
	buf_consume(&want, got.len);
	fake_release(NULL);
	turn();
	assert_int_equal(fake_asked, 1000);
	expect(fd, want.data);
	buf_clear(&b);
	buf_clear(&want);
}

/* All wait, each after the other, on the same domain. */
static void
test_pipeline_of_waits(void **state)
{
	int fd, i;

	(void)state;
	begin(4);
	fd = join();
	put(fd, "11:Q wait.test,11:Q wait.test,11:Q wait.test,8:Q none.t,", 56);
	turn();
	for (i = 0; i < 3; i++) {
		assert_int_equal(fake_asked, i + 1);
		expect(fd, "");
		fake_release(i == 1 ? "temp" : "none");
		if (i < 2)
			expect(fd, i == 1 ? "9:TEMP busy," : NOTFOUND);
	}
	expect(fd, NOTFOUND NOTFOUND);
}

static void
test_bad_frames(void **state)
{
	static const struct {
		const char *bytes;
		const char *reply;
	} rows[] = {
		{ "x", "" },
		{ ":", "" },
		{ "01:x,", "" },
		{ "10001:", "" },
		{ "99999999999999999999999999", "" },
		{ "12:QUERY a.test;", "" },
		{ "-1:,", "" },
		{ "8:Q none.t,GET / HTTP/1.1\r\n", NOTFOUND },
		{ "8:Q none.t,\r\n", NOTFOUND },
		{ "8:Q none.t,8:Q none.t,8:Q none.tx", NOTFOUND NOTFOUND },
		{ "\x16\x03\x01", "" },
	};
	size_t i;
	int fd, other;

	(void)state;
	begin(4);
	other = join();
	for (i = 0; i < COUNT(rows); i++) {
		fd = join();
		put(fd, rows[i].bytes, strlen(rows[i].bytes));
		turn();
		expect_closed(fd, rows[i].reply);
		leave(fd);
		clients--;
		assert_int_equal(connections_count(all), 1);
	}
	/* Nobody else notices. */
	request(other, "Q none.test");
	expect(other, NOTFOUND);
}

/* Garbage behind one that waits: it still has its reply. */
static void
test_bad_behind_wait(void **state)
{
	int fd;

	(void)state;
	begin(4);
	fd = join();
	put(fd, "11:Q wait.test,8:Q none.t,x", 27);
	turn();
	expect(fd, "");
	fake_release("none");
	turn();
	expect_closed(fd, NOTFOUND NOTFOUND);
	assert_int_equal(connections_count(all), 0);
}

/* Garbage behind replies that have not been taken yet: they are sent whole. */
static void
test_bad_behind_unsent(void **state)
{
	struct buf b = { 0 };
	const char *frame = NULL;
	size_t total = SIZE_MAX;
	int fd, i, size = 1;
	bool is_open;

	(void)state;
	begin(4);
	fd = join();
	/* As little as the system allows. */
	assert_int_equal(
	    setsockopt(served, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size)), 0);
	for (i = 0; i < 41; i++)
		put_frame(&b, "postfix-2.10 big.test");
	buf_puts(&b, "x");
	put(fd, b.data, b.len);
	buf_clear(&b);
	turn();
	do {
		is_open = take(fd);
		if (total == SIZE_MAX) {
			frame = strchr(got.data, ':');
			total = 41 *
			    (strtoul(got.data, NULL, 10) + 2 +
				(size_t)(frame - got.data));
		}
		assert_true(got.len <= total);
		total -= got.len;
		turn();
	} while (is_open && got.len > 0);
	assert_int_equal(total, 0);
	assert_false(is_open);
}

static void
test_largest_frames(void **state)
{
	struct buf b = { 0 };
	int fd, i;

	(void)state;
	begin(4);
	fd = join();
	buf_puts(&b, "10000:Q ");
	for (i = 0; i < 9998; i++)
		buf_putc(&b, 'a');
	buf_putc(&b, ',');
	for (i = 0; i < 5; i++)
		put(fd, b.data, b.len);
	turn();
	expect(fd, NOTFOUND NOTFOUND NOTFOUND NOTFOUND NOTFOUND);
	/* In pieces, and behind one that waits. */
	put(fd, b.data, 5000);
	turn();
	expect(fd, "");
	put(fd, b.data + 5000, b.len - 5000);
	turn();
	expect(fd, NOTFOUND);
	put(fd, "11:Q wait.test,", 15);
	put(fd, b.data, b.len);
	turn();
	put(fd, b.data, b.len);
	turn();
	put(fd, b.data, b.len);
	turn();
	expect(fd, "");
	fake_release("none");
	turn();
	expect(fd, NOTFOUND NOTFOUND NOTFOUND NOTFOUND);
	buf_clear(&b);
}

/*
 * Replies by the megabyte to one who does not read: requests are left in the
 * socket, and all are answered once it does.
 */
static void
test_never_reads(void **state)
{
	struct buf b = { 0 };
	size_t sent = 0, frames = 0, asked;
	ssize_t n;
	char *at;
	int fd, i;

	(void)state;
	begin(4);
	fd = join();
	for (i = 0; i < 100000; i++)
		put_frame(&b, i < 1000 ? "Q big.test" : "Q none.test");
	for (i = 0; i < 50; i++) {
		n = write(fd, b.data + sent, b.len - sent);
		if (n > 0)
			sent += (size_t)n;
		turn();
	}
	assert_true(sent < b.len);
	asked = fake_asked;
	turn();
	assert_int_equal(fake_asked, asked);
	/* Of 50 kB each: what is answered but not taken is bounded. */
	assert_true(asked < 20);
	while (frames < 100000) {
		assert_true(take(fd));
		at = got.data;
		while (at != NULL && at < got.data + got.len) {
			frames += *at == ',';
			at = strchr(at + 1, ',');
		}
		if (sent < b.len) {
			n = write(fd, b.data + sent, b.len - sent);
			if (n > 0)
				sent += (size_t)n;
		}
		turn();
	}
	assert_int_equal(fake_asked, 100000);
	assert_int_equal(frames, 100000);
	request(fd, "Q none.test");
	expect(fd, NOTFOUND);
	buf_clear(&b);
}

/*
 * More replies than are written at once, all taken at once: none of the
 * requests stays behind.
 */
static void
test_all_taken_at_once(void **state)
{
	struct buf b = { 0 };
	int fd, i, size = 4 << 20;

	(void)state;
	begin(4);
	fd = join();
	/* Room for all of them in the socket (as root). */
	(void)setsockopt(
	    served, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size));
	for (i = 0; i < 30; i++)
		put_frame(&b, "Q big.test");
	put(fd, b.data, b.len);
	turn();
	take(fd);
	while (fake_asked < 30) {
		assert_true(got.len > 0);
		turn();
		take(fd);
	}
	buf_clear(&b);
}

static void
test_disconnect_while_waiting(void **state)
{
	int fd, other;

	(void)state;
	begin(4);
	fd = join();
	other = join();
	request(fd, "Q wait.test");
	request(other, "Q wait.test");
	assert_int_equal(connections_count(all), 2);
	leave(fd);
	turn();
	assert_int_equal(connections_count(all), 1);
	assert_int_equal(fake_cancelled, 1);
	fake_release("none");
	expect(other, NOTFOUND);
}

/* Gone when its reply comes: the write fails, and only that one goes. */
static void
test_disconnect_before_reply(void **state)
{
	int fd, other;

	(void)state;
	begin(4);
	fd = join();
	other = join();
	request(fd, "Q wait.test");
	request(other, "Q wait.test");
	leave(fd);
	fake_release("none");
	assert_int_equal(connections_count(all), 1);
	fake_release("none");
	expect(other, NOTFOUND);
	/* With replies unsent. */
	fd = join();
	put(fd,
	    "10:Q big.test,10:Q big.test,10:Q big.test,10:Q big.test,"
	    "10:Q big.test,10:Q big.test,10:Q big.test,10:Q big.test,",
	    112);
	turn();
	leave(fd);
	turn();
	assert_int_equal(connections_count(all), 1);
	/* One who hangs up without a word. */
	fd = join();
	leave(fd);
	turn();
	assert_int_equal(connections_count(all), 1);
	/* One whose reply nobody can be given at once. */
	fd = join();
	put(fd, "8:Q none.t,", 11);
	leave(fd);
	turn();
	assert_int_equal(connections_count(all), 1);
}

/* Two ends of a TCP connection, or of a pair; one is served. */
static int
join_over(bool is_tcp)
{
	struct sockaddr_in addr = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	socklen_t len = sizeof(addr);
	int fd, listener;

	if (!is_tcp)
		return join();
	listener = socket(AF_INET, SOCK_STREAM, 0);
	fd = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(bind(listener, (void *)&addr, len), 0);
	assert_int_equal(listen(listener, 1), 0);
	assert_int_equal(getsockname(listener, (void *)&addr, &len), 0);
	assert_int_equal(connect(fd, (void *)&addr, len), 0);
	assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
	served = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	assert_int_not_equal(served, -1);
	close(listener);
	client[clients++] = fd;
	connection_new(all, served);
	return fd;
}

/*
 * What is sent and the end of it come as one piece of news: all that can be
 * answered is, and nobody stays for ever.
 */
static void
test_sends_and_leaves(void **state)
{
	static const struct {
		const char *bytes;
		const char *reply; /* NULL: the connection is reset */
		bool is_tcp;
	} rows[] = {
		{ "", "", false },
		{ "8:Q none.t,", NOTFOUND, false },
		{ "8:Q none.t,8:Q no", NOTFOUND, false },
		{ "8:Q no", "", false },
		{ "11:Q wait.test,", "", false },
		{ "", "", true },
		{ "8:Q none.t,", NOTFOUND, true },
		{ "8:Q no", "", true },
		{ "11:Q wait.test,", "", true },
		{ "8:Q none.t,", NULL, true },
		{ "8:Q no", NULL, true },
		{ "8:Q none.t,8:Q no", NULL, true },
		{ "11:Q wait.test,", NULL, true },
		{ "11:Q wait.test,8:Q no", NULL, true },
	};
	const struct linger reset = { .l_onoff = 1 };
	size_t i, k;
	int fd, others[2];

	(void)state;
	begin(CLIENTS_MAX);
	for (i = 0; i < COUNT(others); i++)
		others[i] = join();
	for (i = 0; i < COUNT(rows) * 2; i++) {
		const char *bytes = rows[i / 2].bytes;
		const char *reply = rows[i / 2].reply;

		fd = join_over(rows[i / 2].is_tcp);
		/* Alone, and with others who ask in the same turn. */
		for (k = 0; k < i % 2 * COUNT(others); k++)
			put(others[k], "8:Q none.t,", 11);
		put(fd, bytes, strlen(bytes));
		if (reply != NULL) {
			assert_int_equal(shutdown(fd, SHUT_WR), 0);
			turn();
			expect_closed(fd, reply);
		} else {
			assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_LINGER,
					     &reset, sizeof(reset)),
			    0);
		}
		leave(fd);
		turn();
		clients--;
		assert_int_equal(connections_count(all), COUNT(others));
		assert_true(TAILQ_EMPTY(&fake_waits));
		for (k = 0; k < i % 2 * COUNT(others); k++)
			expect(others[k], NOTFOUND);
	}
}

/* Everyone who waits for a domain may ask for it again at once. */
static void
test_asks_again(void **state)
{
	int fd[CLIENTS_MAX];
	size_t i, round;

	(void)state;
	begin(CLIENTS_MAX);
	for (i = 0; i < CLIENTS_MAX; i++) {
		fd[i] = join();
		put(fd[i], "11:Q wait.test,11:Q wait.test,11:Q wait.test,", 45);
	}
	turn();
	for (round = 0; round < 3; round++) {
		for (i = 0; i < CLIENTS_MAX; i++)
			fake_release("none");
		for (i = 0; i < CLIENTS_MAX; i++)
			expect(fd[i], NOTFOUND);
	}
	assert_true(TAILQ_EMPTY(&fake_waits));
}

/* The one idle for longest makes room; one who is busy never does. */
static void
test_eviction(void **state)
{
	int a, b, c, d;

	(void)state;
	begin(3);
	a = join();
	b = join();
	c = join();
	request(a, "Q none.test");
	expect(a, NOTFOUND);
	request(b, "Q wait.test");
	/* Each of them a moment ago: a request may be on its way. */
	assert_false(connections_have_room(all));
	now_ms += 99;
	assert_false(connections_have_room(all));
	now_ms++;
	assert_true(connections_have_room(all));
	d = join();
	assert_int_equal(connections_count(all), 3);
	expect_closed(c, "");
	request(a, "Q none.test");
	expect(a, NOTFOUND);
	request(d, "Q wait.test");
	now_ms += 100;
	assert_true(connections_have_room(all));
	c = join();
	expect_closed(a, "");
	request(c, "Q wait.test");
	now_ms += 100000;
	assert_false(connections_have_room(all));
	fake_release("none");
	expect(b, NOTFOUND);
	now_ms += 100;
	assert_true(connections_have_room(all));
	assert_int_equal(connections_count(all), 3);
}

static struct loop_fd *late;
static int late_fd;

static void
on_late_joiner(int fd, unsigned int events, void *arg)
{
	(void)fd;
	(void)events;
	(void)arg;
	loop_fd_set(late, 0);
	join();
}

/* Several ask before the loop has its turn; one of them reads nothing. */
static void
test_asked_together(void **state)
{
	int fd[CLIENTS_MAX], size = 1;
	size_t i;

	(void)state;
	begin(CLIENTS_MAX);
	for (i = 0; i < CLIENTS_MAX; i++) {
		fd[i] = join();
		if (i == 2)
			setsockopt(
			    served, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	}
	put(fd[0], "8:Q none.t,12:QUERY a.test,", 27);
	put(fd[1], "11:Q wait.test,8:Q none.t,", 26);
	put(fd[2], "21:postfix-2.10 big.test,8:Q none.t,", 36);
	put(fd[3], "8:Q none.t,x", 12);
	put(fd[4], "12:QUERY a.test,12:QUE", 22);
	put(fd[5], "8:Q none.t,", 11);
	leave(fd[5]);
	put(fd[6], "8:Q none.t,11:Q wait.test,", 26);
	put(fd[7], "12:QUERY a.test,", 16);
	turn();
	expect(fd[0], NOTFOUND A_TEST);
	expect(fd[1], "");
	expect_closed(fd[3], NOTFOUND);
	expect(fd[4], A_TEST);
	expect(fd[6], NOTFOUND);
	expect(fd[7], A_TEST);
	assert_true(take(fd[2]));
	assert_non_null(strstr(got.data, ":OK secure match=mx.big.test:mx1."));
	put(fd[4], "RY a.test,", 10);
	fake_release("none");
	fake_release("none");
	turn();
	expect(fd[1], NOTFOUND NOTFOUND);
	expect(fd[4], A_TEST);
	expect(fd[6], NOTFOUND);
	for (i = 0; i < 100 && take(fd[2]); i++) {
		turn();
		if (got.len >= sizeof(NOTFOUND) - 1 &&
		    strcmp(got.data + got.len - (sizeof(NOTFOUND) - 1),
			NOTFOUND) == 0)
			break;
	}
	assert_true(i < 100);
	assert_int_equal(connections_count(all), CLIENTS_MAX - 2);
}

/* More than are put off at once, in bytes. */
static void
test_much_together(void **state)
{
	int fd[CLIENTS_MAX];
	size_t i, round;

	(void)state;
	begin(CLIENTS_MAX);
	for (i = 0; i < CLIENTS_MAX; i++)
		fd[i] = join();
	for (round = 0; round < 3; round++) {
		for (i = 0; i < CLIENTS_MAX; i++)
			put(fd[i], "10:Q big.test,", 14);
		turn();
		for (i = 0; i < CLIENTS_MAX; i++) {
			assert_true(take(fd[i]));
			assert_int_equal(strtoul(got.data, NULL, 10),
			    got.len - strcspn(got.data, ":") - 2);
			assert_int_equal(got.data[got.len - 1], ',');
		}
	}
}

/* ... and in number. */
static void
test_many_together(void **state)
{
	size_t i, round;

	(void)state;
	begin(CROWD);
	for (i = 0; i < CROWD; i++)
		join();
	for (round = 0; round < 3; round++) {
		for (i = 0; i < CROWD; i++)
			put(client[i],
			    i % 3 == round ? "12:QUERY a.test," : "8:Q none.t,",
			    i % 3 == round ? 16 : 11);
		turn();
		for (i = 0; i < CROWD; i++)
			expect(client[i], i % 3 == round ? A_TEST : NOTFOUND);
	}
}

/* Four are read, these answered, then the next, that others work meanwhile. */
static void
test_in_batches(void **state)
{
	size_t i;

	(void)state;
	begin(CROWD);
	for (i = 0; i < 14; i++)
		join();
	for (i = 0; i < 14; i++)
		put(client[i], "8:Q none.t,", 11);
	calls[0] = '\0';
	turn();
	assert_string_equal(calls, "rrrrssssrrrrssssrrrrssssrrss");
	for (i = 0; i < 14; i++)
		expect(client[i], NOTFOUND);
	/* Nobody waits for the others of a bigger crowd, either. */
	while (clients < 30)
		join();
	for (i = 0; i < 30; i++)
		put(client[i], "8:Q none.t,", 11);
	calls[0] = '\0';
	turn();
	assert_memory_equal(calls, "rrrrrrrsssssssrrrrrrrsssssss", 28);
	assert_int_equal(strlen(calls), 60);
}

/* Who makes room in the turn of its answer has that before the end. */
static void
test_eviction_of_answered(void **state)
{
	int fd;

	(void)state;
	begin(1);
	fd = join();
	late_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	late = loop_fd_new(
	    loop, late_fd, LOOP_READ, LOOP_LOOKUP, on_late_joiner, NULL);
	put(fd, "12:QUERY a.test,", 16);
	assert_int_equal(eventfd_write(late_fd, 1), 0);
	turn();
	expect_closed(fd, A_TEST);
	assert_int_equal(connections_count(all), 1);
	request(client[1], "Q none.test");
	expect(client[1], NOTFOUND);
	loop_fd_free(late);
	close(late_fd);
}

/* A clean stop: replies are sent, those who wait see the end. */
static void
test_stop(void **state)
{
	int waits, idle, half;

	(void)state;
	begin(4);
	waits = join();
	idle = join();
	half = join();
	request(waits, "Q wait.test");
	request(idle, "Q none.test");
	put(half, "12:QUER", 7);
	turn();
	connections_free(all);
	all = NULL;
	expect_closed(waits, "");
	expect_closed(idle, NOTFOUND);
	/* It had written nothing that was not read. */
	expect_closed(half, "");
	assert_true(TAILQ_EMPTY(&fake_waits));
	assert_int_equal(fake_cancelled, 1);
}

/* A clean stop gives one who reads slowly what still fits. */
static void
test_stop_unsent(void **state)
{
	size_t before;
	int fd, i;

	(void)state;
	begin(4);
	fd = join();
	for (i = 0; i < 20; i++)
		put(fd, "10:Q big.test,", 14);
	turn();
	assert_true(read(fd, buf_reserve(&got, 200000), 200000) > 0);
	before = connections_count(all);
	connections_free(all);
	all = NULL;
	assert_int_equal(before, 1);
	take(fd);
	assert_true(got.len > 0);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_teardown(name, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_byte_by_byte),
		TEST(test_pipeline),
		TEST(test_pipeline_of_waits),
		TEST(test_bad_frames),
		TEST(test_bad_behind_wait),
		TEST(test_bad_behind_unsent),
		TEST(test_largest_frames),
		TEST(test_never_reads),
		TEST(test_all_taken_at_once),
		TEST(test_disconnect_while_waiting),
		TEST(test_disconnect_before_reply),
		TEST(test_sends_and_leaves),
		TEST(test_asks_again),
		TEST(test_eviction),
		TEST(test_asked_together),
		TEST(test_much_together),
		TEST(test_many_together),
		TEST(test_in_batches),
		TEST(test_eviction_of_answered),
		TEST(test_stop),
		TEST(test_stop_unsent),
	};

	signal(SIGPIPE, SIG_IGN);
	alarm(120);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
