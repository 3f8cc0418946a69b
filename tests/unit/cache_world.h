/* SPDX-License-Identifier: ISC */
/*
 * The cache on a real LMDB file, in a folder of its own, for each test of the
 * programs test_cache*.c.
 */
#ifndef TESTS_CACHE_WORLD_H
#define TESTS_CACHE_WORLD_H

#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "cache/cache.h"

#define MIB         (1024 * 1024)
#define DAY_S       86400
#define WATCHDOG_MS 60000
#define POLL_MS     5

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

/* The decision table is tested elsewhere; here any function of the state. */
int64_t
refresh_due(const struct refresh_state *s)
{
	return s->next_refresh;
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

static inline void
on_watchdog(void *arg)
{
	(void)arg;
	fail_msg("the loop waits for something that does not come");
}

static inline void
on_poll(void *arg)
{
	struct world *w = arg;

	if (w->is_done(w))
		loop_stop(w->loop);
	else
		loop_timer_set(w->poll, POLL_MS);
}

/* What the log says goes to a file, to be read by says(). */
static inline int
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

static inline void
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

static inline int
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
static inline int
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

static inline void
open_cache(struct world *w)
{
	w->cache = cache_open(w->loop, &w->settings);
	assert_non_null(w->cache);
}

static inline void
reopen_cache(struct world *w)
{
	cache_close(w->cache);
	open_cache(w);
}

static inline void
run(struct world *w)
{
	loop_timer_set(w->watchdog, WATCHDOG_MS);
	assert_int_equal(loop_run(w->loop), 0);
	loop_timer_stop(w->watchdog);
}

static inline void
run_until(struct world *w, bool (*is_done)(struct world *))
{
	w->is_done = is_done;
	loop_timer_set(w->poll, 0);
	run(w);
}

static inline void
on_durable(void *arg)
{
	struct world *w = arg;

	assert_false(w->is_inside);
	w->called++;
	if (--w->pending == 0)
		loop_stop(w->loop);
}

static inline void
wait_all(struct world *w)
{
	if (w->pending > 0)
		run(w);
	assert_int_equal(w->pending, 0);
}

static inline bool
are_failures(struct world *w)
{
	struct cache_counts counts;

	cache_count(w->cache, &counts);
	return counts.write_failures > 0;
}

/* An enforce policy fetched now, used today, good for a week. */
static inline struct entry
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

static inline struct cache_write *
put(struct world *w, const char *domain, const struct entry *e)
{
	struct cache_write *write;

	w->pending++;
	w->is_inside = true;
	write = cache_put(w->cache, domain, e, on_durable, w);
	w->is_inside = false;
	return write;
}

static inline struct cache_write *
take_out(struct world *w, const char *domain)
{
	struct cache_write *write;

	w->pending++;
	w->is_inside = true;
	write = cache_remove(w->cache, domain, on_durable, w);
	w->is_inside = false;
	return write;
}

static inline void
put_now(struct world *w, const char *domain, const struct entry *e)
{
	put(w, domain, e);
	wait_all(w);
}

static inline enum cache_status
get(struct world *w, const char *domain, struct entry *e)
{
	return cache_get(w->cache, domain, strlen(domain), e);
}

static inline bool
has(struct world *w, const char *domain)
{
	struct entry e;

	return get(w, domain, &e) == CACHE_HIT;
}

static inline size_t
count_due(struct world *w, int64_t until)
{
	static struct cache_due found[1000];

	return cache_due(w->cache, until, NULL, found, 1000);
}

static inline void
assert_counts(
    struct world *w, uint64_t none, uint64_t testing, uint64_t enforce)
{
	struct cache_counts counts;

	cache_count(w->cache, &counts);
	assert_int_equal(counts.by_mode[STS_MODE_NONE], none);
	assert_int_equal(counts.by_mode[STS_MODE_TESTING], testing);
	assert_int_equal(counts.by_mode[STS_MODE_ENFORCE], enforce);
}

static inline void
on_cancelled(void *arg)
{
	(void)arg;
	fail_msg("a cancelled write calls back");
}

static inline void
end_child(pid_t pid)
{
	int status;

	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static inline void
data_path(const struct world *w, char path[100])
{
	snprintf(path, 100, "%s/data.mdb", w->dir);
}

static inline void
set_marker(const struct world *w)
{
	char path[100];
	int fd;

	snprintf(path, sizeof(path), "%s/running", w->dir);
	fd = open(path, O_WRONLY | O_CREAT, 0600);
	assert_true(fd != -1);
	close(fd);
}

static inline off_t
file_size(const struct world *w)
{
	struct stat st;
	char path[100];

	data_path(w, path);
	assert_int_equal(stat(path, &st), 0);
	return st.st_size;
}

static inline void
cut_file(const struct world *w, off_t size)
{
	char path[100];

	data_path(w, path);
	assert_int_equal(truncate(path, size), 0);
}

static inline void
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

#endif
