/* SPDX-License-Identifier: ISC */
/*
 * Lines of `postqueue -j`. Whoever wrote the mail, a next-hop stands once, with
 * a name that is one, and waits for TLS.
 */
#include <string.h>

#include "check/queue.h"
#include "fuzz.h"

/* As without a transport table. */
static void
on_route(const char *domain, struct buf *out, void *arg)
{
	size_t *asked = arg;

	HOLDS(out->len == 0);
	++*asked;
	buf_puts(out, domain);
}

void
fuzz_queue(const char *data, size_t len)
{
	size_t asked = 0, waiting = 0, i, k;
	struct queue q = { 0 };

	queue_parse(&q, data, len, on_route, &asked);
	for (i = 0; i < q.hops; i++) {
		const struct queue_hop *hop = &q.hop[i];

		HOLDS(domain_is_valid(hop->domain, strlen(hop->domain)));
		HOLDS(hop->recipients > 0);
		HOLDS(hop->cause != QUEUE_OTHER);
		HOLDS(hop->cause == queue_cause_of(hop->reason));
		HOLDS(queue_find(&q, hop->domain) == hop);
		for (k = 0; k < i; k++)
			HOLDS(strcmp(q.hop[k].domain, hop->domain) != 0);
		waiting += hop->recipients;
	}
	/* Each that waits for TLS is asked for, and then counted once. */
	HOLDS(waiting <= asked && asked <= waiting + q.others);
	queue_clear(&q);
}
