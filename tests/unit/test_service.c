/* SPDX-License-Identifier: ISC */
/* The text of a next-hop's port, and the port. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/service.h"

static void
test_ports(void **state)
{
	static const struct {
		const char *text;
		uint16_t port;
	} rows[] = {
		{ "25", 25 },
		{ "1", 1 },
		{ "00587", 587 },
		{ "65535", 65535 },
		{ "smtp", 25 },
		{ "SMTP", 25 },
		{ "submission", 587 },
		{ "submissions", 465 },
		{ "smtps", 465 },
		{ "domain", 53 }, /* the system's file has it */
		{ "", 0 },
		{ "0", 0 },
		{ "65536", 0 },
		{ "99999999999999999999", 0 },
		{ "no-such-service", 0 },
		{ "2a", 0 },
		{ "a-name-that-is-longer-than-any-that-a-service-could-have-"
		  "in-a-file",
		    0 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (service_port(rows[i].text, strlen(rows[i].text)) !=
		    rows[i].port)
			fail_msg("row %zu: %s", i, rows[i].text);
	/* The text is not NUL-terminated. */
	assert_int_equal(service_port("587x", 3), 587);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ports),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
