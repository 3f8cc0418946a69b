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

/* Eight bytes a step; the last step may take some a second time. */
uint64_t
hash_bytes(uint64_t seed, const void *bytes, size_t len)
{
	const char *p = bytes, *end = p + len;
	uint64_t v = 0, x = seed ^ len;

	if (len < sizeof(v)) {
		memcpy(&v, p, len);
	} else {
		for (; (size_t)(end - p) > sizeof(v); p += sizeof(v)) {
			memcpy(&v, p, sizeof(v));
			x = (x ^ v) * FACTOR;
			x ^= x >> 29;
		}
		memcpy(&v, end - sizeof(v), sizeof(v));
	}
	x = (x ^ v) * FACTOR;
	return x ^ x >> 32;
}
