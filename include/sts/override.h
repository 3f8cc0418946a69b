/* SPDX-License-Identifier: ISC */
/*
 * The admin's exceptions by domain: "domain action" lines in Postfix's style
 * (continued by leading white space, # comments on lines of their own). The
 * actions: skip, testing, enforce mx=pattern,... Pure.
 */
#ifndef STS_OVERRIDE_H
#define STS_OVERRIDE_H

#include <stddef.h>

#include "base/buf.h"
#include "sts/policy.h"

/* Of mx.len, so that an answer fits into Postfix's 100,000 bytes. */
#define STS_OVERRIDE_MX_MAX_BYTES 99000

enum sts_override {
	STS_OVERRIDE_NONE, /* the domain's own policy counts */
	STS_OVERRIDE_SKIP, /* as if it had no policy */
	STS_OVERRIDE_TESTING, /* its policy is testing at most */
	STS_OVERRIDE_ENFORCE /* as if its policy were enforce with these mx */
};

struct sts_overrides;

/*
 * Read a whole file. A new set, or NULL when any line is wrong: error has then
 * been given "path:line: reason" (the line is the one where it begins), which
 * may hold any byte of the text. Takes O(n log n) at most.
 */
struct sts_overrides *sts_overrides_parse(
    const char *path, const char *text, size_t len, struct buf *error);
void sts_overrides_free(struct sts_overrides *);

size_t sts_overrides_count(const struct sts_overrides *);

/*
 * What is said of a domain (A-labels, lower case): itself before the longest
 * ".parent", which stands for all names below the parent, at any depth, but
 * not for itself. mx is set only with STS_OVERRIDE_ENFORCE, at least one
 * pattern, lent by the set. NULL is an empty set.
 */
enum sts_override sts_overrides_find(const struct sts_overrides *,
    const char *domain, size_t len, struct sts_mxlist *mx);

#endif
