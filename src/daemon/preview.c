/* SPDX-License-Identifier: ISC */
/* What a query would be answered, without anything of a query happening. */
#include <string.h>

#include "daemon/lookups.h"

#define PORT_SMTP 25

enum sts_override
lookups_find_override(const struct lookups *l, const char *domain, size_t len)
{
	struct sts_mxlist mx;

	return sts_overrides_find(l->overrides, domain, len, &mx);
}

/* The verdict on the domain as a next-hop, if one is known. */
static bool
find_verdict(const struct lookup *lookup, struct dane_answer *dane)
{
	struct verdict verdict[VERDICTS_MAX];
	size_t i, n;

	n = danes_list(
	    lookup->lookups->danes, lookup->nexthop.domain, NULL, verdict);
	for (i = 0; i < n; i++) {
		if (verdict[i].port != PORT_SMTP || verdict[i].is_bracketed)
			continue;
		dane->verdict = verdict[i].state.verdict;
		dane->detail = "the DANE verdict is unknown";
		return true;
	}
	return false;
}

static void
put(struct lookup *lookup, const struct resolver_answer *known, struct buf *out)
{
	struct resolver_answer answer;
	struct dane_answer dane = { .verdict = STS_DANE_NONE };

	if (!lookup_is_settled(lookup, &answer))
		answer = *known;
	lookup->is_testing = lookup_wants_dane(lookup, &answer) &&
	    reply_mode(lookup, &answer) == STS_MODE_TESTING;
	if (lookup_wants_dane(lookup, &answer) && find_verdict(lookup, &dane) &&
	    dane.verdict != STS_DANE_NONE)
		reply_put_dane(lookup, &dane, out);
	else
		reply_put_answer(lookup, &answer, out);
}

void
lookups_preview(struct lookups *l, const char *domain,
    enum answer_profile profile, const struct resolver_answer *known,
    struct buf *out)
{
	struct lookup lookup = {
		.lookups = l,
		.profile = profile,
		.is_preview = true,
	};
	struct buf frame = { 0 };
	const char *colon;

	if (nexthop_parse(domain, strlen(domain), &lookup.nexthop))
		put(&lookup, known, &frame);
	colon = strchr(buf_str(&frame), ':');
	if (colon != NULL)
		buf_put(out, colon + 1,
		    frame.len - (size_t)(colon - frame.data) - 2);
	buf_clear(&frame);
}
