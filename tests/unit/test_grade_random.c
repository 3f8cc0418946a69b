/* SPDX-License-Identifier: ISC */
/*
 * What holds for every evidence: good ones are broken step by step, in random
 * ways, and each step is graded. A step is a fault, which never raises the
 * score, or takes something out of sight, which never lowers it.
 */
#include <openssl/x509_vfy.h>

#include "check_mail.h"

#define WORLDS    2600
#define STEPS_MAX 8 /* of a world, besides the good one */

static uint64_t seed;

static size_t
pick(size_t n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (size_t)(seed >> 11) % n;
}

/* A fault changes nothing where it would undo another: false then. */
struct step {
	const char *name;
	bool (*take)(struct evidence *);
	bool is_fault; /* else it hides something */
};

static bool
has_good_txt(const struct evidence *e)
{
	return e->txt.status == DNS_OK && e->txt.count == 1 &&
	    strncmp(e->txt.rr[0].text.data, "v=STSv1; id=2", 13) == 0;
}

static bool
txt_is(struct evidence *e, const char *text)
{
	if (!has_good_txt(e))
		return false;
	world_zone_txt(e, text);
	return true;
}

static bool
txt_gone(struct evidence *e)
{
	if (!has_good_txt(e))
		return false;
	world_no_txt(e);
	return true;
}

static bool
txt_twice(struct evidence *e)
{
	if (!has_good_txt(e))
		return false;
	world_rr(&e->txt, "v=STSv1; id=other;");
	return true;
}

static bool
txt_bad_id(struct evidence *e)
{
	return txt_is(e, "v=STSv1; id=a_b;");
}

static bool
txt_version(struct evidence *e)
{
	return txt_is(e, "v=STSv2; id=1;");
}

/* The id stays: how long testing has lasted hangs on it. */
static bool
txt_odd(struct evidence *e, const char *before, const char *after)
{
	char record[128];

	if (!has_good_txt(e))
		return false;
	snprintf(record, sizeof(record), "%sid=%s%s", before,
	    e->txt.rr[0].text.data + strlen("v=STSv1; id="), after);
	return txt_is(e, record);
}

static bool
txt_blank(struct evidence *e)
{
	return txt_odd(e, "v=STSv1 ; ", "");
}

static bool
txt_double(struct evidence *e)
{
	return txt_odd(e, "v=STSv1; x=1; ", "; id=b");
}

static bool
txt_server_stale(struct evidence *e)
{
	if (!has_good_txt(e))
		return false;
	world_dns_one(&e->server[1].txt, "_mta-sts." WORLD_DOMAIN, DNS_TXT,
	    "v=STSv1; id=old;");
	return true;
}

static bool
is_fetched(const struct evidence *e)
{
	return e->fetch.reason == STS_REASON_OK;
}

static bool
refuse(struct evidence *e, enum sts_reason reason, long status)
{
	if (!is_fetched(e))
		return false;
	world_refused(e, reason, status, "refused");
	mail_no_each(e);
	return true;
}

static bool
fetch_404(struct evidence *e)
{
	return refuse(e, STS_REASON_HTTP_STATUS, 404);
}

static bool
fetch_redirect(struct evidence *e)
{
	if (!refuse(e, STS_REASON_REDIRECT, 301))
		return false;
	world_header(&e->fetch, "Location", "https://www.good.example/");
	return true;
}

static bool
fetch_media_type(struct evidence *e)
{
	if (!refuse(e, STS_REASON_MEDIA_TYPE, 200))
		return false;
	world_header(&e->fetch, "Content-Type", "text/html");
	return true;
}

static bool
fetch_refused(struct evidence *e)
{
	if (!is_fetched(e))
		return false;
	world_fetch_failed(&e->fetch, STS_REASON_CONNECT, "refused");
	mail_no_each(e);
	return true;
}

static bool
fetch_slow(struct evidence *e)
{
	e->fetch.ms = 10001;
	return is_fetched(e);
}

static bool
fetch_differs(struct evidence *e)
{
	if (!is_fetched(e) || e->eachs < 2)
		return false;
	world_fetch_body(&e->each[1], "other", 5);
	return true;
}

static bool
cert_bad(struct evidence *e, enum sts_reason reason, int error)
{
	if (!is_fetched(e))
		return false;
	e->fetch.reason = reason;
	e->fetch.status = 0;
	e->fetch.tls.verify_error = error;
	e->fetch.tls.is_name_ok = reason != STS_REASON_TLS_NAME;
	if (reason == STS_REASON_TLS_EXPIRED)
		e->fetch.tls.cert[0].not_after = WORLD_NOW - WORLD_DAY_S;
	world_set(&e->fetch.tls.error, "certificate verify failed");
	mail_no_each(e);
	return true;
}

static bool
cert_expired(struct evidence *e)
{
	return cert_bad(e, STS_REASON_TLS_EXPIRED, X509_V_ERR_CERT_HAS_EXPIRED);
}

static bool
cert_name(struct evidence *e)
{
	return cert_bad(e, STS_REASON_TLS_NAME, X509_V_ERR_HOSTNAME_MISMATCH);
}

static bool
cert_chain(struct evidence *e)
{
	return cert_bad(
	    e, STS_REASON_TLS_CHAIN, X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT);
}

/* A shorter life than before. */
static bool
cert_ends(struct evidence *e)
{
	int64_t end = WORLD_NOW + (int64_t)(1 + pick(20)) * WORLD_DAY_S;
	size_t i;

	if (!is_fetched(e) || e->fetch.tls.cert[0].not_after < end)
		return false;
	e->fetch.tls.cert[0].not_after = end;
	for (i = 0; i < e->eachs; i++)
		e->each[i].tls.cert[0].not_after = end;
	return true;
}

static bool
tls_old_too(struct evidence *e)
{
	e->fetch.tls.is_old_offered = true;
	return is_fetched(e);
}

static bool
has_body(const struct evidence *e)
{
	/* To write it again would make the addresses agree. */
	return e->fetch.body.len > 0 && e->fetch.status == 200 &&
	    !(e->eachs == 2 && strcmp(e->each[1].body.data, "other") == 0);
}

/* Put text before the file; a web page stays one. */
static bool
body_before(struct evidence *e, const char *text)
{
	char body[2048];

	if (!has_body(e) || e->fetch.body.len > 1000 ||
	    e->fetch.body.data[0] == '<')
		return false;
	snprintf(body, sizeof(body), "%s%s", text, e->fetch.body.data);
	world_body(e, body);
	return true;
}

/* Spoil the first occurrence, keeping the length. */
static bool
body_spoil(struct evidence *e, const char *what, const char *with)
{
	char body[2048], *at;

	if (!has_body(e) || e->fetch.body.len > 1000)
		return false;
	snprintf(body, sizeof(body), "%s", e->fetch.body.data);
	at = strstr(body, what);
	if (at == NULL)
		return false;
	memcpy(at, with, strlen(with));
	world_body(e, body);
	return true;
}

static bool
body_bom(struct evidence *e)
{
	return body_before(e, "\xef\xbb\xbf");
}

static bool
body_junk(struct evidence *e)
{
	return body_before(e, "no field\n");
}

static bool
body_blank(struct evidence *e)
{
	return body_before(e, "\n");
}

static bool
body_html(struct evidence *e)
{
	return body_before(e, "<!DOCTYPE html>\n");
}

static bool
body_version(struct evidence *e)
{
	return body_spoil(e, "STSv1", "STSv7");
}

static bool
body_mode(struct evidence *e)
{
	return body_spoil(e, "mode: ", "mode:X");
}

static bool
body_max_age(struct evidence *e)
{
	return body_spoil(e, "max_age", "max-age");
}

static bool
body_cr(struct evidence *e)
{
	return body_spoil(e, "\nm", "\rm");
}

static bool
body_mx1(struct evidence *e)
{
	return body_spoil(e, "mx1.good", "old.good");
}

static bool
body_mx2(struct evidence *e)
{
	return body_spoil(e, "mx2.good", "old.good");
}

static struct ev_mx *
any_mx(struct evidence *e)
{
	return &e->host_mx[pick(e->mx_count)];
}

static bool
mx_plain(struct evidence *e)
{
	struct ev_mx *mx = any_mx(e);

	if (mx->end < EV_SMTP_NO_STARTTLS)
		return false;
	mail_smtp_end(mx, EV_SMTP_NO_STARTTLS);
	return true;
}

static bool
mx_handshake(struct evidence *e)
{
	struct ev_mx *mx = any_mx(e);

	if (mx->end != EV_SMTP_DONE)
		return false;
	mail_smtp_end(mx, EV_SMTP_STARTTLS_FAILED);
	return true;
}

static bool
mx_expired(struct evidence *e)
{
	struct ev_mx *mx = any_mx(e);

	if (!mx->tls.is_done)
		return false;
	mx->tls.cert[0].not_after = WORLD_NOW - 1;
	mx->tls.verify_error = X509_V_ERR_CERT_HAS_EXPIRED;
	return true;
}

static bool
mx_name(struct evidence *e)
{
	struct ev_mx *mx = any_mx(e);

	mx->tls.is_name_ok = false;
	return mx->tls.is_done;
}

static bool
mx_old(struct evidence *e)
{
	struct ev_mx *mx = any_mx(e);

	if (!mx->tls.is_done)
		return false;
	world_set(&mx->tls.version, "TLSv1");
	return true;
}

static bool
mx_ends(struct evidence *e)
{
	struct ev_mx *mx = any_mx(e);

	if (!mx->tls.is_done ||
	    mx->tls.cert[0].not_after < WORLD_NOW + 5 * WORLD_DAY_S)
		return false;
	mx->tls.cert[0].not_after = WORLD_NOW + 5 * WORLD_DAY_S;
	return true;
}

static bool
mx_alias(struct evidence *e)
{
	struct ev_mx *mx = any_mx(e);

	world_dns_one(&mx->cname, mx->host, DNS_CNAME, "a.good.example");
	return true;
}

/* Neither covered nor encrypted. */
static bool
mx_more(struct evidence *e)
{
	if (e->mx_count > 5)
		return false;
	mail_smtp_end(
	    world_mx(e, "new.other.example", 90), EV_SMTP_NO_STARTTLS);
	return true;
}

static bool
mx_tlsa(struct evidence *e)
{
	struct ev_mx *mx = any_mx(e);
	struct ev_rr *rr;

	e->is_validating = mx->a.ad = true;
	world_dns(&mx->tlsa, "_25._tcp", DNS_TLSA, DNS_OK);
	rr = world_rr(&mx->tlsa, "01234567890123456789012345678901");
	rr->usage = 3;
	rr->selector = rr->matching = 1;
	mx->tlsa.ad = true;
	return true;
}

static bool
has_good_rpt(const struct evidence *e)
{
	return e->tlsrpt.status == DNS_OK && e->tlsrpt.count == 1 &&
	    strcmp(e->tlsrpt.rr[0].text.data, WORLD_RUA) == 0 &&
	    e->rua_mx[0].status == DNS_OK && e->rua_mx[0].rr[0].text.len > 0;
}

static bool
rpt_gone(struct evidence *e)
{
	if (!has_good_rpt(e))
		return false;
	mail_no_tlsrpt(e);
	return true;
}

static bool
rpt_bad(struct evidence *e)
{
	if (!has_good_rpt(e))
		return false;
	world_dns_one(&e->tlsrpt, "_smtp._tls." WORLD_DOMAIN, DNS_TXT,
	    "v=TLSRPTv1; rua=mailto:a@good.example!10m");
	return true;
}

static bool
rpt_half(struct evidence *e)
{
	if (!has_good_rpt(e))
		return false;
	world_dns_one(&e->tlsrpt, "_smtp._tls." WORLD_DOMAIN, DNS_TXT,
	    "v=TLSRPTv1; rua=mailto:tls-reports@good.example,ftp://a.example");
	return true;
}

static bool
rpt_null_mx(struct evidence *e)
{
	if (!has_good_rpt(e))
		return false;
	world_dns_one(&e->rua_mx[0], WORLD_DOMAIN, DNS_MX, "");
	return true;
}

static bool
hide_mx(struct evidence *e)
{
	mail_smtp_end(any_mx(e), EV_SMTP_UNREACHABLE);
	return true;
}

static bool
hide_smtp(struct evidence *e)
{
	size_t i;

	e->is_smtp_skipped = true;
	for (i = 0; i < e->mx_count; i++)
		mail_smtp_end(&e->host_mx[i], EV_SMTP_NOT_PROBED);
	return true;
}

static bool
hide_rpt(struct evidence *e)
{
	world_dns(&e->tlsrpt, "_smtp._tls." WORLD_DOMAIN, DNS_TXT, DNS_TIMEOUT);
	return true;
}

static bool
hide_rua(struct evidence *e)
{
	world_dns(&e->rua_mx[0], WORLD_DOMAIN, DNS_MX, DNS_FAILED);
	return true;
}

static bool
hide_server(struct evidence *e)
{
	world_dns(
	    &e->server[0].txt, "_mta-sts." WORLD_DOMAIN, DNS_TXT, DNS_TIMEOUT);
	return true;
}

static bool
hide_txt(struct evidence *e)
{
	world_dns(&e->txt, "_mta-sts." WORLD_DOMAIN, DNS_TXT, DNS_TIMEOUT);
	return true;
}

static const struct step steps[] = {
	{ "txt_gone", txt_gone, true },
	{ "txt_twice", txt_twice, true },
	{ "txt_bad_id", txt_bad_id, true },
	{ "txt_version", txt_version, true },
	{ "txt_blank", txt_blank, true },
	{ "txt_double", txt_double, true },
	{ "txt_server_stale", txt_server_stale, true },
	{ "fetch_404", fetch_404, true },
	{ "fetch_redirect", fetch_redirect, true },
	{ "fetch_media_type", fetch_media_type, true },
	{ "fetch_refused", fetch_refused, true },
	{ "fetch_slow", fetch_slow, true },
	{ "fetch_differs", fetch_differs, true },
	{ "cert_expired", cert_expired, true },
	{ "cert_name", cert_name, true },
	{ "cert_chain", cert_chain, true },
	{ "cert_ends", cert_ends, true },
	{ "tls_old_too", tls_old_too, true },
	{ "body_bom", body_bom, true },
	{ "body_junk", body_junk, true },
	{ "body_blank", body_blank, true },
	{ "body_html", body_html, true },
	{ "body_version", body_version, true },
	{ "body_mode", body_mode, true },
	{ "body_max_age", body_max_age, true },
	{ "body_cr", body_cr, true },
	{ "body_mx1", body_mx1, true },
	{ "body_mx2", body_mx2, true },
	{ "mx_plain", mx_plain, true },
	{ "mx_handshake", mx_handshake, true },
	{ "mx_expired", mx_expired, true },
	{ "mx_name", mx_name, true },
	{ "mx_old", mx_old, true },
	{ "mx_ends", mx_ends, true },
	{ "mx_alias", mx_alias, true },
	{ "mx_more", mx_more, true },
	{ "mx_tlsa", mx_tlsa, true },
	{ "rpt_gone", rpt_gone, true },
	{ "rpt_bad", rpt_bad, true },
	{ "rpt_half", rpt_half, true },
	{ "rpt_null_mx", rpt_null_mx, true },
	{ "hide_mx", hide_mx, false },
	{ "hide_smtp", hide_smtp, false },
	{ "hide_rpt", hide_rpt, false },
	{ "hide_rua", hide_rua, false },
	{ "hide_server", hide_server, false },
	{ "hide_txt", hide_txt, false },
};

/* What is kept of a grading. */
struct grading {
	int score;
	bool is_dead; /* enforced, and no host meets it */
	bool is_basic; /* a critical fault of the four stages */
};

static const char *
wrong(const struct mail_run *run, struct grading *out)
{
	const struct check_report *r = run->report;
	const struct check_facts *f = run->facts;
	size_t i, failing = 0;

	*out = (struct grading){ .score = r->score };
	for (i = 0; i < run->findings->count; i++)
		out->is_basic |=
		    run->findings->item[i].severity == CHECK_CRITICAL &&
		    run->findings->item[i].rule->stage <= CHECK_SYNTAX;
	for (i = 0; i < f->hosts; i++)
		failing += f->host[i].is_failing;
	out->is_dead = !out->is_basic && f->is_valid &&
	    f->mode == STS_MODE_ENFORCE && f->hosts > 0 && failing == f->hosts;
	if (r->score < 0)
		return r->verdict == CHECK_VERDICT_UNKNOWN &&
			strcmp(r->grade, "?") == 0 ?
		    NULL :
		    "no score, but a verdict";
	if (r->score > 100)
		return "over 100";
	if (r->verdict == CHECK_VERDICT_FAIL && r->grade[0] != 'D' &&
	    r->grade[0] != 'F')
		return "a fail above D";
	if (r->verdict == CHECK_VERDICT_PASS && r->grade[0] != 'A')
		return "a pass below A";
	if (r->verdict == CHECK_VERDICT_WARNING && r->grade[0] == 'A')
		return "a warning above B";
	if (out->is_dead && r->score > 20)
		return "nothing can be delivered, over 20";
	return NULL;
}

static const char *
wrong_step(const struct step *step, const struct grading *before,
    const struct grading *after)
{
	if (before->score < 0 || after->score < 0)
		return NULL;
	if (!step->is_fault)
		return after->score < before->score ? "hiding lowers" : NULL;
	/* The one exception: a blocking policy becomes unusable. */
	if (before->is_dead && after->is_basic)
		return NULL;
	return after->score > before->score ? "a fault raises" : NULL;
}

static void
base(struct evidence *e)
{
	static const char *const modes[] = { "enforce", "enforce", "testing",
		"none" };
	static const char *const ages[] = { "604800", "31557600", "86400",
		"3600", "0", "31557601" };
	static const char *const ids[] = { WORLD_ID, "20260520", "20250101",
		"2x" };
	char record[64];

	mail_policy(e, modes[pick(COUNT(modes))], ages[pick(COUNT(ages))]);
	snprintf(
	    record, sizeof(record), "v=STSv1; id=%s", ids[pick(COUNT(ids))]);
	world_zone_txt(e, record);
}

static size_t
walk(uint64_t start)
{
	const struct step *step = NULL;
	struct grading before = { .score = 100 }, after;
	struct mail_run run;
	const char *fault;
	char trail[512] = "";
	size_t i, used = 0, count = 0;

	seed = start * UINT64_C(0x9e3779b97f4a7c15) + 1;
	run.e = world_good();
	base(run.e);
	for (i = 0; i <= STEPS_MAX; i++) {
		if (i > 0) {
			step = &steps[pick(COUNT(steps))];
			if (!step->take(run.e))
				continue;
			used += (size_t)snprintf(trail + used,
			    sizeof(trail) - used, " %s", step->name);
		}
		mail_judge(&run);
		fault = wrong(&run, &after);
		if (fault == NULL && step != NULL)
			fault = wrong_step(step, &before, &after);
		if (fault != NULL)
			fail_msg("world %zu:%s: %s (%d, then %d %s %s)",
			    (size_t)start, trail, fault, before.score,
			    after.score, run.report->grade,
			    check_status_word(run.report->status));
		mail_forget(&run);
		before = after;
		count++;
	}
	evidence_free(run.e);
	return count;
}

static void
test_random(void **state)
{
	size_t i, count = 0;

	(void)state;
	for (i = 0; i < WORLDS || count < 20000; i++)
		count += walk(i);
	assert_true(count >= 20000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
