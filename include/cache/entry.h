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

#define ENTRY_FORMAT         1
#define ENTRY_FORMAT_DANE    2 /* the same, and verdicts on DANE */
#define ENTRY_HISTORY_MAX    8
#define ENTRY_DANE_MAX_BYTES 65536

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
	int64_t due; /* read only: its key in the index; 0: none */
	struct entry_past past[ENTRY_HISTORY_MAX];
	size_t past_count;
	const char *dane; /* cache/verdict.h reads it; lends */
	size_t dane_len; /* 0: there is no verdict */
};

enum entry_status {
	ENTRY_OK,
	ENTRY_DAMAGED, /* short, checksum, impossible values */
	ENTRY_FOREIGN /* a format's number that is not known */
};

/*
 * Append the bytes of an entry. refresh_due(&state) goes with them as `due`,
 * so that its key in the index is found again whatever is due by then.
 */
void entry_encode(struct buf *, const struct entry *);

/*
 * Read them. policy.mx, policy.text and dane lend from bytes. out is untouched but
 * with ENTRY_OK; of out->past only past_count items are written. But for due,
 * decode(encode(e)) equals e.
 */
enum entry_status
entry_decode(const void *bytes, size_t len, struct entry *out);

/* What an answer needs of it: neither history nor verdicts. */
struct entry_known {
	struct refresh_state state;
	struct sts_policy policy; /* lends */
	int64_t used_day;
};

/*
 * The same, of that; what is passed over is not judged. Unless it is ENTRY_OK
 * nothing is known of *out.
 */
enum entry_status
entry_decode_known(const void *bytes, size_t len, struct entry_known *out);

/*
 * A 64-bit hash, as of body_hash and mx_hash: the same on every machine, fast,
 * not cryptographic. It always tells two runs of equal length apart that
 * differ only within one aligned group of 8 bytes.
 */
uint64_t entry_hash(const void *, size_t len);

/*
 * Put the policy the entry holds now at the front of its history (seen =
 * state.fetched), unless it is there already; the oldest falls out.
 */
void entry_remember(struct entry *);

#endif
