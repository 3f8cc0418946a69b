/* SPDX-License-Identifier: ISC */
#include <assert.h>

#include "sts/dane.h"

#define USAGE_TA 2
#define USAGE_EE 3

#define DER_SEQUENCE 0x30
#define DER_LONG     0x80u /* the low bits count length octets */

#define MINUTE_S        60
#define CHECK_MIN_S     3600
#define CHECK_MAX_S     (STS_DANE_FRESH_S - 3600) /* an hour is left for it */
#define CHECK_PARTIAL_S 300
#define UNKNOWN_S       30
#define BACK_OFF_MAX_S  3600
#define GRACE_S         600 /* overdue for less: nobody waits */

/* One SEQUENCE that fills the bytes, its length in the shortest form. */
static bool
is_der(const uint8_t *p, size_t len)
{
	size_t octets, content = 0, i;

	if (len < 2 || p[0] != DER_SEQUENCE)
		return false;
	if (p[1] < DER_LONG)
		return len == 2 + (size_t)p[1] && p[1] > 0;
	octets = p[1] & ~DER_LONG;
	if (octets < 1 || octets > 2 || len < 2 + octets || p[2] == 0)
		return false;
	for (i = 0; i < octets; i++)
		content = content << 8 | p[2 + i];
	return content >= DER_LONG && len == 2 + octets + content;
}

bool
sts_tlsa_is_usable(const struct sts_tlsa *t)
{
	/* Usages 0 and 1 are undefined for SMTP (RFC 7672 3.1.3). */
	if ((t->usage != USAGE_TA && t->usage != USAGE_EE) || t->selector > 1)
		return false;
	switch (t->matching) {
	case 0:
		return is_der(t->data, t->len);
	case 1:
		return t->len == 32; /* SHA-256 */
	case 2:
		return t->len == 64; /* SHA-512 */
	default:
		return false;
	}
}

static bool
is_secure(const struct sts_dane_look *look)
{
	return look->status == STS_DANE_FOUND && look->is_signed;
}

bool
sts_dane_asks_tlsa(const struct sts_dane_host *host)
{
	return is_secure(&host->a) || is_secure(&host->aaaa);
}

enum sts_dane_use
sts_dane_use(const struct sts_dane_host *host)
{
	if (!sts_dane_asks_tlsa(host)) {
		if (host->a.status == STS_DANE_OPEN ||
		    host->aaaa.status == STS_DANE_OPEN)
			return STS_DANE_PENDING;
		return host->a.status == STS_DANE_FOUND ||
			host->aaaa.status == STS_DANE_FOUND ?
		    STS_DANE_UNSIGNED :
		    STS_DANE_NO_ADDRESS;
	}
	switch (host->tlsa.status) {
	case STS_DANE_OPEN:
		return STS_DANE_PENDING;
	case STS_DANE_FAILED:
		return STS_DANE_TLSA_FAILED;
	case STS_DANE_ABSENT:
		return STS_DANE_NO_TLSA;
	case STS_DANE_FOUND:
		break;
	}
	if (!host->tlsa.is_signed)
		return STS_DANE_NO_TLSA;
	return host->has_usable ? STS_DANE_USED : STS_DANE_UNUSABLE;
}

const char *
sts_dane_use_text(enum sts_dane_use use)
{
	static const char *const text[STS_DANE_USE_COUNT] = {
		[STS_DANE_USED] = "used",
		[STS_DANE_PENDING] = "not known yet",
		[STS_DANE_NO_ADDRESS] = "no address",
		[STS_DANE_UNSIGNED] = "its address is not signed",
		[STS_DANE_NO_TLSA] = "no TLSA records",
		[STS_DANE_UNUSABLE] = "no usable TLSA records",
		[STS_DANE_TLSA_FAILED] = "its TLSA look-up fails",
	};

	assert((unsigned int)use < STS_DANE_USE_COUNT);
	return text[use];
}

const char *
sts_dane_verdict_word(enum sts_dane_verdict verdict)
{
	switch (verdict) {
	case STS_DANE_UNKNOWN:
		break;
	case STS_DANE_NONE:
		return "none";
	case STS_DANE_SOME:
		return "some";
	case STS_DANE_ALL:
		return "all";
	}
	return "unknown";
}

enum sts_dane_verdict
sts_dane_judge(const struct sts_dane_seen *seen)
{
	size_t i, of[STS_DANE_USE_COUNT] = { 0 };

	if (seen->has_mx) {
		if (seen->mx.status == STS_DANE_OPEN ||
		    seen->mx.status == STS_DANE_FAILED)
			return STS_DANE_UNKNOWN;
		if (!seen->mx.is_signed)
			return STS_DANE_NONE;
	}
	for (i = 0; i < seen->hosts; i++)
		of[sts_dane_use(&seen->host[i])]++;
	if (of[STS_DANE_USED] > 0)
		return of[STS_DANE_USED] == seen->hosts ? STS_DANE_ALL :
							  STS_DANE_SOME;
	if (of[STS_DANE_TLSA_FAILED] > 0 || of[STS_DANE_PENDING] > 0)
		return STS_DANE_UNKNOWN;
	return STS_DANE_NONE;
}

bool
sts_dane_is_partial(const struct sts_dane_seen *seen)
{
	const struct sts_dane_host *host;
	size_t i;

	for (i = 0; i < seen->hosts; i++) {
		host = &seen->host[i];
		if (host->a.status == STS_DANE_FAILED ||
		    host->aaaa.status == STS_DANE_FAILED ||
		    host->tlsa.status == STS_DANE_FAILED)
			return true;
	}
	return false;
}

bool
sts_dane_is_fresh(const struct sts_dane_state *s, int64_t now)
{
	return s->verdict != STS_DANE_UNKNOWN && s->checked != 0 &&
	    now - s->checked < STS_DANE_FRESH_S;
}

enum sts_dane_query
sts_dane_on_query(const struct sts_dane_state *s, int64_t now)
{
	if (!sts_dane_is_fresh(s, now))
		return s->verdict == STS_DANE_UNKNOWN && now < s->next_check ?
		    STS_DANE_ANSWER :
		    STS_DANE_WAIT;
	if (now < s->next_check)
		return STS_DANE_ANSWER;
	return now - s->next_check < GRACE_S ? STS_DANE_ANSWER_CHECK :
					       STS_DANE_WAIT_BRIEFLY;
}

int64_t
sts_dane_answer_until(const struct sts_dane_state *s)
{
	int64_t end = s->checked + STS_DANE_FRESH_S;

	return s->next_check < end ? s->next_check : end;
}

static int64_t
clamp(int64_t v, int64_t min, int64_t max)
{
	if (v < min)
		return min;
	return v < max ? v : max;
}

static int64_t
back_off(uint32_t failures)
{
	return failures > 6 ? BACK_OFF_MAX_S :
			      clamp((int64_t)MINUTE_S << (failures - 1),
				  MINUTE_S, BACK_OFF_MAX_S);
}

void
sts_dane_on_verdict(struct sts_dane_state *s, enum sts_dane_verdict verdict,
    int64_t ttl, bool is_partial, int64_t now)
{
	if (verdict == STS_DANE_UNKNOWN) {
		if (s->failures < UINT32_MAX)
			s->failures++;
		if (sts_dane_is_fresh(s, now)) {
			s->next_check = now + back_off(s->failures);
			return;
		}
		s->verdict = STS_DANE_UNKNOWN;
		s->checked = now;
		s->next_check = now + UNKNOWN_S;
		return;
	}
	s->verdict = verdict;
	s->checked = now;
	s->next_check = now +
	    (is_partial ? CHECK_PARTIAL_S :
			  clamp(ttl, CHECK_MIN_S, CHECK_MAX_S));
	s->failures = 0;
}

void
sts_dane_on_load(struct sts_dane_state *s, int64_t now)
{
	/* Of a clock that was wrong: it proves nothing. */
	if (s->checked > now) {
		*s = (struct sts_dane_state){ 0 };
		return;
	}
	if (s->next_check > s->checked + STS_DANE_FRESH_S)
		s->next_check = s->checked + STS_DANE_FRESH_S;
}
