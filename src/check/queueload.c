/* SPDX-License-Identifier: ISC */
/*
 * This host's queue: postqueue tells whose mail waits, postconf and postmap
 * where it goes and what smtp(8) is told of that.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/exec.h"
#include "base/xmalloc.h"
#include "check/myhost.h"
#include "check/queue.h"

/* Looked up by programs of their own: only so many. */
#define LOOKUPS_MAX 2000

struct routes {
	struct buf transport_maps, relayhost;
	/* what was looked up */
	struct route {
		char *domain, *nexthop;
	} * route;
	size_t count;
};

/* "smtp:[host]:25": what comes behind the transport; false: nothing does. */
static bool
cut_transport(const char *value, struct buf *out)
{
	const char *colon = strchr(value, ':');

	if (colon == NULL || colon[1] == '\0')
		return false;
	buf_puts(out, colon + 1);
	return true;
}

/* The domain, then its parents as transport(5) writes them, then "*". */
static bool
look_up_transport(const char *table, const char *domain, struct buf *out)
{
	struct buf value = { 0 };
	const char *key = domain;
	int status = 1;

	while (status == 1 && key != NULL) {
		status = myhost_look_up(table, key, &value);
		if (strcmp(key, "*") == 0)
			key = NULL;
		else if ((key = strchr(key + 1, '.')) == NULL)
			key = "*";
	}
	if (status == -1)
		fprintf(stderr,
		    "postfix-mta-sts: a table of transport_maps cannot be "
		    "looked up\n");
	if (status == 0 && !cut_transport(buf_str(&value), out))
		status = 1;
	buf_clear(&value);
	return status == 0;
}

static void
find_route(struct routes *r, const char *domain, struct buf *out)
{
	struct buf table = { 0 };
	const char *at = buf_str(&r->transport_maps);

	while (out->len == 0 && r->count <= LOOKUPS_MAX &&
	    (at = myhost_next(at, &table)) != NULL)
		(void)look_up_transport(table.data, domain, out);
	buf_clear(&table);
	if (out->len == 0)
		buf_puts(
		    out, r->relayhost.len > 0 ? r->relayhost.data : domain);
}

static void
route(const char *domain, struct buf *out, void *arg)
{
	struct routes *r = arg;
	size_t i;

	for (i = 0; i < r->count; i++) {
		if (strcasecmp(r->route[i].domain, domain) == 0) {
			buf_puts(out, r->route[i].nexthop);
			return;
		}
	}
	r->route = xreallocarray(r->route, r->count + 1, sizeof(*r->route));
	find_route(r, domain, out);
	r->route[r->count++] =
	    (struct route){ xstrdup(domain), xstrdup(buf_str(out)) };
}

static void
routes_clear(struct routes *r)
{
	size_t i;

	for (i = 0; i < r->count; i++) {
		free(r->route[i].domain);
		free(r->route[i].nexthop);
	}
	free(r->route);
	buf_clear(&r->transport_maps);
	buf_clear(&r->relayhost);
}

static void
ask_policy(struct queue_hop *hop, const char *tables)
{
	struct buf table = { 0 }, value = { 0 };
	int status = 1;

	while (status == 1 && (tables = myhost_next(tables, &table)) != NULL)
		status = myhost_look_up(table.data, hop->nexthop, &value);
	if (status == 0)
		hop->reply = xstrdup(buf_str(&value));
	else if (status == -1)
		hop->failure = xstrdup(buf_str(&value));
	buf_clear(&table);
	buf_clear(&value);
}

/* The queue itself. */
static int
read_queue(struct queue *q, struct routes *r)
{
	static const char *const argv[] = { "postqueue", "-j", NULL };
	struct buf out = { 0 }, why = { 0 };
	int status = exec_run(argv, &out, &why);

	if (status != 0)
		fprintf(stderr,
		    "postfix-mta-sts: postqueue -j: it cannot tell the queue "
		    "(is Postfix running, and may you ask it?)\n");
	else
		queue_parse(q, buf_str(&out), out.len, route, r);
	buf_clear(&out);
	buf_clear(&why);
	return status == 0 ? 0 : -1;
}

int
queue_load(struct queue *q)
{
	struct routes r = { 0 };
	struct buf value = { 0 };
	int result = -1;
	size_t i;

	if (myhost_get("relayhost", &r.relayhost) == 0 &&
	    myhost_get("transport_maps", &r.transport_maps) == 0 &&
	    myhost_get("smtp_tls_security_level", &value) == 0) {
		q->level = xstrdup(buf_str(&value));
		if (myhost_get("smtp_tls_policy_maps", &value) == 0)
			result = read_queue(q, &r);
	}
	for (i = 0; result == 0 && i < q->hops; i++)
		ask_policy(&q->hop[i], buf_str(&value));
	routes_clear(&r);
	buf_clear(&value);
	return result;
}
