/* SPDX-License-Identifier: ISC */
/*
 * What one look cannot tell: these rules compare with earlier checks, and
 * without them do not apply. Each has an end: when no sender can hold a copy
 * from before any more, the matter is closed.
 */
#include <stdlib.h>
#include <string.h>

#include "base/xmalloc.h"
#include "check/fixes.h"
#include "check/memory.h"
#include "check/mxhosts.h"
#include "check/ruletable.h"
#include "check/ruletool.h"

/* Today's sight, when a usable policy is among it; NULL: the rules rest. */
static const struct memory_sight *
today(const struct check_facts *facts)
{
	const struct check_memory *m = facts->memory;

	if (m == NULL || m->count == 0 || !facts->is_valid ||
	    m->sight[m->count - 1].last < facts->now ||
	    !m->sight[m->count - 1].has_policy)
		return NULL;
	return &m->sight[m->count - 1];
}

static bool
is_same_body(const struct memory_sight *a, const struct memory_sight *b)
{
	return a->has_policy && b->has_policy && a->body != 0 &&
	    a->body == b->body;
}

static void
put_see(struct check_finding *finding, const struct check_facts *facts)
{
	struct buf url = { 0 };

	fix_policy_url(&url, facts);
	check_see_curl(finding, buf_str(&url));
	buf_clear(&url);
}

/* ---- mx_changed */

/* The oldest sight of today's file, without another in between, that knows
 * its MX hosts. */
static const struct memory_sight *
mx_baseline(const struct check_memory *m, const struct memory_sight *now)
{
	const struct memory_sight *s, *base = now;

	for (s = now; s >= m->sight && is_same_body(s, now); s--)
		if (s->mx != NULL)
			base = s;
	return base;
}

/* The first sight of today's MX hosts, as they have been since. */
static const struct memory_sight *
mx_since(const struct check_memory *m, const struct memory_sight *now)
{
	const struct memory_sight *s = now;

	while (s > m->sight &&
	    (s[-1].mx == NULL || strcmp(s[-1].mx, now->mx) == 0))
		s--;
	return s;
}

/* Has the policy a gap, or a line that is no more of use? */
static bool
is_policy_behind(const struct check_facts *facts)
{
	const char *p = NULL;
	size_t i;

	for (i = 0; i < facts->hosts; i++)
		if (!facts->host[i].is_covered)
			return true;
	while ((p = sts_mxlist_next(&facts->file.policy.mx, p)) != NULL)
		if (!mxhosts_is_used(facts, p))
			return true;
	return false;
}

static const char *
or_none(const char *mx)
{
	return mx[0] != '\0' ? mx : "none";
}

static enum check_result
mx_changed(const struct check_facts *facts, const struct check_rule *rule,
    struct check_findings *findings)
{
	const struct memory_sight *now = today(facts), *base, *since;
	struct check_finding *finding;
	bool is_behind;

	if (now == NULL || now->mx == NULL || facts->evidence->is_null_mx ||
	    facts->mode == STS_MODE_NONE)
		return CHECK_SKIPPED;
	base = mx_baseline(facts->memory, now);
	if (strcmp(base->mx, now->mx) == 0)
		return CHECK_PASS;
	since = mx_since(facts->memory, now);
	is_behind = is_policy_behind(facts);
	finding =
	    check_add(findings, rule, is_behind ? CHECK_WARNING : CHECK_INFO,
		is_behind ? CHECK_LOW : CHECK_NORMAL,
		"The MX hosts changed between %s and %s (from %s to %s), the "
		"policy did not%s.",
		CHECK_TIME(since > facts->memory->sight ? since[-1].last :
							  since->first),
		CHECK_TIME(since->first), CHECK_CLIP_TEXT(or_none(base->mx)),
		CHECK_CLIP_TEXT(or_none(now->mx)),
		is_behind ? "" : " (and still fits)");
	check_set(&finding->evidence, "%s", CHECK_CLIP_TEXT(now->mx));
	if (is_behind)
		finding->fix = fix_steps(facts, &(struct fix_policy){ 0 },
		    "Take out what is not used any more, and then:");
	check_see_dig(finding, "MX", facts->evidence->domain, NULL);
	return is_behind ? CHECK_WARN : CHECK_PASS;
}

/* ---- stale_id */

/* The latest sight with today's id and another file; NULL: none. */
static const struct memory_sight *
other_body(const struct check_memory *m, const struct memory_sight *now)
{
	const struct memory_sight *s;

	for (s = now; s-- > m->sight;) {
		if (strcmp(s->id, now->id) != 0)
			return NULL;
		if (s->has_policy && s->body != 0 && s->body != now->body)
			return s;
	}
	return NULL;
}

static enum check_result
stale_id(const struct check_facts *facts, const struct check_rule *rule,
    struct check_findings *findings)
{
	const struct memory_sight *now = today(facts), *old;
	struct check_finding *finding;
	int64_t until;

	if (now == NULL || now->id[0] == '\0')
		return CHECK_SKIPPED;
	old = other_body(facts->memory, now);
	if (old == NULL)
		return CHECK_PASS;
	until = memory_held_until(facts, (size_t)(old - facts->memory->sight));
	if (until <= facts->now)
		return CHECK_PASS;
	finding = check_add(findings, rule, CHECK_WARNING, CHECK_MEDIUM,
	    "The policy file changed between %s and %s, but the id is still "
	    "%s: senders that hold the old copy (%s) may go on by it until "
	    "%s.",
	    CHECK_TIME(old->last), CHECK_TIME(old[1].first), now->id,
	    sts_mode_word(old->mode), CHECK_TIME(until));
	check_set(&finding->evidence, "id=%s", now->id);
	fix_set_record(facts, finding, true,
	    "Publish this record, which has a new id; senders then fetch the "
	    "file again:");
	check_see_record(facts, finding);
	return CHECK_WARN;
}

/* ---- id_without_change */

static enum check_result
id_without_change(const struct check_facts *facts,
    const struct check_rule *rule, struct check_findings *findings)
{
	const struct memory_sight *now = today(facts), *s;
	struct check_finding *finding;

	if (now == NULL || now->id[0] == '\0')
		return CHECK_SKIPPED;
	for (s = now; s > facts->memory->sight; s--)
		if (strcmp(s[-1].id, now->id) != 0)
			break;
	if (s == facts->memory->sight || s[-1].id[0] == '\0' ||
	    !is_same_body(&s[-1], s) || !is_same_body(s, now) ||
	    facts->now >= s->first + now->max_age)
		return CHECK_PASS;
	finding = check_add(findings, rule, CHECK_INFO, CHECK_NORMAL,
	    "The id changed from %s to %s between %s and %s, the policy file "
	    "did not. Harmless; but if the file was meant to change, it has "
	    "not.",
	    s[-1].id, now->id, CHECK_TIME(s[-1].last), CHECK_TIME(s->first));
	check_set(&finding->evidence, "id=%s", now->id);
	put_see(finding, facts);
	return CHECK_PASS;
}

/* ---- mode_downgrade */

static enum check_result
mode_downgrade(const struct check_facts *facts, const struct check_rule *rule,
    struct check_findings *findings)
{
	const struct memory_sight *now = today(facts), *old;
	struct check_finding *finding;
	int64_t until, since;

	if (now == NULL)
		return CHECK_SKIPPED;
	old = memory_mode_before(facts);
	if (old == NULL || old->mode <= now->mode)
		return CHECK_PASS;
	since = memory_mode_since(facts).time;
	until = memory_held_until(facts, (size_t)(old - facts->memory->sight));
	if (facts->now >= until &&
	    facts->now - since >= facts->options->testing_days * CHECK_DAY_S)
		return CHECK_PASS;
	finding = check_add(findings, rule, CHECK_WARNING, CHECK_HIGH,
	    "The mode became weaker: %s until %s, %s since %s. If that was "
	    "not you: look at who can change the zone and the web server.",
	    sts_mode_word(old->mode), CHECK_TIME(old->last),
	    sts_mode_word(now->mode), CHECK_TIME(since));
	check_set(&finding->evidence, "mode: %s", sts_mode_word(now->mode));
	finding->fix = fix_steps(facts,
	    &(struct fix_policy){ .has_mode = true,
		.mode = old->mode,
		.max_age = old->max_age > 0 ? old->max_age : 0 },
	    "If it was not meant:");
	put_see(finding, facts);
	return CHECK_WARN;
}

#define RULE(name, stage, section, text)                                     \
	const struct check_rule check_rule_##name = { #name, stage, section, \
		text, name }

RULE(mx_changed, CHECK_MX, "", "The policy follows the MX hosts");
RULE(stale_id, CHECK_LIFETIME, "RFC 8461 3.1", "A new file has a new id");
RULE(id_without_change, CHECK_LIFETIME, "RFC 8461 8.1",
    "A new id has a new file");
RULE(mode_downgrade, CHECK_MODE, "RFC 8461 10.3",
    "The mode has not become weaker");
