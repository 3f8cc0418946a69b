/* SPDX-License-Identifier: ISC */
/*
 * nothing -> testing for a day at a time, with TLS-RPT -> 14 days without
 * failures -> enforce for a week -> up to a year. In trouble: back to
 * testing. To leave: mode none, and patience (RFC 8461 8.3).
 */
#include <stdlib.h>
#include <string.h>

#include "base/xmalloc.h"
#include "check/fixes.h"
#include "check/gates.h"
#include "check/memory.h"
#include "check/rollout.h"
#include "check/rollout_reports.h"
#include "check/ruletool.h"
#include "check/tlsrpt.h"

#define MONTH_S (30 * CHECK_DAY_S)

struct answer {
	struct buf text, next;
	const struct check_facts *facts;
	const struct check_findings *findings;
};

static void
put_files(struct answer *a, enum sts_mode mode, int64_t max_age)
{
	char *steps = fix_steps(a->facts,
	    &(struct fix_policy){
		.has_mode = true, .mode = mode, .max_age = max_age },
	    NULL);

	buf_puts(&a->text, steps);
	free(steps);
}

static void
put_tlsrpt(struct answer *a)
{
	enum tlsrpt_use use = tlsrpt_use(a->facts);

	if (use != TLSRPT_MISSING && use != TLSRPT_INVALID)
		return;
	buf_puts(&a->text,
	    "\nTo get reports (the mailbox must exist and be read):\n\n");
	fix_tlsrpt(&a->text, a->facts);
}

static void
put_since(struct answer *a, const char *what)
{
	struct memory_since since = memory_mode_since(a->facts);

	if (since.is_seen && since.time > 0)
		buf_printf(&a->text, "%s (%s %s, as earlier checks saw).\n",
		    what, since.is_exact ? "since" : "at least since",
		    CHECK_DAY(since.time));
	else if (since.time > 0)
		buf_printf(&a->text, "%s (its id is of %s).\n", what,
		    CHECK_DAY(since.time));
	else
		buf_printf(&a->text,
		    "%s (since when is not known: its id is no date).\n", what);
}

static const char back_to_testing[] =
    "\nWay back, at any time: the same two steps with mode testing, max_age "
    "86400 and another new id; senders that see the id take it at once.\n";

/* The worst finding: by severity, then priority, then the table's order. */
static const struct check_finding *
worst(const struct check_findings *findings)
{
	const struct check_finding *best = NULL, *f;
	size_t i;

	for (i = 0; i < findings->count; i++) {
		f = &findings->item[i];
		if (f->severity == CHECK_INFO || f->rule->stage == CHECK_MODE)
			continue;
		if (best == NULL || f->severity > best->severity ||
		    (f->severity == best->severity &&
			f->priority > best->priority))
			best = f;
	}
	return best;
}

/* Control bytes would break the one line. */
static void
put_line(struct buf *out, const char *text)
{
	for (; *text != '\0'; text++)
		buf_putc(out, (unsigned char)*text < 0x20 ? ' ' : *text);
}

/* "fix CODE: message", or what there is when nothing is at fault. */
static void
put_next_fix(struct answer *a, const char *otherwise)
{
	const struct check_finding *f = worst(a->findings);

	if (f == NULL) {
		buf_puts(&a->next, otherwise);
		return;
	}
	buf_printf(
	    &a->next, "%cix %s: ", a->next.len > 0 ? 'f' : 'F', f->rule->code);
	put_line(&a->next, f->message);
}

/* What was published before goes on with those that hold it. */
static void
put_held(struct answer *a)
{
	size_t held[MEMORY_SIGHTS_MAX];
	int64_t until[MEMORY_SIGHTS_MAX];
	const struct memory_sight *s;

	if (memory_held(a->facts, held, until) == 0)
		return;
	s = &a->facts->memory->sight[held[0]];
	buf_printf(&a->text,
	    "Until %s senders may still hold the policy that was there (%s, "
	    "last seen %s)%s.\n",
	    CHECK_TIME(until[0]), sts_mode_word(s->mode), CHECK_DAY(s->last),
	    s->mode == STS_MODE_ENFORCE ?
		", and go on enforcing it: its MX hosts have to stay as they "
		"are" :
		"");
}

static void
answer_not_deployed(struct answer *a)
{
	char *steps = fix_steps_starter(a->facts, NULL);

	put_held(a);
	buf_printf(&a->text,
	    "Nothing is published. Next step: testing, which blocks no mail. "
	    "After 14 days (two to four weeks are usual) without "
	    "validation-failure, certificate-not-trusted or "
	    "starttls-not-supported in the reports, so not before %s: "
	    "enforce with max_age 604800, then up to a year.\n\n",
	    CHECK_DAY(a->facts->now + 14 * CHECK_DAY_S));
	buf_puts(&a->text, steps);
	free(steps);
	if (tlsrpt_use(a->facts) == TLSRPT_INVALID)
		put_tlsrpt(a);
	buf_puts(&a->text,
	    "\nWay back: take the record away; testing holds no mail up.\n");
	buf_puts(&a->next,
	    "Publish a policy in testing (max_age 86400), its record and a "
	    "TLS-RPT record.");
}

static void
answer_misplaced(struct answer *a)
{
	buf_puts(&a->text,
	    "The record is at a name where no sender looks. Next step: "
	    "publish it at the right one, once the policy file is there, and "
	    "take the other away.\n\n");
	fix_txt(&a->text, a->facts, true);
	put_tlsrpt(a);
	buf_puts(&a->text, "\nWay back: take the record away.\n");
	buf_printf(&a->next, "Publish the record at _mta-sts.%s.",
	    a->facts->evidence->domain);
}

/* The mode stays what it means to be; a day while it is being repaired. */
static void
answer_unusable(struct answer *a)
{
	const struct check_facts *f = a->facts;
	enum sts_mode mode = f->has_mode ? f->mode : STS_MODE_TESTING;

	buf_puts(&a->text,
	    "What is published cannot be used: senders that have the policy "
	    "go on by it until it expires, all others have none. Next step, "
	    "today: repair what is critical, first the host and its "
	    "certificate, then file and record:\n\n");
	put_files(a, mode, f->is_valid ? 0 : FIX_STARTER_AGE_S);
	put_tlsrpt(a);
	buf_puts(&a->text, back_to_testing);
	put_next_fix(a, "Repair the critical findings.");
}

/* Seen to be published before; when its last copy ends, all may go. */
static void
leave_as_seen(struct answer *a, int64_t end)
{
	if (end <= a->facts->now) {
		buf_printf(&a->text,
		    "Record and file may go: every policy that was seen "
		    "before has ended, the last one on %s.\n",
		    CHECK_TIME(end));
		buf_puts(&a->next,
		    "Take record and file away, or publish testing to start "
		    "anew.");
		return;
	}
	buf_printf(&a->text,
	    "Record and file may go on %s, when the last copy of what was "
	    "seen before has ended.\n",
	    CHECK_TIME(end));
	buf_printf(&a->next,
	    "Keep record and file until %s, or publish testing to start "
	    "anew.",
	    CHECK_TIME(end));
}

static void
leave_unseen(struct answer *a)
{
	int64_t since = memory_mode_since(a->facts).time, end;

	end = (since > 0 ? since : a->facts->now) + STS_MAX_AGE_MAX_S;
	buf_printf(&a->text,
	    "Record and file may go when every max_age published before is "
	    "over: not before %s, unless you know that none was above a "
	    "shorter time (a policy lives for %ld s at most).\n",
	    CHECK_DAY(end), (long)STS_MAX_AGE_MAX_S);
	buf_printf(&a->next,
	    "Keep record and file until %s, or publish testing to start "
	    "anew.",
	    CHECK_DAY(end));
}

static void
answer_leaving(struct answer *a)
{
	int64_t end = memory_safe_removal(a->facts);

	put_since(a, "The mode is none: MTA-STS is being taken down");
	if (end > 0)
		leave_as_seen(a, end);
	else
		leave_unseen(a);
	buf_puts(&a->text, "Way back, or a new start:\n\n");
	put_files(a, STS_MODE_TESTING, FIX_STARTER_AGE_S);
	put_tlsrpt(a);
}

static void
answer_trouble(struct answer *a)
{
	put_since(a, "The policy enforces, and MX hosts fail it");
	buf_puts(&a->text,
	    "Next step, now: back to testing with a new id, so that mail "
	    "flows while the hosts are repaired; enforce again after 14 days "
	    "without failures.\n\n");
	put_files(a, STS_MODE_TESTING, FIX_STARTER_AGE_S);
	put_tlsrpt(a);
	buf_puts(&a->text,
	    "\nWay back: the policy of today, with another new id.\n");
	buf_puts(&a->next, "Go back to testing with a new id, then ");
	put_next_fix(a, "repair the MX hosts.");
}

static void
answer_enforcing(struct answer *a)
{
	int64_t max_age = (int64_t)a->facts->file.policy.max_age, next;

	put_since(a, "The policy enforces");
	if (max_age < FIX_ENFORCE_AGE_S)
		next = FIX_ENFORCE_AGE_S;
	else
		next = max_age < MONTH_S ? MONTH_S : STS_MAX_AGE_MAX_S;
	if (a->facts->file.max_age_published >= STS_MAX_AGE_MAX_S) {
		buf_puts(&a->text,
		    "It lives as long as a policy can. Keep reading the "
		    "TLS-RPT reports, and publish a new id with every "
		    "change.\n");
		put_next_fix(a, "Nothing to do; keep reading the reports.");
	} else {
		buf_printf(&a->text,
		    "Next step, when no failures have been reported for a "
		    "while: a longer max_age (%lld s now; up to a year).\n\n",
		    (long long)max_age);
		put_files(a, STS_MODE_ENFORCE, next);
		put_next_fix(a, "Nothing urgent; raise max_age in time.");
	}
	put_tlsrpt(a);
	buf_puts(&a->text, back_to_testing);
}

static void
answer_ready(struct answer *a)
{
	put_since(a, "The policy has been in testing");
	buf_puts(&a->text,
	    "Every MX host was seen to be good. Next step, from today on, if "
	    "the reports of the last 14 days (which only you can read) show "
	    "no validation-failure, certificate-not-trusted or "
	    "starttls-not-supported: enforce.\n\n");
	put_files(a, STS_MODE_ENFORCE, FIX_ENFORCE_AGE_S);
	buf_puts(&a->text, back_to_testing);
	buf_puts(&a->next,
	    "Read the reports of the last 14 days; without failures, publish "
	    "enforce.");
}

static void
answer_testing(struct answer *a)
{
	const struct check_facts *f = a->facts;
	int64_t days = f->options->testing_days;
	int64_t since = memory_mode_since(f).time;
	int64_t from = since > 0 ? since : f->now;
	int64_t earliest = from + days * CHECK_DAY_S;

	if (earliest < f->now)
		earliest = f->now;
	put_since(a, "The policy is in testing");
	buf_printf(&a->text,
	    "Next step, not before %s, when every MX host is good, TLS-RPT "
	    "works and %lld days passed without validation-failure, "
	    "certificate-not-trusted or starttls-not-supported in the "
	    "reports: enforce.\n\n",
	    CHECK_DAY(earliest), (long long)days);
	put_files(a, STS_MODE_ENFORCE, FIX_ENFORCE_AGE_S);
	put_tlsrpt(a);
	buf_puts(&a->text, back_to_testing);
	put_next_fix(a, "Read the reports; enforce when testing is over.");
}

void
rollout_fill(struct check_report *report, const char *unknown)
{
	struct answer a = { .facts = report->facts,
		.findings = report->findings };

	switch (report->status) {
	case CHECK_NO_DOMAIN:
		buf_puts(&a.text, "There is no such domain.\n");
		buf_puts(&a.next, "Nothing to do: there is no such domain.");
		break;
	case CHECK_NULL_MX:
		buf_puts(&a.text, "The domain takes no mail.\n");
		buf_puts(&a.next, "Nothing to do: the domain takes no mail.");
		break;
	case CHECK_UNKNOWN:
		buf_printf(&a.text, "Nothing can be advised: %s.\n",
		    unknown != NULL ? unknown : "too little was seen");
		buf_printf(&a.next, "Check again: %s.",
		    unknown != NULL ? unknown : "too little was seen");
		break;
	case CHECK_MISPLACED:
		answer_misplaced(&a);
		break;
	case CHECK_NOT_DEPLOYED:
		answer_not_deployed(&a);
		break;
	case CHECK_UNUSABLE:
		answer_unusable(&a);
		break;
	case CHECK_LEAVING:
		answer_leaving(&a);
		break;
	case CHECK_BROKEN:
	case CHECK_PARTIAL:
		answer_trouble(&a);
		break;
	case CHECK_ENFORCING:
		answer_enforcing(&a);
		break;
	case CHECK_READY:
		answer_ready(&a);
		break;
	case CHECK_TESTING:
		answer_testing(&a);
		break;
	}
	report->rollout = xstrdup(buf_str(&a.text));
	report->next_action = xstrdup(buf_str(&a.next));
	buf_clear(&a.text);
	buf_clear(&a.next);
	rollout_add_reports(report);
}
