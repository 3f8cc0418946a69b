/* SPDX-License-Identifier: ISC */
/* The rules on the TXT record: when each fires, and when it does not. */
#include "check_rules.h"

#define NAME "_mta-sts." WORLD_DOMAIN
#define C    CHECK_CRITICAL
#define W    CHECK_WARNING
#define I    CHECK_INFO

static void
no_record(struct evidence *e)
{
	world_no_txt(e);
	world_fetch_failed(&e->fetch, STS_REASON_DNS, "NXDOMAIN");
	world_dns(&e->host_a, "mta-sts." WORLD_DOMAIN, DNS_A, DNS_NXDOMAIN);
	world_dns(
	    &e->host_aaaa, "mta-sts." WORLD_DOMAIN, DNS_AAAA, DNS_NXDOMAIN);
	e->eachs = 0;
	ev_fetch_clear(&e->each[0]);
	ev_fetch_clear(&e->each[1]);
}

static void
no_record_no_dmarc(struct evidence *e)
{
	no_record(e);
	world_dns(&e->dmarc, "_dmarc." WORLD_DOMAIN, DNS_TXT, DNS_NXDOMAIN);
}

static void
no_record_but_file(struct evidence *e)
{
	world_no_txt(e);
}

static void
no_record_null_mx(struct evidence *e)
{
	no_record(e);
	world_no_mx(e);
	e->is_null_mx = true;
}

static void
no_record_no_mx_known(struct evidence *e)
{
	no_record(e);
	world_no_mx(e);
}

static void
other_txt(struct evidence *e)
{
	world_dns_one(&e->txt, NAME, DNS_TXT, "hello");
}

static void
servfail(struct evidence *e)
{
	world_dns(&e->txt, NAME, DNS_TXT, DNS_FAILED);
}

static void
no_server(struct evidence *e)
{
	world_dns(&e->txt, NAME, DNS_TXT, DNS_NO_SERVER);
}

static void
timed_out(struct evidence *e)
{
	world_dns(&e->txt, NAME, DNS_TXT, DNS_TIMEOUT);
}

static void
not_asked(struct evidence *e)
{
	ev_dns_clear(&e->txt);
	e->is_timed_out = true;
}

static void
nxdomain(struct evidence *e)
{
	no_record(e);
	world_no_mx(e);
	world_dns(&e->soa, WORLD_DOMAIN, DNS_SOA, DNS_NXDOMAIN);
}

static void
soa_failed(struct evidence *e)
{
	servfail(e);
	world_dns(&e->soa, WORLD_DOMAIN, DNS_SOA, DNS_FAILED);
}

#define PLACE(name, member, where)                                    \
	static void name(struct evidence *e)                          \
	{                                                             \
		no_record(e);                                         \
		world_dns_one(&e->member, where, DNS_TXT, WORLD_TXT); \
	}

PLACE(at_underscore, underscore, "_mta_sts." WORLD_DOMAIN)
PLACE(at_bare, bare, "mta-sts." WORLD_DOMAIN)
PLACE(at_twice, twice, NAME "." WORLD_DOMAIN)
PLACE(at_www, www, "_mta-sts.www." WORLD_DOMAIN)
PLACE(at_apex, spf, WORLD_DOMAIN)
PLACE(at_parent, parent, "_mta-sts.example")

static void
place_failed(struct evidence *e)
{
	no_record(e);
	world_dns(&e->www, "_mta-sts.www." WORLD_DOMAIN, DNS_TXT, DNS_TIMEOUT);
}

static void
parent_failed(struct evidence *e)
{
	no_record(e);
	world_dns(&e->parent, "_mta-sts.example", DNS_TXT, DNS_FAILED);
}

static void
parent_none(struct evidence *e)
{
	no_record(e);
	world_dns(&e->parent, "_mta-sts.example", DNS_TXT, DNS_NXDOMAIN);
}

static void
two_records(struct evidence *e)
{
	world_rr(&e->txt, "v=STSv1; id=2");
}

static void
one_unrelated(struct evidence *e)
{
	world_rr(&e->txt, "hello\033[31m");
}

#define RECORD(name, text)                   \
	static void name(struct evidence *e) \
	{                                    \
		world_zone_txt(e, text);     \
	}

RECORD(version_case, "V=stsv1; id=1")
RECORD(version_blank, " v=STSv1; id=1")
RECORD(version_inner, "v = STSv1; id=1")
RECORD(version_bare, "v=STSv1")
RECORD(version_two, "v=STSv2; id=1")
RECORD(version_quoted, "\"v=STSv1; id=1\"")
RECORD(id_missing, "v=STSv1; a=b")
RECORD(id_empty, "v=STSv1; id=;")
RECORD(id_hyphen, "v=STSv1; id=2026-05-28")
RECORD(id_long, "v=STSv1; id=123456789012345678901234567890123")
RECORD(field_bad, "v=STSv1; id=20260501; mode")
RECORD(space, "v=STSv1 ; id=" WORLD_ID)
RECORD(duplicate, "v=STSv1; id=1; id=2")
RECORD(extension, "v=STSv1; id=1; x=a\"b\\c; mode")

static void
cname(struct evidence *e)
{
	e->txt.cnames = 1;
	world_set(&e->txt.owner, "_mta-sts.provider.test");
}

static void
long_ttl(struct evidence *e)
{
	e->server[1].txt.ttl = 172800;
}

RECORD(id_counter,
    "v=STSv1; id=20260501"
    "01")
RECORD(id_minutes, "v=STSv1; id=20260501T1200")
RECORD(id_day, "v=STSv1; id=20260501")
RECORD(id_seconds, "v=STSv1; id=20260501120000")
RECORD(id_zulu, "v=STSv1; id=20260501120000Z")
RECORD(id_epoch, "v=STSv1; id=1779900000")
RECORD(id_epoch_ms, "v=STSv1; id=1779900000123")
RECORD(id_tomorrow, "v=STSv1; id=20260529")
RECORD(id_later, "v=STSv1; id=20260530")
RECORD(id_2016, "v=STSv1; id=20161231")
RECORD(id_no_day, "v=STSv1; id=20260230")
RECORD(id_no_hour, "v=STSv1; id=20260501T2500")
RECORD(id_word, "v=STSv1; id=abc")
RECORD(id_short, "v=STSv1; id=2026050Z")

static void
stale_server(struct evidence *e)
{
	world_dns_one(&e->server[1].txt, NAME, DNS_TXT, "v=STSv1; id=old");
}

static void
empty_server(struct evidence *e)
{
	world_dns(&e->server[0].txt, NAME, DNS_TXT, DNS_NXDOMAIN);
}

static void
lame_server(struct evidence *e)
{
	world_dns(&e->server[1].txt, NAME, DNS_TXT, DNS_TIMEOUT);
}

static void
swapped_servers(struct evidence *e)
{
	world_rr(&e->server[0].txt, "other");
	world_dns_one(&e->server[1].txt, NAME, DNS_TXT, "other");
	world_rr(&e->server[1].txt, WORLD_TXT);
}

static void
ns_failed(struct evidence *e)
{
	world_dns(&e->ns, WORLD_DOMAIN, DNS_NS, DNS_FAILED);
}

static const struct rule_case cases[] = {
	QUIET("missing_record", NULL, CHECK_PASS),
	{ "missing_record", no_record, CHECK_FAIL, C, CHECK_MEDIUM,
	    STS_REASON_TXT_NONE, 0, NAME },
	{ "missing_record", no_record_no_dmarc, CHECK_FAIL, C, CHECK_LOW,
	    STS_REASON_TXT_NONE, 0, "no such name" },
	{ "missing_record", no_record_but_file, CHECK_FAIL, C, CHECK_MEDIUM,
	    STS_REASON_TXT_NONE, 0, "senders never look" },
	{ "missing_record", no_record_no_mx_known, CHECK_FAIL, C, CHECK_MEDIUM,
	    STS_REASON_TXT_NONE, 0, NULL },
	{ "missing_record", other_txt, CHECK_FAIL, C, CHECK_MEDIUM,
	    STS_REASON_TXT_NONE, 0, "other TXT records only" },
	QUIET("missing_record", no_record_null_mx, CHECK_SKIPPED),
	QUIET("missing_record", servfail, CHECK_SKIPPED),
	QUIET("missing_record", nxdomain, CHECK_SKIPPED),
	QUIET("missing_record", version_case, CHECK_PASS),

	QUIET("wrong_name", NULL, CHECK_SKIPPED),
	QUIET("wrong_name", no_record, CHECK_PASS),
	{ "wrong_name", at_underscore, CHECK_FAIL, C, CHECK_MEDIUM,
	    STS_REASON_OK, 0, "_mta_sts." },
	{ "wrong_name", at_bare, CHECK_FAIL, C, CHECK_MEDIUM, STS_REASON_OK, 0,
	    "underscore" },
	{ "wrong_name", at_twice, CHECK_FAIL, C, CHECK_MEDIUM, STS_REASON_OK, 0,
	    "twice" },
	{ "wrong_name", at_www, CHECK_FAIL, C, CHECK_MEDIUM, STS_REASON_OK, 0,
	    "www" },
	{ "wrong_name", at_apex, CHECK_FAIL, C, CHECK_MEDIUM, STS_REASON_OK, 0,
	    "the domain itself" },
	{ "wrong_name", place_failed, CHECK_UNPROVEN, I, CHECK_NORMAL,
	    STS_REASON_OK, 0, "www" },

	QUIET("dns_temp_error", NULL, CHECK_PASS),
	QUIET("dns_temp_error", no_record, CHECK_PASS),
	{ "dns_temp_error", servfail, CHECK_UNPROVEN, I, CHECK_NORMAL,
	    STS_REASON_TXT_LOOKUP, 0, "SERVFAIL" },
	{ "dns_temp_error", timed_out, CHECK_UNPROVEN, I, CHECK_NORMAL,
	    STS_REASON_TXT_LOOKUP, 0, "no answer" },
	{ "dns_temp_error", no_server, CHECK_UNPROVEN, I, CHECK_NORMAL,
	    STS_REASON_NO_SERVER, 0, NULL },
	{ "dns_temp_error", not_asked, CHECK_UNPROVEN, I, CHECK_NORMAL,
	    STS_REASON_TXT_LOOKUP, 0, "time was over" },

	QUIET("no_such_domain", NULL, CHECK_PASS),
	{ "no_such_domain", nxdomain, CHECK_SKIPPED, I, CHECK_NORMAL,
	    STS_REASON_OK, 0, "does not exist" },
	{ "no_such_domain", soa_failed, CHECK_UNPROVEN, I, CHECK_NORMAL,
	    STS_REASON_TXT_LOOKUP, 0, NULL },

	QUIET("multiple_records", NULL, CHECK_PASS),
	QUIET("multiple_records", one_unrelated, CHECK_PASS),
	QUIET("multiple_records", servfail, CHECK_SKIPPED),
	{ "multiple_records", two_records, CHECK_FAIL, C, CHECK_MEDIUM,
	    STS_REASON_TXT_MULTIPLE, 0, "2 records" },

	QUIET("unrelated_txt", NULL, CHECK_PASS),
	QUIET("unrelated_txt", version_case, CHECK_PASS),
	QUIET("unrelated_txt", servfail, CHECK_SKIPPED),
	{ "unrelated_txt", one_unrelated, CHECK_PASS, I, CHECK_NORMAL,
	    STS_REASON_OK, 0, "hello\\x1b[31m" },

	QUIET("bad_version", NULL, CHECK_PASS),
	QUIET("bad_version", other_txt, CHECK_PASS),
	QUIET("bad_version", servfail, CHECK_SKIPPED),
	{ "bad_version", version_case, CHECK_FAIL, C, CHECK_MEDIUM,
	    STS_REASON_TXT_NONE, 0, "case" },
	{ "bad_version", version_blank, CHECK_FAIL, C, CHECK_MEDIUM,
	    STS_REASON_TXT_NONE, 0, "blank" },
	{ "bad_version", version_inner, CHECK_FAIL, C, CHECK_MEDIUM,
	    STS_REASON_TXT_NONE, 0, "exactly" },
	{ "bad_version", version_bare, CHECK_FAIL, C, CHECK_MEDIUM,
	    STS_REASON_TXT_NONE, 0, "\";\"" },
	{ "bad_version", version_two, CHECK_FAIL, C, CHECK_MEDIUM,
	    STS_REASON_TXT_NONE, 0, "exactly" },
	{ "bad_version", version_quoted, CHECK_FAIL, C, CHECK_MEDIUM,
	    STS_REASON_TXT_NONE, 0, "quotation" },

	QUIET("bad_id", NULL, CHECK_PASS),
	QUIET("bad_id", field_bad, CHECK_PASS),
	QUIET("bad_id", no_record, CHECK_SKIPPED),
	{ "bad_id", id_missing, CHECK_FAIL, C, CHECK_MEDIUM,
	    STS_REASON_TXT_INVALID, 0, "no id" },
	{ "bad_id", id_empty, CHECK_FAIL, C, CHECK_MEDIUM,
	    STS_REASON_TXT_INVALID, 0, "empty" },
	{ "bad_id", id_hyphen, CHECK_FAIL, C, CHECK_MEDIUM,
	    STS_REASON_TXT_INVALID, 0, "2026-05-28" },
	{ "bad_id", id_long, CHECK_FAIL, C, CHECK_MEDIUM,
	    STS_REASON_TXT_INVALID, 0, "32" },

	QUIET("txt_syntax", NULL, CHECK_PASS),
	QUIET("txt_syntax", id_hyphen, CHECK_PASS),
	{ "txt_syntax", field_bad, CHECK_FAIL, C, CHECK_MEDIUM,
	    STS_REASON_TXT_INVALID, 0, "\"mode\"" },
	{ "txt_syntax", extension, CHECK_FAIL, C, CHECK_MEDIUM,
	    STS_REASON_TXT_INVALID, 0, "\"mode\"" },

	QUIET("txt_space", NULL, CHECK_PASS),
	{ "txt_space", space, CHECK_WARN, W, CHECK_LOW, STS_REASON_OK, 0,
	    "blank" },
	QUIET("txt_duplicate", NULL, CHECK_PASS),
	{ "txt_duplicate", duplicate, CHECK_WARN, W, CHECK_LOW, STS_REASON_OK,
	    0, "id=2" },

	QUIET("cname", NULL, CHECK_PASS),
	QUIET("cname", servfail, CHECK_SKIPPED),
	{ "cname", cname, CHECK_PASS, I, CHECK_NORMAL, STS_REASON_OK, 0,
	    "provider.test" },
	{ "ttl", NULL, CHECK_PASS, I, CHECK_NORMAL, STS_REASON_OK, 0,
	    "1 hour" },
	{ "ttl", long_ttl, CHECK_PASS, I, CHECK_NORMAL, STS_REASON_OK, 0,
	    "2 days" },
	QUIET("ttl", no_record, CHECK_SKIPPED),

	{ "id_age", NULL, CHECK_PASS, I, CHECK_NORMAL, STS_REASON_OK, 0,
	    "2026-05-01 12:00 UTC: 27 days ago" },
	{ "id_age", id_counter, CHECK_PASS, I, CHECK_NORMAL, STS_REASON_OK, 0,
	    "2026-05-01 00:00" },
	{ "id_age", id_minutes, CHECK_PASS, I, CHECK_NORMAL, STS_REASON_OK, 0,
	    "2026-05-01 12:00" },
	{ "id_age", id_day, CHECK_PASS, I, CHECK_NORMAL, STS_REASON_OK, 0,
	    "2026-05-01 00:00" },
	{ "id_age", id_seconds, CHECK_PASS, I, CHECK_NORMAL, STS_REASON_OK, 0,
	    "2026-05-01 12:00" },
	{ "id_age", id_zulu, CHECK_PASS, I, CHECK_NORMAL, STS_REASON_OK, 0,
	    "2026-05-01 12:00" },
	{ "id_age", id_epoch, CHECK_PASS, I, CHECK_NORMAL, STS_REASON_OK, 0,
	    "2026-05-27 16:40" },
	{ "id_age", id_epoch_ms, CHECK_PASS, I, CHECK_NORMAL, STS_REASON_OK, 0,
	    "2026-05-27 16:40" },
	{ "id_age", id_tomorrow, CHECK_PASS, I, CHECK_NORMAL, STS_REASON_OK, 0,
	    "to come" },
	QUIET("id_age", id_later, CHECK_SKIPPED),
	QUIET("id_age", id_2016, CHECK_SKIPPED),
	QUIET("id_age", id_no_day, CHECK_SKIPPED),
	QUIET("id_age", id_no_hour, CHECK_SKIPPED),
	QUIET("id_age", id_word, CHECK_SKIPPED),
	QUIET("id_age", id_short, CHECK_SKIPPED),

	QUIET("ns_differ", NULL, CHECK_PASS),
	QUIET("ns_differ", swapped_servers, CHECK_PASS),
	QUIET("ns_differ", cname, CHECK_SKIPPED),
	{ "ns_differ", stale_server, CHECK_WARN, W, CHECK_LOW, STS_REASON_OK, 0,
	    "id=old" },
	{ "ns_differ", empty_server, CHECK_WARN, W, CHECK_LOW, STS_REASON_OK, 0,
	    "nothing" },
	{ "ns_differ", lame_server, CHECK_UNPROVEN, I, CHECK_NORMAL,
	    STS_REASON_OK, 0, "1 of 2" },
	{ "ns_differ", ns_failed, CHECK_UNPROVEN, I, CHECK_NORMAL,
	    STS_REASON_OK, 0, NULL },

	QUIET("parent_policy", NULL, CHECK_SKIPPED),
	QUIET("parent_policy", parent_none, CHECK_PASS),
	{ "parent_policy", at_parent, CHECK_PASS, I, CHECK_NORMAL,
	    STS_REASON_OK, 0, "does not count" },
	{ "parent_policy", parent_failed, CHECK_UNPROVEN, I, CHECK_NORMAL,
	    STS_REASON_OK, 0, NULL },

	{ "subdomains", NULL, CHECK_PASS, I, CHECK_NORMAL, STS_REASON_OK, 0,
	    WORLD_DOMAIN },
	QUIET("subdomains", no_record, CHECK_SKIPPED),
};

static void
test_cases(void **state)
{
	(void)state;
	rule_check_cases(cases, sizeof(cases) / sizeof(cases[0]));
}

/* What a fix says, to the letter. */
static void
test_fix(void **state)
{
	static const struct {
		const char *code;
		void (*change)(struct evidence *);
		const char *fix; /* in it */
	} fixes[] = {
		{ "missing_record", no_record,
		    "version: STSv1\nmode: testing\nmx: mx1.good.example\n"
		    "mx: mx2.good.example\nmax_age: 86400\n" },
		{ "missing_record", no_record,
		    "_mta-sts.good.example. IN TXT "
		    "\"v=STSv1; id=20260528T202640Z\"" },
		{ "missing_record", no_record_but_file, WORLD_POLICY },
		{ "bad_id", id_hyphen, "\"v=STSv1; id=20260528T202640Z\"" },
		{ "txt_space", space, "\"v=STSv1; id=" WORLD_ID "\"" },
		{ "txt_syntax", extension, "\"v=STSv1; id=1; x=a\\\"b\\\\c\"" },
		{ "txt_duplicate", duplicate, "\"v=STSv1; id=1\"" },
		{ "wrong_name", at_twice, NAME ". IN TXT" },
	};
	const struct check_finding *finding;
	struct check_findings *findings;
	struct check_facts *facts;
	struct evidence *e;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(fixes) / sizeof(fixes[0]); i++) {
		e = world_good();
		fixes[i].change(e);
		facts = check_facts_new(e, NULL);
		findings = check_run(facts);
		finding = check_finding_find(findings, fixes[i].code);
		assert_non_null(finding);
		if (strstr(finding->fix, fixes[i].fix) == NULL)
			fail_msg("fix %zu: %s", i, finding->fix);
		check_findings_free(findings);
		check_facts_free(facts);
		evidence_free(e);
	}
}

/* Without a record nothing else is at fault. */
static void
test_not_deployed(void **state)
{
	struct evidence *e = world_good();
	struct check_findings *findings;
	struct check_facts *facts;
	size_t i;

	(void)state;
	no_record_no_dmarc(e);
	facts = check_facts_new(e, NULL);
	findings = check_run(facts);
	for (i = 0; i < findings->count; i++)
		if (findings->item[i].rule->stage <= CHECK_SYNTAX &&
		    findings->item[i].severity != CHECK_INFO)
			assert_string_equal(
			    findings->item[i].rule->code, "missing_record");
	check_findings_free(findings);
	check_facts_free(facts);
	evidence_free(e);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_fix),
		cmocka_unit_test(test_not_deployed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
