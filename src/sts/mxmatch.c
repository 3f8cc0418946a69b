/* SPDX-License-Identifier: ISC */
/*
 * RFC 8461 section 4.1. The host is brought to its A-label form first, as a
 * key is; a pattern never is: with anything but A-labels it is no pattern.
 */
#include <string.h>
#include <strings.h>

#include "base/domain.h"
#include "sts/mxmatch.h"

/* Both sides checked; the host in lower case, the pattern in any. */
static bool
is_covered(
    const char *pattern, size_t pattern_len, const char *host, size_t host_len)
{
	const char *dot;

	if (pattern[0] == '*') {
		dot = memchr(host, '.', host_len);
		if (dot == NULL)
			return false;
		pattern++;
		pattern_len--;
		host_len -= (size_t)(dot - host);
		host = dot;
	}
	return pattern_len == host_len &&
	    strncasecmp(pattern, host, host_len) == 0;
}

bool
sts_mx_match(
    const char *pattern, size_t pattern_len, const char *host, size_t host_len)
{
	size_t star = pattern_len >= 2 && memcmp(pattern, "*.", 2) == 0 ? 2 : 0;
	char name[DOMAIN_MAX + 1];
	size_t len;

	if (!domain_is_valid(pattern + star, pattern_len - star))
		return false;
	len = domain_to_ascii(host, host_len, name);
	return len > 0 && is_covered(pattern, pattern_len, name, len);
}

bool
sts_mx_match_any(
    const struct sts_mxlist *list, const char *host, size_t host_len)
{
	char name[DOMAIN_MAX + 1];
	const char *p = NULL;
	size_t len;

	len = domain_to_ascii(host, host_len, name);
	if (len == 0)
		return false;
	while ((p = sts_mxlist_next(list, p)) != NULL)
		if (is_covered(p, strlen(p), name, len))
			return true;
	return false;
}
