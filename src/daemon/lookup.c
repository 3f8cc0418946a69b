/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/xmalloc.h"
#include "daemon/hot.h"
#include "daemon/lookup.h"
#include "daemon/stats.h"
#include "postfix/answer.h"
#include "postfix/nexthop.h"
#include "postfix/socketmap.h"
#include "sts/mxmatch.h"

#define DAY_S        86400
#define HOT_MAX_S    3600 /* then it is marked as used again */
#define WARNINGS_MAX 64 /* a day */

static const char smart_host[] = "smart-host";
static const char mx_not_enforced[] = "mx-not-enforced";

struct warned {
	const char *event; /* a constant */
	char domain[DOMAIN_MAX + 1];
	int64_t when;
};

struct lookups {
	const struct config *config;
	struct resolver *resolver;
	struct hot *hot; /* NULL: none */
	struct stats *stats;
	const struct sts_overrides *overrides;
	enum answer_profile default_profile;
	bool is_odd_name_told;
	struct buf text; /* of the answer being written */
	struct buf late; /* the reply of a look-up that waited */
	struct warned warned[WARNINGS_MAX]; /* a ring */
	size_t warned_next;
};

struct lookups *
lookups_new(const struct config *config, struct resolver *resolver)
{
	struct lookups *l = xcalloc(1, sizeof(*l));

	l->config = config;
	l->resolver = resolver;
	l->stats = stats_unread();
	l->default_profile = (enum answer_profile)config->default_profile;
	return l;
}

void
lookups_free(struct lookups *l)
{
	if (l == NULL)
		return;
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
lookups_set_overrides(struct lookups *l, const struct sts_overrides *overrides)
{
	l->overrides = overrides;
}

/* Once a day for each domain; of very many, those that came first. */
static bool
may_warn(struct lookups *l, const char *event, const char *domain)
{
	struct warned *oldest = &l->warned[l->warned_next];
	int64_t now = clock_now();
	size_t i;

	for (i = 0; i < WARNINGS_MAX; i++) {
		if (l->warned[i].event == event &&
		    now - l->warned[i].when < DAY_S &&
		    strcmp(l->warned[i].domain, domain) == 0)
			return false;
	}
	if (oldest->event != NULL && now - oldest->when < DAY_S)
		return false;
	oldest->event = event;
	strlcpy(oldest->domain, domain, sizeof(oldest->domain));
	oldest->when = now;
	l->warned_next = (l->warned_next + 1) % WARNINGS_MAX;
	return true;
}

/* In brackets the host is the only MX name there is (RFC 8461 3.4). */
static void
check_bracketed(struct lookups *l, const struct nexthop *nexthop,
    const struct sts_policy *policy)
{
	if (policy->mode != STS_MODE_ENFORCE ||
	    sts_mx_match_any(
		&policy->mx, nexthop->domain, nexthop->domain_len) ||
	    !may_warn(l, smart_host, nexthop->domain))
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
		if (may_warn(l, mx_not_enforced, nexthop->domain))
			log_warning(mx_not_enforced,
			    "%s: the policy is too long for Postfix; MX names "
			    "are not enforced",
			    nexthop->domain);
		break;
	}
	socketmap_ok(out, l->text.data, l->text.len);
	return STATS_OK;
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

/* A key that names no domain which could have a policy. */
static void
put_unwanted(const struct lookup *lookup,
    const struct socketmap_request *request, struct buf *out)
{
	size_t from = out->len, len = request->key_len;
	struct log_field who = { "key", NULL };
	char *key;

	lookup->lookups->stats
	    ->answered[STATS_KIND(lookup->profile, STATS_KEY)]++;
	socketmap_notfound(out);
	if (!lookup->lookups->config->log_answers)
		return;
	key = xmemdup(request->key, len < DOMAIN_MAX ? len : DOMAIN_MAX);
	who.value = key;
	log_answer(&who, lookup, NULL, out, from);
	free(key);
}

/* Counted; its STATS_KIND(). */
static unsigned int
put_answer(const struct lookup *lookup, const struct resolver_answer *answer,
    struct buf *out)
{
	const struct log_field who = { "domain", lookup->nexthop.domain };
	bool is_override = is_overridden(lookup, answer);
	unsigned int put = STATS_REASON + (unsigned int)answer->reason, kind;
	struct sts_policy policy;
	size_t from = out->len;

	switch (answer->status) {
	case RESOLVER_POLICY:
		policy = answer->policy;
		if (is_override && lookup->override == STS_OVERRIDE_TESTING)
			policy.mode = STS_MODE_TESTING;
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
	if (lookup->lookups->config->log_answers)
		log_answer(
		    &who, lookup, is_override ? "override" : NULL, out, from);
	if (is_override && put != STATS_OK)
		put = STATS_OVERRIDE;
	kind = STATS_KIND(lookup->profile, put);
	lookup->lookups->stats->answered[kind]++;
	return kind;
}

static enum answer_profile
profile_of(struct lookups *l, const struct socketmap_request *request)
{
	enum answer_profile profile = l->default_profile;

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

static void
on_resolved(const struct resolver_answer *answer, void *arg)
{
	struct lookup *lookup = arg;
	struct buf *late = &lookup->lookups->late;

	lookup->wait = NULL;
	buf_reset(late);
	put_answer(lookup, answer, late);
	stats_measure(&lookup->lookups->stats->first, stats_waited_ms,
	    clock_ms() - lookup->asked_ms);
	lookup->cb(late, lookup->arg);
}

void
lookup_init(struct lookup *lookup, struct lookups *l, lookup_cb *cb, void *arg)
{
	lookup->lookups = l;
	lookup->wait = NULL;
	lookup->cb = cb;
	lookup->arg = arg;
}

/* Answer from the overrides, if no look-up is needed or possible. */
static bool
put_at_once(struct lookup *lookup, struct buf *out)
{
	struct resolver_answer answer = { .status = RESOLVER_NONE };
	const struct nexthop *nexthop = &lookup->nexthop;

	lookup->override = sts_overrides_find(lookup->lookups->overrides,
	    nexthop->domain, nexthop->domain_len, &answer.policy.mx);
	switch (lookup->override) {
	case STS_OVERRIDE_NONE:
	case STS_OVERRIDE_TESTING:
		if (nexthop->domain_len <= RESOLVER_DOMAIN_MAX)
			return false;
		break;
	case STS_OVERRIDE_SKIP:
		break;
	case STS_OVERRIDE_ENFORCE:
		answer.status = RESOLVER_POLICY;
		answer.policy.mode = STS_MODE_ENFORCE;
		/* What nobody published must not be reported as STS. */
		if (lookup->profile == ANSWER_POSTFIX_3_10)
			lookup->profile = ANSWER_POSTFIX_3_4;
		break;
	}
	put_answer(lookup, &answer, out);
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
offer_reply(const struct lookup *lookup, const struct hot_offer *offer)
{
	const struct lookups *l = lookup->lookups;
	int64_t now = clock_now();
	struct hot_offer kept = *offer;

	if (l->hot == NULL || l->config->log_answers || offer->until <= now ||
	    lookup->nexthop.is_bracketed)
		return;
	if (kept.until > now + HOT_MAX_S)
		kept.until = now + HOT_MAX_S;
	hot_put(l->hot, &kept);
}

/* A key that may have a policy: from the resolver, at once or later. */
static bool
ask(struct lookup *lookup, const struct hot_request *request, struct buf *out)
{
	const struct nexthop *nexthop = &lookup->nexthop;
	struct resolver_answer answer;
	struct resolver_query query = {
		.domain = nexthop->domain,
		.domain_len = nexthop->domain_len,
		.cb = on_resolved,
		.arg = lookup,
	};
	size_t from = out->len;
	struct hot_offer offer;
	unsigned int kind;

	if (resolver_ask(lookup->lookups->resolver, &query, &answer,
		&lookup->wait) == RESOLVER_WAIT) {
		lookup->asked_ms = clock_ms();
		lookup->lookups->stats->waited++;
		return false;
	}
	kind = put_answer(lookup, &answer, out);
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
	struct hot_request hot = { 0 };

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
		put_unwanted(lookup, &request, out);
		return true;
	}
	if (put_at_once(lookup, out))
		return true;
	return ask(lookup, &hot, out);
}

static int64_t
now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

bool
lookup_start(
    struct lookup *lookup, const char *payload, size_t len, struct buf *out)
{
	struct stats *stats = lookup->lookups->stats;
	int64_t from;

	if (++stats->sample % STATS_SAMPLE != 0)
		return answer(lookup, payload, len, out);
	from = now_ns();
	if (!answer(lookup, payload, len, out))
		return false;
	stats_measure(&stats->cached, stats_cached_ns, now_ns() - from);
	return true;
}

void
lookup_cancel(struct lookup *lookup)
{
	resolver_cancel(lookup->wait);
	lookup->wait = NULL;
}
