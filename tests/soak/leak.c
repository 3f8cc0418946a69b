/* SPDX-License-Identifier: ISC */
/*
 * A daemon that leaks: preloaded, it keeps memory at each read of a socket and
 * a descriptor at each connection, as the file named by LEAK says.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../crash/control.h"

struct control {
	_Atomic int64_t bytes; /* at each read */
	_Atomic int64_t descriptors; /* at each connection */
};

static struct control *control;

__attribute__((constructor)) static void
begin(void)
{
	control = control_map("LEAK", sizeof(*control));
}

/* Not by malloc(), whose leaks a sanitizer knows of. */
static void
leak(size_t len)
{
	void *p = mmap(NULL, len, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p != MAP_FAILED)
		memset(p, 1, len);
}

ssize_t
read(int fd, void *p, size_t len)
{
	static ssize_t (*real)(int, void *, size_t);
	void *found;

	if (real == NULL) {
		found = dlsym(RTLD_NEXT, "read");
		memcpy(&real, &found, sizeof(real));
	}
	if (control != NULL && control->bytes > 0)
		leak((size_t)control->bytes);
	return real(fd, p, len);
}

int
accept4(int fd, __SOCKADDR_ARG address, socklen_t *restrict len, int flags)
{
	static int (*real)(int, __SOCKADDR_ARG, socklen_t *restrict, int);
	void *found;
	int got;
	int64_t n;

	if (real == NULL) {
		found = dlsym(RTLD_NEXT, "accept4");
		memcpy(&real, &found, sizeof(real));
	}
	got = real(fd, address, len, flags);
	for (n = got != -1 && control != NULL ? control->descriptors : 0; n > 0;
	     n--)
		(void)fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0);
	return got;
}
