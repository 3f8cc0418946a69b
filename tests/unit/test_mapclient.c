/* SPDX-License-Identifier: ISC */
/* Look-ups as Postfix makes them, of servers good and bad. */
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
#include "net/mapclient.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define SHORT_MS     300 /* for a server that hangs */
#define LONG_MS      20000

static char folder[] = "/tmp/test_mapclient.XXXXXX";
static char address[64];

/*
 * A server for one connection after the other: it reads the request, says one
 * of the texts (NULL: nothing, and waits), and closes.
 */
static pid_t
start(const char *const *says)
{
	static const char want[] = "23:postfix-3.4 example.com,";
	char request[sizeof(want)], c;
	size_t len;
	ssize_t n;
	int fd, listener = sock_listen(address, NULL);
	pid_t pid;

	assert_int_not_equal(listener, -1);
	pid = fork();
	assert_int_not_equal(pid, -1);
	if (pid != 0) {
		close(listener);
		return pid;
	}
	signal(SIGPIPE, SIG_IGN);
	(void)fcntl(listener, F_SETFL, 0);
	for (;; says++) {
		fd = accept(listener, NULL, NULL);
		for (len = 0; len < sizeof(want) - 1; len += (size_t)n) {
			n = read(fd, request + len, sizeof(want) - 1 - len);
			if (n <= 0)
				_exit(1);
		}
		if (memcmp(request, want, sizeof(want) - 1) != 0)
			_exit(2);
		if (*says == NULL)
			(void)!read(fd, &c, 1);
		else if (write(fd, *says, strlen(*says)) == -1)
			_exit(3);
		close(fd);
	}
}

static void
stop(pid_t pid)
{
	int status;

	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	(void)unlink(address + strlen("unix:"));
}

static void
test_replies(void **state)
{
	static const struct {
		const char *says[3]; /* a connection each */
		int timeout_ms, rc;
		const char *text; /* of the reply, or why there is none */
	} cases[] = {
		{ { "6:OK may," }, LONG_MS, 0, "OK may" },
		{ { "9:NOTFOUND ," }, LONG_MS, 0, "NOTFOUND " },
		{ { "6:OK may,6:OK may," }, LONG_MS, 0, "OK may" },
		{ { "", "6:OK may," }, LONG_MS, 0, "OK may" },
		{ { "6:OK", "6:OK may," }, LONG_MS, 0, "OK may" },
		{ { "", "", "6:OK may," }, LONG_MS, -1,
		    "the connection was closed without an answer" },
		{ { "220 mail.example ESMTP\r\n" }, LONG_MS, -1,
		    "the answer is no netstring: is it a socketmap?" },
		{ { "06:OK may," }, LONG_MS, -1,
		    "the answer is no netstring: is it a socketmap?" },
		{ { "100001:OK" }, LONG_MS, -1,
		    "the answer is no netstring: is it a socketmap?" },
		{ { NULL }, SHORT_MS, -1, "no answer within 300 ms" },
	};
	struct buf reply = { 0 }, why = { 0 };
	const char *text;
	size_t i;
	pid_t pid;
	int rc;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		buf_reset(&reply);
		buf_reset(&why);
		pid = start(cases[i].says);
		rc = mapclient_query(address, cases[i].timeout_ms,
		    "postfix-3.4", "example.com", &reply, &why);
		text = buf_str(rc == 0 ? &reply : &why);
		if (rc != cases[i].rc || strcmp(text, cases[i].text) != 0)
			fail_msg("case %zu: %d %s", i, rc, text);
		stop(pid);
	}
	buf_clear(&reply);
	buf_clear(&why);
}

/* The longest that Postfix takes. */
static void
test_longest(void **state)
{
	static char frame[100100];
	const char *const says[] = { frame };
	struct buf reply = { 0 }, why = { 0 };
	size_t len;
	pid_t pid;

	(void)state;
	len = (size_t)snprintf(frame, sizeof(frame), "100000:");
	memset(frame + len, 'x', 100000);
	frame[len + 100000] = ',';
	pid = start(says);
	assert_int_equal(mapclient_query(address, LONG_MS, "postfix-3.4",
			     "example.com", &reply, &why),
	    0);
	assert_int_equal(reply.len, 100000);
	stop(pid);
	buf_clear(&reply);
	buf_clear(&why);
}

static void
test_unreachable(void **state)
{
	static const struct {
		const char *address, *why;
	} cases[] = {
		{ "unix:/nonexistent/socket",
		    "cannot connect: No such file or directory" },
		{ "inet:127.0.0.1:1", "cannot connect: Connection refused" },
		{ "127.0.0.1:1", "cannot connect: Invalid argument" },
	};
	struct buf reply = { 0 }, why = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		buf_reset(&why);
		if (mapclient_query(cases[i].address, LONG_MS, "QUERY", "x",
			&reply, &why) != -1 ||
		    strcmp(buf_str(&why), cases[i].why) != 0)
			fail_msg("case %zu: %s", i, buf_str(&why));
	}
	assert_int_equal(reply.len, 0);
	buf_clear(&reply);
	buf_clear(&why);
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
		cmocka_unit_test(test_replies),
		cmocka_unit_test(test_longest),
		cmocka_unit_test(test_unreachable),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
