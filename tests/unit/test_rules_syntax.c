/* SPDX-License-Identifier: ISC */
/*
 * The rules on the policy file, line by line; the files that are offered in
 * its place; the reasons that all the rules carry.
 */
#include "check_rules.h"

#define C CHECK_CRITICAL
#define W CHECK_WARNING
#define I CHECK_INFO

#define MX  "mx: mx1.good.example\nmx: mx2.good.example\n"
#define AGE "max_age: 604800\n"

#define BODY(name, text)                                     \
	static void name(struct evidence *e)                 \
	{                                                    \
		world_body_bytes(e, text, sizeof(text) - 1); \
	}

BODY(no_version, "mode: enforce\n" MX AGE)
BODY(version_two, "version: STSv2\nmode: enforce\n" MX AGE)
BODY(no_mode, "version: STSv1\n" MX AGE)
BODY(mode_case, "version: STSv1\nmode: Enforce\n" MX AGE)
BODY(no_age, "version: STSv1\nmode: enforce\n" MX)
BODY(age_word, "version: STSv1\nmode: enforce\n" MX "max_age: 1w\n")
BODY(without_mx, "version: STSv1\nmode: enforce\n" AGE)
BODY(none_without_mx, "version: STSv1\nmode: none\n" AGE)
BODY(no_colon, WORLD_POLICY "hello\n")
BODY(comment, "# ours: good\n" WORLD_POLICY)
BODY(blank_before, "version: STSv1\n mode: enforce\n" MX AGE)
BODY(blank_colon, "version: STSv1\nmode : enforce\n" MX AGE)
BODY(control, WORLD_POLICY "a: \033[31m\n")
BODY(nul, "version: STSv1\0\nmode: enforce\n" MX AGE)
BODY(utf16, "\xff\xfev\0e\0r\0")
BODY(empty_value, WORLD_POLICY "a:\n")
BODY(age_large, "version: STSv1\nmode: enforce\n" MX "max_age: 31557601\n")
BODY(age_zero, "version: STSv1\nmode: enforce\n" MX "max_age: 0\n")
BODY(age_limit, "version: STSv1\nmode: enforce\n" MX "max_age: 31557600\n")
BODY(mx_dot, "version: STSv1\nmode: enforce\nmx: mx1.good.example.\n" AGE)
BODY(mx_under, "version: STSv1\nmode: enforce\nmx: m_x.good.example\n" AGE)
BODY(mx_star, "version: STSv1\nmode: enforce\nmx: mx*.good.example\n" AGE)
BODY(mx_port, "version: STSv1\nmode: enforce\nmx: mx1.good.example:25\n" AGE)
BODY(mx_unicode,
    "version: STSv1\nmode: enforce\nmx: b\xc3\xbc"
    "cher.example\n" AGE)
BODY(mx_list,
    "version: STSv1\nmode: enforce\n"
    "mx: mx1.good.example, mx2.good.example\n" AGE)
BODY(mx_address, WORLD_POLICY "mx: 192.0.2.25\n")
BODY(mx_only_address, "version: STSv1\nmode: enforce\nmx: 192.0.2.25\n" AGE)
BODY(extension, WORLD_POLICY "contact: us\n")
BODY(key_hyphen, "version: STSv1\nmode: enforce\n" MX "max-age: 86400\n")
BODY(key_id, WORLD_POLICY "id: 1\n")
BODY(key_utf8,
    WORLD_POLICY "name: b\xc3\xbc"
		 "cher\n")
BODY(twice, WORLD_POLICY "mode: testing\n")
BODY(bare_cr, "version: STSv1\rmode: enforce\r" AGE)
BODY(bom, "\xef\xbb\xbf" WORLD_POLICY)
BODY(latin,
    WORLD_POLICY "name: b\xfc"
		 "cher\n")
BODY(blank_line, "version: STSv1\n\nmode: enforce\n" MX AGE "\n")
BODY(crlf,
    "version: STSv1\r\nmode: enforce\r\nmx: *.good.example\r\n"
    "max_age: 604800\r\n")
BODY(html, "<html></html>")
BODY(empty, "")
BODY(testing_bad, "version: STSv1\nmode: testing\n" MX "max_age: soon\n")

static void
no_body(struct evidence *e)
{
	world_fetch_failed(&e->fetch, STS_REASON_CONNECT, "refused");
}

static void
not_found(struct evidence *e)
{
	world_refused(e, STS_REASON_HTTP_STATUS, 404, "status 404");
	world_body(e, "not found");
}

static void
line_of(struct evidence *e, size_t len)
{
	struct buf b = { 0 };

	buf_puts(&b, WORLD_POLICY "a: ");
	memset(buf_reserve(&b, len), 'x', len);
	b.len += len - 3;
	buf_putc(&b, '\n');
	world_body_bytes(e, b.data, b.len);
	buf_clear(&b);
}

static void
line_1024(struct evidence *e)
{
	line_of(e, 1024);
}

static void
line_1025(struct evidence *e)
{
	line_of(e, 1025);
}

static void
many_bad_lines(struct evidence *e)
{
	struct buf b = { 0 };
	size_t i;

	for (i = 0; i < 100; i++)
		buf_puts(&b, "hello\n");
	world_body_bytes(e, b.data, b.len);
	buf_clear(&b);
}

#define FATAL(code, change, priority, line, words)                        \
	{                                                                 \
		code, change, CHECK_FAIL, C, priority, STS_REASON_SYNTAX, \
		    line, words                                           \
	}
#define HIGH(code, change, line, words) \
	FATAL(code, change, CHECK_HIGH, line, words)
#define MEDIUM(code, change, line, words) \
	FATAL(code, change, CHECK_MEDIUM, line, words)
#define WARN(code, change, line, words)                                      \
	{                                                                    \
		code, change, CHECK_WARN, W, CHECK_LOW, STS_REASON_OK, line, \
		    words                                                    \
	}
#define INFO(code, change, line, words)                                   \
	{                                                                 \
		code, change, CHECK_PASS, I, CHECK_NORMAL, STS_REASON_OK, \
		    line, words                                           \
	}

static const struct rule_case cases[] = {
	QUIET("policy_version", NULL, CHECK_PASS),
	QUIET("policy_version", crlf, CHECK_PASS),
	QUIET("policy_version", no_body, CHECK_SKIPPED),
	QUIET("policy_version", html, CHECK_SKIPPED),
	QUIET("policy_version", empty, CHECK_SKIPPED),
	QUIET("policy_version", not_found, CHECK_SKIPPED),
	HIGH("policy_version", no_version, 0, "no version"),
	HIGH("policy_version", version_two, 1, "\"STSv2\""),

	QUIET("policy_mode", NULL, CHECK_PASS),
	MEDIUM("policy_mode", no_mode, 0, "no mode"),
	MEDIUM("policy_mode", mode_case, 2, "\"Enforce\""),

	QUIET("policy_max_age", NULL, CHECK_PASS),
	HIGH("policy_max_age", no_age, 0, "no max_age"),
	HIGH("policy_max_age", age_word, 5, "\"1w\""),
	MEDIUM("policy_max_age", testing_bad, 5, "\"soon\""),

	QUIET("no_mx", NULL, CHECK_PASS),
	QUIET("no_mx", none_without_mx, CHECK_PASS),
	HIGH("no_mx", without_mx, 0, "no mx"),

	QUIET("bad_line", NULL, CHECK_PASS),
	HIGH("bad_line", no_colon, 6, "\"hello\": no colon"),
	HIGH("bad_line", comment, 1, "no comments"),
	MEDIUM("bad_line", blank_before, 2, "before the name"),
	MEDIUM("bad_line", blank_colon, 2, "before the colon"),
	HIGH("bad_line", control, 6, "\\x1b"),
	HIGH("bad_line", nul, 1, "\\x00"),
	MEDIUM("bad_line", utf16, 1, "UTF-16"),
	HIGH("bad_line", empty_value, 6, "empty"),
	MEDIUM("bad_line", many_bad_lines, 1, "hello"),

	QUIET("max_age_range", NULL, CHECK_PASS),
	QUIET("max_age_range", age_limit, CHECK_PASS),
	WARN("max_age_range", age_large, 5, "31557601"),
	WARN("max_age_range", age_zero, 5, "\"0\""),

	QUIET("bad_mx", NULL, CHECK_PASS),
	HIGH("bad_mx", mx_dot, 3, "trailing dot"),
	HIGH("bad_mx", mx_under, 3, "underscore"),
	HIGH("bad_mx", mx_star, 3, "left-most"),
	HIGH("bad_mx", mx_port, 3, "port"),
	HIGH("bad_mx", mx_unicode, 3, "A-label"),
	HIGH("bad_mx", mx_list, 3, "own mx line"),

	QUIET("mx_is_address", NULL, CHECK_PASS),
	WARN("mx_is_address", mx_address, 6, "192.0.2.25"),

	QUIET("unknown_key", NULL, CHECK_PASS),
	INFO("unknown_key", extension, 6, "\"contact\": a name that"),
	INFO("unknown_key", key_id, 6, "TXT record"),
	INFO("unknown_key", key_utf8, 6, "not ASCII"),
	WARN("unknown_key", key_hyphen, 5, "did you mean max_age"),

	QUIET("duplicate_key", NULL, CHECK_PASS),
	WARN("duplicate_key", twice, 6, "mode: testing"),
	QUIET("bare_cr", crlf, CHECK_PASS),
	MEDIUM("bare_cr", bare_cr, 1, "\\x0d"),
	QUIET("bom", NULL, CHECK_PASS),
	HIGH("bom", bom, 1, "BOM"),
	QUIET("bad_utf8", key_utf8, CHECK_PASS),
	HIGH("bad_utf8", latin, 6, "\\xfc"),
	QUIET("strict_syntax", crlf, CHECK_PASS),
	QUIET("strict_syntax", no_body, CHECK_SKIPPED),
	WARN("strict_syntax", blank_line, 2, "2, 7"),
	QUIET("long_line", line_1024, CHECK_PASS),
	INFO("long_line", line_1025, 6, "1,024"),
};

static void
test_cases(void **state)
{
	(void)state;
	rule_check_cases(cases, sizeof(cases) / sizeof(cases[0]));
}

/* What is right stays, what is plainly meant is understood. */
static void
test_file(void **state)
{
	static const struct {
		void (*change)(struct evidence *);
		const char *file;
	} files[] = {
		{ mode_case, WORLD_POLICY },
		{ no_version, WORLD_POLICY },
		{ no_mode, "version: STSv1\nmode: testing\n" MX AGE },
		{ age_word, WORLD_POLICY },
		{ without_mx, WORLD_POLICY },
		{ blank_before, WORLD_POLICY },
		{ blank_colon, WORLD_POLICY },
		{ comment, WORLD_POLICY },
		{ bom, WORLD_POLICY },
		{ mx_dot, WORLD_POLICY },
		{ mx_port, WORLD_POLICY },
		{ mx_list, WORLD_POLICY },
		{ mx_star, WORLD_POLICY },
		{ mx_unicode,
		    "version: STSv1\nmode: enforce\n"
		    "mx: xn--bcher-kva.example\n" MX AGE },
		{ mx_only_address, WORLD_POLICY },
		{ mx_address, WORLD_POLICY },
		{ key_hyphen,
		    "version: STSv1\nmode: enforce\n" MX "max_age: 86400\n" },
		{ key_id, WORLD_POLICY },
		{ extension, WORLD_POLICY "contact: us\n" },
		{ twice, WORLD_POLICY },
		{ bare_cr, WORLD_POLICY },
		{ blank_line, WORLD_POLICY },
		{ age_large,
		    "version: STSv1\nmode: enforce\n" MX
		    "max_age: 31557600\n" },
		{ age_zero, WORLD_POLICY },
		{ none_without_mx, "version: STSv1\nmode: none\n" MX AGE },
		{ crlf,
		    "version: STSv1\nmode: enforce\nmx: *.good.example\n" AGE },
	};
	static const struct fix_policy as_it_is = { 0 };
	struct check_facts *facts;
	struct evidence *e;
	struct buf b = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		e = world_good();
		files[i].change(e);
		facts = check_facts_new(e, NULL);
		buf_reset(&b);
		assert_true(fix_policy_file(&b, facts, &as_it_is));
		if (strcmp(b.data, files[i].file) != 0)
			fail_msg("file %zu: %s", i, b.data);
		check_facts_free(facts);
		evidence_free(e);
	}
	buf_clear(&b);
}

/* An address alone is no policy at all. */
static void
test_only_address(void **state)
{
	struct evidence *e = world_good();
	struct check_findings *findings;
	struct check_facts *facts;
	bool has_reason = false;
	size_t i;

	(void)state;
	mx_only_address(e);
	facts = check_facts_new(e, NULL);
	findings = check_run(facts);
	for (i = 0; i < findings->count; i++)
		if (strcmp(findings->item[i].rule->code, "mx_is_address") ==
			0 &&
		    findings->item[i].severity == CHECK_CRITICAL &&
		    findings->item[i].priority == CHECK_HIGH &&
		    findings->item[i].reason == STS_REASON_SYNTAX)
			has_reason = true;
	assert_true(has_reason);
	check_findings_free(findings);
	check_facts_free(facts);
	evidence_free(e);
}

static void
run_all(struct evidence *e, size_t i, bool carried[STS_REASON_COUNT])
{
	struct check_facts *facts = check_facts_new(e, NULL);
	struct check_findings *findings = check_run(facts);
	size_t k;

	for (k = 0; k < findings->count; k++) {
		carried[findings->item[k].reason] = true;
		if (findings->item[k].rule->stage <= CHECK_SYNTAX)
			rule_check_texts(&findings->item[k], i);
	}
	check_findings_free(findings);
	check_facts_free(facts);
	evidence_free(e);
}

static void
break_record(struct evidence *e, enum sts_reason reason)
{
	if (reason == STS_REASON_TXT_NONE)
		world_no_txt(e);
	else if (reason == STS_REASON_TXT_MULTIPLE)
		world_rr(&e->txt, "v=STSv1; id=2");
	else if (reason == STS_REASON_TXT_INVALID)
		world_zone_txt(e, "v=STSv1; id=a-b");
	else
		world_dns(&e->txt, "_mta-sts." WORLD_DOMAIN, DNS_TXT,
		    reason == STS_REASON_TXT_LOOKUP ? DNS_FAILED :
						      DNS_NO_SERVER);
}

/* Whatever the daemon refuses for, a rule says it in the same word. */
static void
test_every_reason(void **state)
{
	bool carried[STS_REASON_COUNT];
	struct evidence *e;
	enum sts_reason reason;
	int i;

	(void)state;
	for (i = STS_REASON_TXT_NONE; i < STS_REASON_COUNT; i++) {
		reason = (enum sts_reason)i;
		e = world_good();
		if (reason <= STS_REASON_TXT_LOOKUP) {
			break_record(e, reason);
		} else if (reason == STS_REASON_SYNTAX) {
			no_mode(e);
		} else if (reason == STS_REASON_DEADLINE) {
			e->fetch.ms = 11000;
		} else {
			world_fetch_failed(&e->fetch, reason, "why");
			if (reason == STS_REASON_DNS) {
				world_dns(&e->host_a, "h", DNS_A, DNS_NODATA);
				world_dns(
				    &e->host_aaaa, "h", DNS_AAAA, DNS_NODATA);
			}
			if (reason >= STS_REASON_HTTP_STATUS)
				e->fetch.status = 200;
			if (reason == STS_REASON_HTTP_STATUS)
				e->fetch.status = 500;
			if (reason == STS_REASON_REDIRECT)
				e->fetch.status = 302;
			if (sts_reason_is_ours(reason) ||
			    reason == STS_REASON_HEADER_FLOOD)
				e->fetch.status = 0;
		}
		memset(carried, 0, sizeof(carried));
		run_all(e, (size_t)i, carried);
		if (!carried[reason])
			fail_msg("no rule says %s", sts_reason_word(reason));
	}
}

/* All right: no word of blame in the stages that are judged here. */
static void
test_good(void **state)
{
	struct evidence *e = world_good();
	struct check_facts *facts = check_facts_new(e, NULL);
	struct check_findings *findings = check_run(facts);
	size_t i;

	(void)state;
	for (i = 0; i < findings->count; i++)
		if (findings->item[i].severity != CHECK_INFO)
			fail_msg("%s: %s", findings->item[i].rule->code,
			    findings->item[i].message);
	for (i = 0; i < check_rules_count; i++)
		if (check_rules[i]->stage <= CHECK_SYNTAX &&
		    findings->result[i] != CHECK_PASS &&
		    findings->result[i] != CHECK_SKIPPED)
			fail_msg("%s", check_rules[i]->code);
	check_findings_free(findings);
	check_facts_free(facts);
	evidence_free(e);
}

/* The same junk everywhere: 64 KB, control bytes, NULs, 64 records. */
static void
put_junk(struct evidence *e, char *junk, size_t len)
{
	size_t i;

	world_dns(&e->txt, "_mta-sts." WORLD_DOMAIN, DNS_TXT, DNS_OK);
	for (i = 0; i < EVIDENCE_TXT_MAX; i++) {
		memcpy(junk, i % 3 == 0 ? "v=STSv1;" : "V=stsv1 ", 8);
		world_rr_bytes(&e->txt, junk, len);
		world_rr_bytes(&e->server[0].txt, junk, len / 64);
	}
	world_header(&e->fetch, "Content-Type", "");
	world_bytes(&e->fetch.header[0].value, junk, len);
	world_dns(&e->host_cname, "h", DNS_CNAME, DNS_OK);
	world_rr_bytes(&e->host_cname, junk, len);
	world_set(&e->fetch.tls.cert[0].issuer, junk + 8);
	world_set(&e->fetch.tls.cert[0].san[0], junk + 8);
	e->fetch.tls.is_name_ok = false;
	e->fetch.tls.cert[0].not_after = INT64_MAX;
	e->fetch.tls.cert[0].not_before = INT64_MIN;
	e->fetch.tls.verify_error = -12345;
}

static void
test_hostile(void **state)
{
	static const char *const seeds[] = { "", "mx: ", "a", "\n", "a:b\n",
		"mx: a.b\n", ": \t\r", "version: STSv1\nmode: enforce\n" };
	bool carried[STS_REASON_COUNT];
	const size_t len = 65536;
	char *junk = xmalloc(len + 1);
	struct evidence *e;
	unsigned int random = 1;
	size_t i, k, n;

	(void)state;
	junk[len] = '\0';
	for (i = 0; i < sizeof(seeds) / sizeof(seeds[0]); i++) {
		n = strlen(seeds[i]);
		for (k = 0; k < len; k++) {
			random = random * 1103515245u + 12345u;
			junk[k] =
			    n > 0 ? seeds[i][k % n] : (char)(random >> 16);
		}
		e = world_good();
		world_body_bytes(e, junk, len);
		put_junk(e, junk, len);
		run_all(e, i, carried);
	}
	free(junk);
}

static void
test_quote(void **state)
{
	static const struct {
		const char *in, *out;
	} words[] = {
		{ "good.example", "good.example" },
		{ "", "''" },
		{ "a b", "'a b'" },
		{ "it's", "'it'\\''s'" },
		{ "$(reboot)", "'$(reboot)'" },
		{ "a;b", "'a;b'" },
		{ "a\nb", "'a\nb'" },
	};
	struct buf b = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		buf_reset(&b);
		check_quote(&b, words[i].in, strlen(words[i].in));
		if (strcmp(b.data, words[i].out) != 0)
			fail_msg("word %zu: %s", i, b.data);
	}
	buf_reset(&b);
	check_quote(&b, "a\0b", 3);
	assert_string_equal(b.data, "a");
	buf_clear(&b);
}

static void
test_table(void **state)
{
	size_t i, k;

	(void)state;
	for (i = 0; i < check_rules_count; i++) {
		assert_ptr_equal(
		    check_rule_find(check_rules[i]->code), check_rules[i]);
		assert_non_null(check_rules[i]->run);
		assert_true(strlen(check_rules[i]->title) > 0);
		for (k = 0; k < i; k++)
			assert_string_not_equal(
			    check_rules[k]->code, check_rules[i]->code);
	}
	assert_null(check_rule_find("no_such_rule"));
	assert_string_equal(check_stage_word(CHECK_TLS_RPT), "tls_rpt");
	assert_string_equal(check_severity_word(CHECK_CRITICAL), "critical");
	assert_string_equal(check_priority_word(CHECK_HIGH), "high");
	assert_string_equal(check_result_word(CHECK_UNPROVEN), "unproven");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_file),
		cmocka_unit_test(test_only_address),
		cmocka_unit_test(test_every_reason),
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_quote),
		cmocka_unit_test(test_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
