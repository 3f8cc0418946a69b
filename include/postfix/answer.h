/* SPDX-License-Identifier: ISC */
/*
 * A policy as text that smtp_tls_policy_maps understands, per version of
 * Postfix (smtp/smtp_tls_policy.c; the socketmap's name states it). Pure.
 */
#ifndef POSTFIX_ANSWER_H
#define POSTFIX_ANSWER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "sts/policy.h"

/* Of mx.len (a policy file's is below 65,536): the 3.4 form always fits. */
#define ANSWER_MX_MAX_BYTES 99000

enum answer_profile {
	ANSWER_POSTFIX_2_10, /* match= */
	ANSWER_POSTFIX_3_4, /* + servername= */
	ANSWER_POSTFIX_3_10 /* + policy_type= ... mx_host_pattern= */
};

enum answer_name {
	ANSWER_NAME_KNOWN,
	ANSWER_NAME_OTHER, /* no name of ours: default_profile */
	ANSWER_NAME_ODD /* begins with "postfix-" all the same: warn */
};

/*
 * The profile a socketmap name states: postfix-X.Y[.Z...][-suffix] compared as
 * numbers (below 2.10 = 2.10), QUERY (3.4), QUERYwithTLSRPT (3.10); case is
 * ignored. *profile is set only with ANSWER_NAME_KNOWN.
 */
enum answer_name answer_profile_parse(
    const char *name, size_t len, enum answer_profile *profile);

/* "postfix-2.10" ...; a constant. */
const char *answer_profile_name(enum answer_profile);

enum answer_status {
	ANSWER_NOTFOUND, /* nothing for Postfix: out untouched */
	ANSWER_FULL,
	ANSWER_SHORTENED, /* over the limit: one policy_string kept */
	ANSWER_MX_NOT_ENFORCED /* still over it: the 3.4 form */
};

/*
 * Append the reply's text (after "OK ") for a policy of domain (A-labels,
 * lower case). Enforce: "secure match=...". Testing: NOTFOUND, or with
 * testing_reports and profile 3.10 "may policy_type=sts ...". None: NOTFOUND.
 * Never over 100,000 bytes with "OK "; only printable ASCII; braces balanced.
 * But for mode none, mx holds a pattern and at most ANSWER_MX_MAX_BYTES.
 */
enum answer_status answer_write(struct buf *out, enum answer_profile,
    const char *domain, const struct sts_policy *, bool testing_reports);

#endif
