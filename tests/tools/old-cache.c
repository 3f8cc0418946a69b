/* SPDX-License-Identifier: ISC */
/*
 * old-cache dir kind domain ...
 *
 * Makes a cache as other versions have written it, or would: every byte is
 * set here, none by the daemon's own code but the checksum. Each domain has
 * an enforce policy with id 1 and mx.DOMAIN, fetched an hour ago for 30 days.
 *
 *   first    records of format 1, and no expiry in the index of due times
 *   dane     records of format 2: DANE at mx.DOMAIN was found a minute ago
 *   record   the first domain's record is of a format that is yet to come
 *   newer    the file is of a format that is yet to come
 *   foreign  another program's LMDB file
 *
 *   look     print each record's format, and the bytes of its due time's value
 */
#include <endian.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>

#include <lmdb.h>

#include "base/buf.h"
#include "cache/entry.h"

#define HOUR_S    3600
#define DAY_S     86400
#define MAX_AGE_S (30 * DAY_S)
#define ENFORCE   2
#define DUE_S     (20 * HOUR_S) /* after the fetch */
#define DUE_HEAD  8

struct kind {
	const char *name;
	char record, file; /* formats */
	bool has_verdict, has_expiry, is_foreign;
};

static const struct kind kinds[] = {
	{ "first", 1, 1, false, false, false },
	{ "dane", 2, 1, true, true, false },
	{ "record", 99, 1, false, true, false },
	{ "newer", 1, 99, false, true, false },
	{ "foreign", 1, 1, false, false, true },
};

static void
check(int rc)
{
	if (rc == 0)
		return;
	fprintf(stderr, "old-cache: %s\n", mdb_strerror(rc));
	exit(1);
}

static void
put_uint(struct buf *b, uint64_t v)
{
	for (; v >= 128; v /= 128)
		buf_putc(b, (char)(v % 128 + 128));
	buf_putc(b, (char)v);
}

/* A difference that is no less than none. */
static void
put_more(struct buf *b, uint64_t v)
{
	put_uint(b, 2 * v);
}

static void
put_less(struct buf *b, uint64_t v)
{
	put_uint(b, 2 * v - 1);
}

static void
put_fixed(struct buf *b, uint64_t v, size_t bytes)
{
	v = htole64(v);
	buf_put(b, &v, bytes);
}

static void
put_numbers(struct buf *b, int64_t fetched)
{
	put_more(b, (uint64_t)fetched);
	put_more(b, MAX_AGE_S);
	put_more(b, 0); /* expires */
	put_more(b, DUE_S); /* next refresh */
	put_more(b, 0); /* due */
	put_more(b, HOUR_S / 2); /* record checked */
	put_more(b, DAY_S); /* next check */
	put_less(b, DAY_S); /* first seen */
	put_more(b, 0); /* used today */
	put_more(b, 0); /* max_age of the file */
	put_uint(b, 0); /* refetches */
	put_uint(b, 0); /* failures */
	put_uint(b, 0); /* reason */
}

static void
put_verdict(struct buf *b, const char *mx, int64_t now)
{
	size_t len = strlen(mx) + 2;

	put_uint(b, 26 + len);
	put_fixed(b, 25, 2);
	buf_putc(b, 3); /* at every host */
	buf_putc(b, 1); /* host */
	put_fixed(b, (uint64_t)now - 60, 8);
	put_fixed(b, (uint64_t)now + HOUR_S, 8);
	put_fixed(b, 0, 4);
	put_fixed(b, len, 2);
	buf_putc(b, 0); /* used */
	buf_put(b, mx, len - 1);
}

static void
put_record(struct buf *b, const char *domain, const struct kind *kind,
    char format, int64_t now)
{
	struct buf mx = { 0 }, text = { 0 };

	buf_printf(&mx, "mx.%s", domain);
	buf_printf(&text,
	    "version: STSv1\r\nmode: enforce\r\nmx: %s\r\nmax_age: %d\r\n",
	    mx.data, MAX_AGE_S);
	buf_reset(b);
	put_fixed(b, (uint64_t)format, 2);
	buf_putc(b, ENFORCE << 2 | ENFORCE << 4);
	put_numbers(b, now - HOUR_S);
	buf_puts(b,
	    "\001"
	    "1"); /* id */
	put_uint(b, 1); /* held before */
	put_uint(b, 1); /* mx */
	put_uint(b, mx.len + 1);
	put_uint(b, text.len);
	buf_putc(b, ENFORCE | 4); /* by the same id */
	put_less(b, DAY_S);
	put_fixed(b, UINT64_C(0x0123456789abcdef), 8);
	put_fixed(b, UINT64_C(0xfedcba9876543210), 8);
	if (kind->has_verdict)
		put_verdict(b, mx.data, now);
	buf_put(b, mx.data, mx.len + 1);
	buf_put(b, text.data, text.len);
	put_fixed(b, entry_hash(b->data, b->len), 8);
	buf_clear(&mx);
	buf_clear(&text);
}

static void
put(MDB_txn *txn, MDB_dbi dbi, const struct buf *key, const struct buf *value)
{
	MDB_val k = { key->len, key->data }, v = { value->len, value->data };

	check(mdb_put(txn, dbi, &k, &v, 0));
}

static void
put_named(MDB_txn *txn, MDB_dbi dbi, const char *name, struct buf *value)
{
	struct buf key = { 0 };

	buf_puts(&key, name);
	put(txn, dbi, &key, value);
	buf_clear(&key);
	buf_reset(value);
}

static void
fill(MDB_txn *txn, const struct kind *kind, char **domains, int count)
{
	struct buf key = { 0 }, value = { 0 };
	int64_t now = time(NULL);
	uint64_t due = htobe64((uint64_t)now - HOUR_S + DUE_S),
		 expires = htobe64((uint64_t)now - HOUR_S + MAX_AGE_S);
	MDB_dbi meta, policy, due_times;
	int i;

	check(mdb_dbi_open(txn, "meta", MDB_CREATE, &meta));
	check(mdb_dbi_open(txn, "policy", MDB_CREATE, &policy));
	check(mdb_dbi_open(txn, "due", MDB_CREATE, &due_times));
	put_fixed(&value, (uint64_t)kind->file, 4);
	put_named(txn, meta, "format", &value);
	put_fixed(&value, 0, 8);
	put_fixed(&value, 0, 8);
	put_fixed(&value, (uint64_t)count, 8);
	put_named(txn, meta, "counts", &value);
	for (i = 0; i < count; i++) {
		put_record(&value, domains[i], kind,
		    i == 0 ? kind->record : (char)1, now);
		if (kind->has_verdict)
			put_record(&value, domains[i], kind, kind->record, now);
		put_named(txn, policy, domains[i], &value);
		buf_reset(&key);
		buf_put(&key, &due, sizeof(due));
		buf_puts(&key, domains[i]);
		if (kind->has_expiry)
			buf_put(&value, &expires, sizeof(expires));
		put(txn, due_times, &key, &value);
	}
	buf_clear(&key);
	buf_clear(&value);
}

static void
fill_foreign(MDB_txn *txn)
{
	struct buf value = { 0 };
	MDB_dbi dbi;

	check(mdb_dbi_open(txn, "addresses", MDB_CREATE, &dbi));
	buf_puts(&value, "somewhere");
	put_named(txn, dbi, "somebody", &value);
	buf_clear(&value);
}

/* The value of the domain's due time has how many bytes? -1: there is none. */
static long
look_due(MDB_txn *txn, MDB_dbi due, const MDB_val *domain)
{
	MDB_cursor *cursor;
	MDB_val k, v;
	long bytes = -1;

	check(mdb_cursor_open(txn, due, &cursor));
	while (bytes == -1 && mdb_cursor_get(cursor, &k, &v, MDB_NEXT) == 0)
		if (k.mv_size == DUE_HEAD + domain->mv_size &&
		    memcmp((char *)k.mv_data + DUE_HEAD, domain->mv_data,
			domain->mv_size) == 0)
			bytes = (long)v.mv_size;
	mdb_cursor_close(cursor);
	return bytes;
}

static void
look(MDB_txn *txn)
{
	MDB_dbi policy, due;
	MDB_cursor *cursor;
	MDB_val k, v;

	check(mdb_dbi_open(txn, "policy", 0, &policy));
	check(mdb_dbi_open(txn, "due", 0, &due));
	check(mdb_cursor_open(txn, policy, &cursor));
	while (mdb_cursor_get(cursor, &k, &v, MDB_NEXT) == 0)
		printf("%.*s %d %ld\n", (int)k.mv_size, (char *)k.mv_data,
		    *(unsigned char *)v.mv_data, look_due(txn, due, &k));
	mdb_cursor_close(cursor);
}

static const struct kind *
find_kind(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(kinds[i].name, name) == 0)
			return &kinds[i];
	return NULL;
}

int
main(int argc, char **argv)
{
	bool is_look = argc == 3 && strcmp(argv[2], "look") == 0;
	const struct kind *kind = argc > 3 ? find_kind(argv[2]) : NULL;
	MDB_env *env;
	MDB_txn *txn;

	if (kind == NULL && !is_look) {
		fputs("usage: old-cache dir kind domain ...\n"
		      "       old-cache dir look\n",
		    stderr);
		return EX_USAGE;
	}
	check(mdb_env_create(&env));
	check(mdb_env_set_maxdbs(env, 8));
	check(mdb_env_open(env, argv[1], is_look ? MDB_RDONLY : 0, 0640));
	check(mdb_txn_begin(env, NULL, is_look ? MDB_RDONLY : 0, &txn));
	if (is_look)
		look(txn);
	else if (kind->is_foreign)
		fill_foreign(txn);
	else
		fill(txn, kind, argv + 3, argc - 3);
	check(mdb_txn_commit(txn));
	mdb_env_close(env);
	return 0;
}
