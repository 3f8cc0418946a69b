/* SPDX-License-Identifier: ISC */
/* Entries and chance for the programs test_entry*.c. */
#ifndef TESTS_ENTRY_SAMPLES_H
#define TESTS_ENTRY_SAMPLES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../chance.h"
#include "base/buf.h"
#include "cache/entry.h"

/* The decision table is tested elsewhere; here any function of the state. */
int64_t
refresh_due(const struct refresh_state *s)
{
	return s->next_refresh != 0 ? s->next_refresh : s->expires + 7;
}

static uint64_t seed = CHANCE_SEED;

static inline uint64_t
random_u64(void)
{
	return chance_next(&seed);
}

static inline size_t
random_below(size_t n)
{
	return (size_t)(random_u64() % n);
}

static inline void
small_entry(struct entry *e)
{
	static const char names[] = "mx1.example.com\0*.mail.example.com";
	static const char text[256] =
	    "version: STSv1\r\nmode: enforce\r\n"
	    "mx: mx1.example.com\r\n"
	    "mx: *.mail.example.com\r\n"
	    "max_age: 604800\r\n"
	    "comment: 0123456789012345678901234567890123"
	    "456789012345678901234567890123456789012345"
	    "67890123456789";

	memset(e, 0, sizeof(*e));
	memcpy(e->state.id, "20260821T000000", 16);
	e->state.mode = e->policy.mode = STS_MODE_ENFORCE;
	e->state.fetched = 1790000000;
	e->state.max_age = e->policy.max_age = 604800;
	e->state.expires = 1790000000 + 604800;
	e->state.next_refresh = 1790000000 + 80000;
	e->state.checked = 1790000000 + 40000;
	e->state.next_check = 1790000000 + 43600;
	e->first_seen = 1750000000;
	e->used_day = 1790000000 / 86400;
	e->policy.mx = (struct sts_mxlist){ names, sizeof(names), 2 };
	e->policy.text = text;
	e->policy.text_len = 200;
	entry_remember(e);
}

#endif
