/* SPDX-License-Identifier: ISC */
/* Next-hops that main.cf names: would a policy hold their mail back? */
#include <string.h>

#include "ctl/doctortable.h"
#include "postfix/nexthop.h"

#define DEFAULT_OVERRIDES SYSCONFDIR "/postfix-mta-sts/overrides"

static size_t
count_covered(const struct doctor_policy *policy, const struct doctor_hop *hop)
{
	size_t i, n = 0;

	for (i = 0; i < hop->host.count; i++)
		n += doctor_policy_covers(policy, hop->host.item[i]);
	return n;
}

/* Take the domain out of MTA-STS: its owner's relay, so our business. */
static void
fix_skip(const struct doctor_run *run, struct doctor_finding *finding,
    const char *key)
{
	const char *file = doctor_setting(run->facts, "overrides");
	struct buf path = { 0 };
	struct nexthop hop;

	if (!nexthop_parse(key, strlen(key), &hop))
		return;
	doctor_quote(&path, *file != '\0' ? file : DEFAULT_OVERRIDES);
	doctor_fix(finding, "echo '%s skip' >>%s", hop.domain, path.data);
	if (*file == '\0')
		doctor_fix_setting(
		    run, finding, "overrides", DEFAULT_OVERRIDES);
	else if (run->facts->daemon.api == DOCTOR_API_UP)
		doctor_fix(finding, "postfix-mta-sts-ctl reload");
	else
		doctor_fix_restart(run, finding);
	buf_clear(&path);
}

static void
put_hosts(struct buf *out, const struct doctor_policy *policy,
    const struct doctor_hop *hop)
{
	size_t i;

	for (i = 0; i < hop->host.count; i++) {
		if (!doctor_policy_covers(policy, hop->host.item[i]))
			buf_printf(out, "%s%s", out->len > 0 ? ", " : "",
			    hop->host.item[i]);
	}
}

static void
judge_policy(struct doctor_run *run, const struct doctor_hop *hop)
{
	struct doctor_finding *finding;
	struct doctor_policy policy;
	struct buf hosts = { 0 };
	size_t covered;

	doctor_policy_parse(&policy, hop->reply + strlen("OK "));
	covered = count_covered(&policy, hop);
	if (policy.match.count == 0 || covered == hop->host.count) {
		doctor_policy_clear(&policy);
		return;
	}
	put_hosts(&hosts, &policy, hop);
	finding = doctor_add(run,
	    covered == 0 ? DOCTOR_CRITICAL : DOCTOR_WARNING,
	    "The next-hop %s (%s) has a policy that does not list %s: mail "
	    "%s is deferred%s.",
	    hop->key, hop->from, hosts.data,
	    covered == 0 ? "for it" : "to that host",
	    policy.pattern.count > 0 ?
		"" :
		", unless the certificate has a name that the policy lists");
	fix_skip(run, finding, hop->key);
	buf_clear(&hosts);
	doctor_policy_clear(&policy);
}

static bool
is_reply(const struct doctor_hop *hop, const char *status)
{
	return hop->reply != NULL && !hop->is_earlier &&
	    strncmp(hop->reply, status, strlen(status)) == 0;
}

static bool
is_any_asked(const struct doctor_facts *f)
{
	size_t i;

	for (i = 0; i < f->hops; i++) {
		if (f->hop[i].reply != NULL)
			return true;
	}
	return f->hops == 0;
}

/* Every next-hop that has a policy. */
static void
judge_each(struct doctor_run *run,
    void (*judge)(struct doctor_run *, const struct doctor_hop *))
{
	const struct doctor_facts *f = run->facts;
	size_t i;

	if (!is_any_asked(f))
		doctor_skip(run, "the socketmap does not answer");
	for (i = 0; i < f->hops; i++) {
		if (is_reply(&f->hop[i], "OK "))
			judge(run, &f->hop[i]);
	}
}

void
doctor_rule_nexthop_deferred(struct doctor_run *run)
{
	judge_each(run, judge_policy);
}

/* Why that host does not keep a policy; NULL: it does, or who knows. */
static const char *
find_fault(const struct doctor_smtp *smtp, struct buf *b)
{
	switch (smtp->end) {
	case SMTP_REFUSED_ADDRESS:
	case SMTP_UNREACHABLE:
	case SMTP_TURNED_AWAY:
		return NULL; /* not for the policy's sake */
	case SMTP_NO_STARTTLS:
		return "it offers no STARTTLS";
	case SMTP_STARTTLS_FAILED:
		buf_printf(b, "STARTTLS fails (%s)", smtp->detail);
		return b->data;
	case SMTP_DONE:
		break;
	}
	if (smtp->certificate != NULL) {
		buf_printf(
		    b, "its certificate is not valid (%s)", smtp->certificate);
		return b->data;
	}
	return smtp->is_name_ok ? NULL : "its certificate is not for that name";
}

static void
judge_smtp(struct doctor_run *run, const struct doctor_hop *hop)
{
	struct doctor_finding *finding;
	struct buf text = { 0 };
	const char *fault;
	size_t i;

	for (i = 0; i < hop->smtps; i++) {
		buf_reset(&text);
		fault = find_fault(&hop->smtp[i], &text);
		if (fault == NULL)
			continue;
		finding = doctor_add(run,
		    hop->host.count == 1 ? DOCTOR_CRITICAL : DOCTOR_WARNING,
		    "The next-hop %s (%s) has a policy that its host %s does "
		    "not keep: %s. Mail to that host is deferred.",
		    hop->key, hop->from, hop->smtp[i].host, fault);
		fix_skip(run, finding, hop->key);
	}
	buf_clear(&text);
}

void
doctor_rule_nexthop_tls(struct doctor_run *run)
{
	judge_each(run, judge_smtp);
}

void
doctor_rule_nexthop_temp(struct doctor_run *run)
{
	const struct doctor_facts *f = run->facts;
	const struct doctor_hop *hop;
	size_t i;

	if (!is_any_asked(f))
		doctor_skip(run, "the socketmap does not answer");
	for (i = 0; i < f->hops; i++) {
		hop = &f->hop[i];
		if (is_reply(hop, "OK ") || is_reply(hop, "NOTFOUND ") ||
		    hop->reply == NULL || hop->is_earlier)
			continue;
		doctor_fix(
		    doctor_add(run, DOCTOR_CRITICAL,
			"For the next-hop %s (%s) the daemon answers \"%s\": "
			"its mail waits.",
			hop->key, hop->from, hop->reply),
		    "postfix-mta-sts-ctl status");
	}
}
