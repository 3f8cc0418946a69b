/* SPDX-License-Identifier: ISC */
/* Reading a record: cache/entryformat.h. Nothing in it is believed. */
#include <string.h>

#include "cache/entryformat.h"

#define UINT_MAX_BYTES 10 /* 7 bits each */

struct reader {
	const unsigned char *p, *end;
	bool has_dane; /* the format */
	bool is_bad; /* read past the end, or impossible */
};

/* One of it: inline, in each of twenty places, it would be 3 KB of code. */
static __attribute__((noinline)) uint64_t
take_long_uint(struct reader *r)
{
	const unsigned char *p = r->p, *end = r->end;
	unsigned int shift = 0;
	uint64_t v = 0;

	if (end - p > UINT_MAX_BYTES)
		end = p + UINT_MAX_BYTES;
	for (; p < end; shift += 7) {
		v |= (uint64_t)(*p & 0x7f) << shift;
		if (*p++ < 0x80) {
			r->p = p;
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

	return p != NULL ? entry_load(p) : 0;
}

static bool
is_alnum(unsigned char c)
{
	return (unsigned int)c - '0' < 10 || (c | 0x20u) - 'a' < 26;
}

static void
take_id(struct reader *r, char id[STS_ID_MAX + 1])
{
	size_t i, len = (size_t)take_uint_max(r, STS_ID_MAX);
	const char *p = take(r, len);

	if (p == NULL)
		return;
	memset(id, 0, STS_ID_MAX + 1);
	for (i = 0; i < len; i++) {
		id[i] = p[i];
		if (!is_alnum((unsigned char)p[i]))
			r->is_bad = true;
	}
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
	    entry_load(p + len - CHECKSUM_BYTES) !=
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
