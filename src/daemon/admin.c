/* SPDX-License-Identifier: ISC */
/* Sockets, and one table of what is answered on them. */
#include <sys/socket.h>

#include <errno.h>
#include <libgen.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/sock.h"
#include "base/user.h"
#include "base/xmalloc.h"
#include "daemon/adminjob.h"
#include "daemon/adminroute.h"

#define SOCKET_MODE 0660
#define GROUP_BYTES 64

static const struct admin_route {
	unsigned int methods;
	const char *path; /* with "/" at its end more must follow */
	admin_handler *handle;
	bool is_public; /* on metrics_listen too */
} routes[] = {
	{ HTTPD_GET | HTTPD_HEAD, "/status", admin_status, false },
	{ HTTPD_GET | HTTPD_HEAD, "/policies", admin_list, false },
	{ HTTPD_GET | HTTPD_HEAD, "/policies/", admin_show, false },
	{ HTTPD_DELETE, "/policies/", admin_remove, false },
	{ HTTPD_POST, "/refresh", admin_refresh, false },
	{ HTTPD_POST, "/flush", admin_flush, false },
	{ HTTPD_GET | HTTPD_HEAD, "/jobs", admin_job_list, false },
	{ HTTPD_GET | HTTPD_HEAD, "/jobs/", admin_job, false },
	{ HTTPD_GET | HTTPD_HEAD, "/export", admin_export, false },
	{ HTTPD_POST, "/import", admin_import, false },
	{ HTTPD_GET | HTTPD_HEAD, "/config", admin_show_config, false },
	{ HTTPD_POST, "/reload", admin_reload, false },
	{ HTTPD_PUT, "/log-level", admin_log_level, false },
	{ HTTPD_GET | HTTPD_HEAD, "/top", admin_top, false },
	{ HTTPD_GET | HTTPD_HEAD, "/health", admin_show_health, false },
	{ HTTPD_GET | HTTPD_HEAD, "/metrics", admin_metrics, true },
	{ HTTPD_GET | HTTPD_HEAD, "/healthz", admin_healthz, true },
};

/* Does the path lead there? Then *rest follows the route's own. */
static bool
is_at(const struct admin_route *route, const char *path, const char **rest)
{
	size_t len = strlen(route->path);

	if (route->path[len - 1] != '/') {
		*rest = "";
		return strcmp(route->path, path) == 0;
	}
	*rest = path + len;
	return strncmp(route->path, path, len) == 0 && **rest != '\0';
}

static void
refuse_method(struct httpd_exchange *ex, unsigned int methods)
{
	static const char *const names[] = { "GET", "HEAD", "POST", "PUT",
		"DELETE" };
	struct buf allow = { 0 };
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (methods & 1u << i)
			buf_printf(&allow, "%s%s", allow.len > 0 ? ", " : "",
			    names[i]);
	httpd_set_header(ex, "Allow", buf_str(&allow));
	admin_reply_error(ex, 405, "this takes %s", buf_str(&allow));
	buf_clear(&allow);
}

static void
on_request(struct httpd_exchange *ex, void *arg)
{
	const struct admin_listener *l = arg;
	const char *path = httpd_get_path(ex), *rest;
	unsigned int methods = 0;
	size_t i;

	for (i = 0; i < sizeof(routes) / sizeof(routes[0]); i++) {
		const struct admin_route *route = &routes[i];

		if (!is_at(route, path, &rest) ||
		    (l->role == ADMIN_METRICS && !route->is_public))
			continue;
		methods |= route->methods;
		if (route->methods & httpd_get_method(ex)) {
			route->handle(l->admin, ex, rest);
			return;
		}
	}
	if (methods != 0)
		refuse_method(ex, methods);
	else
		admin_reply_error(ex, 404, "there is nothing of that name");
}

struct admin *
admin_new(struct loop *loop, const struct config *config)
{
	struct admin *a = xcalloc(1, sizeof(*a));
	size_t i;

	/* Text from outside is checked before it is given to jansson. */
	json_set_alloc_funcs(xmalloc, free);
	a->loop = loop;
	a->config = config;
	LIST_INIT(&a->waits);
	for (i = 0; i <= ADMIN_METRICS; i++) {
		a->listener[i].admin = a;
		a->listener[i].role = (enum admin_role)i;
		a->listener[i].fd = -1;
	}
	return a;
}

void
admin_adopt(struct admin *a, enum admin_role role, int fd)
{
	a->listener[role].fd = fd;
}

static bool
is_writable(const char *path)
{
	return access(path, W_OK | X_OK) == 0;
}

/* Could a socket be made there, or the folder for it? */
static bool
is_in_reach(const char *path)
{
	char *copy = xstrdup(path), *above = NULL;
	const char *folder = dirname(copy);
	bool is_fine = is_writable(folder);

	if (!is_fine && errno == ENOENT) {
		above = xstrdup(folder);
		is_fine = is_writable(dirname(above));
	}
	free(above);
	free(copy);
	return is_fine;
}

/* Is it the default, which nobody has asked for, and out of reach? */
static bool
is_done_without(const char *address)
{
	static const char fallback[] = CONFIG_ADMIN_LISTEN;

	if (strcmp(address, fallback) != 0 || geteuid() == 0 ||
	    is_in_reach(strchr(address, ':') + 1))
		return false;
	log_warning("admin",
	    "%s cannot be made without root: no administration socket "
	    "(set admin_listen)",
	    address);
	return true;
}

/* The folder of a socket, for whom we become; what is there is left alone. */
static int
make_folder(const struct config *config, const char *path)
{
	char *copy = xstrdup(path);
	int result = user_make_dir(dirname(copy), config->user, config->group);

	free(copy);
	return result;
}

/* Ours, whoever makes the socket: by name, or number; "": as it comes. */
static void
find_group(const struct config *config, char group[GROUP_BYTES])
{
	const struct passwd *pw;

	(void)strlcpy(group, config->group, GROUP_BYTES);
	if (*group != '\0' || *config->user == '\0')
		return;
	pw = getpwnam(config->user);
	if (pw != NULL)
		(void)snprintf(
		    group, GROUP_BYTES, "%lu", (unsigned long)pw->pw_gid);
}

static bool
is_loopback(const char *address)
{
	static const char *const local[] = { "unix:", "inet:127.",
		"inet:localhost:", "inet:[::1]:" };
	size_t i;

	for (i = 0; i < sizeof(local) / sizeof(local[0]); i++)
		if (strncmp(address, local[i], strlen(local[i])) == 0)
			return true;
	return false;
}

static bool
is_unix(int fd)
{
	struct sockaddr_storage sa = { 0 };
	socklen_t len = sizeof(sa);

	return getsockname(fd, (struct sockaddr *)(void *)&sa, &len) == 0 &&
	    sa.ss_family == AF_UNIX;
}

static int
bind_one(struct admin_listener *l, const char *address)
{
	const struct config *config = l->admin->config;
	struct sock_rights rights = { .mode = SOCKET_MODE,
		.owner = config->user };
	char group[GROUP_BYTES];

	if (*address == '\0' || l->fd != -1)
		return 0;
	if (l->role == ADMIN_SOCKET && is_done_without(address))
		return 0;
	if (strncmp(address, "unix:", 5) == 0 &&
	    make_folder(config, address + 5) == -1)
		return -1;
	find_group(config, group);
	rights.group = group;
	l->fd = sock_listen(address, &rights);
	if (l->fd == -1)
		return -1;
	l->address = xstrdup(address);
	if (l->role == ADMIN_SOCKET && strncmp(address, "unix:", 5) != 0)
		log_warning("admin",
		    "%s: whoever reaches it may change everything", address);
	else if (l->role == ADMIN_METRICS && !is_loopback(address))
		log_warning(
		    "admin", "%s: metrics are open to the network", address);
	return 0;
}

int
admin_bind(struct admin *a)
{
	if (bind_one(&a->listener[ADMIN_SOCKET], a->config->admin_listen) == -1)
		return -1;
	return bind_one(&a->listener[ADMIN_METRICS], a->config->metrics_listen);
}

void
admin_start(struct admin *a, const struct admin_parts *parts)
{
	size_t i;

	a->parts = *parts;
	a->started = clock_now();
	a->jobs = adminjobs_new(a);
	for (i = 0; i <= ADMIN_METRICS; i++) {
		struct admin_listener *l = &a->listener[i];

		if (l->fd == -1)
			continue;
		l->httpd =
		    httpd_new(a->loop, l->fd, !is_unix(l->fd), on_request, l);
		log_info("listening", "%s (%s)",
		    l->address != NULL ? l->address : "a socket passed to us",
		    i == ADMIN_SOCKET ? "administration" : "metrics");
	}
}

void
admin_free(struct admin *a)
{
	struct admin_wait *wait;
	size_t i;

	if (a == NULL)
		return;
	while ((wait = LIST_FIRST(&a->waits)) != NULL)
		wait->cancel(wait);
	adminjobs_free(a->jobs);
	for (i = 0; i <= ADMIN_METRICS; i++) {
		struct admin_listener *l = &a->listener[i];

		httpd_free(l->httpd);
		if (l->address != NULL)
			sock_unlink(l->address, l->fd);
		if (l->fd != -1)
			close(l->fd);
		free(l->address);
	}
	free(a);
}
