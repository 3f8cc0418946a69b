/* SPDX-License-Identifier: ISC */
/*
 * One queue for all addresses: whenever a turn ends, the first in it whose
 * addresses all have room goes on. The queue is as long as the domains under
 * way have connections to make, which is short.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/tree.h>

#include "base/xmalloc.h"
#include "check/polite.h"

struct polite_host {
	RB_ENTRY(polite_host) entry;
	const char *address;
	char *copy; /* the address, ours */
	unsigned int turns; /* that are on, or wait */
	unsigned int busy; /* on */
};

RB_HEAD(polite_hosts, polite_host);

struct polite_turn {
	TAILQ_ENTRY(polite_turn) entry; /* while it waits */
	struct polite *polite;
	struct polite_host *host[POLITE_ADDRESSES_MAX];
	size_t count;
	bool is_on;
	loop_cb *cb; /* NULL: it was called */
	void *arg;
	struct loop_defer *calling;
};

struct polite {
	struct loop *loop;
	struct polite_hosts hosts;
	TAILQ_HEAD(, polite_turn) queue;
	size_t turns;
};

static int
compare(const struct polite_host *a, const struct polite_host *b)
{
	return strcmp(a->address, b->address);
}

RB_PROTOTYPE(polite_hosts, polite_host, entry, compare)
RB_GENERATE(polite_hosts, polite_host, entry, compare)

struct polite *
polite_new(struct loop *loop)
{
	struct polite *p = xcalloc(1, sizeof(*p));

	p->loop = loop;
	RB_INIT(&p->hosts);
	TAILQ_INIT(&p->queue);
	return p;
}

void
polite_free(struct polite *p)
{
	if (p == NULL)
		return;
	assert(p->turns == 0 && RB_EMPTY(&p->hosts));
	free(p);
}

static void
on_turn(void *arg)
{
	struct polite_turn *t = arg;
	loop_cb *cb = t->cb;

	t->calling = NULL;
	t->cb = NULL;
	cb(t->arg);
}

static bool
has_room(const struct polite_turn *t)
{
	size_t i;

	for (i = 0; i < t->count; i++)
		if (t->host[i]->busy >= POLITE_AT_ONCE)
			return false;
	return true;
}

static void
go_on(struct polite *p)
{
	struct polite_turn *t, *next;
	size_t i;

	TAILQ_FOREACH_SAFE(t, &p->queue, entry, next)
	{
		if (!has_room(t))
			continue;
		TAILQ_REMOVE(&p->queue, t, entry);
		t->is_on = true;
		for (i = 0; i < t->count; i++)
			t->host[i]->busy++;
		t->calling = loop_defer(p->loop, LOOP_NORMAL, on_turn, t);
	}
}

/* A turn counts once at an address, however often it names it. */
static void
add_host(struct polite_turn *t, const char *address)
{
	struct polite *p = t->polite;
	struct polite_host *h, key = { .address = address };
	size_t i;

	for (i = 0; i < t->count; i++)
		if (strcmp(t->host[i]->address, address) == 0)
			return;
	if (t->count == POLITE_ADDRESSES_MAX)
		return;
	h = RB_FIND(polite_hosts, &p->hosts, &key);
	if (h == NULL) {
		h = xcalloc(1, sizeof(*h));
		h->address = h->copy = xstrdup(address);
		RB_INSERT(polite_hosts, &p->hosts, h);
	}
	h->turns++;
	t->host[t->count++] = h;
}

struct polite_turn *
polite_take(struct polite *p, const char *const *address, size_t count,
    loop_cb *cb, void *arg)
{
	struct polite_turn *t = xcalloc(1, sizeof(*t));
	size_t i;

	t->polite = p;
	t->cb = cb;
	t->arg = arg;
	for (i = 0; i < count; i++)
		add_host(t, address[i]);
	p->turns++;
	TAILQ_INSERT_TAIL(&p->queue, t, entry);
	go_on(p);
	return t;
}

void
polite_give_back(struct polite_turn *t)
{
	struct polite *p;
	struct polite_host *h;
	size_t i;

	if (t == NULL)
		return;
	p = t->polite;
	loop_defer_cancel(t->calling);
	if (!t->is_on)
		TAILQ_REMOVE(&p->queue, t, entry);
	for (i = 0; i < t->count; i++) {
		h = t->host[i];
		if (t->is_on)
			h->busy--;
		if (--h->turns == 0) {
			RB_REMOVE(polite_hosts, &p->hosts, h);
			free(h->copy);
			free(h);
		}
	}
	p->turns--;
	free(t);
	go_on(p);
}
