/* SPDX-License-Identifier: ISC */
/*
 * The look-up key of smtp_tls_policy_maps: Postfix's next-hop, verbatim
 * (smtp/smtp_tls_policy.c). Pure.
 */
#ifndef POSTFIX_NEXTHOP_H
#define POSTFIX_NEXTHOP_H

#include <stdbool.h>
#include <stddef.h>

#include "base/domain.h"

#define NEXTHOP_PORT_DEFAULT "25"

struct nexthop {
	char domain[DOMAIN_MAX + 1]; /* the policy domain */
	size_t domain_len;
	bool is_host; /* in brackets, or with a port: a
					   smart host (RFC 8461 3.4) */
	bool is_bracketed; /* no MX look-up */
	const char *port; /* lends from the key, or "25" */
	size_t port_len; /* digits (1-65535) or a service name */
};

/*
 * False when no domain can have a policy by this key: parents (".example"),
 * address literals, numeric or other names that are no host names, bad ports;
 * nothing is known of *hop then. Outer blanks and one final dot are cut;
 * U-labels become A-labels.
 */
bool nexthop_parse(const char *key, size_t len, struct nexthop *hop);

#endif
