/* SPDX-License-Identifier: ISC */
/*
 * The HTTP server on a socket pair's worth of real sockets: clients in the
 * same process, non-blocking, driven by the same loop. Deadlines are held by
 * the end-to-end tests.
 */
#include <sys/socket.h>
#include <sys/un.h>

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/loop.h"
#include "net/httpd.h"

#define WATCHDOG_MS 30000
#define POLL_MS     2
#define BIG_BYTES   4000000

static struct loop *loop;
static struct loop_timer *watchdog, *poll_timer;
static struct httpd *httpd;
static struct sockaddr_un address;
static int listener;
static struct httpd_exchange *kept; /* not replied to */
static unsigned int requests;
static bool (*is_done)(void);

/* What a path is answered with. */
static void
on_request(struct httpd_exchange *ex, void *arg)
{
	static char big[BIG_BYTES];
	const char *path = httpd_get_path(ex), *name, *body;
	struct httpd_reply reply = { 200, "text/plain", NULL, 0 };
	struct buf text = { 0 };
	size_t len;

	(void)arg;
	requests++;
	if (strcmp(path, "/keep") == 0) {
		kept = ex;
		return;
	}
	if (strcmp(path, "/big") == 0) {
		memset(big, 'x', sizeof(big));
		reply.body = big;
		reply.body_len = sizeof(big);
		httpd_reply(ex, &reply);
		return;
	}
	body = httpd_get_body(ex, &len);
	name = httpd_get_query(ex, "name");
	httpd_set_header(ex, "X-Test", "yes");
	buf_printf(&text, "%d %s %s %.*s", (int)httpd_get_method(ex), path,
	    name != NULL ? name : "-", (int)len, len > 0 ? body : "");
	reply.body = text.data;
	reply.body_len = text.len;
	httpd_reply(ex, &reply);
	buf_clear(&text);
}

static void
on_watchdog(void *arg)
{
	(void)arg;
	fail_msg("the loop waits for something that does not come");
}

static void
on_poll(void *arg)
{
	(void)arg;
	if (is_done())
		loop_stop(loop);
	else
		loop_timer_set(poll_timer, POLL_MS);
}

static void
run_until(bool (*probe)(void))
{
	is_done = probe;
	loop_timer_set(watchdog, WATCHDOG_MS);
	loop_timer_set(poll_timer, 0);
	assert_int_equal(loop_run(loop), 0);
	loop_timer_stop(watchdog);
}

static int
set_up_hosts(bool has_hosts)
{
	address.sun_family = AF_UNIX;
	snprintf(address.sun_path, sizeof(address.sun_path),
	    "/tmp/test_httpd.%d", (int)getpid());
	listener = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
	assert_int_equal(bind(listener, (struct sockaddr *)(void *)&address,
			     sizeof(address)),
	    0);
	assert_int_equal(listen(listener, 100), 0);
	loop = loop_new();
	watchdog = loop_timer_new(loop, on_watchdog, NULL);
	poll_timer = loop_timer_new(loop, on_poll, NULL);
	httpd = httpd_new(loop, listener, has_hosts, on_request, NULL);
	assert_non_null(httpd);
	requests = 0;
	kept = NULL;
	return 0;
}

static int
set_up(void **state)
{
	(void)state;
	return set_up_hosts(false);
}

static int
set_up_checked(void **state)
{
	(void)state;
	return set_up_hosts(true);
}

static int
tear_down(void **state)
{
	(void)state;
	httpd_free(httpd);
	loop_timer_free(watchdog);
	loop_timer_free(poll_timer);
	loop_free(loop);
	close(listener);
	unlink(address.sun_path);
	return 0;
}

/* A client, and all it has been sent. */
#define CLIENTS_MAX 40
static struct client {
	int fd;
	struct buf got;
	bool is_closed;
} clients[CLIENTS_MAX];
static const char *awaited;
static size_t awaited_count;

static void
client_open(struct client *c)
{
	*c = (struct client){ .fd = socket(
				  AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0) };
	assert_int_equal(connect(c->fd, (struct sockaddr *)(void *)&address,
			     sizeof(address)),
	    0);
}

static void
client_send(struct client *c, const char *text)
{
	assert_int_equal(write(c->fd, text, strlen(text)), strlen(text));
}

static void
client_close(struct client *c)
{
	close(c->fd);
	buf_clear(&c->got);
}

static void
client_read(struct client *c)
{
	ssize_t n;

	while ((n = read(c->fd, buf_reserve(&c->got, 65536), 65536)) > 0)
		c->got.len += (size_t)n;
	c->is_closed = n == 0 || (n == -1 && errno != EAGAIN);
	buf_put(&c->got, "", 0);
}

static size_t
count(const char *text, const char *word)
{
	size_t n = 0;

	for (; (text = strstr(text, word)) != NULL; text++)
		n++;
	return n;
}

static bool
has_got(void)
{
	client_read(&clients[0]);
	return count(buf_str(&clients[0].got), awaited) >= awaited_count;
}

static bool
is_closed(void)
{
	client_read(&clients[0]);
	return clients[0].is_closed;
}

static bool
are_none_left(void)
{
	return httpd_connections(httpd) == 0;
}

static void
wait_for(const char *text, size_t times)
{
	awaited = text;
	awaited_count = times;
	run_until(has_got);
}

#define GET(path) "GET " path " HTTP/1.1\r\nHost: x\r\n\r\n"

static void
test_requests(void **state)
{
	static const struct {
		const char *request;
		const char *reply; /* the end of it */
	} rows[] = {
		{ GET("/a"), "\r\n\r\n1 /a - " },
		{ GET("/a%20b?name=c%2bd&x=1"), "\r\n\r\n1 /a b c+d " },
		{ GET("/?name=1&name=2"), "\r\n\r\n1 / 1 " },
		{ "DELETE /a HTTP/1.1\r\n\r\n", "\r\n\r\n16 /a - " },
		{ "PUT /a HTTP/1.1\r\nContent-Length: 2\r\n\r\nhi",
		    "\r\n\r\n8 /a - hi" },
		{ "POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
		  "3\r\nabc\r\n0\r\n\r\n",
		    "\r\n\r\n4 /a - abc" },
		{ "OPTIONS /a HTTP/1.1\r\n\r\n", "\r\n\r\n32 /a - " },
		{ "GET /a%00b HTTP/1.1\r\n\r\n", "\r\n\r\n1  - " },
	};
	struct client *c = &clients[0];
	size_t i;

	(void)state;
	client_open(c);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		buf_reset(&c->got);
		client_send(c, rows[i].request);
		wait_for(rows[i].reply, 1);
		if (strstr(c->got.data, "HTTP/1.1 200 OK\r\n") == NULL ||
		    strstr(c->got.data, "X-Test: yes\r\n") == NULL ||
		    strstr(c->got.data, "Content-Type: text/plain\r\n") ==
			NULL ||
		    c->is_closed)
			fail_msg("row %zu: %s", i, c->got.data);
	}
	/* All on one connection. */
	assert_int_equal(httpd_connections(httpd), 1);
	client_close(c);
	run_until(are_none_left);
}

static void
test_head(void **state)
{
	struct client *c = &clients[0];

	(void)state;
	client_open(c);
	client_send(c, "HEAD /a HTTP/1.1\r\n\r\n" GET("/b"));
	wait_for("1 /b - ", 1);
	assert_non_null(strstr(c->got.data, "Content-Length: 7\r\n"));
	assert_null(strstr(c->got.data, "2 /a"));
	assert_int_equal(count(c->got.data, "HTTP/1.1 200"), 2);
	client_close(c);
}

static void
test_pipeline(void **state)
{
	struct client *c = &clients[0];

	(void)state;
	client_open(c);
	client_send(c, GET("/1") GET("/2") GET("/3"));
	wait_for("/3 - ", 1);
	assert_true(strstr(c->got.data, "/1 - ") < strstr(c->got.data, "/2"));
	assert_true(strstr(c->got.data, "/2 - ") < strstr(c->got.data, "/3"));
	client_close(c);
}

/* Who is closed afterwards has all of it first. */
static void
test_close_after_big(void **state)
{
	static const char *const requests_[] = {
		"GET /big HTTP/1.0\r\n\r\n",
		"GET /big HTTP/1.1\r\nConnection: close\r\n\r\n",
	};
	struct client *c = &clients[0];
	const char *body;
	size_t i;

	(void)state;
	for (i = 0; i < 2; i++) {
		client_open(c);
		client_send(c, requests_[i]);
		run_until(is_closed);
		body = strstr(c->got.data, "\r\n\r\n");
		assert_non_null(body);
		assert_int_equal(
		    c->got.len - (size_t)(body + 4 - c->got.data), BIG_BYTES);
		client_close(c);
	}
	run_until(are_none_left);
}

static void
test_faults(void **state)
{
	static const struct {
		const char *request;
		const char *status;
	} rows[] = {
		{ "nonsense\r\n\r\n", "HTTP/1.1 400 " },
		{ "GET / HTTP/1.1\r\nno colon\r\n\r\n", "HTTP/1.1 400 " },
		{ "POST / HTTP/1.1\r\nContent-Length: 132097\r\n\r\n",
		    "HTTP/1.1 413 " },
		{ "POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
		    "HTTP/1.1 400 " },
		{ "BREW / HTTP/1.1\r\n\r\n", "HTTP/1.1 501 " },
	};
	struct client *c = &clients[0];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		client_open(c);
		client_send(c, rows[i].request);
		run_until(is_closed);
		if (strncmp(buf_str(&c->got), rows[i].status,
			strlen(rows[i].status)) != 0)
			fail_msg("row %zu: %s", i, buf_str(&c->got));
		client_close(c);
	}
	assert_int_equal(requests, 0);
	run_until(are_none_left);
}

static void
test_largest_body(void **state)
{
	static char body[HTTPD_BODY_MAX_BYTES + 1];
	struct client *c = &clients[0];

	(void)state;
	memset(body, 'b', sizeof(body) - 1);
	client_open(c);
	client_send(c, "PUT /a HTTP/1.1\r\nContent-Length: 132096\r\n\r\n");
	client_send(c, body);
	wait_for("8 /a - bbbb", 1);
	client_close(c);
	/* In one chunk, and as the second of two that come together. */
	client_open(c);
	client_send(c,
	    "PUT /a HTTP/1.1\r\nContent-Length: 0\r\n\r\n"
	    "PUT /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
	    "20400\r\n");
	client_send(c, body);
	client_send(c, "\r\n0\r\n\r\n");
	wait_for("8 /a - bbbb", 1);
	client_close(c);
}

static bool
is_full(void)
{
	return httpd_connections(httpd) == HTTPD_CONNECTIONS_MAX;
}

static bool
are_all_answered(void)
{
	size_t i, n = 0;

	for (i = 0; i < CLIENTS_MAX; i++) {
		if (clients[i].fd != -1)
			client_read(&clients[i]);
		n += strstr(buf_str(&clients[i].got), "/a - ") != NULL;
	}
	/* Each makes room for the next. */
	for (i = 0; i < CLIENTS_MAX; i++) {
		if (clients[i].fd != -1 && clients[i].got.len > 0) {
			close(clients[i].fd);
			clients[i].fd = -1;
		}
	}
	assert_true(httpd_connections(httpd) <= HTTPD_CONNECTIONS_MAX);
	return n == CLIENTS_MAX;
}

/* More than may be: they wait for their turn, nobody is turned away. */
static void
test_cap(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < CLIENTS_MAX; i++)
		client_open(&clients[i]);
	run_until(is_full);
	for (i = 0; i < CLIENTS_MAX; i++)
		client_send(&clients[i], GET("/a"));
	run_until(are_all_answered);
	run_until(are_none_left);
	assert_int_equal(requests, CLIENTS_MAX);
	for (i = 0; i < CLIENTS_MAX; i++)
		buf_clear(&clients[i].got);
}

static bool
is_last_answered(void)
{
	client_read(&clients[HTTPD_CONNECTIONS_MAX]);
	return strstr(buf_str(&clients[HTTPD_CONNECTIONS_MAX].got), "/a - ") !=
	    NULL;
}

static bool
is_next_answered(void)
{
	client_read(&clients[HTTPD_CONNECTIONS_MAX + 1]);
	return strstr(buf_str(&clients[HTTPD_CONNECTIONS_MAX + 1].got),
		   "/a - ") != NULL;
}

/* All places are taken: the silent make room, and a reply ends a connection. */
static void
test_crowd(void **state)
{
	static const char ending[] = "Connection: close\r\n";
	const size_t last = HTTPD_CONNECTIONS_MAX;
	size_t i;

	(void)state;
	for (i = 0; i < last; i++)
		client_open(&clients[i]);
	run_until(is_full);
	client_open(&clients[last]);
	client_send(&clients[0], GET("/a"));
	client_send(&clients[last], GET("/a"));
	wait_for("/a - ", 1);
	assert_non_null(strstr(buf_str(&clients[0].got), ending));
	run_until(is_closed);
	run_until(is_last_answered);
	assert_null(strstr(buf_str(&clients[last].got), ending));
	/* Full again, of those that say nothing. */
	client_close(&clients[0]);
	client_open(&clients[0]);
	run_until(is_full);
	client_open(&clients[last + 1]);
	client_send(&clients[last + 1], GET("/a"));
	run_until(is_next_answered);
	for (i = 0; i < last + 2; i++)
		client_close(&clients[i]);
	run_until(are_none_left);
}

static bool
is_kept(void)
{
	return kept != NULL;
}

static void
reply_to_kept(void)
{
	httpd_set_header(kept, "X-Late", "1");
	httpd_reply(kept, &(struct httpd_reply){ 503, "text/x", "late", 4 });
	kept = NULL;
}

static void
test_late_reply(void **state)
{
	struct client *c = &clients[0];

	(void)state;
	client_open(c);
	client_send(c, GET("/keep") GET("/a"));
	run_until(is_kept);
	assert_int_equal(requests, 1);
	reply_to_kept();
	wait_for("1 /a - ", 1);
	assert_non_null(strstr(
	    c->got.data, "HTTP/1.1 503 Service Unavailable\r\nX-Late: 1\r\n"));
	client_close(c);
}

/* Nobody is there to be told, and nothing is read that has been freed. */
static void
test_client_gone(void **state)
{
	struct client *c = &clients[0];

	(void)state;
	client_open(c);
	client_send(c, GET("/keep"));
	run_until(is_kept);
	client_close(c);
	reply_to_kept();
	run_until(are_none_left);
	/* The server goes first. */
	client_open(c);
	client_send(c, GET("/keep"));
	run_until(is_kept);
	httpd_free(httpd);
	httpd = NULL;
	reply_to_kept();
	client_close(c);
}

static void
test_host(void **state)
{
	static const struct {
		const char *request;
		const char *status;
	} rows[] = {
		{ "GET / HTTP/1.1\r\nHost: localhost:80\r\n\r\n", " 200 " },
		{ "GET / HTTP/1.1\r\nHost: [::1]\r\n\r\n", " 200 " },
		{ "GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n", " 421 " },
		{ "GET / HTTP/1.1\r\n\r\n", " 421 " },
		{ "GET http://evil.example/ HTTP/1.1\r\nHost: localhost\r\n"
		  "\r\n",
		    " 421 " },
		{ "GET http://localhost/ HTTP/1.1\r\nHost: localhost\r\n\r\n",
		    " 200 " },
	};
	struct client *c = &clients[0];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		client_open(c);
		client_send(c, rows[i].request);
		wait_for("\r\n\r\n", 1);
		if (strstr(c->got.data, rows[i].status) == NULL)
			fail_msg("row %zu: %s", i, c->got.data);
		client_close(c);
	}
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_requests),
		TEST(test_head),
		TEST(test_pipeline),
		TEST(test_close_after_big),
		TEST(test_faults),
		TEST(test_largest_body),
		TEST(test_cap),
		TEST(test_crowd),
		TEST(test_late_reply),
		TEST(test_client_gone),
		cmocka_unit_test_setup_teardown(
		    test_host, set_up_checked, tear_down),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
