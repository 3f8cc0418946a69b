/* SPDX-License-Identifier: ISC */
/*
 * Sockets of the service manager. They begin at descriptor 3, so each case
 * runs in a child that puts its own there.
 */
#include <sys/socket.h>
#include <sys/wait.h>

#include <fcntl.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/passed.h"
#include "fakelog.h"

enum kind {
	NONE,
	LISTENING,
	CONNECTING, /* a stream socket that does not listen */
	DATAGRAM,
	NO_SOCKET
};

static const char *const names[] = { "listen", "admin_listen", NULL };

static const struct row {
	const char *pid; /* NULL: ours; "": unset */
	const char *fds, *fdnames;
	enum kind kind[3];
	int listen, admin; /* how many; -1: refused */
	const char *logged;
} rows[] = {
	{ "", NULL, NULL, { NONE }, 0, 0, "" },
	{ NULL, "0", "", { NONE }, 0, 0, "" },
	{ NULL, "1", "listen", { LISTENING }, 1, 0, "" },
	{ NULL, "3", "listen:admin_listen:listen",
	    { LISTENING, LISTENING, LISTENING }, 2, 1, "" },
	/* those of another process: not ours to touch */
	{ "1", "1", "other", { LISTENING }, 0, 0, "" },
	{ "x", "1", "listen", { LISTENING }, 0, 0, "" },
	{ "", "1", "listen", { LISTENING }, 0, 0, "" },
	{ NULL, "x", "listen", { LISTENING }, -1, 0, "LISTEN_FDS=x is " },
	{ NULL, "-1", "listen", { LISTENING }, -1, 0, "LISTEN_FDS=-1 is " },
	{ NULL, "65", "listen", { LISTENING }, -1, 0, "LISTEN_FDS=65 is " },
	{ NULL, "1", "web", { LISTENING }, -1, 0, "3 is named \"web\"" },
	{ NULL, "1", "listening", { LISTENING }, -1, 0, "\"listening\"" },
	{ NULL, "1", "", { LISTENING }, -1, 0, "3 is named \"\"" },
	{ NULL, "1", NULL, { LISTENING }, -1, 0, "3 is named \"\"" },
	{ NULL, "2", "listen", { LISTENING, LISTENING }, -1, 0,
	    "4 is named \"\"" },
	{ NULL, "1", "listen", { CONNECTING }, -1, 0, "no listening stream" },
	{ NULL, "1", "listen", { DATAGRAM }, -1, 0, "no listening stream" },
	{ NULL, "1", "listen", { NO_SOCKET }, -1, 0, "no listening stream" },
	{ NULL, "2", "listen:listen", { LISTENING, NONE }, -1, 0,
	    "4 (listen) is no listening" },
};

static void
open_at(int at, enum kind kind)
{
	int fd = -1;

	close(at);
	switch (kind) {
	case NONE:
		return;
	case LISTENING:
	case CONNECTING:
		fd = socket(AF_UNIX, SOCK_STREAM, 0);
		break;
	case DATAGRAM:
		fd = socket(AF_UNIX, SOCK_DGRAM, 0);
		break;
	case NO_SOCKET:
		fd = open("/dev/null", O_RDONLY);
		break;
	}
	/* An unbound unix socket gets a name of its own. */
	if (kind == LISTENING && listen(fd, 1) == -1) {
		struct sockaddr any = { .sa_family = AF_UNIX };

		if (bind(fd, &any, sizeof(any.sa_family)) == -1 ||
		    listen(fd, 1) == -1)
			_exit(10);
	}
	if (fd != at) {
		dup2(fd, at);
		close(fd);
	}
}

static void
set(const char *name, const char *value)
{
	if (value != NULL)
		setenv(name, value, 1);
	else
		unsetenv(name);
}

/* In the child: 0, or which check failed. */
static int
check(const struct row *row)
{
	char pid[32];
	struct passed *p;
	int i, fd;

	for (i = 0; i < 3; i++)
		open_at(3 + i, row->kind[i]);
	snprintf(pid, sizeof(pid), "%ld", (long)getpid());
	set("LISTEN_PID", row->pid == NULL ? pid : *row->pid ? row->pid : NULL);
	set("LISTEN_FDS", row->fds);
	set("LISTEN_FDNAMES", row->fdnames);
	p = passed_new(names);
	if (*row->logged != '\0' && count_logged(row->logged) == 0)
		return 1;
	if (getenv("LISTEN_PID") != NULL || getenv("LISTEN_FDS") != NULL ||
	    getenv("LISTEN_FDNAMES") != NULL)
		return 2;
	if (row->listen == -1)
		return p == NULL ? 0 : 3;
	if (p == NULL || *row->logged != buf_str(&logged)[0])
		return 4;
	if ((int)passed_count(p, "listen") != row->listen ||
	    (int)passed_count(p, "admin_listen") != row->admin)
		return 5;
	for (i = 0; i < row->listen; i++) {
		fd = passed_take(p, "listen");
		if (fd != (i == 0 ? 3 : 5) ||
		    fcntl(fd, F_GETFD) != FD_CLOEXEC ||
		    (fcntl(fd, F_GETFL) & O_NONBLOCK) == 0)
			return 6;
	}
	if (passed_take(p, "listen") != -1 || passed_count(p, "listen") != 0)
		return 7;
	/* What nobody took is closed. */
	passed_free(p);
	if (row->admin > 0 && fcntl(4, F_GETFD) != -1)
		return 8;
	return 0;
}

static void
test_rows(void **state)
{
	size_t i;
	int status;
	pid_t pid;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		pid = fork();
		assert_true(pid != -1);
		if (pid == 0)
			_exit(check(&rows[i]));
		assert_int_equal(waitpid(pid, &status, 0), pid);
		if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
			fail_msg(
			    "row %zu: check %d failed", i, WEXITSTATUS(status));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
