/* SPDX-License-Identifier: ISC */
/* The two ends of two pipes, and a limit to both. */
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/exec.h"

#define LIMIT_MS   20000
#define LIMIT_BYTE ((size_t)16 * 1024 * 1024)
#define READ_BYTES 65536
#define CANNOT_RUN 127
/* Where postconf is, but not in every user's PATH. */
#define MORE_PATH ":/usr/sbin:/usr/local/sbin"

/* Only async-signal-safe calls here but for the first two: one thread. */
static void
become(const char *const argv[], int out, int error)
{
	const char *path = getenv("PATH");
	struct buf full = { 0 };
	int null = open("/dev/null", O_RDONLY);

	buf_printf(&full, "%s" MORE_PATH, path != NULL ? path : "/usr/bin");
	setenv("PATH", full.data, 1);
	setenv("LC_ALL", "C", 1);
	signal(SIGPIPE, SIG_DFL);
	if (null == -1 || dup2(null, STDIN_FILENO) == -1 ||
	    dup2(out, STDOUT_FILENO) == -1 || dup2(error, STDERR_FILENO) == -1)
		_exit(CANNOT_RUN);
	execvp(argv[0], (char *const *)(const void *)argv);
	_exit(CANNOT_RUN);
}

/* False: nothing more will come. */
static bool
take(int fd, struct buf *to)
{
	ssize_t n = read(fd, buf_reserve(to, READ_BYTES), READ_BYTES);

	if (n == -1)
		return errno == EINTR;
	to->len += (size_t)n;
	to->data[to->len] = '\0';
	return n > 0;
}

/* Until both ends are closed; false: too late, or too much. */
static bool
gather(int out_fd, int error_fd, struct buf *out, struct buf *error)
{
	struct pollfd fd[2] = { { .fd = out_fd, .events = POLLIN },
		{ .fd = error_fd, .events = POLLIN } };
	struct buf *to[2] = { out, error };
	int64_t until = clock_ms() + LIMIT_MS, left;
	size_t i;

	while (fd[0].fd != -1 || fd[1].fd != -1) {
		left = until - clock_ms();
		if (left <= 0 || out->len + error->len > LIMIT_BYTE)
			return false;
		if (poll(fd, 2, (int)left) == -1 && errno != EINTR)
			return false;
		for (i = 0; i < 2; i++) {
			if (fd[i].fd != -1 && fd[i].revents != 0 &&
			    !take(fd[i].fd, to[i]))
				fd[i].fd = -1;
			fd[i].revents = 0;
		}
	}
	return true;
}

static int
reap(pid_t pid, bool is_whole)
{
	int status;

	if (!is_whole)
		kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) == -1) {
		if (errno != EINTR)
			return -1;
	}
	if (!is_whole || !WIFEXITED(status) ||
	    WEXITSTATUS(status) == CANNOT_RUN)
		return -1;
	return WEXITSTATUS(status);
}

int
exec_run(const char *const argv[], struct buf *out, struct buf *error)
{
	int out_pipe[2], error_pipe[2], status = -1;
	pid_t pid;

	if (pipe2(out_pipe, O_CLOEXEC) == -1)
		return -1;
	if (pipe2(error_pipe, O_CLOEXEC) == -1) {
		close(out_pipe[0]);
		close(out_pipe[1]);
		return -1;
	}
	pid = fork();
	if (pid == 0)
		become(argv, out_pipe[1], error_pipe[1]);
	close(out_pipe[1]);
	close(error_pipe[1]);
	if (pid != -1)
		status =
		    reap(pid, gather(out_pipe[0], error_pipe[0], out, error));
	close(out_pipe[0]);
	close(error_pipe[0]);
	return status;
}
