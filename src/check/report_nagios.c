/* SPDX-License-Identifier: ISC */
/*
 * A line for Nagios and its kin: what a check plugin prints, with performance
 * data. U stands for a value that is not known.
 */
#include <assert.h>
#include <string.h>

#include "check/report.h"

#define NEXT_MAX_BYTES 400 /* agents cut long lines */

static const char *const words[] = { "OK", "WARNING", "CRITICAL", "UNKNOWN" };

/* Escaped; the bar begins the performance data, and is none of ours. */
static void
put_text(struct buf *out, const char *text)
{
	size_t i = out->len;

	report_escape_cut(out, text, strlen(text), NEXT_MAX_BYTES);
	for (; i < out->len; i++) {
		if (out->data[i] == '|')
			out->data[i] = '/';
	}
}

static void
put_data(struct buf *out, const struct check_report *report,
    const struct check_exit *given)
{
	const struct check_facts *facts = report->facts;
	const struct ev_cert *cert = report_cert(report);

	buf_puts(out, " | score=");
	if (report->score >= 0)
		buf_printf(out, "%d", report->score);
	else
		buf_putc(out, 'U');
	buf_puts(out, ";;;0;100 cert_days=");
	if (cert != NULL)
		buf_printf(out, "%d", report_days(cert->not_after, facts->now));
	else
		buf_putc(out, 'U');
	buf_printf(out, ";%d:;%d: max_age=",
	    given->warn_days > 0 ? given->warn_days :
				   facts->options->cert_warn_days,
	    given->critical_days > 0 ? given->critical_days :
				       facts->options->cert_high_days);
	if (facts->is_valid)
		buf_printf(
		    out, "%lus", (unsigned long)facts->file.policy.max_age);
	else
		buf_putc(out, 'U');
	buf_putc(out, '\n');
}

void
report_nagios_one(struct buf *out, const struct check_report *report,
    bool is_first, const struct report_options *options)
{
	int status = check_exit_status(report, &options->exit);

	(void)is_first;
	assert(
	    status >= 0 && (size_t)status < sizeof(words) / sizeof(words[0]));
	buf_printf(out, "MTA-STS %s - %s: grade %s", words[status],
	    report->facts->evidence->domain, report_grade(report));
	if (report->score >= 0)
		buf_printf(out, " (%d)", report->score);
	buf_printf(out, ", %s. ", check_status_word(report->status));
	if (report->next_action != NULL)
		put_text(out, report->next_action);
	else
		put_text(out, report->status_text);
	put_data(out, report, &options->exit);
}

/* In bulk: the line a plugin's status goes by; the domains' lines follow. */
void
report_nagios_head(struct buf *out, const struct check_summary *s,
    const struct report_options *options)
{
	size_t count[] = { 0, 0, 0, 0 }, i;
	const struct check_row *soonest = check_summary_soonest(s);
	int status;

	for (i = 0; i < s->rows; i++)
		if (s->row[i].is_done)
			count[s->row[i].exit]++;
	status = count[2] > 0 ? 2 : count[3] > 0 ? 3 : count[1] > 0 ? 1 : 0;
	buf_printf(out,
	    "MTA-STS %s - %zu domains: %zu critical, %zu warning, %zu unknown, "
	    "%zu ok | critical=%zu warning=%zu unknown=%zu ok=%zu",
	    words[status], s->rows, count[2], count[1], count[3], count[0],
	    count[2], count[1], count[3], count[0]);
	if (soonest != NULL)
		buf_printf(out, " cert_days=%d;%d:;%d:",
		    report_days(soonest->cert_end, s->now),
		    options->exit.warn_days > 0 ?
			options->exit.warn_days :
			check_options_default.cert_warn_days,
		    options->exit.critical_days > 0 ?
			options->exit.critical_days :
			check_options_default.cert_high_days);
	buf_putc(out, '\n');
}
