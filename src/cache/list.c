/* SPDX-License-Identifier: ISC */
/* Entries by name, or by when they are due, a few at a time. */
#include <string.h>

#include "cache/internal.h"

/* The first key after `after`. */
static int
seek(MDB_cursor *cursor, const char *after, MDB_val *key, MDB_val *value)
{
	size_t len = strlen(after);
	int rc;

	if (len == 0)
		return mdb_cursor_get(cursor, key, value, MDB_FIRST);
	*key = cache_val(after, len);
	rc = mdb_cursor_get(cursor, key, value, MDB_SET_RANGE);
	if (rc == 0 && key->mv_size == len &&
	    memcmp(key->mv_data, after, len) == 0)
		rc = mdb_cursor_get(cursor, key, value, MDB_NEXT);
	return rc;
}

/* False: stop. A key that no writer of ours made is passed over. */
static bool
give(const struct cache_walk *walk, const MDB_val *key, const MDB_val *value)
{
	char domain[DOMAIN_MAX + 1];
	struct entry entry;
	bool is_readable;

	if (key->mv_size == 0 || key->mv_size > DOMAIN_MAX)
		return true;
	memcpy(domain, key->mv_data, key->mv_size);
	domain[key->mv_size] = '\0';
	is_readable =
	    entry_decode(value->mv_data, value->mv_size, &entry) == ENTRY_OK;
	return walk->cb(
	    domain, key->mv_size, is_readable ? &entry : NULL, walk->arg);
}

int
cache_db_walk(const struct cache_db *db, MDB_txn *txn,
    const struct cache_walk *walk, bool *is_end)
{
	MDB_cursor *cursor;
	MDB_val key, value;
	int rc = mdb_cursor_open(txn, db->policy, &cursor);

	if (rc != 0)
		return rc;
	rc = seek(cursor, walk->after, &key, &value);
	while (rc == 0 && give(walk, &key, &value))
		rc = mdb_cursor_get(cursor, &key, &value, MDB_NEXT);
	mdb_cursor_close(cursor);
	*is_end = rc == MDB_NOTFOUND;
	return *is_end ? 0 : rc;
}

/* The first place of the index behind `after`. */
static int
seek_due(MDB_cursor *cursor, const struct cache_due *after, MDB_val *key,
    MDB_val *value)
{
	struct cache_due_key bytes;
	MDB_val domain, from;
	int rc;

	if (after == NULL)
		return mdb_cursor_get(cursor, key, value, MDB_FIRST);
	domain = cache_val(after->domain, strlen(after->domain));
	from = *key = cache_due_key(&bytes, after->due, &domain);
	rc = mdb_cursor_get(cursor, key, value, MDB_SET_RANGE);
	if (rc == 0 &&
	    mdb_cmp(mdb_cursor_txn(cursor), mdb_cursor_dbi(cursor), key,
		&from) == 0)
		rc = mdb_cursor_get(cursor, key, value, MDB_NEXT);
	return rc;
}

int
cache_db_due(
    const struct cache_db *db, MDB_txn *txn, struct cache_due_walk *walk)
{
	MDB_cursor *cursor;
	MDB_val key, value;
	int rc = mdb_cursor_open(txn, db->due, &cursor);

	if (rc != 0)
		return rc;
	for (rc = seek_due(cursor, walk->after, &key, &value);
	     rc == 0 && walk->count < walk->max;
	     rc = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) {
		struct cache_due *found = &walk->found[walk->count];

		if (!cache_due_read(&key, &value, found))
			continue;
		if (found->due > walk->until)
			break;
		walk->count++;
	}
	mdb_cursor_close(cursor);
	return rc == MDB_NOTFOUND ? 0 : rc;
}
