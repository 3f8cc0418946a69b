/* SPDX-License-Identifier: ISC */
/*
 * One setting's value: from text into struct config and back, by its type in
 * the table. No locale, no I/O.
 */
#ifndef BASE_CONFIGVALUE_H
#define BASE_CONFIGVALUE_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/config.h"

/*
 * Set the setting's member from text; what it held is freed. False: nothing
 * is changed, and why has been given "name: what is wrong and what is
 * allowed".
 */
bool configvalue_set(struct config *, const struct config_setting *,
    const char *text, struct buf *why);

/* Append the value in its one canonical form: 90s, 2h, 4G, 0660, a, b. */
void configvalue_put(
    struct buf *, const struct config *, const struct config_setting *);

/* Is it the same in both? */
bool configvalue_is_equal(const struct config *, const struct config *,
    const struct config_setting *);

/* Each gets the other's. */
void configvalue_exchange(
    struct config *, struct config *, const struct config_setting *);

/* Free what the member holds. */
void configvalue_clear(struct config *, const struct config_setting *);

#endif
