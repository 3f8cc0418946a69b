/* SPDX-License-Identifier: ISC */
/*
 * Verdicts on DANE and their bytes, as a record of the cache carries them so
 * that the last one is there after a restart. Pure.
 */
#ifndef CACHE_VERDICT_H
#define CACHE_VERDICT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "sts/dane.h"

#define VERDICTS_MAX      4 /* in a record: next-hops of one domain */
#define VERDICT_HOSTS_MAX 32

/* MX hosts and what becomes of each: a byte (sts_dane_use), name, NUL. */
struct verdict_hosts {
	const char *bytes;
	size_t len;
	size_t count;
};

/*
 * The host after `host` (NULL: the first); NULL at the end. What becomes of
 * it is then in *use.
 */
const char *verdict_host_next(
    const struct verdict_hosts *, const char *host, enum sts_dane_use *use);

/* Append a host, at most VERDICT_HOSTS_MAX of them. */
void verdict_host_put(struct buf *, const char *host, enum sts_dane_use);

/* The verdict on a next-hop of a domain. */
struct verdict {
	uint16_t port;
	bool is_bracketed;
	struct sts_dane_state state;
	struct verdict_hosts hosts; /* lends */
};

void verdict_encode(struct buf *, const struct verdict *);

/*
 * Read those of a record, VERDICTS_MAX at most; hosts lend from bytes.
 * Returns how many; 0 when the bytes are none of ours.
 */
size_t verdicts_decode(
    const void *bytes, size_t len, struct verdict out[VERDICTS_MAX]);

#endif
