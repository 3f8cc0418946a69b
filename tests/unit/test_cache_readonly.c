/* SPDX-License-Identifier: ISC */
/* Reading without a daemon, verifying, and the backup beside one. */
#include "cache_world.h"

#include <lmdb.h>

#include "cache/readonly.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char *const domains[] = { "a.example", "b.example", "c.example" };

static void
fill(struct world *w)
{
	struct entry e = make_entry();
	size_t i;

	open_cache(w);
	for (i = 0; i < COUNT(domains); i++)
		put_now(w, domains[i], &e);
	cache_close(w->cache);
	w->cache = NULL;
}

/* Names and sizes of all that is in the folder. */
static void
list_folder(const char *dir, char *out, size_t size)
{
	struct dirent **entries;
	struct stat st;
	char path[400];
	int i, n = scandir(dir, &entries, NULL, alphasort);

	assert_true(n > 0);
	out[0] = '\0';
	for (i = 0; i < n; i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, entries[i]->d_name);
		assert_int_equal(stat(path, &st), 0);
		snprintf(path, sizeof(path), "%s %lld\n", entries[i]->d_name,
		    S_ISDIR(st.st_mode) ? 0LL : (long long)st.st_size);
		assert_true(strlcat(out, path, size) < size);
		free(entries[i]);
	}
	free(entries);
}

static void
test_reads(void **state)
{
	struct world *w = *state;
	struct buf why = { 0 };
	char before[2000], after[2000], domain[DOMAIN_MAX + 1];
	struct cache_reader *r;
	struct entry e;
	uint64_t counts[3];
	size_t i;

	fill(w);
	list_folder(w->dir, before, sizeof(before));
	r = cache_reader_open(w->dir, &why);
	assert_non_null(r);
	for (i = 0; i < COUNT(domains); i++) {
		assert_int_equal(cache_reader_next(r, domain, &e), CACHE_HIT);
		assert_string_equal(domain, domains[i]);
		assert_int_equal(e.state.max_age, 604800);
	}
	assert_int_equal(cache_reader_next(r, domain, &e), CACHE_MISS);
	assert_int_equal(cache_reader_next(r, domain, &e), CACHE_MISS);
	assert_int_equal(cache_reader_get(r, "b.example", 9, &e), CACHE_HIT);
	assert_string_equal(e.state.id, "1");
	assert_int_equal(cache_reader_get(r, "d.example", 9, &e), CACHE_MISS);
	assert_true(cache_reader_counts(r, counts));
	assert_int_equal(counts[STS_MODE_ENFORCE], COUNT(domains));
	/* no daemon can begin meanwhile; afterwards it can */
	assert_null(cache_open(w->loop, &w->settings));
	assert_int_equal(says(w, "in use"), 1);
	cache_reader_close(r);
	list_folder(w->dir, after, sizeof(after));
	assert_string_equal(before, after);
	open_cache(w);
	assert_true(has(w, "a.example"));
	buf_clear(&why);
}

static void
make_empty(struct world *w)
{
	char path[100];

	data_path(w, path);
	(void)unlink(path);
}

static void
make_short(struct world *w)
{
	cut_file(w, file_size(w) / 2 / 4096 * 4096);
}

static void
make_text(struct world *w)
{
	cut_file(w, 0);
	write_file(w, 0, "root:x:0:0\n", 11);
}

static void
make_foreign(struct world *w)
{
	MDB_env *env;
	MDB_txn *txn;
	MDB_dbi dbi;

	make_empty(w);
	assert_int_equal(mdb_env_create(&env), 0);
	assert_int_equal(mdb_env_set_maxdbs(env, 1), 0);
	assert_int_equal(mdb_env_open(env, w->dir, 0, 0600), 0);
	assert_int_equal(mdb_txn_begin(env, NULL, 0, &txn), 0);
	assert_int_equal(mdb_dbi_open(txn, "other", MDB_CREATE, &dbi), 0);
	assert_int_equal(mdb_txn_commit(txn), 0);
	mdb_env_close(env);
}

static void
make_held(struct world *w)
{
	open_cache(w);
}

/* Nothing of it moves anything aside. */
static void
test_cannot_be_read(void **state)
{
	static const struct {
		void (*make)(struct world *);
		const char *why;
	} cases[] = {
		{ make_held, "the daemon holds the cache: ask it" },
		{ make_empty, "data.mdb: No such file" },
		{ make_short, "data.mdb is truncated" },
		{ make_text, "data.mdb is foreign" },
		{ make_foreign, "this is no cache of ours" },
	};
	struct world *w = *state;
	struct buf why = { 0 };
	char before[2000], after[2000];
	size_t i;

	for (i = 0; i < COUNT(cases); i++) {
		fill(w);
		cases[i].make(w);
		list_folder(w->dir, before, sizeof(before));
		buf_reset(&why);
		if (cache_reader_open(w->dir, &why) != NULL ||
		    strstr(buf_str(&why), cases[i].why) == NULL)
			fail_msg("case %zu: %s", i, buf_str(&why));
		list_folder(w->dir, after, sizeof(after));
		assert_string_equal(before, after);
		cache_close(w->cache);
		w->cache = NULL;
		make_empty(w);
	}
	buf_reset(&why);
	assert_null(cache_reader_open("/nonexistent", &why));
	assert_non_null(strstr(why.data, "/nonexistent/data.mdb: No such"));
	buf_clear(&why);
}

static void
on_fault(const char *domain, const char *what, void *arg)
{
	buf_printf(arg, "[%s: %s]", domain, what);
}

static void
leave(struct world *w)
{
	(void)w;
}

/* Change the bytes of the file's first record with that text in it. */
static void
change(struct world *w, const char *from, const char *to)
{
	char path[100], *bytes, *at;
	size_t n = (size_t)file_size(w);
	FILE *f;

	data_path(w, path);
	bytes = malloc(n);
	assert_non_null(bytes);
	f = fopen(path, "r");
	assert_non_null(f);
	assert_int_equal(fread(bytes, 1, n, f), n);
	fclose(f);
	at = memmem(bytes, n, from, strlen(from));
	assert_non_null(at);
	while (at != NULL) {
		write_file(w, at - bytes, to, strlen(to));
		at = memmem(
		    at + 1, n - (size_t)(at + 1 - bytes), from, strlen(from));
	}
	free(bytes);
}

static void
break_records(struct world *w)
{
	change(w, "mx.example.com", "mx.exbmple.com");
}

static void
use_db(struct world *w, const char *name, void (*edit)(MDB_txn *, MDB_dbi))
{
	MDB_env *env;
	MDB_txn *txn;
	MDB_dbi dbi;

	assert_int_equal(mdb_env_create(&env), 0);
	assert_int_equal(mdb_env_set_maxdbs(env, 8), 0);
	assert_int_equal(mdb_env_open(env, w->dir, 0, 0600), 0);
	assert_int_equal(mdb_txn_begin(env, NULL, 0, &txn), 0);
	assert_int_equal(mdb_dbi_open(txn, name, 0, &dbi), 0);
	edit(txn, dbi);
	assert_int_equal(mdb_txn_commit(txn), 0);
	mdb_env_close(env);
}

static void
drop_all(MDB_txn *txn, MDB_dbi dbi)
{
	assert_int_equal(mdb_drop(txn, dbi, 0), 0);
}

static void
drop_due(struct world *w)
{
	use_db(w, "due", drop_all);
}

static void
drop_meta(struct world *w)
{
	use_db(w, "meta", drop_all);
}

static void
drop_policies(struct world *w)
{
	use_db(w, "policy", drop_all);
}

static void
rename_first(MDB_txn *txn, MDB_dbi dbi)
{
	char name[] = "a.example", upper[] = "A.example";
	MDB_val key = { 9, name }, value;

	assert_int_equal(mdb_get(txn, dbi, &key, &value), 0);
	key.mv_data = upper;
	assert_int_equal(mdb_put(txn, dbi, &key, &value, 0), 0);
	key.mv_data = name;
	assert_int_equal(mdb_del(txn, dbi, &key, NULL), 0);
}

static void
rename_domain(struct world *w)
{
	use_db(w, "policy", rename_first);
}

static void
break_tree(struct world *w)
{
	static char page[4096];
	off_t at;

	memset(page, 0x5a, sizeof(page));
	for (at = 2 * 4096; at < file_size(w); at += 4096)
		write_file(w, at, page, sizeof(page));
}

static void
test_verify(void **state)
{
	static const struct {
		void (*make)(struct world *);
		uint64_t records;
		const char *faults; /* NULL: it cannot even be opened */
	} cases[] = {
		{ leave, 3, "" },
		{ break_records, 3,
		    "[a.example: the record is damaged]"
		    "[b.example: the record is damaged]"
		    "[c.example: the record is damaged]" },
		{ drop_due, 3,
		    "[a.example: it is not in the index of due times]"
		    "[b.example: it is not in the index of due times]"
		    "[c.example: it is not in the index of due times]" },
		{ drop_meta, 3, "[: the counts by mode are missing]" },
		{ drop_policies, 0,
		    "[: the counts by mode are wrong]"
		    "[: the index of due times has strangers in it]" },
		{ rename_domain, 3,
		    "[A.example: the name is no domain's]"
		    "[A.example: it is not in the index of due times]" },
		{ break_tree, 0, NULL },
	};
	struct world *w = *state;
	struct buf faults = { 0 }, why = { 0 };
	struct cache_verified seen;
	struct cache_reader *r;
	size_t i;

	for (i = 0; i < COUNT(cases); i++) {
		fill(w);
		cases[i].make(w);
		buf_reset(&faults);
		r = cache_reader_open(w->dir, &why);
		if ((r == NULL) != (cases[i].faults == NULL))
			fail_msg("case %zu: %s", i, buf_str(&why));
		if (r != NULL) {
			cache_verify(r, on_fault, &faults, &seen);
			if (strcmp(buf_str(&faults), cases[i].faults) != 0)
				fail_msg("case %zu: %s", i, buf_str(&faults));
			assert_int_equal(seen.records, cases[i].records);
		}
		cache_reader_close(r);
		make_empty(w);
	}
	buf_clear(&faults);
	buf_clear(&why);
}

/* In another process, as LMDB wants it. */
static void
backup_in_child(const char *dir, const char *path)
{
	struct buf why = { 0 };
	int64_t bytes = 0;
	int status;
	pid_t pid = fork();

	assert_int_not_equal(pid, -1);
	if (pid == 0)
		_exit(cache_backup(dir, path, &bytes, &why) == 0 ? 0 : 1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void
test_backup(void **state)
{
	struct world *w = *state;
	struct entry e = make_entry();
	char copy[] = "/tmp/test_backup.XXXXXX", path[64], listed[2000];
	struct buf why = { 0 };
	char domain[DOMAIN_MAX + 1];
	struct cache_reader *r;
	struct entry read;
	struct stat st;
	int64_t bytes = 0;

	assert_non_null(mkdtemp(copy));
	snprintf(path, sizeof(path), "%s/data.mdb", copy);
	fill(w);
	/* without a daemon: lock.mdb is not made */
	snprintf(domain, sizeof(domain), "%s/lock.mdb", w->dir);
	assert_int_equal(unlink(domain), 0);
	assert_int_equal(cache_backup(w->dir, path, &bytes, &why), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_size, bytes);
	assert_int_equal(access(domain, F_OK), -1);
	/* with one; what is there is replaced */
	open_cache(w);
	put_now(w, "d.example", &e);
	backup_in_child(w->dir, path);
	put_now(w, "e.example", &e);
	list_folder(copy, listed, sizeof(listed));
	assert_null(strstr(listed, "data.mdb."));
	r = cache_reader_open(copy, &why);
	assert_non_null(r);
	assert_int_equal(cache_reader_get(r, "d.example", 9, &read), CACHE_HIT);
	assert_int_equal(
	    cache_reader_get(r, "e.example", 9, &read), CACHE_MISS);
	cache_reader_close(r);
	buf_clear(&why);
	remove_all(copy);
}

static void
test_no_backup(void **state)
{
	struct world *w = *state;
	const struct {
		const char *dir, *path, *why;
	} cases[] = {
		{ "/nonexistent", "/tmp/backup",
		    "/nonexistent/data.mdb: No such file" },
		{ w->dir, "/nonexistent/backup", "No such file" },
		{ w->dir, "/proc/backup", "" },
	};
	char inside[100];
	struct buf why = { 0 };
	int64_t bytes;
	size_t i;

	fill(w);
	for (i = 0; i < COUNT(cases); i++) {
		buf_reset(&why);
		if (cache_backup(cases[i].dir, cases[i].path, &bytes, &why) !=
			-1 ||
		    strstr(buf_str(&why), cases[i].why) == NULL)
			fail_msg("case %zu: %s", i, buf_str(&why));
	}
	data_path(w, inside);
	buf_reset(&why);
	assert_int_equal(cache_backup(w->dir, inside, &bytes, &why), -1);
	assert_non_null(strstr(why.data, "is the folder of the cache"));
	buf_clear(&why);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_reads),
		TEST(test_cannot_be_read),
		TEST(test_verify),
		TEST(test_backup),
		TEST(test_no_backup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
