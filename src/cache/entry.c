/* SPDX-License-Identifier: ISC */
/*
 * The bytes of a record. Most numbers are near another one, so they are
 * written as differences, 7 bits a byte; the strings follow as they are.
 *
 *   format (2 bytes), flags (1)
 *   numbers, in the order of put_numbers()
 *   id; with FLAG_FAILED the failed GET, with FLAG_OTHER_FAILED the one
 *   before it
 *   history, newest first
 *   verdicts on DANE, in the format that has them: length, bytes
 *   mx names, text
 *   checksum (8): entry_hash() of all bytes before it
 */
#include <assert.h>
#include <ctype.h>
#include <endian.h>
#include <string.h>

#include "cache/entry.h"

#define FORMAT_BYTES   2
#define CHECKSUM_BYTES 8
#define DAY_S          86400

/* flags */
#define FLAG_LAST_TRY     0x01u
#define FLAG_FAILED       0x02u
#define FLAG_EXPIRY_TOLD  0x40u
#define FLAG_OTHER_FAILED 0x80u
#define STATE_MODE_SHIFT  2
#define POLICY_MODE_SHIFT 4

/* flags of a history item */
#define PAST_SAME_ID 0x04u
#define PAST_UNKNOWN 0xf8u

#define MODE_MASK 0x03u

struct reader {
	const unsigned char *p, *end;
	bool has_dane; /* the format */
	bool is_bad; /* read past the end, or impossible */
};

static uint64_t
load(const void *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return le64toh(v);
}

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

static uint64_t
take_long_uint(struct reader *r)
{
	const unsigned char *p = r->p, *end = r->end;
	unsigned int shift;
	uint64_t v = 0;

	for (shift = 0; shift < 64 && p < end; shift += 7, p++) {
		v |= (uint64_t)(*p & 0x7f) << shift;
		if (*p < 0x80) {
			r->p = p + 1;
			return v;
		}
	}
	r->is_bad = true;
	return 0;
}

static inline uint64_t
take_uint(struct reader *r)
{
	if (r->p < r->end && *r->p < 0x80)
		return *r->p++;
	return take_long_uint(r);
}

static uint64_t
take_uint_max(struct reader *r, uint64_t max)
{
	uint64_t v = take_uint(r);

	if (v <= max)
		return v;
	r->is_bad = true;
	return 0;
}

static inline int64_t
take_near(struct reader *r, int64_t near)
{
	uint64_t d = take_uint(r);

	d = d >> 1 ^ (0 - (d & 1));
	return (int64_t)((uint64_t)near + d);
}

/* n bytes where they are. */
static const char *
take(struct reader *r, size_t n)
{
	const char *p = (const char *)r->p;

	if ((size_t)(r->end - r->p) < n) {
		r->is_bad = true;
		return NULL;
	}
	r->p += n;
	return p;
}

static uint64_t
take_hash(struct reader *r)
{
	const char *p = take(r, sizeof(uint64_t));

	return p != NULL ? load(p) : 0;
}

static void
take_id(struct reader *r, char id[STS_ID_MAX + 1])
{
	size_t i, len = (size_t)take_uint_max(r, STS_ID_MAX);
	const char *p = take(r, len);
	unsigned int odd = 0;

	if (p == NULL)
		return;
	for (i = 0; i < len; i++)
		odd |= !isalnum((unsigned char)p[i]); /* in the C locale */
	if (odd)
		r->is_bad = true;
	memset(id, 0, STS_ID_MAX + 1);
	memcpy(id, p, len);
}

static enum sts_mode
take_mode(struct reader *r, unsigned int bits)
{
	bits &= MODE_MASK;
	if (bits > STS_MODE_ENFORCE) {
		r->is_bad = true;
		return STS_MODE_NONE;
	}
	return (enum sts_mode)bits;
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

/* The numbers that are no concern of an answer. */
struct others {
	int64_t due;
	int64_t first_seen;
};

static inline void
take_numbers(struct reader *r, struct entry_known *known, struct others *others)
{
	struct refresh_state *s = &known->state;
	int64_t max_age;

	s->fetched = take_near(r, 0);
	s->max_age = take_near(r, 0);
	s->expires = take_near(
	    r, (int64_t)((uint64_t)s->fetched + (uint64_t)s->max_age));
	s->next_refresh = take_near(r, s->fetched);
	others->due = take_near(r, s->next_refresh);
	s->checked = take_near(r, s->fetched);
	s->next_check = take_near(r, s->checked);
	others->first_seen = take_near(r, s->fetched);
	known->used_day = take_near(r, s->fetched / DAY_S);
	max_age = take_near(r, s->max_age);
	if (max_age < 0 || max_age > UINT32_MAX)
		r->is_bad = true;
	known->policy.max_age = (uint32_t)max_age;
	s->refetches = (uint32_t)take_uint_max(r, UINT32_MAX);
	s->txt_failures = (uint32_t)take_uint_max(r, UINT32_MAX);
	s->reason =
	    (enum sts_reason)take_uint_max(r, (uint64_t)STS_REASON_COUNT - 1);
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

static void
take_past(
    struct reader *r, const struct refresh_state *s, struct entry_past *past)
{
	unsigned int flags = (unsigned int)take_uint_max(r, UINT8_MAX);

	if (flags & PAST_UNKNOWN)
		r->is_bad = true;
	past->mode = take_mode(r, flags);
	past->seen = take_near(r, s->fetched);
	if (flags & PAST_SAME_ID)
		memcpy(past->id, s->id, sizeof(past->id));
	else
		take_id(r, past->id);
	past->body_hash = take_hash(r);
	past->mx_hash = take_hash(r);
}

static void
skip_past(struct reader *r)
{
	unsigned int flags = (unsigned int)take_uint_max(r, UINT8_MAX);

	(void)take_uint(r);
	if (!(flags & PAST_SAME_ID))
		(void)take(r, (size_t)take_uint_max(r, STS_ID_MAX));
	(void)take(r, 2 * sizeof(uint64_t));
}

static void
take_mx(struct reader *r, struct sts_mxlist *mx)
{
	const char *p, *end, *nul;
	size_t count = 0;

	mx->names = p = take(r, mx->len);
	if (p == NULL)
		return;
	for (end = p + mx->len; p < end; p = nul + 1, count++) {
		nul = memchr(p, '\0', (size_t)(end - p));
		if (nul == NULL || nul == p) {
			r->is_bad = true;
			return;
		}
	}
	if (count != mx->count)
		r->is_bad = true;
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

static void
take_failures(struct reader *r, unsigned int flags, struct refresh_state *s)
{
	memset(s->failed_id, 0, sizeof(s->failed_id));
	memset(s->other_id, 0, sizeof(s->other_id));
	s->failed_at = s->retry_at = s->other_retry_at = 0;
	s->failures = s->other_failures = 0;
	if (flags & FLAG_FAILED) {
		take_id(r, s->failed_id);
		s->failed_at = take_near(r, s->fetched);
		s->retry_at = take_near(r, s->failed_at);
		s->failures = (uint32_t)take_uint_max(r, UINT32_MAX);
	}
	if (flags & FLAG_OTHER_FAILED) {
		take_id(r, s->other_id);
		s->other_retry_at = take_near(r, s->fetched);
		s->other_failures = (uint32_t)take_uint_max(r, UINT32_MAX);
	}
}

/* rest: where all but what is in known goes; NULL: it is passed over. */
static inline void
take_entry(struct reader *r, struct entry_known *known, struct entry *rest)
{
	struct refresh_state *s = &known->state;
	struct sts_policy *policy = &known->policy;
	unsigned int flags = *r->p++;
	struct others others;
	size_t i, past_count, dane_len = 0;
	const char *dane = NULL;

	s->is_last_try_used = (flags & FLAG_LAST_TRY) != 0;
	s->is_expiry_told = (flags & FLAG_EXPIRY_TOLD) != 0;
	s->mode = take_mode(r, flags >> STATE_MODE_SHIFT);
	policy->mode = take_mode(r, flags >> POLICY_MODE_SHIFT);
	take_numbers(r, known, &others);
	take_id(r, s->id);
	take_failures(r, flags, s);
	past_count = (size_t)take_uint_max(r, ENTRY_HISTORY_MAX);
	policy->mx.count = (size_t)take_uint_max(r, STS_POLICY_MAX_BYTES);
	policy->mx.len = (size_t)take_uint_max(r, STS_POLICY_MAX_BYTES);
	policy->text_len = (size_t)take_uint_max(r, STS_POLICY_MAX_BYTES);
	for (i = 0; i < past_count && !r->is_bad; i++) {
		if (rest != NULL)
			take_past(r, s, &rest->past[i]);
		else
			skip_past(r);
	}
	if (r->has_dane) {
		dane_len = (size_t)take_uint_max(r, ENTRY_DANE_MAX_BYTES);
		dane = take(r, dane_len);
	}
	take_mx(r, &policy->mx);
	policy->text = take(r, policy->text_len);
	if (r->p != r->end)
		r->is_bad = true;
	if (rest == NULL)
		return;
	rest->past_count = past_count;
	rest->first_seen = others.first_seen;
	rest->due = others.due;
	rest->dane = dane_len > 0 ? dane : NULL;
	rest->dane_len = dane_len;
}

/* ENTRY_OK: the format is known, the checksum right, r at the flags. */
static enum entry_status
open_record(const void *bytes, size_t len, struct reader *r)
{
	const unsigned char *p = bytes;
	int format;

	if (len < FORMAT_BYTES)
		return ENTRY_DAMAGED;
	format = p[0] | p[1] << 8;
	if (format != ENTRY_FORMAT && format != ENTRY_FORMAT_DANE)
		return ENTRY_FOREIGN;
	if (len < FORMAT_BYTES + 1 + CHECKSUM_BYTES ||
	    load(p + len - CHECKSUM_BYTES) !=
		entry_hash(p, len - CHECKSUM_BYTES))
		return ENTRY_DAMAGED;
	r->p = p + FORMAT_BYTES;
	r->end = p + len - CHECKSUM_BYTES;
	r->has_dane = format == ENTRY_FORMAT_DANE;
	r->is_bad = false;
	return ENTRY_OK;
}

enum entry_status
entry_decode(const void *bytes, size_t len, struct entry *out)
{
	struct reader r;
	struct entry_known known;
	struct entry rest;
	enum entry_status status = open_record(bytes, len, &r);

	if (status != ENTRY_OK)
		return status;
	take_entry(&r, &known, &rest);
	if (r.is_bad)
		return ENTRY_DAMAGED;
	out->state = known.state;
	out->policy = known.policy;
	out->used_day = known.used_day;
	out->first_seen = rest.first_seen;
	out->due = rest.due;
	memcpy(out->past, rest.past, rest.past_count * sizeof(rest.past[0]));
	out->past_count = rest.past_count;
	out->dane_len = rest.dane_len;
	out->dane = rest.dane;
	return ENTRY_OK;
}

enum entry_status
entry_decode_known(const void *bytes, size_t len, struct entry_known *out)
{
	struct reader r;
	enum entry_status status = open_record(bytes, len, &r);

	if (status != ENTRY_OK)
		return status;
	take_entry(&r, out, NULL);
	return r.is_bad ? ENTRY_DAMAGED : ENTRY_OK;
}
