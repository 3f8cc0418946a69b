/* SPDX-License-Identifier: ISC */
/* Mode and max_age. The world's id is of 27 days before its clock. */
#include "check_mail.h"

static void
testing_blind(struct evidence *e)
{
	mail_testing(e);
	mail_no_tlsrpt(e);
}

static void
id(struct evidence *e, const char *text)
{
	char record[64];

	snprintf(record, sizeof(record), "v=STSv1; id=%s", text);
	world_zone_txt(e, record);
}

/* 90 and 91 days before 2026-05-28. */
static void
testing_90(struct evidence *e)
{
	mail_testing(e);
	id(e, "20260227");
}

static void
testing_91(struct evidence *e)
{
	mail_testing(e);
	id(e, "20260226");
}

static void
testing_no_date(struct evidence *e)
{
	mail_testing(e);
	id(e, "abc");
}

static void
enforce_new(struct evidence *e)
{
	id(e, "20260520");
}

static void
enforce_no_date(struct evidence *e)
{
	id(e, "abc");
}

static void
no_file(struct evidence *e)
{
	world_fetch_failed(&e->fetch, STS_REASON_CONNECT, "refused");
}

#define LASTS(name, mode, seconds)             \
	static void name(struct evidence *e)   \
	{                                      \
		mail_policy(e, mode, seconds); \
	}

LASTS(enforce_86399, "enforce", "86399")
LASTS(enforce_604799, "enforce", "604799")
LASTS(enforce_1209599, "enforce", "1209599")
LASTS(enforce_1209600, "enforce", "1209600")
LASTS(enforce_0, "enforce", "0")
LASTS(testing_86399, "testing", "86399")
LASTS(testing_604800, "testing", "604800")
LASTS(testing_604801, "testing", "604801")
LASTS(none_60, "none", "60")

static const struct mail_case cases[] = {
	{ NULL, "mode_none", CHECK_PASS, SILENT, ANY, NULL },
	{ mail_none, "mode_none", CHECK_WARN, CHECK_WARNING, CHECK_LOW,
	    "none" },
	{ no_file, "mode_none", CHECK_SKIPPED, SILENT, ANY, NULL },
	{ NULL, "mode_testing", CHECK_PASS, SILENT, ANY, NULL },
	{ mail_testing, "mode_testing", CHECK_WARN, CHECK_WARNING, CHECK_NORMAL,
	    "testing" },
	{ testing_blind, "mode_testing", CHECK_WARN, CHECK_WARNING, CHECK_LOW,
	    NULL },
	{ testing_91, "mode_testing", CHECK_WARN, CHECK_WARNING, CHECK_LOW,
	    NULL },
	{ no_file, "mode_testing", CHECK_SKIPPED, SILENT, ANY, NULL },
	{ NULL, "stuck_testing", CHECK_SKIPPED, SILENT, ANY, NULL },
	{ mail_testing, "stuck_testing", CHECK_PASS, SILENT, ANY, NULL },
	{ testing_90, "stuck_testing", CHECK_PASS, SILENT, ANY, NULL },
	{ testing_91, "stuck_testing", CHECK_WARN, CHECK_WARNING, CHECK_MEDIUM,
	    "2026-02-26" },
	{ testing_no_date, "stuck_testing", CHECK_UNPROVEN, CHECK_INFO, ANY,
	    "abc" },
	{ NULL, "enforce_early", CHECK_PASS, SILENT, ANY, NULL },
	{ enforce_new, "enforce_early", CHECK_PASS, CHECK_INFO, ANY,
	    "2026-05-20" },
	{ enforce_no_date, "enforce_early", CHECK_PASS, SILENT, ANY, NULL },
	{ mail_testing, "enforce_early", CHECK_SKIPPED, SILENT, ANY, NULL },
	{ NULL, "max_age_short", CHECK_PASS, CHECK_INFO, CHECK_NORMAL,
	    "604800" },
	{ enforce_86399, "max_age_short", CHECK_WARN, CHECK_WARNING, CHECK_LOW,
	    "86399" },
	{ enforce_604799, "max_age_short", CHECK_WARN, CHECK_WARNING, ANY,
	    NULL },
	{ enforce_1209599, "max_age_short", CHECK_PASS, CHECK_INFO, ANY, NULL },
	{ enforce_1209600, "max_age_short", CHECK_PASS, SILENT, ANY, NULL },
	{ enforce_0, "max_age_short", CHECK_PASS, SILENT, ANY, NULL },
	{ mail_testing, "max_age_short", CHECK_PASS, SILENT, ANY, NULL },
	{ testing_86399, "max_age_short", CHECK_WARN, CHECK_WARNING, ANY,
	    NULL },
	{ none_60, "max_age_short", CHECK_SKIPPED, SILENT, ANY, NULL },
	{ no_file, "max_age_short", CHECK_SKIPPED, SILENT, ANY, NULL },
	{ testing_604800, "max_age_long", CHECK_PASS, SILENT, ANY, NULL },
	{ testing_604801, "max_age_long", CHECK_PASS, CHECK_INFO, ANY,
	    "604801" },
	{ NULL, "max_age_long", CHECK_SKIPPED, SILENT, ANY, NULL },
};

static void
test_rules(void **state)
{
	(void)state;
	mail_check(cases, COUNT(cases));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rules),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
