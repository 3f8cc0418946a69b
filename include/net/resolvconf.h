/* SPDX-License-Identifier: ISC */
/* The addresses of name servers, and the file that lists them. */
#ifndef NET_RESOLVCONF_H
#define NET_RESOLVCONF_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#define RESOLVCONF_PATH          "/etc/resolv.conf"
#define RESOLVCONF_SERVERS_MAX   16
#define RESOLVCONF_ADDRESS_BYTES 80 /* "[IPv6%interface]:port" */

struct resolvconf_address {
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} sock;
	char text[RESOLVCONF_ADDRESS_BYTES]; /* without port 53 */
};

struct resolvconf {
	struct resolvconf_address server[RESOLVCONF_SERVERS_MAX];
	size_t count;
};

/* What a file looked like; zeroed = never seen. */
struct resolvconf_stamp {
	bool exists;
	dev_t device;
	ino_t inode;
	off_t size;
	struct timespec modified;
};

/*
 * An address as resolv.conf or dns_servers writes it: "192.0.2.1",
 * "192.0.2.1:5353", "2001:db8::1", "[2001:db8::1]:53", "fe80::1%eth0" (the
 * interface must exist). The unspecified address means this host, as in
 * glibc. False when it is none.
 */
bool resolvconf_parse_address(const char *, struct resolvconf_address *);

/*
 * The nameserver lines of a file. Lines with no address in them are logged
 * and skipped; no such line, or no file one may read: 127.0.0.1, as glibc
 * does. 0, or -1 when the file could not be read for want of descriptors or
 * memory, or for an I/O error (logged; out is untouched).
 */
int resolvconf_read(const char *path, struct resolvconf *out);

/* Has the file changed since the stamp? Renews the stamp. */
bool resolvconf_has_changed(const char *path, struct resolvconf_stamp *);

/* Are they the same servers in the same order? */
bool resolvconf_is_equal(const struct resolvconf *, const struct resolvconf *);

#endif
