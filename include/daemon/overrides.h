/* SPDX-License-Identifier: ISC */
/* The file of overrides: from disk to sts/override. */
#ifndef DAEMON_OVERRIDES_H
#define DAEMON_OVERRIDES_H

#include "sts/override.h"

#define OVERRIDES_MAX_BYTES (16 * 1024 * 1024)

/*
 * Read the file, wholly or not at all; "" is no file, and NULL, an empty set.
 * -1 (logged: "path:line: reason") when it cannot be; *out is then untouched.
 * Blocks as reading a file does.
 */
int overrides_load(const char *path, struct sts_overrides **out);

#endif
