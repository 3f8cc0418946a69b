/* SPDX-License-Identifier: ISC */
/* Which folders the daemon still needs when it runs, by its settings. */
#ifndef DAEMON_CONFINE_H
#define DAEMON_CONFINE_H

#include "base/config.h"
#include "base/loop.h"
#include "base/sandbox.h"

/*
 * Enter the sandbox, as the user it stays and before any thread (see
 * base/sandbox.h). config_file: what a reload reads; NULL: the built-in path.
 * *out is NULL with "sandbox = no". 0, or -1 (logged).
 */
int confine(struct loop *, const struct config *, const char *config_file,
    struct sandbox **out);

#endif
