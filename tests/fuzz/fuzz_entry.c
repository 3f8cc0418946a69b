/* SPDX-License-Identifier: ISC */
/*
 * The first byte chooses. Even: the bytes are a record as they are. Odd: they
 * get a good checksum, so that what is behind it is tried too. What is taken
 * is written and read again as it was, and one bit changed is never taken. Who
 * reads only what an answer needs reads the same.
 */
#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "cache/entry.h"
#include "fuzz.h"

#define CHECKSUM_BYTES 8

static void
check_policy(const struct sts_policy *policy)
{
	const char *p = NULL;
	size_t count = 0, len = 0;

	HOLDS(policy->mode <= STS_MODE_ENFORCE);
	while ((p = sts_mxlist_next(&policy->mx, p)) != NULL) {
		count++;
		len += strlen(p) + 1;
	}
	HOLDS(count == policy->mx.count && len == policy->mx.len);
	HOLDS(policy->text_len <= STS_POLICY_MAX_BYTES);
}

static void
check_changed(const struct buf *record, size_t bit)
{
	char *copy = fuzz_copy(record->data, record->len);
	struct entry e;

	bit %= record->len * 8;
	copy[bit / 8] = (char)(copy[bit / 8] ^ 1 << bit % 8);
	HOLDS(entry_decode(copy, record->len, &e) != ENTRY_OK);
	free(copy);
}

static void
check_again(const struct entry *e, size_t bit)
{
	struct buf one = { 0 }, two = { 0 };
	struct entry again;
	char *copy;

	memset(&again, 0, sizeof(again));
	entry_encode(&one, e);
	copy = fuzz_copy(one.data, one.len);
	HOLDS(entry_decode(copy, one.len, &again) == ENTRY_OK);
	entry_encode(&two, &again);
	HOLDS(one.len == two.len && memcmp(one.data, two.data, one.len) == 0);
	HOLDS(strcmp(e->state.id, again.state.id) == 0);
	HOLDS(e->state.mode == again.state.mode);
	HOLDS(e->state.fetched == again.state.fetched);
	HOLDS(e->state.expires == again.state.expires);
	HOLDS(e->state.next_check == again.state.next_check);
	HOLDS(e->state.next_refresh == again.state.next_refresh);
	HOLDS(e->state.retry_at == again.state.retry_at);
	HOLDS(e->policy.max_age == again.policy.max_age);
	HOLDS(e->policy.mx.count == again.policy.mx.count);
	HOLDS(e->past_count == again.past_count);
	check_changed(&one, bit);
	free(copy);
	buf_clear(&one);
	buf_clear(&two);
}

static void
check_known(const char *bytes, size_t len, const struct entry *e)
{
	struct entry_known known;

	memset(&known, 0, sizeof(known));
	HOLDS(entry_decode_known(bytes, len, &known) == ENTRY_OK);
	HOLDS(strcmp(known.state.id, e->state.id) == 0);
	HOLDS(strcmp(known.state.failed_id, e->state.failed_id) == 0);
	HOLDS(strcmp(known.state.other_id, e->state.other_id) == 0);
	HOLDS(known.state.mode == e->state.mode);
	HOLDS(known.state.fetched == e->state.fetched);
	HOLDS(known.state.expires == e->state.expires);
	HOLDS(known.state.checked == e->state.checked);
	HOLDS(known.state.next_check == e->state.next_check);
	HOLDS(known.state.next_refresh == e->state.next_refresh);
	HOLDS(known.state.retry_at == e->state.retry_at);
	HOLDS(known.used_day == e->used_day);
	HOLDS(known.policy.mode == e->policy.mode);
	HOLDS(known.policy.mx.names == e->policy.mx.names);
	HOLDS(known.policy.mx.len == e->policy.mx.len);
	HOLDS(known.policy.mx.count == e->policy.mx.count);
	HOLDS(known.policy.text == e->policy.text);
	HOLDS(known.policy.text_len == e->policy.text_len);
}

void
fuzz_entry(const char *data, size_t len)
{
	unsigned int is_fixed = fuzz_byte(&data, &len) & 1;
	struct entry_known known;
	struct entry e;
	uint64_t sum;
	char *copy;

	if (is_fixed && len < 2)
		return;
	copy = malloc(len + CHECKSUM_BYTES);
	HOLDS(copy != NULL);
	memcpy(copy, data, len);
	if (is_fixed) {
		sum = htole64(entry_hash(copy, len));
		memcpy(copy + len, &sum, sizeof(sum));
		len += CHECKSUM_BYTES;
	}
	memset(&e, 0, sizeof(e));
	if (entry_decode_known(copy, len, &known) == ENTRY_OK)
		check_policy(&known.policy);
	if (entry_decode(copy, len, &e) == ENTRY_OK) {
		check_known(copy, len, &e);
		check_policy(&e.policy);
		check_again(&e, (size_t)entry_hash(copy, len));
	}
	free(copy);
}
