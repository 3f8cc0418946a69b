/* SPDX-License-Identifier: ISC */
/*
 * RFC 3986 appendix A. Behind the scheme a URI is cut at the first "#", then
 * at the first "?"; what begins with "//" has an authority, and every other
 * run of pchar and "/" is one of the paths.
 */
#include <string.h>

#include <arpa/inet.h>

#include "sts/field.h"
#include "sts/uri.h"

/* sub-delims without the three that must be encoded */
#define URI_UNRESERVED "-._~"
#define URI_SUB_DELIMS "$&'()*+="
#define URI_PCHAR      URI_UNRESERVED URI_SUB_DELIMS ":@"

static bool
is_one_of(char c, const char *set)
{
	return c != '\0' && strchr(set, c) != NULL;
}

static bool
is_hex(char c)
{
	return sts_is_digit(c) || (c >= 'A' && c <= 'F') ||
	    (c >= 'a' && c <= 'f');
}

/* Nothing but letters, digits, `others` and, if asked, percent-encodings? */
static bool
is_run_of(const char *s, size_t len, const char *others, bool has_percent)
{
	size_t i;

	for (i = 0; i < len; i++) {
		if (sts_is_alpha(s[i]) || sts_is_digit(s[i]) ||
		    is_one_of(s[i], others))
			continue;
		if (!has_percent || s[i] != '%' || len - i < 3 ||
		    !is_hex(s[i + 1]) || !is_hex(s[i + 2]))
			return false;
		i += 2;
	}
	return true;
}

/* What stands between "[" and "]": IPv6address / IPvFuture. */
static bool
is_ip_literal(const char *s, size_t len)
{
	char text[INET6_ADDRSTRLEN];
	struct in6_addr address;
	size_t i = 1;

	if (len > 0 && (s[0] == 'v' || s[0] == 'V')) {
		while (i < len && is_hex(s[i]))
			i++;
		return i > 1 && len - i > 1 && s[i] == '.' &&
		    is_run_of(s + i + 1, len - i - 1,
			URI_UNRESERVED URI_SUB_DELIMS ":", false);
	}
	if (len >= sizeof(text) || memchr(s, '\0', len) != NULL)
		return false;
	memcpy(text, s, len);
	text[len] = '\0';
	return inet_pton(AF_INET6, text, &address) == 1;
}

/* [userinfo "@"] host [":" port] */
static bool
authority_parse(const char *s, size_t len, size_t *host_len)
{
	const char *at = memchr(s, '@', len), *bracket;
	size_t host, i;

	if (at != NULL) {
		host = (size_t)(at - s) + 1;
		if (!is_run_of(
			s, host - 1, URI_UNRESERVED URI_SUB_DELIMS ":", true))
			return false;
		s += host;
		len -= host;
	}
	if (len > 0 && s[0] == '[') {
		bracket = memchr(s, ']', len);
		if (bracket == NULL)
			return false;
		host = (size_t)(bracket - s) + 1;
		if (!is_ip_literal(s + 1, host - 2))
			return false;
	} else {
		for (host = 0; host < len && s[host] != ':'; host++)
			continue;
		if (!is_run_of(s, host, URI_UNRESERVED URI_SUB_DELIMS, true))
			return false;
	}
	for (i = host; i < len; i++)
		if (i == host ? s[i] != ':' : !sts_is_digit(s[i]))
			return false;
	*host_len = host;
	return true;
}

static size_t
scheme_len(const char *s, size_t len)
{
	const char *colon = memchr(s, ':', len);
	size_t n = colon != NULL ? (size_t)(colon - s) : 0;

	if (n == 0 || !sts_is_alpha(s[0]) || !is_run_of(s, n, "+-.", false))
		return 0;
	return n;
}

/* Cut s at the first c; false when what follows c is not a query. */
static bool
cut_at(const char *s, size_t *len, char c)
{
	const char *p = memchr(s, c, *len);
	size_t left;

	if (p == NULL)
		return true;
	left = *len - (size_t)(p - s) - 1;
	*len = (size_t)(p - s);
	return is_run_of(p + 1, left, URI_PCHAR "/?", true);
}

bool
sts_uri_parse(const char *s, size_t len, struct sts_uri *out)
{
	struct sts_uri uri = { .scheme_len = scheme_len(s, len) };
	size_t authority = 0;

	if (uri.scheme_len == 0)
		return false;
	s += uri.scheme_len + 1;
	len -= uri.scheme_len + 1;
	if (!cut_at(s, &len, '#') || !cut_at(s, &len, '?'))
		return false;
	uri.rest_len = len;
	if (len >= 2 && s[0] == '/' && s[1] == '/') {
		s += 2;
		len -= 2;
		while (authority < len && s[authority] != '/')
			authority++;
		if (!authority_parse(s, authority, &uri.host_len))
			return false;
	}
	if (!is_run_of(s + authority, len - authority, URI_PCHAR "/", true))
		return false;
	*out = uri;
	return true;
}
