/* SPDX-License-Identifier: ISC */
/* What is collected of good domains and of broken ones. */
#include "probe_world.h"

#define POLICY  "version: STSv1\nmode: enforce\nmx: mx.good.test\nmax_age: 9\n"
#define LENGTH  "Content-Length: 57\r\n\r\n"
#define HEAD    "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
#define GOOD    HEAD "X-Long: a \r\n  b\r\n" LENGTH POLICY
#define LIMIT_S 60

static const struct script good = { .tls = TLS_13, .answer = GOOD };

static void
expect_text(const struct ev_dns *d, size_t i, const char *text)
{
	assert_true(d->is_asked);
	assert_int_equal(d->status, DNS_OK);
	assert_true(i < d->count);
	assert_string_equal(d->rr[i].text.data, text);
}

static void
expect_names(const struct evidence *e)
{
	assert_true(e->soa.is_asked && e->soa.status == DNS_OK);
	expect_text(&e->txt, 0, "v=STSv1; id=1;");
	assert_string_equal(e->txt.name, "_mta-sts." DOMAIN);
	assert_int_equal(e->txt.ttl, TTL_S);
	expect_text(&e->spf, 0, "v=spf1 mx -all");
	expect_text(&e->dmarc, 0, "v=DMARC1; p=none");
	assert_false(e->underscore.is_asked || e->bare.is_asked ||
	    e->twice.is_asked || e->www.is_asked || e->parent.is_asked);
	expect_text(&e->ns, 0, "ns1." DOMAIN);
	assert_int_equal(e->servers, 2);
	assert_string_equal(e->server[0].host, "ns1." DOMAIN);
	assert_string_equal(e->server[0].address, "127.0.0.11");
	expect_text(&e->server[0].txt, 0, "127.0.0.11");
	expect_text(&e->server[1].txt, 0, "127.0.0.12");
	expect_text(&e->host_a, 0, "127.0.0.1");
	assert_true(e->host_aaaa.is_asked && e->host_cname.is_asked);
	assert_int_equal(e->host_aaaa.status, DNS_NODATA);
}

static void
expect_fetch(const struct ev_fetch *f)
{
	assert_true(f->is_asked);
	assert_int_equal(f->reason, STS_REASON_OK);
	assert_string_equal(
	    f->url, "https://mta-sts." DOMAIN "/.well-known/mta-sts.txt");
	assert_string_equal(f->address, "127.0.0.1");
	assert_int_equal(f->tries, 1);
	assert_int_equal(f->status, 200);
	assert_string_equal(f->body.data, POLICY);
	assert_true(f->has_length && !f->is_body_cut);
	assert_string_equal(
	    ev_header_find(f, "content-type")->data, "text/plain");
	assert_string_equal(ev_header_find(f, "x-long")->data, "a  b");
	assert_int_equal(f->header_count, 3);
	assert_true(f->tls.is_tried && f->tls.is_done && f->tls.is_name_ok);
	assert_string_equal(f->tls.version, "TLSv1.3");
	assert_null(f->tls.error);
	assert_int_equal(f->tls.verify_error, 0);
	assert_int_equal(f->tls.cert_count, 2);
	assert_string_equal(f->tls.cert[0].subject, "CN=mta-sts.good.test");
	assert_string_equal(f->tls.cert[0].issuer, "CN=Test Intermediate");
	assert_int_equal(f->tls.cert[0].san_count, 1);
	assert_string_equal(f->tls.cert[0].san[0], "mta-sts.good.test");
	assert_int_equal(
	    f->tls.cert[0].not_after - f->tls.cert[0].not_before, 31 * DAY_S);
	assert_true(f->tls.cert[1].der.len > 0);
}

static void
expect_mail(const struct evidence *e)
{
	assert_int_equal(e->mx_count, 2);
	assert_string_equal(e->host_mx[0].host, "mx1." DOMAIN);
	assert_int_equal(e->host_mx[0].preference, 10);
	assert_string_equal(e->host_mx[1].host, "mx2." DOMAIN);
	assert_false(e->host_mx[0].is_implicit || e->is_null_mx);
	expect_text(&e->host_mx[0].a, 0, "127.0.0.21");
	assert_true(e->host_mx[0].aaaa.is_asked);
	assert_true(e->host_mx[0].cname.is_asked);
	assert_int_equal(e->host_mx[0].tlsa.status, DNS_OK);
	assert_true(e->host_mx[0].tlsa.ad);
	assert_int_equal(e->host_mx[0].tlsa.rr[0].usage, 3);
	assert_int_equal(e->host_mx[0].end, EV_SMTP_DONE);
	assert_string_equal(e->host_mx[0].address, "127.0.0.21");
	assert_string_equal(e->host_mx[0].banner.data, "220 hello");
	assert_string_equal(e->host_mx[0].ehlo.data, "250-a\n250 STARTTLS");
	assert_int_equal(e->host_mx[0].tls.cert_count, 1);
	assert_true(e->host_mx[0].tls.is_done && e->host_mx[0].tls.is_name_ok);
	assert_int_equal(world.calls, 2);
	assert_true(e->tlsrpt.is_asked && e->tlsrpt_old.is_asked);
	assert_int_equal(e->ruas, 2);
	assert_string_equal(e->rua_mx[0].name, DOMAIN);
	assert_int_equal(e->rua_mx[0].status, DNS_OK);
	assert_false(e->rua_a[0].is_asked);
	assert_string_equal(e->rua_mx[1].name, "other.test");
	assert_int_equal(e->rua_mx[1].status, DNS_NODATA);
	expect_text(&e->rua_a[1], 0, "127.0.0.1");
}

static void
test_good(void **state)
{
	const struct evidence *e;
	struct buf one = { 0 }, two = { 0 };
	struct evidence *again;
	char error[256];

	(void)state;
	world_open(&good);
	e = collect(" https://mta-sts.Good.Test/", LIMIT_S);
	assert_string_equal(e->domain, DOMAIN);
	assert_string_equal(e->input, " https://mta-sts.Good.Test/");
	assert_non_null(strstr(e->note, "URL"));
	assert_null(e->unicode);
	assert_true(e->time > 1000000000 && e->host[0] != '\0');
	assert_string_equal(e->resolver, world.server);
	assert_string_equal(e->version, VERSION);
	assert_true(e->is_validating && e->has_ipv4);
	assert_false(e->is_smtp_skipped || e->is_timed_out);
	expect_names(e);
	expect_fetch(&e->fetch);
	assert_true(e->fetch.tls.is_old_asked);
	assert_false(e->fetch.tls.is_old_offered);
	assert_int_equal(e->eachs, 0);
	assert_false(e->apex.is_asked || e->plain.is_asked);
	expect_mail(e);
	evidence_save(&one, e);
	again = evidence_load(one.data, one.len, error, sizeof(error));
	assert_non_null(again);
	evidence_save(&two, again);
	assert_string_equal(one.data, two.data);
	evidence_free(again);
	buf_clear(&one);
	buf_clear(&two);
	world_close();
}

static void
test_input(void **state)
{
	(void)state;
	world_open(&good);
	start("no domain", LIMIT_S, true);
	assert_null(world.probe);
	collect("b\xc3\xbc"
		"cher.good.test",
	    LIMIT_S);
	assert_string_equal(world.e->domain, "xn--bcher-kva.good.test");
	assert_string_equal(world.e->unicode,
	    "b\xc3\xbc"
	    "cher.good.test");
	assert_int_equal(world.e->soa.status, DNS_NXDOMAIN);
	assert_int_equal(world.e->mx_count, 0);
	assert_int_equal(world.e->fetch.reason, STS_REASON_DNS);
	assert_int_equal(world.calls, 0);
	world_close();
}

static const struct row {
	const char *name;
	struct script script;
	enum sts_reason reason;
	long status;
	int error;
	int certs;
	bool is_name_ok;
} rows[] = {
	{ "expired", .script = { .cert = PKI_EXPIRED, .answer = GOOD },
	    STS_REASON_TLS_EXPIRED, 200, X509_V_ERR_CERT_HAS_EXPIRED, 2, true },
	{ "self-signed", .script = { .cert = PKI_SELF_SIGNED, .answer = GOOD },
	    STS_REASON_TLS_CHAIN, 200, X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT,
	    1, true },
	{ "other name", .script = { .cert = PKI_WRONG_NAME, .answer = GOOD },
	    STS_REASON_TLS_NAME, 200, 0, 2, false },
	{ "html", .script = { .answer = "HTTP/1.1 200 OK\r\n" LENGTH POLICY },
	    STS_REASON_MEDIA_TYPE, 200, 0, 2, true },
};

static void
test_faults(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		const struct row *r = &rows[i];
		const struct ev_fetch *f;

		world_open(&r->script);
		f = &collect(DOMAIN, LIMIT_S)->fetch;
		if (f->reason != r->reason || f->status != r->status ||
		    f->tls.verify_error != r->error ||
		    (int)f->tls.cert_count != r->certs ||
		    f->tls.is_name_ok != r->is_name_ok || f->tries != 1)
			fail_msg("%s: %d \"%s\" %ld, error %d", r->name,
			    (int)f->reason, f->detail, f->status,
			    f->tls.verify_error);
		assert_string_equal(f->body.data, POLICY);
		assert_false(world.e->apex.is_asked || world.e->plain.is_asked);
		world_close();
	}
}

static void
test_404(void **state)
{
	static const struct script gone = {
		.answer = "HTTP/1.1 404 Not Found\r\n" LENGTH POLICY
	};
	const struct evidence *e;

	(void)state;
	world_open(&gone);
	add(DOMAIN, DNS_A, "127.0.0.1");
	e = collect(DOMAIN, LIMIT_S);
	assert_int_equal(e->fetch.reason, STS_REASON_HTTP_STATUS);
	assert_int_equal(e->fetch.status, 404);
	assert_string_equal(e->fetch.body.data, POLICY);
	assert_string_equal(
	    e->apex.url, "https://" DOMAIN "/.well-known/mta-sts.txt");
	assert_int_equal(e->apex.reason, STS_REASON_TLS_NAME);
	assert_int_equal(e->apex.status, 404);
	assert_string_equal(
	    e->www_url.url, "https://www." DOMAIN "/.well-known/mta-sts.txt");
	assert_int_equal(e->www_url.reason, STS_REASON_DNS);
	assert_string_equal(
	    e->short_url.url, "https://mta-sts." DOMAIN "/mta-sts.txt");
	assert_int_equal(e->short_url.status, 404);
	assert_false(e->plain.is_asked);
	world_close();
}

static void
test_refused_address(void **state)
{
	const struct evidence *e;

	(void)state;
	world_open(&good);
	drop("mta-sts." DOMAIN, DNS_A);
	add("mta-sts." DOMAIN, DNS_A, "10.0.0.1");
	drop("mx1." DOMAIN, DNS_A);
	add("mx1." DOMAIN, DNS_A, "10.0.0.2");
	drop("ns1." DOMAIN, DNS_A);
	add("ns1." DOMAIN, DNS_A, "10.0.0.3");
	e = collect(DOMAIN, LIMIT_S);
	assert_int_equal(e->fetch.reason, STS_REASON_REFUSED_ADDRESS);
	assert_non_null(strstr(e->fetch.detail, "10.0.0.1"));
	assert_false(e->fetch.tls.is_tried || e->fetch.tls.is_old_asked);
	assert_int_equal(e->host_mx[0].end, EV_SMTP_REFUSED_ADDRESS);
	assert_int_equal(world.calls, 1);
	assert_false(e->server[0].txt.is_asked);
	assert_int_equal(world.directs, 1);
	world_close();
}

/* Each address by itself; the time is over before the second try. */
static void
test_addresses(void **state)
{
	const struct evidence *e;

	(void)state;
	world_open(&good);
	drop("mta-sts." DOMAIN, DNS_A);
	add("mta-sts." DOMAIN, DNS_A, "127.0.0.1");
	add("mta-sts." DOMAIN, DNS_A, "127.0.0.9");
	add("mta-sts." DOMAIN, DNS_AAAA, "::1");
	e = collect(DOMAIN, 1);
	assert_int_equal(e->fetch.reason, STS_REASON_OK);
	assert_true(e->eachs >= 2);
	assert_string_equal(e->each[0].address, "127.0.0.1");
	assert_int_equal(e->each[0].reason, STS_REASON_OK);
	assert_int_equal(e->each[0].tls.cert_count, 2);
	assert_string_equal(e->each[e->eachs - 1].address, "127.0.0.9");
	assert_int_equal(e->each[e->eachs - 1].reason, STS_REASON_CONNECT);
	assert_int_equal(e->each[e->eachs - 1].tries, 1);
	assert_true(e->is_timed_out);
	world_close();
}

/* Twice, five seconds apart; then port 80. */
static void
test_closed_port(void **state)
{
	const struct evidence *e;

	(void)state;
	world_open(&good);
	drop("mta-sts." DOMAIN, DNS_A);
	add("mta-sts." DOMAIN, DNS_A, "127.0.0.9");
	e = collect(DOMAIN, LIMIT_S);
	assert_int_equal(e->fetch.reason, STS_REASON_CONNECT);
	assert_int_equal(e->fetch.tries, 2);
	assert_string_equal(e->fetch.address, "127.0.0.9");
	assert_true(e->plain.is_asked);
	assert_string_equal(
	    e->plain.url, "http://mta-sts." DOMAIN "/.well-known/mta-sts.txt");
	assert_false(e->apex.is_asked || e->is_timed_out);
	world_close();
}

/* It is over when its time is over; what is there stays. */
static void
test_silent(void **state)
{
	static const struct script silent = { .stage = AT_ACCEPT,
		.ending = WITH_HANG };
	const struct evidence *e;

	(void)state;
	world_open(&silent);
	/* Time enough for all but the host that hangs. */
	e = collect(DOMAIN, 4);
	assert_true(e->is_timed_out);
	assert_int_equal(e->fetch.reason, STS_REASON_TIMEOUT);
	assert_int_equal(e->fetch.tries, 1);
	assert_true(e->fetch.tls.is_tried && !e->fetch.tls.is_done);
	assert_non_null(e->fetch.tls.error);
	assert_false(e->fetch.tls.is_old_asked);
	assert_int_equal(e->host_mx[0].end, EV_SMTP_DONE);
	expect_names(e);
	world_close();
}

static void
test_old_tls(void **state)
{
	static const struct script old = { .tls = TLS_11, .answer = GOOD };

	(void)state;
	world_open(&old);
	collect(DOMAIN, LIMIT_S);
	assert_int_equal(world.e->fetch.reason, STS_REASON_TLS_VERSION);
	assert_non_null(world.e->fetch.tls.error);
	assert_true(world.e->fetch.tls.is_old_asked);
	assert_true(world.e->fetch.tls.is_old_offered);
	world_close();
}

static void
test_no_mail(void **state)
{
	(void)state;
	world_open(&good);
	drop(DOMAIN, DNS_MX);
	add(DOMAIN, DNS_MX, "0 .");
	collect(DOMAIN, LIMIT_S);
	assert_true(world.e->is_null_mx);
	assert_int_equal(world.e->mx_count, 0);
	assert_int_equal(world.calls, 0);
	world_close();

	world_open(&good);
	drop(DOMAIN, DNS_MX);
	add(DOMAIN, DNS_A, "127.0.0.31");
	collect(DOMAIN, LIMIT_S);
	assert_int_equal(world.e->mx.status, DNS_NODATA);
	assert_int_equal(world.e->mx_count, 1);
	assert_true(world.e->host_mx[0].is_implicit && !world.e->is_null_mx);
	assert_string_equal(world.e->host_mx[0].host, DOMAIN);
	assert_int_equal(world.e->host_mx[0].end, EV_SMTP_DONE);
	assert_string_equal(world.called_at[0], "127.0.0.31");
	world_close();
}

static void
test_servfail(void **state)
{
	const struct evidence *e;

	(void)state;
	world_open(&good);
	add(DOMAIN, 0, "");
	drop(DOMAIN, DNS_MX);
	drop("_mta-sts." DOMAIN, DNS_TXT);
	add("_mta-sts." DOMAIN, 0, "");
	/* The zone's own failure hides its records. */
	memmove(&world.record[1], &world.record[0],
	    world.records++ * sizeof(world.record[0]));
	world.record[0] = (struct record){ DOMAIN, 0, "" };
	e = collect(DOMAIN, LIMIT_S);
	assert_int_equal(e->soa.status, DNS_FAILED);
	assert_int_equal(e->txt.status, DNS_FAILED);
	assert_non_null(strstr(e->txt.detail, "SERVFAIL"));
	assert_int_equal(e->mx.status, DNS_FAILED);
	assert_int_equal(e->mx_count, 0);
	assert_false(e->underscore.is_asked);
	assert_int_equal(e->fetch.reason, STS_REASON_OK);
	world_close();
}

static void
test_elsewhere(void **state)
{
	const struct evidence *e;

	(void)state;
	world_open(&good);
	drop("_mta-sts." DOMAIN, DNS_TXT);
	add("_mta-sts." DOMAIN, DNS_TXT, "v=other");
	add("_mta_sts." DOMAIN, DNS_TXT, "a");
	add("mta-sts." DOMAIN, DNS_TXT, "b");
	add("_mta-sts." DOMAIN "." DOMAIN, DNS_TXT, "c");
	add("_mta-sts.www." DOMAIN, DNS_TXT, "d");
	e = collect(DOMAIN, LIMIT_S);
	expect_text(&e->underscore, 0, "a");
	expect_text(&e->bare, 0, "b");
	expect_text(&e->twice, 0, "c");
	expect_text(&e->www, 0, "d");
	/* The parent is a top-level domain. */
	assert_false(e->parent.is_asked);
	world_close();
}

static void
test_subdomain(void **state)
{
	const struct evidence *e;

	(void)state;
	world_open(&good);
	drop(DOMAIN, DNS_NS);
	add("a.b." DOMAIN, DNS_A, "127.0.0.1");
	add("_mta-sts.b." DOMAIN, DNS_TXT, "v=STSv1; id=2;");
	e = collect("a.b." DOMAIN, LIMIT_S);
	expect_text(&e->parent, 0, "v=STSv1; id=2;");
	/* The zone was looked for as far up as good.test. */
	assert_string_equal(e->ns.name, DOMAIN);
	assert_int_equal(e->servers, 0);
	world_close();
}

static void
test_odd_mx(void **state)
{
	static const struct {
		const char *host;
		enum ev_smtp_end end;
		const char *detail;
	} odd[] = {
		{ "a_b." DOMAIN, EV_SMTP_NOT_PROBED, "not a host name" },
		{ "alias." DOMAIN, EV_SMTP_NOT_PROBED, "CNAME" },
		{ "192.0.2.1", EV_SMTP_NOT_PROBED, "an address" },
		{ "nobody." DOMAIN, EV_SMTP_UNREACHABLE, "no address" },
		{ "dead." DOMAIN, EV_SMTP_UNREACHABLE, "refused" },
		{ "mx1." DOMAIN, EV_SMTP_DONE, "" },
	};
	char text[COUNT(odd)][64];
	const struct evidence *e;
	size_t i;

	(void)state;
	world_open(&good);
	drop(DOMAIN, DNS_MX);
	for (i = 0; i < COUNT(odd); i++) {
		snprintf(text[i], sizeof(text[i]), "%zu %s", i, odd[i].host);
		add(DOMAIN, DNS_MX, text[i]);
	}
	add(DOMAIN, DNS_MX, "99 mx1." DOMAIN);
	add("a_b." DOMAIN, DNS_A, "127.0.0.21");
	add("alias." DOMAIN, DNS_CNAME, "mx1." DOMAIN);
	add("dead." DOMAIN, DNS_A, "127.0.0.21");
	add("dead." DOMAIN, DNS_A, "127.0.0.22");
	e = collect(DOMAIN, LIMIT_S);
	assert_int_equal(e->mx_count, COUNT(odd));
	for (i = 0; i < COUNT(odd); i++)
		if (strcmp(e->host_mx[i].host, odd[i].host) != 0 ||
		    e->host_mx[i].end != odd[i].end ||
		    strstr(e->host_mx[i].detail, odd[i].detail) == NULL)
			fail_msg("row %zu: %s %d \"%s\"", i, e->host_mx[i].host,
			    (int)e->host_mx[i].end, e->host_mx[i].detail);
	expect_text(&e->host_mx[1].cname, 0, "mx1." DOMAIN);
	assert_int_equal(world.calls, 2);
	world_close();
}

/* A hundred hosts are kept, ten are called, each once. */
static void
test_many_mx(void **state)
{
	char text[100][16], name[100][16];
	const struct evidence *e;
	size_t i, j;

	(void)state;
	world_open(&good);
	drop(DOMAIN, DNS_MX);
	for (i = 0; i < COUNT(text); i++) {
		snprintf(name[i], sizeof(name[i]), "m%zu.x", i);
		snprintf(text[i], sizeof(text[i]), "%zu m%zu.x", 200 - i, i);
		add(DOMAIN, DNS_MX, text[i]);
		add(name[i], DNS_A, "127.0.0.21");
	}
	e = collect(DOMAIN, LIMIT_S);
	if (e->mx_count != 100)
		fail_msg("%zu: %s", e->mx_count, e->mx.detail);
	assert_string_equal(e->host_mx[0].host, "m99.x");
	assert_string_equal(e->host_mx[99].host, "m0.x");
	assert_int_equal(world.calls, EVIDENCE_SMTP_MAX);
	for (i = 0; i < world.calls; i++)
		for (j = 0; j < i; j++)
			assert_string_not_equal(
			    world.called[i], world.called[j]);
	for (i = 0; i < 100; i++) {
		expect_text(&e->host_mx[i].a, 0, "127.0.0.21");
		assert_int_equal(e->host_mx[i].end,
		    i < EVIDENCE_SMTP_MAX ? EV_SMTP_DONE : EV_SMTP_NOT_PROBED);
		assert_int_equal(
		    e->host_mx[i].tlsa.is_asked, i < EVIDENCE_SMTP_MAX);
	}
	world_close();
}

static void
test_no_smtp(void **state)
{
	(void)state;
	world_open(&good);
	start(DOMAIN, LIMIT_S, false);
	assert_int_equal(loop_run(world.loop), 0);
	assert_true(world.e->is_smtp_skipped);
	assert_int_equal(world.calls, 0);
	assert_int_equal(world.e->host_mx[0].end, EV_SMTP_NOT_PROBED);
	expect_text(&world.e->host_mx[0].a, 0, "127.0.0.21");
	world_close();
}

static void
on_spin(void *arg)
{
	(void)arg;
	world.spin = NULL;
	if (world.spins-- == 0)
		loop_stop(world.loop);
	else
		world.spin = loop_defer(world.loop, LOOP_NORMAL, on_spin, NULL);
}

/* At any moment: world_close() looks for what is left. */
static void
test_cancel(void **state)
{
	unsigned int i;

	(void)state;
	probe_cancel(NULL);
	for (i = 0; i < 40; i++) {
		world_open(&good);
		start(DOMAIN, LIMIT_S, true);
		world.spins = i < 20 ? i : i * i;
		world.spin = loop_defer(world.loop, LOOP_NORMAL, on_spin, NULL);
		assert_int_equal(loop_run(world.loop), 0);
		/* The probe may have ended before it. */
		loop_defer_cancel(world.spin);
		probe_cancel(world.probe);
		world.probe = NULL;
		world_close();
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_input),
		cmocka_unit_test(test_faults),
		cmocka_unit_test(test_404),
		cmocka_unit_test(test_refused_address),
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_closed_port),
		cmocka_unit_test(test_silent),
		cmocka_unit_test(test_old_tls),
		cmocka_unit_test(test_no_mail),
		cmocka_unit_test(test_servfail),
		cmocka_unit_test(test_elsewhere),
		cmocka_unit_test(test_subdomain),
		cmocka_unit_test(test_odd_mx),
		cmocka_unit_test(test_many_mx),
		cmocka_unit_test(test_no_smtp),
		cmocka_unit_test(test_cancel),
	};

	return cmocka_run_group_tests(tests, setup_group, teardown_group);
}
