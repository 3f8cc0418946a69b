/* SPDX-License-Identifier: ISC */
/*
 * A full map. Removing takes pages too (LMDB never writes in place), so some
 * are kept back for it: a map filled to the last page could not be emptied.
 * Who may go, in this order: the expired, then policies nobody asked for
 * within keep_unused; in each, earliest expiry first. One pass over the
 * records finds the next few thousand; they go in small steps.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/xmalloc.h"
#include "cache/internal.h"

#define DAY_S       86400
#define VICTIMS_MAX ((size_t)2048)
#define STEP_MAX    64

/* Pages a transaction may take: for itself, and for each record. */
#define PAGES_FIXED  16
#define PAGES_RECORD 8
#define RESERVE_MIN  32
#define RESERVE_MAX  1024

bool
cache_may_evict(const struct entry *e, int64_t keep_unused, int64_t now,
    struct cache_victim *victim)
{
	bool is_expired = e->state.expires <= now;

	if (!is_expired && now / DAY_S - e->used_day <= keep_unused / DAY_S)
		return false;
	victim->is_unused = !is_expired;
	victim->expires = e->state.expires;
	return true;
}

/* Pages kept back for removing. */
static size_t
reserve_of(const struct cache_db *db)
{
	size_t n = db->pages / 16;

	return n < RESERVE_MIN ? RESERVE_MIN :
	    n > RESERVE_MAX    ? RESERVE_MAX :
				 n;
}

/*
 * Free pages that the next write transaction can use: those freed before the
 * last one (the reader on the loop follows each report).
 */
static size_t
count_free_pages(const struct cache_db *db, size_t last_txn)
{
	MDB_cursor *cursor;
	MDB_val key, value;
	MDB_txn *txn;
	size_t txn_id, pages, sum = 0;

	if (mdb_txn_begin(db->env, NULL, MDB_RDONLY, &txn) != 0)
		return 0;
	if (mdb_cursor_open(txn, 0, &cursor) == 0) {
		while (mdb_cursor_get(cursor, &key, &value, MDB_NEXT) == 0) {
			if (key.mv_size != sizeof(txn_id) ||
			    value.mv_size < sizeof(pages))
				break;
			memcpy(&txn_id, key.mv_data, sizeof(txn_id));
			memcpy(&pages, value.mv_data, sizeof(pages));
			if (txn_id >= last_txn)
				break;
			sum += pages;
		}
		mdb_cursor_close(cursor);
	}
	mdb_txn_abort(txn);
	return sum;
}

bool
cache_has_room(
    const struct cache_db *db, struct cache_write *const *writes, size_t n)
{
	size_t need = PAGES_FIXED, reserve = 0, used, i;
	MDB_envinfo info;

	for (i = 0; i < n; i++) {
		need += PAGES_RECORD + writes[i]->record.len / db->page_bytes;
		if (writes[i]->record.len > 0)
			reserve = reserve_of(db);
	}
	need += reserve;
	if (mdb_env_info(db->env, &info) != 0)
		return true;
	used = info.me_last_pgno + 1;
	if (used + need <= db->pages)
		return true;
	return used + need <=
	    db->pages + count_free_pages(db, info.me_last_txnid);
}

static int
compare_victims(const void *left, const void *right)
{
	const struct cache_victim *a = left, *b = right;

	if (a->is_unused != b->is_unused)
		return a->is_unused - b->is_unused;
	if (a->expires != b->expires)
		return a->expires < b->expires ? -1 : 1;
	return strcmp(a->domain, b->domain);
}

/* Keep the best VICTIMS_MAX of those found so far. */
static void
keep_best(struct cache_victims *v)
{
	qsort(v->item, v->count, sizeof(v->item[0]), compare_victims);
	if (v->count > VICTIMS_MAX)
		v->count = VICTIMS_MAX;
}

static int
find_victims(const struct cache_db *db, struct cache_victims *v,
    int64_t keep_unused, int64_t now)
{
	struct cache_victim *next;
	MDB_cursor *cursor = NULL;
	MDB_val key, value;
	struct entry entry;
	MDB_txn *txn;
	int rc;

	if (v->item == NULL)
		v->item = xcalloc(2 * VICTIMS_MAX, sizeof(v->item[0]));
	v->next = v->count = 0;
	rc = mdb_txn_begin(db->env, NULL, MDB_RDONLY, &txn);
	if (rc != 0)
		return rc;
	rc = mdb_cursor_open(txn, db->policy, &cursor);
	while (rc == 0 &&
	    (rc = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) == 0) {
		next = &v->item[v->count];
		if (key.mv_size > DOMAIN_MAX ||
		    entry_decode(value.mv_data, value.mv_size, &entry) !=
			ENTRY_OK ||
		    !cache_may_evict(&entry, keep_unused, now, next))
			continue;
		memcpy(next->domain, key.mv_data, key.mv_size);
		next->domain[key.mv_size] = '\0';
		if (++v->count == 2 * VICTIMS_MAX)
			keep_best(v);
	}
	if (cursor != NULL)
		mdb_cursor_close(cursor);
	mdb_txn_abort(txn);
	keep_best(v);
	return rc == MDB_NOTFOUND ? 0 : rc;
}

int
cache_evict(
    const struct cache_db *db, struct cache_victims *v, int64_t keep_unused)
{
	size_t removed = 0, step = reserve_of(db) / PAGES_RECORD / 2, n;
	int rc = 0;

	if (step > STEP_MAX)
		step = STEP_MAX;
	while (rc == 0 && removed == 0) {
		if (v->next == v->count) {
			rc = find_victims(db, v, keep_unused, clock_now());
			if (rc != 0 || v->count == 0)
				break;
		}
		n = v->count - v->next < step ? v->count - v->next : step;
		rc = cache_store_evict(
		    db, v->item + v->next, n, keep_unused, &removed);
		if (rc == MDB_MAP_FULL && step > 1) {
			step /= 2;
			rc = 0;
		} else if (rc == 0) {
			v->next += n;
		}
	}
	if (rc == 0 && removed == 0)
		rc = MDB_MAP_FULL;
	return rc;
}

void
cache_victims_clear(struct cache_victims *v)
{
	free(v->item);
	*v = (struct cache_victims){ 0 };
}
