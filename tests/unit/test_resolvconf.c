/* SPDX-License-Identifier: ISC */
/* clang-format off: cmocka.h needs these first */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */
#include <arpa/inet.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "net/resolvconf.h"

static char folder[] = "/tmp/test_resolvconf.XXXXXX";
static char path[64];

static void
write_file(const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void
test_address(void **state)
{
	static const struct {
		const char *text;
		const char *result; /* NULL: no address */
		int family;
		unsigned int port, scope;
	} rows[] = {
		{ "192.0.2.1", "192.0.2.1", AF_INET, 53, 0 },
		{ "192.0.2.1:53", "192.0.2.1", AF_INET, 53, 0 },
		{ "192.0.2.1:5353", "192.0.2.1:5353", AF_INET, 5353, 0 },
		{ "[192.0.2.1]:5353", "192.0.2.1:5353", AF_INET, 5353, 0 },
		{ "0.0.0.0", "127.0.0.1", AF_INET, 53, 0 },
		{ "::", "::1", AF_INET6, 53, 0 },
		{ "2001:DB8::1", "2001:db8::1", AF_INET6, 53, 0 },
		{ "[2001:db8::1]", "2001:db8::1", AF_INET6, 53, 0 },
		{ "[2001:db8::1]:53", "2001:db8::1", AF_INET6, 53, 0 },
		{ "[2001:db8::1]:65535", "[2001:db8::1]:65535", AF_INET6, 65535,
		    0 },
		{ "fe80::1%lo", "fe80::1%lo", AF_INET6, 53, 1 },
		{ "[fe80::1%lo]:54", "[fe80::1%lo]:54", AF_INET6, 54, 1 },
		{ "fe80::1%7", "fe80::1%7", AF_INET6, 53, 7 },
		{ "fe80::1%0000000000007", "fe80::1%0000000000007", AF_INET6,
		    53, 7 },
		/* longer than any interface's name */
		{ "fe80::1%0000000000000007", NULL, 0, 0, 0 },
		{ "fe80::1%no-such-if", NULL, 0, 0, 0 },
		{ "fe80::1%", NULL, 0, 0, 0 },
		{ "192.0.2.1%lo", NULL, 0, 0, 0 },
		{ "", NULL, 0, 0, 0 },
		{ ":53", NULL, 0, 0, 0 },
		{ "localhost", NULL, 0, 0, 0 },
		{ "192.0.2.256", NULL, 0, 0, 0 },
		{ "192.0.2.1:", NULL, 0, 0, 0 },
		{ "192.0.2.1:0", NULL, 0, 0, 0 },
		{ "192.0.2.1:65536", NULL, 0, 0, 0 },
		{ "192.0.2.1:x", NULL, 0, 0, 0 },
		{ "[2001:db8::1", NULL, 0, 0, 0 },
		{ "[2001:db8::1]x", NULL, 0, 0, 0 },
		{ "[2001:db8::1]:", NULL, 0, 0, 0 },
		{ "[]", NULL, 0, 0, 0 },
		{ "2001:db8::1::2", NULL, 0, 0, 0 },
		{ "11111111111111111111111111111111111111111111111111111111111"
		  "11111111111111111111111111111111111111111111111",
		    NULL, 0, 0, 0 },
	};
	struct resolvconf_address a;
	unsigned int port;
	size_t i;
	bool ok;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		ok = resolvconf_parse_address(rows[i].text, &a);
		if (ok != (rows[i].result != NULL))
			fail_msg("row %zu: %d", i, ok);
		if (!ok)
			continue;
		if (strcmp(a.text, rows[i].result) != 0)
			fail_msg("row %zu: %s", i, a.text);
		assert_int_equal(a.sock.any.sa_family, rows[i].family);
		port = ntohs(rows[i].family == AF_INET ? a.sock.v4.sin_port :
							 a.sock.v6.sin6_port);
		if (port != rows[i].port ||
		    (rows[i].family == AF_INET6 &&
			a.sock.v6.sin6_scope_id != rows[i].scope))
			fail_msg("row %zu: port %u", i, port);
	}
}

static void
test_file(void **state)
{
	static const struct {
		const char *text;
		const char *servers; /* each followed by a blank */
	} rows[] = {
		{ "nameserver 192.0.2.1\n", "192.0.2.1 " },
		{ "nameserver 192.0.2.1", "192.0.2.1 " },
		{ "nameserver\t192.0.2.1 \r\n", "192.0.2.1 " },
		{ "# nameserver 192.0.2.9\n; nameserver 192.0.2.8\n"
		  "search example.com\noptions trust-ad\n"
		  "nameserver  ::1  # local\nnameserver 192.0.2.1\n",
		    "::1 192.0.2.1 " },
		{ "nameserver nonsense\nnameserver 192.0.2.1\n", "192.0.2.1 " },
		{ "nameserver fe80::1%no-such-if\n", "127.0.0.1 " },
		{ "nameserver\nnameserver \nnameservers 192.0.2.1\n",
		    "127.0.0.1 " },
		{ "", "127.0.0.1 " },
		{ "\n\n", "127.0.0.1 " },
	};
	struct resolvconf conf;
	char text[256];
	size_t i, k, n;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		write_file(rows[i].text);
		assert_int_equal(resolvconf_read(path, &conf), 0);
		for (n = k = 0, *text = '\0'; k < conf.count; k++)
			n += (size_t)snprintf(text + n, sizeof(text) - n, "%s ",
			    conf.server[k].text);
		if (strcmp(text, rows[i].servers) != 0)
			fail_msg("row %zu: %s", i, text);
	}
	/* More than we take. */
	*text = '\0';
	for (i = 0; i < 20; i++)
		strlcat(text, "nameserver ::1\n", sizeof(text) - 1);
	write_file(text);
	assert_int_equal(resolvconf_read(path, &conf), 0);
	assert_int_equal(conf.count, RESOLVCONF_SERVERS_MAX);
}

static void
test_no_file(void **state)
{
	struct rlimit limit, none;
	struct resolvconf conf;

	(void)state;
	unlink(path);
	assert_int_equal(resolvconf_read(path, &conf), 0);
	assert_int_equal(conf.count, 1);
	assert_string_equal(conf.server[0].text, "127.0.0.1");
	assert_int_equal(resolvconf_read(folder, &conf), 0);
	assert_string_equal(conf.server[0].text, "127.0.0.1");
	/* That we cannot open it says nothing about the file. */
	write_file("nameserver ::1\n");
	memset(&conf, 0, sizeof(conf));
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	none = limit;
	none.rlim_cur = 0;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	assert_int_equal(resolvconf_read(path, &conf), -1);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	assert_int_equal(conf.count, 0);
}

static void
test_change(void **state)
{
	struct resolvconf_stamp stamp = { 0 };
	struct timespec times[2] = { { 1000, 0 }, { 1000, 7 } };
	char other[80];

	(void)state;
	unlink(path);
	assert_false(resolvconf_has_changed(path, &stamp));
	write_file("nameserver ::1\n");
	assert_true(resolvconf_has_changed(path, &stamp));
	assert_false(resolvconf_has_changed(path, &stamp));
	/* Its length, its time, another file, none. */
	write_file("nameserver ::1\n\n");
	utimensat(AT_FDCWD, path, times, 0);
	assert_true(resolvconf_has_changed(path, &stamp));
	write_file("nameserver ::2\n\n\n");
	utimensat(AT_FDCWD, path, times, 0);
	assert_true(resolvconf_has_changed(path, &stamp));
	times[1].tv_nsec++;
	utimensat(AT_FDCWD, path, times, 0);
	assert_true(resolvconf_has_changed(path, &stamp));
	assert_false(resolvconf_has_changed(path, &stamp));
	snprintf(other, sizeof(other), "%s.old", path);
	assert_int_equal(rename(path, other), 0);
	assert_true(resolvconf_has_changed(path, &stamp));
	write_file("nameserver ::2\n\n\n");
	utimensat(AT_FDCWD, path, times, 0);
	assert_true(resolvconf_has_changed(path, &stamp));
	assert_int_equal(rename(other, path), 0);
	assert_true(resolvconf_has_changed(path, &stamp));
}

static void
test_equal(void **state)
{
	struct resolvconf a, b;

	(void)state;
	write_file("nameserver ::1\nnameserver 192.0.2.1\n");
	assert_int_equal(resolvconf_read(path, &a), 0);
	assert_int_equal(resolvconf_read(path, &b), 0);
	assert_true(resolvconf_is_equal(&a, &b));
	write_file("nameserver 192.0.2.1\nnameserver ::1\n");
	assert_int_equal(resolvconf_read(path, &b), 0);
	assert_false(resolvconf_is_equal(&a, &b));
	write_file("nameserver ::1\n");
	assert_int_equal(resolvconf_read(path, &b), 0);
	assert_false(resolvconf_is_equal(&a, &b));
	write_file("nameserver ::1\nnameserver 192.0.2.1:54\n");
	assert_int_equal(resolvconf_read(path, &b), 0);
	assert_false(resolvconf_is_equal(&a, &b));
}

static int
set_up(void **state)
{
	(void)state;
	if (mkdtemp(folder) == NULL)
		return -1;
	snprintf(path, sizeof(path), "%s/resolv.conf", folder);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(folder);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_address),
		cmocka_unit_test(test_file),
		cmocka_unit_test(test_no_file),
		cmocka_unit_test(test_change),
		cmocka_unit_test(test_equal),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
