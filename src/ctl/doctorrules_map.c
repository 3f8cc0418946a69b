/* SPDX-License-Identifier: ISC */
/* smtp_tls_policy_maps: is there a socketmap, one, and of the right name? */
#include <string.h>

#include "ctl/doctortable.h"

#define MAPS "smtp_tls_policy_maps"

void
doctor_rule_postfix_missing(struct doctor_run *run)
{
	const struct doctor_postfix *p = &run->facts->postfix;

	if (!p->is_there)
		(void)doctor_add(run, DOCTOR_WARNING,
		    "Postfix's configuration cannot be read (%s), so only the "
		    "daemon was looked at. --postfix-conf names another "
		    "folder.",
		    p->error != NULL ? p->error : "no postconf");
}

void
doctor_rule_postfix_old(struct doctor_run *run)
{
	const struct doctor_postfix *p = &run->facts->postfix;

	if (p->has_socketmap)
		return;
	doctor_fix(
	    doctor_add(run, DOCTOR_CRITICAL,
		"Postfix %s knows no socketmap tables (\"postconf -m\" lists "
		"them): it cannot ask the daemon. They came with 2.10.",
		p->version),
	    "# update Postfix");
}

static size_t
count_socketmaps(const struct doctor_tables *tables)
{
	size_t i, n = 0;

	for (i = 0; i < tables->count; i++)
		n += tables->item[i].is_socketmap;
	return n;
}

void
doctor_rule_map_missing(struct doctor_run *run)
{
	struct doctor_ours ours;

	doctor_ours(run, &ours);
	if (ours.table == NULL &&
	    strstr(doctor_param(run, MAPS), "socketmap:") != NULL)
		doctor_skip(run, "the socketmap is inside another table");
	else if (ours.table == NULL)
		doctor_fix_map(run,
		    doctor_add(run, DOCTOR_CRITICAL,
			"In %s, " MAPS " has no socketmap: Postfix never asks "
			"for MTA-STS policies.",
			DOCTOR_WHERE(run)));
	doctor_ours_clear(&ours);
}

void
doctor_rule_map_twice(struct doctor_run *run)
{
	struct doctor_ours ours;

	doctor_ours(run, &ours);
	if (count_socketmaps(&ours.tables) > 1)
		doctor_fix_map(run,
		    doctor_add(run, DOCTOR_WARNING,
			"In %s, " MAPS " has more than one socketmap. The "
			"second is no fail-over: an error of the first ends "
			"the search and defers the mail.",
			DOCTOR_WHERE(run)));
	doctor_ours_clear(&ours);
}

void
doctor_rule_map_proxied(struct doctor_run *run)
{
	struct doctor_ours ours;

	doctor_ours(run, &ours);
	if (ours.table != NULL && ours.table->is_proxied)
		doctor_fix_map(run,
		    doctor_add(run, DOCTOR_WARNING,
			"In %s, " MAPS " asks through proxy:, which makes one "
			"look-up wait for another.",
			DOCTOR_WHERE(run)));
	doctor_ours_clear(&ours);
}

void
doctor_rule_map_hidden(struct doctor_run *run)
{
	struct doctor_ours ours;
	const struct doctor_table *t;

	doctor_ours(run, &ours);
	for (t = ours.tables.item; ours.table != NULL && t != ours.table; t++) {
		if (strncmp(t->text, "static:", 7) != 0)
			continue;
		doctor_fix_map(run,
		    doctor_add(run, DOCTOR_CRITICAL,
			"In %s, " MAPS " has %s before the socketmap: it "
			"answers everything, and the socketmap is never "
			"asked.",
			DOCTOR_WHERE(run), t->text));
		break;
	}
	doctor_ours_clear(&ours);
}

/* What the daemon will answer to that name. */
static enum answer_profile
profile_of(const struct doctor_facts *f, const char *name)
{
	const char *word = doctor_setting(f, "default_profile");
	enum answer_profile profile = ANSWER_POSTFIX_3_4;
	struct buf full = { 0 };

	if (answer_profile_parse(name, strlen(name), &profile) ==
	    ANSWER_NAME_KNOWN)
		return profile;
	buf_printf(&full, "%s%s",
	    strncmp(word, "postfix-", 8) == 0 ? "" : "postfix-", word);
	(void)answer_profile_parse(full.data, full.len, &profile);
	buf_clear(&full);
	return profile;
}

/* Four strings: a name, and what it stands for when it does not say so. */
#define IS_PLAIN(name, profile) \
	(strcmp(name, answer_profile_name(profile)) == 0)
#define MEANING(name, profile)                                           \
	name, IS_PLAIN(name, profile) ? "" : " (as for ",                \
	    IS_PLAIN(name, profile) ? "" : answer_profile_name(profile), \
	    IS_PLAIN(name, profile) ? "" : ")"

/* By the newer profile: what the older Postfix refuses. */
static const char *const added[] = {
	[ANSWER_POSTFIX_2_10] = "match=",
	[ANSWER_POSTFIX_3_4] = "servername=",
	[ANSWER_POSTFIX_3_10] = "policy_type=",
};

void
doctor_rule_map_name_new(struct doctor_run *run)
{
	const struct doctor_facts *f = run->facts;
	enum answer_profile have, want = doctor_profile(f);
	struct doctor_ours ours;

	doctor_ours(run, &ours);
	if (ours.table != NULL && ours.table->name != NULL &&
	    (have = profile_of(f, ours.table->name)) > want)
		doctor_fix_map(run,
		    doctor_add(run, DOCTOR_CRITICAL,
			"The socketmap's name in %s is %s%s%s%s, but this is "
			"Postfix %s: it does not know the attribute %s and "
			"defers all mail to domains that enforce a policy.",
			DOCTOR_WHERE(run), MEANING(ours.table->name, have),
			f->postfix.version, added[have]));
	doctor_ours_clear(&ours);
}

void
doctor_rule_map_name_old(struct doctor_run *run)
{
	const struct doctor_facts *f = run->facts;
	enum answer_profile have, want = doctor_profile(f);
	struct doctor_ours ours;

	doctor_ours(run, &ours);
	if (ours.table != NULL && ours.table->name != NULL &&
	    (have = profile_of(f, ours.table->name)) < want)
		doctor_fix_map(run,
		    doctor_add(run, DOCTOR_WARNING,
			"The socketmap's name in %s is %s%s%s%s, but this is "
			"Postfix %s: %s.",
			DOCTOR_WHERE(run), MEANING(ours.table->name, have),
			f->postfix.version,
			want == ANSWER_POSTFIX_3_10 ?
			    "without the attributes for MTA-STS it does not "
			    "hold MX names to the policy and cannot report" :
			    "it sends no server name (SNI), and some hosts "
			    "then show the wrong certificate"));
	doctor_ours_clear(&ours);
}

void
doctor_rule_map_name_unknown(struct doctor_run *run)
{
	enum answer_profile profile;
	struct doctor_ours ours;
	const char *name;

	doctor_ours(run, &ours);
	name = ours.table != NULL ? ours.table->name : NULL;
	if (name != NULL &&
	    answer_profile_parse(name, strlen(name), &profile) !=
		ANSWER_NAME_KNOWN)
		doctor_fix_map(run,
		    doctor_add(run, DOCTOR_WARNING,
			"The socketmap's name in %s, %s, states no version of "
			"Postfix: the daemon answers by its setting "
			"default_profile (%s), whatever Postfix this is.",
			DOCTOR_WHERE(run), name,
			answer_profile_name(profile_of(run->facts, name))));
	doctor_ours_clear(&ours);
}
