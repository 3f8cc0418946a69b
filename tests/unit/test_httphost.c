/* SPDX-License-Identifier: ISC */
/* Which Host headers are this machine's. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "net/httphost.h"

/* In place of the system's. */
int
gethostname(char *name, size_t size)
{
	snprintf(name, size, "Mail");
	return 0;
}

static void
test_hosts(void **state)
{
	static const char hosts[] =
	    "127.0.0.1\tlocalhost evil.localhost\n"
	    "# 127.0.1.1 commented.example mail\n"
	    "127.0.1.1 mail.example.com mail # more.example\n"
	    "192.0.2.7 other.example\n"
	    "192.0.2.8 mail2.example MAIL alias\n";
	static const struct {
		const char *host;
		bool is_ours;
	} rows[] = {
		{ NULL, false },
		{ "", false },
		{ ":80", false },
		{ ".", false },
		{ "localhost", true },
		{ "LocalHost:9000", true },
		{ "localhost.", true },
		{ "127.0.0.1", true },
		{ "192.0.2.99:80", true },
		{ "127.1", false },
		{ "1.2.3.4.evil.example", false },
		{ "[::1]", true },
		{ "[2001:db8::1]:9000", true },
		{ "[::1", false },
		{ "[::1]x", false },
		{ "[evil.example]", false },
		{ "::1", false },
		{ "mail", true },
		{ "mail.example.com:9000", true },
		{ "MAIL.example.com.", true },
		{ "mail2.example", true },
		{ "alias", true },
		{ "more.example", false },
		{ "commented.example", false },
		{ "other.example", false },
		{ "evil.localhost", false },
		{ "mail.evil.example", false },
		{ "example.com", false },
		{ "il", false },
		{ "mail\n", false },
		{ "localhost\nmail", false },
	};
	char path[] = "/tmp/test_httphost.XXXXXX";
	struct httphost *h;
	int fd = mkstemp(path);
	size_t i;

	(void)state;
	assert_int_not_equal(fd, -1);
	assert_int_equal(
	    write(fd, hosts, sizeof(hosts) - 1), sizeof(hosts) - 1);
	close(fd);
	h = httphost_new(path);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (httphost_is_ours(h, rows[i].host) != rows[i].is_ours)
			fail_msg("row %zu: %s", i, rows[i].host);
	httphost_free(h);
	unlink(path);
	/* Without such a file it still has a name. */
	h = httphost_new(path);
	assert_true(httphost_is_ours(h, "mail"));
	assert_false(httphost_is_ours(h, "mail.example.com"));
	httphost_free(h);
	httphost_free(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hosts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
