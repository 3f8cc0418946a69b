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
	struct polite_turn *turn; /* of the server */
	bool is_waiting; /* for it */
	struct ev_dns *out;
	char *name;
	enum dns_type type;
	probe_then *then;
	void *item;
};

static void
ask_free(struct probe_ask *a)
{
	polite_give_back(a->turn);
	if (a->is_waiting)
		probe_wait_end(a->probe);
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

static void
on_turn(void *arg)
{
	struct probe_ask *a = arg;
	struct probe *p = a->probe;
	const char *address = a->item;
	struct dnsdirect_question question = { address, a->name, a->type };

	a->is_waiting = false;
	probe_wait_end(p);
	a->direct =
	    dnsdirect_lookup(p->loop, p->config, &question, on_answer, a);
	if (a->direct != NULL)
		return;
	free(a->out->detail);
	a->out->detail = xstrdup("an address we do not connect to");
	ask_free(a);
	probe_settle(p);
}

void
probe_ask_server(struct probe *p, struct ev_ns *ns, const char *name)
{
	const char *address = ns->address;
	struct probe_ask *a = ask_new(p, &ns->txt, name, DNS_TXT);

	a->item = ns->address;
	a->is_waiting = true;
	probe_wait_begin(p);
	a->turn = polite_take(p->shared->polite, &address, 1, on_turn, a);
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
