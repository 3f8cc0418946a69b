/* SPDX-License-Identifier: ISC */
/* Requests to a server that does well, and to some that do not. */
#include <stdarg.h>
#include <setjmp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sys/socket.h>
#include <sys/wait.h>

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/sock.h"
#include "net/adminclient.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define LIMIT_BYTES 100000
#define SHORT_MS    300 /* for a server that hangs */
#define LONG_MS     20000

static char folder[] = "/tmp/test_adminclient.XXXXXX";
static char address[64];

struct server {
	pid_t pid;
	int requests; /* what it was asked comes here */
};

/* What the server does with one connection; head and body are read. */
typedef void answer_fn(int fd, const char *request);

static void
put(int fd, const char *text)
{
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
}

/* Until the body is there: all of it comes at once, or nothing. */
static size_t
read_request(int fd, char *request, size_t size)
{
	size_t len = 0, body = 0;
	const char *head;
	ssize_t n;

	do {
		n = read(fd, request + len, size - 1 - len);
		if (n <= 0)
			return 0;
		len += (size_t)n;
		request[len] = '\0';
		head = strstr(request, "Content-Length: ");
		if (head != NULL)
			body = strtoul(head + 16, NULL, 10);
		head = strstr(request, "\r\n\r\n");
	} while (head == NULL || len < (size_t)(head - request) + 4 + body);
	return len;
}

static void
serve(int listener, int out, answer_fn *answer)
{
	static char request[200000];
	size_t len;
	int fd;

	signal(SIGPIPE, SIG_IGN);
	while ((fd = accept(listener, NULL, NULL)) != -1) {
		(void)fcntl(fd, F_SETFL, 0);
		while ((len = read_request(fd, request, sizeof(request))) > 0) {
			if (write(out, request, len) != (ssize_t)len)
				_exit(1);
			answer(fd, request);
			break;
		}
		close(fd);
	}
	_exit(0);
}

static struct server
start(answer_fn *answer)
{
	struct server s;
	int fd, ends[2];

	fd = sock_listen(address, NULL);
	assert_int_not_equal(fd, -1);
	assert_int_equal(pipe(ends), 0);
	s.pid = fork();
	assert_int_not_equal(s.pid, -1);
	if (s.pid == 0) {
		(void)fcntl(fd, F_SETFL, 0);
		close(ends[0]);
		serve(fd, ends[1], answer);
	}
	close(fd);
	close(ends[1]);
	s.requests = ends[0];
	return s;
}

static void
stop(struct server *s)
{
	kill(s->pid, SIGKILL);
	assert_int_equal(waitpid(s->pid, NULL, 0), s->pid);
	close(s->requests);
	(void)unlink(address + strlen("unix:"));
}

static void
answer_well(int fd, const char *request)
{
	(void)request;
	put(fd,
	    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
	    "Content-Length: 13\r\nConnection: close\r\n\r\n{\"ok\": true}\n");
}

static void
answer_nothing(int fd, const char *request)
{
	(void)fd;
	(void)request;
}

static void
answer_garbage(int fd, const char *request)
{
	(void)request;
	put(fd, "220 mail.example ESMTP\r\n");
}

static void
answer_cut(int fd, const char *request)
{
	(void)request;
	put(fd, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{\"ok\":");
}

static void
answer_cut_head(int fd, const char *request)
{
	(void)request;
	put(fd, "HTTP/1.1 200 OK\r\nContent-Le");
}

static void
answer_too_long(int fd, const char *request)
{
	static char block[LIMIT_BYTES / 10];
	int i;

	(void)request;
	put(fd, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
	memset(block, 'x', sizeof(block));
	for (i = 0; i < 11; i++)
		(void)!write(fd, block, sizeof(block));
}

static void
answer_refusal(int fd, const char *request)
{
	(void)request;
	put(fd,
	    "HTTP/1.1 404 Not Found\r\nContent-Length: 21\r\n"
	    "Connection: close\r\n\r\n{\"error\": \"not known\"}");
}

static void
answer_redirect(int fd, const char *request)
{
	(void)request;
	put(fd,
	    "HTTP/1.1 302 Found\r\nLocation: http://192.0.2.1/\r\n"
	    "Content-Length: 0\r\n\r\n");
}

static void
answer_never(int fd, const char *request)
{
	char c;

	(void)request;
	(void)!read(fd, &c, 1);
}

static void
answer_half_and_wait(int fd, const char *request)
{
	put(fd, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{\"ok\":");
	answer_never(fd, request);
}

static const struct {
	answer_fn *answer;
	int answer_ms;
	enum admin_outcome outcome;
	long status;
	const char *text; /* of the body, or of the error: its end */
} faults[] = {
	{ answer_well, LONG_MS, ADMIN_OK, 200, "{\"ok\": true}\n" },
	{ answer_refusal, LONG_MS, ADMIN_REFUSED, 404,
	    "{\"error\": \"not known\"" },
	{ answer_redirect, LONG_MS, ADMIN_REFUSED, 302, "" },
	{ answer_nothing, LONG_MS, ADMIN_BROKEN, 0,
	    "broke off before its answer was whole" },
	{ answer_cut, LONG_MS, ADMIN_BROKEN, 200,
	    "broke off before its answer was whole" },
	{ answer_cut_head, LONG_MS, ADMIN_BROKEN, 200,
	    "broke off before its answer was whole" },
	{ answer_garbage, LONG_MS, ADMIN_BROKEN, 0, "admin_listen (" },
	{ answer_too_long, LONG_MS, ADMIN_BROKEN, 200, "over 100000 bytes" },
	{ answer_never, SHORT_MS, ADMIN_BROKEN, 0, "did not answer within" },
	{ answer_half_and_wait, SHORT_MS, ADMIN_BROKEN, 200,
	    "did not answer within" },
};

static void
test_faults(void **state)
{
	const struct admin_request request = { .method = "GET",
		.path = "/status" };
	struct adminclient_limits limits = { .max_bytes = LIMIT_BYTES };
	struct adminclient *client;
	struct admin_reply reply;
	struct server server;
	const char *text;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(faults); i++) {
		reply = (struct admin_reply){ 0 };
		server = start(faults[i].answer);
		limits.answer_ms = faults[i].answer_ms;
		client = adminclient_new(address, &limits);
		assert_non_null(client);
		(void)adminclient_ask(client, &request, &reply);
		text = buf_str(
		    reply.outcome == ADMIN_BROKEN ? &reply.error : &reply.body);
		if (reply.outcome != faults[i].outcome ||
		    reply.status != faults[i].status ||
		    strstr(text, faults[i].text) == NULL)
			fail_msg("fault %zu: outcome %d, status %ld: %s", i,
			    (int)reply.outcome, reply.status, text);
		admin_reply_clear(&reply);
		adminclient_free(client);
		stop(&server);
	}
}

static void
test_unreachable(void **state)
{
	static const struct {
		const char *address;
		const char *why;
	} cases[] = {
		{ "unix:/nonexistent/admin.sock", "No such file" },
		{ "inet:127.0.0.1:1", "Connection refused" },
		{ "http://127.0.0.1:1", "Connection refused" },
		{ "http://127.0.0.1:port", "no connection" },
	};
	const struct admin_request request = { .method = "GET", .path = "/" };
	struct admin_reply reply = { 0 };
	struct adminclient *client;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		client = adminclient_new(cases[i].address, NULL);
		assert_non_null(client);
		(void)adminclient_ask(client, &request, &reply);
		if (reply.outcome != ADMIN_UNREACHABLE ||
		    strstr(buf_str(&reply.error), cases[i].why) == NULL ||
		    strstr(buf_str(&reply.error), "is it running?") == NULL)
			fail_msg("case %zu: outcome %d: %s", i,
			    (int)reply.outcome, buf_str(&reply.error));
		adminclient_free(client);
	}
	admin_reply_clear(&reply);
}

static void
test_addresses(void **state)
{
	static const char *const bad[] = { "", "unix:", "inet:", "http://",
		"https://localhost", "/run/admin.sock" };
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(bad); i++) {
		if (adminclient_new(bad[i], NULL) != NULL)
			fail_msg("case %zu: %s", i, bad[i]);
	}
}

/* Method, path, type and body arrive; curl's own ideas do not. */
static void
test_request(void **state)
{
	static const char body[] = "{\"confirm\": \"flush\"}";
	const struct admin_request request = {
		.method = "PUT",
		.path = "/log-level?x=1",
		.type = "application/json",
		.body = body,
		.body_len = sizeof(body) - 1,
	};
	struct admin_reply reply = { 0 };
	struct adminclient *client;
	struct server server;
	char seen[4096];
	ssize_t n;

	(void)state;
	assert_int_equal(setenv("http_proxy", "http://192.0.2.1:3128", 1), 0);
	server = start(answer_well);
	client = adminclient_new(address, NULL);
	assert_int_equal(adminclient_ask(client, &request, &reply), ADMIN_OK);
	n = read(server.requests, seen, sizeof(seen) - 1);
	assert_true(n > 0);
	seen[n] = '\0';
	assert_memory_equal(seen, "PUT /log-level?x=1 HTTP/1.1\r\n", 29);
	assert_non_null(strstr(seen, "\r\nHost: localhost\r\n"));
	assert_non_null(strstr(seen, "\r\nContent-Type: application/json\r\n"));
	assert_non_null(strstr(seen, "\r\n\r\n{\"confirm\": \"flush\"}"));
	assert_null(strstr(seen, "Expect"));
	admin_reply_clear(&reply);
	adminclient_free(client);
	stop(&server);
}

/* As many as may be, each with its own arg; and freed while under way. */
static void
test_at_once(void **state)
{
	const struct admin_request request = { .method = "POST",
		.path = "/import",
		.type = "application/x-ndjson",
		.body = "x",
		.body_len = 1 };
	int args[ADMINCLIENT_AT_ONCE] = { 0 }, round;
	struct admin_reply reply = { 0 };
	struct adminclient *client;
	struct server server;
	size_t i;

	(void)state;
	server = start(answer_well);
	client = adminclient_new(address, NULL);
	for (round = 1; round <= 3; round++) {
		for (i = 0; i < ADMINCLIENT_AT_ONCE; i++)
			adminclient_start(client, &request, &args[i]);
		while (adminclient_under_way(client) > 0) {
			int *arg = adminclient_next(client, &reply);

			assert_int_equal(reply.outcome, ADMIN_OK);
			assert_string_equal(
			    buf_str(&reply.body), "{\"ok\": true}\n");
			(*arg)++;
		}
		for (i = 0; i < ADMINCLIENT_AT_ONCE; i++)
			assert_int_equal(args[i], round);
	}
	adminclient_start(client, &request, NULL);
	admin_reply_clear(&reply);
	adminclient_free(client);
	stop(&server);
}

static int
make_folder(void **state)
{
	(void)state;
	if (mkdtemp(folder) == NULL)
		return -1;
	snprintf(address, sizeof(address), "unix:%s/s", folder);
	return 0;
}

static int
remove_folder(void **state)
{
	(void)state;
	return rmdir(folder);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_faults),
		cmocka_unit_test(test_unreachable),
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_request),
		cmocka_unit_test(test_at_once),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
