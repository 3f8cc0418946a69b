/* SPDX-License-Identifier: ISC */
/*
 * When the daemon was last seen to run, in a file beside the cache: at start
 * it tells a clock that cannot be right. dir NULL: nothing is kept.
 */
#ifndef CACHE_ALIVE_H
#define CACHE_ALIVE_H

#include <stdint.h>

/* Seconds since the epoch; 0: not known. */
int64_t alive_read(const char *dir);

/* Write it anew (logged when that fails). */
void alive_write(const char *dir, int64_t now);

#endif
