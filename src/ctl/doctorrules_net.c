/* SPDX-License-Identifier: ISC */
/* The way out: name servers, port 443, addresses. */
#include <sys/socket.h>

#include <arpa/inet.h>
#include <netinet/in.h>

#include <stdlib.h>
#include <string.h>

#include "base/xmalloc.h"
#include "ctl/doctortable.h"

#define REFUSED_MIN   5 /* fewer fetches prove nothing */
#define PREFIX_BYTES  12 /* of NAT64: /96 (RFC 6052) */
#define ADDRESS_BYTES 64

void
doctor_rule_dns(struct doctor_run *run)
{
	const struct doctor_net *net = &run->facts->net;
	struct doctor_finding *finding;

	if (net->dns == DNS_OK || net->dns == DNS_NODATA ||
	    net->dns == DNS_NXDOMAIN)
		return;
	finding = doctor_add(run,
	    net->dns == DNS_NO_SERVER ? DOCTOR_CRITICAL : DOCTOR_WARNING,
	    "The look-up of _mta-sts.%s at %s fails: %s.%s", net->domain,
	    net->servers != NULL ? net->servers : "the name server",
	    net->dns_detail != NULL ? net->dns_detail :
				      dns_status_word(net->dns),
	    net->dns == DNS_NO_SERVER ?
		" Without a name server the daemon answers TEMP, and mail "
		"waits." :
		"");
	doctor_fix(finding,
	    "# have /etc/resolv.conf, or the setting dns_servers, name a "
	    "server that answers");
	doctor_fix(finding, "dig TXT _mta-sts.%s", net->domain);
}

enum https_trouble {
	HTTPS_NONE,
	HTTPS_WAY,
	HTTPS_CERTIFICATE
};

static enum https_trouble
trouble(enum sts_reason reason)
{
	switch (reason) {
	case STS_REASON_DNS:
	case STS_REASON_CONNECT:
	case STS_REASON_TIMEOUT:
	case STS_REASON_RESET:
	case STS_REASON_LOCAL:
	case STS_REASON_NO_SERVER:
		return HTTPS_WAY;
	case STS_REASON_TLS_VERSION:
	case STS_REASON_TLS_HANDSHAKE:
	case STS_REASON_TLS_EXPIRED:
	case STS_REASON_TLS_NAME:
	case STS_REASON_TLS_CHAIN:
		return HTTPS_CERTIFICATE;
	case STS_REASON_OK:
	case STS_REASON_TXT_NONE:
	case STS_REASON_TXT_MULTIPLE:
	case STS_REASON_TXT_INVALID:
	case STS_REASON_TXT_LOOKUP:
	case STS_REASON_REFUSED_ADDRESS: /* fetch_refused */
	case STS_REASON_HTTP_STATUS:
	case STS_REASON_REDIRECT:
	case STS_REASON_MEDIA_TYPE:
	case STS_REASON_ENCODING:
	case STS_REASON_HEADER_FLOOD:
	case STS_REASON_TOO_LARGE:
	case STS_REASON_TRUNCATED:
	case STS_REASON_SYNTAX:
	case STS_REASON_BUSY:
	case STS_REASON_CACHE:
	case STS_REASON_DEADLINE:
	case STS_REASON_COUNT:
		break;
	}
	return HTTPS_NONE;
}

void
doctor_rule_https(struct doctor_run *run)
{
	const struct doctor_net *net = &run->facts->net;
	struct doctor_finding *finding;
	enum https_trouble what;

	if (!net->is_fetched || net->dns == DNS_NO_SERVER) {
		doctor_skip(run, "without a name server there is no address");
		return;
	}
	what = trouble(net->fetch);
	if (what == HTTPS_NONE)
		return;
	finding = doctor_add(run, DOCTOR_CRITICAL,
	    "https://mta-sts.%s cannot be %s from here: %s%s%s. %s",
	    net->domain, what == HTTPS_WAY ? "reached" : "verified",
	    sts_reason_word(net->fetch),
	    net->fetch_detail != NULL && *net->fetch_detail != '\0' ? ", " : "",
	    net->fetch_detail != NULL ? net->fetch_detail : "",
	    what == HTTPS_WAY ?
		"Is TCP port 443 open to the outside? (The setting proxy is "
		"for those who may only go through one.)" :
		"Are this host's CAs up to date, and does nobody inspect TLS "
		"on the way?");
	if (what == HTTPS_CERTIFICATE)
		doctor_fix(finding, "apt-get install ca-certificates");
	doctor_fix(finding,
	    "curl -sSI https://mta-sts.%s/.well-known/mta-sts.txt",
	    net->domain);
}

/* The address a detail begins with, as 16 bytes; false: none. */
static bool
read_address(const char *detail, struct in6_addr *out)
{
	char text[ADDRESS_BYTES];
	struct in_addr v4;
	size_t len = strcspn(detail, " ,;()");

	if (len >= sizeof(text))
		return false;
	memcpy(text, detail, len);
	text[len] = '\0';
	if (inet_pton(AF_INET6, text, out) == 1)
		return true;
	if (inet_pton(AF_INET, text, &v4) != 1)
		return false;
	memset(out, 0, sizeof(*out));
	out->s6_addr[10] = out->s6_addr[11] = 0xff;
	memcpy(&out->s6_addr[PREFIX_BYTES], &v4, sizeof(v4));
	return true;
}

/* All in one /96, and it is no IPv4: such a network hides IPv4 in IPv6. */
static bool
find_prefix(const struct doctor_daemon *d, struct in6_addr *prefix)
{
	struct in6_addr one;
	size_t i;

	for (i = 0; i < d->fetches; i++) {
		if (d->fetch[i].detail == NULL ||
		    !read_address(d->fetch[i].detail, &one))
			return false;
		if (i == 0)
			*prefix = one;
		if (memcmp(prefix, &one, PREFIX_BYTES) != 0)
			return false;
	}
	memset(
	    &prefix->s6_addr[PREFIX_BYTES], 0, sizeof(*prefix) - PREFIX_BYTES);
	return d->fetches > 0 && !IN6_IS_ADDR_V4MAPPED(prefix);
}

static bool
is_all_refused(const struct doctor_daemon *d)
{
	const char *word = sts_reason_word(STS_REASON_REFUSED_ADDRESS);
	bool is_several = false;
	size_t i;

	for (i = 0; i < d->fetches; i++) {
		if (strcmp(d->fetch[i].reason, word) != 0)
			return false;
		is_several |=
		    strcmp(d->fetch[i].domain, d->fetch[0].domain) != 0;
	}
	return d->fetches >= REFUSED_MIN && is_several;
}

static void
add_refused(struct doctor_run *run, const char *what)
{
	const struct doctor_daemon *d = &run->facts->daemon;
	const char *allowed = doctor_setting(run->facts, "allow_networks");
	char address[INET6_ADDRSTRLEN];
	struct doctor_finding *finding;
	struct buf value = { 0 };
	struct in6_addr prefix;
	bool has_prefix = find_prefix(d, &prefix);

	finding = doctor_add(run, DOCTOR_CRITICAL,
	    "%s was refused, since policy hosts have addresses here that no "
	    "public host has.%s No policy can be had.",
	    what,
	    has_prefix ? " They all lie in one network of IPv6, as with NAT64 "
			 "under a prefix of its own." :
			 " Does a name server or a proxy hand out addresses of "
			 "its own?");
	if (has_prefix &&
	    inet_ntop(AF_INET6, &prefix, address, sizeof(address)) != NULL) {
		buf_printf(&value, "%s%s%s/96", allowed,
		    *allowed != '\0' ? ", " : "", address);
		doctor_fix_setting(run, finding, "allow_networks", value.data);
	} else {
		doctor_fix(finding,
		    "# if they are meant to be: allow_networks = their "
		    "network, in %s",
		    d->file != NULL ? d->file : "the configuration");
	}
	buf_clear(&value);
}

void
doctor_rule_fetch_refused(struct doctor_run *run)
{
	const struct doctor_daemon *d = &run->facts->daemon;
	const struct doctor_net *net = &run->facts->net;
	struct buf what = { 0 };

	if (is_all_refused(d))
		buf_printf(&what, "Each of the last %zu fetches", d->fetches);
	else if (net->is_fetched && net->fetch == STS_REASON_REFUSED_ADDRESS)
		buf_printf(&what, "The policy host of %s (%s)", net->domain,
		    net->fetch_detail != NULL ? net->fetch_detail : "?");
	else if (!net->is_fetched && d->api != DOCTOR_API_UP)
		doctor_skip(run, "no fetch is known");
	if (what.len > 0)
		add_refused(run, what.data);
	buf_clear(&what);
}
