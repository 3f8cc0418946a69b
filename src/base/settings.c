/* SPDX-License-Identifier: ISC */
/*
 * The one table of settings. The manual, the sample configuration and
 * --print-config are checked against it.
 */
#include <arpa/inet.h>
#include <netinet/in.h>

#include <stddef.h>
#include <string.h>

#include "base/config.h"
#include "base/sock.h"
#include "base/sockaddress.h"

#define PORT_MAX      65535
#define IPV4_BITS     32
#define IPV6_BITS     128
#define MINUTE_S      60
#define HOUR_S        (60 * MINUTE_S)
#define DAY_S         (24 * HOUR_S)
#define MEBIBYTE      (INT64_C(1024) * 1024)
#define TEBIBYTE      (MEBIBYTE * 1024 * 1024)
#define ADDRESS_BYTES 64 /* an IPv6 address with brackets, port, NUL */

/* Postfix gives a look-up up after 100 s. */
#define QUERY_TIMEOUT_MAX_S 90

static int
family_of(const char *text)
{
	unsigned char bytes[sizeof(struct in6_addr)];

	if (inet_pton(AF_INET, text, bytes) == 1)
		return AF_INET;
	return inet_pton(AF_INET6, text, bytes) == 1 ? AF_INET6 : AF_UNSPEC;
}

/* One to five digits of at most max, no leading zero but in "0". */
static bool
is_number_upto(const char *s, unsigned int max)
{
	unsigned int value = 0;
	size_t len = strlen(s);

	if (len == 0 || len > 5 || strspn(s, "0123456789") != len ||
	    (s[0] == '0' && len > 1))
		return false;
	for (; *s != '\0'; s++)
		value = value * 10 + (unsigned int)(*s - '0');
	return value <= max;
}

static bool
is_port(const char *s)
{
	return is_number_upto(s, PORT_MAX) && strcmp(s, "0") != 0;
}

/* "192.0.2.0/24", "2001:db8::/32", or an address alone. */
static bool
is_network(const char *item)
{
	char address[ADDRESS_BYTES];
	const char *slash = strchr(item, '/');
	size_t len = slash != NULL ? (size_t)(slash - item) : strlen(item);
	int family;

	if (len >= sizeof(address))
		return false;
	memcpy(address, item, len);
	address[len] = '\0';
	family = family_of(address);
	if (family == AF_UNSPEC)
		return false;
	return slash == NULL ||
	    is_number_upto(
		slash + 1, family == AF_INET ? IPV4_BITS : IPV6_BITS);
}

/* "192.0.2.1", "192.0.2.1:53", "2001:db8::1", "[2001:db8::1]:53". */
static bool
is_server(const char *item)
{
	char copy[ADDRESS_BYTES], *address = copy, *port;
	int family = AF_INET;

	if (family_of(item) != AF_UNSPEC)
		return true;
	if (strlcpy(copy, item, sizeof(copy)) >= sizeof(copy))
		return false;
	port = strrchr(copy, ':');
	if (port == NULL)
		return false;
	if (copy[0] == '[') {
		if (port[-1] != ']')
			return false;
		port[-1] = '\0';
		address++;
		family = AF_INET6;
	}
	*port++ = '\0';
	return family_of(address) == family && is_port(port);
}

#define SOCKET_EXPECTED                                            \
	"an address such as inet:127.0.0.1:8461, inet:[::1]:8461 " \
	"or unix:/path"
#define NETWORK_EXPECTED "a network such as 192.0.2.0/24 or 2001:db8::/32"

#define AT(member)   .offset = offsetof(struct config, member)
#define TEXT(member) .name = #member, .type = CONFIG_STRING, AT(member)
#define LIST(member) .name = #member, .type = CONFIG_LIST, AT(member)
#define WORD(member) .name = #member, .type = CONFIG_WORD, AT(member)
#define BOOL(member) .name = #member, .type = CONFIG_BOOL, AT(member)
#define SECONDS(member, low, high)                                         \
	.name = #member, .type = CONFIG_SECONDS, AT(member), .min = (low), \
	.max = (high)
#define BYTES(member, low, high)                                         \
	.name = #member, .type = CONFIG_BYTES, AT(member), .min = (low), \
	.max = (high)
#define NUMBER(member, low, high)                                         \
	.name = #member, .type = CONFIG_NUMBER, AT(member), .min = (low), \
	.max = (high)
#define MODE(member) \
	.name = #member, .type = CONFIG_MODE, AT(member), .min = 0, .max = 0777

static const struct config_setting settings[] = {
	{ LIST(listen), .fallback = "inet:127.0.0.1:8461", .is_required = true,
	    .is_reloadable = true, .is_valid = sockaddress_is_valid,
	    .expected = SOCKET_EXPECTED,
	    .doc = "where Postfix asks: inet: and unix: addresses" },
	{ MODE(listen_mode), .fallback = "0666",
	    .doc = "permissions of the unix sockets of listen" },
	{ TEXT(listen_owner), .fallback = "",
	    .doc = "owner of the unix sockets; empty: who makes them" },
	{ TEXT(listen_group), .fallback = "",
	    .doc = "group of the unix sockets; empty: who makes them" },
	{ NUMBER(max_connections, 1, 100000), .fallback = "4096",
	    .is_reloadable = true,
	    .doc = "connections of Postfix held at once" },
	{ WORD(default_profile), .fallback = "postfix-3.4",
	    .words = "postfix-2.10 postfix-3.4 postfix-3.10",
	    .is_reloadable = true,
	    .doc = "form of answers when the socketmap's name states none" },
	{ BOOL(smarthost_policy), .fallback = "yes", .is_reloadable = true,
	    .doc = "apply a policy to [host] and host:port next-hops too" },
	{ BOOL(testing_reports), .fallback = "no", .is_reloadable = true,
	    .doc = "answer testing policies so that TLSRPT counts them" },
	{ TEXT(main_level), .fallback = "",
	    .words = "none may encrypt dane dane-only fingerprint verify "
		     "secure",
	    .is_reloadable = true,
	    .doc = "smtp_tls_security_level of main.cf; empty: unknown" },
	{ BOOL(dane), .fallback = "no", .is_reloadable = true,
	    .doc = "DANE goes before MTA-STS: look TLSA records up" },
	{ TEXT(overrides), .fallback = "", .is_reloadable = true,
	    .doc = "file of exceptions by domain; empty: none" },
	{ TEXT(cache_dir), .fallback = "/var/lib/postfix-mta-sts",
	    .is_required = true, .doc = "folder of the policy cache" },
	{ BYTES(cache_size, MEBIBYTE, TEBIBYTE), .fallback = "4G",
	    .doc = "address space of the cache: the most it can hold" },
	{ SECONDS(commit_wait, 1, MINUTE_S), .fallback = "1s",
	    .is_reloadable = true,
	    .doc = "how long a new policy waits for the disk" },
	{ SECONDS(query_timeout, 1, QUERY_TIMEOUT_MAX_S), .fallback = "10s",
	    .is_reloadable = true,
	    .doc = "how long a first contact waits for a policy" },
	{ SECONDS(revalidate_wait, 1, MINUTE_S), .fallback = "1s",
	    .is_reloadable = true,
	    .doc = "how long a known policy waits for an overdue check" },
	{ SECONDS(txt_check_min, 1, 7 * DAY_S), .fallback = "1m",
	    .is_reloadable = true,
	    .doc = "least time between two TXT look-ups of a domain" },
	{ SECONDS(txt_check_max, 1, 7 * DAY_S), .fallback = "1d",
	    .is_reloadable = true,
	    .doc = "most time between two TXT look-ups of a domain" },
	{ SECONDS(negative_min, 1, 7 * DAY_S), .fallback = "1m",
	    .is_reloadable = true,
	    .doc = "least time that \"no policy\" is remembered" },
	{ SECONDS(negative_max, 1, 7 * DAY_S), .fallback = "1h",
	    .is_reloadable = true,
	    .doc = "most time that \"no policy\" is remembered" },
	{ SECONDS(refresh_interval, 1, 28 * DAY_S), .fallback = "1d",
	    .is_reloadable = true,
	    .doc = "policies in use are fetched anew so often" },
	{ SECONDS(refresh_min, 1, 7 * DAY_S), .fallback = "5m",
	    .is_reloadable = true,
	    .doc = "least time between two fetches of a policy" },
	{ SECONDS(keep_unused, HOUR_S, 364 * DAY_S), .fallback = "30d",
	    .is_reloadable = true,
	    .doc = "domains not asked for so long are not refreshed" },
	{ LIST(dns_servers), .fallback = "", .is_reloadable = true,
	    .is_valid = is_server,
	    .expected = "a name server such as 127.0.0.1, 127.0.0.1:53 "
			"or [::1]:53",
	    .doc = "name servers; empty: those of /etc/resolv.conf" },
	{ SECONDS(dns_deadline, 1, MINUTE_S), .fallback = "5s",
	    .is_reloadable = true,
	    .doc = "for one DNS look-up, over all tries and servers" },
	{ NUMBER(dns_parallel, 1, 1000), .fallback = "100",
	    .is_reloadable = true, .doc = "DNS queries in flight at once" },
	{ LIST(dns_trust_ad), .fallback = "", .is_reloadable = true,
	    .is_valid = is_network, .expected = NETWORK_EXPECTED,
	    .doc = "name servers whose AD bit counts, besides loopback" },
	{ SECONDS(fetch_timeout, 1, 10 * MINUTE_S), .fallback = "1m",
	    .is_reloadable = true, .doc = "for one fetch of a policy" },
	{ SECONDS(fetch_connect_timeout, 1, 10 * MINUTE_S), .fallback = "15s",
	    .is_reloadable = true,
	    .doc = "for TCP and TLS to the policy host" },
	{ NUMBER(fetch_parallel, 1, 1000), .fallback = "32",
	    .is_reloadable = true, .doc = "fetches in flight at once" },
	{ TEXT(tls_ca_file), .fallback = "", .is_reloadable = true,
	    .doc = "trusted CAs (PEM); empty: the system's" },
	{ LIST(allow_networks), .fallback = "", .is_reloadable = true,
	    .is_valid = is_network, .expected = NETWORK_EXPECTED,
	    .doc = "private networks a policy host may be in" },
	{ TEXT(proxy), .fallback = "", .is_reloadable = true,
	    .doc = "HTTP proxy for fetches; empty: none" },
	{ NUMBER(policy_port, 1, PORT_MAX), .fallback = "443",
	    .is_reloadable = true,
	    .doc = "HTTPS port of policy hosts; other than 443: for tests" },
	{ TEXT(admin_listen), .fallback = CONFIG_ADMIN_LISTEN,
	    .is_valid = sockaddress_is_valid, .expected = SOCKET_EXPECTED,
	    .doc = "administration socket; empty: none" },
	{ TEXT(metrics_listen), .fallback = "",
	    .is_valid = sockaddress_is_valid, .expected = SOCKET_EXPECTED,
	    .doc = "HTTP for /metrics and /healthz alone; empty: none" },
	{ WORD(log_target), .fallback = "stderr", .words = "stderr syslog",
	    .is_reloadable = true, .doc = "where the log goes" },
	{ WORD(log_level), .fallback = "info",
	    .words = "error warning info debug", .is_reloadable = true,
	    .doc = "how much is logged" },
	{ WORD(log_format), .fallback = "text", .words = "text json",
	    .is_reloadable = true, .doc = "form of a log line" },
	{ BOOL(log_answers), .fallback = "no", .is_reloadable = true,
	    .doc = "log every answer, not only every resolution" },
	{ TEXT(user), .fallback = "",
	    .doc = "become this user after start; empty: stay" },
	{ TEXT(group), .fallback = "",
	    .doc = "become this group after start; empty: the user's" },
	{ TEXT(pid_file), .fallback = "",
	    .doc = "file for the process id; empty: none" },
	{ BOOL(sandbox), .fallback = "yes",
	    .doc = "give up what is not needed once all runs" },
};

const struct config_setting *
config_settings(size_t *count)
{
	*count = sizeof(settings) / sizeof(settings[0]);
	return settings;
}
