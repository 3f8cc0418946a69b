/* SPDX-License-Identifier: ISC */
/*
 * LMDB without its lock file is safe only as long as nobody writes: a shared
 * lock on the file that the daemon holds exclusively sees to it.
 */
#include <sys/file.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/xmalloc.h"
#include "cache/reading.h"

int
cache_lock_shared(const char *dir, bool *is_held, struct buf *why)
{
	struct buf path = { 0 };
	int fd, error = 0;

	*is_held = false;
	buf_printf(&path, "%s/lock", dir);
	fd = open(path.data, O_RDONLY | O_CLOEXEC);
	/* No daemon has ever been here: a copy, a backup. */
	if (fd == -1 && errno == ENOENT) {
		buf_clear(&path);
		return CACHE_NO_LOCK;
	}
	if (fd == -1 || flock(fd, LOCK_SH | LOCK_NB) == -1)
		error = errno;
	if (error == EWOULDBLOCK)
		*is_held = true;
	else if (error != 0)
		buf_printf(why, "%s: %s", path.data, strerror(error));
	if (error != 0 && fd != -1)
		close(fd);
	buf_clear(&path);
	return error == 0 ? fd : -1;
}

/* Is there a file, may we read it, and does its head promise well? */
static bool
is_readable(const char *dir, struct buf *why)
{
	struct buf path = { 0 };
	enum cache_sound sound = CACHE_FAULT;
	const char *word;

	buf_printf(&path, "%s/data.mdb", dir);
	if (access(path.data, R_OK) == -1) {
		buf_printf(why, "%s: %s", path.data, strerror(errno));
	} else {
		sound = cache_check_pages(dir, &word);
		if (sound == CACHE_UNSOUND)
			buf_printf(why, "%s is %s", path.data, word);
		else if (sound == CACHE_FAULT)
			buf_printf(why, "%s cannot be read", path.data);
	}
	buf_clear(&path);
	return sound == CACHE_SOUND;
}

int
cache_env_open(MDB_env **env, const char *dir, unsigned int flags)
{
	int rc = mdb_env_create(env);

	if (rc != 0)
		return rc;
	rc = mdb_env_set_maxdbs(*env, CACHE_READING_DBS);
	if (rc == 0)
		rc = mdb_env_open(*env, dir, MDB_RDONLY | MDB_NOTLS | flags, 0);
	if (rc != 0)
		mdb_env_close(*env);
	return rc;
}

static int
open_env(struct cache_reader *r)
{
	int rc = cache_env_open(&r->db.env, r->dir, MDB_NOLOCK);

	if (rc != 0) {
		r->db.env = NULL;
		return rc;
	}
	rc = mdb_txn_begin(r->db.env, NULL, MDB_RDONLY, &r->txn);
	if (rc == 0)
		rc = cache_db_use(&r->db, r->txn, 0);
	if (rc == 0)
		rc = mdb_cursor_open(r->txn, r->db.policy, &r->cursor);
	return rc;
}

struct cache_reader *
cache_reader_open(const char *dir, struct buf *why)
{
	struct cache_reader *r = xcalloc(1, sizeof(*r));
	bool is_held;
	int rc;

	r->dir = xstrdup(dir);
	r->lock_fd = cache_lock_shared(dir, &is_held, why);
	if (is_held)
		buf_printf(why, "%s: the daemon holds the cache: ask it", dir);
	if (r->lock_fd == -1 || !is_readable(dir, why)) {
		cache_reader_close(r);
		return NULL;
	}
	rc = open_env(r);
	if (rc == 0)
		return r;
	buf_printf(why, "%s: %s", dir,
	    rc == MDB_NOTFOUND ? "this is no cache of ours" : mdb_strerror(rc));
	cache_reader_close(r);
	return NULL;
}

void
cache_reader_close(struct cache_reader *r)
{
	if (r == NULL)
		return;
	if (r->cursor != NULL)
		mdb_cursor_close(r->cursor);
	if (r->txn != NULL)
		mdb_txn_abort(r->txn);
	cache_db_close(&r->db);
	if (r->lock_fd >= 0)
		close(r->lock_fd);
	free(r->dir);
	free(r);
}

enum cache_status
cache_reader_get(
    struct cache_reader *r, const char *domain, size_t len, struct entry *entry)
{
	MDB_val key = cache_val(domain, len), value;
	int rc;

	if (len == 0 || len > DOMAIN_MAX)
		return CACHE_MISS;
	rc = mdb_get(r->txn, r->db.policy, &key, &value);
	if (rc == MDB_NOTFOUND)
		return CACHE_MISS;
	if (rc != 0 ||
	    entry_decode(value.mv_data, value.mv_size, entry) != ENTRY_OK)
		return CACHE_ERROR;
	return CACHE_HIT;
}

enum cache_status
cache_reader_next(
    struct cache_reader *r, char domain[DOMAIN_MAX + 1], struct entry *entry)
{
	MDB_val key, value;
	size_t len;

	domain[0] = '\0';
	if (r->is_at_end ||
	    mdb_cursor_get(r->cursor, &key, &value, MDB_NEXT) != 0) {
		r->is_at_end = true;
		return CACHE_MISS;
	}
	len = key.mv_size < DOMAIN_MAX ? key.mv_size : DOMAIN_MAX;
	memcpy(domain, key.mv_data, len);
	domain[len] = '\0';
	if (key.mv_size != len || memchr(domain, '\0', len) != NULL ||
	    entry_decode(value.mv_data, value.mv_size, entry) != ENTRY_OK)
		return CACHE_ERROR;
	return CACHE_HIT;
}

bool
cache_reader_counts(struct cache_reader *r, uint64_t by_mode[3])
{
	return cache_db_counts(&r->db, r->txn, by_mode) == 0;
}
