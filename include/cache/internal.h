/* SPDX-License-Identifier: ISC */
/*
 * What the files of cache/ share; nobody else includes it.
 *
 *   check.c   the folder: lock, marker, is the file sound, moving it aside
 *   db.c      the LMDB environment and its databases
 *   store.c   what one write transaction does
 *   evict.c   is there room, and who goes when there is none
 *   list.c    the walk over all entries
 *   writer.c  the thread: queue, batches, trying again, reporting
 *   cache.c   open, close, reads; everything here runs on the loop
 *
 * The environment is shared by both threads as LMDB allows. The writer alone
 * opens write transactions, the loop alone opens and closes environments, and
 * only while the writer does not run or is parked.
 */
#ifndef CACHE_INTERNAL_H
#define CACHE_INTERNAL_H

#include <sys/queue.h>

#include <lmdb.h>

#include "cache/cache.h"

#define CACHE_BATCH_MAX 256

/* check.c */

/* The folder's exclusive lock with our pid; -1 (logged). Makes the folder. */
int cache_dir_lock(const char *dir);
void cache_dir_unlock(int fd);

/* The marker of a stop that was not clean. 0, or -1 (logged). */
int cache_marker_make(const char *dir);
void cache_marker_remove(const char *dir);

enum cache_sound {
	CACHE_SOUND,
	CACHE_UNSOUND, /* why says the word: move it aside */
	CACHE_FAULT /* it cannot be told (logged) */
};

/* Before LMDB touches data.mdb. *why: a constant word. */
enum cache_sound cache_check(const char *dir, const char **why);

/* The same for who can do without a record or two that are damaged. */
enum cache_sound cache_check_pages(const char *dir, const char **why);

/* Read every page in a child, and if asked for decode every record. */
enum cache_sound cache_walk(const char *dir, bool has_records);

/* data.mdb -> data.mdb.<why>-<time>, logged. 0, or -1 (logged). */
int cache_move_aside(const char *dir, const char *why);

/* db.c */

struct cache_db {
	MDB_env *env; /* NULL: closed */
	MDB_dbi policy, due, meta;
	size_t page_bytes;
	size_t pages; /* that the map can hold */
};

/*
 * Open the environment and its databases, making them in an empty file. Not
 * CACHE_SOUND: closed again.
 */
enum cache_sound cache_db_open(
    struct cache_db *, const char *dir, int64_t size, const char **why);
void cache_db_close(struct cache_db *);

/* Have it in memory: a cold read waits for the disk, with all look-ups. */
void cache_db_read_ahead(const char *dir);

/* Did LMDB give it up? Then even reads fail until it is opened again. */
bool cache_db_is_dead(const struct cache_db *);

/* LMDB's own order, memcmp()'s and then by length, found in fewer steps. */
int cache_compare_names(const MDB_val *, const MDB_val *);

/* The databases of an open environment, in a transaction. LMDB's status. */
int cache_db_use(struct cache_db *, MDB_txn *, unsigned int flags);

/* Counts by mode; LMDB's status (MDB_CORRUPTED: not ours). */
int cache_db_counts(const struct cache_db *, MDB_txn *, uint64_t by_mode[3]);

int cache_db_put_counts(
    const struct cache_db *, MDB_txn *, const uint64_t by_mode[3]);

/* Lends; LMDB does not write to what is put or looked for. */
MDB_val cache_val(const void *, size_t);

/* list.c */

/* cache_list() in a transaction: LMDB's status; *is_end is set with 0. */
struct cache_walk {
	const char *after;
	cache_list_cb *cb;
	void *arg;
};
int cache_db_walk(const struct cache_db *, MDB_txn *, const struct cache_walk *,
    bool *is_end);

/* cache_due() in a transaction: LMDB's status. */
struct cache_due_walk {
	int64_t until;
	const struct cache_due *after; /* NULL: from the start */
	struct cache_due *found;
	size_t max, count;
};
int cache_db_due(const struct cache_db *, MDB_txn *, struct cache_due_walk *);

/* store.c */

/* A key of the index of due times; and back: false when it is none. */
struct cache_due_key {
	char bytes[sizeof(uint64_t) + DOMAIN_MAX];
};
MDB_val
cache_due_key(struct cache_due_key *, int64_t due, const MDB_val *domain);
bool
cache_due_read(const MDB_val *key, const MDB_val *value, struct cache_due *);

/* A write, from cache_put() until its callback. */
struct cache_write {
	TAILQ_ENTRY(cache_write) link;
	char domain[DOMAIN_MAX + 1];
	size_t domain_len;
	struct buf record; /* empty: remove */
	/* of the record, to compare and to index it by */
	int64_t fetched, checked, due, expires;
	enum sts_mode mode;
	bool is_amendment; /* only in place of the record it was made from */
	/* the loop's alone */
	cache_cb *cb;
	void *arg;
};
TAILQ_HEAD(cache_writes, cache_write);

/* All of them, in one durable transaction. LMDB's status. */
int cache_store_write(
    const struct cache_db *, struct cache_write *const *, size_t n);

/* A domain that may go: see evict.c. */
struct cache_victim {
	int is_unused; /* 0: expired, goes first */
	int64_t expires;
	char domain[DOMAIN_MAX + 1];
};

struct cache_victims {
	struct cache_victim *item;
	size_t next, count;
};

/* May the entry go? Fills the victim but for its domain. */
bool cache_may_evict(const struct entry *, int64_t keep_unused, int64_t now,
    struct cache_victim *);

/*
 * Remove those of n victims that still may go, in one transaction; *removed
 * says how many. LMDB's status.
 */
int cache_store_evict(const struct cache_db *, const struct cache_victim *,
    size_t n, int64_t keep_unused, size_t *removed);

/* evict.c */

/* Can these be written, and something be removed afterwards? */
bool
cache_has_room(const struct cache_db *, struct cache_write *const *, size_t n);

/*
 * Remove a few, best first. LMDB's status; MDB_MAP_FULL: nobody may go. The
 * victims are kept from call to call.
 */
int cache_evict(
    const struct cache_db *, struct cache_victims *, int64_t keep_unused);
void cache_victims_clear(struct cache_victims *);

/* writer.c */

struct cache_writer;

#define CACHE_REASON_BYTES 128

struct cache_report {
	struct cache_writes done; /* durable; the caller's */
	char reason[CACHE_REASON_BYTES]; /* it fails; "": it does not */
	uint64_t failures;
	bool is_parked; /* the environment must be opened again */
};

/* NULL (logged). What is added waits for the thread. */
struct cache_writer *
cache_writer_new(const struct cache_db *, int64_t keep_unused);

/* Begin the thread: once. 0, or -1 (logged). */
int cache_writer_start(struct cache_writer *);

/* Writes what is queued, if that works; returns how many were lost. */
size_t cache_writer_free(struct cache_writer *);

/* From the next eviction on. */
void cache_writer_set_keep_unused(struct cache_writer *, int64_t);

/* Readable while there is something to report. */
int cache_writer_fd(const struct cache_writer *);
void cache_writer_add(struct cache_writer *, struct cache_write *);

/* Take at most max finished writes, and how it goes. */
void
cache_writer_report(struct cache_writer *, struct cache_report *, size_t max);
void cache_writer_unpark(struct cache_writer *);
void cache_writer_count(struct cache_writer *, struct cache_counts *);

void cache_write_free(struct cache_write *);

#endif
