/* SPDX-License-Identifier: ISC */
/*
 * Where a long run puts what it will need again, so that its memory does not
 * grow: a file without a name in TMPDIR, /var/tmp or /tmp; without any of
 * them, memory after all.
 */
#ifndef CHECK_SPOOL_H
#define CHECK_SPOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/buf.h"

struct spool;

struct spool_place {
	off_t at;
	size_t len;
};

/* NULL, and errno, when there is no place at all. */
struct spool *spool_new(void);
void spool_free(struct spool *); /* NULL is fine */

/* False, and errno: nothing was kept. */
bool spool_put(struct spool *, const void *, size_t, struct spool_place *);

/* Appends what is kept there; false, and errno: nothing was appended. */
bool spool_get(struct spool *, const struct spool_place *, struct buf *);

#endif
