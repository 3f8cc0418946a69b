/* SPDX-License-Identifier: ISC */
/* Patterns against MX hosts; providers. */
#include <libpsl.h>

#include "check/providers.h"
#include "check_mail.h"
#include "sts/mxmatch.h"

#define BODY(mode, mx) "version: STSv1\nmode: " mode "\n" mx "max_age: 604800\n"

static void
other_enforce(struct evidence *e)
{
	world_body(e, BODY("enforce", "mx: old.example\n"));
}

static void
other_testing(struct evidence *e)
{
	world_body(e, BODY("testing", "mx: old.example\n"));
}

static void
other_none(struct evidence *e)
{
	world_body(e, BODY("none", "mx: old.example\n"));
}

static void
half_enforce(struct evidence *e)
{
	world_body(e, BODY("enforce", "mx: mx1.good.example\n"));
}

static void
half_testing(struct evidence *e)
{
	world_body(e, BODY("testing", "mx: mx1.good.example\n"));
}

static void
no_answer(struct evidence *e)
{
	world_no_mx(e);
	world_dns(&e->mx, WORLD_DOMAIN, DNS_MX, DNS_FAILED);
}

static void
bad_file(struct evidence *e)
{
	world_body(e, "version: STSv1\nmode: enforce\nmax_age: 1\n");
}

/* One label only (RFC 8461 4.1). */
static void
deep_wildcard(struct evidence *e)
{
	world_no_mx(e);
	world_mx(e, "aspmx.l.google.com", 1);
	world_body(e, BODY("enforce", "mx: *.google.com\n"));
}

static void
left_provider(struct evidence *e)
{
	world_body(e,
	    BODY("enforce",
		"mx: mx1.good.example\nmx: mx2.good.example\n"
		"mx: aspmx.l.google.com\n"));
}

static void
same_provider(struct evidence *e)
{
	world_no_mx(e);
	world_mx(e, "smtp.google.com", 1);
	world_body(
	    e, BODY("enforce", "mx: smtp.google.com\nmx: *.googlemail.com\n"));
}

static void
spare(struct evidence *e)
{
	world_body(e,
	    BODY("enforce",
		"mx: mx1.good.example\nmx: mx2.good.example\n"
		"mx: mx3.good.example\n"));
}

static void
wide(struct evidence *e)
{
	world_body(e, BODY("enforce", "mx: *.good.example\n"));
}

static void
suffix(struct evidence *e)
{
	world_no_mx(e);
	world_mx(e, "mx.co.uk", 1);
	world_body(e, BODY("enforce", "mx: *.co.uk\n"));
}

static void
alias(struct evidence *e)
{
	world_dns_one(&e->host_mx[0].cname, "mx1.good.example", DNS_CNAME,
	    "other.good.example");
}

static void
numeric(struct evidence *e)
{
	world_set(&e->host_mx[0].host, "192.0.2.1");
}

static void
underscore(struct evidence *e)
{
	world_set(&e->host_mx[0].host, "mx_1.good.example");
}

static void
nowhere(struct evidence *e)
{
	world_dns(&e->host_mx[0].a, "mx1.good.example", DNS_A, DNS_NXDOMAIN);
	world_dns(
	    &e->host_mx[0].aaaa, "mx1.good.example", DNS_AAAA, DNS_NXDOMAIN);
}

static void
address_unknown(struct evidence *e)
{
	world_dns(&e->host_mx[0].a, "mx1.good.example", DNS_A, DNS_TIMEOUT);
}

static void
inside(struct evidence *e)
{
	mail_smtp_end(&e->host_mx[0], EV_SMTP_REFUSED_ADDRESS);
}

static void
nothing_wanted(struct evidence *e)
{
	world_no_mx(e);
	world_rr(&e->mx, "");
	e->is_null_mx = true;
}

static void
implicit(struct evidence *e)
{
	world_no_mx(e);
	world_mx(e, WORLD_DOMAIN, 0)->is_implicit = true;
	world_dns(&e->mx, WORLD_DOMAIN, DNS_MX, DNS_NODATA);
}

static const struct mail_case cases[] = {
	{ NULL, "mx_none_match", CHECK_PASS, SILENT, ANY, NULL },
	{ other_enforce, "mx_none_match", CHECK_FAIL, CHECK_CRITICAL,
	    CHECK_HIGH, "(mx1.good.example, mx2.good.example)" },
	{ other_testing, "mx_none_match", CHECK_WARN, CHECK_WARNING,
	    CHECK_MEDIUM, "validation-failure" },
	{ other_none, "mx_none_match", CHECK_SKIPPED, SILENT, ANY, NULL },
	{ half_enforce, "mx_none_match", CHECK_PASS, SILENT, ANY, NULL },
	{ no_answer, "mx_none_match", CHECK_UNPROVEN, CHECK_INFO, ANY,
	    "SERVFAIL" },
	{ bad_file, "mx_none_match", CHECK_SKIPPED, SILENT, ANY, NULL },
	{ deep_wildcard, "mx_none_match", CHECK_FAIL, CHECK_CRITICAL, ANY,
	    "aspmx.l.google.com" },
	{ NULL, "mx_partial_match", CHECK_PASS, SILENT, ANY, NULL },
	{ half_enforce, "mx_partial_match", CHECK_WARN, CHECK_WARNING,
	    CHECK_HIGH, "1 of 2 MX hosts match no pattern" },
	{ half_testing, "mx_partial_match", CHECK_WARN, CHECK_WARNING,
	    CHECK_MEDIUM, "(mx2.good.example)" },
	{ other_enforce, "mx_partial_match", CHECK_SKIPPED, SILENT, ANY, NULL },
	{ no_answer, "mx_partial_match", CHECK_SKIPPED, SILENT, ANY, NULL },
	{ NULL, "mx_stale_pattern", CHECK_PASS, SILENT, ANY, NULL },
	{ left_provider, "mx_stale_pattern", CHECK_WARN, CHECK_WARNING,
	    CHECK_LOW, "which is Google" },
	{ same_provider, "mx_stale_pattern", CHECK_PASS, CHECK_INFO, ANY,
	    "*.googlemail.com" },
	{ spare, "mx_stale_pattern", CHECK_PASS, CHECK_INFO, CHECK_NORMAL,
	    "mx3.good.example" },
	{ NULL, "mx_wide", CHECK_PASS, SILENT, ANY, NULL },
	{ wide, "mx_wide", CHECK_PASS, CHECK_INFO, ANY, "*.good.example" },
	{ suffix, "mx_wide", CHECK_WARN, CHECK_WARNING, CHECK_LOW,
	    "public suffix co.uk" },
	{ NULL, "mx_odd", CHECK_PASS, SILENT, ANY, NULL },
	{ alias, "mx_odd", CHECK_WARN, CHECK_WARNING, CHECK_LOW, "CNAME" },
	{ numeric, "mx_odd", CHECK_WARN, CHECK_WARNING, ANY, "an address" },
	{ underscore, "mx_odd", CHECK_WARN, CHECK_WARNING, ANY, "underscore" },
	{ nowhere, "mx_odd", CHECK_WARN, CHECK_WARNING, ANY, "no address" },
	{ address_unknown, "mx_odd", CHECK_PASS, SILENT, ANY, NULL },
	{ inside, "mx_odd", CHECK_WARN, CHECK_WARNING, ANY, "private" },
	{ nothing_wanted, "mx_odd", CHECK_SKIPPED, SILENT, ANY, NULL },
	{ NULL, "null_mx", CHECK_SKIPPED, SILENT, ANY, NULL },
	{ nothing_wanted, "null_mx", CHECK_SKIPPED, CHECK_INFO, ANY,
	    "takes no mail" },
	{ NULL, "implicit_mx", CHECK_PASS, SILENT, ANY, NULL },
	{ implicit, "implicit_mx", CHECK_PASS, CHECK_INFO, ANY,
	    "no MX record" },
};

static void
test_rules(void **state)
{
	(void)state;
	mail_check(cases, COUNT(cases));
}

/* The line of the file, the hosts first and the wider wildcard second. */
static void
test_fixes(void **state)
{
	const struct check_finding *f;
	const char *host, *wider;
	struct mail_run run;

	(void)state;
	mail_begin(&run, left_provider);
	f = check_finding_find(run.findings, "mx_stale_pattern");
	assert_int_equal(f->line, 5);
	assert_string_equal(f->evidence, "mx: aspmx.l.google.com");
	mail_end(&run);
	mail_begin(&run, half_enforce);
	f = check_finding_find(run.findings, "mx_partial_match");
	host = strstr(f->fix, "\nmx: mx2.good.example\n");
	wider = strstr(f->fix, "mx: *.good.example\n");
	assert_non_null(host);
	assert_non_null(wider);
	assert_true(host < wider);
	mail_end(&run);
}

static void
test_providers(void **state)
{
	static const struct {
		const char *host, *name;
	} hosts[] = {
		{ "aspmx.l.google.com", "Google" },
		{ "ALT1.ASPMX.L.GOOGLE.COM", "Google" },
		{ "*.googlemail.com", "Google" },
		{ "example-com.mail.protection.outlook.com", "Microsoft 365" },
		{ "in1-smtp.messagingengine.com", "Fastmail" },
		{ "mxext1.mailbox.org", "mailbox.org" },
		{ "mail.protonmail.ch", "Proton" },
		{ "notgoogle.com", NULL },
		{ "mx1.good.example", NULL },
	};
	const struct provider *found;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(hosts); i++) {
		found = provider_find(hosts[i].host);
		if (hosts[i].name == NULL ? found != NULL :
					    found == NULL ||
			    strcmp(found->name, hosts[i].name) != 0)
			fail_msg("%zu: %s", i, hosts[i].host);
	}
	assert_string_equal(
	    provider_dns_find("amy.ns.cloudflare.com"), "Cloudflare");
	assert_string_equal(
	    provider_dns_find("ns-12.awsdns-01.co.uk"), "Amazon Route 53");
	assert_null(provider_dns_find("ns1.good.example"));
}

/* Every pattern is one, names its provider, and is no public suffix. */
static void
test_patterns(void **state)
{
	const struct provider *p, *found;
	const char *pattern;
	char host[DOMAIN_MAX + 1];
	size_t i, j;

	(void)state;
	for (i = 0; i < providers_count; i++) {
		p = &providers[i];
		for (j = 0; j < PROVIDER_PATTERNS_MAX; j++) {
			pattern = p->pattern[j];
			if (pattern == NULL)
				break;
			snprintf(host, sizeof(host), "%s%s",
			    pattern[0] == '*' ? "mx" : "",
			    pattern[0] == '*' ? pattern + 1 : pattern);
			found = provider_find(pattern);
			if (!sts_mx_match(
				pattern, strlen(pattern), host, strlen(host)) ||
			    found == NULL ||
			    strcmp(found->name, p->name) != 0 ||
			    (pattern[0] == '*' &&
				psl_is_public_suffix(
				    psl_builtin(), pattern + 2)))
				fail_msg("%zu: %s", i, pattern);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rules),
		cmocka_unit_test(test_fixes),
		cmocka_unit_test(test_providers),
		cmocka_unit_test(test_patterns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
