/* SPDX-License-Identifier: ISC */
/*
 * Postfix's next-hop forms: domain, [host], [host]:port, host:port. What a
 * domain name is, base/domain knows.
 */
#include <string.h>

#include "postfix/nexthop.h"

#define PORT_MAX 65535

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_service_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-';
}

/* 1 to 65535, or a service name; not empty. */
static bool
port_is_valid(const char *port, size_t len)
{
	bool is_number = true;
	unsigned number = 0;
	size_t i;

	for (i = 0; i < len; i++) {
		if (is_digit(port[i])) {
			if (number <= PORT_MAX)
				number =
				    number * 10 + (unsigned)(port[i] - '0');
		} else if (is_service_char(port[i])) {
			is_number = false;
		} else {
			return false;
		}
	}
	return !is_number || (number >= 1 && number <= PORT_MAX);
}

/* The host, behind which `rest` begins; NULL: no end is found. */
static const char *
host_end(const char *key, const char *end, bool is_bracketed)
{
	const char *found =
	    memchr(key, is_bracketed ? ']' : ':', (size_t)(end - key));

	return found != NULL || is_bracketed ? found : end;
}

bool
nexthop_parse(const char *key, size_t len, struct nexthop *hop)
{
	const char *end, *host, *rest;

	for (; len > 0 && is_blank(key[0]); len--)
		key++;
	for (; len > 0 && is_blank(key[len - 1]); len--)
		continue;
	if (len == 0)
		return false;
	end = key + len;
	hop->is_bracketed = key[0] == '[';
	key += hop->is_bracketed;
	host = host_end(key, end, hop->is_bracketed);
	if (host == NULL)
		return false;
	rest = host + hop->is_bracketed;
	hop->is_host = hop->is_bracketed || rest < end;
	hop->port = NEXTHOP_PORT_DEFAULT;
	hop->port_len = sizeof(NEXTHOP_PORT_DEFAULT) - 1;
	if (rest < end && *rest++ != ':')
		return false;
	if (rest < end) {
		hop->port = rest;
		hop->port_len = (size_t)(end - rest);
		if (!port_is_valid(hop->port, hop->port_len))
			return false;
	}
	hop->domain_len =
	    domain_to_ascii(key, (size_t)(host - key), hop->domain);
	return hop->domain_len > 0 &&
	    !domain_is_numeric(hop->domain, hop->domain_len);
}
