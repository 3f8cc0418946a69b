/* SPDX-License-Identifier: ISC */
/* What people write when they mean a domain. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "check/probe.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const struct {
	const char *input, *domain; /* NULL: there is none */
	const char *note; /* a part of it; NULL: none */
} rows[] = {
	{ "example.com", "example.com", NULL },
	{ "EXAMPLE.Com", "example.com", NULL },
	{ "example.com.", "example.com", NULL },
	{ " \texample.com\r\n", "example.com", NULL },
	{ "b\xc3\xbc"
	  "cher.example",
	    "xn--bcher-kva.example", NULL },
	{ "xn--bcher-kva.example", "xn--bcher-kva.example", NULL },
	{ "localhost", "localhost", NULL },
	{ "user@example.com", "example.com", "mail address" },
	{ "<User@Example.com>", "example.com", "mail address" },
	{ "mailto:user@example.com", "example.com", "mail address" },
	{ "a/b@example.com", "example.com", "mail address" },
	{ "\"a@b\"@example.com", "example.com", "mail address" },
	{ "https://example.com/a?b#c", "example.com", "URL" },
	{ "HTTP://user:pw@example.com:8080", "example.com", "URL" },
	{ "https://mta-sts.example.com/.well-known/mta-sts.txt", "example.com",
	    "URL" },
	{ "https://example.com?a@b", "example.com", "URL" },
	{ "mta-sts.example.com/.well-known/mta-sts.txt", "example.com", "URL" },
	{ "_mta-sts.example.com", "example.com", "the record" },
	{ "_MTA-STS.example.com.", "example.com", "the record" },
	{ "_mta-sts.example", "example", "the record" },
	{ "mta-sts.example.com", "example.com", "policy host" },
	{ "Mta-Sts.example.co.uk", "example.co.uk", "policy host" },
	{ "mta-sts.example\xef\xbd\xa1"
	  "com",
	    "example.com", "policy host" },
	/* A domain of that name. */
	{ "mta-sts.example", "mta-sts.example", NULL },
	{ "mta-sts.example.", "mta-sts.example", NULL },
	{ "user@mta-sts.example", "mta-sts.example", "mail address" },
	{ "mta-sts-x.example.com", "mta-sts-x.example.com", NULL },
	{ "", NULL, NULL },
	{ " ", NULL, NULL },
	{ ".", NULL, NULL },
	{ "..", NULL, NULL },
	{ "@", NULL, NULL },
	{ "user@", NULL, NULL },
	{ "https://", NULL, NULL },
	{ "/", NULL, NULL },
	{ "a b.example", NULL, NULL },
	{ "a_b.example", NULL, NULL },
	{ "-a.example", NULL, NULL },
	{ "a..example", NULL, NULL },
	{ "192.0.2.1", NULL, NULL },
	{ "https://192.0.2.1/", NULL, NULL },
	{ "user@[192.0.2.1]", NULL, NULL },
	{ "https://[2001:db8::1]/", NULL, NULL },
	{ "_mta-sts.", NULL, NULL },
	{ "\xff.example", NULL, NULL },
};

static void
test_fold(void **state)
{
	static const char before[] = "unchanged";
	char domain[DOMAIN_MAX + 1];
	const char *note;
	bool is_domain;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		strlcpy(domain, before, sizeof(domain));
		note = before;
		is_domain = probe_fold(rows[i].input, domain, &note);
		if (is_domain != (rows[i].domain != NULL) ||
		    strcmp(domain, is_domain ? rows[i].domain : before) != 0)
			fail_msg("row %zu: %d \"%s\"", i, is_domain, domain);
		if (!is_domain)
			assert_ptr_equal(note, before);
		else if ((note == NULL) != (rows[i].note == NULL) ||
		    (note != NULL && strstr(note, rows[i].note) == NULL))
			fail_msg("row %zu: note \"%s\"", i,
			    note != NULL ? note : "(none)");
	}
}

/* Longer than any name, of one kind of byte and another. */
static void
test_long(void **state)
{
	static const char bytes[] = "a.-_@/:<> \x80\xc3";
	char input[5001], domain[DOMAIN_MAX + 1];
	const char *note;
	size_t i, len;

	(void)state;
	for (i = 0; i < sizeof(bytes) - 1; i++)
		for (len = 1; len < sizeof(input); len *= 5) {
			memset(input, bytes[i], len);
			input[len] = '\0';
			if (bytes[i] != 'a' || len > DOMAIN_LABEL_MAX)
				assert_false(probe_fold(input, domain, &note));
		}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fold),
		cmocka_unit_test(test_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
