/* SPDX-License-Identifier: ISC */
/*
 * Two queues in front of the servers: at 200 queries at once the answers
 * overflow the socket's buffer, and all wait for what was lost.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "base/log.h"
#include "base/xmalloc.h"
#include "net/dns.h"
#include "net/dnsfailover.h"
#include "net/dnsset.h"

#define PRIORITIES 2

TAILQ_HEAD(lookup_queue, dns_lookup);

struct dns {
	struct loop *loop;
	const struct config *config;
	struct dnsset_source *source;
	struct lookup_queue waiting[PRIORITIES];
	size_t in_flight;
	size_t queued; /* in waiting */
	uint64_t ended[DNS_STATUSES];
	size_t rejected; /* bad names, their callbacks still to come */
	bool is_dark; /* no server answers, and that was logged */
};

struct dns_lookup {
	TAILQ_ENTRY(dns_lookup) entry; /* while waiting */
	struct dns *dns;
	char *name;
	enum dns_type type;
	enum dns_priority priority;
	dns_cb *cb;
	void *arg;
	struct dnsfailover *sent; /* NULL: waits, or is rejected */
	struct loop_defer *rejected;
};

struct dns *
dns_new(struct loop *loop, const struct config *config)
{
	return dns_new_from(loop, config, RESOLVCONF_PATH);
}

struct dns *
dns_new_from(
    struct loop *loop, const struct config *config, const char *resolv_conf)
{
	struct dns *dns;
	struct dnsset_source *source;
	size_t i;

	source = dnsset_source_new(loop, config, resolv_conf);
	if (source == NULL)
		return NULL;
	dns = xcalloc(1, sizeof(*dns));
	dns->loop = loop;
	dns->config = config;
	dns->source = source;
	for (i = 0; i < PRIORITIES; i++)
		TAILQ_INIT(&dns->waiting[i]);
	return dns;
}

void
dns_free(struct dns *dns)
{
	size_t i;

	if (dns == NULL)
		return;
	for (i = 0; i < PRIORITIES; i++)
		assert(TAILQ_EMPTY(&dns->waiting[i]));
	assert(dns->in_flight == 0 && dns->rejected == 0);
	dnsset_source_free(dns->source);
	free(dns);
}

bool
dns_check(const struct config *config)
{
	return dnsset_check(config);
}

bool
dns_describe(struct dns *dns, struct buf *text)
{
	struct dnsset *set = dnsset_get(dns->source);
	bool is_trusted = false;
	size_t i;

	for (i = 0; i < set->count; i++) {
		buf_printf(text, "%s%s", i > 0 ? ", " : "",
		    dnsserver_text(set->server[i]));
		is_trusted |= dnsserver_is_trusted(set->server[i]);
	}
	dnsset_unref(set);
	return is_trusted;
}

enum dns_trust
dns_trust(const struct config *config, struct buf *text)
{
	return dnsset_trust(config, RESOLVCONF_PATH, text);
}

/* One line when the servers fall silent, one when they are back. */
static void
log_servers(struct dns *dns, const struct dns_answer *a)
{
	if (a->status == DNS_NO_SERVER && !dns->is_dark) {
		log_error(
		    "dns-no-server", "no name server answers: %s", a->detail);
		dns->is_dark = true;
	} else if (a->rcode != -1 && dns->is_dark) {
		log_info("dns-servers-back", "%s", a->detail);
		dns->is_dark = false;
	}
}

static void on_answer(const struct dns_answer *, void *);

static void
start(struct dns_lookup *l)
{
	struct dns *dns = l->dns;
	struct dnsfailover_question question = { .name = l->name,
		.type = l->type,
		.deadline_ms = dns->config->dns_deadline * 1000 };

	dns->in_flight++;
	l->sent = dnsfailover_start(
	    dns->loop, dnsset_get(dns->source), &question, on_answer, l);
}

static void
start_waiting(struct dns *dns)
{
	struct dns_lookup *l;
	size_t i;

	for (i = 0; i < PRIORITIES; i++) {
		while (dns->in_flight < (size_t)dns->config->dns_parallel &&
		    (l = TAILQ_FIRST(&dns->waiting[i])) != NULL) {
			TAILQ_REMOVE(&dns->waiting[i], l, entry);
			dns->queued--;
			start(l);
		}
	}
}

void
dns_reload(struct dns *dns)
{
	dnsset_source_reload(dns->source);
	start_waiting(dns);
}

static void
free_lookup(struct dns_lookup *l)
{
	free(l->name);
	free(l);
}

/* The callback may free dns: nothing of it is touched afterwards. */
static void
on_answer(const struct dns_answer *a, void *arg)
{
	struct dns_lookup *l = arg;
	struct dns *dns = l->dns;

	log_servers(dns, a);
	dns->ended[a->status]++;
	dns->in_flight--;
	start_waiting(dns);
	l->cb(a, l->arg);
	free_lookup(l);
}

static void
on_rejected(void *arg)
{
	struct dns_lookup *l = arg;
	struct dns_answer a = { .status = DNS_BAD_NAME,
		.rcode = -1,
		.owner = l->name,
		.detail = "not a name one can ask for" };

	l->dns->rejected--;
	l->dns->ended[a.status]++;
	l->cb(&a, l->arg);
	free_lookup(l);
}

/*
 * Letters, digits, hyphens and underscores in labels of 1 to 63; c-ares would
 * take more, and read backslashes as escapes.
 */
static bool
is_askable(const char *name)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
	size_t total = 0, n;

	do {
		n = strspn(name, allowed);
		if (n == 0 || n > DOMAIN_LABEL_MAX)
			return false;
		total += n + 1;
		name += n;
	} while (*name == '.' && *++name != '\0');
	return *name == '\0' && total - 1 <= DOMAIN_MAX;
}

struct dns_lookup *
dns_lookup(struct dns *dns, const char *name, enum dns_type type,
    enum dns_priority priority, dns_cb *cb, void *arg)
{
	struct dns_lookup *l = xcalloc(1, sizeof(*l));

	l->dns = dns;
	l->name = xstrdup(name);
	l->type = type;
	l->priority = priority;
	l->cb = cb;
	l->arg = arg;
	if (!is_askable(name)) {
		dns->rejected++;
		l->rejected =
		    loop_defer(dns->loop, LOOP_NORMAL, on_rejected, l);
		return l;
	}
	TAILQ_INSERT_TAIL(&dns->waiting[priority], l, entry);
	dns->queued++;
	start_waiting(dns);
	return l;
}

void
dns_cancel(struct dns_lookup *l)
{
	struct dns *dns;

	if (l == NULL)
		return;
	dns = l->dns;
	if (l->rejected != NULL) {
		loop_defer_cancel(l->rejected);
		dns->rejected--;
	} else if (l->sent != NULL) {
		dnsfailover_cancel(l->sent);
		dns->in_flight--;
		start_waiting(dns);
	} else {
		TAILQ_REMOVE(&dns->waiting[l->priority], l, entry);
		dns->queued--;
	}
	free_lookup(l);
}

void
dns_count(const struct dns *dns, struct dns_counts *counts)
{
	memcpy(counts->ended, dns->ended, sizeof(counts->ended));
	counts->in_flight = dns->in_flight;
	counts->waiting = dns->queued;
	counts->is_dark = dns->is_dark;
}

bool
dns_is_started(const struct dns_lookup *l)
{
	return l->sent != NULL || l->rejected != NULL;
}

const char *
dns_type_name(enum dns_type type)
{
	switch (type) {
	case DNS_A:
		return "A";
	case DNS_NS:
		return "NS";
	case DNS_CNAME:
		return "CNAME";
	case DNS_SOA:
		return "SOA";
	case DNS_MX:
		return "MX";
	case DNS_TXT:
		return "TXT";
	case DNS_AAAA:
		return "AAAA";
	case DNS_TLSA:
		return "TLSA";
	}
	return "?";
}

const char *
dns_status_word(enum dns_status status)
{
	switch (status) {
	case DNS_OK:
		return "ok";
	case DNS_NODATA:
		return "nodata";
	case DNS_NXDOMAIN:
		return "nxdomain";
	case DNS_FAILED:
		return "servfail";
	case DNS_TIMEOUT:
		return "timeout";
	case DNS_NO_SERVER:
		return "no-server";
	case DNS_LOCAL:
		return "local";
	case DNS_BAD_NAME:
		return "bad-name";
	}
	return "?";
}
