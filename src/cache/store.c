/* SPDX-License-Identifier: ISC */
/*
 * What one write transaction does: a record, its key in the index of due
 * times and the counts change together or not at all.
 */
#include <endian.h>
#include <string.h>

#include "base/clock.h"
#include "cache/internal.h"

#define DUE_HEAD sizeof(uint64_t)

MDB_val
cache_due_key(struct cache_due_key *key, int64_t due, const MDB_val *domain)
{
	uint64_t time = htobe64((uint64_t)due);

	memcpy(key->bytes, &time, DUE_HEAD);
	memcpy(key->bytes + DUE_HEAD, domain->mv_data, domain->mv_size);
	return cache_val(key->bytes, DUE_HEAD + domain->mv_size);
}

bool
cache_due_read(
    const MDB_val *key, const MDB_val *value, struct cache_due *found)
{
	uint64_t time;
	size_t len = key->mv_size - DUE_HEAD;

	if (key->mv_size <= DUE_HEAD || len > DOMAIN_MAX)
		return false;
	memcpy(&time, key->mv_data, DUE_HEAD);
	found->due = (int64_t)be64toh(time);
	memcpy(found->domain, (const char *)key->mv_data + DUE_HEAD, len);
	found->domain[len] = '\0';
	found->expires = 0;
	if (value->mv_size == sizeof(time)) {
		memcpy(&time, value->mv_data, sizeof(time));
		found->expires = (int64_t)be64toh(time);
	}
	return true;
}

static int
delete_due(
    const struct cache_db *db, MDB_txn *txn, int64_t due, const MDB_val *domain)
{
	struct cache_due_key bytes;
	MDB_val key;
	int rc;

	if (due <= 0 || domain->mv_size > DOMAIN_MAX)
		return 0;
	key = cache_due_key(&bytes, due, domain);
	rc = mdb_del(txn, db->due, &key, NULL);
	return rc == MDB_NOTFOUND ? 0 : rc;
}

static int
put_due(const struct cache_db *db, MDB_txn *txn, const struct cache_write *w,
    const MDB_val *domain)
{
	uint64_t expires = htobe64((uint64_t)w->expires);
	struct cache_due_key bytes;
	MDB_val key, value = cache_val(&expires, sizeof(expires));

	if (w->due <= 0)
		return 0;
	key = cache_due_key(&bytes, w->due, domain);
	return mdb_put(txn, db->due, &key, &value, 0);
}

/* A record that cannot be read does not tell its due time... */
static int
delete_due_by_name(
    const struct cache_db *db, MDB_txn *txn, const MDB_val *domain)
{
	MDB_cursor *cursor;
	MDB_val key, value;
	int rc = mdb_cursor_open(txn, db->due, &cursor);

	if (rc != 0)
		return rc;
	while ((rc = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) == 0)
		if (key.mv_size == DUE_HEAD + domain->mv_size &&
		    memcmp((const char *)key.mv_data + DUE_HEAD,
			domain->mv_data, domain->mv_size) == 0 &&
		    (rc = mdb_cursor_del(cursor, 0)) != 0)
			break;
	mdb_cursor_close(cursor);
	return rc == MDB_NOTFOUND ? 0 : rc;
}

/* ... nor its mode: count those that can. */
static int
recount(const struct cache_db *db, MDB_txn *txn, uint64_t by_mode[3])
{
	MDB_cursor *cursor;
	MDB_val key, value;
	struct entry entry;
	int rc = mdb_cursor_open(txn, db->policy, &cursor);

	if (rc != 0)
		return rc;
	memset(by_mode, 0, 3 * sizeof(by_mode[0]));
	while ((rc = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) == 0)
		if (entry_decode(value.mv_data, value.mv_size, &entry) ==
		    ENTRY_OK)
			by_mode[entry.policy.mode]++;
	mdb_cursor_close(cursor);
	return rc == MDB_NOTFOUND ? 0 : rc;
}

struct held {
	bool is_there, is_readable;
	int64_t fetched, checked, due;
	enum sts_mode mode;
};

static int
get_held(const struct cache_db *db, MDB_txn *txn, MDB_val *key,
    struct held *held, struct entry *entry)
{
	MDB_val value;
	int rc = mdb_get(txn, db->policy, key, &value);

	*held = (struct held){ 0 };
	if (rc != 0)
		return rc == MDB_NOTFOUND ? 0 : rc;
	held->is_there = true;
	if (entry_decode(value.mv_data, value.mv_size, entry) != ENTRY_OK)
		return 0;
	held->is_readable = true;
	held->fetched = entry->state.fetched;
	held->checked = entry->state.checked;
	held->due = entry->due;
	held->mode = entry->policy.mode;
	return 0;
}

/* Take what is held out of the index and the counts. */
static int
forget_held(const struct cache_db *db, MDB_txn *txn, const MDB_val *key,
    const struct held *held, uint64_t by_mode[3])
{
	int rc;

	if (!held->is_there)
		return 0;
	if (held->is_readable) {
		if (by_mode[held->mode] > 0)
			by_mode[held->mode]--;
		return delete_due(db, txn, held->due, key);
	}
	rc = delete_due_by_name(db, txn, key);
	return rc != 0 ? rc : recount(db, txn, by_mode);
}

static int
remove_held(const struct cache_db *db, MDB_txn *txn, MDB_val *key,
    const struct held *held, uint64_t by_mode[3])
{
	int rc = forget_held(db, txn, key, held, by_mode);

	if (rc == 0 && held->is_there)
		rc = mdb_del(txn, db->policy, key, NULL);
	return rc;
}

/*
 * Is what is there newer? Times that are yet to come are of a clock that was
 * wrong, and newer than nothing.
 */
static bool
is_newer(const struct held *held, const struct cache_write *w)
{
	int64_t now = clock_now();

	if (held->fetched > now || held->checked > now)
		return false;
	return held->fetched > w->fetched ||
	    (held->fetched == w->fetched && held->checked > w->checked);
}

/* Is it the very record that was amended? */
static bool
is_amended(const struct held *held, const struct cache_write *w)
{
	return held->is_readable && held->fetched == w->fetched &&
	    held->checked == w->checked;
}

static int
write_one(const struct cache_db *db, MDB_txn *txn, const struct cache_write *w,
    uint64_t by_mode[3])
{
	MDB_val key = cache_val(w->domain, w->domain_len), value;
	struct entry entry;
	struct held held;
	int rc = get_held(db, txn, &key, &held, &entry);

	if (rc != 0)
		return rc;
	if (w->record.len == 0)
		return remove_held(db, txn, &key, &held, by_mode);
	if (w->is_amendment ? !is_amended(&held, w) :
			      held.is_readable && is_newer(&held, w))
		return 0;
	rc = forget_held(db, txn, &key, &held, by_mode);
	if (rc == 0)
		rc = put_due(db, txn, w, &key);
	if (rc == 0) {
		value = cache_val(w->record.data, w->record.len);
		rc = mdb_put(txn, db->policy, &key, &value, 0);
	}
	by_mode[w->mode]++;
	return rc;
}

/* Begin: the transaction and the counts as they are. */
static int
begin(const struct cache_db *db, MDB_txn **txn, uint64_t by_mode[3])
{
	int rc = mdb_txn_begin(db->env, NULL, 0, txn);

	if (rc != 0)
		return rc;
	rc = cache_db_counts(db, *txn, by_mode);
	if (rc != 0)
		mdb_txn_abort(*txn);
	return rc;
}

/* End: commit when all went well. */
static int
end(const struct cache_db *db, MDB_txn *txn, int rc, const uint64_t by_mode[3])
{
	uint64_t before[3];

	if (rc == 0)
		rc = cache_db_counts(db, txn, before);
	if (rc == 0 && memcmp(before, by_mode, sizeof(before)) != 0)
		rc = cache_db_put_counts(db, txn, by_mode);
	if (rc == 0)
		return mdb_txn_commit(txn);
	mdb_txn_abort(txn);
	return rc;
}

int
cache_store_write(
    const struct cache_db *db, struct cache_write *const *writes, size_t n)
{
	uint64_t by_mode[3];
	MDB_txn *txn;
	size_t i;
	int rc;

	rc = begin(db, &txn, by_mode);
	if (rc != 0)
		return rc;
	for (i = 0; i < n && rc == 0; i++)
		rc = write_one(db, txn, writes[i], by_mode);
	return end(db, txn, rc, by_mode);
}

int
cache_store_evict(const struct cache_db *db, const struct cache_victim *victims,
    size_t n, int64_t keep_unused, size_t *removed)
{
	uint64_t by_mode[3];
	struct cache_victim now_is;
	struct entry entry;
	struct held held;
	MDB_txn *txn;
	size_t i, count = 0;
	int rc;

	rc = begin(db, &txn, by_mode);
	if (rc != 0)
		return rc;
	for (i = 0; i < n && rc == 0; i++) {
		MDB_val key =
		    cache_val(victims[i].domain, strlen(victims[i].domain));

		rc = get_held(db, txn, &key, &held, &entry);
		if (rc != 0 || !held.is_readable ||
		    !cache_may_evict(&entry, keep_unused, clock_now(), &now_is))
			continue;
		rc = remove_held(db, txn, &key, &held, by_mode);
		count++;
	}
	rc = end(db, txn, rc, by_mode);
	if (rc == 0)
		*removed = count;
	return rc;
}
