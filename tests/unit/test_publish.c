/* SPDX-License-Identifier: ISC */
/* What is generated, whatever the MX hosts are called. */
#include "check/policycheck.h"
#include "check/publish.h"
#include "check_mail.h"

static const struct {
	const char *mx[3]; /* up to NULL */
	const char *policy; /* NULL: none can be made */
} policies[] = {
	{ { "mx1.own.test", "mx2.own.test" },
	    "mx: mx1.own.test\nmx: mx2.own.test\n" },
	{ { "aspmx.l.google.com", "alt1.aspmx.l.google.com",
	      "alt2.aspmx.l.google.com" },
	    "mx: aspmx.l.google.com\nmx: *.aspmx.l.google.com\n" },
	{ { "own-test.mail.protection.outlook.com" },
	    "mx: *.mail.protection.outlook.com\n" },
	/* too deep for the provider's pattern */
	{ { "a.b.messagingengine.com" }, "mx: a.b.messagingengine.com\n" },
	/* a part of another's name is not that name */
	{ { "mx1.own.test.elsewhere.test", "mx1.own.test" },
	    "mx: mx1.own.test.elsewhere.test\nmx: mx1.own.test\n" },
	{ { "a_b.own.test", "mx1.own.test" }, "mx: mx1.own.test\n" },
	{ { "a\nmode: none", "mx1.own.test" }, "mx: mx1.own.test\n" },
	{ { "a_b.own.test" }, NULL },
	{ { "192.0.2.1" }, NULL },
	{ { "hostname" }, NULL },
	{ { NULL }, NULL },
};

static void
test_policy(void **state)
{
	struct buf text = { 0 }, want = { 0 };
	struct check_facts *facts;
	struct evidence *e;
	bool is_made;
	size_t i, k;

	(void)state;
	for (i = 0; i < COUNT(policies); i++) {
		e = world_good();
		world_no_mx(e);
		for (k = 0; k < 3 && policies[i].mx[k] != NULL; k++)
			world_mx(e, policies[i].mx[k], 10);
		facts = check_facts_new(e, NULL);
		is_made = publish_policy(
		    &text, facts, &(struct publish_options){ 0 });
		if (is_made != (policies[i].policy != NULL))
			fail_msg("case %zu: %s", i, buf_str(&text));
		if (is_made) {
			buf_printf(&want,
			    "version: STSv1\nmode: testing\n%smax_age: "
			    "86400\n",
			    policies[i].policy);
			if (strcmp(text.data, want.data) != 0)
				fail_msg("case %zu: %s", i, text.data);
		}
		buf_reset(&text);
		buf_reset(&want);
		check_facts_free(facts);
		evidence_free(e);
	}
	buf_clear(&text);
	buf_clear(&want);
}

static void
test_words(void **state)
{
	static const struct {
		const char *text;
		bool is_id, is_rua;
	} words[] = {
		{ "1", true, false },
		{ "", false, false },
		{ "a-b", false, false },
		{ "1; x=y", false, false },
		{ "abcdefghijklmnopqrstuvwxyz012345", true, false },
		{ "abcdefghijklmnopqrstuvwxyz0123456", false, false },
		{ "mailto:a@b.test", false, true },
		{ "mailto:a@b.test,https://c.test/", false, true },
		{ "http://b.test/", false, false },
		{ "mailto:\"a\"@b.test", false, false },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(words); i++)
		if (publish_is_id(words[i].text) != words[i].is_id ||
		    publish_is_rua(words[i].text) != words[i].is_rua)
			fail_msg("case %zu: %s", i, words[i].text);
}

/* ---- a fix: which files, for which fault */

static void
no_record(struct evidence *e)
{
	world_no_txt(e);
	world_refused(e, STS_REASON_HTTP_STATUS, 404, "404");
	world_bytes(&e->fetch.body, "", 0);
}

static void
nothing_at_all(struct evidence *e)
{
	no_record(e);
	world_dns(&e->host_a, "mta-sts." WORLD_DOMAIN, DNS_A, DNS_NXDOMAIN);
	world_dns(
	    &e->host_aaaa, "mta-sts." WORLD_DOMAIN, DNS_AAAA, DNS_NXDOMAIN);
	world_dns(
	    &e->tlsrpt, "_smtp._tls." WORLD_DOMAIN, DNS_TXT, DNS_NXDOMAIN);
}

static void
bad_id(struct evidence *e)
{
	world_zone_txt(e, "v=STSv1; id=a_b");
}

static void
uncovered(struct evidence *e)
{
	world_mx(e, "mx9.other.test", 30);
}

static void
unknown(struct evidence *e)
{
	world_dns(&e->txt, "_mta-sts." WORLD_DOMAIN, DNS_TXT, DNS_TIMEOUT);
}

#define SERVERS "2-nginx.conf 2-apache.conf 2-Caddyfile "

static const struct {
	void (*breaks)(struct evidence *);
	const char *files;
} fixes[] = {
	{ NULL, "" },
	{ unknown, "" },
	{ bad_id, "README.txt 3-mta-sts-record.txt " },
	{ uncovered, "README.txt 2-mta-sts.txt 3-mta-sts-record.txt " },
	{ nothing_at_all,
	    "README.txt 1-host-record.txt 2-mta-sts.txt " SERVERS
	    "3-mta-sts-record.txt 4-tls-rpt-record.txt " },
};

static void
test_fix(void **state)
{
	struct publish_file file[PUBLISH_FILES_MAX];
	struct buf names = { 0 };
	struct mail_run run;
	const char *why;
	size_t i, k, n;

	(void)state;
	for (i = 0; i < COUNT(fixes); i++) {
		mail_begin(&run, fixes[i].breaks);
		why = NULL;
		n = publish_fix(run.report, file, &why);
		for (k = 0; k < n; k++) {
			buf_printf(&names, "%s ", file[k].name);
			if (file[k].text.len == 0)
				fail_msg(
				    "case %zu: %s is empty", i, file[k].name);
			buf_clear(&file[k].text);
		}
		if (strcmp(buf_str(&names), fixes[i].files) != 0)
			fail_msg("case %zu: %s", i, buf_str(&names));
		if ((n == 0) != (why != NULL))
			fail_msg("case %zu: why not?", i);
		buf_reset(&names);
		mail_end(&run);
	}
	buf_clear(&names);
}

/* ---- a policy that nobody has published */

static void
test_check_policy(void **state)
{
	static const struct {
		const char *body;
		int status;
		const char *words;
	} cases[] = {
		{ "version: STSv1\nmode: enforce\nmx: a.test\n"
		  "max_age: 2592000\n",
		    0, "Nothing is wrong" },
		{ "version: STSv1\nmode: enforce\nmx: a.test\nmax_age: 5\n", 1,
		    "WARNING max_age_short" },
		{ "version: STSv1\nmode: enforce\nmx: a.test.\nmax_age: 5\n", 2,
		    "bad_mx, line 3" },
		{ "", 2, "empty_body" },
		{ "<html>", 2, "html_body" },
		{ "\x1b[2J\n", 2, "bad_line, line 1" },
	};
	struct policycheck p = { .name = "p\x1b.txt" };
	struct buf out = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		p.body = cases[i].body;
		p.len = strlen(p.body);
		if (policycheck_put(&out, &p) != cases[i].status ||
		    strstr(out.data, cases[i].words) == NULL ||
		    strchr(out.data, '\x1b') != NULL)
			fail_msg("case %zu: %s", i, out.data);
		buf_reset(&out);
	}
	buf_clear(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_policy),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_fix),
		cmocka_unit_test(test_check_policy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
