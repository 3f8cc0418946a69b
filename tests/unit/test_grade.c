/* SPDX-License-Identifier: ISC */
/*
 * From evidence to a grade: worked examples, every gate, status and verdict,
 * exit statuses, what Postfix would do, what to publish next.
 */
#include <openssl/x509_vfy.h>

#include "check_mail.h"
#include "sts/policy.h"
#include "sts/tlsrpt.h"
#include "sts/txt.h"

static void
testing_blind(struct evidence *e)
{
	mail_testing(e);
	mail_no_tlsrpt(e);
}

static void
other_mx(struct evidence *e)
{
	world_no_mx(e);
	world_mx(e, "aspmx.l.google.com", 1);
	world_mx(e, "alt1.aspmx.l.google.com", 5);
}

static void
mx_expired(struct ev_mx *mx)
{
	mx->tls.cert[0].not_after = WORLD_NOW - WORLD_DAY_S;
	mx->tls.verify_error = X509_V_ERR_CERT_HAS_EXPIRED;
}

static void
all_expired(struct evidence *e)
{
	mx_expired(&e->host_mx[0]);
	mx_expired(&e->host_mx[1]);
}

static void
one_expired(struct evidence *e)
{
	mx_expired(&e->host_mx[1]);
}

static void
testing_expired(struct evidence *e)
{
	mail_testing(e);
	one_expired(e);
}

static void
no_file(struct evidence *e)
{
	size_t i;

	world_refused(e, STS_REASON_HTTP_STATUS, 404, "status 404");
	world_bytes(&e->fetch.body, "not found", 9);
	for (i = 0; i < e->eachs; i++) {
		e->each[i].reason = STS_REASON_HTTP_STATUS;
		e->each[i].status = 404;
		world_bytes(&e->each[i].body, "not found", 9);
	}
}

static void
nothing(struct evidence *e)
{
	world_no_txt(e);
	world_dns(&e->host_a, "mta-sts." WORLD_DOMAIN, DNS_A, DNS_NXDOMAIN);
	world_dns(
	    &e->host_aaaa, "mta-sts." WORLD_DOMAIN, DNS_AAAA, DNS_NXDOMAIN);
	ev_fetch_clear(&e->fetch);
	mail_no_each(e);
	mail_no_tlsrpt(e);
	world_dns(&e->spf, WORLD_DOMAIN, DNS_TXT, DNS_NODATA);
	world_dns(&e->dmarc, "_dmarc." WORLD_DOMAIN, DNS_TXT, DNS_NXDOMAIN);
}

static void
misplaced(struct evidence *e)
{
	nothing(e);
	world_dns_one(
	    &e->underscore, "_mta_sts." WORLD_DOMAIN, DNS_TXT, WORLD_TXT);
}

static void
bad_id(struct evidence *e)
{
	world_zone_txt(e, "v=STSv1; id=a-b");
}

static void
no_domain(struct evidence *e)
{
	nothing(e);
	world_dns(&e->soa, WORLD_DOMAIN, DNS_SOA, DNS_NXDOMAIN);
	world_no_mx(e);
	world_dns(&e->mx, WORLD_DOMAIN, DNS_MX, DNS_NXDOMAIN);
}

static void
null_mx(struct evidence *e)
{
	world_no_mx(e);
	world_rr(&e->mx, "");
	e->is_null_mx = true;
}

static void
txt_fails(struct evidence *e)
{
	world_dns(&e->txt, "_mta-sts." WORLD_DOMAIN, DNS_TXT, DNS_FAILED);
}

static void
mx_fails(struct evidence *e)
{
	world_no_mx(e);
	world_dns(&e->mx, WORLD_DOMAIN, DNS_MX, DNS_TIMEOUT);
}

static void
host_fails(struct evidence *e)
{
	world_dns(&e->host_a, "mta-sts." WORLD_DOMAIN, DNS_A, DNS_FAILED);
	world_dns(&e->host_aaaa, "mta-sts." WORLD_DOMAIN, DNS_AAAA, DNS_FAILED);
	world_fetch_failed(&e->fetch, STS_REASON_DNS, "SERVFAIL");
	mail_no_each(e);
}

static void
no_way_out(struct evidence *e)
{
	e->has_ipv4 = e->has_ipv6 = false;
}

/* Only IPv6 there, only IPv4 here. */
static void
cut_off(struct evidence *e)
{
	e->has_ipv6 = false;
	world_dns(&e->host_a, "mta-sts." WORLD_DOMAIN, DNS_A, DNS_NODATA);
	world_fetch_failed(&e->fetch, STS_REASON_CONNECT, "unreachable");
	mail_no_each(e);
}

static void
our_fault(struct evidence *e)
{
	world_fetch_failed(&e->fetch, STS_REASON_LOCAL, "no CA store");
	mail_no_each(e);
}

static void
stuck(struct evidence *e)
{
	mail_testing(e);
	world_zone_txt(e, "v=STSv1; id=20251201");
}

static void
fresh(struct evidence *e)
{
	mail_testing(e);
	world_zone_txt(e, "v=STSv1; id=20260520");
}

static void
max_age_0(struct evidence *e)
{
	mail_policy(e, "enforce", "0");
}

static void
over_range(struct evidence *e)
{
	mail_policy(e, "enforce", "31557601");
}

static void
short_enforce(struct evidence *e)
{
	mail_policy(e, "enforce", "86399");
}

static void
week_less(struct evidence *e)
{
	mail_policy(e, "enforce", "604799");
}

static void
short_testing(struct evidence *e)
{
	mail_policy(e, "testing", "86399");
}

static void
cert_days(struct evidence *e, int days)
{
	size_t i;

	e->fetch.tls.cert[0].not_after = WORLD_NOW + days * WORLD_DAY_S;
	for (i = 0; i < e->eachs; i++)
		e->each[i].tls.cert[0].not_after =
		    e->fetch.tls.cert[0].not_after;
}

static void
cert_6(struct evidence *e)
{
	cert_days(e, 6);
}

static void
cert_13(struct evidence *e)
{
	cert_days(e, 13);
}

static void
cert_20(struct evidence *e)
{
	cert_days(e, 20);
}

static void
half_covered(struct evidence *e)
{
	world_body(e,
	    "version: STSv1\nmode: enforce\nmx: mx1.good.example\n"
	    "max_age: 604800\n");
}

static void
unreachable(struct evidence *e)
{
	mail_smtp_end(&e->host_mx[0], EV_SMTP_UNREACHABLE);
}

static void
no_smtp(struct evidence *e)
{
	mail_smtp_end(&e->host_mx[0], EV_SMTP_NOT_PROBED);
	mail_smtp_end(&e->host_mx[1], EV_SMTP_NOT_PROBED);
	e->is_smtp_skipped = true;
}

static void
no_smtp_blind(struct evidence *e)
{
	no_smtp(e);
	mail_no_tlsrpt(e);
}

static void
nothing_no_smtp(struct evidence *e)
{
	nothing(e);
	no_smtp(e);
}

#define P CHECK_VERDICT_PASS
#define W CHECK_VERDICT_WARNING
#define F CHECK_VERDICT_FAIL
#define U CHECK_VERDICT_UNKNOWN
#define N CHECK_VERDICT_NA

static const struct {
	const char *name;
	void (*breaks)(struct evidence *);
	int score;
	const char *grade;
	const char *status;
	enum check_verdict verdict;
	enum check_priority priority;
	int exit;
} grades[] = {
	/* worked examples */
	{ "good", NULL, 100, "A", "enforcing", P, CHECK_NORMAL, 0 },
	{ "no TLS-RPT", mail_no_tlsrpt, 89, "B", "enforcing", W, CHECK_MEDIUM,
	    1 },
	{ "testing", mail_testing, 74, "C", "ready", W, CHECK_NORMAL, 1 },
	{ "testing, no TLS-RPT", testing_blind, 64, "C", "testing", W,
	    CHECK_MEDIUM, 1 },
	{ "old provider", other_mx, 20, "F", "broken", F, CHECK_HIGH, 2 },
	{ "all expired", all_expired, 20, "F", "broken", F, CHECK_HIGH, 2 },
	{ "404", no_file, 39, "F", "unusable", F, CHECK_MEDIUM, 2 },
	{ "nothing", nothing, 0, "F", "not_deployed", F, CHECK_LOW, 2 },
	/* gates, and what else there is */
	{ "misplaced", misplaced, 0, "F", "misplaced", F, CHECK_MEDIUM, 2 },
	{ "bad id", bad_id, 39, "F", "unusable", F, CHECK_MEDIUM, 2 },
	{ "no domain", no_domain, -1, "", "no_domain", N, CHECK_NORMAL, 0 },
	{ "null MX", null_mx, -1, "", "null_mx", N, CHECK_NORMAL, 0 },
	{ "TXT", txt_fails, -1, "?", "unknown", U, CHECK_NORMAL, 3 },
	{ "MX", mx_fails, -1, "?", "unknown", U, CHECK_NORMAL, 3 },
	{ "host", host_fails, -1, "?", "unknown", U, ANY, 3 },
	{ "no way", no_way_out, -1, "?", "unknown", U, ANY, 3 },
	{ "cut off", cut_off, -1, "?", "unknown", U, ANY, 3 },
	{ "our fault", our_fault, -1, "?", "unknown", U, ANY, 3 },
	{ "none", mail_none, 45, "D", "leaving", W, CHECK_LOW, 1 },
	{ "max_age 0", max_age_0, 45, "D", "enforcing", W, CHECK_LOW, 1 },
	{ "one expired", one_expired, 55, "D", "partial", F, CHECK_HIGH, 2 },
	{ "half covered", half_covered, 55, "D", "partial", W, CHECK_HIGH, 1 },
	{ "testing, one expired", testing_expired, 59, "D", "testing", W,
	    CHECK_MEDIUM, 1 },
	{ "over", over_range, 59, "D", "enforcing", W, CHECK_LOW, 1 },
	{ "stuck", stuck, 64, "C", "ready", W, CHECK_MEDIUM, 1 },
	{ "fresh", fresh, 74, "C", "testing", W, CHECK_NORMAL, 1 },
	{ "brief", short_enforce, 69, "C", "enforcing", W, CHECK_LOW, 1 },
	{ "week less", week_less, 89, "B", "enforcing", W, CHECK_LOW, 1 },
	{ "brief testing", short_testing, 74, "C", "ready", W, CHECK_LOW, 1 },
	{ "6 days", cert_6, 74, "C", "enforcing", W, CHECK_HIGH, 1 },
	{ "13 days", cert_13, 89, "B", "enforcing", W, CHECK_LOW, 1 },
	{ "20 days", cert_20, 100, "A", "enforcing", P, CHECK_NORMAL, 0 },
	{ "unreachable", unreachable, 100, "A*", "enforcing", P, CHECK_NORMAL,
	    0 },
	{ "no SMTP", no_smtp, 100, "A*", "enforcing", P, CHECK_NORMAL, 0 },
	{ "no SMTP, blind", no_smtp_blind, 89, "B*", "enforcing", W,
	    CHECK_MEDIUM, 1 },
	{ "nothing, no SMTP", nothing_no_smtp, 0, "F", "not_deployed", F,
	    CHECK_LOW, 2 },
};

static const struct check_exit plain_exit = { .undeployed = 2 };

static void
test_grades(void **state)
{
	const struct check_report *r;
	struct mail_run run;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(grades); i++) {
		mail_begin(&run, grades[i].breaks);
		r = run.report;
		if (r->score != grades[i].score ||
		    strcmp(r->grade, grades[i].grade) != 0 ||
		    strcmp(check_status_word(r->status), grades[i].status) !=
			0 ||
		    r->verdict != grades[i].verdict ||
		    ((int)grades[i].priority != ANY &&
			r->priority != grades[i].priority) ||
		    check_exit_status(r, &plain_exit) != grades[i].exit)
			fail_msg("%s: %d %s %s %s %s, exit %d (%s)",
			    grades[i].name, r->score, r->grade,
			    check_status_word(r->status),
			    check_verdict_word(r->verdict),
			    check_priority_word(r->priority),
			    check_exit_status(r, &plain_exit),
			    r->gate != NULL ? r->gate : "-");
		mail_end(&run);
	}
}

/* D's sentence; every status and part has its word. */
static void
test_words(void **state)
{
	static const struct {
		void (*breaks)(struct evidence *);
		const char *text;
	} texts[] = {
		{ NULL, " enforces encrypted delivery." },
		{ mail_testing,
		    "'s MTA-STS works but does not protect fully." },
		{ nothing, " does not enforce encrypted delivery." },
		{ all_expired,
		    " turns away mail from senders that honour its "
		    "policy." },
	};
	struct mail_run run;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(texts); i++) {
		mail_begin(&run, texts[i].breaks);
		assert_string_equal(run.report->verdict_text, texts[i].text);
		assert_true(strlen(run.report->status_text) > 10);
		mail_end(&run);
	}
	assert_string_equal(check_part_word(CHECK_PART_TLS_RPT), "tls_rpt");
	assert_string_equal(check_verdict_word(CHECK_VERDICT_NA), "n/a");
}

static void
test_chips(void **state)
{
	static const struct {
		void (*breaks)(struct evidence *);
		enum check_stage stage;
		enum check_result chip;
	} chips[] = {
		{ NULL, CHECK_DNS, CHECK_PASS },
		{ NULL, CHECK_TLS_RPT, CHECK_PASS },
		{ NULL, CHECK_DANE, CHECK_SKIPPED },
		{ NULL, CHECK_MODE, CHECK_PASS },
		{ bad_id, CHECK_DNS, CHECK_FAIL },
		{ no_file, CHECK_FETCH, CHECK_FAIL },
		{ no_file, CHECK_SYNTAX, CHECK_SKIPPED },
		{ no_file, CHECK_LIFETIME, CHECK_SKIPPED },
		{ cert_6, CHECK_CERTIFICATE, CHECK_WARN },
		{ half_covered, CHECK_MX, CHECK_WARN },
		{ other_mx, CHECK_MX, CHECK_FAIL },
		{ one_expired, CHECK_SMTP, CHECK_FAIL },
		{ testing_expired, CHECK_SMTP, CHECK_WARN },
		{ unreachable, CHECK_SMTP, CHECK_UNPROVEN },
		{ mail_testing, CHECK_MODE, CHECK_WARN },
		{ short_enforce, CHECK_LIFETIME, CHECK_WARN },
		{ mail_no_tlsrpt, CHECK_TLS_RPT, CHECK_WARN },
		{ mail_none, CHECK_SMTP, CHECK_SKIPPED },
	};
	struct mail_run run;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(chips); i++) {
		mail_begin(&run, chips[i].breaks);
		if (run.report->chip[chips[i].stage] != chips[i].chip)
			fail_msg("%zu: %s is %s", i,
			    check_stage_word(chips[i].stage),
			    check_result_word(
				run.report->chip[chips[i].stage]));
		mail_end(&run);
	}
}

static void
test_points(void **state)
{
	static const struct {
		void (*breaks)(struct evidence *);
		enum check_part part;
		int points;
	} points[] = {
		{ NULL, CHECK_PART_DNS, 15 },
		{ bad_id, CHECK_PART_DNS, 0 },
		{ no_file, CHECK_PART_FETCH, 0 },
		{ no_file, CHECK_PART_CERTIFICATE, 15 },
		{ no_file, CHECK_PART_SYNTAX, 0 },
		{ cert_13, CHECK_PART_CERTIFICATE, 10 },
		{ cert_6, CHECK_PART_CERTIFICATE, 5 },
		{ over_range, CHECK_PART_SYNTAX, 10 },
		{ half_covered, CHECK_PART_MX, 5 },
		{ half_covered, CHECK_PART_SMTP, 10 },
		{ one_expired, CHECK_PART_MX, 10 },
		{ one_expired, CHECK_PART_SMTP, 5 },
		{ all_expired, CHECK_PART_SMTP, 0 },
		{ unreachable, CHECK_PART_SMTP, 10 },
		{ NULL, CHECK_PART_LIFETIME, 10 },
		{ week_less, CHECK_PART_LIFETIME, 7 },
		{ short_enforce, CHECK_PART_LIFETIME, 4 },
		{ mail_testing, CHECK_PART_LIFETIME, 10 },
		{ short_testing, CHECK_PART_LIFETIME, 4 },
		{ no_file, CHECK_PART_LIFETIME, 0 },
	};
	struct mail_run run;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(points); i++) {
		mail_begin(&run, points[i].breaks);
		if (run.report->part[points[i].part].points != points[i].points)
			fail_msg("%zu: %s %d", i,
			    check_part_word(points[i].part),
			    run.report->part[points[i].part].points);
		mail_end(&run);
	}
}

static void
test_exit(void **state)
{
	static const struct {
		void (*breaks)(struct evidence *);
		struct check_exit options;
		int status;
	} exits[] = {
		{ nothing, { .undeployed = 2 }, 2 },
		{ nothing, { .undeployed = 1 }, 1 },
		{ nothing, { .undeployed = 0 }, 0 },
		{ misplaced, { .undeployed = 0 }, 2 },
		{ no_file, { .undeployed = 0 }, 2 },
		{ NULL, { .critical_days = 61 }, 2 },
		{ NULL, { .critical_days = 60 }, 0 },
		{ NULL, { .warn_days = 61 }, 1 },
		{ NULL, { .warn_days = 60 }, 0 },
		{ NULL, { .warn_days = 90, .critical_days = 61 }, 2 },
		{ all_expired, { .warn_days = 90 }, 2 },
		{ null_mx, { .critical_days = 90 }, 0 },
		{ txt_fails, { .critical_days = 90 }, 3 },
	};
	struct mail_run run;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(exits); i++) {
		mail_begin(&run, exits[i].breaks);
		if (check_exit_status(run.report, &exits[i].options) !=
		    exits[i].status)
			fail_msg("%zu", i);
		mail_end(&run);
	}
}

/* mx1's certificate is mx2's. */
static void
swapped(struct evidence *e)
{
	world_set(&e->host_mx[0].tls.cert[0].subject, "CN=mx2.good.example");
	world_set(&e->host_mx[0].tls.cert[0].san[0], "mx2.good.example");
	e->host_mx[0].tls.is_name_ok = false;
}

static void
cn_only(struct evidence *e)
{
	struct ev_cert *leaf = &e->host_mx[0].tls.cert[0];

	free(leaf->san[0]);
	leaf->san_count = 0;
	e->host_mx[0].tls.is_name_ok = false;
}

/* The CN would do, but there is a DNS name, of somebody else. */
static void
cn_beside(struct evidence *e)
{
	world_set(&e->host_mx[0].tls.cert[0].san[0], "other.example");
	e->host_mx[0].tls.is_name_ok = false;
}

/* mx1 is outside, its certificate good for itself and for mx2. */
static void
outside(struct evidence *e)
{
	world_body(e,
	    "version: STSv1\nmode: enforce\nmx: *.good.example\n"
	    "max_age: 604800\n");
	world_set(&e->host_mx[0].host, "a.b.good.example");
	world_set(&e->host_mx[0].tls.cert[0].san[0], "a.b.good.example");
}

static void
no_starttls(struct evidence *e)
{
	mail_smtp_end(&e->host_mx[0], EV_SMTP_NO_STARTTLS);
}

static void
nobody_answers(struct evidence *e)
{
	world_dns(&e->txt, "_mta-sts." WORLD_DOMAIN, DNS_TXT, DNS_NO_SERVER);
}

#define MATCH "OK secure match=mx1.good.example:mx2.good.example"

static void
test_delivery(void **state)
{
	static const struct {
		void (*breaks)(struct evidence *);
		enum answer_profile profile;
		const char *reply; /* its beginning */
		int does; /* of the first host */
		const char *why;
	} answers[] = {
		{ NULL, ANSWER_POSTFIX_2_10, MATCH, CHECK_DELIVERS, NULL },
		{ NULL, ANSWER_POSTFIX_3_4, MATCH " servername=hostname",
		    CHECK_DELIVERS, NULL },
		{ NULL, ANSWER_POSTFIX_3_10,
		    MATCH " servername=hostname policy_type=sts",
		    CHECK_DELIVERS, NULL },
		{ mail_testing, ANSWER_POSTFIX_3_4, "NOTFOUND ", CHECK_DELIVERS,
		    NULL },
		{ nothing, ANSWER_POSTFIX_3_4, "NOTFOUND ", CHECK_DELIVERS,
		    "no policy to enforce" },
		{ no_file, ANSWER_POSTFIX_3_10, "NOTFOUND ", CHECK_DELIVERS,
		    "no policy to enforce" },
		{ nobody_answers, ANSWER_POSTFIX_3_4,
		    "TEMP no name server answers", CHECK_DEFERS,
		    "could not look" },
		{ all_expired, ANSWER_POSTFIX_2_10, MATCH, CHECK_DEFERS,
		    "expired" },
		{ no_starttls, ANSWER_POSTFIX_2_10, MATCH, CHECK_DEFERS,
		    "STARTTLS" },
		{ unreachable, ANSWER_POSTFIX_2_10, MATCH, CHECK_NOT_KNOWN,
		    "cannot be reached" },
		{ cn_only, ANSWER_POSTFIX_2_10, MATCH, CHECK_DELIVERS,
		    "Postfix delivers, the RFC forbids" },
		{ cn_only, ANSWER_POSTFIX_3_10, MATCH, CHECK_DELIVERS,
		    "Postfix delivers, the RFC forbids" },
		{ cn_beside, ANSWER_POSTFIX_3_4, MATCH, CHECK_DEFERS,
		    "names no host of the policy" },
		{ cn_beside, ANSWER_POSTFIX_3_10, MATCH, CHECK_DEFERS,
		    "does not name it" },
		{ swapped, ANSWER_POSTFIX_3_4, MATCH, CHECK_DELIVERS,
		    "another host of the policy" },
		{ swapped, ANSWER_POSTFIX_3_10, MATCH, CHECK_DEFERS,
		    "does not name it" },
		{ outside, ANSWER_POSTFIX_3_4, "OK secure match=.good.example",
		    CHECK_DELIVERS, "outside the policy's patterns" },
		{ outside, ANSWER_POSTFIX_3_10, "OK secure match=.good.example",
		    CHECK_DEFERS, "Postfix skips it" },
		{ other_mx, ANSWER_POSTFIX_3_4, MATCH, CHECK_DEFERS,
		    "names no host of the policy" },
	};
	const struct check_postfix *p;
	struct mail_run run;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(answers); i++) {
		mail_begin(&run, answers[i].breaks);
		p = &run.report->postfix[answers[i].profile];
		if (p->profile != answers[i].profile ||
		    strncmp(p->reply, answers[i].reply,
			strlen(answers[i].reply)) != 0 ||
		    (int)p->host[0].does != answers[i].does ||
		    (answers[i].why == NULL) != (p->host[0].why == NULL) ||
		    (answers[i].why != NULL &&
			strstr(p->host[0].why, answers[i].why) == NULL))
			fail_msg("%zu: \"%s\" %d %s", i, p->reply,
			    (int)p->host[0].does,
			    p->host[0].why != NULL ? p->host[0].why : "-");
		mail_end(&run);
	}
}

/* The quoted text of the record at a name, out of zone-file lines. */
static bool
find_record(const char *text, const char *owner, char *out, size_t size)
{
	const char *at = strstr(text, owner), *end;

	if (at == NULL || (at = strchr(at, '"')) == NULL ||
	    (end = strchr(at + 1, '"')) == NULL || (size_t)(end - at) > size)
		return false;
	memcpy(out, at + 1, (size_t)(end - at) - 1);
	out[end - at - 1] = '\0';
	return true;
}

/* The policy file in it: lines from version to max_age. */
static void
check_file(const char *text, const char *mode, long max_age, size_t i)
{
	struct sts_policy_file file = { 0 };
	const char *at = strstr(text, "version: STSv1\n"), *end;
	size_t j;

	if (at == NULL || (end = strstr(at, "max_age:")) == NULL ||
	    (end = strchr(end, '\n')) == NULL)
		fail_msg("%zu: no file in \"%s\"", i, text);
	if (sts_policy_parse(at, (size_t)(end - at) + 1, &file, NULL) != 0 ||
	    strcmp(sts_mode_word(file.policy.mode), mode) != 0 ||
	    file.policy.max_age != (unsigned long)max_age)
		fail_msg("%zu: \"%s\"", i, text);
	for (j = 0; j < file.policy.mx.count; j++)
		continue;
	assert_true(j > 0);
	sts_policy_file_clear(&file);
}

static void
test_rollout(void **state)
{
	static const struct {
		void (*breaks)(struct evidence *);
		const char *mode; /* of the file; NULL: none */
		long max_age;
		bool has_rua;
		const char *next;
	} steps[] = {
		{ nothing, "testing", 86400, true, "Publish a policy" },
		{ misplaced, NULL, 0, true, "_mta-sts.good.example" },
		{ fresh, "enforce", 604800, false, "Read the reports" },
		{ testing_blind, "enforce", 604800, true,
		    "Fix tls_rpt_missing" },
		{ mail_testing, "enforce", 604800, false, "enforce" },
		{ NULL, "enforce", 2592000, false, "raise max_age" },
		{ mail_no_tlsrpt, "enforce", 2592000, true,
		    "Fix tls_rpt_missing" },
		{ short_enforce, "enforce", 604800, false,
		    "Fix max_age_short" },
		{ all_expired, "testing", 86400, false, "back to testing" },
		{ other_mx, "testing", 86400, false, "back to testing" },
		{ half_covered, "testing", 86400, false, "back to testing" },
		{ mail_none, "testing", 86400, false, "Keep record and file" },
		{ bad_id, "enforce", 604800, false, "Fix bad_id" },
		{ no_file, "testing", 86400, false, "Fix " },
	};
	char record[512], id[STS_ID_MAX + 1];
	struct sts_record r = { .data = record };
	struct sts_tlsrpt rua;
	struct mail_run run;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(steps); i++) {
		mail_begin(&run, steps[i].breaks);
		if (steps[i].mode != NULL)
			check_file(run.report->rollout, steps[i].mode,
			    steps[i].max_age, i);
		if (!find_record(run.report->rollout, "_mta-sts.good.example. ",
			record, sizeof(record)))
			fail_msg("%zu: no record", i);
		r.len = strlen(record);
		if (sts_txt_parse(&r, 1, id, NULL) != STS_TXT_VALID ||
		    strcmp(id, run.facts->id) == 0)
			fail_msg("%zu: %s", i, record);
		if (find_record(run.report->rollout,
			"_smtp._tls.good.example. ", record,
			sizeof(record)) != steps[i].has_rua)
			fail_msg("%zu: TLS-RPT", i);
		r.len = strlen(record);
		if (steps[i].has_rua &&
		    sts_tlsrpt_parse(&r, 1, &rua, NULL) != STS_TXT_VALID)
			fail_msg("%zu: %s", i, record);
		if (strstr(run.report->next_action, steps[i].next) == NULL ||
		    strchr(run.report->next_action, '\n') != NULL)
			fail_msg("%zu: %s", i, run.report->next_action);
		mail_end(&run);
	}
}

/* The file of trouble and of the way on covers the hosts of today. */
static void
test_rollout_mx(void **state)
{
	struct mail_run run;

	(void)state;
	mail_begin(&run, other_mx);
	assert_non_null(
	    strstr(run.report->rollout, "\nmx: aspmx.l.google.com\n"));
	assert_string_equal(run.report->mail_provider, "Google");
	assert_null(run.report->dns_host);
	mail_end(&run);
	/* Safe removal: a year after the id's date. */
	mail_begin(&run, mail_none);
	assert_non_null(strstr(run.report->rollout, "not before 2027-05-01"));
	mail_end(&run);
	/* 14 days after the id's date. */
	mail_begin(&run, fresh);
	assert_non_null(strstr(run.report->rollout, "not before 2026-06-03"));
	mail_end(&run);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_grades),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_chips),
		cmocka_unit_test(test_points),
		cmocka_unit_test(test_exit),
		cmocka_unit_test(test_delivery),
		cmocka_unit_test(test_rollout),
		cmocka_unit_test(test_rollout_mx),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
