/* SPDX-License-Identifier: ISC */
/* What a test tells a preloaded object while the daemon runs: a shared file. */
#ifndef TESTS_CRASH_CONTROL_H
#define TESTS_CRASH_CONTROL_H

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

/* The file named by a variable, made by the test; exits when it is not there.
 */
static inline void *
control_map(const char *variable, size_t size)
{
	const char *path = getenv(variable);
	int fd = path != NULL ? open(path, O_RDWR | O_CLOEXEC) : -1;
	void *p = MAP_FAILED;

	if (fd != -1)
		p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED)
		_exit(99);
	close(fd);
	return p;
}

#endif
