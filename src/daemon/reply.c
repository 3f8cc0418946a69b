/* SPDX-License-Identifier: ISC */
/* From what is known to the words that Postfix understands. */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/xmalloc.h"
#include "daemon/lookups.h"
#include "postfix/answer.h"
#include "sts/mxmatch.h"

static const char smart_host[] = "smart-host";
static const char mx_not_enforced[] = "mx-not-enforced";
static const char dane_only[] = "dane-only";

/* In brackets the host is the only MX name there is (RFC 8461 3.4). */
static void
check_bracketed(struct lookups *l, const struct nexthop *nexthop,
    const struct sts_policy *policy)
{
	if (policy->mode != STS_MODE_ENFORCE ||
	    sts_mx_match_any(
		&policy->mx, nexthop->domain, nexthop->domain_len) ||
	    !warned_may(&l->warned, smart_host, nexthop->domain))
		return;
	log_warning(smart_host,
	    "[%s]: its enforce policy does not name the host itself, so "
	    "Postfix will defer its mail; \"%s skip\" in overrides, or "
	    "smarthost_policy = no, makes an end of that",
	    nexthop->domain, nexthop->domain);
}

/* enum stats_answer, but with reasons behind it: what was put. */
static unsigned int
put_policy(const struct lookup *lookup, const struct sts_policy *policy,
    struct buf *out)
{
	struct lookups *l = lookup->lookups;
	const struct nexthop *nexthop = &lookup->nexthop;

	buf_reset(&l->text);
	if (nexthop->is_bracketed)
		check_bracketed(l, nexthop, policy);
	switch (answer_write(&l->text, lookup->profile, nexthop->domain, policy,
	    l->config->testing_reports)) {
	case ANSWER_NOTFOUND:
		socketmap_notfound(out);
		return policy->mode == STS_MODE_NONE ? STATS_MODE_NONE :
						       STATS_TESTING;
	case ANSWER_FULL:
	case ANSWER_SHORTENED:
		break;
	case ANSWER_MX_NOT_ENFORCED:
		if (!lookup->is_preview &&
		    warned_may(&l->warned, mx_not_enforced, nexthop->domain))
			log_warning(mx_not_enforced,
			    "%s: the policy is too long for Postfix; MX names "
			    "are not enforced",
			    nexthop->domain);
		break;
	}
	socketmap_ok(out, l->text.data, l->text.len);
	return STATS_OK;
}

enum sts_mode
reply_mode(const struct lookup *lookup, const struct resolver_answer *answer)
{
	if (lookup->override == STS_OVERRIDE_TESTING &&
	    answer->policy.mode == STS_MODE_ENFORCE)
		return STS_MODE_TESTING;
	return answer->policy.mode;
}

/* Does the answer differ from what the domain's own policy asks for? */
static bool
is_overridden(const struct lookup *lookup, const struct resolver_answer *answer)
{
	switch (lookup->override) {
	case STS_OVERRIDE_NONE:
		return false;
	case STS_OVERRIDE_TESTING:
		return answer->status == RESOLVER_POLICY &&
		    answer->policy.mode == STS_MODE_ENFORCE;
	case STS_OVERRIDE_SKIP:
	case STS_OVERRIDE_ENFORCE:
		break;
	}
	return true;
}

/* The frame just appended to out, without its length and comma. */
static void
log_answer(const struct log_field *who, const struct lookup *lookup,
    const char *source, const struct buf *out, size_t from)
{
	const char *frame = out->data + from;
	const char *colon = memchr(frame, ':', out->len - from);
	char *reply =
	    xmemdup(colon + 1, out->len - from - (size_t)(colon - frame) - 2);
	const struct log_field field[] = {
		*who,
		{ "profile", answer_profile_name(lookup->profile) },
		{ "source", source },
		{ "reply", reply },
	};

	log_fields(LOG_LEVEL_INFO, "answered", field,
	    sizeof(field) / sizeof(field[0]));
	free(reply);
}

static bool
is_logged(const struct lookup *lookup)
{
	return lookup->lookups->config->log_answers && !lookup->is_preview;
}

static unsigned int
count(const struct lookup *lookup, unsigned int answer)
{
	unsigned int kind = STATS_KIND(lookup->profile, answer);

	if (!lookup->is_preview)
		lookup->lookups->stats->answered[kind]++;
	return kind;
}

void
reply_put_unwanted(const struct lookup *lookup,
    const struct socketmap_request *request, struct buf *out)
{
	size_t from = out->len, len = request->key_len;
	struct log_field who = { "key", NULL };
	char *key;

	count(lookup, STATS_KEY);
	socketmap_notfound(out);
	if (!lookup->lookups->config->log_answers)
		return;
	key = xmemdup(request->key, len < DOMAIN_MAX ? len : DOMAIN_MAX);
	who.value = key;
	log_answer(&who, lookup, NULL, out, from);
	free(key);
}

unsigned int
reply_put_answer(const struct lookup *lookup,
    const struct resolver_answer *answer, struct buf *out)
{
	const struct log_field who = { "domain", lookup->nexthop.domain };
	bool is_override = is_overridden(lookup, answer);
	unsigned int put = STATS_REASON + (unsigned int)answer->reason;
	struct sts_policy policy;
	size_t from = out->len;

	switch (answer->status) {
	case RESOLVER_POLICY:
		policy = answer->policy;
		policy.mode = reply_mode(lookup, answer);
		put = put_policy(lookup, &policy, out);
		break;
	case RESOLVER_NONE:
	case RESOLVER_WAIT:
		socketmap_notfound(out);
		break;
	case RESOLVER_TEMP:
		socketmap_temp(out, answer->detail);
		break;
	}
	if (is_logged(lookup))
		log_answer(
		    &who, lookup, is_override ? "override" : NULL, out, from);
	if (is_override && put != STATS_OK)
		put = STATS_OVERRIDE;
	return count(lookup, put);
}

unsigned int
reply_put_dane(const struct lookup *lookup, const struct dane_answer *dane,
    struct buf *out)
{
	const struct log_field who = { "domain", lookup->nexthop.domain };
	enum stats_answer put = STATS_DANE;
	size_t from = out->len;

	if (lookup->is_testing) {
		put = STATS_DANE_TESTING;
		socketmap_notfound(out);
	} else if (dane->verdict == STS_DANE_UNKNOWN) {
		put = STATS_DANE_UNKNOWN;
		socketmap_temp(out, dane->detail);
	} else {
		socketmap_ok(out, dane_only, sizeof(dane_only) - 1);
	}
	if (is_logged(lookup))
		log_answer(&who, lookup, "dane", out, from);
	return count(lookup, put);
}
