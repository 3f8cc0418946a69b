/* SPDX-License-Identifier: ISC */
/* Look-up keys: the forms of Postfix's next-hop, and all that is none. */
#include <stdarg.h>
#include <setjmp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/buf.h"
#include "postfix/nexthop.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define VECTORS      "tests/vectors.jsonl"

#define A63 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

/* Parse an exact-size heap copy: a byte too many read is seen. */
static bool
parse_copy(const char *key, size_t len, struct nexthop *hop, char **copy)
{
	*copy = malloc(len > 0 ? len : 1);
	assert_non_null(*copy);
	memcpy(*copy, key, len);
	memset(hop, 0xa5, sizeof(*hop));
	return nexthop_parse(*copy, len, hop);
}

static void
test_accepted(void **state)
{
	static const struct {
		const char *key, *domain, *port;
		bool is_host, is_bracketed;
	} cases[] = {
		{ "example.com", "example.com", "25", false, false },
		{ "EXAMPLE.com.", "example.com", "25", false, false },
		{ "\t example.com \t", "example.com", "25", false, false },
		{ " Example.Com. ", "example.com", "25", false, false },
		{ "localhost", "localhost", "25", false, false },
		{ "a", "a", "25", false, false },
		{ "1.2.3.a", "1.2.3.a", "25", false, false },
		{ "1and1.com", "1and1.com", "25", false, false },
		{ "123.com", "123.com", "25", false, false },
		{ "0x7f.1", "0x7f.1", "25", false, false },
		{ "xn--ls8h.la", "xn--ls8h.la", "25", false, false },
		{ "ab--cd.de", "ab--cd.de", "25", false, false },
		{ A63 ".test", A63 ".test", "25", false, false },
		{ "b\xc3\xbc"
		  "cher.example",
		    "xn--bcher-kva.example", "25", false, false },
		{ "example.com:", "example.com", "25", true, false },
		{ "example.com:587", "example.com", "587", true, false },
		{ "example.com.:587", "example.com", "587", true, false },
		{ " Example.com:587 ", "example.com", "587", true, false },
		{ "example.com:1", "example.com", "1", true, false },
		{ "example.com:65535", "example.com", "65535", true, false },
		{ "example.com:0025", "example.com", "0025", true, false },
		{ "example.com:smtp", "example.com", "smtp", true, false },
		{ "h:Submission-2", "h", "Submission-2", true, false },
		{ "h:65536a", "h", "65536a", true, false },
		{ "h:0-0", "h", "0-0", true, false },
		{ "abcd:1234", "abcd", "1234", true, false },
		{ "[mx.example.com]", "mx.example.com", "25", true, true },
		{ "[MX.example.com.]", "mx.example.com", "25", true, true },
		{ "[mx.example.com]:", "mx.example.com", "25", true, true },
		{ "[mx.example.com]:25", "mx.example.com", "25", true, true },
		{ " [h]:submissions\t", "h", "submissions", true, true },
		{ "[b\xc3\xbc"
		  "cher.example]:24",
		    "xn--bcher-kva.example", "24", true, true },
	};
	struct nexthop hop;
	char *copy;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		if (!parse_copy(
			cases[i].key, strlen(cases[i].key), &hop, &copy))
			fail_msg("case %zu: refused", i);
		if (strcmp(hop.domain, cases[i].domain) != 0 ||
		    hop.domain_len != strlen(cases[i].domain))
			fail_msg("case %zu: domain %s", i, hop.domain);
		if (hop.is_host != cases[i].is_host ||
		    hop.is_bracketed != cases[i].is_bracketed)
			fail_msg("case %zu: host %d, bracketed %d", i,
			    hop.is_host, hop.is_bracketed);
		if (hop.port_len != strlen(cases[i].port) ||
		    memcmp(hop.port, cases[i].port, hop.port_len) != 0)
			fail_msg("case %zu: port", i);
		free(copy);
	}
}

static const struct {
	const char *key;
	size_t len;
} refused_cases[] = {
#define S(text)                        \
	{                              \
		text, sizeof(text) - 1 \
	}
	S(""),
	S(" "),
	S(" \t "),
	S("."),
	S(".."),
	S(" . "),
	S(".com"),
	S(".example.com"),
	S(".example.com."),
	S("example.com.."),
	S("example..com"),
	S("a..b"),
	S("example.com ."),
	S("exa mple.com"),
	S("example.com\n"),
	S("\nexample.com"),
	S("example.com\0"),
	S("\0"),
	S("example.com\0.evil"),
	S("-a.com"),
	S("a-.com"),
	S("a.-"),
	S("a_b.com"),
	S("_mta-sts.example.com"),
	S("*.example.com"),
	S("user@example.com"),
	S("a/b"),
	S("{a}"),
	S("a,b"),
	S(A63 "a.test"),
	S(A63 "." A63 "." A63 "." A63),
	S("1"),
	S("123"),
	S("1.2"),
	S("127.0.0.1"),
	S("127.0.0.1."),
	S("[127.0.0.1]"),
	S("127.0.0.1:25"),
	S("123:25"),
	S("[25]"),
	S("1.2.3.4.5"),
	S("[1.2.3.4]:25"),
	/* 127.0.0.1 in full-width digits */
	S("\xef\xbc\x91\xef\xbc\x92\xef\xbc\x97.0.0.\xef\xbc\x91"),
	S("\xff\xfe.test"),
	S("\xc3.test"),
	S("::1"),
	S("2001:db8::1"),
	S("2001:db8:0:0:0:0:0:1"),
	S("[2001:db8::1]"),
	S("[2001:db8::1]:25"),
	S("[::1]"),
	S("[IPv6:2001:db8::1]"),
	S("IPv6:::1"),
	S("["),
	S("]"),
	S("[]"),
	S("[]:25"),
	S("[:25"),
	S(":"),
	S(":25"),
	S("[.]"),
	S("[.example.com]"),
	S("[h"),
	S("h]"),
	S("[h:25"),
	S("[[h]]"),
	S("[h]]"),
	S("[h]x"),
	S("[h]25"),
	S("[h]."),
	S("[h] :25"),
	S("[h].:25"),
	S("[ h ]"),
	S("[h ]"),
	S("[h]["),
	S("x[h]"),
	S("x[h]:25"),
	S(" [ "),
	S("h:0"),
	S("h:00"),
	S("h:65536"),
	S("h:100000"),
	S("h:4294967321"),
	S("h:18446744073709551641"),
	S("h:99999999999999999999999999999999999999"),
	S("h:-1 x"),
	S("h:+25"),
	S("h: 25"),
	S("h :25"),
	S("h:25:25"),
	S("h::25"),
	S("h:25:"),
	S("[h]::25"),
	S("[h]:0"),
	S("[h]:65536"),
	S("[h]:a_b"),
	S("[h]:a.b"),
	S("h:smtp/tcp"),
	S("h:\xc3\xbc"),
	S("h:25\0"),
	S("h:\0"),
	S("h:25."),
	S("h:a b"),
	S("inet:h:25"),
	S("unix:/run/x"),
	S("/run/dovecot/lmtp"),
#undef S
};

static void
test_refused(void **state)
{
	struct nexthop hop;
	char *copy;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(refused_cases); i++) {
		if (parse_copy(refused_cases[i].key, refused_cases[i].len, &hop,
			&copy))
			fail_msg("case %zu: %s", i, hop.domain);
		free(copy);
	}
}

/* Every number there is as a port, and some beyond. */
static void
test_port_numbers(void **state)
{
	struct nexthop hop;
	char key[32];
	unsigned i;
	int n;

	(void)state;
	for (i = 0; i < 70000; i++) {
		n = snprintf(key, sizeof(key), "h:%u", i);
		if (nexthop_parse(key, (size_t)n, &hop) !=
		    (i >= 1 && i <= 65535))
			fail_msg("port %u", i);
	}
}

/* A name of 253 octets is the longest; what Postfix may send is longer. */
static void
test_lengths(void **state)
{
	struct buf b = { 0 };
	struct nexthop hop;
	size_t i;
	char *copy;

	(void)state;
	for (i = 1; i <= 300; i++) {
		buf_putc(&b, i % 2 == 0 ? '.' : 'a');
		if (parse_copy(b.data, b.len, &hop, &copy) !=
		    (i <= DOMAIN_MAX + 1))
			fail_msg("%zu octets", i);
		free(copy);
	}
	buf_clear(&b);
}

/* The vectors' strings: each character U+0000..U+00FF is one byte. */
static void
latin1_decode(const json_t *string, struct buf *out)
{
	const unsigned char *s =
	    (const unsigned char *)json_string_value(string);
	size_t i, len = json_string_length(string);

	for (i = 0; i < len; i++) {
		if (s[i] < 0x80) {
			buf_putc(out, (char)s[i]);
			continue;
		}
		assert_true(s[i] <= 0xc3 && i + 1 < len);
		buf_putc(out, (char)((s[i] & 0x03) << 6 | (s[i + 1] & 0x3f)));
		i++;
	}
}

static void
check_vector(size_t line, const json_t *vector)
{
	const json_t *domain =
	    json_object_get(json_object_get(vector, "want"), "domain");
	struct buf key = { 0 };
	struct nexthop hop;
	bool found;
	char *copy;

	latin1_decode(json_object_get(vector, "input"), &key);
	found = parse_copy(buf_str(&key), key.len, &hop, &copy);
	if (found != (domain != NULL))
		fail_msg("line %zu: %s", line, found ? "found" : "refused");
	if (found && strcmp(hop.domain, json_string_value(domain)) != 0)
		fail_msg("line %zu: %s", line, hop.domain);
	if (!found)
		assert_string_equal(
		    json_string_value(json_object_get(vector, "want")),
		    "NOTFOUND");
	free(copy);
	buf_clear(&key);
}

static void
test_vectors(void **state)
{
	FILE *f = fopen(VECTORS, "r");
	char *text = NULL;
	size_t size = 0, line, held = 0, run = 0;
	ssize_t n;
	json_t *vector;
	json_error_t error;

	(void)state;
	assert_non_null(f);
	for (line = 1; (n = getline(&text, &size, f)) > 0; line++) {
		if (strstr(text, "\"kind\": \"key\"") != NULL)
			held++;
		vector = json_loadb(text, (size_t)n, JSON_ALLOW_NUL, &error);
		if (vector == NULL)
			fail_msg("line %zu: %s", line, error.text);
		if (strcmp(json_string_value(json_object_get(vector, "kind")),
			"key") == 0) {
			check_vector(line, vector);
			run++;
		}
		json_decref(vector);
	}
	free(text);
	fclose(f);
	assert_true(run > 0);
	assert_int_equal(run, held);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_accepted),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_port_numbers),
		cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_vectors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
