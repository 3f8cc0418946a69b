/* SPDX-License-Identifier: ISC */
/*
 * Somebody else's code in the daemon: at the next connection it tries what
 * the file named by INTRUDER says, and tells how that ended. Preloaded.
 */
#include <dlfcn.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "control.h"

struct control {
	_Atomic int64_t attempt; /* 0: none */
	_Atomic int64_t result; /* errno, or 0; -1: not yet */
	char path[496];
};

static struct control *control;

__attribute__((constructor)) static void
begin(void)
{
	control = control_map("INTRUDER", sizeof(*control));
}

static int
attempt(int64_t what)
{
	char *argv[] = { control->path, NULL };
	int rc = -1;
	pid_t pid;

	switch (what) {
	case 1:
		rc = execve(control->path, argv, argv + 1);
		break;
	case 2:
		rc = open(control->path, O_RDONLY | O_CLOEXEC);
		break;
	case 3:
		rc = open(control->path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
		break;
	case 4:
		pid = fork();
		if (pid == 0)
			_exit(0);
		rc = pid;
		break;
	case 5:
		rc = socket(AF_INET, SOCK_RAW, IPPROTO_ICMP);
		break;
	case 6:
		rc = unlink(control->path);
		break;
	default:
		errno = EINVAL;
		break;
	}
	return rc == -1 ? errno : 0;
}

int
accept4(int fd, __SOCKADDR_ARG sa, socklen_t *len, int flags)
{
	int (*real)(int, struct sockaddr *, socklen_t *, int);
	void *p = dlsym(RTLD_NEXT, "accept4");
	int64_t what = atomic_exchange(&control->attempt, 0);

	if (what != 0)
		control->result = attempt(what);
	memcpy(&real, &p, sizeof(p));
	return real(fd, sa.__sockaddr__, len, flags);
}
