/* SPDX-License-Identifier: ISC */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/xmalloc.h"
#include "daemon/danetable.h"

RB_HEAD(dane_tree, dane);
TAILQ_HEAD(dane_list, dane);

struct danetable {
	struct dane_tree tree;
	struct dane_list used; /* last: asked for last */
	size_t bytes, max_bytes;
	size_t count;
};

static int
compare(const struct dane *a, const struct dane *b)
{
	int order = strcmp(a->domain, b->domain);

	if (order != 0)
		return order;
	if (a->verdict.port != b->verdict.port)
		return a->verdict.port < b->verdict.port ? -1 : 1;
	return (int)a->verdict.is_bracketed - (int)b->verdict.is_bracketed;
}

/* What the tree's macros generate is theirs. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-function"
RB_PROTOTYPE(dane_tree, dane, entry, compare)
RB_GENERATE(dane_tree, dane, entry, compare)
#pragma GCC diagnostic pop

struct danetable *
danetable_new(size_t max_bytes)
{
	struct danetable *t = xcalloc(1, sizeof(*t));

	RB_INIT(&t->tree);
	TAILQ_INIT(&t->used);
	t->max_bytes = max_bytes;
	return t;
}

static void
drop(struct danetable *t, struct dane *d)
{
	assert(d->job == NULL);
	RB_REMOVE(dane_tree, &t->tree, d);
	TAILQ_REMOVE(&t->used, d, used);
	t->bytes -= d->size;
	t->count--;
	free(d->hosts);
	free(d->detail);
	free(d);
}

void
danetable_free(struct danetable *t)
{
	struct dane *d;

	if (t == NULL)
		return;
	while ((d = TAILQ_FIRST(&t->used)) != NULL)
		drop(t, d);
	free(t);
}

/* Make room, but never at the cost of one that is kept or works. */
static void
shrink(struct danetable *t, const struct dane *kept)
{
	struct dane *d = TAILQ_FIRST(&t->used), *next;

	for (; d != NULL && t->bytes > t->max_bytes; d = next) {
		next = TAILQ_NEXT(d, used);
		if (d != kept && d->job == NULL)
			drop(t, d);
	}
}

static struct dane *
new_dane(const char *domain, uint16_t port, bool is_bracketed)
{
	size_t size = strlen(domain) + 1;
	struct dane *d = xcalloc(1, sizeof(*d) + size);

	d->verdict.port = port;
	d->verdict.is_bracketed = is_bracketed;
	d->size = sizeof(*d) + size;
	memcpy(d->name, domain, size);
	d->domain = d->name;
	LIST_INIT(&d->waits);
	return d;
}

struct dane *
danetable_find(
    struct danetable *t, const char *domain, uint16_t port, bool is_bracketed)
{
	struct dane *found, key = { .domain = domain };

	key.verdict.port = port;
	key.verdict.is_bracketed = is_bracketed;
	found = RB_FIND(dane_tree, &t->tree, &key);
	if (found == NULL)
		return NULL;
	TAILQ_REMOVE(&t->used, found, used);
	TAILQ_INSERT_TAIL(&t->used, found, used);
	return found;
}

struct dane *
danetable_add(
    struct danetable *t, const char *domain, uint16_t port, bool is_bracketed)
{
	struct dane *d = new_dane(domain, port, is_bracketed);

	RB_INSERT(dane_tree, &t->tree, d);
	TAILQ_INSERT_TAIL(&t->used, d, used);
	t->bytes += d->size;
	t->count++;
	shrink(t, d);
	return d;
}

void
danetable_keep(struct danetable *t, struct dane *d,
    const struct verdict_hosts *hosts, const char *detail)
{
	char *bytes = hosts->len > 0 ? xmemdup(hosts->bytes, hosts->len) : NULL;
	char *text = detail != NULL ? xstrdup(detail) : NULL;

	free(d->hosts);
	free(d->detail);
	d->hosts = bytes;
	d->detail = text;
	d->verdict.hosts = *hosts;
	d->verdict.hosts.bytes = bytes;
	t->bytes -= d->size;
	d->size = sizeof(*d) + strlen(d->domain) + 1 + hosts->len +
	    (text != NULL ? strlen(text) + 1 : 0);
	t->bytes += d->size;
	shrink(t, d);
}

struct dane *
danetable_first(struct danetable *t, const char *domain)
{
	struct dane *found, key = { .domain = domain };

	found = RB_NFIND(dane_tree, &t->tree, &key);
	return found != NULL && strcmp(found->domain, domain) == 0 ? found :
								     NULL;
}

struct dane *
danetable_next(struct dane *d)
{
	struct dane *next = RB_NEXT(dane_tree, NULL, d);

	return next != NULL && strcmp(next->domain, d->domain) == 0 ? next :
								      NULL;
}

struct dane *
danetable_busy(struct danetable *t)
{
	struct dane *d;

	TAILQ_FOREACH(d, &t->used, used)
	{
		if (d->job != NULL)
			return d;
	}
	return NULL;
}

size_t
danetable_count(const struct danetable *t)
{
	return t->count;
}
