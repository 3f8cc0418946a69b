/* SPDX-License-Identifier: ISC */
/* Reads, writes, callbacks, counts, the index; who may open it. */
#include <time.h>

#include "cache/internal.h"
#include "cache_world.h"

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

/* A verdict on DANE is written only into the record it was read with. */
static void
test_amend(void **state)
{
	static const struct {
		int fetched, checked; /* of what is there by then */
		bool is_removed, is_taken;
	} table[] = {
		{ 0, 0, false, true },
		{ 1, 0, false, false },
		{ 0, 1, false, false },
		{ -1, 0, false, false },
		{ 0, 0, true, false },
	};
	struct world *w = *state;
	struct entry e, got;
	size_t i;

	open_cache(w);
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		take_out(w, "a.example");
		e = make_entry();
		e.state.fetched += table[i].fetched;
		e.state.checked += table[i].checked;
		put_now(w, "a.example", &e);
		if (table[i].is_removed)
			cache_remove(w->cache, "a.example", NULL, NULL);
		e = make_entry();
		e.dane = "verdict";
		e.dane_len = 7;
		cache_amend(w->cache, "a.example", &e);
		/* Writes are made in order. */
		e = make_entry();
		put_now(w, "b.example", &e);
		if ((get(w, "a.example", &got) == CACHE_HIT &&
			got.dane_len == 7) != table[i].is_taken)
			fail_msg("row %zu", i);
		assert_counts(w, 0, 0, table[i].is_removed ? 1 : 2);
	}
}

/* Stored while the clock was wrong: it must not keep the true one out. */
static void
test_future_is_replaced(void **state)
{
	struct world *w = *state;
	struct entry e, got;

	open_cache(w);
	e = make_entry();
	e.state.fetched += DAY_S;
	e.state.checked += DAY_S;
	put_now(w, "a.example", &e);
	e = make_entry();
	e.state.mode = e.policy.mode = STS_MODE_TESTING;
	put_now(w, "a.example", &e);
	assert_int_equal(get(w, "a.example", &got), CACHE_HIT);
	assert_int_equal(got.policy.mode, STS_MODE_TESTING);
	assert_counts(w, 0, 1, 0);
}

static void
test_due_follows(void **state)
{
	struct world *w = *state;
	struct entry e = make_entry();
	struct cache_due found[8];
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
	assert_int_equal(cache_due(w->cache, now, NULL, found, 8), 0);
	assert_int_equal(cache_due(w->cache, now + 300, NULL, found, 8), 3);
	assert_string_equal(found[0].domain, "d.example");
	assert_string_equal(found[1].domain, "c.example");
	assert_string_equal(found[2].domain, "b.example");
	assert_int_equal(cache_due(w->cache, now + 300, NULL, found, 2), 2);
	assert_string_equal(found[1].domain, "c.example");
	assert_int_equal(cache_due(w->cache, now + 300, NULL, found, 0), 0);
	/* from where the last call ended, to the end */
	assert_int_equal(
	    cache_due(w->cache, INT64_MAX, &found[1], found + 2, 6), 2);
	assert_string_equal(found[2].domain, "b.example");
	assert_string_equal(found[3].domain, "a.example");
	assert_true(found[3].due == now + 70000);
	assert_true(found[3].expires == e.state.expires);
	assert_int_equal(
	    cache_due(w->cache, INT64_MAX, &found[3], found, 8), 0);
	/* that place may be gone meanwhile */
	found[0] = (struct cache_due){ .due = now + 31 };
	strlcpy(found[0].domain, "z.example", sizeof(found[0].domain));
	assert_int_equal(
	    cache_due(w->cache, INT64_MAX, &found[0], found + 1, 7), 2);
	assert_int_equal(cache_due(w->cache, INT64_MAX, NULL, found, 8), 4);

	/* moved, taken away, removed, and after a restart */
	e.state.next_refresh = now + 5;
	put(w, "a.example", &e);
	e.state.next_refresh = 0;
	put(w, "d.example", &e);
	take_out(w, "b.example");
	wait_all(w);
	reopen_cache(w);
	assert_int_equal(cache_due(w->cache, INT64_MAX, NULL, found, 8), 2);
	assert_string_equal(found[0].domain, "a.example");
	assert_string_equal(found[1].domain, "c.example");
}

/* Keys of an index written before it had expiries, and none of ours. */
static void
test_due_key(void **state)
{
	struct cache_due_key bytes;
	struct cache_due found;
	MDB_val domain = cache_val("a.example", 9), none = cache_val("", 0);
	MDB_val key = cache_due_key(&bytes, 7, &domain);

	(void)state;
	assert_true(cache_due_read(&key, &none, &found));
	assert_int_equal(found.due, 7);
	assert_int_equal(found.expires, 0);
	assert_string_equal(found.domain, "a.example");
	key.mv_size = sizeof(uint64_t);
	assert_false(cache_due_read(&key, &none, &found));
	key.mv_size = sizeof(uint64_t) + DOMAIN_MAX + 1;
	assert_false(cache_due_read(&key, &none, &found));
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
		TEST(test_amend),
		TEST(test_future_is_replaced),
		TEST(test_due_follows),
		TEST(test_due_key),
		TEST(test_counts_follow),
		TEST(test_lock_held),
		TEST(test_folder_of_another),
		TEST(test_measure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
