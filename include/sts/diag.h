/* SPDX-License-Identifier: ISC */
/*
 * What a parser found odd or wrong, all of it and in order. The codes are
 * those of --check. Pure.
 */
#ifndef STS_DIAG_H
#define STS_DIAG_H

#include <stdbool.h>
#include <stddef.h>

enum sts_diag_code {
	/* TXT records of MTA-STS and TLSRPT */
	STS_DIAG_BAD_ID, /* bad_id */
	STS_DIAG_TXT_SYNTAX, /* txt_syntax */
	STS_DIAG_TXT_SPACE, /* txt_space */
	STS_DIAG_TXT_DUPLICATE, /* txt_duplicate */
	STS_DIAG_TLS_RPT_SYNTAX, /* tls_rpt_syntax */
	STS_DIAG_TLS_RPT_RUA, /* tls_rpt_rua */
	/* policy file */
	STS_DIAG_POLICY_VERSION, /* policy_version */
	STS_DIAG_POLICY_MODE, /* policy_mode */
	STS_DIAG_POLICY_MAX_AGE, /* policy_max_age */
	STS_DIAG_NO_MX, /* no_mx */
	STS_DIAG_BAD_LINE, /* bad_line */
	STS_DIAG_MAX_AGE_RANGE, /* max_age_range */
	STS_DIAG_BAD_MX, /* bad_mx */
	STS_DIAG_MX_IS_ADDRESS, /* mx_is_address: left out */
	STS_DIAG_UNKNOWN_KEY, /* unknown_key */
	STS_DIAG_DUPLICATE_KEY, /* duplicate_key */
	STS_DIAG_BARE_CR, /* bare_cr */
	STS_DIAG_BOM, /* bom */
	STS_DIAG_BAD_UTF8, /* bad_utf8 */
	STS_DIAG_STRICT_SYNTAX, /* strict_syntax: blank lines */
	STS_DIAG_LONG_LINE, /* long_line: over 1,024 bytes */
	STS_DIAG_TOO_LARGE, /* too_large: over 65,536 bytes */
	STS_DIAG_EMPTY_BODY, /* empty_body */
	STS_DIAG_COUNT
};

struct sts_diag {
	enum sts_diag_code code;
	bool is_fatal; /* the input is invalid */
	size_t line; /* from 1; 0: the whole input */
	size_t offset; /* of the bytes meant ... */
	size_t len; /* ... in the parser's input */
	const char *what; /* a constant clause, or NULL */
};

#define STS_DIAGS_MAX 256

/* A zeroed list is empty. Beyond STS_DIAGS_MAX they are only counted. */
struct sts_diags {
	struct sts_diag diag[STS_DIAGS_MAX];
	size_t count; /* stored, <= STS_DIAGS_MAX */
	size_t left_out;
	size_t fatal; /* how many of all are fatal */
	struct sts_diag first_fatal; /* valid when fatal > 0 */
};

/* The word of --check; a constant. */
const char *sts_diag_word(enum sts_diag_code);

/* Add one; a NULL list takes nothing. */
void sts_diag_add(struct sts_diags *, const struct sts_diag *);

#endif
