/* SPDX-License-Identifier: ISC */
/* What all fetches share. Internal to net/fetch. */
#ifndef NET_FETCHER_H
#define NET_FETCHER_H

#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "net/fetch.h"
#include "net/transfer.h"
#include "net/trust.h"

#define FETCH_PRIORITIES (FETCH_BACKGROUND + 1)

TAILQ_HEAD(fetch_queue, fetch);

struct fetcher {
	struct loop *loop;
	struct dns *dns;
	const struct config *config;
	struct trust *trust;
	struct transfer_pool *pool;
	struct fetch_queue queue[FETCH_PRIORITIES];
	struct loop_defer *starting; /* NULL: nothing to start */
	int64_t running;
	size_t count; /* fetches that live */
};

#endif
