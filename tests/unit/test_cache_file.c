/* SPDX-License-Identifier: ISC */
/* Files that are not, or no longer, a cache. */
#include "cache_world.h"

#include <lmdb.h>

#include "cache_world.h"

static void
break_half(struct world *w)
{
	cut_file(w, file_size(w) / 2 / 4096 * 4096);
}

static void
break_to_100_bytes(struct world *w)
{
	cut_file(w, 100);
}

static void
break_to_one_page(struct world *w)
{
	cut_file(w, 4096);
}

static void
break_text(struct world *w)
{
	cut_file(w, 0);
	write_file(w, 0, "root:x:0:0\n", 11);
}

static void
break_version(struct world *w)
{
	static const uint32_t version = 2;

	write_file(w, 20, &version, sizeof(version));
	write_file(w, 4096 + 20, &version, sizeof(version));
}

static void
break_page_size(struct world *w)
{
	static const uint32_t zero;

	write_file(w, 40, &zero, sizeof(zero));
}

static void
break_second_head(struct world *w)
{
	static const char zero[100];

	write_file(w, 4096, zero, sizeof(zero));
}

static void
break_pages(struct world *w)
{
	char page[4096];
	off_t at;
	size_t i;

	for (at = 2 * 4096; at < file_size(w); at += 4096) {
		for (i = 0; i < sizeof(page); i++)
			page[i] = (char)rand_r(&(unsigned int){ 1 });
		write_file(w, at, page, sizeof(page));
	}
	set_marker(w);
}

/* One bit of one record; only the walk after an unclean stop sees it. */
static void
break_record(struct world *w)
{
	char path[100], *bytes, *text;
	size_t n = (size_t)file_size(w);
	int fd;

	data_path(w, path);
	fd = open(path, O_RDONLY);
	bytes = malloc(n);
	assert_int_equal(read(fd, bytes, n), n);
	close(fd);
	/* every copy: some are of pages no longer used */
	text = bytes;
	while ((text = memmem(text, n - (size_t)(text - bytes), "STSv1", 5)) !=
	    NULL) {
		write_file(w, text++ - bytes, "X", 1);
	}
	free(bytes);
	set_marker(w);
}

static void
edit_lmdb(struct world *w, const char *db, const char *key, const char *value,
    size_t len)
{
	MDB_env *env;
	MDB_txn *txn;
	MDB_dbi dbi;
	char k[32], v[32];
	MDB_val mk = { strlen(key), k }, mv = { len, v };

	memcpy(k, key, strlen(key));
	memcpy(v, value, len);
	assert_int_equal(mdb_env_create(&env), 0);
	mdb_env_set_maxdbs(env, 8);
	assert_int_equal(mdb_env_open(env, w->dir, 0, 0600), 0);
	assert_int_equal(mdb_txn_begin(env, NULL, 0, &txn), 0);
	assert_int_equal(mdb_dbi_open(txn, db, MDB_CREATE, &dbi), 0);
	assert_int_equal(mdb_put(txn, dbi, &mk, &mv, 0), 0);
	assert_int_equal(mdb_txn_commit(txn), 0);
	mdb_env_close(env);
}

static void
break_format(struct world *w)
{
	edit_lmdb(w, "meta", "format", "\2\0\0", 4);
}

static void
break_format_size(struct world *w)
{
	edit_lmdb(w, "meta", "format", "\1", 1);
}

static void
break_counts(struct world *w)
{
	edit_lmdb(w, "meta", "counts", "\1", 1);
}

static void
break_other_lmdb(struct world *w)
{
	cut_file(w, 0);
	edit_lmdb(w, "addresses", "name", "value", 5);
}

static void
break_other_lmdb_unnamed(struct world *w)
{
	cut_file(w, 0);
	edit_lmdb(w, NULL, "meta", "value", 5);
	set_marker(w);
}

static int
count_aside(const struct world *w, const char *why)
{
	DIR *d = opendir(w->dir);
	struct dirent *e;
	char head[64];
	int n = 0;

	snprintf(head, sizeof(head), "data.mdb.%s-", why);
	while ((e = readdir(d)) != NULL)
		n += strncmp(e->d_name, head, strlen(head)) == 0;
	closedir(d);
	return n;
}

static void
test_moved_aside(void **state)
{
	static const struct {
		void (*spoil)(struct world *);
		const char *why;
	} table[] = {
		{ break_half, "truncated" },
		{ break_to_100_bytes, "truncated" },
		{ break_to_one_page, "truncated" },
		{ break_text, "foreign" },
		{ break_version, "version" },
		{ break_page_size, "damaged" },
		{ break_second_head, "damaged" },
		{ break_pages, "damaged" },
		{ break_record, "damaged" },
		{ break_format, "format" },
		{ break_format_size, "foreign" },
		{ break_counts, "damaged" },
		{ break_other_lmdb, "foreign" },
		{ break_other_lmdb_unnamed, "foreign" },
	};
	struct world *w = *state;
	struct entry e = make_entry();
	char domain[32];
	size_t i;
	int k, before;

	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		open_cache(w);
		for (k = 0; k < 300; k++) {
			snprintf(domain, sizeof(domain), "d%d.example", k);
			put(w, domain, &e);
		}
		wait_all(w);
		assert_counts(w, 0, 0, 300);
		cache_close(w->cache);
		w->cache = NULL;
		before = count_aside(w, table[i].why);
		table[i].spoil(w);
		open_cache(w);
		if (count_aside(w, table[i].why) != before + 1)
			fail_msg("row %zu is not moved aside as %s", i,
			    table[i].why);
		assert_int_equal(says(w, "cache-moved-aside"), i + 1);
		assert_counts(w, 0, 0, 0);
		put_now(w, "new.example", &e);
		assert_true(has(w, "new.example"));
		cache_close(w->cache);
		w->cache = NULL;
		cut_file(w, 0);
	}
	/* an empty file is a new cache */
	open_cache(w);
	assert_int_equal(says(w, "cache-moved-aside"), i);
}

static void
test_unclean_stop_walks(void **state)
{
	struct world *w = *state;
	struct entry e = make_entry();

	open_cache(w);
	put_now(w, "a.example", &e);
	cache_close(w->cache);
	set_marker(w);
	open_cache(w);
	assert_true(has(w, "a.example"));
	assert_int_equal(says(w, "cache"), 0);
}

/*
 * LMDB does not write pages that were freed in the transaction that took
 * them: a sound file may end before its last page.
 */
static bool
is_file_short(const struct world *w)
{
	MDB_envinfo info;
	MDB_env *env;

	assert_int_equal(mdb_env_create(&env), 0);
	assert_int_equal(mdb_env_open(env, w->dir, MDB_RDONLY, 0600), 0);
	assert_int_equal(mdb_env_info(env, &info), 0);
	mdb_env_close(env);
	return (off_t)(info.me_last_pgno + 1) * 4096 > file_size(w);
}

static void
test_sound_short_file_stays(void **state)
{
	static char text[STS_POLICY_MAX_BYTES];
	struct world *w = *state;
	struct entry e = make_entry(), big = e;
	bool is_short = false;
	char domain[32];
	int i, k;

	memset(text, 'x', sizeof(text));
	big.policy.text = text;
	big.policy.text_len = sizeof(text);
	open_cache(w);
	for (i = 5; i < 40 && !is_short; i++) {
		for (k = 0; k < 5; k++)
			put_now(w, "a.example", &e);
		/* while it is written, the others become one batch */
		put(w, "a.example", &e);
		for (k = 0; k < 2 * i; k++) {
			snprintf(domain, sizeof(domain), "b%d.example", k % i);
			if (k < i)
				put(w, domain, &big);
			else
				take_out(w, domain);
		}
		wait_all(w);
		cache_close(w->cache);
		w->cache = NULL;
		is_short = is_file_short(w);
		open_cache(w);
		assert_true(has(w, "a.example"));
	}
	assert_true(is_short);
	assert_int_equal(says(w, "cache-moved-aside"), 0);
	put_now(w, "c.example", &big);
	reopen_cache(w);
	assert_counts(w, 0, 0, 2);
	assert_int_equal(says(w, "cache-moved-aside"), 0);
}

/* A record that cannot be read: an error, and a put mends it. */
static void
test_damaged_record(void **state)
{
	struct world *w = *state;
	struct entry e = make_entry(), got;
	char path[100];

	open_cache(w);
	put_now(w, "a.example", &e);
	cache_close(w->cache);
	break_record(w);
	snprintf(path, sizeof(path), "%s/running", w->dir);
	unlink(path);
	open_cache(w);
	assert_int_equal(get(w, "a.example", &got), CACHE_DAMAGED);
	assert_int_equal(get(w, "a.example", &got), CACHE_DAMAGED);
	assert_int_equal(says(w, "cache-read-failed"), 1);
	e.state.next_refresh += 1000;
	e.policy.mode = STS_MODE_TESTING;
	put(w, "b.example", &e);
	put_now(w, "a.example", &e);
	assert_int_equal(get(w, "a.example", &got), CACHE_HIT);
	assert_counts(w, 0, 2, 0);
	assert_int_equal(count_due(w, INT64_MAX), 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_moved_aside),
		TEST(test_unclean_stop_walks),
		TEST(test_sound_short_file_stays),
		TEST(test_damaged_record),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
