/* SPDX-License-Identifier: ISC */
/*
 * The LMDB environment and its databases:
 *
 *   policy  domain -> record
 *   due     time (8 bytes, big-endian), domain -> its expiry (8)
 *   meta    "format" -> number (4), "counts" -> by mode (3 x 8)
 */
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "cache/internal.h"

#define FILE_MODE     0640
#define DATABASES_MAX 8
#define READERS_MAX   126 /* more than one: backups read beside us */
#define LOCK_BYTES    8192 /* LMDB's lock file for so many */
#define CACHE_FORMAT  1

static const char format_key[] = "format";
static const char counts_key[] = "counts";

MDB_val
cache_val(const void *p, size_t len)
{
	MDB_val v;

	v.mv_size = len;
	/* LMDB's type is not const; it does not write to what is put. */
	memcpy(&v.mv_data, &p, sizeof(p));
	return v;
}

/* Apart from its one caller, which so has no registers to save. */
static __attribute__((noinline)) int
compare_bytes(const MDB_val *a, const MDB_val *b)
{
	int order = memcmp(a->mv_data, b->mv_data,
	    a->mv_size < b->mv_size ? a->mv_size : b->mv_size);

	if (order != 0)
		return order;
	return (a->mv_size > b->mv_size) - (a->mv_size < b->mv_size);
}

/*
 * A search compares a dozen names. Most differ within their first eight bytes,
 * which are taken in one step.
 */
int
cache_compare_names(const MDB_val *a, const MDB_val *b)
{
	uint64_t x, y;

	if (a->mv_size >= sizeof(x) && b->mv_size >= sizeof(y)) {
		memcpy(&x, a->mv_data, sizeof(x));
		memcpy(&y, b->mv_data, sizeof(y));
		if (x != y)
			return be64toh(x) < be64toh(y) ? -1 : 1;
	}
	return compare_bytes(a, b);
}

int
cache_db_use(struct cache_db *db, MDB_txn *txn, unsigned int flags)
{
	int rc = mdb_dbi_open(txn, "meta", flags, &db->meta);

	if (rc == 0)
		rc = mdb_dbi_open(txn, "policy", flags, &db->policy);
	if (rc == 0)
		rc = mdb_set_compare(txn, db->policy, cache_compare_names);
	if (rc == 0)
		rc = mdb_dbi_open(txn, "due", flags, &db->due);
	return rc;
}

int
cache_db_counts(const struct cache_db *db, MDB_txn *txn, uint64_t by_mode[3])
{
	MDB_val key = cache_val(counts_key, sizeof(counts_key) - 1), value;
	uint64_t counts[3];
	int i, rc = mdb_get(txn, db->meta, &key, &value);

	if (rc != 0)
		return rc;
	if (value.mv_size != sizeof(counts))
		return MDB_CORRUPTED;
	memcpy(counts, value.mv_data, sizeof(counts));
	for (i = 0; i < 3; i++)
		by_mode[i] = le64toh(counts[i]);
	return 0;
}

int
cache_db_put_counts(
    const struct cache_db *db, MDB_txn *txn, const uint64_t by_mode[3])
{
	uint64_t counts[3];
	MDB_val key = cache_val(counts_key, sizeof(counts_key) - 1);
	MDB_val value = cache_val(counts, sizeof(counts));
	int i;

	for (i = 0; i < 3; i++)
		counts[i] = htole64(by_mode[i]);
	return mdb_put(txn, db->meta, &key, &value, 0);
}

static int
put_format(const struct cache_db *db, MDB_txn *txn)
{
	uint32_t format = htole32(CACHE_FORMAT);
	MDB_val key = cache_val(format_key, sizeof(format_key) - 1);
	MDB_val value = cache_val(&format, sizeof(format));

	return mdb_put(txn, db->meta, &key, &value, 0);
}

/* Of a file with our databases. *why stays NULL when it is ours. */
static int
check_format(const struct cache_db *db, MDB_txn *txn, const char **why)
{
	MDB_val key = cache_val(format_key, sizeof(format_key) - 1), value;
	uint64_t counts[3];
	uint32_t format;
	int rc = mdb_get(txn, db->meta, &key, &value);

	if (rc == MDB_NOTFOUND || (rc == 0 && value.mv_size != sizeof(format)))
		*why = "foreign";
	if (rc != 0 || *why != NULL)
		return rc;
	memcpy(&format, value.mv_data, sizeof(format));
	if (le32toh(format) != CACHE_FORMAT) {
		*why = "format";
		return 0;
	}
	rc = cache_db_counts(db, txn, counts);
	if (rc == MDB_NOTFOUND)
		rc = MDB_CORRUPTED;
	return rc;
}

/* The databases of a file just opened: 0, LMDB's status, or *why. */
static int
use_file(struct cache_db *db, const char **why)
{
	static const uint64_t none[3];
	MDB_txn *txn;
	MDB_stat stat;
	int rc;

	rc = mdb_env_stat(db->env, &stat);
	if (rc != 0)
		return rc;
	db->page_bytes = stat.ms_psize;
	/* A full disk must not stop who only wants to read. */
	rc = mdb_txn_begin(
	    db->env, NULL, stat.ms_entries > 0 ? MDB_RDONLY : 0, &txn);
	if (rc != 0)
		return rc;
	rc = cache_db_use(db, txn, stat.ms_entries > 0 ? 0 : MDB_CREATE);
	if (rc == MDB_NOTFOUND || rc == MDB_INCOMPATIBLE)
		*why = "foreign";
	else if (rc == 0 && stat.ms_entries > 0)
		rc = check_format(db, txn, why);
	else if (rc == 0 && (rc = put_format(db, txn)) == 0)
		rc = cache_db_put_counts(db, txn, none);
	if (rc != 0 || *why != NULL)
		mdb_txn_abort(txn);
	else
		rc = mdb_txn_commit(txn);
	return rc;
}

static bool
is_content_fault(int rc)
{
	switch (rc) {
	case MDB_INVALID:
	case MDB_CORRUPTED:
	case MDB_PAGE_NOTFOUND:
	case MDB_VERSION_MISMATCH:
		return true;
	}
	return false;
}

/*
 * LMDB writes to its lock file through a map: where the disk has no room for
 * it, that is a SIGBUS. Take the room first. LMDB's status.
 */
static int
reserve_lock(const char *dir)
{
	struct buf path = { 0 };
	int fd, rc;

	buf_printf(&path, "%s/lock.mdb", dir);
	fd = open(path.data, O_RDWR | O_CREAT | O_CLOEXEC, FILE_MODE);
	buf_clear(&path);
	if (fd == -1)
		return errno;
	rc = posix_fallocate(fd, 0, LOCK_BYTES);
	close(fd);
	return rc;
}

static int
open_env(struct cache_db *db, const char *dir, int64_t size)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	MDB_envinfo info;
	int rc;

	rc = reserve_lock(dir);
	if (rc == 0)
		rc = mdb_env_create(&db->env);
	if (rc != 0)
		return rc;
	if ((rc = mdb_env_set_mapsize(db->env, (size_t)size / page * page)) ==
		0 &&
	    (rc = mdb_env_set_maxdbs(db->env, DATABASES_MAX)) == 0 &&
	    (rc = mdb_env_set_maxreaders(db->env, READERS_MAX)) == 0 &&
	    (rc = mdb_env_open(
		 db->env, dir, MDB_NOTLS | MDB_NORDAHEAD, FILE_MODE)) == 0 &&
	    (rc = mdb_env_info(db->env, &info)) == 0)
		db->pages = info.me_mapsize;
	return rc;
}

enum cache_sound
cache_db_open(
    struct cache_db *db, const char *dir, int64_t size, const char **why)
{
	const char *word = NULL;
	int rc;

	*db = (struct cache_db){ 0 };
	rc = open_env(db, dir, size);
	if (rc == 0)
		rc = use_file(db, &word);
	if (rc == 0 && word == NULL) {
		db->pages /= db->page_bytes;
		return CACHE_SOUND;
	}
	cache_db_close(db);
	if (word == NULL && is_content_fault(rc))
		word = "damaged";
	if (word == NULL) {
		log_error("cache", "%s: %s", dir, mdb_strerror(rc));
		return CACHE_FAULT;
	}
	*why = word;
	return CACHE_UNSOUND;
}

void
cache_db_close(struct cache_db *db)
{
	if (db->env != NULL)
		mdb_env_close(db->env);
	db->env = NULL;
}

bool
cache_db_is_dead(const struct cache_db *db)
{
	MDB_txn *txn;
	int rc = mdb_txn_begin(db->env, NULL, MDB_RDONLY, &txn);

	if (rc == 0)
		mdb_txn_abort(txn);
	return rc == MDB_PANIC;
}

void
cache_db_read_ahead(const char *dir)
{
	struct buf path = { 0 };
	int fd;

	buf_printf(&path, "%s/data.mdb", dir);
	fd = open(path.data, O_RDONLY | O_CLOEXEC);
	buf_clear(&path);
	if (fd == -1)
		return;
	(void)posix_fadvise(fd, 0, 0, POSIX_FADV_WILLNEED);
	close(fd);
}
