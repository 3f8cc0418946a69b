/* SPDX-License-Identifier: ISC */
/*
 * The hash of cache/entry.h: multiply and fold, 8 bytes a step, in four lanes
 * so that the multiplications overlap.
 */
#include <endian.h>
#include <string.h>

#include "cache/entryformat.h"

/*
 * One to one in h for any v, and in v for any h: a change in one group of
 * bytes can never be lost on the way.
 */
static uint64_t
mix(uint64_t h, uint64_t v)
{
	h = (h ^ v) * UINT64_C(0x9e3779b97f4a7c15);
	return h ^ h >> 32;
}

uint64_t
entry_hash(const void *bytes, size_t len)
{
	uint64_t a = 1, b = 2, c = 3, d = 4, h = len, last = 0;
	const unsigned char *p = bytes;

	for (; len >= 32; p += 32, len -= 32) {
		a = mix(a, entry_load(p));
		b = mix(b, entry_load(p + 8));
		c = mix(c, entry_load(p + 16));
		d = mix(d, entry_load(p + 24));
	}
	if (len >= 8)
		a = mix(a, entry_load(p));
	if (len >= 16)
		b = mix(b, entry_load(p + 8));
	if (len >= 24)
		c = mix(c, entry_load(p + 16));
	if (len % 8 > 0) {
		memcpy(&last, p + len - len % 8, len % 8);
		d = mix(d, le64toh(last));
	}
	return mix(mix(mix(mix(h, a), b), c), d);
}
