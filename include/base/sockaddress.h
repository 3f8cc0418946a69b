/* SPDX-License-Identifier: ISC */
/*
 * Addresses of listening sockets as settings write them: "inet:host:port",
 * "inet:[v6]:port", "unix:path". A host is an address or localhost
 * (127.0.0.1), a port 1 to 65535, a path at most 98 bytes.
 */
#ifndef BASE_SOCKADDRESS_H
#define BASE_SOCKADDRESS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/buf.h"

/* A unix socket is bound to its path, ".", and eight hex digits first. */
#define SOCKADDRESS_SUFFIX_BYTES 9

union sock_any {
	struct sockaddr any;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
	struct sockaddr_un un;
};

struct sockaddress {
	union sock_any sa;
	socklen_t len;
	const char *path; /* of a unix address; lends */
};

/* False when the text is no address; out is untouched then. */
bool sockaddress_parse(const char *text, struct sockaddress *out);

/* Make it that of a path; false when that is too long. */
bool sockaddress_set_path(struct sockaddress *, const char *path);

/* Is the text a well-formed address? */
bool sockaddress_is_valid(const char *text);
bool sockaddress_is_unix(const char *text);

/* Do two addresses name the same place, however they are written? */
bool sockaddress_is_same(const char *, const char *);

/* Is one the other's port at every address of the host (0.0.0.0, [::])? */
bool sockaddress_covers(const char *, const char *);

/* Append the address that a socket is bound to, as a setting writes it. */
void sockaddress_describe(int fd, struct buf *);

#endif
