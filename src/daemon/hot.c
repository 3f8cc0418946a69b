/* SPDX-License-Identifier: ISC */
/*
 * Four places a request. One is taken over only by a request offered twice in a
 * row, in turn, from one that has not been asked for lately (the clock
 * algorithm): a flood of cold names leaves the hot ones alone, and copies
 * nothing. A long reply takes two. Who holds the places stands apart from what
 * they hold: what asks for a cold one does not leave the processor's cache. A
 * domain's epoch is shared with those of the same hash; forgetting too much
 * costs a look-up.
 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/xmalloc.h"
#include "daemon/hot.h"

#define SETS        4096u /* a power of two; 4 MiB with all they hold */
#define PLACES      4
#define PLACE_BYTES 224 /* a 3.10 reply of two short MX names fits in two */
#define EPOCHS      4096u
#define SCORE_MAX   4

/* An even place and the next are one, with the even one's number, when long. */
struct set {
	uint32_t tag[PLACES]; /* of the request */
	uint32_t candidate; /* the tag of who was offered last */
	unsigned char turn; /* whose it is to be given up */
	unsigned char score[PLACES]; /* how often asked for, of late */
	unsigned char kind[PLACES]; /* index of its counter */
	bool is_long[PLACES / 2];
};

struct slot {
	int64_t until;
	uint32_t epoch;
	uint16_t domain; /* index of its epoch */
	uint16_t request_len, reply_len; /* no reply: empty */
};

struct hot {
	uint64_t seed;
	uint64_t *counter;
	uint64_t unread[UCHAR_MAX + 1]; /* when nobody counts */
	uint32_t epoch[EPOCHS];
	struct set set[SETS];
	struct slot slot[SETS][PLACES];
	char bytes[SETS][PLACES * PLACE_BYTES]; /* request, then reply */
};

struct hot *
hot_new(void)
{
	struct hot *h = xcalloc(1, sizeof(*h));

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
	free(h);
}

struct hot_request
hot_request(const struct hot *h, const char *bytes, size_t len)
{
	return (
	    struct hot_request){ bytes, len, hash_bytes(h->seed, bytes, len) };
}

static uint32_t
tag_of(const struct hot_request *r)
{
	return (uint32_t)(r->hash >> 32);
}

static size_t
set_of(const struct hot_request *r)
{
	return r->hash % SETS;
}

static char *
bytes_of(struct hot *h, size_t set, size_t place)
{
	return h->bytes[set] + place * PLACE_BYTES;
}

/* Where the request is; PLACES: nowhere. */
static size_t
find(struct hot *h, const struct hot_request *r)
{
	size_t i, n = set_of(r);
	const struct set *set = &h->set[n];

	for (i = 0; i < PLACES; i++) {
		if (set->tag[i] == tag_of(r) &&
		    h->slot[n][i].request_len == r->len &&
		    memcmp(bytes_of(h, n, i), r->bytes, r->len) == 0)
			break;
	}
	return i;
}

bool
hot_get(
    struct hot *h, const struct hot_request *r, int64_t now, struct buf *out)
{
	size_t n = set_of(r), i = find(h, r);
	struct set *set = &h->set[n];
	const struct slot *s;

	if (i == PLACES)
		return false;
	s = &h->slot[n][i];
	if (s->reply_len == 0 || now >= s->until ||
	    s->epoch != h->epoch[s->domain])
		return false;
	if (set->score[i] < SCORE_MAX)
		set->score[i]++;
	h->counter[set->kind[i]]++;
	buf_put(out, bytes_of(h, n, i) + r->len, s->reply_len);
	return true;
}

static void
vacate(struct hot *h, size_t n, size_t i)
{
	h->set[n].score[i] = 0;
	h->slot[n][i].request_len = h->slot[n][i].reply_len = 0;
	h->set[n].is_long[i / 2] = false;
}

/*
 * The place whose turn it is, for a long one the first of two; PLACES when it
 * was asked for of late: then another's turn is next.
 */
static size_t
give_up(struct hot *h, const struct hot_request *r, bool is_long)
{
	struct set *set = &h->set[set_of(r)];
	bool is_known = set->candidate == tag_of(r), is_used = false;
	bool is_pair = is_long || set->is_long[set->turn / 2];
	size_t i, first = set->turn, last = first;

	if (is_pair) {
		first &= ~(size_t)1;
		last = first + 1;
	}
	for (i = first; i <= last; i++) {
		if (set->score[i] > 0) {
			set->score[i]--;
			is_used = true;
		}
	}
	if (is_used)
		set->turn = (unsigned char)((last + 1) % PLACES);
	set->candidate = tag_of(r);
	return is_known && !is_used ? first : PLACES;
}

void
hot_put(struct hot *h, const struct hot_offer *o)
{
	const struct hot_request *r = &o->request;
	bool is_long = r->len + o->reply_len > PLACE_BYTES;
	size_t n = set_of(r), i = find(h, r);
	struct set *set = &h->set[n];
	struct slot *s;

	if (r->len + o->reply_len > 2 * PLACE_BYTES)
		return;
	/* It was there: this reply is newer. */
	if (i < PLACES && set->is_long[i / 2] != is_long) {
		vacate(h, n, i);
		i = PLACES;
	}
	if (i == PLACES)
		i = give_up(h, r, is_long);
	if (i == PLACES)
		return;
	vacate(h, n, i);
	if (is_long)
		vacate(h, n, i + 1);
	set->is_long[i / 2] = is_long;
	set->tag[i] = tag_of(r);
	set->kind[i] = o->kind;
	set->score[i] = 1;
	s = &h->slot[n][i];
	s->domain =
	    (uint16_t)(hash_bytes(h->seed, o->domain, o->domain_len) % EPOCHS);
	s->epoch = h->epoch[s->domain];
	s->request_len = (uint16_t)r->len;
	s->reply_len = (uint16_t)o->reply_len;
	s->until = o->until;
	memcpy(bytes_of(h, n, i), r->bytes, r->len);
	memcpy(bytes_of(h, n, i) + r->len, o->reply, o->reply_len);
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
