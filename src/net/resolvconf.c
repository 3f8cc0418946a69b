/* SPDX-License-Identifier: ISC */
/* Of resolv.conf only the servers matter: names we ask for are complete. */
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "net/resolvconf.h"

#define DNS_PORT           53
#define PORT_MAX           65535
#define RESOLVCONF_DEFAULT "127.0.0.1"

/* Parts of "[host%scope]:port", each cut out of one copy of the text. */
struct parts {
	char *host, *scope, *port;
};

/* A lone colon means a port, several an IPv6 address. */
static bool
split(char *text, struct parts *p)
{
	char *end = NULL, *colon;

	memset(p, 0, sizeof(*p));
	p->host = text;
	if (*text == '[') {
		p->host = text + 1;
		end = strchr(p->host, ']');
		if (end == NULL || (end[1] != '\0' && end[1] != ':'))
			return false;
		if (end[1] == ':')
			p->port = end + 2;
		*end = '\0';
	} else {
		colon = strchr(text, ':');
		if (colon != NULL && strchr(colon + 1, ':') == NULL) {
			*colon = '\0';
			p->port = colon + 1;
		}
	}
	p->scope = strchr(p->host, '%');
	if (p->scope != NULL)
		*p->scope++ = '\0';
	return true;
}

/*
 * An interface's name or number. The kernel forgets what is behind a colon,
 * and strtonum takes blanks of all kinds before the digits, and zeros without
 * end.
 */
static bool
parse_scope(const char *text, uint32_t *out)
{
	const char *error;
	unsigned int n;
	size_t i;

	for (i = 0; text[i] != '\0'; i++)
		if (!isgraph((unsigned char)text[i]) || text[i] == ':')
			return false;
	if (i >= IFNAMSIZ)
		return false;
	n = if_nametoindex(text);
	if (n == 0)
		n = (unsigned int)strtonum(text, 1, INT32_MAX, &error);
	if (n == 0)
		return false;
	*out = n;
	return true;
}

static bool
parse_host(const struct parts *p, in_port_t port, struct resolvconf_address *a)
{
	struct in6_addr v6;
	struct in_addr v4;

	if (inet_pton(AF_INET, p->host, &v4) == 1 && p->scope == NULL) {
		if (v4.s_addr == htonl(INADDR_ANY))
			v4.s_addr = htonl(INADDR_LOOPBACK);
		a->sock.v4.sin_family = AF_INET;
		a->sock.v4.sin_addr = v4;
		a->sock.v4.sin_port = htons(port);
		return true;
	}
	if (inet_pton(AF_INET6, p->host, &v6) != 1)
		return false;
	if (IN6_IS_ADDR_UNSPECIFIED(&v6))
		v6 = in6addr_loopback;
	a->sock.v6.sin6_family = AF_INET6;
	a->sock.v6.sin6_addr = v6;
	a->sock.v6.sin6_port = htons(port);
	return p->scope == NULL ||
	    parse_scope(p->scope, &a->sock.v6.sin6_scope_id);
}

/* The host as inet_ntop writes it, its scope, and any port but the usual. */
static void
write_text(struct resolvconf_address *a, const char *scope, in_port_t port)
{
	bool is_v6 = a->sock.any.sa_family == AF_INET6;
	bool has_brackets = is_v6 && port != DNS_PORT;
	char host[INET6_ADDRSTRLEN] = "", tail[16] = "";

	if (is_v6)
		inet_ntop(AF_INET6, &a->sock.v6.sin6_addr, host, sizeof(host));
	else
		inet_ntop(AF_INET, &a->sock.v4.sin_addr, host, sizeof(host));
	if (port != DNS_PORT)
		snprintf(tail, sizeof(tail), "%s:%u", is_v6 ? "]" : "",
		    (unsigned int)port);
	snprintf(a->text, sizeof(a->text), "%s%s%s%s%s",
	    has_brackets ? "[" : "", host, scope != NULL ? "%" : "",
	    scope != NULL ? scope : "", tail);
}

bool
resolvconf_parse_address(const char *text, struct resolvconf_address *out)
{
	char copy[RESOLVCONF_ADDRESS_BYTES];
	struct resolvconf_address a;
	const char *error = NULL;
	in_port_t port = DNS_PORT;
	struct parts p;

	if (strlcpy(copy, text, sizeof(copy)) >= sizeof(copy) ||
	    !split(copy, &p))
		return false;
	if (p.port != NULL)
		port = (in_port_t)strtonum(p.port, 1, PORT_MAX, &error);
	if (error != NULL)
		return false;
	memset(&a, 0, sizeof(a));
	if (!parse_host(&p, port, &a))
		return false;
	write_text(&a, p.scope, port);
	*out = a;
	return true;
}

/* One line: "nameserver ADDRESS", anything behind it ignored. */
static void
read_line(char *line, const char *path, struct resolvconf *conf)
{
	static const char blanks[] = " \t\r\n";
	char *rest = line, *word;

	word = strsep(&rest, blanks);
	if (strcmp(word, "nameserver") != 0 || rest == NULL)
		return;
	rest += strspn(rest, blanks);
	word = strsep(&rest, blanks);
	if (conf->count == RESOLVCONF_SERVERS_MAX) {
		log_warning("dns-servers", "%s: more than %d name servers",
		    path, RESOLVCONF_SERVERS_MAX);
		return;
	}
	if (!resolvconf_parse_address(word, &conf->server[conf->count])) {
		log_warning(
		    "dns-servers", "%s: no address to use: %s", path, word);
		return;
	}
	conf->count++;
}

/* What glibc takes for "there is no file". */
static bool
is_absence(int error)
{
	return error == ENOENT || error == ENOTDIR || error == EACCES ||
	    error == EPERM || error == ELOOP || error == EISDIR;
}

static int
read_file(const char *path, struct resolvconf *conf)
{
	FILE *f = fopen(path, "re");
	char *line = NULL;
	size_t size = 0;
	int error;

	if (f == NULL)
		return is_absence(errno) ? 0 : -1;
	while (getline(&line, &size, f) != -1)
		read_line(line, path, conf);
	error = ferror(f) ? errno : 0;
	free(line);
	fclose(f);
	errno = error;
	return error == 0 || is_absence(error) ? 0 : -1;
}

int
resolvconf_read(const char *path, struct resolvconf *out)
{
	struct resolvconf conf = { 0 };

	if (read_file(path, &conf) == -1) {
		log_warning("dns-servers", "%s: %s", path, strerror(errno));
		return -1;
	}
	if (conf.count == 0)
		resolvconf_parse_address(
		    RESOLVCONF_DEFAULT, &conf.server[conf.count++]);
	*out = conf;
	return 0;
}

bool
resolvconf_has_changed(const char *path, struct resolvconf_stamp *stamp)
{
	struct resolvconf_stamp now = { 0 };
	bool has_changed;
	struct stat st;

	if (stat(path, &st) == 0) {
		now.exists = true;
		now.device = st.st_dev;
		now.inode = st.st_ino;
		now.size = st.st_size;
		now.modified = st.st_mtim;
	}
	has_changed = now.exists != stamp->exists ||
	    now.device != stamp->device || now.inode != stamp->inode ||
	    now.size != stamp->size ||
	    now.modified.tv_sec != stamp->modified.tv_sec ||
	    now.modified.tv_nsec != stamp->modified.tv_nsec;
	*stamp = now;
	return has_changed;
}

/* An interface that was made anew has another index under the old name. */
static bool
is_same(const struct resolvconf_address *a, const struct resolvconf_address *b)
{
	return strcmp(a->text, b->text) == 0 &&
	    (a->sock.any.sa_family != AF_INET6 ||
		a->sock.v6.sin6_scope_id == b->sock.v6.sin6_scope_id);
}

bool
resolvconf_is_equal(const struct resolvconf *a, const struct resolvconf *b)
{
	size_t i;

	if (a->count != b->count)
		return false;
	for (i = 0; i < a->count; i++)
		if (!is_same(&a->server[i], &b->server[i]))
			return false;
	return true;
}
