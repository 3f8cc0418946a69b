/* SPDX-License-Identifier: ISC */
/*
 * TLS-RPT reports (RFC 8460 section 4): what senders say of sessions with the
 * MX hosts of a domain. Strangers write them; what is not as the RFC has it is
 * refused as a whole. Pure.
 */
#ifndef CHECK_RPTREPORT_H
#define CHECK_RPTREPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/domain.h"

#define RPT_BYTES_MAX    ((size_t)16 * 1024 * 1024) /* of a report, unpacked */
#define RPT_POLICIES_MAX 1000 /* of a report */
#define RPT_FAILURES_MAX 1000 /* of a policy */
#define RPT_SESSIONS_MAX INT64_C(1000000000000) /* of a count */
#define RPT_ERROR_BYTES  160

enum rpt_type {
	RPT_STS,
	RPT_TLSA,
	RPT_NO_POLICY,
	RPT_TYPES
};

/* RFC 8460 section 4.3. */
enum rpt_result {
	RPT_STARTTLS_NOT_SUPPORTED,
	RPT_CERTIFICATE_HOST_MISMATCH,
	RPT_CERTIFICATE_EXPIRED,
	RPT_CERTIFICATE_NOT_TRUSTED,
	RPT_VALIDATION_FAILURE,
	RPT_TLSA_INVALID,
	RPT_DNSSEC_INVALID,
	RPT_DANE_REQUIRED,
	RPT_STS_POLICY_FETCH_ERROR,
	RPT_STS_POLICY_INVALID,
	RPT_STS_WEBPKI_INVALID,
	RPT_OTHER, /* a word that is in no RFC */
	RPT_RESULTS
};

struct rpt_failure {
	enum rpt_result result;
	char mx[DOMAIN_MAX + 1]; /* lower case; "": not said, or no name */
	int64_t sessions;
};

struct rpt_policy {
	enum rpt_type type;
	char domain[DOMAIN_MAX + 1];
	int64_t good, failed; /* sessions */
	struct rpt_failure *failure;
	size_t failures;
};

struct rpt_report {
	char *sender; /* any text */
	char *id;
	int64_t begin, end;
	struct rpt_policy *policy;
	size_t policies;
};

/* False, and why in error (printable): not a report. */
bool rpt_parse(
    const char *, size_t len, struct rpt_report *, char error[RPT_ERROR_BYTES]);
void rpt_report_clear(struct rpt_report *);

/* "sts" ...; "validation-failure" ... */
const char *rpt_type_word(enum rpt_type);
const char *rpt_result_word(enum rpt_result);

/* Would a sender that honours an enforce policy not have delivered? */
bool rpt_is_blocking(enum rpt_result);

#endif
