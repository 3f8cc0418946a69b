/* SPDX-License-Identifier: ISC */
/* The policy file: RFC 8461 section 3.2. Pure. */
#ifndef STS_POLICY_H
#define STS_POLICY_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "sts/diag.h"

#define STS_POLICY_MAX_BYTES 65536
#define STS_MAX_AGE_MAX_S    31557600 /* section 3.2; above: capped */

enum sts_mode {
	STS_MODE_NONE,
	STS_MODE_TESTING,
	STS_MODE_ENFORCE
};

/* "none", "testing", "enforce"; a constant. */
const char *sts_mode_word(enum sts_mode);

/*
 * mx patterns: lower-case, each NUL-terminated, one after the other, in
 * policy order, none twice. A pattern is a name, or "*." and a name.
 */
struct sts_mxlist {
	const char *names;
	size_t len; /* with all the NULs */
	size_t count;
};

/* The pattern after p (NULL: the first); NULL at the end. */
const char *sts_mxlist_next(const struct sts_mxlist *, const char *p);

/* What is applied. Lends everything. */
struct sts_policy {
	enum sts_mode mode;
	uint32_t max_age; /* seconds, capped */
	struct sts_mxlist mx; /* what Postfix can be told */
	const char *text; /* the file as fetched */
	size_t text_len;
};

/* A parsed file and the memory behind it. A zeroed struct is empty. */
struct sts_policy_file {
	struct sts_policy policy; /* text: the caller's body */
	uint64_t max_age_published;
	struct sts_mxlist mx_left_out; /* addresses, Postfix's words */
	struct buf mx_bytes;
	struct buf mx_left_out_bytes;
};

/*
 * Read a policy file, all of it, whatever is wrong. 0 when it is valid; -1
 * when it is not (file is then empty, diags->fatal > 0). diags may be NULL.
 * What file held before is overwritten, not freed. Takes O(n log n) at most.
 * Lines are counted from 1 and end with LF or CRLF.
 *
 * Left out of policy.mx (diag mx_is_address), because Postfix refuses or
 * misreads them: names that after "*." is cut have only digit labels, and
 * the bare words hostname, nexthop, dot-nexthop. When nothing is left in
 * enforce or testing, the policy is invalid.
 */
int sts_policy_parse(const char *body, size_t len, struct sts_policy_file *,
    struct sts_diags *diags);
void sts_policy_file_clear(struct sts_policy_file *);

#endif
