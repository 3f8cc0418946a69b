/* SPDX-License-Identifier: ISC */
/*
 * A hash for tables whose keys strangers choose: fast, not cryptographic, with
 * a start that they do not know. Of this process alone; never stored.
 */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

/* A secret start. */
uint64_t hash_seed(void);

uint64_t hash_bytes(uint64_t seed, const void *, size_t len);

#endif
