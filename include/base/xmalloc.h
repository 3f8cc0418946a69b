/* SPDX-License-Identifier: ISC */
/*
 * Allocation that cannot fail: out of memory is logged and ends the process
 * with status 1 (what was answered is durable, systemd starts us again).
 * Every result is the caller's, to be freed with free(3).
 */
#ifndef BASE_XMALLOC_H
#define BASE_XMALLOC_H

#include <stddef.h>

void *xmalloc(size_t);
void *xcalloc(size_t n, size_t size);
void *xrealloc(void *, size_t);
void *xreallocarray(void *, size_t n, size_t size);
char *xstrdup(const char *);

/* A copy of len bytes with a NUL after them. */
char *xmemdup(const void *, size_t len);

#endif
