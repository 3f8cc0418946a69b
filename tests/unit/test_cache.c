/* SPDX-License-Identifier: ISC */
/* The cache on a real LMDB file, in a folder of its own. */
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>
#include <lmdb.h>

#include "base/clock.h"
#include "cache/cache.h"

#define MIB         (1024 * 1024)
#define DAY_S       86400
#define WATCHDOG_MS 60000
#define POLL_MS     5

/* The decision table is tested elsewhere; here any function of the state. */
int64_t
refresh_due(const struct refresh_state *s)
{
	return s->next_refresh;
}

/* LMDB writes its head with pwrite: make that fail. */
static atomic_bool is_head_broken;

ssize_t
pwrite(int fd, const void *p, size_t n, off_t at)
{
	if (is_head_broken && at < 8192) {
		errno = EIO;
		return -1;
	}
	return syscall(SYS_pwrite64, fd, p, n, at);
}

struct world {
	char dir[64], log[80];
	int stderr_fd;
	struct loop *loop;
	struct loop_timer *watchdog, *poll;
	struct cache *cache;
	struct cache_settings settings;
	bool (*is_done)(struct world *);
	bool is_inside; /* of a call: no callback may come */
	int pending, called;
};

static void
on_watchdog(void *arg)
{
	(void)arg;
	fail_msg("the loop waits for something that does not come");
}

static void
on_poll(void *arg)
{
	struct world *w = arg;

	if (w->is_done(w))
		loop_stop(w->loop);
	else
		loop_timer_set(w->poll, POLL_MS);
}

/* What the log says goes to a file, to be read by says(). */
static int
setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	int fd;

	clock_init();
	snprintf(w->dir, sizeof(w->dir), "/tmp/test_cache.XXXXXX");
	assert_non_null(mkdtemp(w->dir));
	snprintf(w->log, sizeof(w->log), "%s.log", w->dir);
	w->stderr_fd = dup(STDERR_FILENO);
	fd = open(w->log, O_RDWR | O_CREAT | O_TRUNC | O_APPEND, 0600);
	assert_true(fd != -1);
	dup2(fd, STDERR_FILENO);
	close(fd);
	w->settings.dir = w->dir;
	w->settings.size = 64 * MIB;
	w->settings.keep_unused = 30 * DAY_S;
	w->loop = loop_new();
	w->watchdog = loop_timer_new(w->loop, on_watchdog, w);
	w->poll = loop_timer_new(w->loop, on_poll, w);
	*state = w;
	return 0;
}

static void
remove_all(const char *dir)
{
	DIR *d = opendir(dir);
	struct dirent *e;
	char path[400];

	if (d == NULL)
		return;
	while ((e = readdir(d)) != NULL) {
		snprintf(path, sizeof(path), "%s/%s", dir, e->d_name);
		(void)unlink(path);
	}
	closedir(d);
	(void)rmdir(dir);
}

static int
teardown(void **state)
{
	struct world *w = *state;

	cache_close(w->cache);
	loop_timer_free(w->watchdog);
	loop_timer_free(w->poll);
	loop_free(w->loop);
	dup2(w->stderr_fd, STDERR_FILENO);
	close(w->stderr_fd);
	(void)unlink(w->log);
	remove_all(w->dir);
	free(w);
	return 0;
}

/* How often the log has it. */
static int
says(const struct world *w, const char *text)
{
	FILE *f = fopen(w->log, "r");
	char line[4096];
	int n = 0;

	assert_non_null(f);
	while (fgets(line, sizeof(line), f) != NULL)
		n += strstr(line, text) != NULL;
	fclose(f);
	return n;
}

static void
open_cache(struct world *w)
{
	w->cache = cache_open(w->loop, &w->settings);
	assert_non_null(w->cache);
}

static void
reopen_cache(struct world *w)
{
	cache_close(w->cache);
	open_cache(w);
}

static void
run(struct world *w)
{
	loop_timer_set(w->watchdog, WATCHDOG_MS);
	assert_int_equal(loop_run(w->loop), 0);
	loop_timer_stop(w->watchdog);
}

static void
run_until(struct world *w, bool (*is_done)(struct world *))
{
	w->is_done = is_done;
	loop_timer_set(w->poll, 0);
	run(w);
}

static void
on_durable(void *arg)
{
	struct world *w = arg;

	assert_false(w->is_inside);
	w->called++;
	if (--w->pending == 0)
		loop_stop(w->loop);
}

static void
wait_all(struct world *w)
{
	if (w->pending > 0)
		run(w);
	assert_int_equal(w->pending, 0);
}

static bool
are_failures(struct world *w)
{
	struct cache_counts counts;

	cache_count(w->cache, &counts);
	return counts.write_failures > 0;
}

/* An enforce policy fetched now, used today, good for a week. */
static struct entry
make_entry(void)
{
	static const char names[] = "mx.example.com";
	static const char text[] = "version: STSv1\nmode: enforce\n"
				   "mx: mx.example.com\nmax_age: 604800\n";
	struct entry e = { 0 };

	memcpy(e.state.id, "1", 2);
	e.state.mode = e.policy.mode = STS_MODE_ENFORCE;
	e.state.fetched = e.state.checked = e.first_seen = clock_now();
	e.state.max_age = e.policy.max_age = 604800;
	e.state.expires = e.state.fetched + 604800;
	e.state.next_refresh = e.state.fetched + DAY_S;
	e.used_day = clock_now() / DAY_S;
	e.policy.mx = (struct sts_mxlist){ names, sizeof(names), 1 };
	e.policy.text = text;
	e.policy.text_len = sizeof(text) - 1;
	return e;
}

static struct cache_write *
put(struct world *w, const char *domain, const struct entry *e)
{
	struct cache_write *write;

	w->pending++;
	w->is_inside = true;
	write = cache_put(w->cache, domain, e, on_durable, w);
	w->is_inside = false;
	return write;
}

static struct cache_write *
take_out(struct world *w, const char *domain)
{
	struct cache_write *write;

	w->pending++;
	w->is_inside = true;
	write = cache_remove(w->cache, domain, on_durable, w);
	w->is_inside = false;
	return write;
}

static void
put_now(struct world *w, const char *domain, const struct entry *e)
{
	put(w, domain, e);
	wait_all(w);
}

static enum cache_status
get(struct world *w, const char *domain, struct entry *e)
{
	return cache_get(w->cache, domain, strlen(domain), e);
}

static bool
has(struct world *w, const char *domain)
{
	struct entry e;

	return get(w, domain, &e) == CACHE_HIT;
}

static size_t
count_due(struct world *w, int64_t until)
{
	static char domains[1000][DOMAIN_MAX + 1];

	return cache_due(w->cache, until, domains, 1000);
}

static void
assert_counts(
    struct world *w, uint64_t none, uint64_t testing, uint64_t enforce)
{
	struct cache_counts counts;

	cache_count(w->cache, &counts);
	assert_int_equal(counts.by_mode[STS_MODE_NONE], none);
	assert_int_equal(counts.by_mode[STS_MODE_TESTING], testing);
	assert_int_equal(counts.by_mode[STS_MODE_ENFORCE], enforce);
}

static void
test_put_get_remove_reopen(void **state)
{
	struct world *w = *state;
	struct entry e = make_entry(), got;
	struct cache_counts counts;
	char path[100];

	open_cache(w);
	assert_int_equal(get(w, "a.example", &got), CACHE_MISS);
	put(w, "a.example", &e);
	assert_int_equal(w->called, 0);
	wait_all(w);
	assert_int_equal(get(w, "a.example", &got), CACHE_HIT);
	assert_int_equal(got.state.fetched, e.state.fetched);
	assert_string_equal(got.state.id, "1");
	assert_int_equal(got.policy.text_len, e.policy.text_len);
	assert_memory_equal(got.policy.text, e.policy.text, e.policy.text_len);
	assert_string_equal(got.policy.mx.names, "mx.example.com");
	assert_int_equal(get(w, "a.exampl", &got), CACHE_MISS);
	assert_int_equal(cache_get(w->cache, "", 0, &got), CACHE_MISS);
	assert_int_equal(
	    cache_get(w->cache, w->dir, DOMAIN_MAX + 1, &got), CACHE_MISS);
	cache_count(w->cache, &counts);
	assert_true(counts.bytes >= 8192);
	assert_int_equal(counts.writes_queued, 0);
	assert_int_equal(counts.bytes_queued, 0);
	assert_int_equal(counts.write_failures, 0);

	snprintf(path, sizeof(path), "%s/running", w->dir);
	assert_int_equal(access(path, F_OK), 0);
	reopen_cache(w);
	assert_true(has(w, "a.example"));
	take_out(w, "a.example");
	take_out(w, "never.example");
	wait_all(w);
	assert_false(has(w, "a.example"));
	assert_int_equal(w->called, 3);
	cache_close(w->cache);
	w->cache = NULL;
	assert_int_equal(access(path, F_OK), -1);
	open_cache(w);
	assert_false(has(w, "a.example"));
	assert_int_equal(says(w, "cache"), 0);
}

static void
test_close_writes_what_is_queued(void **state)
{
	struct world *w = *state;
	struct entry e = make_entry();
	char domain[32];
	int i;

	open_cache(w);
	for (i = 0; i < 1000; i++) {
		snprintf(domain, sizeof(domain), "d%d.example", i);
		put(w, domain, &e);
	}
	reopen_cache(w);
	assert_int_equal(w->called, 0);
	assert_counts(w, 0, 0, 1000);
	w->pending = 0;
}

static void
on_cancelled(void *arg)
{
	(void)arg;
	fail_msg("a cancelled write calls back");
}

struct canceller {
	struct world *w;
	struct cache_write *other;
};

static void
on_cancel_other(void *arg)
{
	struct canceller *c = arg;

	cache_cancel(c->other);
	on_durable(c->w);
}

static void
test_cancel(void **state)
{
	struct world *w = *state;
	struct canceller c = { w, NULL };
	struct entry e = make_entry();

	open_cache(w);
	cache_cancel(cache_put(w->cache, "a.example", &e, on_cancelled, w));
	/* from the callback of the write before it, too */
	w->pending++;
	(void)cache_put(w->cache, "b.example", &e, on_cancel_other, &c);
	c.other = cache_put(w->cache, "c.example", &e, on_cancelled, w);
	(void)cache_put(w->cache, "d.example", &e, NULL, NULL);
	put_now(w, "e.example", &e);
	assert_int_equal(w->called, 2);
	assert_counts(w, 0, 0, 5);
}

static void
on_close(void *arg)
{
	struct world *w = arg;

	cache_close(w->cache);
	w->cache = NULL;
	loop_stop(w->loop);
}

static void
test_close_in_callback(void **state)
{
	struct world *w = *state;
	struct entry e = make_entry();

	open_cache(w);
	(void)cache_put(w->cache, "a.example", &e, on_close, w);
	(void)cache_put(w->cache, "b.example", &e, on_cancelled, w);
	run(w);
	open_cache(w);
	assert_counts(w, 0, 0, 2);
}

struct ordered {
	struct world *w;
	int i, *next;
};

static void
on_ordered(void *arg)
{
	struct ordered *o = arg;

	assert_int_equal(o->i, (*o->next)++);
	on_durable(o->w);
}

static void
test_callbacks_in_order_exactly_once(void **state)
{
	static struct ordered o[2000];
	struct world *w = *state;
	struct entry e = make_entry();
	char domain[32];
	int i, next = 0;

	open_cache(w);
	for (i = 0; i < 2000; i++) {
		o[i] = (struct ordered){ w, i, &next };
		snprintf(domain, sizeof(domain), "d%d.example", i % 700);
		w->pending++;
		w->is_inside = true;
		(void)cache_put(w->cache, domain, &e, on_ordered, &o[i]);
		w->is_inside = false;
	}
	wait_all(w);
	assert_int_equal(w->called, 2000);
	assert_int_equal(next, 2000);
	assert_counts(w, 0, 0, 700);
}

static void
test_older_never_replaces_newer(void **state)
{
	static const struct {
		int fetched, checked;
		bool is_taken;
	} table[] = {
		{ 0, 0, true }, /* equal */
		{ -1, 0, false },
		{ -1, 100, false },
		{ 0, -1, false },
		{ 0, 1, true },
		{ 1, -100, true },
	};
	struct world *w = *state;
	struct entry e, got;
	size_t i;

	open_cache(w);
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		take_out(w, "a.example");
		e = make_entry();
		put(w, "a.example", &e);
		e.state.fetched += table[i].fetched;
		e.state.checked += table[i].checked;
		e.state.mode = e.policy.mode = STS_MODE_TESTING;
		put_now(w, "a.example", &e);
		assert_int_equal(get(w, "a.example", &got), CACHE_HIT);
		if ((got.policy.mode == STS_MODE_TESTING) != table[i].is_taken)
			fail_msg("row %zu", i);
		if (table[i].is_taken)
			assert_counts(w, 0, 1, 0);
		else
			assert_counts(w, 0, 0, 1);
	}
}

static void
test_due_follows(void **state)
{
	struct world *w = *state;
	struct entry e = make_entry();
	char domains[8][DOMAIN_MAX + 1];
	int64_t now = clock_now();
	size_t i;
	static const struct {
		const char *domain;
		int due;
	} table[] = {
		{ "c.example", 30 }, { "b.example", 300 },
		{ "a.example", 70000 }, { "d.example", 1 },
		{ "e.example", 0 }, /* none */
	};

	open_cache(w);
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		e.state.next_refresh = table[i].due ? now + table[i].due : 0;
		put(w, table[i].domain, &e);
	}
	wait_all(w);
	assert_int_equal(cache_due(w->cache, now, domains, 8), 0);
	assert_int_equal(cache_due(w->cache, now + 300, domains, 8), 3);
	assert_string_equal(domains[0], "d.example");
	assert_string_equal(domains[1], "c.example");
	assert_string_equal(domains[2], "b.example");
	assert_int_equal(cache_due(w->cache, now + 300, domains, 2), 2);
	assert_string_equal(domains[1], "c.example");
	assert_int_equal(cache_due(w->cache, now + 300, domains, 0), 0);
	assert_int_equal(cache_due(w->cache, INT64_MAX, domains, 8), 4);

	/* moved, taken away, removed, and after a restart */
	e.state.next_refresh = now + 5;
	put(w, "a.example", &e);
	e.state.next_refresh = 0;
	put(w, "d.example", &e);
	take_out(w, "b.example");
	wait_all(w);
	reopen_cache(w);
	assert_int_equal(cache_due(w->cache, INT64_MAX, domains, 8), 2);
	assert_string_equal(domains[0], "a.example");
	assert_string_equal(domains[1], "c.example");
}

static void
test_counts_follow(void **state)
{
	struct world *w = *state;
	struct entry e = make_entry();

	open_cache(w);
	assert_counts(w, 0, 0, 0);
	put(w, "a.example", &e);
	put(w, "b.example", &e);
	e.policy.mode = STS_MODE_NONE;
	put(w, "c.example", &e);
	put(w, "b.example", &e);
	e.policy.mode = STS_MODE_TESTING;
	put(w, "d.example", &e);
	take_out(w, "c.example");
	take_out(w, "c.example");
	wait_all(w);
	assert_counts(w, 1, 1, 1);
	reopen_cache(w);
	assert_counts(w, 1, 1, 1);
}

/* Another process opens the cache, says so, and waits to be killed. */
static pid_t
hold_cache(struct world *w)
{
	struct cache *cache;
	int to_us[2];
	char c = 'x';
	pid_t pid;

	assert_int_equal(pipe(to_us), 0);
	pid = fork();
	assert_true(pid != -1);
	if (pid == 0) {
		cache = cache_open(w->loop, &w->settings);
		if (cache == NULL || write(to_us[1], &c, 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	close(to_us[1]);
	assert_int_equal(read(to_us[0], &c, 1), 1);
	close(to_us[0]);
	return pid;
}

static void
end_child(pid_t pid)
{
	int status;

	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static void
test_lock_held(void **state)
{
	struct world *w = *state;
	char text[64];
	pid_t pid = hold_cache(w);

	assert_null(cache_open(w->loop, &w->settings));
	snprintf(text, sizeof(text), "in use by pid %ld", (long)pid);
	assert_int_equal(says(w, text), 1);
	end_child(pid);
	open_cache(w);
	assert_int_equal(says(w, "cache-moved-aside"), 0);
}

/* Files that are no cache of ours */

static void
data_path(const struct world *w, char path[100])
{
	snprintf(path, 100, "%s/data.mdb", w->dir);
}

static void
set_marker(const struct world *w)
{
	char path[100];
	int fd;

	snprintf(path, sizeof(path), "%s/running", w->dir);
	fd = open(path, O_WRONLY | O_CREAT, 0600);
	assert_true(fd != -1);
	close(fd);
}

static off_t
file_size(const struct world *w)
{
	struct stat st;
	char path[100];

	data_path(w, path);
	assert_int_equal(stat(path, &st), 0);
	return st.st_size;
}

static void
cut_file(const struct world *w, off_t size)
{
	char path[100];

	data_path(w, path);
	assert_int_equal(truncate(path, size), 0);
}

static void
write_file(const struct world *w, off_t at, const void *p, size_t n)
{
	char path[100];
	int fd;

	data_path(w, path);
	fd = open(path, O_RDWR | O_CREAT, 0600);
	assert_true(fd != -1);
	assert_int_equal(syscall(SYS_pwrite64, fd, p, n, at), n);
	close(fd);
}

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

static void
test_folder_of_another(void **state)
{
	struct world *w = *state;
	struct cache *cache;
	char dir[100];
	int status;
	pid_t pid;

	w->settings.dir = dir;
	snprintf(dir, sizeof(dir), "%s/a/b", w->dir);
	assert_null(cache_open(w->loop, &w->settings));
	assert_int_equal(says(w, "a/b: No such file or directory"), 1);

	/* root may do anything: be somebody else */
	chmod(w->dir, 0555);
	snprintf(dir, sizeof(dir), "%s", w->dir);
	pid = fork();
	if (pid == 0) {
		if (geteuid() == 0 && seteuid(65534) == -1)
			_exit(2);
		cache = cache_open(w->loop, &w->settings);
		_exit(cache == NULL ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	assert_int_equal(says(w, "lock: Permission denied"), 1);
	chmod(w->dir, 0755);

	snprintf(dir, sizeof(dir), "%s", w->log);
	assert_null(cache_open(w->loop, &w->settings));
	assert_int_equal(says(w, "Not a directory"), 1);

	/* the last folder is made */
	snprintf(dir, sizeof(dir), "%s.new", w->dir);
	open_cache(w);
	cache_close(w->cache);
	w->cache = NULL;
	remove_all(dir);
	w->settings.dir = w->dir;
}

static bool
are_two_failures(struct world *w)
{
	struct cache_counts counts;

	cache_count(w->cache, &counts);
	return counts.write_failures >= 2;
}

static void
test_disk_full(void **state)
{
	static char text[60000];
	struct world *w = *state;
	struct entry e = make_entry(), big = e;
	struct rlimit limit, before;
	struct cache_counts counts;

	memset(text, 'x', sizeof(text));
	big.policy.text = text;
	big.policy.text_len = sizeof(text);
	open_cache(w);
	put_now(w, "a.example", &e);
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	limit = before;
	limit.rlim_cur = (rlim_t)file_size(w);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	put(w, "b.example", &big);
	put(w, "c.example", &e);
	run_until(w, are_two_failures);
	assert_int_equal(w->called, 1);
	assert_true(has(w, "a.example"));
	assert_false(has(w, "b.example"));
	cache_count(w->cache, &counts);
	assert_int_equal(counts.writes_queued, 2);
	assert_true(counts.bytes_queued > sizeof(text));
	/* (the log's file has the same limit) */
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	wait_all(w);
	assert_int_equal(w->called, 3);
	assert_true(has(w, "b.example") && has(w, "c.example"));
	assert_int_equal(says(w, "cache-write-failed"), 1);
	assert_int_equal(says(w, "cache-write-recovered"), 1);
	reopen_cache(w);
	assert_counts(w, 0, 0, 3);
}

/* In a child with a disk of its own; what it exits with. */
static int
open_on_full_tmpfs(struct world *w)
{
	static const char zero[4096];
	char path[100];
	int fd;

	if (unshare(CLONE_NEWNS) == -1 ||
	    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == -1 ||
	    mount("none", w->dir, "tmpfs", 0, "size=64k") == -1)
		return 77;
	snprintf(path, sizeof(path), "%s/fill", w->dir);
	fd = open(path, O_WRONLY | O_CREAT, 0600);
	while (write(fd, zero, sizeof(zero)) > 0)
		;
	close(fd);
	/* no room for a file: an error, not a signal */
	if (cache_open(w->loop, &w->settings) != NULL)
		return 1;
	if (truncate(path, 0) == -1)
		return 2;
	return cache_open(w->loop, &w->settings) != NULL ? 0 : 3;
}

static void
test_open_on_full_disk(void **state)
{
	struct world *w = *state;
	int status;
	pid_t pid = fork();

	assert_true(pid != -1);
	if (pid == 0)
		_exit(open_on_full_tmpfs(w));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == 77)
		skip();
	assert_int_equal(WEXITSTATUS(status), 0);
	assert_int_equal(says(w, "No space left on device"), 2);
}

static void
test_close_on_full_disk(void **state)
{
	static char text[60000];
	struct world *w = *state;
	struct entry e = make_entry(), big = e;
	struct rlimit limit, before;

	memset(text, 'x', sizeof(text));
	big.policy.text = text;
	big.policy.text_len = sizeof(text);
	open_cache(w);
	put_now(w, "a.example", &e);
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	limit = before;
	limit.rlim_cur = (rlim_t)file_size(w);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	(void)cache_put(w->cache, "b.example", &big, on_cancelled, w);
	cache_close(w->cache);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_int_equal(says(w, "1 writes are lost"), 1);
	open_cache(w);
	assert_counts(w, 0, 0, 1);
}

static bool
is_failure_logged(struct world *w)
{
	return says(w, "cache-write-failed") > 0;
}

/* LMDB gives up the environment; it is opened again under way. */
static void
test_head_cannot_be_written(void **state)
{
	struct world *w = *state;
	struct entry e = make_entry();

	open_cache(w);
	put_now(w, "a.example", &e);
	is_head_broken = true;
	put(w, "b.example", &e);
	run_until(w, is_failure_logged);
	/* reads go on */
	assert_true(has(w, "a.example"));
	assert_false(has(w, "b.example"));
	run_until(w, are_two_failures);
	is_head_broken = false;
	wait_all(w);
	assert_true(has(w, "a.example") && has(w, "b.example"));
	assert_counts(w, 0, 0, 2);
	put_now(w, "c.example", &e);
	reopen_cache(w);
	assert_counts(w, 0, 0, 3);
	assert_int_equal(says(w, "cache-write-failed"), 1);
	assert_int_equal(says(w, "cache-read-failed"), 0);
	assert_int_equal(says(w, "cache-write-recovered"), 1);
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
	assert_int_equal(get(w, "a.example", &got), CACHE_ERROR);
	assert_int_equal(get(w, "a.example", &got), CACHE_ERROR);
	assert_int_equal(says(w, "cache-read-failed"), 1);
	e.state.next_refresh += 1000;
	e.policy.mode = STS_MODE_TESTING;
	put(w, "b.example", &e);
	put_now(w, "a.example", &e);
	assert_int_equal(get(w, "a.example", &got), CACHE_HIT);
	assert_counts(w, 0, 2, 0);
	assert_int_equal(count_due(w, INT64_MAX), 2);
}

/* A map too small */

enum {
	EXPIRED = 40,
	UNUSED = 40
};

/* Expiries in an order that is not that of the names. */
static int64_t
expiry_of(int i)
{
	return clock_now() + (i * 17 % 40 - 20) * 1000;
}

static void
fill_old(struct world *w)
{
	static char text[3000];
	struct entry e = make_entry();
	char domain[32];
	int i;

	memset(text, 'x', sizeof(text));
	e.policy.text = text;
	e.policy.text_len = sizeof(text);
	for (i = 0; i < EXPIRED; i++) {
		snprintf(domain, sizeof(domain), "expired%d.example", i);
		e.state.expires = expiry_of(i) - 10 * DAY_S;
		put(w, domain, &e);
	}
	e.used_day -= 31;
	for (i = 0; i < UNUSED; i++) {
		snprintf(domain, sizeof(domain), "unused%d.example", i);
		e.state.expires = expiry_of(i) + 10 * DAY_S;
		put(w, domain, &e);
	}
	wait_all(w);
}

/* Who is left; and of those, did anybody later in the order go? */
static int
count_left(struct world *w, const char *kind, int n)
{
	int64_t gone = INT64_MIN, left = INT64_MAX;
	char domain[32];
	int i, count = 0;

	for (i = 0; i < n; i++) {
		snprintf(domain, sizeof(domain), "%s%d.example", kind, i);
		if (has(w, domain)) {
			count++;
			left = expiry_of(i) < left ? expiry_of(i) : left;
		} else {
			gone = expiry_of(i) > gone ? expiry_of(i) : gone;
		}
	}
	/* clock_now() may tick in between */
	if (gone != INT64_MIN && left != INT64_MAX)
		assert_true(gone <= left + 999);
	return count;
}

static bool
is_full_or_done(struct world *w)
{
	return w->pending == 0 || are_failures(w);
}

static void
test_map_full(void **state)
{
	static char text[8000];
	struct world *w = *state;
	struct entry e = make_entry();
	char domain[32];
	int i, k, n, expired = EXPIRED, unused = UNUSED;
	bool is_partly_expired = false, is_partly_unused = false;

	memset(text, 'x', sizeof(text));
	w->settings.size = MIB;
	open_cache(w);
	fill_old(w);
	e.policy.text = text;
	e.policy.text_len = sizeof(text);
	for (n = 0; n < 1000; n++) {
		snprintf(domain, sizeof(domain), "used%d.example", n);
		put(w, domain, &e);
		run_until(w, is_full_or_done);
		if (w->pending > 0)
			break;
		expired = count_left(w, "expired", EXPIRED);
		unused = count_left(w, "unused", UNUSED);
		if (expired > 0)
			assert_int_equal(unused, UNUSED);
		is_partly_expired |= expired > 0 && expired < EXPIRED;
		is_partly_unused |= unused > 0 && unused < UNUSED;
		assert_counts(w, 0, 0, (uint64_t)(expired + unused + n + 1));
		assert_int_equal(
		    count_due(w, INT64_MAX), expired + unused + n + 1);
	}
	expired = count_left(w, "expired", EXPIRED);
	unused = count_left(w, "unused", UNUSED);
	print_message("%d of %d KiB in a map of 1 MiB\n", n, 8);
	assert_in_range(n, 50, 127);
	assert_true(is_partly_expired && is_partly_unused);
	assert_int_equal(expired + unused, 0);
	for (i = 0; i < n; i++) {
		snprintf(domain, sizeof(domain), "used%d.example", i);
		if (!has(w, domain))
			fail_msg("%s is used and gone", domain);
	}
	assert_int_equal(says(w, "cache-full"), 1);
	/* what is removed behind it makes room for the one that waits */
	for (k = 0; k < 10; k++) {
		snprintf(domain, sizeof(domain), "used%d.example", k);
		take_out(w, domain);
	}
	wait_all(w);
	assert_int_equal(says(w, "cache-write-recovered") > 0, true);
	assert_counts(w, 0, 0, (uint64_t)(n + 1 - 10));
}

/* kill -9 */

struct putter {
	struct world *w;
	int fd;
	uint32_t next;
};

struct numbered {
	struct putter *p;
	uint32_t n;
};

static void put_numbered(struct putter *);

static void
on_numbered(void *arg)
{
	struct numbered *d = arg;

	if (write(d->p->fd, &d->n, sizeof(d->n)) != sizeof(d->n))
		_exit(1);
	put_numbered(d->p);
	free(d);
}

#define KILL_DOMAINS 300

static void
put_numbered(struct putter *p)
{
	struct numbered *d = malloc(sizeof(*d));
	struct entry e = make_entry();
	char domain[32];

	d->p = p;
	d->n = p->next++;
	e.state.fetched = e.state.checked = d->n + 1;
	e.state.next_refresh = d->n + 5;
	snprintf(domain, sizeof(domain), "d%u.example", d->n % KILL_DOMAINS);
	(void)cache_put(p->w->cache, domain, &e, on_numbered, d);
}

static void
run_putter(struct world *w, int fd, uint32_t first)
{
	struct putter p = { w, fd, first };
	int i;

	w->cache = cache_open(w->loop, &w->settings);
	if (w->cache == NULL)
		_exit(1);
	for (i = 0; i < 40; i++)
		put_numbered(&p);
	loop_run(w->loop);
	_exit(1);
}

/* Kill it after so many reports; the newest report of each domain. */
static uint32_t
kill_round(struct world *w, uint32_t first, int reports, uint32_t *newest)
{
	uint32_t n, last = first;
	int to_us[2];
	pid_t pid;

	assert_int_equal(pipe(to_us), 0);
	pid = fork();
	assert_true(pid != -1);
	if (pid == 0) {
		close(to_us[0]);
		run_putter(w, to_us[1], first);
	}
	close(to_us[1]);
	while (read(to_us[0], &n, sizeof(n)) == sizeof(n)) {
		newest[n % KILL_DOMAINS] = n;
		last = n;
		if (reports-- == 0)
			kill(pid, SIGKILL);
	}
	close(to_us[0]);
	end_child(pid);
	return last;
}

static void
test_kill(void **state)
{
	struct world *w = *state;
	uint32_t newest[KILL_DOMAINS] = { 0 }, last, first = 1;
	unsigned int seed = (unsigned int)getpid();
	struct entry e;
	char domain[32];
	uint64_t there;
	int round, i;

	for (round = 0; round < 20; round++) {
		last = kill_round(w, first, rand_r(&seed) % 800, newest);
		open_cache(w);
		for (there = 0, i = 0; i < KILL_DOMAINS; i++) {
			snprintf(domain, sizeof(domain), "d%d.example", i);
			if (get(w, domain, &e) == CACHE_HIT) {
				there++;
				if (e.state.fetched > newest[i])
					continue;
			} else if (newest[i] == 0) {
				continue;
			}
			fail_msg("round %d: %s is lost", round, domain);
		}
		assert_counts(w, 0, 0, there);
		assert_int_equal(count_due(w, INT64_MAX), there);
		cache_close(w->cache);
		w->cache = NULL;
		first = last + 1000;
	}
	assert_int_equal(says(w, "cache-moved-aside"), 0);
}

/* Not a test: what a read costs. Asked for by MEASURE=1. */
static void
test_measure(void **state)
{
	struct world *w = *state;
	struct entry e = make_entry();
	struct timespec from, to;
	unsigned int seed = 1;
	char domain[32];
	int i, n, hits = 0, rounds = 2000000;
	double ns;

	if (getenv("MEASURE") == NULL)
		skip();
	w->settings.size = (int64_t)1024 * MIB;
	open_cache(w);
	for (i = 0; i < 100000; i++) {
		snprintf(domain, sizeof(domain), "domain%d.example", i);
		put(w, domain, &e);
	}
	wait_all(w);
	for (n = 1000; n <= 100000; n *= 100) {
		clock_gettime(CLOCK_MONOTONIC, &from);
		for (i = 0; i < rounds; i++) {
			snprintf(domain, sizeof(domain), "domain%d.example",
			    rand_r(&seed) % n);
			hits += has(w, domain);
		}
		clock_gettime(CLOCK_MONOTONIC, &to);
		ns = (double)(to.tv_sec - from.tv_sec) * 1e9 +
		    (double)(to.tv_nsec - from.tv_nsec);
		print_message("get of %d: %.0f ns\n", n, ns / rounds);
	}
	clock_gettime(CLOCK_MONOTONIC, &from);
	for (i = 0; i < rounds; i++)
		hits += snprintf(domain, sizeof(domain), "domain%d.example",
		    rand_r(&seed) % n);
	clock_gettime(CLOCK_MONOTONIC, &to);
	ns = (double)(to.tv_sec - from.tv_sec) * 1e9 +
	    (double)(to.tv_nsec - from.tv_nsec);
	print_message("of which the name: %.0f ns\n", ns / rounds);
	assert_true(hits > 2 * rounds);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_put_get_remove_reopen),
		TEST(test_close_writes_what_is_queued),
		TEST(test_cancel),
		TEST(test_close_in_callback),
		TEST(test_callbacks_in_order_exactly_once),
		TEST(test_older_never_replaces_newer),
		TEST(test_due_follows),
		TEST(test_counts_follow),
		TEST(test_lock_held),
		TEST(test_moved_aside),
		TEST(test_unclean_stop_walks),
		TEST(test_sound_short_file_stays),
		TEST(test_folder_of_another),
		TEST(test_disk_full),
		TEST(test_open_on_full_disk),
		TEST(test_close_on_full_disk),
		TEST(test_head_cannot_be_written),
		TEST(test_damaged_record),
		TEST(test_map_full),
		TEST(test_kill),
		TEST(test_measure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
