/* SPDX-License-Identifier: ISC */
/* The fetch world, step by step. */
#ifndef FETCH_STEPS_H
#define FETCH_STEPS_H

#include "fetch_world.h"

/* Answer what was held back for a name (NULL: any) and a type. */
static void
release(const char *name, enum dns_type type)
{
	size_t i;

	for (i = 0; i < LOOKUPS; i++) {
		struct dns_lookup *lookup = world.held[i];

		if (lookup == NULL || lookup->type != type ||
		    (name != NULL && strcmp(lookup->name, name) != 0))
			continue;
		world.held[i] = NULL;
		lookup->defer =
		    loop_defer(world.loop, LOOP_NORMAL, on_dns_turn, lookup);
	}
}

static void
on_spin(void *arg)
{
	(void)arg;
	if (world.spins-- == 0)
		loop_stop(world.loop);
	else
		loop_defer(world.loop, LOOP_NORMAL, on_spin, NULL);
}

/* Let everything happen that needs neither time nor the network. */
static void
spin(void)
{
	world.spins = 100;
	loop_defer(world.loop, LOOP_NORMAL, on_spin, NULL);
	assert_int_equal(loop_run(world.loop), 0);
}

#endif
