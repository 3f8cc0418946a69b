/* SPDX-License-Identifier: ISC */
/* The verdict on a netstring depends on its bytes alone, not on their split. */
#include <stdarg.h>
#include <setjmp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "postfix/netstring.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char *const status_words[] = {
	[NETSTRING_MORE] = "more",
	[NETSTRING_FRAME] = "frame",
	[NETSTRING_BAD] = "bad",
};

/* Read an exact-size heap copy, so that a sanitizer sees a byte too many. */
static enum netstring_status
read_copy(const char *bytes, size_t len, size_t *payload_at,
    size_t *payload_len, size_t *frame_len)
{
	char *copy = malloc(len > 0 ? len : 1);
	const char *payload = NULL;
	size_t n = 999999, frame = 999999;
	enum netstring_status status;

	assert_non_null(copy);
	memcpy(copy, bytes, len);
	status = netstring_read(copy, len, &payload, &n, &frame);
	if (status == NETSTRING_FRAME) {
		*payload_at = (size_t)(payload - copy);
		*payload_len = n;
		*frame_len = frame;
	} else {
		assert_null(payload);
		assert_int_equal(n, 999999);
		assert_int_equal(frame, 999999);
	}
	free(copy);
	return status;
}

static enum netstring_status
status_of(const char *bytes, size_t len)
{
	size_t at, n, frame;

	return read_copy(bytes, len, &at, &n, &frame);
}

static void
test_verdicts(void **state)
{
	/* Bad ones are bad by their last byte: all before it may go on. */
	static const struct {
		const char *bytes;
		size_t len;
		enum netstring_status status;
		const char *payload;
	} cases[] = {
#define S(text) text, sizeof(text) - 1
		{ S(""), NETSTRING_MORE, NULL },
		{ S("0"), NETSTRING_MORE, NULL },
		{ S("0:"), NETSTRING_MORE, NULL },
		{ S("0:,"), NETSTRING_FRAME, "" },
		{ S("0:x"), NETSTRING_BAD, NULL },
		{ S("00"), NETSTRING_BAD, NULL },
		{ S("01"), NETSTRING_BAD, NULL },
		{ S(":"), NETSTRING_BAD, NULL },
		{ S(","), NETSTRING_BAD, NULL },
		{ S(" "), NETSTRING_BAD, NULL },
		{ S("-"), NETSTRING_BAD, NULL },
		{ S("+"), NETSTRING_BAD, NULL },
		{ S("\0"), NETSTRING_BAD, NULL },
		{ S("\xb2"), NETSTRING_BAD, NULL },
		{ S("/"), NETSTRING_BAD, NULL },
		{ S("1x"), NETSTRING_BAD, NULL },
		{ S("5 "), NETSTRING_BAD, NULL },
		{ S("5,"), NETSTRING_BAD, NULL },
		{ S("5\0"), NETSTRING_BAD, NULL },
		{ S("5:hell"), NETSTRING_MORE, NULL },
		{ S("5:hello"), NETSTRING_MORE, NULL },
		{ S("5:hello,"), NETSTRING_FRAME, "hello" },
		{ S("5:hello,7"), NETSTRING_FRAME, "hello" },
		{ S("5:hello,junk"), NETSTRING_FRAME, "hello" },
		{ S("5:hello\n"), NETSTRING_BAD, NULL },
		{ S("5:hello\0"), NETSTRING_BAD, NULL },
		{ S("3:a,b,"), NETSTRING_FRAME, "a,b" },
		{ S("3:1:,,"), NETSTRING_FRAME, "1:," },
		{ S("10000"), NETSTRING_MORE, NULL },
		{ S("10000:"), NETSTRING_MORE, NULL },
		{ S("10001"), NETSTRING_BAD, NULL },
		{ S("100000"), NETSTRING_BAD, NULL },
		{ S("9999"), NETSTRING_MORE, NULL },
		{ S("99990"), NETSTRING_BAD, NULL },
		{ S("20000"), NETSTRING_BAD, NULL },
#undef S
	};
	size_t i, at, n, frame;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		enum netstring_status got =
		    read_copy(cases[i].bytes, cases[i].len, &at, &n, &frame);

		if (got != cases[i].status)
			fail_msg("case %zu: %s", i, status_words[got]);
		if (got == NETSTRING_BAD &&
		    status_of(cases[i].bytes, cases[i].len - 1) !=
			NETSTRING_MORE)
			fail_msg("case %zu: bad too late or too soon", i);
		if (got == NETSTRING_FRAME &&
		    (n != strlen(cases[i].payload) ||
			memcmp(cases[i].bytes + at, cases[i].payload, n) != 0 ||
			frame != at + n + 1))
			fail_msg("case %zu: payload", i);
	}
	/* Digits that overflow any integer. */
	assert_int_equal(
	    status_of("99999999999999999999999999", 26), NETSTRING_BAD);
	assert_int_equal(
	    status_of("18446744073709551617:x,", 23), NETSTRING_BAD);
}

static void
test_longest(void **state)
{
	struct buf b = { 0 };
	size_t at, n, frame, i;

	(void)state;
	buf_puts(&b, "10000:");
	for (i = 0; i < NETSTRING_REQUEST_MAX_BYTES; i++) {
		assert_int_equal(status_of(b.data, b.len), NETSTRING_MORE);
		buf_putc(&b, 'x');
	}
	assert_int_equal(status_of(b.data, b.len), NETSTRING_MORE);
	buf_putc(&b, ',');
	assert_int_equal(b.len, NETSTRING_FRAME_MAX_BYTES);
	assert_int_equal(
	    read_copy(b.data, b.len, &at, &n, &frame), NETSTRING_FRAME);
	assert_int_equal(at, 6);
	assert_int_equal(n, NETSTRING_REQUEST_MAX_BYTES);
	assert_int_equal(frame, NETSTRING_FRAME_MAX_BYTES);
	b.data[b.len - 1] = 'x';
	assert_int_equal(status_of(b.data, b.len), NETSTRING_BAD);
	buf_clear(&b);
}

/* Take every frame there is; "<payload>" each, then "!" when bad. */
static void
drain(struct buf *in, struct buf *frames)
{
	const char *payload;
	size_t n, frame;

	for (;;) {
		switch (netstring_read(
		    buf_str(in), in->len, &payload, &n, &frame)) {
		case NETSTRING_MORE:
			return;
		case NETSTRING_BAD:
			if (frames->len == 0 ||
			    frames->data[frames->len - 1] != '!')
				buf_putc(frames, '!');
			return;
		case NETSTRING_FRAME:
			buf_putc(frames, '<');
			buf_put(frames, payload, n);
			buf_putc(frames, '>');
			buf_consume(in, frame);
			break;
		}
	}
}

/* Feed a stream with a pause before each offset of cuts. */
static void
check_split(size_t stream, const char *bytes, const char *want,
    const size_t cuts[2], size_t step)
{
	struct buf in = { 0 }, frames = { 0 };
	size_t i, len = strlen(bytes);

	for (i = 0; i < len; i++) {
		if (i == cuts[0] || i == cuts[1] || i % step == 0)
			drain(&in, &frames);
		buf_putc(&in, bytes[i]);
	}
	drain(&in, &frames);
	if (strcmp(buf_str(&frames), want) != 0)
		fail_msg("stream %zu cut at %zu, %zu: \"%s\"", stream, cuts[0],
		    cuts[1], buf_str(&frames));
	buf_clear(&in);
	buf_clear(&frames);
}

static void
test_splits(void **state)
{
	static const struct {
		const char *bytes, *want;
	} streams[] = {
		{ "", "" },
		{ "0:,", "<>" },
		{ "0:,0:,0:,", "<><><>" },
		{ "5:hello,", "<hello>" },
		{ "5:hello,5:world,", "<hello><world>" },
		{ "5:hello,0:,5:wor", "<hello><>" },
		{ "5:hello,05:world,", "<hello>!" },
		{ "5:hello;5:world,", "!" },
		{ "3:1:,,1:,,2:0:,", "<1:,><,><0:>" },
		{ "3:abc,10001:abc,", "<abc>!" },
		{ "24:postfix-3.10 example.com,12:QUERY a.test,",
		    "<postfix-3.10 example.com><QUERY a.test>" },
		{ "1:a,GET / HTTP/1.1\r\n\r\n", "<a>!" },
		{ "1:a,:,", "<a>!" },
		{ "1:a,00:,", "<a>!" },
	};
	size_t i, len, cuts[2];

	(void)state;
	for (i = 0; i < COUNT(streams); i++) {
		len = strlen(streams[i].bytes);
		for (cuts[0] = 0; cuts[0] <= len; cuts[0]++) {
			for (cuts[1] = cuts[0]; cuts[1] <= len; cuts[1]++)
				check_split(i, streams[i].bytes,
				    streams[i].want, cuts, SIZE_MAX);
		}
		check_split(i, streams[i].bytes, streams[i].want, cuts, 1);
		check_split(i, streams[i].bytes, streams[i].want, cuts, 3);
	}
}

/* "More" must mean that a frame can still come of it. */
static bool
can_go_on(const char *text)
{
	const char *colon = strchr(text, ':');
	size_t n = strtoul(text, NULL, 10);
	struct buf b = { 0 };
	bool is_frame;

	buf_puts(&b, *text == '\0' ? "0" : text);
	if (colon == NULL) {
		colon = text + strlen(text);
		buf_putc(&b, ':');
	} else {
		n -= strlen(colon + 1);
	}
	memset(buf_reserve(&b, n), 'x', n);
	b.len += n;
	buf_putc(&b, ',');
	is_frame = status_of(b.data, b.len) == NETSTRING_FRAME;
	buf_clear(&b);
	return is_frame;
}

static void
check_text(const char *text, size_t len)
{
	size_t at = 0, n = 0, frame = 0;
	enum netstring_status now, before;
	struct buf b = { 0 };

	before = status_of(text, len - 1);
	now = read_copy(text, len, &at, &n, &frame);
	if (before != NETSTRING_MORE && now != before)
		fail_msg("\"%s\": the verdict changed", text);
	if (now == NETSTRING_MORE && !can_go_on(text))
		fail_msg("\"%s\": bad already", text);
	if (now == NETSTRING_FRAME) {
		netstring_write(&b, text + at, n);
		if (b.len != frame || memcmp(b.data, text, frame) != 0)
			fail_msg("\"%s\": no such frame", text);
	}
	buf_clear(&b);
}

/* Every text of up to six of these bytes. */
static void
test_exhaustive(void **state)
{
	static const char alphabet[] = "0129:,a";
	const size_t base = sizeof(alphabet) - 1;
	char text[7];
	size_t len, i, k, rest, total = 1;

	(void)state;
	for (len = 1; len < sizeof(text); len++) {
		total *= base;
		for (i = 0; i < total; i++) {
			for (k = 0, rest = i; k < len; k++, rest /= base)
				text[k] = alphabet[rest % base];
			text[len] = '\0';
			check_text(text, len);
		}
	}
}

static void
test_write(void **state)
{
	static const char want[] =
	    "0:,5:hello,3:a\0b,10:0123456789,9:OK secure,0:,";
	struct buf b = { 0 };

	(void)state;
	netstring_write(&b, NULL, 0);
	netstring_write(&b, "hello", 5);
	netstring_write(&b, "a\0b", 3);
	netstring_write(&b, "0123456789", 10);
	netstring_write_pair(&b, "OK ", 3, "secure", 6);
	netstring_write_pair(&b, "", 0, "", 0);
	assert_int_equal(b.len, sizeof(want) - 1);
	assert_memory_equal(b.data, want, b.len);
	buf_clear(&b);
}

/* Lengths of one to six digits: each frame's head is what printf says. */
static void
test_write_lengths(void **state)
{
	static const size_t lengths[] = { 1, 9, 10, 11, 99, 100, 101, 999, 1000,
		9999, 10000, 65536, 99999, 100000, 123456 };
	static char payload[123456];
	struct buf b = { 0 };
	char head[32];
	size_t i, n;

	(void)state;
	memset(payload, 'z', sizeof(payload));
	for (i = 0; i < COUNT(lengths); i++) {
		n = (size_t)snprintf(head, sizeof(head), "%zu:", lengths[i]);
		buf_reset(&b);
		netstring_write(&b, payload, lengths[i]);
		if (b.len != n + lengths[i] + 1 ||
		    memcmp(b.data, head, n) != 0 ||
		    memcmp(b.data + n, payload, lengths[i]) != 0 ||
		    b.data[b.len - 1] != ',')
			fail_msg("case %zu", i);
	}
	buf_clear(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_verdicts),
		cmocka_unit_test(test_longest),
		cmocka_unit_test(test_splits),
		cmocka_unit_test(test_exhaustive),
		cmocka_unit_test(test_write),
		cmocka_unit_test(test_write_lengths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
