/* SPDX-License-Identifier: ISC */
/*
 * The zone's own servers, each asked for the record: do they give the same?
 * The zone is the nearest name above the domain that has NS records.
 */
#include <stdio.h>
#include <string.h>

#include "base/xmalloc.h"
#include "check/probing.h"

static void
ask_server(struct probe *p, struct ev_ns *ns, const char *address)
{
	char name[PROBE_NAME_BYTES];

	if (ns->address != NULL)
		return;
	ns->address = xstrdup(address);
	snprintf(name, sizeof(name), "_mta-sts.%s", p->e->domain);
	probe_ask_server(p, ns, name);
}

/* The first address a way leads to; IPv4 is asked for first. */
static void
take_addresses(struct probe *p, struct ev_ns *ns, const struct ev_dns *d)
{
	size_t i;

	for (i = 0; i < d->count; i++)
		if (probe_has_way(d->rr[i].text.data)) {
			ask_server(p, ns, d->rr[i].text.data);
			return;
		}
}

static void
on_aaaa(struct probe *p, void *item)
{
	struct ev_ns *ns = item;

	take_addresses(p, ns, &p->ns_aaaa[ns - p->e->server]);
}

static void
on_a(struct probe *p, void *item)
{
	struct ev_ns *ns = item;
	size_t i = (size_t)(ns - p->e->server);

	take_addresses(p, ns, &p->ns_a[i]);
	if (ns->address == NULL)
		probe_ask(p, &p->ns_aaaa[i], ns->host, DNS_AAAA, on_aaaa, ns);
}

static void
on_ns(struct probe *p, void *item)
{
	struct evidence *e = p->e;
	const char *zone = item, *above = strchr(zone, '.');
	struct ev_ns *ns;
	size_t i;

	if (e->ns.status == DNS_NODATA && above != NULL &&
	    strchr(above + 1, '.') != NULL) {
		/* item: a place in the domain's own text. */
		probe_ask(p, &e->ns, above + 1, DNS_NS, on_ns,
		    e->domain + (above + 1 - e->domain));
		return;
	}
	for (i = 0; i < e->ns.count && e->servers < EVIDENCE_NS_MAX; i++) {
		ns = &e->server[e->servers++];
		ns->host = xstrdup(e->ns.rr[i].text.data);
		probe_ask(
		    p, &p->ns_a[ns - e->server], ns->host, DNS_A, on_a, ns);
	}
}

void
probe_servers(struct probe *p)
{
	probe_ask(p, &p->e->ns, p->e->domain, DNS_NS, on_ns, p->e->domain);
}
