/* SPDX-License-Identifier: ISC */
/*
 * The bytes of a record. Most numbers are near another one, so they are
 * written as differences, 7 bits a byte; the strings follow as they are.
 *
 *   format (2 bytes), flags (1)
 *   numbers, in the order of put_numbers()
 *   id; with FLAG_FAILED the failed GET, with FLAG_OTHER_FAILED the one
 *   before it
 *   history, newest first
 *   verdicts on DANE, in the format that has them: length, bytes
 *   mx names, text
 *   checksum (8): entry_hash() of all bytes before it
 */
#ifndef CACHE_ENTRYFORMAT_H
#define CACHE_ENTRYFORMAT_H

#include <endian.h>
#include <string.h>

#include "cache/entry.h"

#define FORMAT_BYTES   2
#define CHECKSUM_BYTES 8
#define DAY_S          86400

/* flags */
#define FLAG_LAST_TRY     0x01u
#define FLAG_FAILED       0x02u
#define FLAG_EXPIRY_TOLD  0x40u
#define FLAG_OTHER_FAILED 0x80u
#define STATE_MODE_SHIFT  2
#define POLICY_MODE_SHIFT 4

/* flags of a history item */
#define PAST_SAME_ID 0x04u
#define PAST_UNKNOWN 0xf8u

#define MODE_MASK 0x03u

/* 8 bytes, little-endian, at any alignment. */
static inline uint64_t
entry_load(const void *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return le64toh(v);
}

#endif
