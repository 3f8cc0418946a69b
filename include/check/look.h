/* SPDX-License-Identifier: ISC */
/* What a look at the world needs, and one look at one domain. */
#ifndef CHECK_LOOK_H
#define CHECK_LOOK_H

#include "base/config.h"
#include "base/loop.h"
#include "check/probe.h"
#include "net/dns.h"
#include "net/fetch.h"

struct look {
	struct config *config;
	struct loop *loop;
	struct dns *dns;
	struct fetcher *fetcher;
};

/* A zeroed struct; -1, said: it cannot be. look_close() in any case. */
int
look_open(struct look *, const char *config, const struct config_overrides *);
void look_close(struct look *);

/* Runs the loop until all is seen. NULL, said: no domain. */
struct evidence *
look_at(struct look *, const struct probe_options *, const char *input);

/* Run the loop, doing nothing else, for that long. */
void look_rest(struct look *, int64_t ms);

#endif
