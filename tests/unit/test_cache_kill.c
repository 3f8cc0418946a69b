/* SPDX-License-Identifier: ISC */
/* kill -9 at any moment: what was reported durable is there afterwards. */
#include "cache_world.h"

/* Files that are not, or no longer, a cache; and kill -9. */
#include <lmdb.h>

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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_kill),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
