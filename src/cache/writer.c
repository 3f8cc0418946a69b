/* SPDX-License-Identifier: ISC */
/*
 * The writer thread. It alone opens write transactions; it never logs and
 * never calls back: the loop does both when the event descriptor wakes it.
 *
 * A write stays in the queue until its transaction is durable, so a failed
 * one is simply taken again, later. The thread reads writes of the queue
 * without the lock: the loop only appends, and never touches what the thread
 * reads.
 */
#include <sys/eventfd.h>

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/xmalloc.h"
#include "cache/internal.h"

#define RETRY_MIN_S 1
#define RETRY_MAX_S 30

const int64_t cache_commit_ms[CACHE_COMMIT_BOUNDS] = { 1, 2, 5, 10, 25, 50, 100,
	250, 1000, 5000 };

struct cache_writer {
	const struct cache_db *db;
	_Atomic int64_t keep_unused; /* the loop's to change */
	pthread_t thread;
	bool has_thread;
	int event_fd;
	struct cache_victims victims; /* the thread's alone */

	pthread_mutex_t lock; /* of all below */
	pthread_cond_t cond;
	struct cache_writes queue, done;
	uint64_t queued, bytes_queued, failures;
	struct cache_commits commits;
	char reason[CACHE_REASON_BYTES];
	bool is_stopping, is_parked;
};

static void
kick(struct cache_writer *w)
{
	static const uint64_t one = 1;

	/* Full only when the loop has long been kicked. */
	(void)!write(w->event_fd, &one, sizeof(one));
}

void
cache_write_free(struct cache_write *write)
{
	buf_clear(&write->record);
	free(write);
}

static void
free_writes(struct cache_writes *list)
{
	struct cache_write *write;

	while ((write = TAILQ_FIRST(list)) != NULL) {
		TAILQ_REMOVE(list, write, link);
		cache_write_free(write);
	}
}

/*
 * How few writes are better than removing somebody: a commit each is slow,
 * but a small map has no room for many at once.
 */
static size_t
fewest(const struct cache_db *db)
{
	size_t n = db->pages / 1024;

	return n < 1 ? 1 : n > 16 ? 16 : n;
}

/* Write the first of *n writes; *n: how many. LMDB's status. */
static int
write_some(struct cache_writer *w, struct cache_write *const *writes, size_t *n)
{
	size_t few = fewest(w->db);
	int rc;

	for (;;) {
		while (*n > few && !cache_has_room(w->db, writes, *n))
			*n /= 2;
		rc = MDB_MAP_FULL;
		if (cache_has_room(w->db, writes, *n))
			rc = cache_store_write(w->db, writes, *n);
		if (rc != MDB_MAP_FULL)
			return rc;
		if (*n > 1) {
			*n /= 2;
			few = few < *n ? few : *n;
			continue;
		}
		rc = cache_evict(w->db, &w->victims, w->keep_unused);
		if (rc != 0)
			return rc;
		/* The loop's reader lets go of the pages just freed. */
		kick(w);
	}
}

static int64_t
now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

static void
count_commit(struct cache_commits *c, int64_t us)
{
	size_t i;

	for (i = 0; i < CACHE_COMMIT_BOUNDS && us > cache_commit_ms[i] * 1000;
	     i++)
		;
	c->bucket[i]++;
	c->count++;
	c->sum_us += (uint64_t)us;
}

static size_t
take_batch(struct cache_writer *w, struct cache_write **batch)
{
	struct cache_write *write = TAILQ_FIRST(&w->queue);
	size_t n = 0;

	for (; write != NULL && n < CACHE_BATCH_MAX;
	     write = TAILQ_NEXT(write, link))
		batch[n++] = write;
	return n;
}

static void
finish(struct cache_writer *w, struct cache_write *const *batch, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		TAILQ_REMOVE(&w->queue, batch[i], link);
		TAILQ_INSERT_TAIL(&w->done, batch[i], link);
		w->queued--;
		w->bytes_queued -= batch[i]->record.len;
	}
	w->reason[0] = '\0';
	kick(w);
}

static void
fail(struct cache_writer *w, int rc, bool is_dead)
{
	w->failures++;
	(void)strlcpy(w->reason,
	    rc == MDB_MAP_FULL ? "cache-full" : mdb_strerror(rc),
	    sizeof(w->reason));
	w->is_parked = is_dead;
	kick(w);
}

/*
 * A put that finds no room must not keep a removal behind it waiting: bring
 * one to the front, unless it undoes a write before it.
 */
static void
remove_first(struct cache_writer *w)
{
	struct cache_write *removal, *before;

	removal = TAILQ_FIRST(&w->queue);
	while (removal != NULL && removal->record.len > 0)
		removal = TAILQ_NEXT(removal, link);
	if (removal == NULL)
		return;
	before = TAILQ_FIRST(&w->queue);
	while (
	    before != removal && strcmp(before->domain, removal->domain) != 0)
		before = TAILQ_NEXT(before, link);
	if (before != removal)
		return;
	TAILQ_REMOVE(&w->queue, removal, link);
	TAILQ_INSERT_HEAD(&w->queue, removal, link);
}

static void
wait_before_retry(struct cache_writer *w, int seconds)
{
	struct timespec until;

	while (w->is_parked && !w->is_stopping)
		pthread_cond_wait(&w->cond, &w->lock);
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += seconds;
	while (!w->is_stopping &&
	    pthread_cond_timedwait(&w->cond, &w->lock, &until) == 0)
		;
}

static void *
on_thread(void *arg)
{
	struct cache_write *batch[CACHE_BATCH_MAX];
	struct cache_writer *w = arg;
	int rc, retry_s = RETRY_MIN_S;
	int64_t began, took;
	bool is_dead;
	size_t n;

	pthread_mutex_lock(&w->lock);
	for (;;) {
		while (TAILQ_EMPTY(&w->queue) && !w->is_stopping)
			pthread_cond_wait(&w->cond, &w->lock);
		if (TAILQ_EMPTY(&w->queue))
			break;
		n = take_batch(w, batch);
		pthread_mutex_unlock(&w->lock);
		began = now_us();
		rc = write_some(w, batch, &n);
		took = now_us() - began;
		is_dead = rc != 0 && cache_db_is_dead(w->db);
		pthread_mutex_lock(&w->lock);
		if (rc == 0) {
			count_commit(&w->commits, took);
			finish(w, batch, n);
			retry_s = RETRY_MIN_S;
			continue;
		}
		fail(w, rc, is_dead);
		if (w->is_stopping)
			break;
		if (rc == MDB_MAP_FULL)
			remove_first(w);
		wait_before_retry(w, retry_s);
		if (w->is_parked)
			break;
		retry_s = retry_s * 2 < RETRY_MAX_S ? retry_s * 2 : RETRY_MAX_S;
	}
	pthread_mutex_unlock(&w->lock);
	cache_victims_clear(&w->victims);
	return NULL;
}

/*
 * Signals are the loop's: none is delivered to the thread, but the one that
 * the sandbox refuses a system call by, which belongs to the caller.
 */
int
cache_writer_start(struct cache_writer *w)
{
	sigset_t all, before;
	int rc;

	sigfillset(&all);
	sigdelset(&all, SIGSYS);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	rc = pthread_create(&w->thread, NULL, on_thread, w);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	w->has_thread = rc == 0;
	if (rc == 0)
		return 0;
	log_error("cache", "cannot start the writer: %s", strerror(rc));
	return -1;
}

struct cache_writer *
cache_writer_new(const struct cache_db *db, int64_t keep_unused)
{
	struct cache_writer *w = xcalloc(1, sizeof(*w));
	pthread_condattr_t attr;

	w->db = db;
	w->keep_unused = keep_unused;
	TAILQ_INIT(&w->queue);
	TAILQ_INIT(&w->done);
	pthread_mutex_init(&w->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&w->cond, &attr);
	pthread_condattr_destroy(&attr);
	w->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (w->event_fd != -1)
		return w;
	log_error("cache", "cannot start the writer: %s", strerror(errno));
	pthread_cond_destroy(&w->cond);
	pthread_mutex_destroy(&w->lock);
	free(w);
	return NULL;
}

size_t
cache_writer_free(struct cache_writer *w)
{
	size_t lost;

	if (w == NULL)
		return 0;
	pthread_mutex_lock(&w->lock);
	w->is_stopping = true;
	pthread_cond_signal(&w->cond);
	pthread_mutex_unlock(&w->lock);
	if (w->has_thread)
		pthread_join(w->thread, NULL);
	lost = w->queued;
	free_writes(&w->queue);
	free_writes(&w->done);
	close(w->event_fd);
	pthread_cond_destroy(&w->cond);
	pthread_mutex_destroy(&w->lock);
	free(w);
	return lost;
}

void
cache_writer_set_keep_unused(struct cache_writer *w, int64_t keep_unused)
{
	w->keep_unused = keep_unused;
}

int
cache_writer_fd(const struct cache_writer *w)
{
	return w->event_fd;
}

void
cache_writer_add(struct cache_writer *w, struct cache_write *write)
{
	pthread_mutex_lock(&w->lock);
	TAILQ_INSERT_TAIL(&w->queue, write, link);
	w->queued++;
	w->bytes_queued += write->record.len;
	pthread_cond_signal(&w->cond);
	pthread_mutex_unlock(&w->lock);
}

void
cache_writer_report(
    struct cache_writer *w, struct cache_report *report, size_t max)
{
	struct cache_write *write;
	uint64_t kicks;

	TAILQ_INIT(&report->done);
	pthread_mutex_lock(&w->lock);
	(void)!read(w->event_fd, &kicks, sizeof(kicks));
	while (max-- > 0 && (write = TAILQ_FIRST(&w->done)) != NULL) {
		TAILQ_REMOVE(&w->done, write, link);
		TAILQ_INSERT_TAIL(&report->done, write, link);
	}
	if (!TAILQ_EMPTY(&w->done))
		kick(w);
	memcpy(report->reason, w->reason, sizeof(report->reason));
	report->failures = w->failures;
	report->is_parked = w->is_parked;
	pthread_mutex_unlock(&w->lock);
}

void
cache_writer_unpark(struct cache_writer *w)
{
	pthread_mutex_lock(&w->lock);
	w->is_parked = false;
	pthread_cond_signal(&w->cond);
	pthread_mutex_unlock(&w->lock);
}

void
cache_writer_count(struct cache_writer *w, struct cache_counts *counts)
{
	pthread_mutex_lock(&w->lock);
	counts->write_failures = w->failures;
	counts->writes_queued = w->queued;
	counts->bytes_queued = w->bytes_queued;
	counts->commits = w->commits;
	pthread_mutex_unlock(&w->lock);
}
