/* SPDX-License-Identifier: ISC */
/* The TLS-RPT record and where it points. */
#include "check/tlsrpt.h"
#include "check_mail.h"

static void
rpt(struct evidence *e, const char *text)
{
	world_tlsrpt(e, text);
}

static void
not_answered(struct evidence *e)
{
	world_dns(&e->tlsrpt, "_smtp._tls." WORLD_DOMAIN, DNS_TXT, DNS_TIMEOUT);
}

static void
missing_testing(struct evidence *e)
{
	mail_testing(e);
	mail_no_tlsrpt(e);
}

static void
missing_none(struct evidence *e)
{
	mail_none(e);
	mail_no_tlsrpt(e);
}

static void
misspelt(struct evidence *e)
{
	rpt(e, "V=TLSRPTv1 rua=mailto:a@good.example");
}

static void
several(struct evidence *e)
{
	rpt(e, WORLD_RUA);
	world_rr(&e->tlsrpt, WORLD_RUA);
}

static void
no_rua(struct evidence *e)
{
	rpt(e, "v=TLSRPTv1; ruf=mailto:a@good.example");
}

static void
size_limit(struct evidence *e)
{
	rpt(e, "v=TLSRPTv1; rua=mailto:a@good.example!10m");
}

static void
ftp(struct evidence *e)
{
	rpt(e, "v=TLSRPTv1; rua=ftp://good.example/");
}

static void
one_of_two(struct evidence *e)
{
	rpt(e, "v=TLSRPTv1; rua=ftp://x.example/,mailto:a@good.example");
}

static void
takes_no_mail(struct evidence *e)
{
	world_dns_one(&e->rua_mx[0], WORLD_DOMAIN, DNS_MX, "");
}

static void
no_such_domain(struct evidence *e)
{
	world_dns(&e->rua_mx[0], WORLD_DOMAIN, DNS_MX, DNS_NXDOMAIN);
}

static void
no_mx_no_address(struct evidence *e)
{
	world_dns(&e->rua_mx[0], WORLD_DOMAIN, DNS_MX, DNS_NODATA);
	world_dns(&e->rua_a[0], WORLD_DOMAIN, DNS_A, DNS_NODATA);
}

static void
address_only(struct evidence *e)
{
	world_dns(&e->rua_mx[0], WORLD_DOMAIN, DNS_MX, DNS_NODATA);
	world_dns_one(&e->rua_a[0], WORLD_DOMAIN, DNS_A, "192.0.2.7");
}

static void
rua_unknown(struct evidence *e)
{
	world_dns(&e->rua_mx[0], WORLD_DOMAIN, DNS_MX, DNS_FAILED);
}

/* A second destination, whose domain is gone. */
static void
half_gone(struct evidence *e)
{
	rpt(e, "v=TLSRPTv1; rua=mailto:a@good.example,mailto:b@gone.example");
	world_dns(&e->rua_mx[1], "gone.example", DNS_MX, DNS_NXDOMAIN);
	e->ruas = 2;
}

static void
https(struct evidence *e)
{
	rpt(e, "v=TLSRPTv1; rua=https://reports.example/x");
}

static void
own_host(struct evidence *e)
{
	rpt(e, "v=TLSRPTv1; rua=https://in.good.example/x");
}

static void
old_name(struct evidence *e)
{
	world_dns_one(
	    &e->tlsrpt_old, "_smtp-tlsrpt." WORLD_DOMAIN, DNS_TXT, WORLD_RUA);
}

static const struct mail_case cases[] = {
	{ NULL, "tls_rpt_missing", CHECK_PASS, SILENT, ANY, NULL },
	{ mail_no_tlsrpt, "tls_rpt_missing", CHECK_WARN, CHECK_WARNING,
	    CHECK_MEDIUM, "_smtp._tls.good.example" },
	{ missing_testing, "tls_rpt_missing", CHECK_WARN, CHECK_WARNING,
	    CHECK_MEDIUM, NULL },
	{ missing_none, "tls_rpt_missing", CHECK_WARN, CHECK_WARNING, CHECK_LOW,
	    NULL },
	{ not_answered, "tls_rpt_missing", CHECK_UNPROVEN, CHECK_INFO, ANY,
	    "no answer in 5 s" },
	{ misspelt, "tls_rpt_missing", CHECK_PASS, SILENT, ANY, NULL },
	{ NULL, "tls_rpt_syntax", CHECK_PASS, SILENT, ANY, NULL },
	{ misspelt, "tls_rpt_syntax", CHECK_WARN, CHECK_WARNING, CHECK_MEDIUM,
	    "does not begin" },
	{ several, "tls_rpt_syntax", CHECK_WARN, CHECK_WARNING, ANY,
	    "more than one" },
	{ no_rua, "tls_rpt_syntax", CHECK_WARN, CHECK_WARNING, ANY,
	    "no rua field" },
	{ mail_no_tlsrpt, "tls_rpt_syntax", CHECK_SKIPPED, SILENT, ANY, NULL },
	{ not_answered, "tls_rpt_syntax", CHECK_SKIPPED, SILENT, ANY, NULL },
	{ NULL, "tls_rpt_rua", CHECK_PASS, SILENT, ANY, NULL },
	{ https, "tls_rpt_rua", CHECK_PASS, SILENT, ANY, NULL },
	{ address_only, "tls_rpt_rua", CHECK_PASS, SILENT, ANY, NULL },
	{ size_limit, "tls_rpt_rua", CHECK_WARN, CHECK_WARNING, CHECK_MEDIUM,
	    "%21" },
	{ ftp, "tls_rpt_rua", CHECK_WARN, CHECK_WARNING, ANY,
	    "neither mailto: nor https:" },
	{ one_of_two, "tls_rpt_rua", CHECK_WARN, CHECK_WARNING, CHECK_LOW,
	    NULL },
	{ takes_no_mail, "tls_rpt_rua", CHECK_WARN, CHECK_WARNING, CHECK_MEDIUM,
	    "null MX" },
	{ no_such_domain, "tls_rpt_rua", CHECK_WARN, CHECK_WARNING, ANY,
	    "does not exist" },
	{ no_mx_no_address, "tls_rpt_rua", CHECK_WARN, CHECK_WARNING, ANY,
	    "neither MX nor address" },
	{ half_gone, "tls_rpt_rua", CHECK_WARN, CHECK_WARNING, CHECK_LOW,
	    "b@gone.example" },
	{ rua_unknown, "tls_rpt_rua", CHECK_UNPROVEN, CHECK_INFO, ANY,
	    "not known" },
	{ not_answered, "tls_rpt_rua", CHECK_SKIPPED, SILENT, ANY, NULL },
	{ NULL, "tls_rpt_old_name", CHECK_PASS, SILENT, ANY, NULL },
	{ old_name, "tls_rpt_old_name", CHECK_PASS, CHECK_INFO, ANY,
	    "_smtp-tlsrpt.good.example" },
	{ NULL, "tls_rpt_reader", CHECK_UNPROVEN, CHECK_INFO, CHECK_NORMAL,
	    "the domain's own" },
	{ https, "tls_rpt_reader", CHECK_UNPROVEN, CHECK_INFO, ANY,
	    "a third party" },
	{ own_host, "tls_rpt_reader", CHECK_UNPROVEN, CHECK_INFO, ANY,
	    "the domain's own" },
	{ mail_no_tlsrpt, "tls_rpt_reader", CHECK_SKIPPED, SILENT, ANY, NULL },
};

static void
test_rules(void **state)
{
	(void)state;
	mail_check(cases, COUNT(cases));
}

static void
test_points(void **state)
{
	static const struct {
		void (*breaks)(struct evidence *);
		int points;
		bool is_unproven;
	} points[] = {
		{ NULL, 10, false },
		{ https, 10, false },
		{ mail_no_tlsrpt, 0, false },
		{ several, 0, false },
		{ size_limit, 0, false },
		{ takes_no_mail, 0, false },
		{ one_of_two, 5, false },
		{ half_gone, 5, false },
		{ not_answered, 10, true },
		{ rua_unknown, 10, true },
	};
	const struct check_points *part;
	struct mail_run run;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(points); i++) {
		mail_begin(&run, points[i].breaks);
		part = &run.report->part[CHECK_PART_TLS_RPT];
		if (part->points != points[i].points || part->of != 10 ||
		    part->is_unproven != points[i].is_unproven)
			fail_msg("%zu: %d of %d, %d", i, part->points, part->of,
			    part->is_unproven);
		mail_end(&run);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rules),
		cmocka_unit_test(test_points),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
