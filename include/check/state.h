/* SPDX-License-Identifier: ISC */
/*
 * --state: a folder with a file a domain, DOMAIN.json. What cannot be read is
 * never lost: a damaged file is moved aside, one of another version is left
 * and not written over. What is wrong is said on stderr.
 */
#ifndef CHECK_STATE_H
#define CHECK_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "check/memory.h"

#define STATE_FILE_MAX (18 * 1024 * 1024) /* bytes */

struct state;

/* Makes the folder when it is missing. NULL, and said so: it cannot be used. */
struct state *state_open(const char *path);
void state_close(struct state *); /* NULL is fine */

/*
 * What is kept of a domain (in A-labels), to be freed; an empty memory when
 * there is nothing. NULL: what there is was refused and left, so nothing may
 * be saved.
 */
struct check_memory *
state_load(const struct state *, const char *domain, int64_t now);

/* Written to another name, synced, then renamed. False, and said so: not. */
bool state_save(
    const struct state *, const char *domain, const struct check_memory *);

#endif
