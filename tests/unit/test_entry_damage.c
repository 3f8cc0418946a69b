/* SPDX-License-Identifier: ISC */
/* Records that are not: none is taken, and nothing outside them is read. */
#include "entry_samples.h"

/* Of its own size, so that ASan sees a read past it. */
static char *
copy_exactly(const char *p, size_t len)
{
	char *copy = malloc(len > 0 ? len : 1);

	assert_non_null(copy);
	memcpy(copy, p, len);
	return copy;
}

static void
test_flips_and_truncations(void **state)
{
	struct buf b = { 0 };
	struct entry e, out;
	char *copy;
	size_t i;

	(void)state;
	small_entry(&e);
	entry_encode(&b, &e);
	memset(&out, 0x5a, sizeof(out));
	for (i = 0; i < b.len * 8; i++) {
		b.data[i / 8] = (char)(b.data[i / 8] ^ (1 << i % 8));
		if (entry_decode(b.data, b.len, &out) == ENTRY_OK)
			fail_msg("bit %zu flipped unseen", i);
		b.data[i / 8] = (char)(b.data[i / 8] ^ (1 << i % 8));
	}
	for (i = 0; i < b.len; i++) {
		copy = copy_exactly(b.data, i);
		if (entry_decode(copy, i, &out) == ENTRY_OK)
			fail_msg("cut at %zu unseen", i);
		free(copy);
	}
	/* untouched all the while */
	for (i = 0; i < sizeof(out); i++)
		assert_int_equal(((unsigned char *)&out)[i], 0x5a);
	assert_int_equal(entry_decode(b.data, b.len, &out), ENTRY_OK);
	buf_clear(&b);
}

static void
test_other_format_is_foreign(void **state)
{
	struct buf b = { 0 };
	struct entry e;

	(void)state;
	small_entry(&e);
	entry_encode(&b, &e);
	b.data[0] = ENTRY_FORMAT_DANE + 1;
	assert_int_equal(entry_decode(b.data, b.len, &e), ENTRY_FOREIGN);
	assert_int_equal(entry_decode(b.data, 1, &e), ENTRY_DAMAGED);
	assert_int_equal(entry_decode("", 0, &e), ENTRY_DAMAGED);
	buf_clear(&b);
}

static void
test_garbage(void **state)
{
	unsigned char bytes[512];
	struct entry e;
	size_t i, len;
	int n;

	(void)state;
	for (n = 0; n < 100000; n++) {
		len = random_below(sizeof(bytes) + 1);
		for (i = 0; i < len; i++)
			bytes[i] = (unsigned char)random_u64();
		if (n % 2 && len > 2) {
			bytes[0] =
			    n % 4 == 1 ? ENTRY_FORMAT : ENTRY_FORMAT_DANE;
			bytes[1] = 0;
		}
		if (entry_decode(bytes, len, &e) == ENTRY_OK)
			fail_msg("garbage %d is taken", n);
	}
}

/* Make the checksum right again. */
static void
seal(struct buf *b)
{
	uint64_t sum = entry_hash(b->data, b->len - 8);
	size_t i;

	for (i = 0; i < 8; i++)
		b->data[b->len - 8 + i] = (char)(sum >> 8 * i);
}

/* A checksum is no defence: whatever it covers, nothing is read outside. */
static void
test_sealed_garbage_is_safe(void **state)
{
	struct buf b = { 0 };
	struct entry e, out;
	size_t i, k, taken = 0;
	char *copy;
	int n;

	(void)state;
	for (n = 0; n < 100000; n++) {
		buf_reset(&b);
		small_entry(&e);
		e.dane = "0123456789";
		e.dane_len = random_below(11);
		entry_encode(&b, &e);
		for (i = random_below(4) + 1; i > 0; i--)
			b.data[2 + random_below(b.len - 10)] =
			    (char)random_u64();
		b.len -= random_below(b.len - 11);
		seal(&b);
		copy = copy_exactly(b.data, b.len);
		if (entry_decode(copy, b.len, &out) == ENTRY_OK) {
			taken++;
			assert_in_range(out.past_count, 0, ENTRY_HISTORY_MAX);
			assert_in_range(out.policy.mode, 0, STS_MODE_ENFORCE);
			for (k = i = 0; i < out.policy.mx.len; i++)
				k += out.policy.mx.names[i] == '\0';
			assert_int_equal(k, out.policy.mx.count);
		}
		free(copy);
	}
	print_message("%zu of 100000 taken\n", taken);
	buf_clear(&b);
}

static void
test_impossible_values(void **state)
{
	static const struct {
		size_t names_len, count;
		char id0, mode;
	} table[] = {
		{ 15, 1, 'a', 2 }, /* no NUL at the end */
		{ 16, 2, 'a', 2 }, /* one name, not two */
		{ 16, 0, 'a', 2 },
		{ 35, 1, 'a', 2 },
		{ 0, 1, 'a', 2 },
		{ 16, 1, '-', 2 },
		{ 16, 1, '/', 2 },
		{ 16, 1, ':', 2 },
		{ 16, 1, '@', 2 },
		{ 16, 1, '[', 2 },
		{ 16, 1, '`', 2 },
		{ 16, 1, '{', 2 },
		{ 16, 1, '\x80', 2 },
		{ 16, 1, 'a', 3 },
	};
	struct buf b = { 0 };
	struct entry e;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		buf_reset(&b);
		small_entry(&e);
		e.policy.mx.len = table[i].names_len;
		e.policy.mx.count = table[i].count;
		e.state.id[0] = table[i].id0;
		e.policy.mode = (enum sts_mode)table[i].mode;
		entry_encode(&b, &e);
		if (entry_decode(b.data, b.len, &e) != ENTRY_DAMAGED)
			fail_msg("row %zu is taken", i);
	}
	buf_clear(&b);
}

static void
test_empty_name_and_bytes_left_over(void **state)
{
	struct buf b = { 0 };
	struct entry e;

	(void)state;
	small_entry(&e);
	e.policy.mx = (struct sts_mxlist){ "a\0\0b", 5, 3 };
	entry_encode(&b, &e);
	assert_int_equal(entry_decode(b.data, b.len, &e), ENTRY_DAMAGED);

	buf_reset(&b);
	small_entry(&e);
	entry_encode(&b, &e);
	buf_putc(&b, 'x');
	seal(&b);
	assert_int_equal(entry_decode(b.data, b.len, &e), ENTRY_DAMAGED);
	buf_clear(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_flips_and_truncations),
		cmocka_unit_test(test_other_format_is_foreign),
		cmocka_unit_test(test_garbage),
		cmocka_unit_test(test_sealed_garbage_is_safe),
		cmocka_unit_test(test_impossible_values),
		cmocka_unit_test(test_empty_name_and_bytes_left_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
