/* SPDX-License-Identifier: ISC */
/*
 * The table of gates, and the points. A gate that names a mode counts only
 * when senders can learn it: without a critical fault of DNS, fetch,
 * certificate or syntax.
 */
#include "check/gates.h"
#include "check/mxhosts.h"
#include "check/ruletool.h"
#include "check/tlsrpt.h"

#define STAGE_POINTS 15 /* of DNS, fetch, certificate, syntax each */

void
gates_read(struct gates *g, const struct check_facts *facts,
    const struct check_findings *findings)
{
	const struct check_finding *f;
	size_t i;

	*g = (struct gates){
		.facts = facts, .findings = findings, .hosts = facts->hosts
	};
	for (i = 0; i < findings->count; i++) {
		f = &findings->item[i];
		if (f->severity == CHECK_WARNING)
			g->has_warning = true;
		if (f->severity != CHECK_CRITICAL)
			continue;
		g->has_critical = true;
		switch (f->rule->stage) {
		case CHECK_DNS:
		case CHECK_FETCH:
		case CHECK_CERTIFICATE:
		case CHECK_SYNTAX:
			g->has_basic_critical = true;
			break;
		case CHECK_MX:
		case CHECK_SMTP:
		case CHECK_MODE:
		case CHECK_LIFETIME:
		case CHECK_TLS_RPT:
		case CHECK_DANE:
		case CHECK_STAGES:
			break;
		}
	}
	for (i = 0; i < facts->hosts; i++)
		g->failing += facts->host[i].is_failing;
	g->is_misplaced = check_finding_find(findings, "wrong_name") != NULL;
	g->is_missing = g->is_misplaced ||
	    check_finding_find(findings, "missing_record") != NULL;
	if (facts->is_valid) {
		g->is_max_age_0 = facts->file.policy.max_age == 0;
		g->is_max_age_over =
		    facts->file.max_age_published > STS_MAX_AGE_MAX_S;
	}
}

bool
gates_is_mode(const struct gates *g, enum sts_mode mode)
{
	return !g->has_basic_critical && g->facts->is_valid &&
	    g->facts->mode == mode;
}

/* Does the address look-up leave open whether there is a policy host? */
static bool
is_host_unknown(const struct evidence *e)
{
	return !check_has_records(&e->host_a) &&
	    !check_has_records(&e->host_aaaa) &&
	    (!check_is_answered(&e->host_a) ||
		!check_is_answered(&e->host_aaaa));
}

/* The policy host has addresses, but none of a family we have. */
static bool
is_cut_off(const struct evidence *e)
{
	bool has_a = check_has_records(&e->host_a);
	bool has_aaaa = check_has_records(&e->host_aaaa);

	return (has_a || has_aaaa) && !(has_a && e->has_ipv4) &&
	    !(has_aaaa && e->has_ipv6);
}

const char *
gates_unknown(const struct gates *g)
{
	const struct evidence *e = g->facts->evidence;

	if (!g->facts->has_txt)
		return "the TXT look-up was not answered";
	if (mxhosts_is_unknown(g->facts))
		return "the MX look-up was not answered";
	if (!e->has_ipv4 && !e->has_ipv6)
		return "this host has no way out";
	if (g->is_missing)
		return NULL;
	if (is_host_unknown(e))
		return "the look-up of the policy host was not answered";
	if (is_cut_off(e))
		return "this host has no way to the policy host's addresses";
	if (e->fetch.is_asked && sts_reason_is_ours(e->fetch.reason))
		return "the policy could not be fetched for lack of resources "
		       "here";
	if (!e->fetch.is_asked &&
	    (check_has_records(&e->host_a) || check_has_records(&e->host_aaaa)))
		return "the policy was not asked for in time";
	return NULL;
}

bool
gates_cert_days(const struct check_facts *facts, int64_t *days)
{
	const struct ev_tls *tls = &facts->evidence->fetch.tls;
	int64_t left;

	if (!facts->evidence->fetch.is_asked || tls->cert_count == 0)
		return false;
	left = tls->cert[0].not_after - facts->now;
	/* Rounded down, also below 0. */
	*days = left >= 0 ? left / CHECK_DAY_S :
			    -((-left + CHECK_DAY_S - 1) / CHECK_DAY_S);
	return true;
}

static bool
is_cert_below(const struct gates *g, int days)
{
	int64_t left;

	return gates_cert_days(g->facts, &left) && left < days;
}

static bool
is_all_failing(const struct gates *g)
{
	return g->hosts > 0 && g->failing == g->hosts;
}

static bool
is_enforce_dead(const struct gates *g)
{
	return gates_is_mode(g, STS_MODE_ENFORCE) && is_all_failing(g);
}

static bool
is_not_deployed(const struct gates *g)
{
	return g->is_missing;
}

static bool
is_unusable(const struct gates *g)
{
	return g->has_basic_critical;
}

static bool
is_off(const struct gates *g)
{
	return gates_is_mode(g, STS_MODE_NONE) ||
	    (!g->has_basic_critical && g->is_max_age_0);
}

static bool
is_enforce_failing(const struct gates *g)
{
	return gates_is_mode(g, STS_MODE_ENFORCE) && g->failing > 0;
}

static bool
is_critical(const struct gates *g)
{
	return g->has_critical;
}

static bool
is_testing_failing(const struct gates *g)
{
	return gates_is_mode(g, STS_MODE_TESTING) && g->failing > 0;
}

static bool
is_over(const struct gates *g)
{
	return g->is_max_age_over;
}

static bool
is_testing_blind(const struct gates *g)
{
	enum tlsrpt_use use = tlsrpt_use(g->facts);

	return gates_is_mode(g, STS_MODE_TESTING) &&
	    (use == TLSRPT_MISSING || use == TLSRPT_INVALID);
}

static bool
is_testing_stuck(const struct gates *g)
{
	const struct check_finding *f =
	    check_finding_find(g->findings, "stuck_testing");

	return gates_is_mode(g, STS_MODE_TESTING) && f != NULL &&
	    f->severity == CHECK_WARNING;
}

static bool
is_enforce_brief(const struct gates *g)
{
	return gates_is_mode(g, STS_MODE_ENFORCE) &&
	    g->facts->file.policy.max_age < g->facts->options->max_age_low;
}

static bool
is_testing(const struct gates *g)
{
	return gates_is_mode(g, STS_MODE_TESTING);
}

static bool
is_cert_ending(const struct gates *g)
{
	return is_cert_below(g, g->facts->options->cert_high_days);
}

static bool
is_warning(const struct gates *g)
{
	return g->has_warning;
}

static const struct gate {
	bool (*is)(const struct gates *);
	int cap;
	const char *name;
} gates_table[] = {
	{ is_not_deployed, 0, "not deployed" },
	{ is_enforce_dead, 20, "senders cannot deliver" },
	{ is_unusable, 39, "published but unusable" },
	{ is_off, 45, "mode none, or max_age 0" },
	{ is_enforce_failing, 55, "enforce, and an MX host fails" },
	{ is_critical, 55, "a critical fault" },
	{ is_testing_failing, 59, "testing, and an MX host fails" },
	{ is_over, 59, "max_age over the range" },
	{ is_testing_stuck, 64, "testing for too long" },
	{ is_testing_blind, 64, "testing without usable TLS-RPT" },
	{ is_enforce_brief, 69, "enforce with a very short max_age" },
	{ is_testing, 74, "testing" },
	{ is_cert_ending, 74, "the certificate is about to expire" },
	{ is_warning, 89, "a warning" },
};

int
gates_cap(const struct gates *g, const char **name)
{
	size_t i;

	*name = NULL;
	/* Lowest first. */
	for (i = 0; i < sizeof(gates_table) / sizeof(gates_table[0]); i++) {
		if (!gates_table[i].is(g))
			continue;
		*name = gates_table[i].name;
		return gates_table[i].cap;
	}
	return 100;
}

static bool
has_warned(const struct gates *g, const char *code)
{
	const struct check_finding *f = check_finding_find(g->findings, code);

	return f != NULL && f->severity != CHECK_INFO;
}

/* Was any rule of the stage left open? */
static bool
is_open(const enum check_result result[], enum check_stage stage)
{
	size_t i;

	for (i = 0; i < check_rules_count; i++) {
		if (check_rules[i]->stage == stage &&
		    result[i] == CHECK_UNPROVEN)
			return true;
	}
	return false;
}

/* What could not run earns nothing. */
static struct check_points
stage_points(const enum check_result result[], const enum check_result chip[],
    enum check_stage stage, int points)
{
	struct check_points p = { .points = points, .of = STAGE_POINTS };

	if (chip[stage] == CHECK_FAIL || chip[stage] == CHECK_SKIPPED)
		p.points = 0;
	else
		p.is_unproven = is_open(result, stage);
	return p;
}

static int
certificate_points(const struct gates *g)
{
	const struct check_options *options = g->facts->options;

	if (is_cert_below(g, options->cert_high_days))
		return 5;
	return is_cert_below(g, options->cert_warn_days) ? 10 : 15;
}

static int
lifetime_points(const struct gates *g)
{
	const struct check_facts *facts = g->facts;
	uint32_t max_age = facts->file.policy.max_age;
	int points = 10;

	if (!facts->is_valid)
		return 0;
	if (max_age < facts->options->max_age_low &&
	    facts->mode != STS_MODE_NONE)
		points -= 6;
	else if (max_age < facts->options->max_age_week &&
	    facts->mode == STS_MODE_ENFORCE)
		points -= 3;
	return has_warned(g, "stale_id") ? points - 3 : points;
}

static struct check_points
tlsrpt_points(const struct gates *g)
{
	struct check_points p = { .of = 10 };

	p.is_unproven = tlsrpt_is_unproven(g->facts);
	switch (tlsrpt_use(g->facts)) {
	case TLSRPT_MISSING:
	case TLSRPT_INVALID:
		break;
	case TLSRPT_PARTLY:
		p.points = 5;
		break;
	case TLSRPT_USABLE:
	case TLSRPT_UNKNOWN:
		p.points = 10;
		break;
	}
	return p;
}

/* Patterns, then SMTP: by share of the hosts, rounded down. */
static void
mx_points(
    const struct gates *g, struct check_points *mx, struct check_points *smtp)
{
	const struct check_facts *facts = g->facts;
	size_t i, covered = 0, good = 0;
	const struct check_host *h;

	*mx = *smtp = (struct check_points){ .of = 10 };
	if (facts->hosts == 0)
		return;
	if (mxhosts_is_mode(facts, STS_MODE_NONE)) {
		/* What does not apply costs nothing; the gate does. */
		mx->points = smtp->points = mx->of;
		return;
	}
	for (i = 0; i < facts->hosts; i++) {
		h = &facts->host[i];
		covered += h->is_covered;
		/* Its pattern is no matter of SMTP. */
		good += !(h->is_proven && mxhosts_is_smtp_bad(h->mx));
		if (!h->is_proven)
			smtp->is_unproven = true;
	}
	mx->points = (int)(10 * covered / facts->hosts);
	smtp->points = (int)(10 * good / facts->hosts);
}

int
gates_points(const struct gates *g, const enum check_result result[],
    const enum check_result chip[], struct check_points part[CHECK_PARTS])
{
	bool has_dns_warning = has_warned(g, "txt_space") ||
	    has_warned(g, "txt_duplicate") || has_warned(g, "ns_differ");
	bool has_fetch_warning =
	    has_warned(g, "address_differs") || has_warned(g, "slow_fetch");
	int sum = 0;
	size_t i;

	part[CHECK_PART_DNS] =
	    stage_points(result, chip, CHECK_DNS, has_dns_warning ? 10 : 15);
	part[CHECK_PART_FETCH] = stage_points(
	    result, chip, CHECK_FETCH, has_fetch_warning ? 10 : 15);
	/* The certificate's fault can keep it from running. */
	if (g->facts->evidence->fetch.status == 0)
		part[CHECK_PART_FETCH] =
		    (struct check_points){ .of = STAGE_POINTS };
	part[CHECK_PART_CERTIFICATE] = stage_points(
	    result, chip, CHECK_CERTIFICATE, certificate_points(g));
	part[CHECK_PART_SYNTAX] = stage_points(result, chip, CHECK_SYNTAX,
	    chip[CHECK_SYNTAX] == CHECK_WARN ? 10 : 15);
	part[CHECK_PART_LIFETIME] =
	    (struct check_points){ .points = lifetime_points(g), .of = 10 };
	part[CHECK_PART_TLS_RPT] = tlsrpt_points(g);
	mx_points(g, &part[CHECK_PART_MX], &part[CHECK_PART_SMTP]);
	for (i = 0; i < CHECK_PARTS; i++)
		sum += part[i].points;
	return sum;
}
