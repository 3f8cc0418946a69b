/* SPDX-License-Identifier: ISC */
/*
 * For the textfile collector of Prometheus' node_exporter. A metric's samples
 * must stand together, below its HELP and TYPE: the end puts the lines of all
 * domains in that order. What is not known has no sample.
 */
#include <string.h>

#include "check/report.h"

static const struct {
	const char *name, *help;
} metrics[] = {
	{ "mta_sts_score", "Points of 100." },
	{ "mta_sts_grade", "A 5, B 4, C 3, D 2, F 1, not known 0." },
	{ "mta_sts_cert_seconds",
	    "Seconds until the policy host's certificate expires." },
	{ "mta_sts_policy_max_age", "max_age of the policy, in seconds." },
	{ "mta_sts_unproven", "Checks that could not be proven." },
};

#define METRICS (sizeof(metrics) / sizeof(metrics[0]))

/* A label's value: backslash, quote and line end escaped. */
static void
put_label(struct buf *out, const char *text)
{
	struct buf plain = { 0 };
	size_t i;

	report_escape_text(&plain, text);
	for (i = 0; i < plain.len; i++) {
		if (plain.data[i] == '\\' || plain.data[i] == '"')
			buf_putc(out, '\\');
		buf_putc(out, plain.data[i]);
	}
	buf_clear(&plain);
}

static void
put_sample(struct buf *out, const char *name, const struct check_report *report,
    int64_t value)
{
	buf_printf(out, "%s{domain=\"", name);
	put_label(out, report->facts->evidence->domain);
	buf_printf(out, "\"} %lld\n", (long long)value);
}

/* -1: there is none to give. */
static int
grade_value(const struct check_report *report)
{
	static const char letters[] = "?FDCBA";
	const char *at;

	if (report->grade[0] == '\0')
		return -1;
	at = strchr(letters, report->grade[0]);
	return at != NULL ? (int)(at - letters) : 0;
}

void
report_prometheus_one(struct buf *out, const struct check_report *report,
    bool is_first, const struct report_options *options)
{
	const struct check_facts *facts = report->facts;
	const struct ev_cert *cert = report_cert(report);

	(void)is_first;
	(void)options;
	if (report->score >= 0)
		put_sample(out, "mta_sts_score", report, report->score);
	if (grade_value(report) >= 0)
		put_sample(out, "mta_sts_grade", report, grade_value(report));
	if (cert != NULL)
		put_sample(out, "mta_sts_cert_seconds", report,
		    report_seconds(cert->not_after, facts->now));
	if (facts->is_valid)
		put_sample(out, "mta_sts_policy_max_age", report,
		    facts->file.policy.max_age);
	put_sample(out, "mta_sts_unproven", report,
	    (int64_t)report_count(report, CHECK_UNPROVEN));
}

/* The samples of one metric, in the order of the domains. */
static void
put_metric(struct buf *out, const char *lines, const char *name)
{
	size_t len, name_len = strlen(name);

	for (; *lines != '\0'; lines += len) {
		len = strcspn(lines, "\n") + 1;
		if (strncmp(lines, name, name_len) == 0 &&
		    lines[name_len] == '{')
			buf_put(out, lines, len);
	}
}

void
report_prometheus_end(
    struct buf *out, size_t count, const struct report_options *options)
{
	struct buf sorted = { 0 };
	size_t i;

	(void)count;
	(void)options;
	for (i = 0; i < METRICS; i++) {
		buf_printf(&sorted, "# HELP %s %s\n# TYPE %s gauge\n",
		    metrics[i].name, metrics[i].help, metrics[i].name);
		put_metric(&sorted, buf_str(out), metrics[i].name);
	}
	buf_reset(out);
	buf_put(out, sorted.data, sorted.len);
	buf_clear(&sorted);
}
