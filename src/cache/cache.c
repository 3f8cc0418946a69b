/* SPDX-License-Identifier: ISC */
/*
 * Open, close, and all that happens on the loop: reads, and the reports of
 * the writer.
 *
 * Reads share one snapshot. It is renewed by the first read after a report
 * (the only way our own changes come) and dropped a moment later in any case:
 * LMDB cannot use freed pages again while a snapshot may still see them.
 */
#include <assert.h>
#include <endian.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/xmalloc.h"
#include "cache/internal.h"

#define SNAPSHOT_MS      100
#define READERS_CHECK_MS INT64_C(300000)
#define REOPEN_MS        1000

/* Callbacks in one turn of the loop; each may answer many. */
#define REPORT_MAX 16

struct cache {
	struct loop *loop;
	char *dir;
	int64_t size;
	int lock_fd;
	bool is_marked;
	struct cache_db db;
	struct cache_writer *writer;
	struct loop_fd *report;
	MDB_txn *reader; /* reset unless is_reading */
	bool is_reading;
	struct loop_timer *snapshot, *readers_check, *reopen;
	char write_reason[CACHE_REASON_BYTES]; /* logged; "": it works */
	/* the read failure that was logged; "": none since */
	char read_domain[DOMAIN_MAX + 1];
	const char *read_reason;
	bool is_reporting, is_closed; /* closed by a callback: freed after it */
};

static void
read_end(struct cache *c)
{
	if (c->is_reading)
		mdb_txn_reset(c->reader);
	c->is_reading = false;
}

static int
read_begin(struct cache *c)
{
	int rc;

	if (c->is_reading)
		return 0;
	if (c->reader == NULL)
		return MDB_PANIC;
	rc = mdb_txn_renew(c->reader);
	if (rc != 0)
		return rc;
	c->is_reading = true;
	if (!loop_timer_is_set(c->snapshot))
		loop_timer_set(c->snapshot, SNAPSHOT_MS);
	return 0;
}

static void
on_snapshot(void *arg)
{
	read_end(arg);
}

static void
on_readers_check(void *arg)
{
	struct cache *c = arg;
	int dead;

	if (c->db.env != NULL)
		(void)mdb_reader_check(c->db.env, &dead);
	loop_timer_set(c->readers_check, READERS_CHECK_MS);
}

/* Open the environment, an empty one if what is there is of no use. */
static int
open_db(struct cache *c)
{
	const char *why;
	enum cache_sound sound;
	int rc;

	sound = cache_db_open(&c->db, c->dir, c->size, &why);
	if (sound == CACHE_UNSOUND) {
		if (cache_move_aside(c->dir, why) == -1)
			return -1;
		sound = cache_db_open(&c->db, c->dir, c->size, &why);
		if (sound == CACHE_UNSOUND)
			log_error(
			    "cache", "%s: a new cache is %s", c->dir, why);
	}
	if (sound != CACHE_SOUND)
		return -1;
	rc = mdb_txn_begin(c->db.env, NULL, MDB_RDONLY, &c->reader);
	if (rc != 0) {
		log_error("cache", "%s: %s", c->dir, mdb_strerror(rc));
		cache_db_close(&c->db);
		return -1;
	}
	mdb_txn_reset(c->reader);
	return 0;
}

static void
close_db(struct cache *c)
{
	if (c->reader != NULL)
		mdb_txn_abort(c->reader);
	c->reader = NULL;
	c->is_reading = false;
	cache_db_close(&c->db);
}

/*
 * LMDB gives an environment up when the write of its head fails. The writer
 * waits while it is opened again.
 */
static void
on_reopen(void *arg)
{
	struct cache *c = arg;

	close_db(c);
	if (open_db(c) == -1)
		loop_timer_set(c->reopen, REOPEN_MS);
	else
		cache_writer_unpark(c->writer);
}

static void
log_report(struct cache *c, const struct cache_report *report)
{
	if (strcmp(report->reason, c->write_reason) == 0)
		return;
	if (report->reason[0] != '\0')
		log_error("cache-write-failed", "%s: %s: trying again", c->dir,
		    report->reason);
	else
		log_info("cache-write-recovered", "%s: after %s", c->dir,
		    c->write_reason);
	memcpy(c->write_reason, report->reason, sizeof(c->write_reason));
}

static void
on_report(int fd, unsigned int events, void *arg)
{
	struct cache *c = arg;
	struct cache_report report;
	struct cache_write *w;
	cache_cb *cb;
	void *cb_arg;

	(void)fd;
	(void)events;
	cache_writer_report(c->writer, &report, REPORT_MAX);
	log_report(c, &report);
	read_end(c);
	if (report.is_parked && !loop_timer_is_set(c->reopen))
		on_reopen(c);
	c->is_reporting = true;
	while ((w = TAILQ_FIRST(&report.done)) != NULL) {
		TAILQ_REMOVE(&report.done, w, link);
		cb = c->is_closed ? NULL : w->cb;
		cb_arg = w->arg;
		cache_write_free(w);
		if (cb != NULL)
			cb(cb_arg);
	}
	c->is_reporting = false;
	if (c->is_closed)
		free(c);
}

static int
start(struct cache *c, const struct cache_settings *s)
{
	enum cache_sound sound;
	const char *why;

	c->lock_fd = cache_dir_lock(c->dir);
	if (c->lock_fd == -1)
		return -1;
	sound = cache_check(c->dir, &why);
	if (sound == CACHE_FAULT ||
	    (sound == CACHE_UNSOUND && cache_move_aside(c->dir, why) == -1) ||
	    open_db(c) == -1 || cache_marker_make(c->dir) == -1)
		return -1;
	c->is_marked = true;
	cache_db_read_ahead(c->dir);
	c->writer = cache_writer_new(&c->db, s->keep_unused);
	if (c->writer == NULL)
		return -1;
	c->report = loop_fd_new(c->loop, cache_writer_fd(c->writer), LOOP_READ,
	    LOOP_NORMAL, on_report, c);
	return s->is_started_later ? 0 : cache_start(c);
}

int
cache_start(struct cache *c)
{
	return cache_writer_start(c->writer);
}

struct cache *
cache_open(struct loop *loop, const struct cache_settings *s)
{
	struct cache *c = xcalloc(1, sizeof(*c));

	c->loop = loop;
	c->dir = xstrdup(s->dir);
	c->lock_fd = -1;
	c->size = s->size;
	c->snapshot = loop_timer_new(loop, on_snapshot, c);
	c->readers_check = loop_timer_new(loop, on_readers_check, c);
	c->reopen = loop_timer_new(loop, on_reopen, c);
	if (start(c, s) == -1) {
		cache_close(c);
		return NULL;
	}
	on_readers_check(c);
	return c;
}

void
cache_set_keep_unused(struct cache *c, int64_t keep_unused)
{
	cache_writer_set_keep_unused(c->writer, keep_unused);
}

void
cache_close(struct cache *c)
{
	size_t lost;

	if (c == NULL)
		return;
	loop_fd_free(c->report);
	lost = cache_writer_free(c->writer);
	if (lost > 0)
		log_error("cache-write-failed", "%s: %zu writes are lost",
		    c->dir, lost);
	close_db(c);
	if (c->is_marked)
		cache_marker_remove(c->dir);
	if (c->lock_fd != -1)
		cache_dir_unlock(c->lock_fd);
	loop_timer_free(c->snapshot);
	loop_timer_free(c->readers_check);
	loop_timer_free(c->reopen);
	free(c->dir);
	c->is_closed = true;
	if (!c->is_reporting)
		free(c);
}

/* Once for each record and reason, until it can be read. */
static void
log_read_failure(
    struct cache *c, const char *domain, size_t len, const char *reason)
{
	if (c->read_reason == reason && strlen(c->read_domain) == len &&
	    memcmp(c->read_domain, domain, len) == 0)
		return;
	memcpy(c->read_domain, domain, len);
	c->read_domain[len] = '\0';
	c->read_reason = reason;
	log_error(
	    "cache-read-failed", "%s: %s: %s", c->dir, c->read_domain, reason);
}

/* The bytes of a record, not judged yet. */
static inline enum cache_status
get_record(struct cache *c, const char *domain, size_t len, MDB_val *value)
{
	MDB_val key = cache_val(domain, len);
	int rc;

	if (len == 0 || len > DOMAIN_MAX)
		return CACHE_MISS;
	rc = read_begin(c);
	if (rc == 0)
		rc = mdb_get(c->reader, c->db.policy, &key, value);
	if (rc == 0)
		return CACHE_HIT;
	if (rc == MDB_NOTFOUND)
		return CACHE_MISS;
	log_read_failure(c, domain, len, mdb_strerror(rc));
	return CACHE_ERROR;
}

/* What the reader made of it. */
static enum cache_status
judge(struct cache *c, const char *domain, size_t len, enum entry_status status)
{
	switch (status) {
	case ENTRY_OK:
		c->read_reason = NULL;
		return CACHE_HIT;
	case ENTRY_DAMAGED:
		log_read_failure(c, domain, len, "the record is damaged");
		break;
	case ENTRY_FOREIGN:
		log_read_failure(
		    c, domain, len, "the record has another format");
		break;
	}
	return CACHE_DAMAGED;
}

enum cache_status
cache_get(struct cache *c, const char *domain, size_t len, struct entry *entry)
{
	MDB_val value;
	enum cache_status status = get_record(c, domain, len, &value);

	if (status != CACHE_HIT)
		return status;
	return judge(
	    c, domain, len, entry_decode(value.mv_data, value.mv_size, entry));
}

enum cache_status
cache_get_known(
    struct cache *c, const char *domain, size_t len, struct entry_known *known)
{
	MDB_val value;
	enum cache_status status = get_record(c, domain, len, &value);

	if (status != CACHE_HIT)
		return status;
	return judge(c, domain, len,
	    entry_decode_known(value.mv_data, value.mv_size, known));
}

static struct cache_write *
add_write(struct cache *c, const char *domain, const struct entry *entry,
    bool is_amendment, cache_cb *cb, void *arg)
{
	struct cache_write *w = xcalloc(1, sizeof(*w));

	w->domain_len = strlen(domain);
	assert(w->domain_len > 0 && w->domain_len <= DOMAIN_MAX);
	memcpy(w->domain, domain, w->domain_len);
	if (entry != NULL) {
		entry_encode(&w->record, entry);
		w->fetched = entry->state.fetched;
		w->checked = entry->state.checked;
		w->due = refresh_due(&entry->state);
		w->expires = entry->state.expires;
		w->mode = entry->policy.mode;
		w->is_amendment = is_amendment;
	}
	w->cb = cb;
	w->arg = arg;
	cache_writer_add(c->writer, w);
	return w;
}

struct cache_write *
cache_put(struct cache *c, const char *domain, const struct entry *entry,
    cache_cb *cb, void *arg)
{
	return add_write(c, domain, entry, false, cb, arg);
}

void
cache_amend(struct cache *c, const char *domain, const struct entry *entry)
{
	add_write(c, domain, entry, true, NULL, NULL);
}

struct cache_write *
cache_remove(struct cache *c, const char *domain, cache_cb *cb, void *arg)
{
	return add_write(c, domain, NULL, false, cb, arg);
}

void
cache_cancel(struct cache_write *w)
{
	if (w != NULL)
		w->cb = NULL;
}

size_t
cache_due(struct cache *c, int64_t until, const struct cache_due *after,
    struct cache_due *found, size_t max)
{
	struct cache_due_walk walk = { until, after, found, max, 0 };
	int rc = read_begin(c);

	if (rc == 0)
		rc = cache_db_due(&c->db, c->reader, &walk);
	if (rc != 0)
		log_read_failure(c, "due", strlen("due"), mdb_strerror(rc));
	return walk.count;
}

enum cache_status
cache_list(struct cache *c, const char *after, cache_list_cb *cb, void *arg)
{
	struct cache_walk walk = { .after = after, .cb = cb, .arg = arg };
	bool is_end = false;
	int rc = read_begin(c);

	if (rc == 0)
		rc = cache_db_walk(&c->db, c->reader, &walk, &is_end);
	if (rc == 0)
		return is_end ? CACHE_MISS : CACHE_HIT;
	log_read_failure(c, "list", strlen("list"), mdb_strerror(rc));
	return CACHE_ERROR;
}

void
cache_count(struct cache *c, struct cache_counts *counts)
{
	MDB_envinfo info;

	memset(counts, 0, sizeof(*counts));
	cache_writer_count(c->writer, counts);
	counts->write_reason = c->write_reason;
	counts->is_read_failing = c->read_reason != NULL;
	if (read_begin(c) != 0 || mdb_env_info(c->db.env, &info) != 0)
		return;
	(void)cache_db_counts(&c->db, c->reader, counts->by_mode);
	counts->bytes = (info.me_last_pgno + 1) * c->db.page_bytes;
}

const char *
cache_library_version(void)
{
	return mdb_version(NULL, NULL, NULL);
}
