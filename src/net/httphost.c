/* SPDX-License-Identifier: ISC */
/* No resolver here: what is ours must not depend on one. */
#include <arpa/inet.h>
#include <netinet/in.h>

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/xmalloc.h"
#include "net/httphost.h"

#define HOST_BYTES 256

static const char blanks[] = " \t\r\n";

struct httphost {
	struct buf names; /* each between two LFs */
};

/* The words of a line of hosts, its address first, become "\nname\n". */
static void
take_line(struct httphost *h, char *line, const char *host)
{
	struct buf names = { 0 };
	char *word, *rest = line;
	bool is_first = true, is_ours = false;

	line[strcspn(line, "#")] = '\0';
	while ((word = strsep(&rest, blanks)) != NULL) {
		if (*word == '\0')
			continue;
		if (!is_first) {
			buf_printf(&names, "%s\n", word);
			is_ours |= strcasecmp(word, host) == 0;
		}
		is_first = false;
	}
	if (is_ours)
		buf_put(&h->names, names.data, names.len);
	buf_clear(&names);
}

struct httphost *
httphost_new(const char *hosts)
{
	struct httphost *h = xcalloc(1, sizeof(*h));
	char host[HOST_NAME_MAX + 1] = "", *line = NULL;
	size_t size = 0;
	FILE *f;

	if (gethostname(host, sizeof(host) - 1) == -1)
		host[0] = '\0';
	buf_printf(&h->names, "\nlocalhost\n%s\n", host);
	f = *host != '\0' ? fopen(hosts, "re") : NULL;
	if (f == NULL)
		return h;
	while (getline(&line, &size, f) != -1)
		take_line(h, line, host);
	free(line);
	fclose(f);
	return h;
}

void
httphost_free(struct httphost *h)
{
	if (h == NULL)
		return;
	buf_clear(&h->names);
	free(h);
}

/* "[::1]:80", "[::1]". */
static bool
is_v6(const char *host)
{
	struct in6_addr address;
	char copy[HOST_BYTES], *end;

	if (host[0] != '[' ||
	    strlcpy(copy, host + 1, sizeof(copy)) >= sizeof(copy))
		return false;
	end = strchr(copy, ']');
	if (end == NULL || (end[1] != '\0' && end[1] != ':'))
		return false;
	*end = '\0';
	return inet_pton(AF_INET6, copy, &address) == 1;
}

bool
httphost_is_ours(const struct httphost *h, const char *host)
{
	char name[HOST_BYTES + 2];
	struct in_addr address;
	size_t len;

	if (host == NULL)
		return false;
	if (host[0] == '[')
		return is_v6(host);
	len = strcspn(host, ":");
	if (len > 0 && host[len - 1] == '.')
		len--;
	if (len == 0 || len >= HOST_BYTES || memchr(host, '\n', len) != NULL)
		return false;
	(void)snprintf(name, sizeof(name), "\n%.*s\n", (int)len, host);
	if (strcasestr(buf_str(&h->names), name) != NULL)
		return true;
	name[len + 1] = '\0';
	return inet_pton(AF_INET, name + 1, &address) == 1;
}
