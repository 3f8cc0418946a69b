/* SPDX-License-Identifier: ISC */
/*
 * LMDB has no checksums of its own: a page that was overwritten is found by
 * what it holds, and who follows a bad page may die of it. So a child goes
 * first.
 */
#include <string.h>

#include "cache/reading.h"

struct verify {
	struct cache_reader *reader;
	cache_fault_cb *cb;
	void *arg;
	struct cache_verified *seen;
	uint64_t due; /* records that have a key in the index */
};

static void
fault(struct verify *v, const char *domain, const char *what)
{
	v->seen->faults++;
	v->cb(domain, what, v->arg);
}

/* Is what is applied what the text says? */
static bool
is_as_written(const struct sts_policy *p)
{
	struct sts_policy_file file = { 0 };
	bool is_same;

	if (sts_policy_parse(p->text, p->text_len, &file, NULL) == -1)
		return false;
	is_same = file.policy.mode == p->mode &&
	    file.policy.max_age == p->max_age &&
	    file.policy.mx.len == p->mx.len &&
	    memcmp(file.policy.mx.names, p->mx.names, p->mx.len) == 0;
	sts_policy_file_clear(&file);
	return is_same;
}

static bool
is_indexed(struct verify *v, const char *domain, int64_t due)
{
	struct cache_due_key bytes;
	MDB_val name = cache_val(domain, strlen(domain)), value;
	MDB_val key = cache_due_key(&bytes, due, &name);

	return mdb_get(v->reader->txn, v->reader->db.due, &key, &value) == 0;
}

static void
verify_record(struct verify *v, const char *domain, const struct entry *e)
{
	char ascii[DOMAIN_MAX + 1];
	size_t len = strlen(domain);

	v->seen->by_mode[e->policy.mode]++;
	if (domain_to_ascii(domain, len, ascii) != len ||
	    strcmp(ascii, domain) != 0)
		fault(v, domain, "the name is no domain's");
	if (!is_as_written(&e->policy))
		fault(v, domain, "what is applied is not what its text says");
	if (e->due <= 0)
		return;
	v->due++;
	if (!is_indexed(v, domain, e->due))
		fault(v, domain, "it is not in the index of due times");
}

static void
verify_counts(struct verify *v)
{
	uint64_t counts[3];
	MDB_stat stat;

	if (!cache_reader_counts(v->reader, counts))
		fault(v, "", "the counts by mode are missing");
	else if (memcmp(counts, v->seen->by_mode, sizeof(counts)) != 0)
		fault(v, "", "the counts by mode are wrong");
	if (mdb_stat(v->reader->txn, v->reader->db.due, &stat) != 0)
		fault(v, "", "the index of due times cannot be read");
	else if (stat.ms_entries != v->due)
		fault(v, "", "the index of due times has strangers in it");
}

void
cache_verify(struct cache_reader *r, cache_fault_cb *cb, void *arg,
    struct cache_verified *seen)
{
	struct verify v = { .reader = r, .cb = cb, .arg = arg, .seen = seen };
	char domain[DOMAIN_MAX + 1];
	enum cache_status status;
	struct entry entry;

	*seen = (struct cache_verified){ 0 };
	if (cache_walk(r->dir, false) != CACHE_SOUND) {
		fault(&v, "", "the file is damaged");
		return;
	}
	while ((status = cache_reader_next(r, domain, &entry)) != CACHE_MISS) {
		seen->records++;
		if (status == CACHE_HIT)
			verify_record(&v, domain, &entry);
		else
			fault(&v, domain, "the record is damaged");
	}
	if (seen->faults == 0)
		verify_counts(&v);
}
