/* SPDX-License-Identifier: ISC */
/* One table: every reason, its word, and whose fault it is. */
#include <assert.h>
#include <stddef.h>

#include "sts/reason.h"

static const struct {
	const char *word;
	bool is_ours;
} reasons[STS_REASON_COUNT] = {
	[STS_REASON_OK] = { "ok", false },
	[STS_REASON_TXT_NONE] = { "no-record", false },
	[STS_REASON_TXT_MULTIPLE] = { "several-records", false },
	[STS_REASON_TXT_INVALID] = { "malformed-record", false },
	[STS_REASON_TXT_LOOKUP] = { "txt-lookup", false },
	[STS_REASON_DNS] = { "dns", false },
	[STS_REASON_REFUSED_ADDRESS] = { "refused-address", false },
	[STS_REASON_CONNECT] = { "connect", false },
	[STS_REASON_TIMEOUT] = { "timeout", false },
	[STS_REASON_RESET] = { "reset", false },
	[STS_REASON_TLS_VERSION] = { "tls-version", false },
	[STS_REASON_TLS_HANDSHAKE] = { "tls-handshake", false },
	[STS_REASON_TLS_EXPIRED] = { "tls-expired", false },
	[STS_REASON_TLS_NAME] = { "tls-name", false },
	[STS_REASON_TLS_CHAIN] = { "tls-chain", false },
	[STS_REASON_HTTP_STATUS] = { "http-status", false },
	[STS_REASON_REDIRECT] = { "redirect", false },
	[STS_REASON_MEDIA_TYPE] = { "media-type", false },
	[STS_REASON_ENCODING] = { "encoding", false },
	[STS_REASON_HEADER_FLOOD] = { "header-flood", false },
	[STS_REASON_TOO_LARGE] = { "too-large", false },
	[STS_REASON_TRUNCATED] = { "truncated", false },
	[STS_REASON_SYNTAX] = { "syntax", false },
	[STS_REASON_LOCAL] = { "local", true },
	[STS_REASON_NO_SERVER] = { "no-name-server", true },
	[STS_REASON_BUSY] = { "busy", true },
	[STS_REASON_CACHE] = { "cache", true },
	[STS_REASON_DEADLINE] = { "deadline", false },
};

const char *
sts_reason_word(enum sts_reason reason)
{
	assert((size_t)reason < STS_REASON_COUNT);
	return reasons[reason].word;
}

bool
sts_reason_is_ours(enum sts_reason reason)
{
	assert((size_t)reason < STS_REASON_COUNT);
	return reasons[reason].is_ours;
}
