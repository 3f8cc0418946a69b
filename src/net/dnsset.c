/* SPDX-License-Identifier: ISC */
/* Sets are counted: the last look-up that uses an old one frees it. */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/xmalloc.h"
#include "net/address.h"
#include "net/dnsset.h"

/* How often resolv.conf is looked at, at most. */
#define LOOK_INTERVAL_MS 1000

/* A look-up has ended by then: dns_deadline, and a second for the loop. */
#define KEEP_MORE_MS 1000

struct dnsset_source {
	struct loop *loop;
	const struct config *config;
	const char *resolv_conf;
	const char *path; /* NULL: dns_servers */
	struct resolvconf_stamp stamp;
	int64_t looked_ms;
	struct resolvconf conf;
	struct dnsset *set;
};

static bool
is_within(const struct sockaddr *sa, const struct address_net *net)
{
	unsigned int whole = net->bits / 8, rest = net->bits % 8;
	const unsigned char *bytes;

	if ((int)sa->sa_family != net->family)
		return false;
	if (net->family == AF_INET)
		bytes = (const unsigned char *)&(
		    (const struct sockaddr_in *)(const void *)sa)
			    ->sin_addr;
	else
		bytes = (const unsigned char *)&(
		    (const struct sockaddr_in6 *)(const void *)sa)
			    ->sin6_addr;
	return memcmp(bytes, net->bytes, whole) == 0 &&
	    (rest == 0 ||
		(bytes[whole] ^ net->bytes[whole]) >> (8 - rest) == 0);
}

/* RFC 6840 section 5.7: AD means something on a path that is ours alone. */
static bool
is_trusted(const struct config *config, const struct resolvconf_address *a)
{
	static const char *const loopback[] = { "127.0.0.0/8", "::1" };
	const struct config_list *list = &config->dns_trust_ad;
	struct address_net net;
	size_t i;

	for (i = 0; i < sizeof(loopback) / sizeof(loopback[0]); i++)
		if (address_net_parse(loopback[i], &net) &&
		    is_within(&a->sock.any, &net))
			return true;
	for (i = 0; i < list->count; i++)
		if (address_net_parse(list->item[i], &net) &&
		    is_within(&a->sock.any, &net))
			return true;
	return false;
}

static struct dnsset *
set_new(const struct dnsset_source *src)
{
	struct dnsset *set = xcalloc(1, sizeof(*set));
	int64_t keep_ms = src->config->dns_deadline * 1000 + KEEP_MORE_MS;
	size_t i;

	set->refs = 1;
	set->count = src->conf.count;
	for (i = 0; i < set->count; i++)
		set->server[i] = dnsserver_new(src->loop, &src->conf.server[i],
		    keep_ms, is_trusted(src->config, &src->conf.server[i]));
	return set;
}

void
dnsset_unref(struct dnsset *set)
{
	size_t i;

	if (set == NULL || --set->refs > 0)
		return;
	for (i = 0; i < set->count; i++)
		dnsserver_free(set->server[i]);
	free(set);
}

int64_t
dnsset_heard_ms(const struct dnsset *set)
{
	int64_t heard = INT64_MIN;
	size_t i;

	for (i = 0; i < set->count; i++)
		if (dnsserver_heard_ms(set->server[i]) > heard)
			heard = dnsserver_heard_ms(set->server[i]);
	return heard;
}

static bool
read_setting(const struct config_list *list, struct resolvconf *conf)
{
	size_t i;

	if (list->count > RESOLVCONF_SERVERS_MAX) {
		log_error("dns-servers", "dns_servers: more than %d",
		    RESOLVCONF_SERVERS_MAX);
		return false;
	}
	for (i = 0; i < list->count; i++) {
		if (!resolvconf_parse_address(
			list->item[i], &conf->server[i])) {
			log_error("dns-servers", "dns_servers: bad address: %s",
			    list->item[i]);
			return false;
		}
	}
	conf->count = list->count;
	return true;
}

static void
log_servers(const struct dnsset_source *src)
{
	struct buf b = { 0 };
	size_t i;

	for (i = 0; i < src->conf.count; i++)
		buf_printf(&b, " %s", src->conf.server[i].text);
	log_info("dns-servers", "%s:%s",
	    src->path != NULL ? src->path : "dns_servers", buf_str(&b));
	buf_clear(&b);
}

/* Read resolv.conf when it is another than before. */
static void
follow(struct dnsset_source *src)
{
	int64_t now = clock_ms();
	struct resolvconf conf;

	if (src->path == NULL ||
	    (src->set != NULL && now - src->looked_ms < LOOK_INTERVAL_MS))
		return;
	src->looked_ms = now;
	if (!resolvconf_has_changed(src->path, &src->stamp) && src->set != NULL)
		return;
	if (resolvconf_read(src->path, &conf) == -1) {
		/* Look again, whatever the stamp says. */
		memset(&src->stamp, 0, sizeof(src->stamp));
		return;
	}
	if (src->set != NULL && resolvconf_is_equal(&src->conf, &conf))
		return;
	src->conf = conf;
	if (src->set != NULL)
		log_servers(src);
	dnsset_unref(src->set);
	src->set = set_new(src);
}

struct dnsset_source *
dnsset_source_new(
    struct loop *loop, const struct config *config, const char *resolv_conf)
{
	struct dnsset_source *src = xcalloc(1, sizeof(*src));

	src->loop = loop;
	src->config = config;
	src->resolv_conf = resolv_conf;
	if (config->dns_servers.count == 0) {
		src->path = resolv_conf;
		follow(src);
	} else if (read_setting(&config->dns_servers, &src->conf)) {
		src->set = set_new(src);
	}
	if (src->set == NULL) {
		free(src);
		return NULL;
	}
	return src;
}

enum dns_trust
dnsset_trust(
    const struct config *config, const char *resolv_conf, struct buf *text)
{
	struct resolvconf conf = { 0 };
	size_t i, n = 0;

	if (config->dns_servers.count > 0)
		(void)read_setting(&config->dns_servers, &conf);
	else
		(void)resolvconf_read(resolv_conf, &conf);
	for (i = 0; i < conf.count; i++) {
		buf_printf(
		    text, "%s%s", i > 0 ? ", " : "", conf.server[i].text);
		n += is_trusted(config, &conf.server[i]);
	}
	if (n == 0)
		return DNS_TRUST_NONE;
	return n < conf.count ? DNS_TRUST_SOME : DNS_TRUST_ALL;
}

bool
dnsset_check(const struct config *config)
{
	struct resolvconf conf;

	return read_setting(&config->dns_servers, &conf);
}

void
dnsset_source_reload(struct dnsset_source *src)
{
	struct resolvconf before = src->conf, conf;

	if (src->config->dns_servers.count > 0) {
		src->path = NULL;
		(void)read_setting(&src->config->dns_servers, &src->conf);
	} else {
		src->path = src->resolv_conf;
		memset(&src->stamp, 0, sizeof(src->stamp));
		if (resolvconf_read(src->path, &conf) == 0)
			src->conf = conf;
	}
	if (!resolvconf_is_equal(&before, &src->conf))
		log_servers(src);
	dnsset_unref(src->set);
	src->set = set_new(src);
}

void
dnsset_source_free(struct dnsset_source *src)
{
	if (src == NULL)
		return;
	dnsset_unref(src->set);
	free(src);
}

struct dnsset *
dnsset_get(struct dnsset_source *src)
{
	follow(src);
	src->set->refs++;
	return src->set;
}
