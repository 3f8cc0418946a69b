/* SPDX-License-Identifier: ISC */
/*
 * Complete reports by hand, one of each kind that the formats must show. The
 * evidence is check_world.h's, broken; findings and grade are written here, so
 * that the formats are tested apart from the rules.
 */
#ifndef TESTS_REPORT_WORLD_H
#define TESTS_REPORT_WORLD_H

#include "check/grade.h"
#include "check_world.h"

enum report_kind {
	REPORT_ENFORCING, /* A 100 */
	REPORT_BROKEN, /* enforce, no MX host can be delivered to: 20 F */
	REPORT_TESTING, /* 74 C, starred */
	REPORT_ABSENT, /* not deployed: 0 F */
	REPORT_HOSTILE, /* unusable: 39 F; odd bytes wherever they can be */
	REPORT_NULL_MX, /* N/A */
	REPORT_UNKNOWN, /* "?" */
	REPORT_KINDS
};

static const char *const report_kind_names[REPORT_KINDS] = {
	[REPORT_ENFORCING] = "enforcing",
	[REPORT_BROKEN] = "broken",
	[REPORT_TESTING] = "testing",
	[REPORT_ABSENT] = "absent",
	[REPORT_HOSTILE] = "hostile",
	[REPORT_NULL_MX] = "null-mx",
	[REPORT_UNKNOWN] = "unknown",
};

/* What a terminal, a spreadsheet, a web page, a shell must never obey. */
#define REPORT_NASTY                                               \
	"\033]0;owned\007\033[2J\r\n=cmd|' /C calc'!A0,\"x\"\t|"   \
	"<script>alert(1)</script>&amp;`id`$(id)[x](javascript:1)" \
	"\xc2\x9b"                                                 \
	"31m\xe2\x80\xae\xff\x7f\\x1b"

/* The rules that the findings here name. */
static const struct check_rule report_rules[] = {
	{ .code = "missing_record",
	    .stage = CHECK_DNS,
	    .rfc = "RFC 8461 3.1",
	    .title = "there is a TXT record at _mta-sts" },
	{ .code = "dns_temp_error",
	    .stage = CHECK_DNS,
	    .rfc = "RFC 8461 3.1",
	    .title = "the TXT record could be looked up" },
	{ .code = "txt_syntax",
	    .stage = CHECK_DNS,
	    .rfc = "RFC 8461 3.1",
	    .title = "the TXT record follows the grammar" },
	{ .code = "cert_expiring",
	    .stage = CHECK_CERTIFICATE,
	    .rfc = "RFC 8461 3.3",
	    .title = "the certificate is good for some time" },
	{ .code = "bad_line",
	    .stage = CHECK_SYNTAX,
	    .rfc = "RFC 8461 3.2",
	    .title = "every line of the policy can be read" },
	{ .code = "bad_mx",
	    .stage = CHECK_SYNTAX,
	    .rfc = "RFC 8461 3.2",
	    .title = "every mx is a name or *. and a name" },
	{ .code = "mx_none_match",
	    .stage = CHECK_MX,
	    .rfc = "RFC 8461 4.1",
	    .title = "the policy covers an MX host" },
	{ .code = "null_mx",
	    .stage = CHECK_MX,
	    .rfc = "RFC 7505 3",
	    .title = "the domain takes mail" },
	{ .code = "mx_cert",
	    .stage = CHECK_SMTP,
	    .rfc = "RFC 8461 4.2",
	    .title = "the MX hosts' certificates are good" },
	{ .code = "smtp_unreachable",
	    .stage = CHECK_SMTP,
	    .rfc = "RFC 8461 4.2",
	    .title = "the MX hosts could be reached" },
	{ .code = "mode_testing",
	    .stage = CHECK_MODE,
	    .rfc = "RFC 8461 5",
	    .title = "the policy is more than a test" },
	{ .code = "max_age_short",
	    .stage = CHECK_LIFETIME,
	    .rfc = "",
	    .title = "max_age is a week or more" },
	{ .code = "tls_rpt_missing",
	    .stage = CHECK_TLS_RPT,
	    .rfc = "RFC 8460 3",
	    .title = "there is a TLS-RPT record" },
	{ .code = "tls_rpt_reader",
	    .stage = CHECK_TLS_RPT,
	    .rfc = "RFC 8460 3",
	    .title = "somebody reads the reports" },
};

struct report_world {
	struct evidence *evidence;
	struct check_facts *facts;
	struct check_findings *findings;
	struct check_report *report;
};

static inline const struct check_rule *
report_rule(const char *code)
{
	size_t i;

	for (i = 0; i < sizeof(report_rules) / sizeof(report_rules[0]); i++)
		if (strcmp(report_rules[i].code, code) == 0)
			return &report_rules[i];
	abort();
}

/* All rules of a stage, or of every stage (CHECK_STAGES). */
static inline void
report_stage(
    struct report_world *w, enum check_stage stage, enum check_result result)
{
	size_t i;

	for (i = 0; i < check_rules_count; i++)
		if (stage == CHECK_STAGES || check_rules[i]->stage == stage)
			w->findings->result[i] = result;
	for (i = 0; i < CHECK_STAGES; i++)
		if (stage == CHECK_STAGES || (enum check_stage)i == stage)
			w->report->chip[i] = result;
}

static inline struct check_finding *
report_finding(struct report_world *w, const char *code,
    enum check_severity severity, enum check_priority priority,
    enum check_result result, const char *message)
{
	struct check_findings *f = w->findings;
	const struct check_rule *rule = report_rule(code);
	struct check_finding *finding;
	size_t i;

	f->item = xreallocarray(f->item, f->count + 1, sizeof(*f->item));
	finding = &f->item[f->count++];
	*finding = (struct check_finding){ .rule = rule,
		.severity = severity,
		.priority = priority,
		.message = xstrdup(message) };
	for (i = 0; i < check_rules_count; i++)
		if (strcmp(check_rules[i]->code, code) == 0)
			f->result[i] = result;
	if (w->report->chip[rule->stage] < result)
		w->report->chip[rule->stage] = result;
	return finding;
}

static inline void
report_points(struct report_world *w, const int points[CHECK_PARTS])
{
	static const int of[CHECK_PARTS] = { 15, 15, 15, 15, 10, 10, 10, 10 };
	size_t i;

	for (i = 0; i < CHECK_PARTS; i++)
		w->report->part[i] =
		    (struct check_points){ .points = points[i], .of = of[i] };
}

static inline void
report_grade_set(struct report_world *w, const char *grade, int score,
    enum check_verdict verdict, const char *verdict_text)
{
	snprintf(w->report->grade, sizeof(w->report->grade), "%s", grade);
	w->report->score = score;
	w->report->is_starred = strchr(grade, '*') != NULL;
	w->report->verdict = verdict;
	w->report->verdict_text = verdict_text;
}

static inline void
report_state(struct report_world *w, enum check_status status,
    const char *status_text, enum check_priority priority,
    const char *next_action)
{
	w->report->status = status;
	w->report->status_text = status_text;
	w->report->priority = priority;
	world_set(&w->report->next_action, next_action);
}

/* The same for every MX host. */
static inline void
report_postfix(struct report_world *w, enum answer_profile profile,
    const char *reply, int does, const char *why)
{
	struct check_postfix *p = &w->report->postfix[profile];
	size_t i;

	p->profile = profile;
	world_set(&p->reply, reply);
	p->host = xcalloc(w->facts->hosts + 1, sizeof(*p->host));
	for (i = 0; i < w->facts->hosts; i++) {
		if (does == CHECK_DELIVERS)
			p->host[i].does = CHECK_DELIVERS;
		else if (does == CHECK_DEFERS)
			p->host[i].does = CHECK_DEFERS;
		else
			p->host[i].does = CHECK_NOT_KNOWN;
		world_set(&p->host[i].why, why);
	}
}

#define REPORT_MATCH "OK secure match=mx1.good.example:mx2.good.example"

static inline void
report_postfix_enforce(struct report_world *w, int does, const char *why)
{
	report_postfix(w, ANSWER_POSTFIX_2_10, REPORT_MATCH, does, why);
	report_postfix(w, ANSWER_POSTFIX_3_4,
	    REPORT_MATCH " servername=hostname", does, why);
	report_postfix(w, ANSWER_POSTFIX_3_10,
	    REPORT_MATCH " servername=hostname policy_type=sts "
			 "policy_domain=good.example "
			 "{policy_string=version: STSv1} "
			 "{policy_string=mode: enforce} "
			 "{policy_string=mx: mx1.good.example} "
			 "{policy_string=mx: mx2.good.example} "
			 "{policy_string=max_age: 604800} "
			 "mx_host_pattern=mx1.good.example "
			 "mx_host_pattern=mx2.good.example",
	    does, why);
}

static inline void
report_postfix_notfound(struct report_world *w)
{
	report_postfix(
	    w, ANSWER_POSTFIX_2_10, "NOTFOUND ", CHECK_DELIVERS, NULL);
	report_postfix(
	    w, ANSWER_POSTFIX_3_4, "NOTFOUND ", CHECK_DELIVERS, NULL);
	report_postfix(
	    w, ANSWER_POSTFIX_3_10, "NOTFOUND ", CHECK_DELIVERS, NULL);
}

/* Facts of the evidence as it is now; every rule passed, no finding. */
static inline void
report_judge(struct report_world *w)
{
	w->facts = check_facts_new(w->evidence, &check_options_default);
	w->findings = xcalloc(1, sizeof(*w->findings));
	w->findings->result =
	    xcalloc(check_rules_count, sizeof(*w->findings->result));
	w->report = xcalloc(1, sizeof(*w->report));
	w->report->facts = w->facts;
	w->report->findings = w->findings;
	report_stage(w, CHECK_STAGES, CHECK_PASS);
	report_stage(w, CHECK_DANE, CHECK_SKIPPED);
}

static inline void
report_reader(struct report_world *w)
{
	report_finding(w, "tls_rpt_reader", CHECK_INFO, CHECK_NORMAL,
	    CHECK_UNPROVEN,
	    "Reports go to tls-reports@good.example, of the domain itself. "
	    "Nobody but you knows whether it is read.");
	w->report->chip[CHECK_TLS_RPT] = CHECK_PASS;
}

static inline void
report_make_enforcing(struct report_world *w)
{
	static const int points[] = { 15, 15, 15, 15, 10, 10, 10, 10 };

	report_judge(w);
	report_reader(w);
	report_points(w, points);
	report_grade_set(
	    w, "A", 100, CHECK_VERDICT_PASS, "enforces encrypted delivery.");
	report_state(w, CHECK_ENFORCING,
	    "The policy is enforced and every MX host can keep it.",
	    CHECK_NORMAL, "Nothing to do; keep the certificates renewed.");
	world_set(&w->report->rollout,
	    "Enforcing, max_age 7 days.\n"
	    "Next: raise max_age step by step, up to a year.\n"
	    "Way back: mode testing, and a new id.");
	w->report->mail_provider = "Google Workspace";
	w->report->dns_host = "deSEC";
	report_postfix_enforce(w, CHECK_DELIVERS, NULL);
}

static inline void
report_make_broken(struct report_world *w)
{
	static const int points[] = { 15, 15, 15, 15, 10, 0, 10, 0 };
	struct check_finding *f;
	size_t i;

	for (i = 0; i < w->evidence->mx_count; i++) {
		w->evidence->host_mx[i].tls.verify_error =
		    X509_V_ERR_CERT_HAS_EXPIRED;
		w->evidence->host_mx[i].tls.cert[0].not_after =
		    WORLD_NOW - 3 * WORLD_DAY_S;
	}
	world_dns(&w->evidence->tlsrpt, "_smtp._tls." WORLD_DOMAIN, DNS_TXT,
	    DNS_NXDOMAIN);
	report_judge(w);
	for (i = 0; i < w->facts->hosts; i++)
		w->facts->host[i].is_failing = w->facts->host[i].is_proven =
		    true;
	f = report_finding(w, "tls_rpt_missing", CHECK_WARNING, CHECK_MEDIUM,
	    CHECK_WARN,
	    "There is no TXT record at _smtp._tls.good.example: senders have "
	    "nowhere to report that they cannot deliver.");
	world_set(&f->fix,
	    "_smtp._tls.good.example. IN TXT \"v=TLSRPTv1; "
	    "rua=mailto:tls-reports@good.example\"\n");
	world_set(&f->see, "dig TXT _smtp._tls.good.example");
	f = report_finding(w, "mx_cert", CHECK_CRITICAL, CHECK_HIGH, CHECK_FAIL,
	    "The certificate of mx1.good.example expired on 2026-05-25, 3 days "
	    "ago: senders that honour the policy defer their mail.");
	world_set(&f->fix,
	    "1. Renew the certificate of mx1.good.example and reload its mail "
	    "server.\n"
	    "2. Until that is done, publish this policy, so that mail comes "
	    "in again:\n"
	    "version: STSv1\n"
	    "mode: testing\n"
	    "mx: mx1.good.example\n"
	    "mx: mx2.good.example\n"
	    "max_age: 604800\n"
	    "3. Then, in DNS:\n"
	    "_mta-sts.good.example. IN TXT \"v=STSv1; "
	    "id=20260528T202640Z\"\n");
	world_set(&f->evidence, "notAfter 2026-05-25 20:26:40 UTC");
	world_set(&f->see,
	    "openssl s_client -starttls smtp -connect mx1.good.example:25 "
	    "-servername mx1.good.example -verify_hostname mx1.good.example "
	    "</dev/null");
	f = report_finding(w, "mx_cert", CHECK_CRITICAL, CHECK_HIGH, CHECK_FAIL,
	    "The certificate of mx2.good.example expired on 2026-05-25, 3 days "
	    "ago: senders that honour the policy defer their mail.");
	world_set(&f->fix, w->findings->item[1].fix);
	report_points(w, points);
	report_grade_set(w, "F", 20, CHECK_VERDICT_FAIL,
	    "turns away mail from senders that honour its policy.");
	w->report->gate = "senders cannot deliver";
	report_state(w, CHECK_BROKEN,
	    "The policy is enforced, but no MX host can keep it: senders that "
	    "honour it cannot deliver.",
	    CHECK_HIGH,
	    "Renew the certificates of mx1.good.example and "
	    "mx2.good.example, or go back to mode testing now.");
	world_set(&w->report->rollout,
	    "Trouble: back to testing with a new id, then repair.");
	report_postfix_enforce(w, CHECK_DEFERS, "its certificate has expired");
}

static inline void
report_make_testing(struct report_world *w)
{
	static const int points[] = { 15, 15, 15, 15, 10, 10, 10, 10 };
	struct check_finding *f;
	struct ev_mx *mx = &w->evidence->host_mx[1];

	world_body(w->evidence,
	    "version: STSv1\r\nmode: testing\r\nmx: *.good.example\r\n"
	    "max_age: 86400\r\n");
	mx->end = EV_SMTP_UNREACHABLE;
	world_set(&mx->detail, "no connection in 10 s");
	ev_tls_clear(&mx->tls);
	world_bytes(&mx->banner, "", 0);
	world_bytes(&mx->ehlo, "", 0);
	report_judge(w);
	f = report_finding(w, "mode_testing", CHECK_WARNING, CHECK_NORMAL,
	    CHECK_WARN,
	    "The mode is testing: senders report failures, but deliver in the "
	    "clear all the same.");
	world_set(&f->fix,
	    "After 14 days without failures in the reports, publish mode "
	    "enforce:\n"
	    "version: STSv1\n"
	    "mode: enforce\n"
	    "mx: *.good.example\n"
	    "max_age: 604800\n"
	    "Then, in DNS:\n"
	    "_mta-sts.good.example. IN TXT \"v=STSv1; "
	    "id=20260528T202640Z\"\n");
	f->line = 2;
	world_set(&f->evidence, "mode: testing");
	world_set(&f->see,
	    "curl -sSi https://mta-sts.good.example/.well-known/mta-sts.txt");
	f = report_finding(w, "smtp_unreachable", CHECK_INFO, CHECK_NORMAL,
	    CHECK_UNPROVEN,
	    "mx2.good.example could not be reached on port 25 (no connection "
	    "in 10 s): its certificate was not seen. This host may be "
	    "blocked.");
	world_set(&f->see, "nc -vz mx2.good.example 25");
	report_reader(w);
	report_points(w, points);
	w->report->part[CHECK_PART_SMTP].is_unproven = true;
	report_grade_set(w, "C*", 74, CHECK_VERDICT_WARNING,
	    "'s MTA-STS works but does not protect fully.");
	w->report->gate = "mode testing";
	report_state(w, CHECK_TESTING,
	    "The policy is being tested: senders report failures and deliver "
	    "all the same.",
	    CHECK_NORMAL,
	    "Read the TLS reports until 2026-06-11, then publish "
	    "mode enforce.");
	world_set(&w->report->rollout,
	    "Testing since 2026-05-01.\n"
	    "Next: enforce with max_age 604800, not before 2026-06-11, and "
	    "only when the reports hold no failures.");
	report_postfix_notfound(w);
}

static inline void
report_make_absent(struct report_world *w)
{
	static const int points[] = { 0, 0, 0, 0, 0, 0, 0, 0 };
	static const enum check_stage skipped[] = { CHECK_FETCH,
		CHECK_CERTIFICATE, CHECK_SYNTAX, CHECK_MX, CHECK_SMTP,
		CHECK_MODE, CHECK_LIFETIME };
	struct check_finding *f;
	size_t i;

	world_no_txt(w->evidence);
	world_dns(
	    &w->evidence->host_a, "mta-sts." WORLD_DOMAIN, DNS_A, DNS_NXDOMAIN);
	world_dns(&w->evidence->host_aaaa, "mta-sts." WORLD_DOMAIN, DNS_AAAA,
	    DNS_NXDOMAIN);
	ev_fetch_clear(&w->evidence->fetch);
	for (i = 0; i < w->evidence->eachs; i++)
		ev_fetch_clear(&w->evidence->each[i]);
	w->evidence->eachs = 0;
	world_dns(&w->evidence->tlsrpt, "_smtp._tls." WORLD_DOMAIN, DNS_TXT,
	    DNS_NXDOMAIN);
	report_judge(w);
	for (i = 0; i < sizeof(skipped) / sizeof(skipped[0]); i++)
		report_stage(w, skipped[i], CHECK_SKIPPED);
	f = report_finding(w, "missing_record", CHECK_CRITICAL, CHECK_MEDIUM,
	    CHECK_FAIL,
	    "There is no TXT record at _mta-sts.good.example (NXDOMAIN from "
	    "192.0.2.53): senders never look for a policy.");
	f->reason = STS_REASON_TXT_NONE;
	world_set(&f->fix,
	    "1. At https://mta-sts.good.example/.well-known/mta-sts.txt "
	    "(text/plain):\n"
	    "version: STSv1\n"
	    "mode: testing\n"
	    "mx: mx1.good.example\n"
	    "mx: mx2.good.example\n"
	    "max_age: 86400\n"
	    "2. Then, in DNS:\n"
	    "_mta-sts.good.example. IN TXT \"v=STSv1; "
	    "id=20260528T202640Z\"\n");
	world_set(&f->see, "dig TXT _mta-sts.good.example");
	report_finding(w, "tls_rpt_missing", CHECK_WARNING, CHECK_LOW,
	    CHECK_WARN, "There is no TXT record at _smtp._tls.good.example.");
	report_points(w, points);
	report_grade_set(w, "F", 0, CHECK_VERDICT_FAIL,
	    "does not enforce encrypted delivery.");
	w->report->gate = "not deployed";
	report_state(w, CHECK_NOT_DEPLOYED, "The domain does not use MTA-STS.",
	    CHECK_MEDIUM,
	    "Publish a policy in mode testing, then the TXT record.");
	world_set(&w->report->rollout,
	    "Nothing is published. Begin with testing, max_age 1 day, and a "
	    "TLS-RPT record.");
	report_postfix_notfound(w);
}

static inline void
report_hostile_evidence(struct evidence *e)
{
	static char body[65536];
	static const char nasty[] = REPORT_NASTY;
	size_t i;

	for (i = 0; i < sizeof(body); i++)
		body[i] = nasty[i * 7 % (sizeof(nasty) - 1)];
	memcpy(body, "version: STSv1\nmode: enforce\nmx: \033[31m\n", 38);
	world_body_bytes(e, body, sizeof(body));
	e->fetch.is_body_cut = true;
	world_zone_txt(e, "v=STSv1; id=1; " REPORT_NASTY);
	world_rr(&e->txt, REPORT_NASTY);
	world_rr_bytes(&e->txt, "a\0b", 3);
	world_set(&e->fetch.detail, REPORT_NASTY);
	world_header(&e->fetch, "Content-Type", "text/plain; " REPORT_NASTY);
	world_header(&e->fetch, "X" REPORT_NASTY, REPORT_NASTY);
	world_set(&e->fetch.tls.cert[0].subject, "CN=" REPORT_NASTY);
	world_set(&e->fetch.tls.cert[0].issuer, "CN=" REPORT_NASTY);
	world_set(&e->fetch.tls.cert[0].san[0], REPORT_NASTY);
	world_set(&e->fetch.tls.error, REPORT_NASTY);
	world_mx(e, REPORT_NASTY, 30);
	world_mx(e, "=1+1.example", 40);
	for (i = 0; i < e->mx_count; i++) {
		world_bytes(&e->host_mx[i].banner, "220 " REPORT_NASTY,
		    strlen("220 " REPORT_NASTY));
		world_set(&e->host_mx[i].detail, REPORT_NASTY);
	}
	e->host_mx[0].end = EV_SMTP_STARTTLS_FAILED;
	world_set(&e->host, REPORT_NASTY);
	world_set(&e->input, REPORT_NASTY);
	world_set(&e->note, REPORT_NASTY);
	world_tlsrpt(e, "v=TLSRPTv1; rua=mailto:" REPORT_NASTY);
}

static inline void
report_make_hostile(struct report_world *w)
{
	static const int points[] = { 0, 15, 10, 0, 0, 5, 0, 0 };
	struct check_finding *f;

	report_hostile_evidence(w->evidence);
	report_judge(w);
	f = report_finding(w, "bad_mx", CHECK_CRITICAL, CHECK_HIGH, CHECK_FAIL,
	    "Line 3 names no host: " REPORT_NASTY);
	f->reason = STS_REASON_SYNTAX;
	f->line = 3;
	world_set(&f->evidence, REPORT_NASTY);
	world_set(&f->fix, "mx: " REPORT_NASTY "\n" REPORT_NASTY);
	world_set(&f->see, "echo " REPORT_NASTY);
	f = report_finding(w, "bad_line", CHECK_CRITICAL, CHECK_HIGH,
	    CHECK_FAIL, REPORT_NASTY);
	f->line = 5;
	f = report_finding(w, "txt_syntax", CHECK_CRITICAL, CHECK_HIGH,
	    CHECK_FAIL, REPORT_NASTY);
	f->reason = STS_REASON_TXT_INVALID;
	report_finding(w, "cert_expiring", CHECK_WARNING, CHECK_LOW, CHECK_WARN,
	    "-1 day is left; " REPORT_NASTY);
	report_points(w, points);
	report_grade_set(w, "F", 39, CHECK_VERDICT_FAIL,
	    "does not enforce encrypted delivery.");
	w->report->gate = "published but unusable";
	report_state(w, CHECK_UNUSABLE,
	    "A policy is published, but senders cannot use it.", CHECK_HIGH,
	    "=Correct line 3 of the policy: " REPORT_NASTY);
	world_set(&w->report->rollout, REPORT_NASTY);
	report_postfix_notfound(w);
	world_set(&w->report->postfix[0].host[0].why, REPORT_NASTY);
}

static inline void
report_make_null_mx(struct report_world *w)
{
	static const int points[CHECK_PARTS] = { 0 };

	world_no_mx(w->evidence);
	world_no_txt(w->evidence);
	world_dns(&w->evidence->mx, WORLD_DOMAIN, DNS_MX, DNS_OK);
	world_rr(&w->evidence->mx, "");
	w->evidence->is_null_mx = true;
	ev_fetch_clear(&w->evidence->fetch);
	w->evidence->eachs = 0;
	ev_fetch_clear(&w->evidence->each[0]);
	ev_fetch_clear(&w->evidence->each[1]);
	report_judge(w);
	report_stage(w, CHECK_STAGES, CHECK_SKIPPED);
	report_finding(w, "null_mx", CHECK_INFO, CHECK_NORMAL, CHECK_PASS,
	    "The domain takes no mail (null MX): MTA-STS has nothing to "
	    "protect.");
	report_points(w, points);
	report_grade_set(w, "", -1, CHECK_VERDICT_NA, "takes no mail.");
	report_state(w, CHECK_NULL_MX, "The domain takes no mail (null MX).",
	    CHECK_NORMAL, "Nothing to do.");
	report_postfix_notfound(w);
}

static inline void
report_no_servers(struct evidence *e)
{
	for (; e->servers > 0; e->servers--) {
		world_set(&e->server[e->servers - 1].host, NULL);
		world_set(&e->server[e->servers - 1].address, NULL);
		ev_dns_clear(&e->server[e->servers - 1].txt);
	}
}

static inline void
report_make_unknown(struct report_world *w)
{
	static const int points[CHECK_PARTS] = { 15, 15, 15, 15, 10, 10, 10,
		10 };
	struct evidence *e = w->evidence;
	struct check_finding *f;
	size_t i;

	world_no_mx(e);
	world_dns(&e->mx, WORLD_DOMAIN, DNS_MX, DNS_TIMEOUT);
	world_dns(&e->txt, "_mta-sts." WORLD_DOMAIN, DNS_TXT, DNS_NO_SERVER);
	world_dns(&e->tlsrpt, "_smtp._tls." WORLD_DOMAIN, DNS_TXT, DNS_TIMEOUT);
	e->has_ipv4 = e->has_ipv6 = false;
	ev_fetch_clear(&e->fetch);
	e->eachs = 0;
	ev_fetch_clear(&e->each[0]);
	ev_fetch_clear(&e->each[1]);
	report_no_servers(e);
	report_judge(w);
	report_stage(w, CHECK_STAGES, CHECK_SKIPPED);
	f = report_finding(w, "dns_temp_error", CHECK_INFO, CHECK_NORMAL,
	    CHECK_UNPROVEN,
	    "The TXT record at _mta-sts.good.example could not be looked up "
	    "(no name server answers): whether there is one is not known.");
	f->reason = STS_REASON_NO_SERVER;
	report_points(w, points);
	for (i = 0; i < CHECK_PARTS; i++)
		w->report->part[i].is_unproven = true;
	report_grade_set(w, "?", -1, CHECK_VERDICT_UNKNOWN,
	    "could not be checked from here.");
	report_state(w, CHECK_UNKNOWN,
	    "Too little was seen from here to say anything.", CHECK_NORMAL,
	    "Check again when the name server answers.");
	report_postfix(w, ANSWER_POSTFIX_2_10, "TEMP no name server answers",
	    CHECK_NOT_KNOWN, "no name server answers");
	report_postfix(w, ANSWER_POSTFIX_3_4, "TEMP no name server answers",
	    CHECK_NOT_KNOWN, "no name server answers");
	report_postfix(w, ANSWER_POSTFIX_3_10, "TEMP no name server answers",
	    CHECK_NOT_KNOWN, "no name server answers");
}

static inline void
report_world_init(struct report_world *w, enum report_kind kind)
{
	static void (*const make[REPORT_KINDS])(struct report_world *) = {
		[REPORT_ENFORCING] = report_make_enforcing,
		[REPORT_BROKEN] = report_make_broken,
		[REPORT_TESTING] = report_make_testing,
		[REPORT_ABSENT] = report_make_absent,
		[REPORT_HOSTILE] = report_make_hostile,
		[REPORT_NULL_MX] = report_make_null_mx,
		[REPORT_UNKNOWN] = report_make_unknown,
	};

	*w = (struct report_world){ .evidence = world_good() };
	make[kind](w);
}

static inline void
report_world_clear(struct report_world *w)
{
	size_t i, j;

	for (i = 0; i < 3; i++) {
		for (j = 0; j < w->facts->hosts; j++)
			free(w->report->postfix[i].host[j].why);
		free(w->report->postfix[i].host);
		free(w->report->postfix[i].reply);
	}
	free(w->report->rollout);
	free(w->report->next_action);
	free(w->report);
	check_findings_free(w->findings);
	check_facts_free(w->facts);
	evidence_free(w->evidence);
	*w = (struct report_world){ 0 };
}

#endif
