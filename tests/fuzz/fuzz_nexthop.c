/* SPDX-License-Identifier: ISC */
/* What comes out is a policy domain, and a port that Postfix could mean. */
#include <ctype.h>
#include <string.h>

#include "fuzz.h"
#include "postfix/nexthop.h"

static bool
is_port(const char *port, size_t len)
{
	unsigned long number = 0;
	size_t i, digits = 0;

	for (i = 0; i < len; i++) {
		unsigned char c = (unsigned char)port[i];

		if (!isalnum(c) && c != '-')
			return false;
		digits += isdigit(c) != 0;
		if (digits == i + 1 && number < 100000)
			number = number * 10 + (c - '0');
	}
	return len > 0 && (digits < len || (number >= 1 && number <= 65535));
}

void
fuzz_nexthop(const char *data, size_t len)
{
	struct nexthop hop, again;
	size_t i;

	if (!nexthop_parse(data, len, &hop))
		return;
	HOLDS(hop.domain_len > 0 && hop.domain_len <= DOMAIN_MAX);
	HOLDS(strlen(hop.domain) == hop.domain_len);
	HOLDS(domain_is_valid(hop.domain, hop.domain_len));
	HOLDS(!domain_is_numeric(hop.domain, hop.domain_len));
	for (i = 0; i < hop.domain_len; i++)
		HOLDS(!isupper((unsigned char)hop.domain[i]));
	HOLDS(is_port(hop.port, hop.port_len));
	HOLDS(hop.is_host || !hop.is_bracketed);
	HOLDS(hop.is_host || memcmp(hop.port, NEXTHOP_PORT_DEFAULT, 2) == 0);
	/* The domain as a key is itself, and no host. */
	HOLDS(nexthop_parse(hop.domain, hop.domain_len, &again));
	HOLDS(strcmp(again.domain, hop.domain) == 0);
	HOLDS(!again.is_host && !again.is_bracketed);
}
