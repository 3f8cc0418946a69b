/* SPDX-License-Identifier: ISC */
/*
 * The value of a Host header. Ours is an IP literal, localhost or this
 * machine's name, and nothing that a page of somebody else could bear.
 */
#include <arpa/inet.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "fuzz.h"
#include "net/httphost.h"

static bool
is_literal(int family, const char *text, size_t len)
{
	unsigned char address[16];
	char copy[64];

	if (len >= sizeof(copy))
		return false;
	memcpy(copy, text, len);
	copy[len] = '\0';
	return inet_pton(family, copy, address) == 1;
}

static bool
is_named(const char *name, const char *text, size_t len)
{
	return *name != '\0' && strlen(name) == len &&
	    strncasecmp(name, text, len) == 0;
}

void
fuzz_httphost(const char *data, size_t len)
{
	static struct httphost *hosts; /* lives as long as the process */
	char self[HOST_NAME_MAX + 1] = "", *host;
	const char *end;
	size_t n;

	if (hosts == NULL)
		hosts = httphost_new("/dev/null");
	host = malloc(len + 1);
	HOLDS(host != NULL);
	memcpy(host, data, len);
	host[len] = '\0';
	if (httphost_is_ours(hosts, host)) {
		(void)gethostname(self, sizeof(self) - 1);
		end = host[0] == '[' ? strchr(host, ']') : NULL;
		if (end != NULL) {
			HOLDS(end[1] == '\0' || end[1] == ':');
			HOLDS(is_literal(
			    AF_INET6, host + 1, (size_t)(end - host - 1)));
		} else {
			n = strcspn(host, ":");
			HOLDS(n > 0);
			n -= host[n - 1] == '.';
			HOLDS(is_named("localhost", host, n) ||
			    is_named(self, host, n) ||
			    is_literal(AF_INET, host, n));
		}
	}
	free(host);
}
