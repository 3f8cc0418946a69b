/* SPDX-License-Identifier: ISC */
/* What Postfix, the daemon and a policy host say, read into facts. */
#include "doctor_world.h"

#include "ctl/doctormap.h"
#include "ctl/doctorreport.h"

static void
test_version(void **state)
{
	static const struct {
		const char *text;
		int number[3];
	} cases[] = {
		{ "3.7.11", { 3, 7, 11 } },
		{ "3.12-20260821", { 3, 12, 0 } },
		{ "2.10.1", { 2, 10, 1 } },
		{ "3.9-RC2", { 3, 9, 0 } },
		{ "", { 0, 0, 0 } },
		{ "99999999999999999999.1", { 999999, 999999, 999999 } },
	};
	int number[3];
	size_t i, j;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		doctor_read_version(cases[i].text, number);
		for (j = 0; j < 3; j++) {
			if (number[j] != cases[i].number[j])
				fail_msg("case %zu, %zu: %d", i, j, number[j]);
		}
	}
}

static void
test_is_at_least(void **state)
{
	struct doctor_facts *f = doctor_facts_new();

	(void)state;
	world_version(f, "3.9.4");
	assert_false(doctor_postfix_is(f, 3, 10, 0));
	assert_false(doctor_postfix_is(f, 3, 9, 5));
	assert_true(doctor_postfix_is(f, 3, 9, 4));
	assert_true(doctor_postfix_is(f, 2, 11, 9));
	world_version(f, "4.0.0");
	assert_true(doctor_postfix_is(f, 3, 10, 6));
	doctor_facts_free(f);
}

static void
test_params(void **state)
{
	struct doctor_params p = { 0 };

	(void)state;
	doctor_read_params(
	    &p, "a = b = c\nempty =\nno equals\nlast = x, y\nempty = no more");
	assert_int_equal(p.count, 3);
	assert_string_equal(doctor_params_get(&p, "a"), "b = c");
	assert_string_equal(doctor_params_get(&p, "empty"), "no more");
	assert_string_equal(doctor_params_get(&p, "last"), "x, y");
	assert_null(doctor_params_get(&p, "no equals"));
	doctor_params_clear(&p);
}

static void
test_services(void **state)
{
	struct doctor_facts *f = doctor_facts_new();
	const struct doctor_client *c;

	(void)state;
	doctor_read_services(f,
	    "smtp       inet  n       -       y       -       -       smtpd\n"
	    "smtp       unix  -       -       -       -       -       smtp\n"
	    "relay      unix  -       -       n       -       -       smtp "
	    "-o smtp_fallback_relay= -o name=v\n"
	    "    -o not=a-service\n"
	    "short unix\n"
	    "\n"
	    "lmtp       unix  -       -       y       -       -       lmtp\n"
	    "out        unix  -       -       y       -       1       smtp",
	    true);
	assert_int_equal(f->postfix.clients, 3);
	c = f->postfix.client;
	assert_string_equal(c[0].name, "smtp");
	assert_true(c[0].is_chrooted);
	assert_false(c[1].is_chrooted);
	assert_string_equal(
	    doctor_params_get(&c[1].option, "smtp_fallback_relay"), "");
	assert_string_equal(doctor_params_get(&c[1].option, "name"), "v");
	assert_true(c[2].is_chrooted);
	doctor_read_options(f,
	    "smtp/inet/smtp_tls_security_level = none\n"
	    "relay/unix/name = w x\n"
	    "relays/unix/name = y\n"
	    "relay/unix\n"
	    "out/unix/smtp_tls_policy_maps =\n");
	assert_int_equal(c[0].option.count, 0);
	assert_string_equal(doctor_params_get(&c[1].option, "name"), "w x");
	assert_string_equal(
	    doctor_params_get(&c[2].option, "smtp_tls_policy_maps"), "");
	doctor_facts_free(f);
}

static void
test_tables(void **state)
{
	static const char *const text[] = { "hash:/etc/x",
		"inline:{ {a b = c}, d=e }", "proxy:socketmap:unix:run/s:p",
		"socketmap:inet:[::1]:8461:postfix-3.10", "socketmap:inet:x",
		"{socketmap:inet:h:1:n {x=y}" };
	struct doctor_tables t;
	size_t i;

	(void)state;
	doctor_tables_parse(&t,
	    " ,hash:/etc/x, inline:{ {a b = c}, d=e }\tproxy:socketmap:unix:"
	    "run/s:p socketmap:inet:[::1]:8461:postfix-3.10,,"
	    "socketmap:inet:x {socketmap:inet:h:1:n {x=y}");
	assert_int_equal(t.count, 6);
	for (i = 0; i < t.count; i++)
		assert_string_equal(t.item[i].text, text[i]);
	assert_false(t.item[0].is_socketmap);
	assert_true(t.item[2].is_socketmap && t.item[2].is_proxied);
	assert_string_equal(t.item[2].address, "unix:run/s");
	assert_string_equal(t.item[2].name, "p");
	assert_string_equal(t.item[3].address, "inet:[::1]:8461");
	assert_string_equal(t.item[3].name, "postfix-3.10");
	assert_true(t.item[4].is_socketmap);
	assert_null(t.item[4].name);
	assert_false(t.item[5].is_socketmap);
	doctor_tables_clear(&t);
}

static void
test_addresses(void **state)
{
	static const struct {
		const char *address, *listener;
		bool is_it;
	} cases[] = {
		{ "inet:127.0.0.1:8461", "inet:127.0.0.1:8461", true },
		{ "inet:127.0.0.1:8461", "inet:127.0.0.1:8462", false },
		{ "inet:127.0.0.1:8461", "inet:127.0.0.2:8461", false },
		{ "inet:localhost:8461", "inet:127.0.0.1:8461", true },
		{ "inet:127.0.0.1:8461", "inet:localhost:8461", true },
		{ "inet:192.0.2.1:8461", "inet:0.0.0.0:8461", true },
		{ "inet:[::1]:8461", "inet:0.0.0.0:8461", false },
		{ "inet:[2001:db8::1]:8461", "inet:[::]:8461", true },
		{ "inet:127.0.0.1:8461", "inet:[::]:8461", false },
		{ "unix:/run/s", "unix:/run/s", true },
		{ "unix:/run/s", "unix:/run/s2", false },
		{ "unix:/run/s", "inet:/run/s", false },
		{ "inet:", "inet:x", false },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (doctor_address_is(cases[i].address, cases[i].listener) !=
		    cases[i].is_it)
			fail_msg("case %zu", i);
	}
}

static void
test_policy(void **state)
{
	struct doctor_policy p;

	(void)state;
	doctor_policy_parse(
	    &p, "secure match=mx.example.com:.example.net servername=hostname");
	assert_string_equal(p.level, "secure");
	assert_int_equal(p.match.count, 2);
	assert_true(doctor_policy_covers(&p, "MX.example.com"));
	assert_true(doctor_policy_covers(&p, "a.example.net"));
	assert_false(doctor_policy_covers(&p, "a.b.example.net"));
	assert_false(doctor_policy_covers(&p, "example.net"));
	doctor_policy_clear(&p);
	/* With patterns, they decide. */
	doctor_policy_parse(&p,
	    "secure match=a.test policy_type=sts {policy_string=mx: c.test} "
	    "mx_host_pattern=*.b.test");
	assert_true(doctor_policy_covers(&p, "x.b.test"));
	assert_false(doctor_policy_covers(&p, "a.test"));
	doctor_policy_clear(&p);
	doctor_policy_parse(&p, "");
	assert_string_equal(p.level, "");
	assert_false(doctor_policy_covers(&p, "a.test"));
	doctor_policy_clear(&p);
}

static void
test_hops(void **state)
{
	struct doctor_facts *f = doctor_facts_new();
	char list[8192] = "";
	size_t i;

	(void)state;
	doctor_read_hops(
	    f, "[a]:587, inet:b:25 unix:/x a [a]:587", "x", "smtp");
	assert_int_equal(f->hops, 3);
	assert_string_equal(f->hop[0].key, "[a]:587");
	assert_string_equal(f->hop[1].key, "b:25");
	assert_string_equal(f->hop[2].key, "a");
	doctor_read_hops(f, "a", "y", "relay");
	assert_int_equal(f->hops, 4);
	for (i = 0; i < 200; i++)
		snprintf(list + strlen(list), 16, "h%zu,", i);
	doctor_read_hops(f, list, "z", "smtp");
	assert_int_equal(f->hops, 100);
	assert_int_equal(f->hops_left, 104);
	doctor_facts_free(f);
}

static void
test_date(void **state)
{
	(void)state;
	assert_int_equal(doctor_read_date("HTTP/1.1 200 OK\n"
					  "DATE:  Sun, 06 Nov 1994 08:49:37 GMT"
					  "\nX: y\n"),
	    784111777);
	assert_int_equal(doctor_read_date("HTTP/1.1 200 OK\nX: date:\n"), -1);
	assert_int_equal(doctor_read_date("Date: yesterday\n"), -1);
	assert_int_equal(doctor_read_date(""), -1);
}

static bool
health(struct doctor_facts *f, const char *text)
{
	return doctor_read_health(f, text, strlen(text));
}

static void
test_health(void **state)
{
	static const char *const bad[] = { "", "{", "[]", "1", "{\"ok\":1}",
		"null", "{\"ok\":\"true\"}" };
	struct doctor_facts *f = doctor_facts_new();
	const struct doctor_daemon *d = &f->daemon;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (health(f, bad[i]))
			fail_msg("case %zu", i);
	}
	assert_true(health(f,
	    "{\"ok\":false,\"reasons\":[\"a\",2,\"b\"],\"resolver\":{"
	    "\"servers\":\"192.0.2.1\",\"ad_believed\":true},\"fetch_last\":["
	    "{\"domain\":\"x.test\",\"reason\":\"refused-address\",\"detail\":"
	    "\"10.0.0.1\"},{\"domain\":\"y.test\",\"reason\":null},{\"domain\":"
	    "\"z.test\",\"reason\":\"ok\"},7],\"clock_suspect\":true,\"user\":"
	    "\"sts\",\"listeners\":[\"inet:127.0.0.1:8461\"]}"));
	assert_false(d->is_healthy);
	assert_int_equal(d->reason.count, 2);
	assert_true(d->has_resolver && d->is_ad_believed);
	assert_string_equal(d->servers, "192.0.2.1");
	assert_int_equal(d->fetches, 4);
	assert_string_equal(d->fetch[0].reason, "refused-address");
	assert_string_equal(d->fetch[0].detail, "10.0.0.1");
	assert_string_equal(d->fetch[1].reason, "");
	assert_string_equal(d->fetch[2].reason, "");
	assert_string_equal(d->fetch[3].domain, "");
	assert_true(d->is_clock_suspect);
	assert_string_equal(d->user, "sts");
	assert_string_equal(d->listener.item[0], "inet:127.0.0.1:8461");
	doctor_facts_free(f);
}

/* All of the wrong type: read as not there. */
static void
test_health_odd(void **state)
{
	struct doctor_facts *f = doctor_facts_new();

	(void)state;
	assert_true(health(f,
	    "{\"ok\":true,\"reasons\":{},\"resolver\":[],\"fetch_last\":\"x\","
	    "\"clock_suspect\":1,\"user\":[],\"listeners\":{\"a\":1}}"));
	assert_true(f->daemon.is_healthy);
	assert_false(f->daemon.has_resolver);
	assert_false(f->daemon.is_clock_suspect);
	assert_null(f->daemon.user);
	assert_int_equal(f->daemon.fetches, 0);
	doctor_facts_free(f);
}

static void
test_config(void **state)
{
	static const char good[] =
	    "{\"settings\":{\"dane\":\"yes\",\"n\":1},\"file\":\"/f\","
	    "\"binary\":{\"path\":\"/b\",\"replaced\":true}}";
	static const char status[] = "{\"version\":\"1.2\"}";
	struct doctor_facts *f = doctor_facts_new();

	(void)state;
	assert_false(doctor_read_config(f, "{\"settings\":[]}", 15));
	assert_false(doctor_read_config(f, "", 0));
	assert_true(doctor_read_config(f, good, strlen(good)));
	assert_string_equal(doctor_setting(f, "dane"), "yes");
	assert_string_equal(doctor_setting(f, "n"), "");
	assert_string_equal(f->daemon.file, "/f");
	assert_string_equal(f->daemon.binary, "/b");
	assert_true(f->daemon.is_replaced);
	assert_false(doctor_read_status(f, "{}", 2));
	assert_true(doctor_read_status(f, status, strlen(status)));
	assert_string_equal(f->daemon.version, "1.2");
	doctor_facts_free(f);
}

static void
test_quote(void **state)
{
	struct buf b = { 0 };

	(void)state;
	doctor_quote(&b, "/plain-1.2_x");
	buf_putc(&b, ' ');
	doctor_quote(&b, "");
	buf_putc(&b, ' ');
	doctor_quote(&b, "it's $(x) `y` \\");
	assert_string_equal(b.data, "/plain-1.2_x '' 'it'\\''s $(x) `y` \\'");
	buf_clear(&b);
}

/* What is no printable character never reaches a terminal. */
static void
test_hostile_texts(void **state)
{
	struct doctor_facts *f = world_sound();
	struct doctor_report *report;
	struct buf text = { 0 };
	size_t i;

	(void)state;
	f->daemon.is_healthy = false;
	doctor_texts_add(&f->daemon.reason, "a\033[31m\r\nb\xff");
	world_hop(f, "x\033]0;y\a.test", "TEMP \033c");
	report = doctor_judge(f);
	doctor_report_text(&text, f, report, false);
	doctor_report_json(&text, f, report);
	for (i = 0; i < text.len; i++)
		assert_true(text.data[i] == '\n' ||
		    (text.data[i] >= 0x20 && text.data[i] < 0x7f));
	assert_non_null(strstr(text.data, "a\\x1b[31m\\x0d\\x0ab\\xff"));
	buf_clear(&text);
	doctor_report_free(report);
	doctor_facts_free(f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_version),
		cmocka_unit_test(test_is_at_least),
		cmocka_unit_test(test_params),
		cmocka_unit_test(test_services),
		cmocka_unit_test(test_tables),
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_policy),
		cmocka_unit_test(test_hops),
		cmocka_unit_test(test_date),
		cmocka_unit_test(test_health),
		cmocka_unit_test(test_health_odd),
		cmocka_unit_test(test_config),
		cmocka_unit_test(test_quote),
		cmocka_unit_test(test_hostile_texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
