/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/xmalloc.h"
#include "daemon/dane.h"
#include "daemon/hot.h"
#include "daemon/lookup.h"
#include "daemon/lookups.h"
#include "daemon/service.h"
#include "postfix/answer.h"
#include "postfix/nexthop.h"
#include "postfix/socketmap.h"

#define HOT_MAX_S 3600 /* then it is marked as used again */

struct lookups *
lookups_new(const struct config *config, struct resolver *resolver)
{
	struct lookups *l = xcalloc(1, sizeof(*l));

	l->config = config;
	l->resolver = resolver;
	l->stats = stats_unread();
	return l;
}

void
lookups_free(struct lookups *l)
{
	if (l == NULL)
		return;
	sts_overrides_free(l->overrides);
	buf_clear(&l->text);
	buf_clear(&l->late);
	free(l);
}

void
lookups_set_hot(struct lookups *l, struct hot *hot)
{
	l->hot = hot;
}

void
lookups_set_stats(struct lookups *l, struct stats *stats)
{
	l->stats = stats;
}

void
lookups_set_danes(struct lookups *l, struct danes *danes)
{
	l->danes = danes;
}

void
lookups_set_overrides(struct lookups *l, struct sts_overrides *overrides)
{
	sts_overrides_free(l->overrides);
	l->overrides = overrides;
}

void
lookups_reload(struct lookups *l, struct sts_overrides *overrides)
{
	lookups_set_overrides(l, overrides);
	l->name.len = 0;
	if (l->hot != NULL)
		hot_clear(l->hot);
}

static enum answer_profile
read_profile(struct lookups *l, const struct socketmap_request *request)
{
	enum answer_profile profile =
	    (enum answer_profile)l->config->default_profile;

	if (answer_profile_parse(request->name, request->name_len, &profile) ==
		ANSWER_NAME_ODD &&
	    !l->is_odd_name_told) {
		l->is_odd_name_told = true;
		log_warning("profile-unknown",
		    "\"%.*s\" names no version of Postfix; answering it as %s",
		    (int)request->name_len, request->name,
		    answer_profile_name(profile));
	}
	return profile;
}

/* Mostly it is asked by the name that it was asked by before. */
static enum answer_profile
profile_of(struct lookups *l, const struct socketmap_request *request)
{
	struct lookups_name *last = &l->name;

	if (request->name_len > sizeof(last->bytes))
		return read_profile(l, request);
	if (last->len != request->name_len ||
	    memcmp(last->bytes, request->name, last->len) != 0) {
		last->profile = read_profile(l, request);
		last->len = request->name_len;
		memcpy(last->bytes, request->name, last->len);
	}
	return last->profile;
}

void
lookup_init(struct lookup *lookup, struct lookups *l, lookup_cb *cb, void *arg)
{
	lookup->lookups = l;
	lookup->is_preview = false;
	lookup->wait = NULL;
	lookup->dane_wait = NULL;
	lookup->cb = cb;
	lookup->arg = arg;
}

bool
lookup_is_settled(struct lookup *lookup, struct resolver_answer *answer)
{
	const struct nexthop *nexthop = &lookup->nexthop;

	*answer = (struct resolver_answer){ .status = RESOLVER_NONE };
	lookup->override = sts_overrides_find(lookup->lookups->overrides,
	    nexthop->domain, nexthop->domain_len, &answer->policy.mx);
	switch (lookup->override) {
	case STS_OVERRIDE_NONE:
	case STS_OVERRIDE_TESTING:
		return nexthop->domain_len > RESOLVER_DOMAIN_MAX;
	case STS_OVERRIDE_SKIP:
		break;
	case STS_OVERRIDE_ENFORCE:
		answer->status = RESOLVER_POLICY;
		answer->policy.mode = STS_MODE_ENFORCE;
		/* What nobody published must not be reported as STS. */
		if (lookup->profile == ANSWER_POSTFIX_3_10)
			lookup->profile = ANSWER_POSTFIX_3_4;
		break;
	}
	return true;
}

/* Is it a key that policies, whoever made them, apply to? */
static bool
is_wanted(const struct lookups *l, const struct nexthop *nexthop)
{
	return !nexthop->is_host || l->config->smarthost_policy;
}

/*
 * May the reply to these bytes be kept? Not when each answer is to be seen:
 * logged, or warned of.
 */
static void
offer_reply(const struct lookup *lookup, struct hot_offer *offer)
{
	const struct lookups *l = lookup->lookups;
	int64_t now = clock_now();

	if (l->hot == NULL || l->config->log_answers || offer->until <= now ||
	    lookup->nexthop.is_bracketed)
		return;
	if (offer->until > now + HOT_MAX_S)
		offer->until = now + HOT_MAX_S;
	hot_put(l->hot, offer);
}

bool
lookup_wants_dane(
    const struct lookup *lookup, const struct resolver_answer *answer)
{
	const struct lookups *l = lookup->lookups;

	if (lookup->has_verdict || !l->config->dane || l->danes == NULL ||
	    answer->status != RESOLVER_POLICY)
		return false;
	switch (reply_mode(lookup, answer)) {
	case STS_MODE_NONE:
		break;
	case STS_MODE_TESTING: /* only what is reported on */
		return l->config->testing_reports &&
		    lookup->profile == ANSWER_POSTFIX_3_10;
	case STS_MODE_ENFORCE:
		return true;
	}
	return false;
}

static bool ask(struct lookup *, const struct hot_request *, struct buf *);
static bool
decide(struct lookup *, struct resolver_answer *, struct buf *, unsigned int *);

/* The end of a wait. */
static void
tell(struct lookup *lookup)
{
	struct lookups *l = lookup->lookups;

	stats_measure(
	    &l->stats->first, stats_waited_ms, clock_ms() - lookup->asked_ms);
	lookup->cb(&l->late, lookup->arg);
}

static void
on_verdict(const struct dane_answer *dane, void *arg)
{
	struct lookup *lookup = arg;
	struct buf *late = &lookup->lookups->late;
	struct resolver_answer answer;
	unsigned int kind;

	lookup->dane_wait = NULL;
	buf_reset(late);
	if (dane->verdict != STS_DANE_NONE) {
		reply_put_dane(lookup, dane, late);
		tell(lookup);
		return;
	}
	/* The policy was lent, and is gone: ask for it again. */
	lookup->has_verdict = true;
	if (lookup_is_settled(lookup, &answer) ?
		decide(lookup, &answer, late, &kind) :
		ask(lookup, NULL, late))
		tell(lookup);
}

static struct dane_query
dane_query(struct lookup *lookup)
{
	return (struct dane_query){
		.domain = lookup->nexthop.domain,
		.port = lookup->port,
		.is_bracketed = lookup->nexthop.is_bracketed,
		.cb = on_verdict,
		.arg = lookup,
	};
}

/* Answer by the policy, or by DANE. False: the verdict is awaited. */
static bool
decide(struct lookup *lookup, struct resolver_answer *answer, struct buf *out,
    unsigned int *kind)
{
	struct dane_query query;
	struct dane_answer dane;

	if (!lookup_wants_dane(lookup, answer)) {
		*kind = reply_put_answer(lookup, answer, out);
		return true;
	}
	query = dane_query(lookup);
	dane = (struct dane_answer){
		.detail = "the port is that of no known service",
	};
	lookup->is_testing = reply_mode(lookup, answer) == STS_MODE_TESTING;
	if (lookup->port != 0 &&
	    !danes_ask(
		lookup->lookups->danes, &query, &dane, &lookup->dane_wait))
		return false;
	*kind = dane.verdict == STS_DANE_NONE ?
	    reply_put_answer(lookup, answer, out) :
	    reply_put_dane(lookup, &dane, out);
	if (dane.until < answer->until)
		answer->until = dane.until;
	return true;
}

/* What is kept of DANE is read first: that ends what the cache has lent. */
static bool
has_recalled(struct lookup *lookup, const struct resolver_answer *answer)
{
	struct dane_query query;

	if (!lookup_wants_dane(lookup, answer) || lookup->port == 0)
		return false;
	query = dane_query(lookup);
	return danes_recall(lookup->lookups->danes, &query);
}

static void
on_resolved(const struct resolver_answer *resolved, void *arg)
{
	struct lookup *lookup = arg;
	struct buf *late = &lookup->lookups->late;
	struct resolver_answer answer = *resolved;
	unsigned int kind;

	lookup->wait = NULL;
	buf_reset(late);
	(void)has_recalled(lookup, &answer);
	if (decide(lookup, &answer, late, &kind))
		tell(lookup);
}

static enum resolver_status
resolve(struct lookup *lookup, struct resolver_answer *answer)
{
	struct resolver *resolver = lookup->lookups->resolver;
	const struct resolver_query query = {
		.domain = lookup->nexthop.domain,
		.domain_len = lookup->nexthop.domain_len,
		.cb = on_resolved,
		.arg = lookup,
	};
	enum resolver_status status =
	    resolver_ask(resolver, &query, answer, &lookup->wait);

	if (status != RESOLVER_WAIT && has_recalled(lookup, answer))
		status = resolver_ask(resolver, &query, answer, &lookup->wait);
	return status;
}

/*
 * A key that may have a policy: from the resolver, at once or later. The reply
 * to the request may be kept, unless that is NULL.
 */
static bool
ask(struct lookup *lookup, const struct hot_request *request, struct buf *out)
{
	const struct nexthop *nexthop = &lookup->nexthop;
	struct resolver_answer answer;
	size_t from = out->len;
	struct hot_offer offer;
	unsigned int kind;

	if (resolve(lookup, &answer) == RESOLVER_WAIT ||
	    !decide(lookup, &answer, out, &kind))
		return false;
	if (request == NULL)
		return true;
	offer = (struct hot_offer){
		.request = *request,
		.domain = nexthop->domain,
		.domain_len = nexthop->domain_len,
		.reply = out->data + from,
		.reply_len = out->len - from,
		.until = answer.until,
		.kind = (unsigned char)kind,
	};
	offer_reply(lookup, &offer);
	return true;
}

static bool
answer(struct lookup *lookup, const char *payload, size_t len, struct buf *out)
{
	struct lookups *l = lookup->lookups;
	struct socketmap_request request;
	struct resolver_answer settled;
	struct hot_request hot = { 0 };
	unsigned int kind;

	if (l->hot != NULL) {
		hot = hot_request(l->hot, payload, len);
		if (hot_get(l->hot, &hot, clock_now(), out))
			return true;
	}
	if (!socketmap_parse(payload, len, &request)) {
		l->stats->malformed++;
		socketmap_perm(out, "not a socketmap request: NAME SP KEY");
		return true;
	}
	lookup->profile = profile_of(l, &request);
	if (!nexthop_parse(request.key, request.key_len, &lookup->nexthop) ||
	    !is_wanted(l, &lookup->nexthop)) {
		reply_put_unwanted(lookup, &request, out);
		return true;
	}
	/* As it begins, so it ends, whatever a reload changes meanwhile. */
	lookup->has_verdict = !l->config->dane;
	lookup->port = l->config->dane ?
	    service_port(lookup->nexthop.port, lookup->nexthop.port_len) :
	    0;
	if (!lookup_is_settled(lookup, &settled)) {
		if (ask(lookup, &hot, out))
			return true;
	} else {
		(void)has_recalled(lookup, &settled);
		if (decide(lookup, &settled, out, &kind))
			return true;
	}
	lookup->asked_ms = clock_ms();
	l->stats->waited++;
	return false;
}

bool
lookup_start(
    struct lookup *lookup, const char *payload, size_t len, struct buf *out)
{
	struct stats *stats = lookup->lookups->stats;
	int64_t from;

	if (++stats->sample % STATS_SAMPLE != 0)
		return answer(lookup, payload, len, out);
	from = stats_now_ns();
	if (!answer(lookup, payload, len, out))
		return false;
	stats_measure(&stats->cached, stats_cached_ns, stats_now_ns() - from);
	return true;
}

void
lookup_cancel(struct lookup *lookup)
{
	resolver_cancel(lookup->wait);
	lookup->wait = NULL;
	dane_cancel(lookup->dane_wait);
	lookup->dane_wait = NULL;
}

void
lookup_expect(const struct lookups *l, const char *payload, size_t len)
{
	struct hot_request request;

	if (l->hot == NULL)
		return;
	request = hot_request(l->hot, payload, len);
	hot_expect(l->hot, &request);
}
