/* SPDX-License-Identifier: ISC */
/* The table, who each rule is run for, and what comes of it. */
#include <assert.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/xmalloc.h"
#include "ctl/doctorrules.h"
#include "ctl/doctortable.h"

#define POSTFIX  DOCTOR_NEED_POSTFIX
#define API      DOCTOR_NEED_API
#define SETTINGS DOCTOR_NEED_SETTINGS
#define NET      DOCTOR_NEED_NET
#define MAP      (DOCTOR_NEED_POSTFIX | DOCTOR_NEED_MAP)

#define RULE(name, ...) .code = #name, .run = doctor_rule_##name, __VA_ARGS__
#define MAPS            "smtp_tls_policy_maps"
#define LEVEL           "smtp_tls_security_level"

const struct doctor_rule doctor_rules[] = {
	{ RULE(postfix_missing, .title = "Postfix is there, with a main.cf") },
	{ RULE(postfix_old, .needs = POSTFIX,
	    .title = "this Postfix knows socketmaps") },
	{ RULE(
	    config_error, .title = "the daemon's configuration can be read") },
	{ RULE(daemon_down, .title = "the daemon runs and can be asked") },
	{ RULE(daemon_unhealthy, .needs = API,
	    .title = "the daemon calls itself healthy") },
	{ RULE(daemon_replaced, .needs = API,
	    .title = "the daemon is as new as its program") },
	{ RULE(map_missing, .needs = POSTFIX, .param = { MAPS },
	    .title = "smtp(8) asks a socketmap for TLS policies") },
	{ RULE(map_twice, .needs = MAP, .param = { MAPS },
	    .title = "no second socketmap, taken for fail-over") },
	{ RULE(map_proxied, .needs = MAP, .param = { MAPS },
	    .title = "the socketmap is asked without proxy:") },
	{ RULE(map_hidden, .needs = MAP, .param = { MAPS },
	    .title = "no table before it answers everything") },
	{ RULE(map_name_new, .needs = MAP, .param = { MAPS },
	    .title = "the map's name is not of a newer Postfix") },
	{ RULE(map_name_old, .needs = MAP, .param = { MAPS },
	    .title = "the map's name is not of an older Postfix") },
	{ RULE(map_name_unknown, .needs = MAP, .param = { MAPS },
	    .title = "the map's name states a version") },
	{ RULE(map_address, .needs = MAP, .param = { MAPS }, .is_by_jail = true,
	    .title = "somebody answers at the map's port or path") },
	{ RULE(map_stranger, .needs = MAP | API, .param = { MAPS },
	    .is_by_jail = true, .title = "what answers is this daemon") },
	{ RULE(map_chroot, .needs = MAP, .param = { MAPS }, .is_by_jail = true,
	    .title = "the socket can be reached from the chroot") },
	{ RULE(map_rights, .needs = MAP, .param = { MAPS }, .is_by_jail = true,
	    .title = "Postfix's user may open the socket") },
	{ RULE(level_none, .needs = POSTFIX, .param = { LEVEL },
	    .title = "a level of TLS where there is no policy") },
	{ RULE(ca_missing, .needs = POSTFIX,
	    .param = { "smtp_tls_CAfile", "smtp_tls_CApath" },
	    .title = "smtp(8) has certificate authorities") },
	{ RULE(ca_unreadable, .needs = POSTFIX,
	    .param = { "smtp_tls_CAfile", "smtp_tls_CApath" },
	    .is_by_jail = true, .title = "and finds them there") },
	{ RULE(main_level, .needs = POSTFIX | SETTINGS, .param = { LEVEL },
	    .title = "the setting main_level tells the truth") },
	{ RULE(session_cache, .needs = POSTFIX,
	    .param = { "smtp_tls_session_cache_database" },
	    .title = "no TLS session outlives the policy it met") },
	{ RULE(wildcard_labels, .needs = POSTFIX,
	    .title = "a wildcard certificate stands for one label") },
	{ RULE(mx_patterns, .needs = POSTFIX,
	    .param = { "smtp_tls_enforce_sts_mx_patterns" },
	    .title = "MX names are held to the policy") },
	{ RULE(dane_off, .needs = POSTFIX | SETTINGS, .param = { LEVEL },
	    .title = "a level of dane goes with dane = yes") },
	{ RULE(dane_postfix_old, .needs = POSTFIX | SETTINGS,
	    .title = "dane = yes: this Postfix knows DANE") },
	{ RULE(dane_dns_support, .needs = POSTFIX,
	    .param = { "smtp_dns_support_level", LEVEL },
	    .title = "DANE: smtp_dns_support_level is dnssec") },
	{ RULE(dane_mx_error, .needs = POSTFIX,
	    .param = { "ignore_mx_lookup_error", LEVEL },
	    .title = "DANE: MX errors are not ignored") },
	{ RULE(dane_host_lookup, .needs = POSTFIX,
	    .param = { "smtp_host_lookup", LEVEL },
	    .title = "DANE: hosts are looked up in DNS") },
	{ RULE(dane_resolver_options, .needs = POSTFIX,
	    .param = { "smtp_dns_resolver_options", LEVEL },
	    .title = "DANE: names are asked for as they are") },
	{ RULE(dane_resolver, .title = "DANE: the name server validates") },
	{ RULE(nexthop_deferred, .needs = MAP,
	    .title = "no policy defers a relay's mail") },
	{ RULE(nexthop_tls, .needs = MAP | NET,
	    .title = "relays with a policy keep it") },
	{ RULE(nexthop_temp, .needs = MAP,
	    .title = "no look-up for a relay fails") },
	{ RULE(
	    cache_rights, .title = "the cache is the daemon's, and only its") },
	{ RULE(clock, .title = "the clock is right") },
	{ RULE(dns, .needs = NET, .title = "name servers answer") },
	{ RULE(https, .needs = NET,
	    .title = "policy hosts can be reached on port 443") },
	{ RULE(fetch_refused,
	    .title = "addresses of policy hosts are public ones") },
};
const size_t doctor_rules_count =
    sizeof(doctor_rules) / sizeof(doctor_rules[0]);

const char *
doctor_severity_word(enum doctor_severity severity)
{
	static const char *const word[] = {
		[DOCTOR_OK] = "ok",
		[DOCTOR_WARNING] = "warning",
		[DOCTOR_CRITICAL] = "critical",
	};

	assert((size_t)severity < sizeof(word) / sizeof(word[0]));
	return word[severity];
}

static struct doctor_result *
result_of(const struct doctor_run *run)
{
	return &run->report->result[run->rule - doctor_rules];
}

struct doctor_finding *
doctor_add(
    struct doctor_run *run, enum doctor_severity severity, const char *fmt, ...)
{
	struct doctor_report *report = run->report;
	struct doctor_finding *finding;
	va_list ap;

	report->item = xreallocarray(
	    report->item, report->count + 1, sizeof(*report->item));
	finding = &report->item[report->count++];
	*finding = (struct doctor_finding){
		.rule = run->rule,
		.severity = severity,
	};
	va_start(ap, fmt);
	if (vasprintf(&finding->message, fmt, ap) == -1)
		finding->message = xstrdup("");
	va_end(ap);
	if (severity > result_of(run)->worst)
		result_of(run)->worst = severity;
	if (severity > report->worst)
		report->worst = severity;
	return finding;
}

void
doctor_skip(struct doctor_run *run, const char *why)
{
	result_of(run)->skipped = why;
}

static const char *
api_missing(const struct doctor_facts *f)
{
	switch (f->daemon.api) {
	case DOCTOR_API_UP:
		return NULL;
	case DOCTOR_API_DOWN:
		return "the daemon cannot be asked";
	case DOCTOR_API_DENIED:
		return "this user may not ask the daemon: try as root";
	case DOCTOR_API_OFF:
		return "admin_listen is empty: the daemon cannot be asked";
	case DOCTOR_API_ODD:
		return "the daemon's answers are not understood";
	}
	return "the daemon cannot be asked";
}

/* Why a rule cannot be run; NULL: it can. */
static const char *
missing(const struct doctor_facts *f, unsigned int needs)
{
	if ((needs & DOCTOR_NEED_POSTFIX) != 0 && !f->postfix.is_there)
		return "Postfix's configuration is not known";
	if ((needs & DOCTOR_NEED_MAP) != 0 && f->reaches == 0)
		return "no socketmap is asked";
	if ((needs & DOCTOR_NEED_SETTINGS) != 0 && f->daemon.setting.count == 0)
		return "the daemon's configuration is not known";
	if ((needs & DOCTOR_NEED_NET) != 0 && !f->net.is_tried)
		return f->net.skipped != NULL ? f->net.skipped : "not tried";
	return (needs & DOCTOR_NEED_API) != 0 ? api_missing(f) : NULL;
}

static bool
has_own(const struct doctor_rule *rule, const struct doctor_client *client)
{
	size_t i;

	for (i = 0; i < DOCTOR_PARAMS_MAX && rule->param[i] != NULL; i++) {
		if (doctor_params_get(&client->option, rule->param[i]) != NULL)
			return true;
	}
	return false;
}

static void
run_for(struct doctor_run *run, const struct doctor_client *client, bool is_own)
{
	run->scope.client = client;
	run->scope.is_own = is_own;
	run->rule->run(run);
}

/*
 * main.cf once, as the first service sees it that has nothing of its own (and
 * once for the first one on the other side of the chroot); then each that has.
 */
static void
run_scopes(struct doctor_run *run)
{
	const struct doctor_postfix *p = &run->facts->postfix;
	const struct doctor_client *client;
	bool is_done[2] = { false, false };
	size_t i, jail;

	for (i = 0; i < p->clients; i++) {
		client = &p->client[i];
		jail = run->rule->is_by_jail && client->is_chrooted ? 1 : 0;
		if (is_done[jail] || has_own(run->rule, client) ||
		    !doctor_client_counts(run->facts, client))
			continue;
		is_done[jail] = true;
		run_for(run, client, false);
	}
	if (p->clients == 0)
		run_for(run, NULL, false);
	for (i = 0; i < p->clients; i++) {
		client = &p->client[i];
		if (has_own(run->rule, client) &&
		    doctor_client_counts(run->facts, client))
			run_for(run, client, true);
	}
}

/* The worst first, else as they came. */
static void
sort_findings(struct doctor_report *report)
{
	struct doctor_finding one;
	size_t i, j;

	for (i = 1; i < report->count; i++) {
		one = report->item[i];
		for (j = i;
		     j > 0 && report->item[j - 1].severity < one.severity; j--)
			report->item[j] = report->item[j - 1];
		report->item[j] = one;
	}
}

struct doctor_report *
doctor_judge(const struct doctor_facts *facts)
{
	struct doctor_run run = { .facts = facts };
	const char *why;
	size_t i;

	run.report = xcalloc(1, sizeof(*run.report));
	run.report->result =
	    xcalloc(doctor_rules_count, sizeof(*run.report->result));
	for (i = 0; i < doctor_rules_count; i++) {
		run.rule = &doctor_rules[i];
		run.scope = (struct doctor_scope){ 0 };
		why = missing(facts, run.rule->needs);
		if (why != NULL)
			doctor_skip(&run, why);
		else if (run.rule->param[0] != NULL)
			run_scopes(&run);
		else
			run.rule->run(&run);
	}
	sort_findings(run.report);
	return run.report;
}

void
doctor_report_free(struct doctor_report *report)
{
	size_t i;

	if (report == NULL)
		return;
	for (i = 0; i < report->count; i++) {
		free(report->item[i].message);
		doctor_texts_clear(&report->item[i].fix);
	}
	free(report->item);
	free(report->result);
	free(report);
}
