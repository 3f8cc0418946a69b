/* SPDX-License-Identifier: ISC */
/*
 * Listening sockets: "inet:host:port", "inet:[v6]:port", "unix:path". A host
 * is an address or localhost (127.0.0.1), a port 1 to 65535, a path at most
 * 98 bytes.
 */
#ifndef BASE_SOCK_H
#define BASE_SOCK_H

#include <stdbool.h>
#include <sys/types.h>

/* For unix sockets; -1 and "" mean: leave as it is. */
struct sock_rights {
	mode_t mode;
	const char *owner;
	const char *group;
};

/*
 * Bind and listen, non-blocking, close-on-exec. The descriptor, or -1
 * (logged with the address and the reason).
 *
 * A unix socket gets its rights before anyone can reach it (made under a
 * temporary name in the same folder, then renamed). A missing last folder is
 * made (0755). A path on which somebody answers is never taken; a dead
 * socket is replaced; anything else there is an error.
 */
int sock_listen(const char *address, const struct sock_rights *);

/*
 * Remove the path of a unix address, if the socket there is still fd's. Call
 * it before fd is closed.
 */
void sock_unlink(const char *address, int fd);

/*
 * Connect, for who may block: connecting, each read and each write wait at
 * most timeout_ms, then fail with EAGAIN (EINPROGRESS). The descriptor, or -1
 * with errno; EINVAL: that is no address.
 */
int sock_connect(const char *address, int timeout_ms);

#endif
