/* SPDX-License-Identifier: ISC */
/* Programs of others, run without a shell, their output bounded. Blocks. */
#ifndef BASE_EXEC_H
#define BASE_EXEC_H

#include "base/buf.h"

/*
 * Run argv (found in PATH, /usr/sbin or /usr/local/sbin; LC_ALL=C; no standard
 * input), append what it writes to out and error. Its exit status; -1: it
 * could not be run, was killed, took over 20 s, or wrote over 16 MiB.
 */
int exec_run(const char *const argv[], struct buf *out, struct buf *error);

#endif
