/* SPDX-License-Identifier: ISC */
/* What readonly.c, verify.c and backup.c share; nobody else includes it. */
#ifndef CACHE_READING_H
#define CACHE_READING_H

#include "cache/internal.h"
#include "cache/readonly.h"

#define CACHE_READING_DBS 8
#define CACHE_NO_LOCK     (-2)

struct cache_reader {
	char *dir;
	int lock_fd; /* CACHE_NO_LOCK: there is no such file */
	struct cache_db db;
	MDB_txn *txn;
	MDB_cursor *cursor;
	bool is_at_end;
};

/*
 * The shared lock: its descriptor, or CACHE_NO_LOCK; -1: a daemon runs
 * (is_held), or why has been given the reason.
 */
int cache_lock_shared(const char *dir, bool *is_held, struct buf *why);

/* A read-only environment. LMDB's status; nothing is open when it is not 0. */
int cache_env_open(MDB_env **, const char *dir, unsigned int flags);

#endif
