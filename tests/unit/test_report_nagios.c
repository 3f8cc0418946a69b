/* SPDX-License-Identifier: ISC */
/* A line for Nagios, samples for Prometheus; and the table of formats. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "check/report.h"
#include "golden.h"
#include "report_world.h"

static const struct report_options plain = { .label = "",
	.exit = { .undeployed = 2 } };

static void
assert_has(const struct buf *text, const char *word)
{
	if (strstr(buf_str(text), word) == NULL)
		fail_msg("no \"%s\" in:\n%s", word, buf_str(text));
}

static void
test_nagios(void **state)
{
	static const struct {
		enum report_kind kind;
		const char *begin, *data;
	} rows[] = {
		{ REPORT_ENFORCING,
		    "MTA-STS OK - good.example: grade A (100), enforcing. "
		    "Nothing to do",
		    " | score=100;;;0;100 cert_days=60;14:;7: "
		    "max_age=604800s\n" },
		{ REPORT_TESTING,
		    "MTA-STS WARNING - good.example: grade C* (74), testing. ",
		    " | score=74;;;0;100 cert_days=60;14:;7: "
		    "max_age=86400s\n" },
		{ REPORT_BROKEN,
		    "MTA-STS CRITICAL - good.example: grade F (20), broken. "
		    "Renew",
		    " | score=20;;;0;100 cert_days=60;14:;7: "
		    "max_age=604800s\n" },
		{ REPORT_ABSENT,
		    "MTA-STS CRITICAL - good.example: grade F (0), "
		    "not_deployed. ",
		    " | score=0;;;0;100 cert_days=U;14:;7: max_age=U\n" },
		{ REPORT_NULL_MX,
		    "MTA-STS OK - good.example: grade N/A, null_mx. ",
		    " | score=U;;;0;100 cert_days=U;14:;7: max_age=U\n" },
		{ REPORT_UNKNOWN,
		    "MTA-STS UNKNOWN - good.example: grade ?, unknown. ",
		    " | score=U;;;0;100 cert_days=U;14:;7: max_age=U\n" },
	};
	struct report_world w;
	struct buf text = { 0 };
	size_t i, len;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		report_world_init(&w, rows[i].kind);
		buf_reset(&text);
		report_nagios_one(&text, w.report, true, &plain);
		len = strlen(rows[i].data);
		if (strncmp(text.data, rows[i].begin, strlen(rows[i].begin)) !=
			0 ||
		    text.len < len ||
		    strcmp(text.data + text.len - len, rows[i].data) != 0)
			fail_msg("%zu: %s", i, text.data);
		report_world_clear(&w);
	}
	buf_clear(&text);
}

/* One line, one bar, printable, whatever is in it. */
static void
test_nagios_line(void **state)
{
	struct report_options options = plain;
	struct report_world w;
	struct buf text = { 0 };
	size_t i, k, bars;
	char *action = xmalloc(5001);

	(void)state;
	memset(action, '|', 5000);
	action[5000] = '\0';
	for (i = 0; i < REPORT_KINDS; i++) {
		report_world_init(&w, i);
		if (i == REPORT_ENFORCING)
			world_set(&w.report->next_action, action);
		buf_reset(&text);
		report_nagios_one(&text, w.report, true, &options);
		for (k = 0, bars = 0; k + 1 < text.len; k++) {
			bars += text.data[k] == '|';
			if (text.data[k] < 0x20 || text.data[k] > 0x7e)
				fail_msg("%zu: %s", i, text.data);
		}
		assert_int_equal(bars, 1);
		assert_int_equal(text.data[k], '\n');
		assert_true(text.len < 2000);
		report_world_clear(&w);
	}
	free(action);
	buf_clear(&text);
}

/* -w and -c are the thresholds of the data. */
static void
test_nagios_thresholds(void **state)
{
	struct report_options options = plain;
	struct report_world w;
	struct buf text = { 0 };

	(void)state;
	options.exit.warn_days = 30;
	options.exit.critical_days = 10;
	report_world_init(&w, REPORT_ENFORCING);
	report_nagios_one(&text, w.report, true, &options);
	assert_has(&text, " cert_days=60;30:;10: ");
	buf_clear(&text);
	report_world_clear(&w);
}

static void
test_prometheus(void **state)
{
	struct report_world w;
	struct buf text = { 0 };

	(void)state;
	report_world_init(&w, REPORT_TESTING);
	report_prometheus_one(&text, w.report, true, &plain);
	report_prometheus_end(&text, 1, &plain);
	assert_string_equal(text.data,
	    "# HELP mta_sts_score Points of 100.\n"
	    "# TYPE mta_sts_score gauge\n"
	    "mta_sts_score{domain=\"good.example\"} 74\n"
	    "# HELP mta_sts_grade A 5, B 4, C 3, D 2, F 1, not known 0.\n"
	    "# TYPE mta_sts_grade gauge\n"
	    "mta_sts_grade{domain=\"good.example\"} 3\n"
	    "# HELP mta_sts_cert_seconds Seconds until the policy host's "
	    "certificate expires.\n"
	    "# TYPE mta_sts_cert_seconds gauge\n"
	    "mta_sts_cert_seconds{domain=\"good.example\"} 5184000\n"
	    "# HELP mta_sts_policy_max_age max_age of the policy, in "
	    "seconds.\n"
	    "# TYPE mta_sts_policy_max_age gauge\n"
	    "mta_sts_policy_max_age{domain=\"good.example\"} 86400\n"
	    "# HELP mta_sts_unproven Checks that could not be proven.\n"
	    "# TYPE mta_sts_unproven gauge\n"
	    "mta_sts_unproven{domain=\"good.example\"} 2\n");
	buf_clear(&text);
	report_world_clear(&w);
}

/* Samples of a metric stand together; what is not known is left out. */
static void
test_prometheus_many(void **state)
{
	struct report_world w;
	struct buf text = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < REPORT_KINDS; i++) {
		report_world_init(&w, i);
		snprintf(w.evidence->domain, sizeof(w.evidence->domain),
		    "%s.example", report_kind_names[i]);
		report_prometheus_one(&text, w.report, i == 0, &plain);
		report_world_clear(&w);
	}
	report_prometheus_end(&text, REPORT_KINDS, &plain);
	golden_check("report/all.prom", &text);
	buf_clear(&text);
}

/* Of a host name nothing is to escape; what is in its place is, all the same.
 */
static void
test_prometheus_label(void **state)
{
	struct report_world w;
	struct buf text = { 0 };

	(void)state;
	report_world_init(&w, REPORT_ENFORCING);
	snprintf(w.evidence->domain, sizeof(w.evidence->domain), "a\\b\"c\nd");
	report_prometheus_one(&text, w.report, true, &plain);
	assert_has(
	    &text, "mta_sts_score{domain=\"a\\\\b\\\"c\\\\x0ad\"} 100\n");
	buf_clear(&text);
	report_world_clear(&w);
}

static void
test_formats(void **state)
{
	static const char *const names[] = { "text", "json", "ndjson", "csv",
		"markdown", "html", "nagios", "prometheus" };
	const struct check_format *format;
	struct report_world w;
	struct buf text = { 0 };
	size_t i, j;

	(void)state;
	assert_int_equal(check_formats_count, sizeof(names) / sizeof(names[0]));
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		format = check_format_find(names[i]);
		assert_ptr_equal(format, &check_formats[i]);
		assert_string_equal(format->name, names[i]);
		for (j = 0; j < REPORT_KINDS; j++) {
			report_world_init(&w, j);
			buf_reset(&text);
			format->begin(&text, 2, &plain);
			format->one(&text, w.report, true, &plain);
			format->one(&text, w.report, false, &plain);
			format->end(&text, 2, &plain);
			report_world_clear(&w);
		}
	}
	assert_null(check_format_find("xml"));
	assert_null(check_format_find(""));
	buf_clear(&text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nagios),
		cmocka_unit_test(test_nagios_line),
		cmocka_unit_test(test_nagios_thresholds),
		cmocka_unit_test(test_prometheus),
		cmocka_unit_test(test_prometheus_many),
		cmocka_unit_test(test_prometheus_label),
		cmocka_unit_test(test_formats),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
