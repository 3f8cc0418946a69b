/* SPDX-License-Identifier: ISC */
/*
 * A request belongs to one set: 1 KiB, where entries of any length lie one
 * behind the other, in the order they came; when one leaves, those behind it
 * close up. An entry comes in when its request was one of the last two that
 * were offered to its set, and room is made, in turn, only by those that have
 * not been asked for lately (the clock algorithm): a flood of cold names leaves
 * the hot ones alone, and copies nothing. What tells that a request is not
 * there is the first cache line of its set. A domain's epoch is shared with
 * those of the same hash; forgetting too much costs a look-up.
 */
#include <assert.h>
#include <endian.h>
#include <limits.h>
#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/xmalloc.h"
#include "daemon/hot.h"

#define SETS          4096u /* a power of two; 4 MiB with all they hold */
#define SET_BYTES     1024
#define PLACES        16
#define UNIT_BYTES    4u /* what an entry's place and length are counted in */
#define ARENA_UNITS   241u
#define ENTRY_UNITS   (ARENA_UNITS / 2) /* at most; a set holds two of them */
#define EPOCHS        4096u
#define SCORE_MAX     4
#define CANDIDATES    2
#define EACH_BYTE     UINT64_C(0x0101010101010101)
#define EACH_HIGH_BIT UINT64_C(0x8080808080808080)

struct entry {
	uint32_t until; /* s */
	uint32_t epoch;
	uint16_t domain; /* index of its epoch */
	uint16_t request_len, reply_len;
	unsigned char kind; /* index of its counter */
	char bytes[]; /* request, then reply */
};

/* The first `count` of each array. */
struct set {
	alignas(64) unsigned char tag[PLACES]; /* of the request */
	unsigned char score[PLACES]; /* how often asked for, of late */
	unsigned char start[PLACES]; /* in the arena, units; ascending */
	unsigned char count, used; /* entries, and units of the arena */
	unsigned char turn; /* whose it is to be given up */
	uint32_t candidate[CANDIDATES]; /* who was offered last, by its hash */
	alignas(struct entry) char arena[ARENA_UNITS * UNIT_BYTES];
};

static_assert(sizeof(struct set) == SET_BYTES, "whole cache lines");
static_assert(UNIT_BYTES % alignof(struct entry) == 0, "units of the arena");
static_assert(ARENA_UNITS <= UCHAR_MAX, "units are counted in a byte");

struct hot {
	struct set set[SETS];
	void *memory; /* it lies there, aligned */
	uint64_t seed;
	uint64_t *counter;
	uint64_t unread[UCHAR_MAX + 1]; /* when nobody counts */
	uint32_t epoch[EPOCHS];
};

static_assert(sizeof(struct hot) <= 4 * 1024 * 1024 + 32 * 1024, "4 MiB");

/* Not all of it is touched at once: what is used of it grows. */
struct hot *
hot_new(void)
{
	char *memory = xcalloc(1, sizeof(struct hot) + alignof(struct hot));
	size_t off = (uintptr_t)memory % alignof(struct hot);
	struct hot *h = (void *)(memory + alignof(struct hot) - off);

	h->memory = memory;
	h->seed = hash_seed();
	h->counter = h->unread;
	return h;
}

void
hot_set_counters(struct hot *h, uint64_t *counter)
{
	h->counter = counter != NULL ? counter : h->unread;
}

void
hot_free(struct hot *h)
{
	if (h != NULL)
		free(h->memory);
}

struct hot_request
hot_request(const struct hot *h, const char *bytes, size_t len)
{
	return (struct hot_request){ bytes, len,
		hash_bytes(h->seed, bytes, len), false };
}

static unsigned char
tag_of(const struct hot_request *r)
{
	return (unsigned char)(r->hash >> 56);
}

static struct set *
set_of(struct hot *h, const struct hot_request *r)
{
	return &h->set[r->hash % SETS];
}

static struct entry *
entry_of(struct set *set, size_t place)
{
	return (void *)(set->arena + set->start[place] * UNIT_BYTES);
}

/*
 * The high bit of each of the eight bytes that is the tag, and now and then of
 * one behind such a byte.
 */
static uint64_t
same_bytes(const unsigned char *bytes, unsigned char tag)
{
	uint64_t v;

	memcpy(&v, bytes, sizeof(v));
	v = le64toh(v) ^ tag * EACH_BYTE;
	return (v - EACH_BYTE) & ~v & EACH_HIGH_BIT;
}

/* Where the request is; PLACES: nowhere. */
static size_t
find(struct set *set, const struct hot_request *r)
{
	const struct entry *e;
	size_t i, from;
	uint64_t same;

	for (from = 0; from < PLACES; from += sizeof(same)) {
		same = same_bytes(set->tag + from, tag_of(r));
		for (; same != 0; same &= same - 1) {
			i = from + (size_t)__builtin_ctzll(same) / CHAR_BIT;
			e = entry_of(set, i);
			if (i < set->count && e->request_len == r->len &&
			    memcmp(e->bytes, r->bytes, r->len) == 0)
				return i;
		}
	}
	return PLACES;
}

void
hot_expect(struct hot *h, const struct hot_request *r)
{
	__builtin_prefetch(set_of(h, r));
}

bool
hot_get(struct hot *h, struct hot_request *r, int64_t now, struct buf *out)
{
	struct set *set = set_of(h, r);
	size_t i = find(set, r);
	const struct entry *e;

	r->is_absent = i == PLACES;
	if (r->is_absent)
		return false;
	e = entry_of(set, i);
	if (now >= e->until || e->epoch != h->epoch[e->domain])
		return false;
	if (set->score[i] < SCORE_MAX)
		set->score[i]++;
	h->counter[e->kind]++;
	buf_put(out, e->bytes + r->len, e->reply_len);
	return true;
}

/* The entry leaves, those behind it close up. */
static void
leave(struct set *set, size_t i)
{
	size_t behind = set->count - i - 1;
	size_t start = set->start[i];
	size_t end = behind > 0 ? set->start[i + 1] : set->used;

	memmove(set->arena + start * UNIT_BYTES, set->arena + end * UNIT_BYTES,
	    (set->used - end) * UNIT_BYTES);
	set->used = (unsigned char)(set->used - (end - start));
	set->count--;
	memmove(set->tag + i, set->tag + i + 1, behind);
	memmove(set->score + i, set->score + i + 1, behind);
	for (; i < set->count; i++)
		set->start[i] =
		    (unsigned char)(set->start[i + 1] - (end - start));
}

/*
 * Is there room for so many units, for who may come in? Entries are given up
 * for it, until one was asked for of late: then another's turn is next.
 */
static bool
has_room(struct set *set, size_t units, bool may_come)
{
	while (set->count == PLACES || set->used + units > ARENA_UNITS) {
		if (set->turn >= set->count)
			set->turn = 0;
		if (set->score[set->turn] > 0) {
			set->score[set->turn++]--;
			return false;
		}
		if (!may_come)
			return false;
		leave(set, set->turn);
	}
	return may_come;
}

/* Was it offered before? From now on it was. */
static bool
is_candidate(struct set *set, uint32_t hash)
{
	if (set->candidate[0] == hash || set->candidate[1] == hash)
		return true;
	set->candidate[1] = set->candidate[0];
	set->candidate[0] = hash;
	return false;
}

/* As an entry can tell it: never later. */
static uint32_t
until_of(const struct hot_offer *o)
{
	if (o->until < 0)
		return 0;
	return o->until < UINT32_MAX ? (uint32_t)o->until : UINT32_MAX;
}

void
hot_put(struct hot *h, const struct hot_offer *o)
{
	const struct hot_request *r = &o->request;
	size_t bytes = offsetof(struct entry, bytes) + r->len + o->reply_len;
	size_t units = (bytes + UNIT_BYTES - 1) / UNIT_BYTES;
	struct set *set = set_of(h, r);
	size_t i = r->is_absent ? PLACES : find(set, r);
	struct entry *e;
	bool may_come;

	/* It was there: this reply is newer. */
	if (i < PLACES)
		leave(set, i);
	if (units > ENTRY_UNITS)
		return;
	may_come = i < PLACES || is_candidate(set, (uint32_t)(r->hash >> 32));
	if (!has_room(set, units, may_come))
		return;
	i = set->count++;
	set->tag[i] = tag_of(r);
	set->score[i] = 1;
	set->start[i] = set->used;
	set->used = (unsigned char)(set->used + units);
	e = entry_of(set, i);
	e->domain =
	    (uint16_t)(hash_bytes(h->seed, o->domain, o->domain_len) % EPOCHS);
	e->epoch = h->epoch[e->domain];
	e->until = until_of(o);
	e->request_len = (uint16_t)r->len;
	e->reply_len = (uint16_t)o->reply_len;
	e->kind = o->kind;
	memcpy(e->bytes, r->bytes, r->len);
	memcpy(e->bytes + r->len, o->reply, o->reply_len);
}

void
hot_forget(struct hot *h, const char *domain, size_t len)
{
	h->epoch[hash_bytes(h->seed, domain, len) % EPOCHS]++;
}

void
hot_clear(struct hot *h)
{
	size_t i;

	for (i = 0; i < EPOCHS; i++)
		h->epoch[i]++;
}
