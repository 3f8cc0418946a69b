/* SPDX-License-Identifier: ISC */
/* The list of findings: the first STS_DIAGS_MAX are kept, all are counted. */
#include <assert.h>

#include "sts/diag.h"

static const char *const words[STS_DIAG_COUNT] = {
	[STS_DIAG_BAD_ID] = "bad_id",
	[STS_DIAG_TXT_SYNTAX] = "txt_syntax",
	[STS_DIAG_TXT_SPACE] = "txt_space",
	[STS_DIAG_TXT_DUPLICATE] = "txt_duplicate",
	[STS_DIAG_TLS_RPT_SYNTAX] = "tls_rpt_syntax",
	[STS_DIAG_TLS_RPT_RUA] = "tls_rpt_rua",
	[STS_DIAG_POLICY_VERSION] = "policy_version",
	[STS_DIAG_POLICY_MODE] = "policy_mode",
	[STS_DIAG_POLICY_MAX_AGE] = "policy_max_age",
	[STS_DIAG_NO_MX] = "no_mx",
	[STS_DIAG_BAD_LINE] = "bad_line",
	[STS_DIAG_MAX_AGE_RANGE] = "max_age_range",
	[STS_DIAG_BAD_MX] = "bad_mx",
	[STS_DIAG_MX_IS_ADDRESS] = "mx_is_address",
	[STS_DIAG_UNKNOWN_KEY] = "unknown_key",
	[STS_DIAG_DUPLICATE_KEY] = "duplicate_key",
	[STS_DIAG_BARE_CR] = "bare_cr",
	[STS_DIAG_BOM] = "bom",
	[STS_DIAG_BAD_UTF8] = "bad_utf8",
	[STS_DIAG_STRICT_SYNTAX] = "strict_syntax",
	[STS_DIAG_LONG_LINE] = "long_line",
	[STS_DIAG_TOO_LARGE] = "too_large",
	[STS_DIAG_EMPTY_BODY] = "empty_body",
};

const char *
sts_diag_word(enum sts_diag_code code)
{
	assert((size_t)code < STS_DIAG_COUNT);
	return words[code];
}

void
sts_diag_add(struct sts_diags *diags, const struct sts_diag *diag)
{
	if (diags == NULL)
		return;
	if (diag->is_fatal && diags->fatal++ == 0)
		diags->first_fatal = *diag;
	if (diags->count < STS_DIAGS_MAX)
		diags->diag[diags->count++] = *diag;
	else
		diags->left_out++;
}
