/* SPDX-License-Identifier: ISC */
/* Numbers at random, the same in every run: xorshift (Marsaglia, 2003). */
#ifndef TESTS_CHANCE_H
#define TESTS_CHANCE_H

#include <stdint.h>

#define CHANCE_SEED UINT64_C(88172645463325252)

/* The next one; *x is never 0. */
static inline uint64_t
chance_next(uint64_t *x)
{
	*x ^= *x << 13;
	*x ^= *x >> 7;
	*x ^= *x << 17;
	return *x;
}

#endif
