/* SPDX-License-Identifier: ISC */
/* The way from smtp(8) to the socketmap, step by step. */
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include <errno.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/sock.h"
#include "base/sockaddress.h"
#include "base/xmalloc.h"
#include "ctl/doctorlook.h"
#include "ctl/doctormap.h"
#include "net/mapclient.h"

#define TIMEOUT_MS 5000
#define ACL        "system.posix_acl_access"

/* False: it is not there. */
static bool
add_step(struct doctor_reach *reach, const char *path)
{
	struct doctor_step *step;
	struct stat st;

	if (stat(path, &st) == -1)
		return false;
	step = doctor_step_new(reach);
	step->path = xstrdup(path);
	step->uid = st.st_uid;
	step->gid = st.st_gid;
	step->mode = st.st_mode;
	step->has_acl = getxattr(path, ACL, NULL, 0) > 0;
	reach->is_there = S_ISSOCK(st.st_mode);
	return true;
}

/* Each folder from the length `from` on, then the socket. */
static void
walk(struct doctor_reach *reach, size_t from)
{
	char *path = xstrdup(reach->path), *slash = path + from;
	bool is_there = true;

	if (from == 0)
		is_there = add_step(reach, "/");
	while (is_there &&
	    (slash = strchr(slash + (*slash == '/'), '/')) != NULL) {
		*slash = '\0';
		is_there = add_step(reach, path);
		*slash = '/';
	}
	reach->is_there =
	    is_there && add_step(reach, reach->path) && reach->is_there;
	free(path);
}

/* "inet:host:port" with the host's first address; as it is when it has none.
 */
static void
put_literal(struct buf *out, const char *address)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	struct addrinfo *found = NULL;
	char host[NI_MAXHOST], port[NI_MAXSERV];
	const char *colon = strrchr(address, ':');
	char *name;

	name = xmemdup(address + strlen("inet:"),
	    colon > address + 4 ? (size_t)(colon - address) - 5 : 0);
	if (sockaddress_is_valid(address) || colon <= address + 4 ||
	    getaddrinfo(
		*name != '\0' ? name : NULL, colon + 1, &hints, &found) != 0 ||
	    getnameinfo(found->ai_addr, found->ai_addrlen, host, sizeof(host),
		port, sizeof(port), NI_NUMERICHOST | NI_NUMERICSERV) != 0)
		buf_puts(out, address);
	else
		buf_printf(out,
		    strchr(host, ':') != NULL ? "inet:[%s]:%s" : "inet:%s:%s",
		    host, port);
	if (found != NULL)
		freeaddrinfo(found);
	free(name);
}

/* Two names of one socket. */
static bool
is_same_file(const char *a, const char *b)
{
	struct stat one, other;

	return stat(a, &one) == 0 && stat(b, &other) == 0 &&
	    one.st_dev == other.st_dev && one.st_ino == other.st_ino;
}

static bool
is_listener(const struct doctor_facts *f, const char *address)
{
	const char *listener;
	size_t i;

	for (i = 0; i < f->daemon.listener.count; i++) {
		listener = f->daemon.listener.item[i];
		if (doctor_address_is(address, listener) ||
		    (strncmp(address, "unix:", 5) == 0 &&
			strncmp(listener, "unix:", 5) == 0 &&
			is_same_file(address + 5, listener + 5)))
			return true;
	}
	return false;
}

static void
ask(struct doctor_reach *reach, const char *address, const char *name)
{
	struct buf reply = { 0 }, why = { 0 };
	int fd;

	fd = sock_connect(address, TIMEOUT_MS);
	if (fd == -1 && errno == EINVAL)
		return; /* a host's name that has no address here */
	reach->is_tried = true;
	if (fd == -1) {
		reach->error = errno;
		return;
	}
	close(fd);
	if (mapclient_query(
		address, TIMEOUT_MS, name, DOCTOR_HARMLESS, &reply, &why) == 0)
		doctor_text_set(&reach->reply, buf_str(&reply));
	buf_clear(&reply);
	buf_clear(&why);
}

static void
look(struct doctor_facts *f, const struct doctor_table *table, bool is_chrooted)
{
	const char *queue = doctor_value(f, NULL, "queue_directory");
	const char *path = table->address + strlen("unix:");
	struct doctor_reach *reach;
	struct buf address = { 0 };
	bool is_in_queue;

	reach = doctor_reach_new(f);
	reach->address = xstrdup(table->address);
	reach->is_chrooted = is_chrooted;
	if (strncmp(table->address, "unix:", 5) == 0) {
		is_in_queue = is_chrooted || *path != '/';
		buf_printf(&address, "%s%s%s", is_in_queue ? queue : "",
		    *path != '/' ? "/" : "", path);
		reach->path = xstrdup(address.data);
		walk(reach, is_in_queue ? strlen(queue) : 0);
		buf_reset(&address);
		buf_printf(&address, "unix:%s", reach->path);
	} else {
		put_literal(&address, table->address);
	}
	reach->literal = xstrdup(address.data);
	reach->is_listener = is_listener(f, address.data);
	if (table->name != NULL)
		ask(reach, address.data, table->name);
	buf_clear(&address);
}

void
doctor_look_sockets(struct doctor_facts *f)
{
	const struct doctor_client *client;
	struct doctor_tables tables;
	size_t i, j;

	for (i = 0; i <= f->postfix.clients; i++) {
		/* Without any service, as main.cf has it. */
		client = i < f->postfix.clients ? &f->postfix.client[i] : NULL;
		if (client != NULL ? !doctor_client_counts(f, client) : i > 0)
			continue;
		doctor_tables_parse(
		    &tables, doctor_value(f, client, "smtp_tls_policy_maps"));
		for (j = 0; j < tables.count; j++) {
			if (tables.item[j].is_socketmap &&
			    doctor_reach_find(f, tables.item[j].address,
				client != NULL && client->is_chrooted) == NULL)
				look(f, &tables.item[j],
				    client != NULL && client->is_chrooted);
		}
		doctor_tables_clear(&tables);
	}
}
