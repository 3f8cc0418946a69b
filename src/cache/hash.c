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
	uint64_t lane[4] = { 1, 2, 3, 4 }, h = len, last = 0;
	const unsigned char *p = bytes;
	size_t i;

	for (; len >= 32; p += 32, len -= 32) {
		lane[0] = mix(lane[0], entry_load(p));
		lane[1] = mix(lane[1], entry_load(p + 8));
		lane[2] = mix(lane[2], entry_load(p + 16));
		lane[3] = mix(lane[3], entry_load(p + 24));
	}
	for (i = 0; len >= 8; p += 8, len -= 8, i++)
		lane[i] = mix(lane[i], entry_load(p));
	if (len > 0) {
		memcpy(&last, p, len);
		lane[3] = mix(lane[3], le64toh(last));
	}
	for (i = 0; i < 4; i++)
		h = mix(h, lane[i]);
	return h;
}
