/* SPDX-License-Identifier: ISC */
/*
 * A unix socket is bound under a name that nobody knows, given its rights,
 * and only then renamed into place: it is never reachable with others.
 */
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <netinet/in.h>

#include <arpa/inet.h>
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/sock.h"
#include "base/sockaddress.h"

#define SOCK_EVENT       "listen-failed"
#define SOCK_BACKLOG     1024
#define SOCK_NAME_TRIES  16
#define SOCK_FOLDER_MODE 0755
#define SOCK_MODE_ALL    0777

static int
new_socket(const char *address, int family)
{
	int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd == -1)
		log_error(SOCK_EVENT, "%s: cannot make a socket: %s", address,
		    strerror(errno));
	return fd;
}

static void
log_bind_failed(const char *address, int error)
{
	if (error == EADDRINUSE)
		log_error(SOCK_EVENT,
		    "%s: address in use: another program listens there",
		    address);
	else
		log_error(SOCK_EVENT, "%s: cannot listen there: %s", address,
		    strerror(error));
}

static int
listen_inet(const char *address, const struct sockaddress *a)
{
	int on = 1, fd;

	fd = new_socket(address, a->sa.any.sa_family);
	if (fd == -1)
		return -1;
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == -1 ||
	    (a->sa.any.sa_family == AF_INET6 &&
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)) ==
		    -1) ||
	    bind(fd, &a->sa.any, a->len) == -1 ||
	    listen(fd, SOCK_BACKLOG) == -1) {
		log_bind_failed(address, errno);
		close(fd);
		return -1;
	}
	return fd;
}

/* A missing last folder is made; those above it must be there. */
static int
make_folder(const char *address, const char *path)
{
	char folder[sizeof(((struct sockaddr_un *)0)->sun_path)], *slash;

	(void)strlcpy(folder, path, sizeof(folder));
	slash = strrchr(folder, '/');
	if (slash == NULL || slash == folder)
		return 0;
	*slash = '\0';
	if (mkdir(folder, SOCK_FOLDER_MODE) == -1) {
		if (errno == EEXIST)
			return 0;
		log_error(SOCK_EVENT, "%s: cannot make the folder %s: %s",
		    address, folder, strerror(errno));
		return -1;
	}
	/* Whatever the umask: Postfix must get through. */
	if (chmod(folder, SOCK_FOLDER_MODE) == -1) {
		log_error(SOCK_EVENT, "%s: cannot set the mode of %s: %s",
		    address, folder, strerror(errno));
		return -1;
	}
	return 0;
}

/* May the path be taken: is there nothing, or a socket nobody answers on? */
static int
check_path(const char *address, const struct sockaddress *a)
{
	struct stat st;
	int fd, error;

	if (lstat(a->path, &st) == -1) {
		if (errno == ENOENT)
			return 0;
		log_bind_failed(address, errno);
		return -1;
	}
	if (!S_ISSOCK(st.st_mode)) {
		log_error(SOCK_EVENT,
		    "%s: something that is no socket is in the way", address);
		return -1;
	}
	fd = new_socket(address, AF_UNIX);
	if (fd == -1)
		return -1;
	error = connect(fd, &a->sa.any, a->len) == 0 ? EADDRINUSE : errno;
	close(fd);
	if (error == ECONNREFUSED || error == ENOENT)
		return 0;
	/* A full queue, or another kind of socket: somebody is there. */
	if (error == EAGAIN || error == EINPROGRESS || error == EPROTOTYPE)
		error = EADDRINUSE;
	log_bind_failed(address, error);
	return -1;
}

/* An id from a name or a number. -1 when there is none (logged). */
static int
find_owner(const char *address, const char *name, uid_t *uid)
{
	const struct passwd *pw = getpwnam(name);
	const char *bad;
	long long id;

	if (pw != NULL) {
		*uid = pw->pw_uid;
		return 0;
	}
	id = strtonum(name, 0, INT32_MAX, &bad);
	if (bad != NULL) {
		log_error(SOCK_EVENT, "%s: there is no user %s", address, name);
		return -1;
	}
	*uid = (uid_t)id;
	return 0;
}

static int
find_group(const char *address, const char *name, gid_t *gid)
{
	const struct group *gr = getgrnam(name);
	const char *bad;
	long long id;

	if (gr != NULL) {
		*gid = gr->gr_gid;
		return 0;
	}
	id = strtonum(name, 0, INT32_MAX, &bad);
	if (bad != NULL) {
		log_error(
		    SOCK_EVENT, "%s: there is no group %s", address, name);
		return -1;
	}
	*gid = (gid_t)id;
	return 0;
}

static int
set_rights(const char *address, const char *path, mode_t mode,
    const struct sock_rights *rights)
{
	uid_t uid = (uid_t)-1;
	gid_t gid = (gid_t)-1;

	if (rights != NULL && rights->owner != NULL &&
	    rights->owner[0] != '\0' &&
	    find_owner(address, rights->owner, &uid) == -1)
		return -1;
	if (rights != NULL && rights->group != NULL &&
	    rights->group[0] != '\0' &&
	    find_group(address, rights->group, &gid) == -1)
		return -1;
	if ((uid != (uid_t)-1 || gid != (gid_t)-1) &&
	    lchown(path, uid, gid) == -1) {
		log_error(SOCK_EVENT, "%s: cannot set owner and group: %s",
		    address, strerror(errno));
		return -1;
	}
	if (chmod(path, mode) == -1) {
		log_error(SOCK_EVENT, "%s: cannot set the mode: %s", address,
		    strerror(errno));
		return -1;
	}
	return 0;
}

/* Bind under a temporary name, left in *a, that only we can open. */
static int
bind_temporary(int fd, const char *path, struct sockaddress *a)
{
	char name[sizeof(a->sa.un.sun_path)];
	int tries, result = -1, n;

	for (tries = 0; result == -1 && tries < SOCK_NAME_TRIES; tries++) {
		n = snprintf(name, sizeof(name), "%s.%08x", path,
		    (unsigned int)arc4random());
		if (n < 0 || (size_t)n >= sizeof(name) ||
		    !sockaddress_set_path(a, name)) {
			errno = ENAMETOOLONG;
			return -1;
		}
		result = bind(fd, &a->sa.any, a->len);
		if (result == -1 && errno != EADDRINUSE)
			return -1;
	}
	return result;
}

static int
listen_unix(const char *address, const struct sockaddress *a,
    const struct sock_rights *rights)
{
	struct sockaddress temporary = { 0 };
	const char *name = temporary.sa.un.sun_path;
	mode_t mask, mode;
	int fd, result;

	if (make_folder(address, a->path) == -1 || check_path(address, a) == -1)
		return -1;
	fd = new_socket(address, AF_UNIX);
	if (fd == -1)
		return -1;
	mask = umask(0177);
	result = bind_temporary(fd, a->path, &temporary);
	(void)umask(mask);
	if (result == -1) {
		log_bind_failed(address, errno);
		close(fd);
		return -1;
	}
	mode = SOCK_MODE_ALL & ~mask;
	if (rights != NULL && rights->mode != (mode_t)-1)
		mode = rights->mode;
	if (set_rights(address, name, mode, rights) == -1)
		goto out;
	if (listen(fd, SOCK_BACKLOG) == 0 && rename(name, a->path) == 0)
		return fd;
	log_bind_failed(address, errno);
out:
	(void)unlink(name);
	close(fd);
	return -1;
}

int
sock_listen(const char *address, const struct sock_rights *rights)
{
	struct sockaddress a;

	if (!sockaddress_parse(address, &a)) {
		log_error(SOCK_EVENT, "%s: this is no address", address);
		return -1;
	}
	if (a.path == NULL)
		return listen_inet(address, &a);
	return listen_unix(address, &a, rights);
}

/*
 * The inode of the path says nothing about a descriptor. But who connects to
 * the path learns the name its socket was bound to, and that is random.
 */
static bool
is_ours(const struct sockaddress *a, int fd)
{
	struct sockaddress there = { 0 }, ours = { 0 };
	bool is_same;
	int probe;

	probe = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (probe == -1)
		return false;
	there.len = ours.len = sizeof(there.sa.un);
	is_same = connect(probe, &a->sa.any, a->len) == 0 &&
	    getpeername(probe, &there.sa.any, &there.len) == 0 &&
	    getsockname(fd, &ours.sa.any, &ours.len) == 0 &&
	    ours.sa.any.sa_family == AF_UNIX && there.len == ours.len &&
	    memcmp(there.sa.un.sun_path, ours.sa.un.sun_path,
		sizeof(ours.sa.un.sun_path)) == 0;
	close(probe);
	return is_same;
}

void
sock_unlink(const char *address, int fd)
{
	struct sockaddress a;

	if (sockaddress_parse(address, &a) && a.path != NULL && is_ours(&a, fd))
		(void)unlink(a.path);
}

int
sock_connect(const char *address, int timeout_ms)
{
	const struct timeval limit = { .tv_sec = timeout_ms / 1000,
		.tv_usec = timeout_ms % 1000 * 1000 };
	struct sockaddress a;
	int fd, error;

	if (!sockaddress_parse(address, &a)) {
		errno = EINVAL;
		return -1;
	}
	fd = socket(a.sa.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd == -1)
		return -1;
	if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)) ==
		0 &&
	    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) ==
		0 &&
	    connect(fd, &a.sa.any, a.len) == 0)
		return fd;
	error = errno;
	close(fd);
	errno = error;
	return -1;
}
