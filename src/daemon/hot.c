/* SPDX-License-Identifier: ISC */
/*
 * One place a request, taken over only from one that has not been asked for
 * lately: a flood of cold names leaves the hot ones alone. A domain's epoch is
 * shared with those of the same hash; forgetting too much costs a look-up.
 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/xmalloc.h"
#include "daemon/hot.h"

#define SLOTS      8192u /* a power of two; 4 MB with their bytes */
#define SLOT_BYTES 480 /* a 3.10 reply of two MX hosts fits */
#define EPOCHS     4096u
#define SCORE_MAX  4

struct slot {
	uint32_t tag; /* of the request; with score 0: empty */
	uint32_t epoch;
	uint32_t domain; /* index of its epoch */
	uint16_t request_len, reply_len;
	int64_t until;
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

static bool
is_same(const struct slot *s, const char *request, size_t len, uint64_t x)
{
	return s->tag == (uint32_t)(x >> 32) && s->request_len == len &&
	    memcmp(s->bytes, request, len) == 0;
}

bool
hot_get(struct hot *h, const char *request, size_t len, int64_t now,
    struct buf *out)
{
	uint64_t x = hash(h, request, len);
	struct slot *s = &h->slot[x % SLOTS];

	if (s->score == 0 || !is_same(s, request, len, x) || now >= s->until ||
	    s->epoch != h->epoch[s->domain])
		return false;
	if (s->score < SCORE_MAX)
		s->score++;
	h->counter[s->kind]++;
	buf_put(out, s->bytes + len, s->reply_len);
	return true;
}

void
hot_put(struct hot *h, const struct hot_offer *o)
{
	uint64_t x;
	struct slot *s;

	if (o->request_len + o->reply_len > SLOT_BYTES)
		return;
	x = hash(h, o->request, o->request_len);
	s = &h->slot[x % SLOTS];
	if (s->score > 0 && !is_same(s, o->request, o->request_len, x) &&
	    --s->score > 0)
		return;
	s->tag = (uint32_t)(x >> 32);
	s->domain = (uint32_t)hash(h, o->domain, o->domain_len) % EPOCHS;
	s->epoch = h->epoch[s->domain];
	s->request_len = (uint16_t)o->request_len;
	s->reply_len = (uint16_t)o->reply_len;
	s->until = o->until;
	s->kind = o->kind;
	s->score = 1;
	memcpy(s->bytes, o->request, o->request_len);
	memcpy(s->bytes + o->request_len, o->reply, o->reply_len);
}

void
hot_forget(struct hot *h, const char *domain, size_t len)
{
	h->epoch[(uint32_t)hash(h, domain, len) % EPOCHS]++;
}
