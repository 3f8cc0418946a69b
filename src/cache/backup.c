/* SPDX-License-Identifier: ISC */
/*
 * While a daemon runs its environment is read through LMDB's own table of
 * readers (a row of lock.mdb), so that no page of the snapshot is used again
 * under us. Where none runs, lock.mdb is left alone: it would be made by the
 * wrong user.
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/xmalloc.h"
#include "cache/reading.h"

#define BACKUP_MODE 0640

static bool
is_same_folder(const char *one, const char *other)
{
	struct stat a, b;

	return stat(one, &a) == 0 && stat(other, &b) == 0 &&
	    a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

static int
copy(const char *dir, unsigned int flags, int fd, struct buf *why)
{
	MDB_env *env;
	int rc = cache_env_open(&env, dir, flags);

	if (rc != 0) {
		buf_printf(why, "%s: %s%s", dir, mdb_strerror(rc),
		    rc == EACCES ? ": be root or the daemon's user" : "");
		return -1;
	}
	rc = mdb_env_copyfd2(env, fd, MDB_CP_COMPACT);
	if (rc != 0)
		buf_printf(why, "cannot copy: %s", mdb_strerror(rc));
	mdb_env_close(env);
	return rc == 0 ? 0 : -1;
}

/* The copy in an open file, durable. */
static int
write_copy(const char *dir, int fd, int64_t *bytes, struct buf *why)
{
	struct stat st;
	bool is_held;
	int lock, rc;

	lock = cache_lock_shared(dir, &is_held, why);
	if (lock == -1 && !is_held)
		return -1;
	rc = copy(dir, is_held ? 0 : MDB_NOLOCK, fd, why);
	if (lock >= 0)
		close(lock);
	if (rc == -1)
		return -1;
	if (fsync(fd) == -1 || fchmod(fd, BACKUP_MODE) == -1 ||
	    fstat(fd, &st) == -1) {
		buf_puts(why, strerror(errno));
		return -1;
	}
	*bytes = st.st_size;
	return 0;
}

/* The new name is durable when its folder is. */
static int
put_in_place(
    const char *from, const char *to, const char *folder, struct buf *why)
{
	int fd;

	if (rename(from, to) == -1) {
		buf_printf(why, "%s: %s", to, strerror(errno));
		return -1;
	}
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd != -1) {
		(void)fsync(fd);
		close(fd);
	}
	return 0;
}

int
cache_backup(const char *dir, const char *path, int64_t *bytes, struct buf *why)
{
	struct buf temporary = { 0 }, data = { 0 };
	char *copy_of_path = xstrdup(path);
	const char *folder = dirname(copy_of_path);
	int fd = -1, rc = -1;

	buf_printf(&data, "%s/data.mdb", dir);
	buf_printf(&temporary, "%s.XXXXXX", path);
	if (is_same_folder(folder, dir))
		buf_printf(why, "%s is the folder of the cache", folder);
	else if (access(data.data, R_OK) == -1)
		buf_printf(why, "%s: %s", data.data, strerror(errno));
	else if ((fd = mkostemp(temporary.data, O_CLOEXEC)) == -1)
		buf_printf(why, "%s: %s", path, strerror(errno));
	if (fd != -1) {
		rc = write_copy(dir, fd, bytes, why);
		close(fd);
		if (rc == 0)
			rc = put_in_place(temporary.data, path, folder, why);
		if (rc == -1)
			(void)unlink(temporary.data);
	}
	buf_clear(&temporary);
	buf_clear(&data);
	free(copy_of_path);
	return rc;
}
