/* SPDX-License-Identifier: ISC */
/*
 * What the cache keeps of a domain with a policy, and its bytes: versioned,
 * checksummed, little-endian, unaligned. Pure.
 */
#ifndef CACHE_ENTRY_H
#define CACHE_ENTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "sts/policy.h"
#include "sts/refresh.h"

#define ENTRY_FORMAT      1
#define ENTRY_HISTORY_MAX 8

/* A policy once held, newest first; hashes only tell "the same" apart. */
struct entry_past {
	int64_t seen; /* first fetched */
	char id[STS_ID_MAX + 1];
	enum sts_mode mode;
	uint64_t body_hash;
	uint64_t mx_hash;
};

struct entry {
	struct refresh_state state;
	struct sts_policy policy; /* lends */
	int64_t first_seen;
	int64_t used_day; /* days since the epoch */
	struct entry_past past[ENTRY_HISTORY_MAX];
	size_t past_count;
};

enum entry_status {
	ENTRY_OK,
	ENTRY_DAMAGED, /* short, checksum, impossible values */
	ENTRY_FOREIGN /* another format's number */
};

/* Append the bytes of an entry. */
void entry_encode(struct buf *, const struct entry *);

/*
 * Read them. policy.mx and policy.text lend from bytes. out is untouched but
 * with ENTRY_OK. decode(encode(e)) equals e.
 */
enum entry_status
entry_decode(const void *bytes, size_t len, struct entry *out);

/* The 64-bit hash of body_hash and mx_hash. */
uint64_t entry_hash(const void *, size_t len);

/* Put what the entry holds now at the front of its history, if it is new. */
void entry_remember(struct entry *);

#endif
