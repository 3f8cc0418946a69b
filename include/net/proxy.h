/* SPDX-License-Identifier: ISC */
/* The `proxy` setting: an http proxy that is asked to CONNECT. */
#ifndef NET_PROXY_H
#define NET_PROXY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/domain.h"

#define PROXY_PORT_DEFAULT 3128

/* "http://[user:password@]host[:port]", or without the scheme. */
struct proxy {
	const char *url; /* the setting; lent */
	char host[DOMAIN_MAX + 1]; /* lower case, no brackets */
	uint16_t port;
	bool is_address; /* host is one: nothing to look up */
};

/* False when the text is no such URL, or libcurl has no memory. */
bool proxy_parse(const char *url, struct proxy *);

#endif
