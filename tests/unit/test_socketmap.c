/* SPDX-License-Identifier: ISC */
/* Requests taken apart, replies byte for byte. */
#include <stdarg.h>
#include <setjmp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "postfix/netstring.h"
#include "postfix/socketmap.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void
test_requests(void **state)
{
	static const struct {
		const char *payload;
		size_t len;
		const char *name; /* NULL: no request */
		const char *key;
		size_t key_len;
	} cases[] = {
#define S(text) text, sizeof(text) - 1
		{ S("QUERY example.com"), "QUERY", S("example.com") },
		{ S("postfix-3.10 a"), "postfix-3.10", S("a") },
		{ S("n "), "n", S("") },
		{ S("n  k"), "n", S(" k") },
		{ S("n k "), "n", S("k ") },
		{ S("n a b c"), "n", S("a b c") },
		{ S("n a\0b"), "n", S("a\0b") },
		{ S("n \0"), "n", S("\0") },
		{ S("n \xff,:"), "n", S("\xff,:") },
		{ S(""), NULL, S("") },
		{ S(" "), NULL, S("") },
		{ S(" key"), NULL, S("") },
		{ S("QUERY"), NULL, S("") },
		{ S("QUERY\texample.com"), NULL, S("") },
		{ S("QUERY\0example.com"), NULL, S("") },
#undef S
	};
	struct socketmap_request req, before;
	bool found;
	size_t i;

	(void)state;
	memset(&before, 0xa5, sizeof(before));
	for (i = 0; i < COUNT(cases); i++) {
		req = before;
		found = socketmap_parse(cases[i].payload, cases[i].len, &req);
		if (found != (cases[i].name != NULL))
			fail_msg("case %zu: found %d", i, found);
		if (!found) {
			if (memcmp(&req, &before, sizeof(req)) != 0)
				fail_msg("case %zu: touched", i);
			continue;
		}
		if (req.name != cases[i].payload ||
		    req.name_len != strlen(cases[i].name) ||
		    memcmp(req.name, cases[i].name, req.name_len) != 0)
			fail_msg("case %zu: name", i);
		if (req.key != cases[i].payload + req.name_len + 1 ||
		    req.key_len != cases[i].key_len ||
		    memcmp(req.key, cases[i].key, req.key_len) != 0)
			fail_msg("case %zu: key", i);
	}
}

/* Replies are appended to those not yet sent. */
static void
test_replies(void **state)
{
	struct buf b = { 0 };

	(void)state;
	socketmap_ok(&b, "secure match=a.test", 19);
	assert_string_equal(b.data, "22:OK secure match=a.test,");
	socketmap_notfound(&b);
	assert_string_equal(b.data, "22:OK secure match=a.test,9:NOTFOUND ,");
	buf_reset(&b);
	socketmap_notfound(&b);
	assert_string_equal(b.data, "9:NOTFOUND ,");
	buf_reset(&b);
	socketmap_temp(&b, "no name server answers");
	assert_string_equal(b.data, "27:TEMP no name server answers,");
	buf_reset(&b);
	socketmap_perm(&b, "no key");
	assert_string_equal(b.data, "11:PERM no key,");
	buf_clear(&b);
}

static void
test_longest_reply(void **state)
{
	const size_t len = NETSTRING_REPLY_MAX_BYTES - 3;
	struct buf b = { 0 };
	char *text = malloc(len);

	(void)state;
	assert_non_null(text);
	memset(text, 'x', len);
	socketmap_ok(&b, text, len);
	assert_int_equal(b.len, NETSTRING_REPLY_MAX_BYTES + 8);
	assert_memory_equal(b.data, "100000:OK xxx", 13);
	assert_memory_equal(b.data + b.len - 3, "xx,", 3);
	free(text);
	buf_clear(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_requests),
		cmocka_unit_test(test_replies),
		cmocka_unit_test(test_longest_reply),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
