/* SPDX-License-Identifier: ISC */
/*
 * The networks no policy host has any business in: IANA's special-purpose
 * registries (RFC 6890) for IPv4, and for IPv6 all but global unicast.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "net/address.h"

#define ADDRESS_TEXT_BYTES 64

static const struct address_net refused_v4[] = {
	{ AF_INET, { 0 }, 8 },
	{ AF_INET, { 10 }, 8 },
	{ AF_INET, { 100, 64 }, 10 },
	{ AF_INET, { 127 }, 8 },
	{ AF_INET, { 169, 254 }, 16 },
	{ AF_INET, { 172, 16 }, 12 },
	{ AF_INET, { 192, 0, 0 }, 24 },
	{ AF_INET, { 192, 0, 2 }, 24 },
	{ AF_INET, { 192, 88, 99 }, 24 },
	{ AF_INET, { 192, 168 }, 16 },
	{ AF_INET, { 198, 18 }, 15 },
	{ AF_INET, { 198, 51, 100 }, 24 },
	{ AF_INET, { 203, 0, 113 }, 24 },
	{ AF_INET, { 224 }, 3 },
};

/* Of the one range that is routed at all. */
static const struct address_net global_v6 = { AF_INET6, { 0x20 }, 3 };

static const struct address_net refused_v6[] = {
	{ AF_INET6, { 0x20, 0x01, 0x00 }, 23 },
	{ AF_INET6, { 0x20, 0x01, 0x0d, 0xb8 }, 32 },
	{ AF_INET6, { 0x20, 0x02 }, 16 },
	{ AF_INET6, { 0x3f, 0xff, 0x00 }, 20 },
};

/* Prefixes before an embedded IPv4 address: RFC 4291 2.5.5.2, RFC 6052. */
static const struct address_net mapped_v4 = { AF_INET6,
	{ 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff }, 96 };
static const struct address_net nat64 = { AF_INET6, { 0, 0x64, 0xff, 0x9b },
	96 };

/* An address is a network of all its bits. */
static bool
is_inside(const struct address_net *a, const struct address_net *net)
{
	unsigned int whole = net->bits / 8;
	unsigned int rest = net->bits % 8;
	unsigned int mask = 0xffU << (8 - rest) & 0xffU;

	if (a->family != net->family || a->bits < net->bits ||
	    memcmp(a->bytes, net->bytes, whole) != 0)
		return false;
	return rest == 0 || ((a->bytes[whole] ^ net->bytes[whole]) & mask) == 0;
}

static struct address_net
embedded_v4(const struct address_net *v6)
{
	struct address_net v4 = { AF_INET, { 0 }, v6->bits - 96 };

	memcpy(v4.bytes, v6->bytes + 12, 4);
	return v4;
}

static bool
has_host_bits(const struct address_net *net)
{
	unsigned int bytes = net->family == AF_INET ? 4 : 16;
	unsigned int bit;

	for (bit = net->bits; bit < bytes * 8; bit++)
		if (net->bytes[bit / 8] & 0x80U >> bit % 8)
			return true;
	return false;
}

/* One to three digits, at most max. */
static bool
parse_bits(const char *text, unsigned int max, unsigned int *bits)
{
	size_t len = strlen(text);
	unsigned long n;

	if (len == 0 || len > 3 || strspn(text, "0123456789") != len)
		return false;
	n = strtoul(text, NULL, 10);
	if (n > max)
		return false;
	*bits = (unsigned int)n;
	return true;
}

/* Postfix writes IPv6 networks as "[::1]/128": both forms are taken. */
bool
address_net_parse(const char *text, struct address_net *out)
{
	const char *slash = strchr(text, '/');
	size_t len = slash == NULL ? strlen(text) : (size_t)(slash - text);
	bool has_brackets = len >= 2 && text[0] == '[' && text[len - 1] == ']';
	struct address_net net = { AF_INET, { 0 }, 32 };
	char host[ADDRESS_TEXT_BYTES];

	if (len == 0 || len >= sizeof(host))
		return false;
	if (has_brackets) {
		text++;
		len -= 2;
	}
	memcpy(host, text, len);
	host[len] = '\0';
	if (has_brackets || inet_pton(AF_INET, host, net.bytes) != 1) {
		net.family = AF_INET6;
		net.bits = 128;
		if (inet_pton(AF_INET6, host, net.bytes) != 1)
			return false;
	}
	if (slash != NULL && !parse_bits(slash + 1, net.bits, &net.bits))
		return false;
	/* As Postfix: "192.0.2.1/24" is more likely a slip than a network. */
	if (has_host_bits(&net))
		return false;
	*out = is_inside(&net, &mapped_v4) ? embedded_v4(&net) : net;
	return true;
}

static bool
is_listed(const struct address_net *a, const struct address_net *list, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (is_inside(a, &list[i]))
			return true;
	return false;
}

static bool
is_named(const struct address_net *a, const struct config_list *allow)
{
	struct address_net net;
	size_t i;

	for (i = 0; i < allow->count; i++)
		if (address_net_parse(allow->item[i], &net) &&
		    is_inside(a, &net))
			return true;
	return false;
}

bool
address_is_allowed(const struct sockaddr *sa, const struct config_list *allow)
{
	struct address_net a = { sa->sa_family, { 0 }, 128 };

	if (sa->sa_family == AF_INET) {
		struct sockaddr_in in;

		memcpy(&in, sa, sizeof(in));
		memcpy(a.bytes, &in.sin_addr, 4);
		a.bits = 32;
	} else if (sa->sa_family == AF_INET6) {
		struct sockaddr_in6 in6;

		memcpy(&in6, sa, sizeof(in6));
		memcpy(a.bytes, &in6.sin6_addr, 16);
	} else
		return false;
	/* As written first: 64:ff9b::/96 itself may be named. */
	if (is_named(&a, allow))
		return true;
	if (is_inside(&a, &mapped_v4) || is_inside(&a, &nat64)) {
		a = embedded_v4(&a);
		if (is_named(&a, allow))
			return true;
	}

	if (a.family == AF_INET)
		return !is_listed(
		    &a, refused_v4, sizeof(refused_v4) / sizeof(refused_v4[0]));
	return is_inside(&a, &global_v6) &&
	    !is_listed(
		&a, refused_v6, sizeof(refused_v6) / sizeof(refused_v6[0]));
}
