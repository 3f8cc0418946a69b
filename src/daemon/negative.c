/* SPDX-License-Identifier: ISC */
/*
 * A hash table of chains and a list by last use. An entry holds only what a
 * state without a policy has, so that 32,768 of them take about 6 MB.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "base/hash.h"
#include "base/xmalloc.h"
#include "daemon/negative.h"

struct negative {
	LIST_ENTRY(negative) chain;
	TAILQ_ENTRY(negative) used;
	uint64_t hash;
	int64_t checked;
	int64_t next_check;
	int64_t failed_at;
	int64_t retry_at;
	uint32_t txt_failures;
	uint32_t failures;
	uint32_t other_failures;
	int64_t other_retry_at;
	char *failed_id; /* NULL: "" */
	char *other_id;
	unsigned char reason;
	unsigned char domain_len;
	char domain[];
};

LIST_HEAD(negative_chain, negative);
TAILQ_HEAD(negative_list, negative);

struct negatives {
	struct negative_chain *chain;
	size_t mask;
	size_t max;
	size_t count;
	uint64_t seed;
	struct negative_list used; /* last: asked for last */
};

struct negatives *
negatives_new(size_t max)
{
	struct negatives *n = xcalloc(1, sizeof(*n));
	size_t size = 1;

	assert(max > 0);
	while (size < max)
		size *= 2;
	n->chain = xcalloc(size, sizeof(*n->chain));
	n->mask = size - 1;
	n->max = max;
	n->seed = hash_seed();
	TAILQ_INIT(&n->used);
	return n;
}

static void
drop(struct negatives *n, struct negative *entry)
{
	LIST_REMOVE(entry, chain);
	TAILQ_REMOVE(&n->used, entry, used);
	n->count--;
	free(entry->failed_id);
	free(entry->other_id);
	free(entry);
}

void
negatives_free(struct negatives *n)
{
	if (n == NULL)
		return;
	while (!TAILQ_EMPTY(&n->used))
		drop(n, TAILQ_FIRST(&n->used));
	free(n->chain);
	free(n);
}

static struct negative *
find(struct negatives *n, const char *domain, size_t len, uint64_t hash)
{
	struct negative *entry;

	LIST_FOREACH(entry, &n->chain[hash & n->mask], chain)
	{
		if (entry->hash == hash && entry->domain_len == len &&
		    memcmp(entry->domain, domain, len) == 0)
			return entry;
	}
	return NULL;
}

/* Most have none: they cost a pointer. */
static char *
keep_id(const char *id)
{
	return *id != '\0' ? xstrdup(id) : NULL;
}

static void
copy_id(char to[STS_ID_MAX + 1], const char *id)
{
	if (id != NULL)
		memcpy(to, id, strlen(id) + 1);
}

bool
negatives_get(struct negatives *n, const char *domain, size_t len,
    struct refresh_state *out)
{
	struct negative *entry;

	entry = find(n, domain, len, hash_bytes(n->seed, domain, len));
	if (entry == NULL)
		return false;
	TAILQ_REMOVE(&n->used, entry, used);
	TAILQ_INSERT_TAIL(&n->used, entry, used);
	*out = (struct refresh_state){
		.checked = entry->checked,
		.next_check = entry->next_check,
		.failed_at = entry->failed_at,
		.retry_at = entry->retry_at,
		.txt_failures = entry->txt_failures,
		.failures = entry->failures,
		.other_failures = entry->other_failures,
		.other_retry_at = entry->other_retry_at,
		.reason = (enum sts_reason)entry->reason,
	};
	copy_id(out->failed_id, entry->failed_id);
	copy_id(out->other_id, entry->other_id);
	return true;
}

void
negatives_put(struct negatives *n, const char *domain, size_t len,
    const struct refresh_state *state)
{
	struct negative *entry;

	assert(state->fetched == 0 && len <= UINT8_MAX);
	negatives_remove(n, domain, len);
	if (n->count >= n->max)
		drop(n, TAILQ_FIRST(&n->used));
	entry = xcalloc(1, sizeof(*entry) + len);
	entry->hash = hash_bytes(n->seed, domain, len);
	entry->checked = state->checked;
	entry->next_check = state->next_check;
	entry->failed_at = state->failed_at;
	entry->retry_at = state->retry_at;
	entry->txt_failures = state->txt_failures;
	entry->failures = state->failures;
	entry->other_failures = state->other_failures;
	entry->other_retry_at = state->other_retry_at;
	entry->reason = (unsigned char)state->reason;
	entry->failed_id = keep_id(state->failed_id);
	entry->other_id = keep_id(state->other_id);
	entry->domain_len = (unsigned char)len;
	memcpy(entry->domain, domain, len);
	LIST_INSERT_HEAD(&n->chain[entry->hash & n->mask], entry, chain);
	TAILQ_INSERT_TAIL(&n->used, entry, used);
	n->count++;
}

void
negatives_remove(struct negatives *n, const char *domain, size_t len)
{
	struct negative *entry;

	entry = find(n, domain, len, hash_bytes(n->seed, domain, len));
	if (entry != NULL)
		drop(n, entry);
}

size_t
negatives_drop(struct negatives *n, size_t max)
{
	size_t dropped;

	for (dropped = 0; dropped < max && n->count > 0; dropped++)
		drop(n, TAILQ_FIRST(&n->used));
	return dropped;
}

size_t
negatives_count(const struct negatives *n)
{
	return n->count;
}
