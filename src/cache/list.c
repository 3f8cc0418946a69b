/* SPDX-License-Identifier: ISC */
/* Entries by name, a few at a time: who asks for more says after which. */
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
