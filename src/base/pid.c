/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/pid.h"
#include "base/xmalloc.h"

#define PID_BYTES 32

struct pid_file {
	char *path;
	int fd;
	bool is_written;
};

int
pid_file_open(const char *path, struct pid_file **out)
{
	struct pid_file *p;
	int fd;

	if (*path == '\0') {
		*out = NULL;
		return 0;
	}
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (fd == -1) {
		log_error("pid-file", "%s: %s", path, strerror(errno));
		return -1;
	}
	p = xcalloc(1, sizeof(*p));
	p->path = xstrdup(path);
	p->fd = fd;
	*out = p;
	return 0;
}

int
pid_file_write(struct pid_file *p)
{
	char text[PID_BYTES];
	int len;

	if (p == NULL)
		return 0;
	len = snprintf(text, sizeof(text), "%ld\n", (long)getpid());
	if (ftruncate(p->fd, 0) == 0 &&
	    write(p->fd, text, (size_t)len) == (ssize_t)len) {
		p->is_written = true;
		return 0;
	}
	log_error("pid-file", "%s: %s", p->path, strerror(errno));
	return -1;
}

void
pid_file_free(struct pid_file *p)
{
	if (p == NULL)
		return;
	if (p->is_written && unlink(p->path) == -1)
		(void)!ftruncate(p->fd, 0);
	close(p->fd);
	free(p->path);
	free(p);
}
