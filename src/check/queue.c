/* SPDX-License-Identifier: ISC */
/* From lines of JSON to next-hops. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <jansson.h>

#include "base/xmalloc.h"
#include "check/queue.h"
#include "postfix/nexthop.h"

/* Words of Postfix's smtp(8); the first that fits counts. */
static const struct {
	const char *words;
	enum queue_cause cause;
} causes[] = {
	{ "TLS policy lookup", QUEUE_LOOKUP },
	{ "policy table lookup", QUEUE_LOOKUP },
	{ "lookup error for", QUEUE_LOOKUP },
	{ "certificate", QUEUE_CERTIFICATE },
	{ "TLS is required, but was not offered", QUEUE_NO_STARTTLS },
	{ "TLS engine", QUEUE_LOOKUP },
	{ "TLS", QUEUE_HANDSHAKE },
};

enum queue_cause
queue_cause_of(const char *reason)
{
	size_t i;

	for (i = 0; i < sizeof(causes) / sizeof(causes[0]); i++)
		if (strcasestr(reason, causes[i].words) != NULL)
			return causes[i].cause;
	return QUEUE_OTHER;
}

/* hops: there is none. */
static size_t
place_of(const struct queue *q, const char *domain)
{
	size_t i;

	for (i = 0; i < q->hops; i++)
		if (strcmp(q->hop[i].domain, domain) == 0)
			break;
	return i;
}

const struct queue_hop *
queue_find(const struct queue *q, const char *domain)
{
	size_t i = place_of(q, domain);

	return i < q->hops ? &q->hop[i] : NULL;
}

static void
add(struct queue *q, const char *nexthop, const char *reason, int64_t arrival)
{
	struct nexthop hop;
	struct queue_hop *h;
	size_t i;

	if (!nexthop_parse(nexthop, strlen(nexthop), &hop)) {
		q->others++;
		return;
	}
	i = place_of(q, hop.domain);
	if (i == q->hops) {
		q->hop = xreallocarray(q->hop, q->hops + 1, sizeof(*q->hop));
		h = &q->hop[q->hops++];
		*h = (struct queue_hop){ .nexthop = xstrdup(nexthop),
			.oldest = arrival,
			.cause = queue_cause_of(reason),
			.reason = xstrdup(reason) };
		strlcpy(h->domain, hop.domain, sizeof(h->domain));
	}
	h = &q->hop[i];
	h->recipients++;
	if (arrival < h->oldest)
		h->oldest = arrival;
}

static void
take_recipient(struct queue *q, json_t *value, int64_t arrival,
    queue_route_fn *route, void *arg)
{
	const char *address =
	    json_string_value(json_object_get(value, "address"));
	const char *reason =
	    json_string_value(json_object_get(value, "delay_reason"));
	const char *at = address != NULL ? strrchr(address, '@') : NULL;
	struct buf nexthop = { 0 };

	if (at == NULL || reason == NULL)
		return;
	if (queue_cause_of(reason) == QUEUE_OTHER) {
		q->others++;
		return;
	}
	route(at + 1, &nexthop, arg);
	add(q, buf_str(&nexthop), reason, arrival);
	buf_clear(&nexthop);
}

void
queue_parse(struct queue *q, const char *json, size_t len,
    queue_route_fn *route, void *arg)
{
	const char *end = json + len, *stop;
	json_t *mail, *list;
	int64_t arrival;
	size_t i;

	json_set_alloc_funcs(xmalloc, free);
	for (; json < end; json = stop + 1) {
		stop = memchr(json, '\n', (size_t)(end - json));
		if (stop == NULL)
			stop = end;
		mail = json_loadb(json, (size_t)(stop - json), 0, NULL);
		list = json_object_get(mail, "recipients");
		arrival =
		    json_integer_value(json_object_get(mail, "arrival_time"));
		for (i = 0; i < json_array_size(list); i++)
			take_recipient(
			    q, json_array_get(list, i), arrival, route, arg);
		json_decref(mail);
	}
}

void
queue_clear(struct queue *q)
{
	size_t i;

	for (i = 0; i < q->hops; i++) {
		free(q->hop[i].nexthop);
		free(q->hop[i].reason);
		free(q->hop[i].reply);
		free(q->hop[i].failure);
	}
	free(q->hop);
	free(q->level);
	*q = (struct queue){ 0 };
}
