/* SPDX-License-Identifier: ISC */
/*
 * A disk that takes its time, or fails. Preloaded; the file named by SLOWSYNC
 * says how, and counts. A sync that is held up goes on as soon as delay_ms
 * says so.
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>

#include "control.h"

#define STEP_MS    5
#define HEAD_BYTES 8192 /* the two first pages of LMDB's file */

struct control {
	_Atomic int64_t delay_ms; /* of each sync */
	_Atomic int64_t error; /* errno of what fails */
	_Atomic int64_t fails; /* which: */
#define FAILS_SYNC  1
#define FAILS_PAGES 2
#define FAILS_HEAD  4
	_Atomic int64_t begun, ended; /* syncs */
};

static struct control *control;

__attribute__((constructor)) static void
begin(void)
{
	control = control_map("SLOWSYNC", sizeof(*control));
}

/* The address of the function that is hidden by ours. */
static void
find(const char *name, void *function)
{
	void *p = dlsym(RTLD_NEXT, name);

	memcpy(function, &p, sizeof(p));
}

static int64_t
now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static int
slow(int (*sync)(int), int fd)
{
	const struct timespec step = { 0, STEP_MS * 1000000 };
	int64_t start = now_ms();
	int rc = -1;

	control->begun++;
	while (now_ms() - start < control->delay_ms)
		nanosleep(&step, NULL);
	if (control->fails & FAILS_SYNC)
		errno = (int)control->error;
	else
		rc = sync(fd);
	control->ended++;
	return rc;
}

/* Of a regular file: sockets and pipes have no place. */
static int
fails(int fd, off_t at)
{
	struct stat st;

	if (!(control->fails & (at < HEAD_BYTES ? FAILS_HEAD : FAILS_PAGES)) ||
	    fstat(fd, &st) == -1 || !S_ISREG(st.st_mode))
		return 0;
	errno = (int)control->error;
	return 1;
}

int
fdatasync(int fd)
{
	int (*real)(int);

	find("fdatasync", &real);
	return slow(real, fd);
}

int
fsync(int fd)
{
	int (*real)(int);

	find("fsync", &real);
	return slow(real, fd);
}

int
msync(void *p, size_t len, int flags)
{
	int (*real)(void *, size_t, int);

	find("msync", &real);
	return real(p, len, flags);
}

ssize_t
pwrite(int fd, const void *p, size_t len, off_t at)
{
	ssize_t (*real)(int, const void *, size_t, off_t);

	find("pwrite", &real);
	return fails(fd, at) ? -1 : real(fd, p, len, at);
}

ssize_t
pwrite64(int fd, const void *p, size_t len, off_t at)
{
	return pwrite(fd, p, len, at);
}

/* LMDB's, of several pages at a place it went to before. */
ssize_t
writev(int fd, const struct iovec *v, int n)
{
	ssize_t (*real)(int, const struct iovec *, int);

	find("writev", &real);
	return fails(fd, HEAD_BYTES) ? -1 : real(fd, v, n);
}
