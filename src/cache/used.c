/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/xmalloc.h"
#include "cache/entry.h"
#include "cache/used.h"

#define USED_BITS  4194304u /* a power of two: 512 KiB a generation */
#define USED_BYTES (USED_BITS / 8)

struct used {
	unsigned char now[USED_BYTES];
	unsigned char before[USED_BYTES];
	char path[PATH_MAX]; /* "": kept in memory only */
};

/* What was asked for is in doubt after a crash: then the file is not there. */
static void
load(struct used *u)
{
	int fd = open(u->path, O_RDONLY | O_CLOEXEC);

	if (fd == -1)
		return;
	if (read(fd, u->now, USED_BYTES) != (ssize_t)USED_BYTES)
		memset(u->now, 0, USED_BYTES);
	if (read(fd, u->before, USED_BYTES) != (ssize_t)USED_BYTES)
		memset(u->before, 0, USED_BYTES);
	close(fd);
	(void)unlink(u->path);
}

static void
save(const struct used *u)
{
	int fd = open(u->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
	    S_IRUSR | S_IWUSR);

	if (fd != -1 && write(fd, u->now, USED_BYTES) == (ssize_t)USED_BYTES &&
	    write(fd, u->before, USED_BYTES) == (ssize_t)USED_BYTES &&
	    close(fd) == 0)
		return;
	log_warning("cache", "%s: cannot save which domains are in use: %s",
	    u->path, strerror(errno));
	(void)unlink(u->path);
}

struct used *
used_new(const char *dir)
{
	struct used *u = xcalloc(1, sizeof(*u));

	if (dir == NULL)
		return u;
	if (snprintf(u->path, sizeof(u->path), "%s/used", dir) >=
	    (int)sizeof(u->path))
		u->path[0] = '\0';
	else
		load(u);
	return u;
}

void
used_free(struct used *u)
{
	if (u == NULL)
		return;
	if (u->path[0] != '\0')
		save(u);
	free(u);
}

void
used_mark(struct used *u, const char *domain, size_t len)
{
	uint64_t bit = entry_hash(domain, len) & (USED_BITS - 1);

	u->now[bit / 8] |= (unsigned char)(1u << bit % 8);
}

bool
used_is_marked(const struct used *u, const char *domain, size_t len)
{
	uint64_t bit = entry_hash(domain, len) & (USED_BITS - 1);

	return ((u->now[bit / 8] | u->before[bit / 8]) >> bit % 8 & 1) != 0;
}

void
used_rotate(struct used *u)
{
	memcpy(u->before, u->now, USED_BYTES);
	memset(u->now, 0, USED_BYTES);
}
