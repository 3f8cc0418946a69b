/* SPDX-License-Identifier: ISC */
/*
 * Records and files to publish, built from the domain's own values and its
 * MX hosts. What is right stays as it is. Pure.
 */
#ifndef CHECK_FIXES_H
#define CHECK_FIXES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "check/rules.h"

#define FIX_ID_SIZE       17 /* yyyymmddThhmmssZ and a NUL */
#define FIX_STARTER_AGE_S 86400 /* of testing */
#define FIX_ENFORCE_AGE_S 604800

/* A new id: the time of the evidence. */
void fix_id(const struct check_facts *, char id[FIX_ID_SIZE]);

/*
 * The record for _mta-sts.D as a zone file has it, with a line end. Valid
 * extensions of the record there is are kept; so is its id, unless is_new_id
 * or there is none.
 */
void fix_txt(struct buf *, const struct check_facts *, bool is_new_id);

/* Set a finding's fix: words, then fix_txt()'s record. */
void fix_set_record(const struct check_facts *, struct check_finding *,
    bool is_new_id, const char *words);

/* What a policy shall say. */
struct fix_policy {
	bool has_mode; /* else as it is; testing when it cannot be read */
	enum sts_mode mode;
	int64_t max_age; /* 0: as it is, or one that suits the mode */
};

/*
 * The policy file, LF line ends: the domain's own, put right where it is
 * wrong, and a line for each MX host that it leaves out; without a file of
 * its own: testing, max_age 86400, the MX hosts. False, nothing put, when no
 * MX host is known.
 */
bool fix_policy_file(
    struct buf *, const struct check_facts *, const struct fix_policy *);

/* The starter: testing, max_age 86400, a line for each MX host. */
bool fix_policy_starter(struct buf *, const struct check_facts *);

/* The record for _smtp._tls.D; reports to tls-reports@D. */
void fix_tlsrpt(struct buf *, const struct check_facts *);

/*
 * The steps to publish a policy: the file first, then the record with a new
 * id. To be freed. intro (NULL: none) comes first, a paragraph.
 */
char *fix_steps(
    const struct check_facts *, const struct fix_policy *, const char *intro);

/* The same with the starter, and the TLS-RPT record where there is none. */
char *fix_steps_starter(const struct check_facts *, const char *intro);

/* https://mta-sts.D/.well-known/mta-sts.txt */
void fix_policy_url(struct buf *, const struct check_facts *);

#endif
