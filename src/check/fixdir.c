/* SPDX-License-Identifier: ISC */
/* The files of --fix: all of them, or none; never over what is there. */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/syncwrite.h"
#include "check/fixdir.h"

static bool
say(const char *dir, const char *name)
{
	fprintf(
	    stderr, "postfix-mta-sts: %s/%s: %s\n", dir, name, strerror(errno));
	return false;
}

/* Takes away what was written, when it cannot be all. */
static bool
write_all(
    int dir, const char *path, const struct publish_file *file, size_t count)
{
	bool is_good = true;
	size_t i, made = 0;
	int fd;

	for (i = 0; i < count && is_good; i++) {
		fd = openat(dir, file[i].name,
		    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
		is_good = fd != -1;
		made += is_good;
		is_good = is_good && syncwrite(fd, &file[i].text);
		if (!is_good)
			say(path, file[i].name);
		if (fd != -1)
			close(fd);
	}
	while (!is_good && made > 0)
		unlinkat(dir, file[--made].name, 0);
	return is_good;
}

bool
fixdir_write(const char *path, const struct publish_file *file, size_t count)
{
	bool is_good;
	int dir = -1;

	if (mkdir(path, 0755) == 0 || errno == EEXIST)
		dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir == -1)
		return say(path, "");
	is_good = write_all(dir, path, file, count);
	close(dir);
	return is_good;
}
