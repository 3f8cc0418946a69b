/* SPDX-License-Identifier: ISC */
/*
 * The policies on disk (LMDB). Reads happen at once, on the loop; all writes
 * in a writer thread that lives wholly inside this folder, which commits them
 * in durable batches (at most 256 puts; default LMDB sync) and reports through
 * the loop. A cached answer never causes a write.
 *
 * Databases: policy (domain -> entry), due (time, domain -> expiry), meta
 * (format, counts by mode). All three change in the same transaction.
 */
#ifndef CACHE_CACHE_H
#define CACHE_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/domain.h"
#include "base/loop.h"
#include "cache/entry.h"

struct cache;
struct cache_write;

struct cache_settings {
	const char *dir;
	int64_t size; /* bytes of address space */
	int64_t keep_unused; /* s; who may go when it is full */
	bool is_started_later; /* the writer waits for cache_start() */
};

/*
 * Open or make the cache in dir (made if missing) and start its writer.
 * Damaged or foreign content is moved aside (dir/data.mdb.<why>-<time>) with
 * an error in the log, and an empty cache takes its place. NULL, logged with
 * the reason: another daemon holds it ("in use by pid N"), no permission,
 * I/O error.
 */
struct cache *cache_open(struct loop *, const struct cache_settings *);

/*
 * Start the writer, if it was told to wait: until then there is one thread,
 * and what is put is queued. 0, or -1 (logged).
 */
int cache_start(struct cache *);

/*
 * Tries to write what is queued (once: a full disk does not hold it up; what
 * is lost is logged); cancels its callbacks. NULL is fine.
 */
void cache_close(struct cache *);

/* Change what cache_settings said of it. */
void cache_set_keep_unused(struct cache *, int64_t keep_unused);

enum cache_status {
	CACHE_HIT,
	CACHE_MISS,
	CACHE_DAMAGED, /* it makes no sense (logged); a put mends it */
	CACHE_ERROR /* it cannot be read (logged): TEMP */
};

/*
 * domain: A-labels, lower case. The entry lends until the next cache call or
 * the return to the loop, whichever is first.
 */
enum cache_status
cache_get(struct cache *, const char *domain, size_t len, struct entry *);

/* The same of what an answer needs. */
enum cache_status cache_get_known(
    struct cache *, const char *domain, size_t len, struct entry_known *);

/*
 * Queue a write; the entry is copied. The callback comes exactly once, later,
 * when the change is durable, unless cancelled (the write goes on); a write
 * that fails is logged, counted and tried again until it succeeds. An older
 * fetch never replaces a newer, unless that one comes from the future (the
 * clock was wrong). cb may be NULL.
 */
typedef void cache_cb(void *arg);
struct cache_write *cache_put(struct cache *, const char *domain,
    const struct entry *, cache_cb *, void *arg);

/*
 * Queue a record read a moment ago, of which only its verdicts on DANE have
 * changed. It is dropped when another fetch or check has been written
 * meanwhile, or the record has been removed: nothing comes back.
 */
void cache_amend(struct cache *, const char *domain, const struct entry *);
struct cache_write *
cache_remove(struct cache *, const char *domain, cache_cb *, void *arg);

/* Forget the callback of a write not yet reported. NULL is fine. */
void cache_cancel(struct cache_write *);

/* A place in the index of due times. */
struct cache_due {
	int64_t due;
	int64_t expires; /* of the policy; 0: an older version wrote it */
	char domain[DOMAIN_MAX + 1];
};

/*
 * What is due by `until`, earliest first: at most max of those behind `after`
 * (NULL: of all), into found. No record is read for it. Returns how many.
 */
size_t cache_due(struct cache *, int64_t until, const struct cache_due *after,
    struct cache_due *found, size_t max);

/*
 * Walk the entries in the order of their names, from the first one after
 * `after` ("": the first of all), until cb returns false. The entry, NULL when
 * its record cannot be read (nothing is logged), and the domain lend until cb
 * returns; cb may call cache_get(). CACHE_HIT: cb stopped it; CACHE_MISS: the
 * end was reached; CACHE_ERROR: it cannot be read (logged).
 */
typedef bool
cache_list_cb(const char *domain, size_t len, const struct entry *, void *arg);
enum cache_status
cache_list(struct cache *, const char *after, cache_list_cb *, void *arg);

/* How long commits took, each with what was tried before it. */
#define CACHE_COMMIT_BOUNDS 10
extern const int64_t cache_commit_ms[CACHE_COMMIT_BOUNDS];

struct cache_commits {
	uint64_t bucket[CACHE_COMMIT_BOUNDS + 1]; /* up to a bound, or above */
	uint64_t count, sum_us;
};

struct cache_counts {
	uint64_t by_mode[3]; /* enum sts_mode */
	uint64_t bytes; /* of the file, used */
	uint64_t write_failures;
	uint64_t writes_queued;
	uint64_t bytes_queued; /* of their records */
	struct cache_commits commits;
	const char *write_reason; /* why they fail; "": they do not */
	bool is_read_failing; /* the last read did */
};
void cache_count(struct cache *, struct cache_counts *);

/* "LMDB 0.9.24: ..." for --version. */
const char *cache_library_version(void);

#endif
