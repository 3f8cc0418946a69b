/* SPDX-License-Identifier: ISC */
#include <arpa/inet.h>
#include <string.h>

#include "base/sockaddress.h"

#define HOST_BYTES 64

/* 1 to 65535, digits alone, no leading zero; 0: it is no port. */
static in_port_t
parse_port(const char *s)
{
	unsigned int port = 0;
	size_t len = strlen(s);

	if (len == 0 || len > 5 || s[0] == '0' ||
	    strspn(s, "0123456789") != len)
		return 0;
	for (; *s != '\0'; s++)
		port = port * 10 + (unsigned int)(*s - '0');
	return port <= 65535 ? (in_port_t)port : 0;
}

/* "127.0.0.1:8461", "[::1]:8461", "localhost:8461". */
static bool
parse_inet(const char *text, struct sockaddress *out)
{
	char copy[HOST_BYTES], *host = copy, *colon;
	in_port_t port;
	size_t len;

	if (strlcpy(copy, text, sizeof(copy)) >= sizeof(copy))
		return false;
	colon = strrchr(copy, ':');
	if (colon == NULL)
		return false;
	*colon = '\0';
	port = parse_port(colon + 1);
	if (port == 0)
		return false;
	if (host[0] == '[') {
		len = strlen(++host);
		if (len == 0 || host[len - 1] != ']')
			return false;
		host[len - 1] = '\0';
		out->sa.in6.sin6_family = AF_INET6;
		out->sa.in6.sin6_port = htons(port);
		out->len = sizeof(out->sa.in6);
		return inet_pton(AF_INET6, host, &out->sa.in6.sin6_addr) == 1;
	}
	/* No resolver here: where it listens must not depend on one. */
	if (strcasecmp(host, "localhost") == 0)
		(void)strlcpy(host, "127.0.0.1", sizeof(copy));
	out->sa.in.sin_family = AF_INET;
	out->sa.in.sin_port = htons(port);
	out->len = sizeof(out->sa.in);
	return inet_pton(AF_INET, host, &out->sa.in.sin_addr) == 1;
}

bool
sockaddress_set_path(struct sockaddress *a, const char *path)
{
	a->sa.un.sun_family = AF_UNIX;
	a->len = sizeof(a->sa.un);
	return strlcpy(a->sa.un.sun_path, path, sizeof(a->sa.un.sun_path)) <
	    sizeof(a->sa.un.sun_path);
}

bool
sockaddress_parse(const char *address, struct sockaddress *out)
{
	struct sockaddress a = { 0 };
	size_t len;

	if (strncmp(address, "inet:", 5) == 0) {
		if (!parse_inet(address + 5, &a))
			return false;
	} else if (strncmp(address, "unix:", 5) == 0) {
		a.path = address + 5;
		len = strlen(a.path);
		/* The temporary name must fit too. */
		if (len == 0 || a.path[len - 1] == '/' ||
		    len + SOCKADDRESS_SUFFIX_BYTES >= sizeof(a.sa.un.sun_path))
			return false;
		(void)sockaddress_set_path(&a, a.path);
	} else {
		return false;
	}
	*out = a;
	return true;
}

bool
sockaddress_is_valid(const char *address)
{
	struct sockaddress a;

	return sockaddress_parse(address, &a);
}

bool
sockaddress_is_unix(const char *address)
{
	struct sockaddress a;

	return sockaddress_parse(address, &a) && a.path != NULL;
}

static bool
is_same(const union sock_any *a, const union sock_any *b)
{
	if (a->any.sa_family != b->any.sa_family)
		return false;
	if (a->any.sa_family == AF_INET)
		return a->in.sin_port == b->in.sin_port &&
		    a->in.sin_addr.s_addr == b->in.sin_addr.s_addr;
	if (a->any.sa_family == AF_INET6)
		return a->in6.sin6_port == b->in6.sin6_port &&
		    IN6_ARE_ADDR_EQUAL(&a->in6.sin6_addr, &b->in6.sin6_addr);
	return strcmp(a->un.sun_path, b->un.sun_path) == 0;
}

bool
sockaddress_is_same(const char *one, const char *other)
{
	struct sockaddress a, b;

	return sockaddress_parse(one, &a) && sockaddress_parse(other, &b) &&
	    is_same(&a.sa, &b.sa);
}

static bool
is_any(const struct sockaddress *a)
{
	if (a->sa.any.sa_family == AF_INET6)
		return IN6_IS_ADDR_UNSPECIFIED(&a->sa.in6.sin6_addr);
	return a->sa.in.sin_addr.s_addr == htonl(INADDR_ANY);
}

bool
sockaddress_covers(const char *one, const char *other)
{
	struct sockaddress a, b;

	if (!sockaddress_parse(one, &a) || !sockaddress_parse(other, &b) ||
	    a.path != NULL || a.sa.any.sa_family != b.sa.any.sa_family)
		return false;
	/* The port is at the same place in both families. */
	return a.sa.in.sin_port == b.sa.in.sin_port &&
	    (is_any(&a) || is_any(&b));
}

void
sockaddress_describe(int fd, struct buf *text)
{
	struct sockaddress a = { .len = sizeof(a.sa) };
	char host[INET6_ADDRSTRLEN] = "?";

	if (getsockname(fd, &a.sa.any, &a.len) == -1) {
		buf_puts(text, "?");
		return;
	}
	if (a.sa.any.sa_family == AF_INET) {
		inet_ntop(AF_INET, &a.sa.in.sin_addr, host, sizeof(host));
		buf_printf(text, "inet:%s:%u", host, ntohs(a.sa.in.sin_port));
	} else if (a.sa.any.sa_family == AF_INET6) {
		inet_ntop(AF_INET6, &a.sa.in6.sin6_addr, host, sizeof(host));
		buf_printf(
		    text, "inet:[%s]:%u", host, ntohs(a.sa.in6.sin6_port));
	} else {
		/* An abstract name begins with NUL, and is left out. */
		buf_printf(text, "unix:%.*s", (int)sizeof(a.sa.un.sun_path),
		    a.sa.un.sun_path);
	}
}
