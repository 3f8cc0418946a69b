/* SPDX-License-Identifier: ISC */
/* The only evidence there is that enforce will hold nobody's mail up. */
#include <stdlib.h>
#include <string.h>

#include "base/xmalloc.h"
#include "check/rollout_reports.h"
#include "check/rptsum.h"
#include "check/ruletool.h"

static void
sum(const struct check_facts *facts, int64_t since, struct rpt_sum *out)
{
	rpt_sum(facts->options->reports, facts->evidence->domain, since, out);
}

static int64_t
window(const struct check_facts *facts)
{
	return facts->now - facts->options->testing_days * CHECK_DAY_S;
}

bool
rollout_has_reports(const struct check_facts *facts)
{
	struct rpt_sum s;
	bool has;

	if (facts->options->reports == NULL)
		return false;
	sum(facts, 0, &s);
	has = s.reports > 0;
	rpt_sum_clear(&s);
	return has;
}

bool
rollout_is_reported_bad(const struct check_facts *facts)
{
	struct rpt_sum s;
	bool is_bad;

	if (facts->options->reports == NULL)
		return false;
	sum(facts, window(facts), &s);
	is_bad = s.blocked > 0;
	rpt_sum_clear(&s);
	return is_bad;
}

/* Whole days, a started one counts. */
static long long
days(int64_t seconds)
{
	return (long long)((seconds + CHECK_DAY_S - 1) / CHECK_DAY_S);
}

static void
put_verdict(
    struct buf *out, const struct check_facts *facts, const struct rpt_sum *s)
{
	int64_t from = s->begin > window(facts) ? s->begin : window(facts);
	int64_t to = s->end < facts->now ? s->end : facts->now;

	if (s->blocked > 0) {
		buf_printf(out, " Enforce would have held up %lld of them: ",
		    (long long)s->blocked);
		rpt_put_blocking(out, s);
		buf_puts(out, ". Repair that first.");
	} else if (s->good[RPT_STS] == 0) {
		buf_puts(out,
		    " No session under MTA-STS is in them: they prove "
		    "nothing yet.");
	} else if (days(to - from) < facts->options->testing_days) {
		buf_printf(out,
		    " Enforce would have held up none; they cover %lld of %d "
		    "days.",
		    days(to - from), facts->options->testing_days);
	} else {
		buf_puts(out, " Enforce would have held up none.");
	}
}

static void
put_evidence(
    struct buf *out, const struct check_facts *facts, const struct rpt_sum *s)
{
	if (s->reports == 0) {
		buf_printf(out,
		    "None of the reports given is of this domain and the last "
		    "%d days.\n",
		    facts->options->testing_days);
		return;
	}
	buf_printf(out,
	    "Evidence: %zu report%s of %zu sender%s, %s to %s, tell of %lld "
	    "sessions under MTA-STS that were good and %lld that failed.",
	    s->reports, s->reports == 1 ? "" : "s", s->senders,
	    s->senders == 1 ? "" : "s", CHECK_DAY(s->begin), CHECK_DAY(s->end),
	    (long long)s->good[RPT_STS], (long long)s->failed[RPT_STS]);
	put_verdict(out, facts, s);
	buf_putc(out, '\n');
}

static void
replace(char **text, struct buf *with)
{
	free(*text);
	*text = xstrdup(buf_str(with));
	buf_clear(with);
}

static void
set_next(struct check_report *r, const struct rpt_sum *s)
{
	struct buf next = { 0 };

	if (s->blocked > 0 &&
	    (r->status == CHECK_TESTING || r->status == CHECK_ENFORCING)) {
		buf_puts(&next, "Repair what senders report: ");
		rpt_put_blocking(&next, s);
		buf_putc(&next, '.');
		replace(&r->next_action, &next);
	} else if (r->status == CHECK_READY && s->good[RPT_STS] > 0) {
		buf_printf(&next,
		    "Publish enforce: the reports of the last %d days tell of "
		    "%lld good sessions, and of none that it would have held "
		    "up.",
		    r->facts->options->testing_days,
		    (long long)s->good[RPT_STS]);
		replace(&r->next_action, &next);
	}
}

void
rollout_add_reports(struct check_report *r)
{
	struct buf text = { 0 };
	struct rpt_sum s;

	if (r->facts->options->reports == NULL ||
	    (r->status != CHECK_READY && r->status != CHECK_TESTING &&
		r->status != CHECK_ENFORCING && r->status != CHECK_PARTIAL &&
		r->status != CHECK_BROKEN))
		return;
	sum(r->facts, window(r->facts), &s);
	put_evidence(&text, r->facts, &s);
	buf_puts(&text, r->rollout);
	replace(&r->rollout, &text);
	set_next(r, &s);
	rpt_sum_clear(&s);
}
