/* SPDX-License-Identifier: ISC */
/* The look-ups under way. */
#include <stdlib.h>

#include "base/xmalloc.h"
#include "check/probing.h"
#include "net/dnsdirect.h"

struct probe_ask {
	LIST_ENTRY(probe_ask) entry;
	struct probe *probe;
	struct dns_lookup *lookup; /* one of these two */
	struct dnsdirect *direct;
	struct ev_dns *out;
	char *name;
	enum dns_type type;
	probe_then *then;
	void *item;
};

static void
ask_free(struct probe_ask *a)
{
	LIST_REMOVE(a, entry);
	free(a->name);
	free(a);
}

static void
on_answer(const struct dns_answer *answer, void *arg)
{
	struct probe_ask *a = arg;
	struct probe *p = a->probe;
	probe_then *then = a->then;
	void *item = a->item;

	ev_dns_set(a->out, a->name, a->type, answer);
	ask_free(a);
	if (then != NULL)
		then(p, item);
	probe_settle(p);
}

static struct probe_ask *
ask_new(
    struct probe *p, struct ev_dns *out, const char *name, enum dns_type type)
{
	struct probe_ask *a = xcalloc(1, sizeof(*a));

	a->probe = p;
	a->out = out;
	a->name = xstrdup(name);
	a->type = type;
	LIST_INSERT_HEAD(&p->asks, a, entry);
	return a;
}

void
probe_ask(struct probe *p, struct ev_dns *out, const char *name,
    enum dns_type type, probe_then *then, void *item)
{
	struct probe_ask *a = ask_new(p, out, name, type);

	a->then = then;
	a->item = item;
	a->lookup = dns_lookup(p->dns, name, type, DNS_QUERY, on_answer, a);
}

void
probe_ask_server(struct probe *p, struct ev_ns *ns, const char *name)
{
	struct dnsdirect_question question = { ns->address, name, DNS_TXT };
	struct probe_ask *a = ask_new(p, &ns->txt, name, DNS_TXT);

	a->direct =
	    dnsdirect_lookup(p->loop, p->config, &question, on_answer, a);
	if (a->direct == NULL) {
		free(ns->txt.detail);
		ns->txt.detail = xstrdup("an address we do not connect to");
		ask_free(a);
	}
}

void
probe_ask_cancel(struct probe *p)
{
	struct probe_ask *a;

	while ((a = LIST_FIRST(&p->asks)) != NULL) {
		dns_cancel(a->lookup);
		dnsdirect_cancel(a->direct);
		ask_free(a);
	}
}
