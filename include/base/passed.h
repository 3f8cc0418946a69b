/* SPDX-License-Identifier: ISC */
/*
 * Listening sockets passed by the service manager (sd_listen_fds(3)): their
 * number in LISTEN_FDS, whose they are in LISTEN_PID, and in LISTEN_FDNAMES
 * the setting that each stands for. They replace what the setting says, and
 * their paths are never removed: they are the manager's.
 */
#ifndef BASE_PASSED_H
#define BASE_PASSED_H

#include <stddef.h>

#include "base/buf.h"

struct passed;

/*
 * Take over what was passed to this process, and the environment that says
 * so; each becomes non-blocking and close-on-exec. names: the settings that
 * may have some, NULL at the end. Without any an empty set; NULL (logged)
 * when one has another name, or is no listening stream socket. Call it
 * before any other descriptor is made.
 */
struct passed *passed_new(const char *const *names);

/* The next socket for the setting, the caller's from now on; -1: no more. */
int passed_take(struct passed *, const char *name);

/* How many are left for the setting? */
size_t passed_count(const struct passed *, const char *name);

/* Closes what nobody took. */
void passed_free(struct passed *);

#endif
