/* SPDX-License-Identifier: ISC */
/* daemon/dane for tests of look-ups without it: nothing is ever asked. */
#ifndef TEST_NODANES_H
#define TEST_NODANES_H

#include <stdlib.h>

#include "daemon/dane.h"

bool
danes_recall(struct danes *s, const struct dane_query *query)
{
	(void)s;
	(void)query;
	abort();
}

bool
danes_ask(struct danes *s, const struct dane_query *query,
    struct dane_answer *answer, struct dane_wait **wait)
{
	(void)s;
	(void)query;
	(void)answer;
	(void)wait;
	abort();
}

void
dane_cancel(struct dane_wait *wait)
{
	if (wait != NULL)
		abort();
}

#endif
