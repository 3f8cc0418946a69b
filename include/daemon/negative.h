/* SPDX-License-Identifier: ISC */
/*
 * Domains found to have no policy: in memory only, bounded, the least
 * recently asked go first. No policy is ever lost for them.
 */
#ifndef DAEMON_NEGATIVE_H
#define DAEMON_NEGATIVE_H

#include <stdbool.h>
#include <stddef.h>

#include "sts/refresh.h"

struct negatives;

struct negatives *negatives_new(size_t max);
void negatives_free(struct negatives *);

/* What is known of domain; out is untouched when it is not there. */
bool negatives_get(struct negatives *, const char *domain, size_t len,
    struct refresh_state *out);

/* state holds no policy (refresh_on_txt() or -failed() gave REFRESH_NONE). */
void negatives_put(struct negatives *, const char *domain, size_t len,
    const struct refresh_state *state);
void negatives_remove(struct negatives *, const char *domain, size_t len);

/* Forget the max that were asked for least lately. How many there were. */
size_t negatives_drop(struct negatives *, size_t max);
size_t negatives_count(const struct negatives *);

#endif
