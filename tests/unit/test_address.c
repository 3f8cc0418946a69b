/* SPDX-License-Identifier: ISC */
/* Every refused network: its first and last address, and the neighbours. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/un.h>

#include <cmocka.h>

#include "net/address.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static bool
is_allowed(const char *text, const struct config_list *allow)
{
	struct sockaddr_in in = { .sin_family = AF_INET };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };

	if (inet_pton(AF_INET, text, &in.sin_addr) == 1)
		return address_is_allowed((const struct sockaddr *)&in, allow);
	if (inet_pton(AF_INET6, text, &in6.sin6_addr) != 1)
		fail_msg("%s is no address", text);
	return address_is_allowed((const struct sockaddr *)&in6, allow);
}

struct row {
	const char *address;
	bool is_allowed;
};

static void
check_rows(const struct row *rows, size_t n, const struct config_list *allow)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (is_allowed(rows[i].address, allow) != rows[i].is_allowed)
			fail_msg("row %zu: %s should be %s", i, rows[i].address,
			    rows[i].is_allowed ? "allowed" : "refused");
}

static const struct row refused[] = {
	{ "0.0.0.0", false },
	{ "0.255.255.255", false },
	{ "1.0.0.0", true },
	{ "9.255.255.255", true },
	{ "10.0.0.0", false },
	{ "10.255.255.255", false },
	{ "11.0.0.0", true },
	{ "100.63.255.255", true },
	{ "100.64.0.0", false },
	{ "100.127.255.255", false },
	{ "100.128.0.0", true },
	{ "126.255.255.255", true },
	{ "127.0.0.0", false },
	{ "127.255.255.255", false },
	{ "128.0.0.0", true },
	{ "169.253.255.255", true },
	{ "169.254.0.0", false },
	{ "169.254.255.255", false },
	{ "169.255.0.0", true },
	{ "172.15.255.255", true },
	{ "172.16.0.0", false },
	{ "172.31.255.255", false },
	{ "172.32.0.0", true },
	{ "191.255.255.255", true },
	{ "192.0.0.0", false },
	{ "192.0.0.255", false },
	{ "192.0.1.0", true },
	{ "192.0.1.255", true },
	{ "192.0.2.0", false },
	{ "192.0.2.255", false },
	{ "192.0.3.0", true },
	{ "192.88.98.255", true },
	{ "192.88.99.0", false },
	{ "192.88.99.255", false },
	{ "192.88.100.0", true },
	{ "192.167.255.255", true },
	{ "192.168.0.0", false },
	{ "192.168.255.255", false },
	{ "192.169.0.0", true },
	{ "198.17.255.255", true },
	{ "198.18.0.0", false },
	{ "198.19.255.255", false },
	{ "198.20.0.0", true },
	{ "198.51.99.255", true },
	{ "198.51.100.0", false },
	{ "198.51.100.255", false },
	{ "198.51.101.0", true },
	{ "203.0.112.255", true },
	{ "203.0.113.0", false },
	{ "203.0.113.255", false },
	{ "203.0.114.0", true },
	{ "223.255.255.255", true },
	{ "224.0.0.0", false },
	{ "239.255.255.255", false },
	{ "240.0.0.0", false },
	{ "255.255.255.255", false },
	/* IPv6: only 2000::/3, and not all of it */
	{ "::", false },
	{ "::1", false },
	{ "1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", false },
	{ "2000::", true },
	{ "2000:ffff:ffff:ffff:ffff:ffff:ffff:ffff", true },
	{ "2001::", false },
	{ "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff", false },
	{ "2001:200::", true },
	{ "2001:db7:ffff:ffff:ffff:ffff:ffff:ffff", true },
	{ "2001:db8::", false },
	{ "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", false },
	{ "2001:db9::", true },
	{ "2001:ffff:ffff:ffff:ffff:ffff:ffff:ffff", true },
	{ "2002::", false },
	{ "2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff", false },
	{ "2003::", true },
	{ "3ffe:ffff:ffff:ffff:ffff:ffff:ffff:ffff", true },
	{ "3fff::", false },
	{ "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff", false },
	{ "3fff:1000::", true },
	{ "3fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", true },
	{ "4000::", false },
	{ "fc00::1", false },
	{ "fe80::1", false },
	{ "ff02::1", false },
	/* IPv4 inside IPv6 */
	{ "::ffff:9.255.255.255", true },
	{ "::ffff:10.0.0.0", false },
	{ "::ffff:127.0.0.1", false },
	{ "::ffff:224.0.0.1", false },
	{ "::fffe:9.9.9.9", false },
	{ "::9.9.9.9", false },
	{ "64:ff9b::9.9.9.9", true },
	{ "64:ff9b::10.0.0.1", false },
	{ "64:ff9b::192.168.1.1", false },
	{ "64:ff9b::1:9.9.9.9", false },
	{ "64:ff9b:1::9.9.9.9", false },
};

static void
test_refused(void **state)
{
	const struct config_list none = { NULL, 0 };

	(void)state;
	check_rows(refused, COUNT(refused), &none);
}

static void
test_allowed(void **state)
{
	char a[] = "10.1.0.0/16", b[] = "192.168.7.7", c[] = "[fd00::]/8";
	char d[] = "::ffff:172.16.0.0/112", e[] = "198.18.0.0/31";
	char *item[] = { a, b, c, d, e };
	const struct config_list allow = { item, COUNT(item) };
	static const struct row rows[] = {
		{ "10.0.255.255", false },
		{ "10.1.0.0", true },
		{ "10.1.255.255", true },
		{ "10.2.0.0", false },
		{ "192.168.7.6", false },
		{ "192.168.7.7", true },
		{ "192.168.7.8", false },
		{ "fcff::1", false },
		{ "fd00::", true },
		{ "fdff::1", true },
		{ "fe00::", false },
		{ "172.16.0.1", true },
		{ "172.16.255.255", true },
		{ "172.17.0.0", false },
		{ "198.18.0.0", true },
		{ "198.18.0.1", true },
		{ "198.18.0.2", false },
		{ "::ffff:10.1.2.3", true },
		{ "::ffff:10.2.2.3", false },
		{ "64:ff9b::10.1.2.3", true },
		{ "64:ff9b::10.2.2.3", false },
		{ "8.8.8.8", true },
	};
	struct sockaddr_un other = { .sun_family = AF_UNIX };

	(void)state;
	check_rows(rows, COUNT(rows), &allow);
	assert_false(
	    address_is_allowed((const struct sockaddr *)&other, &allow));
}

/* The NAT64 prefix itself may be named, without what it stands for. */
static void
test_allowed_prefix(void **state)
{
	char a[] = "64:ff9b::/96", b[] = "0.0.0.0/0";
	char *item[] = { a };
	char *all[] = { b };
	const struct config_list allow = { item, 1 };
	const struct config_list every = { all, 1 };

	(void)state;
	assert_true(is_allowed("64:ff9b::10.2.2.3", &allow));
	assert_false(is_allowed("10.2.2.3", &allow));
	assert_true(is_allowed("127.0.0.1", &every));
	assert_true(is_allowed("::ffff:127.0.0.1", &every));
	assert_false(is_allowed("::1", &every));
}

static const struct {
	const char *text;
	bool is_network;
	int family;
	unsigned int bits;
} networks[] = {
	{ "192.0.2.0/24", true, AF_INET, 24 },
	{ "192.0.2.1", true, AF_INET, 32 },
	{ "0.0.0.0/0", true, AF_INET, 0 },
	{ "128.0.0.0/1", true, AF_INET, 1 },
	{ "192.0.2.1/32", true, AF_INET, 32 },
	{ "2001:db8::/32", true, AF_INET6, 32 },
	{ "[2001:db8::]/32", true, AF_INET6, 32 },
	{ "::/0", true, AF_INET6, 0 },
	{ "::1", true, AF_INET6, 128 },
	{ "[::1]", true, AF_INET6, 128 },
	{ "::ffff:10.0.0.0/104", true, AF_INET, 8 },
	{ "::ffff:10.0.0.1", true, AF_INET, 32 },
	{ "::ffff:0:0/95", false, 0, 0 },
	{ "::fffe:0:0/95", true, AF_INET6, 95 },
	{ "", false, 0, 0 },
	{ "/", false, 0, 0 },
	{ "/24", false, 0, 0 },
	{ "192.0.2.0/", false, 0, 0 },
	{ "192.0.2.0/33", false, 0, 0 },
	{ "192.0.2.0/ 24", false, 0, 0 },
	{ "192.0.2.0/+24", false, 0, 0 },
	{ "192.0.2.0/24x", false, 0, 0 },
	{ "192.0.2.0/0024", false, 0, 0 },
	{ "192.0.2.0/24/24", false, 0, 0 },
	{ "192.0.2.1/24", false, 0, 0 },
	{ "192.0.2.0/255.255.255.0", false, 0, 0 },
	{ "192.0.2", false, 0, 0 },
	{ "[192.0.2.1]", false, 0, 0 },
	{ "[::1", false, 0, 0 },
	{ "[]", false, 0, 0 },
	{ "::1/129", false, 0, 0 },
	{ "2001:db8::1/64", false, 0, 0 },
	{ "example.com", false, 0, 0 },
	{ "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
	    false, 0, 0 },
};

static void
test_parse(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(networks); i++) {
		struct address_net net = { .family = -1 };

		if (address_net_parse(networks[i].text, &net) !=
		    networks[i].is_network)
			fail_msg("row %zu: %s", i, networks[i].text);
		if (!networks[i].is_network)
			assert_int_equal(net.family, -1);
		else if (net.family != networks[i].family ||
		    net.bits != networks[i].bits)
			fail_msg("row %zu: %s: family %d, %u bits", i,
			    networks[i].text, net.family, net.bits);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_allowed),
		cmocka_unit_test(test_allowed_prefix),
		cmocka_unit_test(test_parse),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
