/* SPDX-License-Identifier: ISC */
/*
 * At most two of our connections to an address at any time, however many
 * domains of a run live there. Who wants to connect takes a turn for all the
 * addresses it may go to, and gives it back when it is done.
 */
#ifndef CHECK_POLITE_H
#define CHECK_POLITE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/loop.h"

#define POLITE_AT_ONCE       2
#define POLITE_ADDRESSES_MAX 16 /* of one turn; more do not count */

struct polite;
struct polite_turn;

struct polite *polite_new(struct loop *);

/* All turns must have been given back. */
void polite_free(struct polite *);

/*
 * The callback comes once, later, when the turn has come, unless it is given
 * back before. No address at all: at once. Addresses are copied; a name does
 * where no address is known.
 */
struct polite_turn *polite_take(struct polite *, const char *const *address,
    size_t count, loop_cb *, void *arg);

/* Whether it has come or not. NULL is fine. */
void polite_give_back(struct polite_turn *);

#endif
