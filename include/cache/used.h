/* SPDX-License-Identifier: ISC */
/*
 * Which domains were asked for lately: a bitmap by hash, so that an answer
 * costs no write. Two generations, so that nothing is older than two periods;
 * a collision only makes a domain look used. It survives a clean stop in a
 * file of its own.
 */
#ifndef CACHE_USED_H
#define CACHE_USED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct used;

/* dir: the cache's, whose file "used" is read if it is there; NULL: none. */
struct used *used_new(const char *dir);

/* Save it (logged when that fails) and free it. */
void used_free(struct used *);

void used_mark(struct used *, const char *domain, size_t len);
bool used_is_marked(const struct used *, const char *domain, size_t len);

/* Begin a new generation; the one before the last is forgotten. */
void used_rotate(struct used *);

#endif
