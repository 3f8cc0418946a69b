/* SPDX-License-Identifier: ISC */
#include <sys/socket.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/passed.h"
#include "base/xmalloc.h"

#define FIRST_FD 3 /* SD_LISTEN_FDS_START */
#define FDS_MAX  64

static const char event[] = "sockets-passed";

struct passed {
	struct {
		const char *name; /* of the caller's; NULL: taken */
		int fd;
	} item[FDS_MAX];
	size_t count;
};

/* How many are ours? -1: the environment is nonsense (logged). */
static int
count_passed(void)
{
	const char *pid = getenv("LISTEN_PID"), *fds = getenv("LISTEN_FDS");
	const char *bad;
	long long number;

	if (pid == NULL || fds == NULL)
		return 0;
	number = strtonum(pid, 1, INT_MAX, &bad);
	if (bad != NULL || number != (long long)getpid())
		return 0; /* somebody else's */
	number = strtonum(fds, 0, FDS_MAX, &bad);
	if (bad == NULL)
		return (int)number;
	log_error(event, "LISTEN_FDS=%s is %s (at most %d)", fds, bad, FDS_MAX);
	return -1;
}

static const char *
find_name(const char *const *names, const char *text, size_t len)
{
	for (; *names != NULL; names++) {
		if (strlen(*names) == len && memcmp(*names, text, len) == 0)
			return *names;
	}
	return NULL;
}

/* Is it a socket that one can accept on? Otherwise that is logged. */
static bool
is_listening(int fd, const char *name)
{
	int type = 0, is_on = 0;
	socklen_t type_len = sizeof(type), on_len = sizeof(is_on);

	if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &type_len) == 0 &&
	    getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &is_on, &on_len) == 0 &&
	    type == SOCK_STREAM && is_on != 0)
		return true;
	log_error(event,
	    "descriptor %d (%s) is no listening stream socket: "
	    "ListenStream= and Accept=no are needed",
	    fd, name);
	return false;
}

static bool
prepare(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags != -1 && fcntl(fd, F_SETFL, flags | O_NONBLOCK) != -1 &&
	    fcntl(fd, F_SETFD, FD_CLOEXEC) != -1)
		return true;
	log_error(event, "descriptor %d: %s", fd, strerror(errno));
	return false;
}

static bool
add(struct passed *p, int fd, const char *const *names, const char *text,
    size_t len)
{
	const char *name = find_name(names, text, len);

	if (name == NULL) {
		log_error(event,
		    "descriptor %d is named \"%.*s\": FileDescriptorName= must "
		    "be a setting, such as listen",
		    fd, (int)len, text);
		return false;
	}
	if (!is_listening(fd, name) || !prepare(fd))
		return false;
	p->item[p->count].name = name;
	p->item[p->count++].fd = fd;
	return true;
}

static bool
add_all(struct passed *p, int count, const char *const *names)
{
	const char *text = getenv("LISTEN_FDNAMES");
	size_t len;
	int i;

	if (text == NULL)
		text = "";
	for (i = 0; i < count; i++) {
		len = strcspn(text, ":");
		if (!add(p, FIRST_FD + i, names, text, len))
			return false;
		text += len + (text[len] == ':');
	}
	return true;
}

struct passed *
passed_new(const char *const *names)
{
	struct passed *p = xcalloc(1, sizeof(*p));
	int count = count_passed();

	if (count == -1 || !add_all(p, count, names)) {
		free(p);
		p = NULL;
	}
	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_FDNAMES");
	return p;
}

int
passed_take(struct passed *p, const char *name)
{
	size_t i;

	for (i = 0; i < p->count; i++) {
		if (p->item[i].name == NULL ||
		    strcmp(p->item[i].name, name) != 0)
			continue;
		p->item[i].name = NULL;
		return p->item[i].fd;
	}
	return -1;
}

size_t
passed_count(const struct passed *p, const char *name)
{
	size_t i, n = 0;

	for (i = 0; i < p->count; i++) {
		if (p->item[i].name != NULL &&
		    strcmp(p->item[i].name, name) == 0)
			n++;
	}
	return n;
}

void
passed_free(struct passed *p)
{
	size_t i;

	if (p == NULL)
		return;
	for (i = 0; i < p->count; i++) {
		if (p->item[i].name != NULL)
			close(p->item[i].fd);
	}
	free(p);
}
