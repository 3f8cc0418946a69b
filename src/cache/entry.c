/* SPDX-License-Identifier: ISC */
/* Writing a record: cache/entryformat.h. */
#include <assert.h>
#include <endian.h>
#include <string.h>

#include "cache/entryformat.h"

/* Seven bits a byte, lowest first; the top bit says that more follow. */
static void
put_uint(struct buf *b, uint64_t v)
{
	for (; v >= 0x80; v >>= 7)
		buf_putc(b, (char)(v | 0x80));
	buf_putc(b, (char)v);
}

/* v as its distance from a number near it; wraps, so any two will do. */
static void
put_near(struct buf *b, int64_t v, int64_t near)
{
	uint64_t d = (uint64_t)v - (uint64_t)near;

	put_uint(b, d << 1 ^ (0 - (d >> 63)));
}

static void
put_hash(struct buf *b, uint64_t v)
{
	v = htole64(v);
	buf_put(b, &v, sizeof(v));
}

static void
put_id(struct buf *b, const char *id)
{
	size_t len = strnlen(id, STS_ID_MAX);

	buf_putc(b, (char)len);
	buf_put(b, id, len);
}

static bool
has_failed(const struct refresh_state *s)
{
	return s->failed_id[0] != '\0' || s->failed_at != 0 ||
	    s->retry_at != 0 || s->failures != 0;
}

static bool
has_other_failed(const struct refresh_state *s)
{
	return s->other_id[0] != '\0' || s->other_retry_at != 0 ||
	    s->other_failures != 0;
}

static unsigned int
flags_of(const struct entry *e)
{
	const struct refresh_state *s = &e->state;

	return (s->is_last_try_used ? FLAG_LAST_TRY : 0) |
	    (has_failed(s) ? FLAG_FAILED : 0) |
	    (s->is_expiry_told ? FLAG_EXPIRY_TOLD : 0) |
	    (has_other_failed(s) ? FLAG_OTHER_FAILED : 0) |
	    (unsigned int)s->mode << STATE_MODE_SHIFT |
	    (unsigned int)e->policy.mode << POLICY_MODE_SHIFT;
}

/* Near which number each is: a zero distance is one byte. */
static void
put_numbers(struct buf *b, const struct entry *e)
{
	const struct refresh_state *s = &e->state;

	put_near(b, s->fetched, 0);
	put_near(b, s->max_age, 0);
	put_near(b, s->expires,
	    (int64_t)((uint64_t)s->fetched + (uint64_t)s->max_age));
	put_near(b, s->next_refresh, s->fetched);
	put_near(b, refresh_due(s), s->next_refresh);
	put_near(b, s->checked, s->fetched);
	put_near(b, s->next_check, s->checked);
	put_near(b, e->first_seen, s->fetched);
	put_near(b, e->used_day, s->fetched / DAY_S);
	put_near(b, e->policy.max_age, s->max_age);
	put_uint(b, s->refetches);
	put_uint(b, s->txt_failures);
	put_uint(b, s->reason);
}

static void
put_past(struct buf *b, const struct entry *e, const struct entry_past *past)
{
	bool is_same = strcmp(past->id, e->state.id) == 0;

	buf_putc(b, (char)(past->mode | (is_same ? PAST_SAME_ID : 0)));
	put_near(b, past->seen, e->state.fetched);
	if (!is_same)
		put_id(b, past->id);
	put_hash(b, past->body_hash);
	put_hash(b, past->mx_hash);
}

void
entry_encode(struct buf *b, const struct entry *e)
{
	const struct refresh_state *s = &e->state;
	unsigned int flags = flags_of(e);
	uint16_t format =
	    htole16(e->dane_len > 0 ? ENTRY_FORMAT_DANE : ENTRY_FORMAT);
	size_t start = b->len, i;

	assert(e->past_count <= ENTRY_HISTORY_MAX);
	assert(e->policy.text_len <= STS_POLICY_MAX_BYTES);
	assert(e->dane_len <= ENTRY_DANE_MAX_BYTES);
	buf_put(b, &format, sizeof(format));
	buf_putc(b, (char)flags);
	put_numbers(b, e);
	put_id(b, s->id);
	if (flags & FLAG_FAILED) {
		put_id(b, s->failed_id);
		put_near(b, s->failed_at, s->fetched);
		put_near(b, s->retry_at, s->failed_at);
		put_uint(b, s->failures);
	}
	if (flags & FLAG_OTHER_FAILED) {
		put_id(b, s->other_id);
		put_near(b, s->other_retry_at, s->fetched);
		put_uint(b, s->other_failures);
	}
	put_uint(b, e->past_count);
	put_uint(b, e->policy.mx.count);
	put_uint(b, e->policy.mx.len);
	put_uint(b, e->policy.text_len);
	for (i = 0; i < e->past_count; i++)
		put_past(b, e, &e->past[i]);
	if (e->dane_len > 0) {
		put_uint(b, e->dane_len);
		buf_put(b, e->dane, e->dane_len);
	}
	buf_put(b, e->policy.mx.names, e->policy.mx.len);
	buf_put(b, e->policy.text, e->policy.text_len);
	put_hash(b, entry_hash(b->data + start, b->len - start));
}
