/* SPDX-License-Identifier: ISC */
/*
 * One place a request, taken over only by one offered twice in a row, from one
 * that has not been asked for lately: a flood of cold names leaves the hot ones
 * alone, and copies nothing. A domain's epoch is
 * shared with those of the same hash; forgetting too much costs a look-up.
 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/xmalloc.h"
#include "daemon/hot.h"

#define SLOTS      8192u /* a power of two; 4 MB with their bytes */
#define SLOT_BYTES 484 /* a 3.10 reply of two MX hosts fits */
#define EPOCHS     4096u
#define SCORE_MAX  4

struct slot {
	int64_t until;
	uint32_t tag; /* of the request */
	uint32_t candidate; /* the tag of who was offered last */
	uint32_t epoch;
	uint16_t request_len, reply_len; /* no reply: empty */
	uint16_t domain; /* index of its epoch */
	unsigned char score;
	unsigned char kind; /* index of its counter */
	char bytes[SLOT_BYTES]; /* request, then reply */
};

struct hot {
	uint64_t seed; /* strangers choose the names */
	uint64_t *counter;
	uint64_t unread[UCHAR_MAX + 1]; /* when nobody counts */
	uint32_t epoch[EPOCHS];
	struct slot slot[SLOTS];
};

/* Eight bytes a step. */
static uint64_t
hash(const struct hot *h, const char *p, size_t len)
{
	uint64_t v, x = h->seed ^ len;

	for (; len >= sizeof(v); p += sizeof(v), len -= sizeof(v)) {
		memcpy(&v, p, sizeof(v));
		x = (x ^ v) * UINT64_C(0x9e3779b97f4a7c15);
		x ^= x >> 29;
	}
	v = 0;
	memcpy(&v, p, len);
	x = (x ^ v) * UINT64_C(0x9e3779b97f4a7c15);
	return x ^ x >> 32;
}

struct hot *
hot_new(void)
{
	struct hot *h = xcalloc(1, sizeof(*h));

	arc4random_buf(&h->seed, sizeof(h->seed));
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
	return (struct hot_request){ bytes, len, hash(h, bytes, len) };
}

static uint32_t
tag_of(const struct hot_request *r)
{
	return (uint32_t)(r->hash >> 32);
}

static bool
is_same(const struct slot *s, const struct hot_request *r)
{
	return s->tag == tag_of(r) && s->request_len == r->len &&
	    memcmp(s->bytes, r->bytes, r->len) == 0;
}

bool
hot_get(
    struct hot *h, const struct hot_request *r, int64_t now, struct buf *out)
{
	struct slot *s = &h->slot[r->hash % SLOTS];

	if (!is_same(s, r) || s->reply_len == 0 || now >= s->until ||
	    s->epoch != h->epoch[s->domain])
		return false;
	if (s->score < SCORE_MAX)
		s->score++;
	h->counter[s->kind]++;
	buf_put(out, s->bytes + r->len, s->reply_len);
	return true;
}

/* Is it the place's turn to change hands? */
static bool
is_due(struct slot *s, const struct hot_request *r)
{
	bool is_known = s->candidate == tag_of(r);

	s->candidate = tag_of(r);
	if (is_same(s, r))
		return true;
	if (s->score > 0)
		s->score--;
	return is_known && s->score == 0;
}

void
hot_put(struct hot *h, const struct hot_offer *o)
{
	const struct hot_request *r = &o->request;
	struct slot *s = &h->slot[r->hash % SLOTS];

	if (r->len + o->reply_len > SLOT_BYTES || !is_due(s, r))
		return;
	s->tag = tag_of(r);
	s->domain = (uint16_t)(hash(h, o->domain, o->domain_len) % EPOCHS);
	s->epoch = h->epoch[s->domain];
	s->request_len = (uint16_t)r->len;
	s->reply_len = (uint16_t)o->reply_len;
	s->until = o->until;
	s->kind = o->kind;
	s->score = 1;
	memcpy(s->bytes, r->bytes, r->len);
	memcpy(s->bytes + r->len, o->reply, o->reply_len);
}

void
hot_forget(struct hot *h, const char *domain, size_t len)
{
	h->epoch[hash(h, domain, len) % EPOCHS]++;
}

void
hot_clear(struct hot *h)
{
	size_t i;

	for (i = 0; i < EPOCHS; i++)
		h->epoch[i]++;
}
