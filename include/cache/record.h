/* SPDX-License-Identifier: ISC */
/*
 * A stored policy as JSON: what the administration API and ctl list and show,
 * and the line (one JSON object, no line feed inside) that export writes and
 * import reads:
 *
 *   {"domain","id","fetched","expires","checked","used","policy"}
 *
 * Times are seconds since the epoch. No I/O, no clock.
 */
#ifndef CACHE_RECORD_H
#define CACHE_RECORD_H

#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "base/buf.h"
#include "base/domain.h"
#include "cache/entry.h"

/* "_mta-sts." must fit in front of it. */
#define RECORD_DOMAIN_MAX 244
/*
 * No line of export is longer, with its LF: what may be in a policy takes two
 * bytes in a JSON string at most, and the other members stay below 1,024.
 */
#define RECORD_LINE_MAX_BYTES (2 * STS_POLICY_MAX_BYTES + 1024)

/*
 * Add to object what a list tells of an entry: domain, mode, id, mx, max_age,
 * fetched, expires, checked, next_check, next_refresh (null: no timer), used
 * (the day of the last use as last written, its first second), reason (null:
 * nothing failed), failures, failed_at (null). Times of a clock that was ahead
 * read as refresh_on_load() reads them at now.
 */
void record_put_json(
    json_t *object, const char *domain, const struct entry *, int64_t now);

/*
 * Add what only a single one shows: first_seen, history (newest first), text.
 * In text LF stands as it is, CR before LF is left out, every other byte that
 * is not printable ASCII, and the backslash, is \xNN.
 */
void record_put_details(json_t *object, const struct entry *);

/* Append the line of export, with its LF. */
void record_put_line(struct buf *, const char *domain, const struct entry *);

/* A line of more values, separated by commas, is none of export's. */
#define RECORD_VALUES_MAX 100

/* A line read. A zeroed struct is empty. */
struct record {
	char domain[DOMAIN_MAX + 1];
	struct entry entry; /* policy lends from the two below */
	json_t *json;
	struct sts_policy_file file;
};

/* What reading one rests on. */
struct record_reading {
	const struct refresh_settings *settings;
	int64_t now;
	uint32_t chance; /* any random number */
};

enum record_status {
	RECORD_OK,
	RECORD_EXPIRED, /* nothing is wrong, but it is of no use any more */
	RECORD_BAD
};

/*
 * Read a line of export, with or without its LF. The domain is converted, the
 * policy is parsed (RFC 8461 section 3.2), the times must be possible; expires
 * is at most fetched + max_age. checked or used may be left out: then the TXT
 * record and the policy are due at random within a day, and the domain counts
 * as used today. Other members are ignored. out is filled with RECORD_OK
 * alone; error is given the reason (any byte of the line) with RECORD_BAD.
 */
enum record_status record_parse_line(const char *line, size_t len,
    const struct record_reading *, struct record *out, struct buf *error);
void record_clear(struct record *);

#endif
