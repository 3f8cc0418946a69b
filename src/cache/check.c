/* SPDX-License-Identifier: ISC */
/*
 * Is the folder ours, and is the file in it one that LMDB can be trusted
 * with? LMDB reads through a map and has no page checksums: a file that was
 * cut short or overwritten would kill the daemon by a signal, perhaps weeks
 * later. What cannot be told from its head is told by a child that walks it.
 */
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "cache/internal.h"

#define DIR_MODE  0750
#define FILE_MODE 0640

/* LMDB's file format 1: a page head, then this, on each of two pages. */
#define LMDB_MAGIC     0xbeefc0deu
#define LMDB_VERSION   1
#define LMDB_PAGE_HEAD (sizeof(size_t) + 8)
#define LMDB_PAGE_MIN  256
#define LMDB_PAGE_MAX  65536

struct lmdb_db {
	uint32_t page_bytes; /* in the first of two */
	uint16_t flags, depth;
	size_t branch_pages, leaf_pages, overflow_pages, entries, root;
};

struct lmdb_meta {
	uint32_t magic, version;
	size_t address, map_size;
	struct lmdb_db db[2];
	size_t last_page, txn;
};

static void
path_of(struct buf *b, const char *dir, const char *name)
{
	buf_reset(b);
	buf_printf(b, "%s/%s", dir, name);
}

static void
log_fault(const char *path)
{
	log_error("cache", "%s: %s", path, strerror(errno));
}

/* A new or a removed name is durable when its folder is. */
static void
sync_dir(const char *dir)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd == -1)
		return;
	(void)fsync(fd);
	close(fd);
}

static void
log_held(int fd, const char *path)
{
	char text[32];
	ssize_t n = pread(fd, text, sizeof(text) - 1, 0);
	long pid;

	text[n > 0 ? n : 0] = '\0';
	pid = strtol(text, NULL, 10);
	if (pid > 0)
		log_error("cache", "%s: in use by pid %ld", path, pid);
	else
		log_error("cache", "%s: in use", path);
}

int
cache_dir_lock(const char *dir)
{
	struct buf path = { 0 };
	int fd = -1;

	if (mkdir(dir, DIR_MODE) == -1 && errno != EEXIST) {
		log_fault(dir);
		return -1;
	}
	path_of(&path, dir, "lock");
	fd = open(path.data, O_RDWR | O_CREAT | O_CLOEXEC, FILE_MODE);
	if (fd == -1) {
		log_fault(path.data);
	} else if (flock(fd, LOCK_EX | LOCK_NB) == -1) {
		if (errno == EWOULDBLOCK)
			log_held(fd, path.data);
		else
			log_fault(path.data);
		close(fd);
		fd = -1;
	} else if (ftruncate(fd, 0) == -1 ||
	    dprintf(fd, "%ld\n", (long)getpid()) < 0) {
		/* The lock counts; its pid is for people (the disk is full). */
		log_warning("cache", "%s: %s", path.data, strerror(errno));
	}
	buf_clear(&path);
	return fd;
}

void
cache_dir_unlock(int fd)
{
	/* No pid of the dead for who finds it locked by somebody else. */
	(void)!ftruncate(fd, 0);
	close(fd);
}

int
cache_marker_make(const char *dir)
{
	struct buf path = { 0 };
	int fd;

	path_of(&path, dir, "running");
	fd = open(path.data, O_WRONLY | O_CREAT | O_CLOEXEC, FILE_MODE);
	if (fd == -1)
		log_fault(path.data);
	else
		close(fd);
	buf_clear(&path);
	sync_dir(dir);
	return fd == -1 ? -1 : 0;
}

void
cache_marker_remove(const char *dir)
{
	struct buf path = { 0 };

	path_of(&path, dir, "running");
	(void)unlink(path.data);
	buf_clear(&path);
}

static bool
has_marker(const char *dir)
{
	struct buf path = { 0 };
	bool is_there;

	path_of(&path, dir, "running");
	is_there = access(path.data, F_OK) == 0;
	buf_clear(&path);
	return is_there;
}

/* Touch every byte in use. LMDB's status. */
static int
walk_db(MDB_txn *txn, MDB_dbi dbi, bool is_policy)
{
	MDB_cursor *cursor;
	MDB_val key, value;
	struct entry entry;
	int rc;

	rc = mdb_cursor_open(txn, dbi, &cursor);
	if (rc != 0)
		return rc;
	while ((rc = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) == 0) {
		(void)entry_hash(key.mv_data, key.mv_size);
		if (!is_policy)
			(void)entry_hash(value.mv_data, value.mv_size);
		else if (entry_decode(value.mv_data, value.mv_size, &entry) ==
		    ENTRY_DAMAGED)
			return MDB_CORRUPTED;
	}
	return rc == MDB_NOTFOUND ? 0 : rc;
}

/* In a child: it may die of what it reads. */
static int
walk(const char *dir, bool has_records)
{
	struct cache_db db = { 0 };
	MDB_txn *txn;
	int rc;

	if (mdb_env_create(&db.env) != 0 || mdb_env_set_maxdbs(db.env, 8) != 0)
		return -1;
	rc = mdb_env_open(
	    db.env, dir, MDB_RDONLY | MDB_NOLOCK | MDB_NOTLS, FILE_MODE);
	if (rc == 0)
		rc = mdb_txn_begin(db.env, NULL, MDB_RDONLY, &txn);
	if (rc == 0)
		rc = walk_db(txn, 0, false); /* the free list */
	if (rc == 0)
		rc = cache_db_use(&db, txn, 0);
	if (rc == MDB_NOTFOUND || rc == MDB_INCOMPATIBLE)
		return 0; /* empty or foreign: cache_db_open() tells */
	if (rc == 0)
		rc = walk_db(txn, db.meta, false);
	if (rc == 0)
		rc = walk_db(txn, db.due, false);
	if (rc == 0)
		rc = walk_db(txn, db.policy, has_records);
	return rc;
}

static void
run_child(const char *dir, bool has_records)
{
	static const int deadly[] = { SIGBUS, SIGSEGV, SIGABRT, SIGFPE };
	const struct rlimit none = { 0, 0 };
	size_t i;

	for (i = 0; i < sizeof(deadly) / sizeof(deadly[0]); i++)
		signal(deadly[i], SIG_DFL);
	(void)setrlimit(RLIMIT_CORE, &none);
	_exit(walk(dir, has_records) == 0 ? 0 : 1);
}

enum cache_sound
cache_walk(const char *dir, bool has_records)
{
	pid_t pid, got;
	int status = 0;

	pid = fork();
	if (pid == 0)
		run_child(dir, has_records);
	do
		got = pid == -1 ? -1 : waitpid(pid, &status, 0);
	while (got == -1 && pid != -1 && errno == EINTR);
	if (got == -1) {
		log_fault(dir);
		return CACHE_FAULT;
	}
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? CACHE_SOUND :
							       CACHE_UNSOUND;
}

/* The meta page at offset; a word when it is not one. NULL: it is. */
static const char *
read_meta(int fd, off_t at, struct lmdb_meta *meta)
{
	ssize_t n;

	memset(meta, 0, sizeof(*meta));
	n = pread(fd, meta, sizeof(*meta), at + (off_t)LMDB_PAGE_HEAD);
	if (n < (ssize_t)sizeof(meta->magic) || meta->magic != LMDB_MAGIC)
		return at == 0 ? "foreign" : "damaged";
	if (meta->version != LMDB_VERSION)
		return "version";
	return n == (ssize_t)sizeof(*meta) ? NULL : "truncated";
}

/* *is_short: pages at the end are missing. */
static const char *
check_head(int fd, off_t size, bool *is_short)
{
	struct lmdb_meta first, second;
	const char *why;
	size_t page, last;

	why = read_meta(fd, 0, &first);
	if (why != NULL)
		return why;
	page = first.db[0].page_bytes;
	if (page < LMDB_PAGE_MIN || page > LMDB_PAGE_MAX ||
	    (page & (page - 1)) != 0)
		return "damaged";
	if (size < (off_t)(2 * page))
		return "truncated";
	why = read_meta(fd, (off_t)page, &second);
	if (why != NULL)
		return why;
	last = first.txn > second.txn ? first.last_page : second.last_page;
	if (last >= SIZE_MAX / page)
		return "damaged";
	*is_short = (off_t)((last + 1) * page) > size;
	return NULL;
}

static enum cache_sound
check(const char *dir, bool has_records, const char **why)
{
	struct buf path = { 0 };
	struct stat st = { 0 };
	enum cache_sound sound = CACHE_SOUND;
	const char *word = NULL;
	bool is_short = false;
	int fd;

	path_of(&path, dir, "data.mdb");
	fd = open(path.data, O_RDONLY | O_CLOEXEC);
	if (fd == -1 ? errno != ENOENT : fstat(fd, &st) == -1) {
		log_fault(path.data);
		sound = CACHE_FAULT;
	} else if (fd != -1 && st.st_size > 0) {
		word = check_head(fd, st.st_size, &is_short);
		if (word != NULL)
			sound = CACHE_UNSOUND;
		/*
		 * Pages freed in the transaction that took them are never
		 * written, so a sound file may be short as well.
		 */
		else if (is_short || has_marker(dir))
			sound = cache_walk(dir, has_records);
		if (sound == CACHE_UNSOUND && word == NULL)
			word = is_short ? "truncated" : "damaged";
	}
	if (fd != -1)
		close(fd);
	buf_clear(&path);
	if (sound == CACHE_UNSOUND)
		*why = word;
	return sound;
}

enum cache_sound
cache_check(const char *dir, const char **why)
{
	return check(dir, true, why);
}

enum cache_sound
cache_check_pages(const char *dir, const char **why)
{
	return check(dir, false, why);
}

int
cache_move_aside(const char *dir, const char *why)
{
	struct buf from = { 0 }, to = { 0 };
	long long now = clock_now();
	int rc;

	path_of(&from, dir, "data.mdb");
	do {
		path_of(&to, dir, "data.mdb");
		buf_printf(&to, ".%s-%lld", why, now++);
	} while (access(to.data, F_OK) == 0);
	rc = rename(from.data, to.data);
	if (rc == -1)
		log_fault(to.data);
	else
		log_error("cache-moved-aside",
		    "%s is %s: moved to %s, the cache starts empty", from.data,
		    why, to.data);
	path_of(&from, dir, "lock.mdb");
	(void)unlink(from.data);
	buf_clear(&from);
	buf_clear(&to);
	return rc;
}
