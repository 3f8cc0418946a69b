/* SPDX-License-Identifier: ISC */
/* A set of one server, for one look-up. */
#include <stdlib.h>

#include "base/xmalloc.h"
#include "net/address.h"
#include "net/dnsdirect.h"
#include "net/dnsfailover.h"
#include "net/dnsset.h"
#include "net/resolvconf.h"

/* A look-up has ended by then: its deadline, and a second for the loop. */
#define KEEP_MORE_MS 1000

struct dnsdirect {
	struct dnsfailover *sent;
	char *name;
	dns_cb *cb;
	void *arg;
};

static void
on_answer(const struct dns_answer *answer, void *arg)
{
	struct dnsdirect *d = arg;

	d->cb(answer, d->arg);
	free(d->name);
	free(d);
}

struct dnsdirect *
dnsdirect_lookup(struct loop *loop, const struct config *config,
    const struct dnsdirect_question *question, dns_cb *cb, void *arg)
{
	int64_t deadline_ms = config->dns_deadline * 1000;
	struct dnsfailover_question sent = { .type = question->type,
		.deadline_ms = deadline_ms };
	struct resolvconf_address address;
	struct dnsdirect *d;
	struct dnsset *set;

	if (!resolvconf_parse_address(question->address, &address) ||
	    !address_is_allowed(&address.sock.any, &config->allow_networks))
		return NULL;
	d = xcalloc(1, sizeof(*d));
	d->name = xstrdup(question->name);
	d->cb = cb;
	d->arg = arg;
	set = xcalloc(1, sizeof(*set));
	set->refs = 1;
	set->count = 1;
	set->server[0] =
	    dnsserver_new(loop, &address, deadline_ms + KEEP_MORE_MS, false);
	sent.name = d->name;
	d->sent = dnsfailover_start(loop, set, &sent, on_answer, d);
	return d;
}

void
dnsdirect_cancel(struct dnsdirect *d)
{
	if (d == NULL)
		return;
	dnsfailover_cancel(d->sent);
	free(d->name);
	free(d);
}
