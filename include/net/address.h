/* SPDX-License-Identifier: ISC */
/*
 * Which addresses we connect to. Policy hosts and MX hosts are named by
 * strangers: private, loopback, link-local, documentation and multicast
 * networks are refused unless allow_networks names them. Pure.
 */
#ifndef NET_ADDRESS_H
#define NET_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

#include "base/config.h"

/* A network: "192.0.2.0/24", "2001:db8::/32", or one address. */
struct address_net {
	int family; /* AF_INET, AF_INET6 */
	unsigned char bytes[16];
	unsigned int bits;
};

/* False when the text is no network. */
bool address_net_parse(const char *, struct address_net *);

/*
 * May we connect to it? An IPv4 address inside 64:ff9b::/96 or ::ffff:0:0/96
 * is judged as itself. allow: texts of address_net_parse(), checked before.
 */
bool
address_is_allowed(const struct sockaddr *, const struct config_list *allow);

#endif
