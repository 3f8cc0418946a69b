/* SPDX-License-Identifier: ISC */
/* The proxy, the trust store, bad settings and our own faults. */
#include <sys/resource.h>

#include "fetch_world.h"

#define POLICY "version: STSv1\nmode: none\nmax_age: 60\n"
#define GOOD                                              \
	"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n" \
	"Content-Length: 38\r\n\r\n" POLICY
#define CONNECT_OK "HTTP/1.1 200 Established\r\nX: y\r\n\r\n"

static const struct script good = { .answer = GOOD };

static void
test_proxy(void **state)
{
	static const struct {
		const char *host;
		const char *connect;
		enum ending ending;
		enum stage stage;
		enum sts_reason reason;
		const char *detail;
		int64_t timeout_s;
	} rows[] = {
		{ "http://127.0.0.1", CONNECT_OK, WITH_FIN, AT_ANSWER,
		    STS_REASON_OK, "", 30 },
		{ "127.0.0.1", CONNECT_OK, WITH_FIN, AT_ANSWER, STS_REASON_OK,
		    "", 30 },
		{ "http://user:word@Proxy.test", CONNECT_OK, WITH_FIN,
		    AT_ANSWER, STS_REASON_OK, "", 30 },
		{ "http://localhost", CONNECT_OK, WITH_FIN, AT_ANSWER,
		    STS_REASON_OK, "", 30 },
		{ "http://127.0.0.1",
		    "HTTP/1.1 502 Bad\r\nContent-Length: 0\r\n\r\n", WITH_FIN,
		    AT_ANSWER, STS_REASON_CONNECT, "proxy: status 502", 30 },
		{ "http://127.0.0.1",
		    "HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n", WITH_FIN,
		    AT_ANSWER, STS_REASON_LOCAL, "proxy: status 407", 30 },
		{ "http://127.0.0.1", NULL, WITH_FIN, AT_ACCEPT,
		    STS_REASON_LOCAL, "proxy: ", 30 },
		{ "http://127.0.0.1", NULL, WITH_HANG, AT_ACCEPT,
		    STS_REASON_TIMEOUT, "no connection by the proxy", 1 },
		{ "http://127.0.0.9", NULL, WITH_FIN, AT_ANSWER,
		    STS_REASON_LOCAL, "proxy: ", 30 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		struct script script = { .answer = GOOD,
			.connect = rows[i].connect,
			.stage = rows[i].stage,
			.ending = rows[i].ending };
		char url[128];

		world_open(&script);
		/* Only the proxy's own address is exempt, so nothing is. */
		world.config.allow_networks.count = 0;
		world.config.fetch_timeout = rows[i].timeout_s;
		snprintf(url, sizeof(url), "%s:%u", rows[i].host, host.port);
		world.config.proxy = url;
		world_start();
		fetch_now();
		expect_row(i, rows[i].reason, rows[i].detail);
		assert_int_equal(
		    world.asked_count, strstr(url, "Proxy") != NULL);
		world_close();
	}
}

static void
test_proxy_name(void **state)
{
	static char url[] = "http://proxy.test:3128";

	(void)state;
	world_open(&good);
	world.config.proxy = url;
	world.a.status = DNS_NXDOMAIN;
	world.a.address[0] = NULL;
	world_start();
	fetch_now();
	expect(STS_REASON_LOCAL, "proxy proxy.test: no address");
	assert_string_equal(world.asked[0], "proxy.test");
	world_close();
}

static void
test_descriptors(void **state)
{
	struct rlimit old, few;
	int next;

	(void)state;
	world_open(&good);
	world_start();
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
	next = dup(0);
	close(next);
	few = old;
	few.rlim_cur = (rlim_t)next;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	fetch_now();
	setrlimit(RLIMIT_NOFILE, &old);
	expect(STS_REASON_LOCAL, "Too many open files");
	world_close();
}

static void
test_trust_reload(void **state)
{
	FILE *file;

	(void)state;
	world_open(&good);
	world_start();
	pki_write(&host.pki.other, world.ca_file);
	assert_int_equal(fetcher_prepare(world.fetcher, &world.config), 0);
	fetch_now();
	expect(STS_REASON_TLS_CHAIN, "");
	/* No certificate in it: what was there stays. */
	file = fopen(world.ca_file, "w");
	assert_non_null(file);
	fputs("nothing\n", file);
	fclose(file);
	assert_int_equal(fetcher_prepare(world.fetcher, &world.config), -1);
	world.seen.count = 0;
	fetch_now();
	expect(STS_REASON_TLS_CHAIN, "");
	pki_write(&host.pki.root, world.ca_file);
	assert_int_equal(fetcher_prepare(world.fetcher, &world.config), 0);
	world.seen.count = 0;
	fetch_now();
	expect(STS_REASON_OK, "");
	world_close();
}

static void
test_bad_settings(void **state)
{
	static char none[] = "/nonexistent/ca.pem", net[] = "10.0.0.1/8";
	static const char *const proxies[] = { "https://proxy.test", "ftp://x",
		"http://", "http://x:99999", "http://a b", "socks5://x",
		"http://x/path" };
	struct config saved;
	size_t i;

	(void)state;
	world_open(&good);
	saved = world.config;
	world.config.tls_ca_file = none;
	assert_null(fetcher_new(world.loop, NULL, &world.config));
	world.config = saved;
	world.allow[0] = net;
	assert_null(fetcher_new(world.loop, NULL, &world.config));
	world.config.allow_networks.count = 0;
	for (i = 0; i < COUNT(proxies); i++) {
		char url[64];

		strlcpy(url, proxies[i], sizeof(url));
		world.config.proxy = url;
		if (fetcher_new(world.loop, NULL, &world.config) != NULL)
			fail_msg("row %zu: %s", i, url);
	}
	world_close();
}

static void
test_environment(void **state)
{
	(void)state;
	setenv("SSLKEYLOGFILE", "/nonexistent/keys", 1);
	setenv("https_proxy", "http://127.0.0.9:1", 1);
	setenv("ALL_PROXY", "http://127.0.0.9:1", 1);
	world_open(&good);
	world_start();
	assert_null(getenv("SSLKEYLOGFILE"));
	fetch_now();
	expect(STS_REASON_OK, "");
	world_close();
	unsetenv("https_proxy");
	unsetenv("ALL_PROXY");
	assert_non_null(strstr(fetch_library_version(), "libcurl "));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_proxy),
		cmocka_unit_test(test_proxy_name),
		cmocka_unit_test(test_descriptors),
		cmocka_unit_test(test_trust_reload),
		cmocka_unit_test(test_bad_settings),
		cmocka_unit_test(test_environment),
	};

	return cmocka_run_group_tests(tests, setup_group, teardown_group);
}
