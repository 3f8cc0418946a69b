/* SPDX-License-Identifier: ISC */
/*
 * Memory that runs out, for a moment. Preloaded; the file named by FAILALLOC
 * says at which allocation, and how many fail then. glibc only.
 */
#include <errno.h>
#include <malloc.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>

#include "control.h"

struct control {
	_Atomic int64_t left; /* until it fails; 0: never */
	_Atomic int64_t burst; /* that many in a row, at least 1 */
	_Atomic int64_t seen; /* allocations so far */
	_Atomic int64_t failed; /* of them */
};

void *__libc_malloc(size_t);
void *__libc_calloc(size_t, size_t);
void *__libc_realloc(void *, size_t);
void *__libc_memalign(size_t, size_t);

static struct control *control;

__attribute__((constructor)) static void
begin(void)
{
	control = control_map("FAILALLOC", sizeof(*control));
}

static int
is_out(void)
{
	int64_t left;

	if (control == NULL)
		return 0;
	control->seen++;
	if (control->left == 0)
		return 0;
	left = --control->left;
	if (left > 0)
		return 0;
	/* (two threads may come here at once: one more fails) */
	control->left = --control->burst > 0 ? 1 : 0;
	control->failed++;
	errno = ENOMEM;
	return 1;
}

void *
malloc(size_t size)
{
	return is_out() ? NULL : __libc_malloc(size);
}

void *
calloc(size_t n, size_t size)
{
	return is_out() ? NULL : __libc_calloc(n, size);
}

void *
realloc(void *p, size_t size)
{
	return is_out() ? NULL : __libc_realloc(p, size);
}

void *
reallocarray(void *p, size_t n, size_t size)
{
	if (size > 0 && n > SIZE_MAX / size) {
		errno = ENOMEM;
		return NULL;
	}
	return realloc(p, n * size);
}

void *
memalign(size_t alignment, size_t size)
{
	return is_out() ? NULL : __libc_memalign(alignment, size);
}

void *
aligned_alloc(size_t alignment, size_t size)
{
	return memalign(alignment, size);
}

int
posix_memalign(void **out, size_t alignment, size_t size)
{
	void *p = memalign(alignment, size);

	if (p == NULL)
		return ENOMEM;
	*out = p;
	return 0;
}
