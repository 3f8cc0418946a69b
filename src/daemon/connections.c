/* SPDX-License-Identifier: ISC */
/* Who is let in, who must go for whom, and who is stuck. */
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/sockio.h"
#include "base/xmalloc.h"
#include "daemon/connection.h"

#define STUCK_MS       100000 /* Postfix's own limit for a read */
#define STUCK_CHECK_MS 10000
#define REST_MS        100 /* idle for less: a request may be on its way */

void
connection_free(struct connection *c)
{
	struct connections *all = c->all;
	size_t i;

	for (i = 0; i < all->parts; i++)
		if (all->part[i].c == c)
			all->part[i].c = NULL;
	TAILQ_REMOVE(c->is_busy ? &all->busy : &all->idle, c, entry);
	all->count--;
	lookup_cancel(&c->lookup);
	loop_fd_free(c->watch);
	close(c->fd);
	buf_clear(&c->unread);
	buf_clear(&c->unsent);
	free(c);
}

void
connection_relist(struct connection *c)
{
	struct connections *all = c->all;
	bool is_busy = lookup_waits(&c->lookup) || c->unsent.len > 0;

	TAILQ_REMOVE(c->is_busy ? &all->busy : &all->idle, c, entry);
	c->is_busy = is_busy;
	TAILQ_INSERT_TAIL(is_busy ? &all->busy : &all->idle, c, entry);
	c->since_ms = clock_ms();
	if (is_busy && !loop_timer_is_set(all->stuck))
		loop_timer_set(all->stuck, STUCK_CHECK_MS);
}

/* Clients that do not take their replies hold no place for ever. */
static void
on_stuck(void *arg)
{
	struct connections *all = arg;
	int64_t now = clock_ms();
	struct connection *c;

	while ((c = TAILQ_FIRST(&all->busy)) != NULL &&
	    now - c->since_ms >= STUCK_MS)
		connection_free(c);
	if (c != NULL)
		loop_timer_set(all->stuck, STUCK_CHECK_MS);
}

struct connections *
connections_new(struct loop *loop, struct lookups *lookups, size_t max)
{
	struct connections *all = xcalloc(1, sizeof(*all));

	all->loop = loop;
	all->lookups = lookups;
	all->max = max;
	TAILQ_INIT(&all->idle);
	TAILQ_INIT(&all->busy);
	all->turn_end = loop_last_new(loop, connections_end_turn, all);
	all->stuck = loop_timer_new(loop, on_stuck, all);
	return all;
}

void
connections_free(struct connections *all)
{
	struct connection *c;

	if (all == NULL)
		return;
	while ((c = TAILQ_FIRST(&all->busy)) != NULL) {
		if (c->unsent.len > 0)
			(void)sock_send(c->fd, c->unsent.data, c->unsent.len);
		connection_free(c);
	}
	while ((c = TAILQ_FIRST(&all->idle)) != NULL)
		connection_free(c);
	loop_timer_free(all->stuck);
	loop_last_free(all->turn_end);
	buf_clear(&all->reply);
	free(all);
}

/* Is it idle for so long that no request is on its way? */
static bool
has_rested(const struct connection *c)
{
	return clock_ms() - c->since_ms >= REST_MS;
}

void
connection_new(struct connections *all, int fd)
{
	struct connection *c;

	if (all->count >= all->max)
		connections_end_turn(all);
	c = TAILQ_FIRST(&all->idle);
	if (all->count >= all->max && c != NULL)
		connection_free(c);
	/* The limit was lowered: a step nearer to it each time. */
	c = TAILQ_FIRST(&all->idle);
	if (all->count >= all->max && c != NULL && has_rested(c))
		connection_free(c);
	c = xcalloc(1, sizeof(*c));
	c->all = all;
	c->fd = fd;
	lookup_init(&c->lookup, all->lookups, connection_on_reply, c);
	c->watch = loop_fd_new(all->loop, fd, LOOP_READ | LOOP_EDGE,
	    LOOP_LOOKUP, connection_on_event, c);
	c->since_ms = clock_ms();
	TAILQ_INSERT_TAIL(&all->idle, c, entry);
	all->count++;
}

bool
connections_have_room(struct connections *all)
{
	const struct connection *c;

	if (all->count < all->max)
		return true;
	/* Who has just asked is not idle. */
	connections_end_turn(all);
	c = TAILQ_FIRST(&all->idle);
	return c != NULL && has_rested(c);
}

void
connections_set_max(struct connections *all, size_t max)
{
	all->max = max;
}

size_t
connections_count(const struct connections *all)
{
	return all->count;
}
