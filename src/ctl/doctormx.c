/* SPDX-License-Identifier: ISC */
/* The MX hosts of next-hops that have a policy. */
#include <stdlib.h>
#include <string.h>

#include "base/loop.h"
#include "base/xmalloc.h"
#include "ctl/doctorlook.h"
#include "net/dns.h"
#include "postfix/nexthop.h"

struct look {
	struct doctor_facts *facts;
	struct loop *loop;
	size_t left;
};

struct question {
	struct look *look;
	size_t hop;
	char domain[DOMAIN_MAX + 1];
};

/* No MX record: the domain is its own (RFC 5321 section 5.1). */
static void
on_mx(const struct dns_answer *answer, void *arg)
{
	struct question *q = arg;
	struct doctor_hop *hop = &q->look->facts->hop[q->hop];
	size_t i;

	for (i = 0; answer->status == DNS_OK && i < answer->count; i++) {
		/* "": the null MX, to which nothing is sent. */
		if (answer->rr[i].mx.host[0] != '\0')
			doctor_texts_add(&hop->host, answer->rr[i].mx.host);
	}
	if (answer->status == DNS_NODATA)
		doctor_texts_add(&hop->host, q->domain);
	if (--q->look->left == 0)
		loop_stop(q->look->loop);
}

/* False: there is nothing to look up. */
static bool
begin(struct question *q, struct dns *dns)
{
	struct doctor_hop *hop = &q->look->facts->hop[q->hop];
	struct nexthop parsed;

	if (hop->reply == NULL || strncmp(hop->reply, "OK ", 3) != 0 ||
	    !nexthop_parse(hop->key, strlen(hop->key), &parsed))
		return false;
	if (parsed.is_bracketed) {
		doctor_texts_add(&hop->host, parsed.domain);
		return false;
	}
	memcpy(q->domain, parsed.domain, sizeof(q->domain));
	dns_lookup(dns, q->domain, DNS_MX, DNS_QUERY, on_mx, q);
	return true;
}

/* Each look-up ends by its own deadline (dns_deadline). */
void
doctor_look_mx(struct doctor_facts *f, const struct config *config)
{
	struct look look = { .facts = f, .loop = loop_new() };
	struct question *question = xcalloc(f->hops, sizeof(struct question));
	struct dns *dns = NULL;
	size_t i;

	if (look.loop != NULL)
		dns = dns_new(look.loop, config);
	for (i = 0; dns != NULL && i < f->hops; i++) {
		question[i] = (struct question){ .look = &look, .hop = i };
		look.left += begin(&question[i], dns);
	}
	if (look.left > 0)
		(void)loop_run(look.loop);
	if (dns != NULL)
		dns_free(dns);
	if (look.loop != NULL)
		loop_free(look.loop);
	free(question);
}
