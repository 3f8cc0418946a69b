/* SPDX-License-Identifier: ISC */
/*
 * A cache whose daemon does not run, read as it lies there: nothing is made,
 * written or moved aside. While it is open no daemon can start on it (it would
 * say "in use"). And the backup, the one thing that may read beside a daemon.
 */
#ifndef CACHE_READONLY_H
#define CACHE_READONLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/domain.h"
#include "cache/cache.h"

struct cache_reader;

/*
 * NULL: it cannot be read; why has been given a sentence: a daemon holds it,
 * there is none, it is damaged, no permission.
 */
struct cache_reader *cache_reader_open(const char *dir, struct buf *why);
void cache_reader_close(struct cache_reader *); /* NULL is fine */

/* As cache_get(); the entry lends until close. */
enum cache_status cache_reader_get(
    struct cache_reader *, const char *domain, size_t len, struct entry *);

/*
 * The record after the last one, in order of their domains; CACHE_MISS: there
 * is none. With CACHE_ERROR domain is set too, and the walk goes on after it.
 */
enum cache_status cache_reader_next(
    struct cache_reader *, char domain[DOMAIN_MAX + 1], struct entry *);

/* As the cache counts them; false: it does not. */
bool cache_reader_counts(struct cache_reader *, uint64_t by_mode[3]);

/*
 * Read every page and record, and hold them against each other: checksums,
 * policies against their text, the index of due times, the counts. Each fault
 * is told to the callback: the domain ("": of the whole) and what is wrong.
 */
typedef void cache_fault_cb(const char *domain, const char *what, void *arg);

struct cache_verified {
	uint64_t by_mode[3];
	uint64_t records;
	uint64_t faults;
};
void cache_verify(struct cache_reader *, cache_fault_cb *, void *arg,
    struct cache_verified *);

/*
 * Write a compacted copy of dir's data.mdb to the file path, also while a
 * daemon writes to it: what was committed when it began. Made under another
 * name, durable, then renamed. -1: why has been given the reason, and there
 * is no new file.
 */
int cache_backup(
    const char *dir, const char *path, int64_t *bytes, struct buf *why);

#endif
