/* SPDX-License-Identifier: ISC */
/*
 * One place a request, taken over only by one offered twice in a row, from one
 * that has not been asked for lately: a flood of cold names leaves the hot ones
 * alone, and copies nothing. Who holds a place stands apart from what it holds:
 * what asks for a cold one does not leave the processor's cache. A domain's
 * epoch is shared with those of the same hash; forgetting too much costs a
 * look-up.
 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/xmalloc.h"
#include "daemon/hot.h"

#define SLOTS      8192u /* a power of two; 4 MB with their bytes */
#define SLOT_BYTES 494 /* a 3.10 reply of two MX hosts fits */
#define EPOCHS     4096u
#define SCORE_MAX  4

struct place {
	uint32_t tag; /* of the request */
	uint16_t candidate; /* some of the tag of who was offered last */
	unsigned char score;
	unsigned char kind; /* index of its counter */
};

struct slot {
	int64_t until;
	uint32_t epoch;
	uint16_t domain; /* index of its epoch */
	uint16_t request_len, reply_len; /* no reply: empty */
	char bytes[SLOT_BYTES]; /* request, then reply */
};

struct hot {
	uint64_t seed;
	uint64_t *counter;
	uint64_t unread[UCHAR_MAX + 1]; /* when nobody counts */
	uint32_t epoch[EPOCHS];
	struct place place[SLOTS];
	struct slot slot[SLOTS];
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
	return (struct hot_request){ bytes, len, hash_bytes(h->seed, bytes, len) };
}

static uint32_t
tag_of(const struct hot_request *r)
{
	return (uint32_t)(r->hash >> 32);
}

static size_t
index_of(const struct hot_request *r)
{
	return r->hash % SLOTS;
}

static bool
is_same(const struct hot *h, const struct hot_request *r)
{
	const struct slot *s = &h->slot[index_of(r)];

	return h->place[index_of(r)].tag == tag_of(r) &&
	    s->request_len == r->len && memcmp(s->bytes, r->bytes, r->len) == 0;
}

bool
hot_get(
    struct hot *h, const struct hot_request *r, int64_t now, struct buf *out)
{
	struct place *p = &h->place[index_of(r)];
	const struct slot *s = &h->slot[index_of(r)];

	if (!is_same(h, r) || s->reply_len == 0 || now >= s->until ||
	    s->epoch != h->epoch[s->domain])
		return false;
	if (p->score < SCORE_MAX)
		p->score++;
	h->counter[p->kind]++;
	buf_put(out, s->bytes + r->len, s->reply_len);
	return true;
}

/* Is it the place's turn to change hands? */
static bool
is_due(struct hot *h, const struct hot_request *r)
{
	struct place *p = &h->place[index_of(r)];
	uint16_t candidate = (uint16_t)tag_of(r);
	bool is_known = p->candidate == candidate;

	p->candidate = candidate;
	if (is_same(h, r))
		return true;
	if (p->score > 0)
		p->score--;
	return is_known && p->score == 0;
}

void
hot_put(struct hot *h, const struct hot_offer *o)
{
	const struct hot_request *r = &o->request;
	struct place *p = &h->place[index_of(r)];
	struct slot *s = &h->slot[index_of(r)];

	if (r->len + o->reply_len > SLOT_BYTES || !is_due(h, r))
		return;
	p->tag = tag_of(r);
	p->kind = o->kind;
	p->score = 1;
	s->domain = (uint16_t)(
	    hash_bytes(h->seed, o->domain, o->domain_len) % EPOCHS);
	s->epoch = h->epoch[s->domain];
	s->request_len = (uint16_t)r->len;
	s->reply_len = (uint16_t)o->reply_len;
	s->until = o->until;
	memcpy(s->bytes, r->bytes, r->len);
	memcpy(s->bytes + r->len, o->reply, o->reply_len);
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
