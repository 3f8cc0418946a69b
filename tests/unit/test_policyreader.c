/* SPDX-License-Identifier: ISC */
/* The reader the answers are put through refuses what Postfix refuses. */
#include <stdarg.h>
#include <setjmp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "answercheck.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define STS "policy_type=sts policy_domain=a.test policy_string=s "

static const struct {
	const char *text;
	enum answer_profile profile;
	const char *error;
} reader_cases[] = {
	{ "may", P2_10, NULL },
	{ "secure match=a.test", P2_10, NULL },
	{ "secure, match = a.test", P2_10, "malformed" },
	{ "secure,match=a.test:.b.test", P2_10, NULL },
	{ "secure {match=a.test:.b.test}", P3_10, NULL },
	{ "secure { match = a.test:.b.test }", P3_10, NULL },
	{ "secure {match=a.test:.b.test}", P3_4, "unknown" },
	{ "secure match={a.test:.b.test}", P3_10, "value" },
	{ "secure match=a.test servername=hostname", P3_4, NULL },
	{ "secure match=a.test servername=hostname", P2_10, "unknown" },
	{ "secure match=a.test servername=a servername=a", P3_4, "repeated" },
	{ "secure match=a.test servername=1.2.3.4", P3_4, "value" },
	{ "secure match=a.test servername=-a", P3_4, "value" },
	{ "secure match=a.test servername=a-.b", P3_4, "value" },
	{ "secure match=a.test match=b.test", P3_4,
	    "secure without match, or with several" },
	{ "secure", P3_4, "secure without match, or with several" },
	{ "secure match=", P3_4, "value" },
	{ "secure match=a.test:", P3_4, "value" },
	{ "secure match=:a.test", P3_4, "value" },
	{ "secure match=1.2.3.4", P3_4, "value" },
	{ "secure match=hostname", P3_4, "value" },
	{ "secure match=a.test:dot-nexthop", P3_4, "value" },
	{ "secure match=*.a.test", P3_4, "value" },
	{ "may match=a.test", P3_10, "value" },
	{ "secure match", P3_4, "malformed" },
	{ "secure =a.test", P3_4, "malformed" },
	{ "secure match=a.test policy_ttl=1", P3_10, "unknown" },
	{ "secure match=a.test nonsense=1", P3_10, "unknown" },
	{ "", P3_4, "empty" },
	{ " , ", P3_4, "empty" },
	{ "safe match=a.test", P3_4, "level" },
	{ "secure\tmatch=a.test", P3_4, "not printable ASCII" },
	{ "secure match=\xc3\xbc.test", P3_4, "not printable ASCII" },
	{ "may " STS "mx_host_pattern=*.a.test", P3_10, NULL },
	{ "may " STS "MX_host_pattern=a.test", P3_10, NULL },
	{ "may " STS "mx_host_pattern=a.test", P3_4, "unknown" },
	{ "may " STS "mx_host_pattern=.a.test", P3_10, "value" },
	{ "may " STS, P3_10, "sts without domain, string or pattern" },
	{ "may " STS "policy_type=sts", P3_10, "repeated" },
	{ "may " STS "policy_domain=b", P3_10, "repeated" },
	{ "may policy_type=mta-sts", P3_10, "value" },
	{ "may policy_domain=a.test", P3_10, "no policy_type" },
	{ "may policy_string=a", P3_10, "no policy_type" },
	{ "may policy_failure=sts-policy-invalid", P3_10, "no policy_type" },
	{ "may policy_failure=bad-luck", P3_10, "value" },
	{ "dane-only " STS "mx_host_pattern=a.test", P3_10, "sts beside dane" },
	{ "may policy_type=tlsa {policy_string=a b, c=d}", P3_10, NULL },
	{ "may policy_type=tlsa {policy_string={a}}", P3_10, NULL },
	{ "may policy_type=tlsa {policy_string=}", P3_10, "value" },
	{ "may policy_type=tlsa {policy_string= }", P3_10, "value" },
	{ "may policy_type=tlsa policy_string=a b", P3_10, "malformed" },
	{ "may policy_type=tlsa {policy_string=a b", P3_10, "braces" },
	{ "may policy_type=tlsa {policy_string=a{b} x", P3_10, "braces" },
	{ "may policy_type=tlsa {policy_string=a}b}", P3_10, "braces" },
	{ "may policy_type=tlsa {policy_string=a}{policy_string=b}", P3_10,
	    "braces" },
};

static void
test_reader(void **state)
{
	struct reader_policy read;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(reader_cases); i++) {
		reader_read(reader_cases[i].text, strlen(reader_cases[i].text),
		    reader_cases[i].profile, &read);
		if ((read.error == NULL) != (reader_cases[i].error == NULL) ||
		    (read.error != NULL &&
			strcmp(read.error, reader_cases[i].error) != 0))
			fail_msg("case %zu: %s", i,
			    read.error != NULL ? read.error : "accepted");
		reader_clear(&read);
	}
}

static void
test_reader_values(void **state)
{
	static const char text[] = "secure match=a.test {policy_type = sts } "
				   "{ policy_string =  a: b, =c } "
				   "policy_domain=a.test policy_string=d "
				   "mx_host_pattern=a.test";
	struct reader_policy read;

	(void)state;
	reader_read(text, sizeof(text) - 1, P3_10, &read);
	assert_null(read.error);
	assert_string_equal(read.level, "secure");
	assert_string_equal(
	    buf_str(&read.values[READER_STRING]), "a: b, =c\nd\n");
	assert_string_equal(buf_str(&read.values[READER_TYPE]), "sts\n");
	reader_clear(&read);
}

/* 100,000 bytes with "OK ", and one more. */
static void
test_reader_limit(void **state)
{
	struct reader_policy read;
	struct buf text = { 0 };
	size_t n;

	(void)state;
	buf_puts(&text, "may policy_type=tlsa policy_string=");
	n = READER_DATA_MAX_BYTES - text.len;
	memset(buf_reserve(&text, n), 'x', n);
	text.len += n;
	reader_read(text.data, text.len, P3_10, &read);
	assert_null(read.error);
	reader_clear(&read);
	buf_putc(&text, 'x');
	reader_read(text.data, text.len, P3_10, &read);
	assert_string_equal(read.error, "too long");
	reader_clear(&read);
	buf_clear(&text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reader),
		cmocka_unit_test(test_reader_values),
		cmocka_unit_test(test_reader_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
