/* SPDX-License-Identifier: ISC */
/* No room: the disk is full or broken, or the map is too small. */
#include <sys/mount.h>
#include <sys/resource.h>

#include <errno.h>
#include <sched.h>
#include <stdatomic.h>

#include "cache_world.h"

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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_disk_full),
		TEST(test_open_on_full_disk),
		TEST(test_close_on_full_disk),
		TEST(test_head_cannot_be_written),
		TEST(test_map_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
