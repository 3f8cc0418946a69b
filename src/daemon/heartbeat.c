/* SPDX-License-Identifier: ISC */
#include <stdlib.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/notify.h"
#include "base/xmalloc.h"
#include "daemon/heartbeat.h"
#include "sts/policy.h"

#define STATUS_MS 30000

struct heartbeat {
	struct loop_timer *timer;
	int64_t every_ms;
	struct cache *cache;
	const struct server *server;
};

static uint64_t
total(const struct cache_counts *counts)
{
	return counts->by_mode[STS_MODE_ENFORCE] +
	    counts->by_mode[STS_MODE_TESTING] + counts->by_mode[STS_MODE_NONE];
}

static void
on_beat(void *arg)
{
	struct heartbeat *h = arg;
	struct cache_counts counts;
	struct buf text = { 0 };

	loop_timer_set(h->timer, h->every_ms);
	log_tell_repeats(false);
	if (!notify_is_on())
		return;
	notify_watchdog();
	cache_count(h->cache, &counts);
	buf_printf(&text, "%llu policies (%llu enforce), %zu connections",
	    (unsigned long long)total(&counts),
	    (unsigned long long)counts.by_mode[STS_MODE_ENFORCE],
	    server_connections(h->server));
	if (counts.writes_queued > 0 && counts.write_failures > 0)
		buf_printf(&text, ", %llu writes wait for the disk",
		    (unsigned long long)counts.writes_queued);
	notify_status(buf_str(&text));
	buf_clear(&text);
}

struct heartbeat *
heartbeat_new(
    struct loop *loop, struct cache *cache, const struct server *server)
{
	struct heartbeat *h = xcalloc(1, sizeof(*h));
	int64_t watchdog_ms = notify_watchdog_ms();

	h->cache = cache;
	h->server = server;
	h->timer = loop_timer_new(loop, on_beat, h);
	/* Twice within what the manager allows. */
	h->every_ms = watchdog_ms > 0 && watchdog_ms / 2 < STATUS_MS ?
	    watchdog_ms / 2 :
	    STATUS_MS;
	on_beat(h);
	return h;
}

void
heartbeat_free(struct heartbeat *h)
{
	if (h == NULL)
		return;
	loop_timer_free(h->timer);
	free(h);
}
