/* SPDX-License-Identifier: ISC */
/* Records that are sound: what goes in comes out. */
#include "entry_samples.h"

/* Zero, small, a time of today, or anything. */
static int64_t
random_i64(void)
{
	switch (random_below(4)) {
	case 0:
		return 0;
	case 1:
		return (int64_t)random_below(1000) - 500;
	case 2:
		return 1700000000 + (int64_t)random_below(100000000);
	}
	return (int64_t)random_u64();
}

static void
random_id(char id[STS_ID_MAX + 1])
{
	static const char alnum[] = "abcXYZ0129";
	size_t i, len = random_below(STS_ID_MAX + 1);

	memset(id, 0, STS_ID_MAX + 1);
	for (i = 0; i < len; i++)
		id[i] = alnum[random_below(sizeof(alnum) - 1)];
}

static void
random_past(struct entry_past *past)
{
	memset(past, 0, sizeof(*past));
	past->seen = random_i64();
	random_id(past->id);
	past->mode = (enum sts_mode)random_below(3);
	past->body_hash = random_u64();
	past->mx_hash = random_u64();
}

/* names, text and dane lend from static memory until the next call. */
static void
random_entry(struct entry *e)
{
	static char names[4096], text[STS_POLICY_MAX_BYTES], dane[300];
	size_t i, n;

	memset(e, 0, sizeof(*e));
	random_id(e->state.id);
	e->state.mode = (enum sts_mode)random_below(3);
	e->state.fetched = random_i64();
	e->state.max_age = (int64_t)random_below(STS_MAX_AGE_MAX_S);
	e->state.expires = random_below(2) ?
	    (int64_t)((uint64_t)e->state.fetched + (uint64_t)e->state.max_age) :
	    random_i64() / 2;
	e->state.next_refresh = random_i64();
	e->state.refetches = (uint32_t)random_u64() >> random_below(32);
	e->state.checked = random_i64();
	e->state.next_check = random_i64();
	e->state.txt_failures = (uint32_t)random_u64() >> random_below(32);
	e->state.reason = (enum sts_reason)random_below(STS_REASON_COUNT);
	if (random_below(2)) {
		random_id(e->state.failed_id);
		e->state.failed_at = random_i64();
		e->state.retry_at = random_i64();
		e->state.failures = (uint32_t)random_u64();
	}
	if (random_below(2)) {
		random_id(e->state.other_id);
		e->state.other_retry_at = random_i64();
		e->state.other_failures = (uint32_t)random_u64();
	}
	e->state.is_last_try_used = random_below(2) != 0;
	e->state.is_expiry_told = random_below(2) != 0;
	e->policy.mode = (enum sts_mode)random_below(3);
	e->policy.max_age = (uint32_t)random_below(STS_MAX_AGE_MAX_S);
	n = random_below(20);
	for (i = 0; i < n; i++)
		e->policy.mx.len += 1 +
		    (size_t)snprintf(names + e->policy.mx.len,
			sizeof(names) - e->policy.mx.len, "mx%zu.example.com",
			i * 7919);
	e->policy.mx.count = n;
	e->policy.mx.names = names;
	e->policy.text_len = random_below(
	    random_below(20) == 0 ? STS_POLICY_MAX_BYTES + 1 : 500);
	for (i = 0; i < e->policy.text_len; i++)
		text[i] = (char)random_u64();
	e->policy.text = text;
	e->first_seen = random_i64();
	e->used_day = random_i64();
	e->past_count = random_below(ENTRY_HISTORY_MAX + 1);
	for (i = 0; i < e->past_count; i++)
		random_past(&e->past[i]);
	e->dane = dane;
	e->dane_len = random_below(2) ? random_below(sizeof(dane)) : 0;
	for (i = 0; i < e->dane_len; i++)
		dane[i] = (char)random_u64();
	if (e->past_count > 0 && random_below(2))
		memcpy(e->past[0].id, e->state.id, sizeof(e->past[0].id));
}

#define SAME(field) assert_true(a->field == b->field)

static void
assert_same_past(const struct entry_past *a, const struct entry_past *b)
{
	SAME(seen);
	SAME(mode);
	SAME(body_hash);
	SAME(mx_hash);
	assert_memory_equal(a->id, b->id, sizeof(a->id));
}

static void
assert_same_state(const struct refresh_state *a, const struct refresh_state *b)
{
	assert_memory_equal(a->id, b->id, sizeof(a->id));
	SAME(mode);
	SAME(fetched);
	SAME(max_age);
	SAME(expires);
	SAME(next_refresh);
	SAME(refetches);
	SAME(checked);
	SAME(next_check);
	SAME(txt_failures);
	SAME(reason);
	assert_memory_equal(a->failed_id, b->failed_id, sizeof(a->failed_id));
	SAME(failed_at);
	SAME(retry_at);
	SAME(failures);
	assert_memory_equal(a->other_id, b->other_id, sizeof(a->other_id));
	SAME(other_retry_at);
	SAME(other_failures);
	SAME(is_last_try_used);
	SAME(is_expiry_told);
}

static void
assert_same(const struct entry *a, const struct entry *b)
{
	size_t i;

	assert_same_state(&a->state, &b->state);
	SAME(policy.mode);
	SAME(policy.max_age);
	SAME(policy.mx.count);
	SAME(policy.mx.len);
	assert_memory_equal(
	    a->policy.mx.names, b->policy.mx.names, a->policy.mx.len);
	SAME(policy.text_len);
	assert_memory_equal(a->policy.text, b->policy.text, a->policy.text_len);
	SAME(first_seen);
	SAME(used_day);
	SAME(past_count);
	for (i = 0; i < a->past_count; i++)
		assert_same_past(&a->past[i], &b->past[i]);
	SAME(dane_len);
	if (a->dane_len > 0)
		assert_memory_equal(a->dane, b->dane, a->dane_len);
}

/* Without verdicts it is what it was before there were any. */
static void
test_format(void **state)
{
	struct buf b = { 0 };
	struct entry e, out;

	(void)state;
	small_entry(&e);
	entry_encode(&b, &e);
	assert_int_equal(b.data[0], ENTRY_FORMAT);
	assert_int_equal(entry_decode(b.data, b.len, &out), ENTRY_OK);
	assert_int_equal(out.dane_len, 0);
	assert_null(out.dane);
	buf_reset(&b);
	e.dane = "x";
	e.dane_len = 1;
	entry_encode(&b, &e);
	assert_int_equal(b.data[0], ENTRY_FORMAT_DANE);
	assert_int_equal(entry_decode(b.data, b.len, &out), ENTRY_OK);
	assert_memory_equal(out.dane, "x", 1);
	buf_clear(&b);
}

static void
test_round_trip(void **state)
{
	struct buf b = { 0 };
	struct entry_known known;
	struct entry in, out;
	int i;

	(void)state;
	for (i = 0; i < 20000; i++) {
		random_entry(&in);
		buf_reset(&b);
		/* it appends, at any alignment */
		buf_put(&b, "12345678", (size_t)i % 8);
		entry_encode(&b, &in);
		memset(&out, 0xa5, sizeof(out));
		if (entry_decode(b.data + i % 8, b.len - (size_t)i % 8, &out) !=
		    ENTRY_OK)
			fail_msg("entry %d is refused", i);
		assert_same(&in, &out);
		assert_true(out.due == refresh_due(&in.state));
		memset(&known, 0xa5, sizeof(known));
		assert_int_equal(entry_decode_known(b.data + i % 8,
				     b.len - (size_t)i % 8, &known),
		    ENTRY_OK);
		out.state = known.state;
		out.policy = known.policy;
		out.used_day = known.used_day;
		assert_same(&in, &out);
	}
	buf_clear(&b);
}

static void
test_small_record_is_small(void **state)
{
	struct buf b = { 0 };
	struct entry e;

	(void)state;
	small_entry(&e);
	assert_int_equal(e.past_count, 1);
	entry_encode(&b, &e);
	print_message("record of 200 bytes of text: %zu bytes\n", b.len);
	assert_in_range(b.len, 200, 329);
	buf_clear(&b);
}

static void
test_remember(void **state)
{
	struct entry e;
	int i;

	(void)state;
	small_entry(&e);
	entry_remember(&e);
	assert_int_equal(e.past_count, 1);
	assert_int_equal(e.past[0].seen, 1790000000);
	assert_string_equal(e.past[0].id, "20260821T000000");
	assert_true(e.past[0].body_hash == entry_hash(e.policy.text, 200));

	/* a fetch of the same is not news, whenever it was */
	e.state.fetched++;
	entry_remember(&e);
	assert_int_equal(e.past_count, 1);
	assert_int_equal(e.past[0].seen, 1790000000);

	e.policy.text_len--;
	entry_remember(&e);
	e.policy.mx.len = 16;
	entry_remember(&e);
	e.policy.mode = STS_MODE_TESTING;
	entry_remember(&e);
	assert_int_equal(e.past_count, 4);
	for (i = 0; i < 7; i++) {
		e.state.id[0] = (char)('a' + i);
		entry_remember(&e);
	}
	assert_int_equal(e.past_count, ENTRY_HISTORY_MAX);
	assert_int_equal(e.past[0].id[0], 'g');
	assert_int_equal(e.past[6].id[0], 'a');
	assert_int_equal(e.past[7].mode, STS_MODE_TESTING);
	assert_int_equal(e.past[7].id[0], '2');
}

/* On disk: it must never change. */
static void
test_hash_is_fixed(void **state)
{
	static const char bytes[] =
	    "0123456789abcdefghijklmnopqrstuvwxyzABCDEFG";
	static const struct {
		size_t len;
		uint64_t hash;
	} table[] = {
		{ 0, UINT64_C(0xe821a9cc1f06a6e9) },
		{ 1, UINT64_C(0x7c9d21aadd4d72a7) },
		{ 8, UINT64_C(0xa09adb1edc7d614a) },
		{ 16, UINT64_C(0x9c7d4f5983580859) },
		{ 24, UINT64_C(0xa89ba83e2be80d04) },
		{ 31, UINT64_C(0x354649d89ab0a98b) },
		{ 32, UINT64_C(0xb67c7a8ba9388a92) },
		{ 43, UINT64_C(0x32bddce97d645a2d) },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (entry_hash(bytes, table[i].len) != table[i].hash)
			fail_msg("row %zu: %#llx", i,
			    (unsigned long long)entry_hash(
				bytes, table[i].len));
	assert_true(entry_hash("\0", 1) != entry_hash("\0\0", 2));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_format),
		cmocka_unit_test(test_small_record_is_small),
		cmocka_unit_test(test_remember),
		cmocka_unit_test(test_hash_is_fixed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
