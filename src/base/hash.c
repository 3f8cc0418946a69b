/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

#define FACTOR UINT64_C(0x9e3779b97f4a7c15) /* odd: no bit is lost */

uint64_t
hash_seed(void)
{
	uint64_t seed;

	arc4random_buf(&seed, sizeof(seed));
	return seed;
}

/* Eight bytes a step. */
uint64_t
hash_bytes(uint64_t seed, const void *bytes, size_t len)
{
	uint64_t v, x = seed ^ len;
	const char *p = bytes;

	for (; len >= sizeof(v); p += sizeof(v), len -= sizeof(v)) {
		memcpy(&v, p, sizeof(v));
		x = (x ^ v) * FACTOR;
		x ^= x >> 29;
	}
	v = 0;
	memcpy(&v, p, len);
	x = (x ^ v) * FACTOR;
	return x ^ x >> 32;
}
