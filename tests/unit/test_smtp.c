/* SPDX-License-Identifier: ISC */
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>

#include "base/clock.h"
#include "base/xmalloc.h"
#include "net/smtp.h"

#include "smtp_host.h"

#define COUNT(a)    (sizeof(a) / sizeof((a)[0]))
#define MX          "mta-sts.good.test" /* what the certificates are for */
#define HELO        "client.example"
#define SAID_EHLO   "EHLO " HELO "\r\n"
#define SAID_QUIT   "QUIT\r\n"
#define SAID_TLS    SAID_EHLO "STARTTLS\r\n"
#define SAID_ALL    SAID_TLS SAID_EHLO SAID_QUIT
#define ENOUGH_MS   20000
#define SILENCE_MS  200
#define USUAL_EHLO  "250-mx.good.test\n250-SIZE 1\n250 STARTTLS"
#define NO_LINE_END "220 mx.good.test"

struct seen {
	unsigned int count; /* callbacks */
	enum smtp_end end;
	char detail[1024];
	char banner[SMTP_LINE_MAX_BYTES + 1];
	size_t banner_len;
	char *ehlo;
	size_t ehlo_len;
	char tls_version[16], tls_error[256]; /* "": NULL */
	int chain;
	bool is_leaf_right;
	int verify_error, verify_depth;
	bool is_name_ok;
	int64_t ms;
};

static struct {
	struct loop *loop;
	X509_STORE *trust;
	char *allow[2];
	struct config_list networks;
	struct sockaddr_in to;
	struct smtp_request request;
	struct smtp *smtp;
	struct seen seen;
	size_t fds;
	unsigned int spins;
} world;

static size_t
count_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	size_t n = 0;

	assert_non_null(dir);
	while (readdir(dir) != NULL)
		n++;
	closedir(dir);
	return n;
}

static void
forget(void)
{
	free(world.seen.ehlo);
	memset(&world.seen, 0, sizeof(world.seen));
}

static void
world_open(const struct script *script)
{
	forget();
	world.fds = count_fds();
	host_open(script);
	world.loop = loop_new();
	assert_non_null(world.loop);
	world.to = (struct sockaddr_in){ .sin_family = AF_INET,
		.sin_port = htons(host.port) };
	world.to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	world.request = (struct smtp_request){ .host = MX,
		.address = (struct sockaddr *)&world.to,
		.helo = HELO,
		.timeout_ms = ENOUGH_MS,
		.trust = world.trust,
		.allow = &world.networks };
}

static void
world_close(void)
{
	loop_free(world.loop);
	host_close();
	assert_int_equal(count_fds(), world.fds);
}

static void
on_done(const struct smtp_result *r, void *arg)
{
	struct seen *seen = arg;
	X509 *right = host.script.has_weak_key ?
	    host.weak.cert :
	    host.pki.leaf[host.script.cert].cert;

	seen->count++;
	seen->end = r->end;
	assert_non_null(r->detail);
	strlcpy(seen->detail, r->detail, sizeof(seen->detail));
	assert_non_null(r->banner);
	assert_in_range(r->banner_len, 0, SMTP_LINE_MAX_BYTES);
	memcpy(seen->banner, r->banner, r->banner_len);
	seen->banner_len = r->banner_len;
	assert_non_null(r->ehlo);
	assert_in_range(r->ehlo_len, 0, SMTP_REPLY_MAX_BYTES);
	seen->ehlo = xmemdup(r->ehlo, r->ehlo_len);
	seen->ehlo_len = r->ehlo_len;
	if (r->tls_version != NULL)
		strlcpy(seen->tls_version, r->tls_version,
		    sizeof(seen->tls_version));
	if (r->tls_error != NULL)
		strlcpy(seen->tls_error, r->tls_error, sizeof(seen->tls_error));
	if (r->chain != NULL) {
		seen->chain = sk_X509_num(r->chain);
		seen->is_leaf_right =
		    X509_cmp(sk_X509_value(r->chain, 0), right) == 0;
	}
	seen->verify_error = r->verify_error;
	seen->verify_depth = r->verify_depth;
	seen->is_name_ok = r->is_name_ok;
	seen->ms = r->ms;
	world.smtp = NULL;
	loop_stop(world.loop);
}

static void
begin(void)
{
	world.smtp =
	    smtp_probe(world.loop, &world.request, on_done, &world.seen);
	assert_non_null(world.smtp);
	assert_int_equal(world.seen.count, 0);
}

static void
probe(void)
{
	begin();
	assert_int_equal(loop_run(world.loop), 0);
	assert_int_equal(world.seen.count, 1);
}

static void
check_end(size_t row, enum smtp_end end, const char *detail)
{
	if (world.seen.end != end ||
	    strstr(world.seen.detail, detail) == NULL ||
	    (detail[0] == '\0' && world.seen.detail[0] != '\0'))
		fail_msg("row %zu: end %d, \"%s\"", row, (int)world.seen.end,
		    world.seen.detail);
}

static void
check_said(size_t row, const char *said)
{
	if (strcmp(host.said, said) != 0)
		fail_msg("row %zu: was told \"%s\"", row, host.said);
}

/* ---- replies in clear */

static const struct {
	struct script script;
	enum smtp_end end;
	const char *detail;
	const char *banner;
	const char *ehlo;
	const char *said;
} clear_rows[] = {
	{ { .reply = { "554-go\r\n554 away\r\n" } }, SMTP_TURNED_AWAY,
	    "banner: 554-go 554 away", "554-go", "", SAID_QUIT },
	{ { .reply = { "421 busy\n" } }, SMTP_TURNED_AWAY, "banner: 421 busy",
	    "421 busy", "", SAID_QUIT },
	{ { .reply = { "354 what\r\n" } }, SMTP_TURNED_AWAY, "banner: 354 what",
	    "354 what", "", SAID_QUIT },
	{ { .reply = { "SSH-2.0-x\x1b\r\n" } }, SMTP_TURNED_AWAY,
	    "banner is not SMTP: SSH-2.0-x?", "SSH-2.0-x\x1b", "", "" },
	{ { .reply = { CLOSE } }, SMTP_UNREACHABLE, "banner: connection closed",
	    "", "", "" },
	{ { .reply = { NO_LINE_END } }, SMTP_UNREACHABLE,
	    "no banner within 200 ms", NO_LINE_END, "", "" },
	{ { .reply = { "220-one\r\n220-two" } }, SMTP_UNREACHABLE,
	    "no banner within", "220-one", "", "" },
	{ { .reply = { NULL, "421 go\r\n" } }, SMTP_TURNED_AWAY,
	    "reply to EHLO: 421 go", "220-mx.good.test", "421 go",
	    SAID_EHLO SAID_QUIT },
	{ { .reply = { NULL, "502-no\r\n502 EHLO\r\n" } }, SMTP_TURNED_AWAY,
	    "reply to EHLO: 502-no 502 EHLO", "220-mx.good.test",
	    "502-no\n502 EHLO", SAID_EHLO SAID_QUIT },
	{ { .reply = { NULL, "hello\r\n" } }, SMTP_TURNED_AWAY,
	    "reply to EHLO is not SMTP: hello", "220-mx.good.test", "hello",
	    SAID_EHLO },
	{ { .reply = { NULL, CLOSE } }, SMTP_UNREACHABLE,
	    "reply to EHLO: connection closed", "220-mx.good.test", "",
	    SAID_EHLO },
	{ { .reply = { NULL, LARGE } }, SMTP_TURNED_AWAY,
	    "reply to EHLO over 16384 bytes", "220-mx.good.test", NULL,
	    SAID_EHLO },
	{ { .reply = { ENDLESS } }, SMTP_TURNED_AWAY, "banner over 16384 bytes",
	    "220-and", "", "" },
	{ { .reply = { LINE } }, SMTP_TURNED_AWAY, "banner over 16384 bytes",
	    NULL, "", "" },
	{ { .reply = { "220 mx\n", "250 STARTTLS\n" } }, SMTP_NO_STARTTLS,
	    "EHLO offers no STARTTLS", "220 mx", "250 STARTTLS",
	    SAID_EHLO SAID_QUIT },
	{ { .reply = { NULL, "250-mx\r\n250 SIZE 1\r\n", [ON_QUIT] = CLOSE } },
	    SMTP_NO_STARTTLS, "EHLO offers no STARTTLS", "220-mx.good.test",
	    "250-mx\n250 SIZE 1", SAID_EHLO SAID_QUIT },
	{ { .reply = { NULL, "250-mx\r\n250 StartTLS\r\n",
		"454 not now\r\n" } },
	    SMTP_STARTTLS_FAILED, "reply to STARTTLS: 454 not now",
	    "220-mx.good.test", "250-mx\n250 StartTLS", SAID_TLS SAID_QUIT },
	{ { .reply = { NULL, NULL, "501 no\r\n", [ON_QUIT] = HANG } },
	    SMTP_STARTTLS_FAILED, "reply to STARTTLS: 501 no",
	    "220-mx.good.test", USUAL_EHLO, SAID_TLS SAID_QUIT },
	{ { .reply = { NULL, NULL, "go\r\n" } }, SMTP_STARTTLS_FAILED,
	    "reply to STARTTLS is not SMTP: go", "220-mx.good.test", USUAL_EHLO,
	    SAID_TLS },
	{ { .reply = { NULL, NULL, CLOSE } }, SMTP_STARTTLS_FAILED,
	    "reply to STARTTLS: connection closed", "220-mx.good.test",
	    USUAL_EHLO, SAID_TLS },
	{ { .reply = { NULL, NULL, ENDLESS } }, SMTP_STARTTLS_FAILED,
	    "reply to STARTTLS over 16384 bytes", "220-mx.good.test",
	    USUAL_EHLO, SAID_TLS },
	/* what comes unasked is never taken for TLS */
	{ { .reply = { NULL, NULL, "220 go\r\n250 injected\r\n" } },
	    SMTP_STARTTLS_FAILED,
	    "14 bytes in clear text after the reply to STARTTLS",
	    "220-mx.good.test", USUAL_EHLO, SAID_TLS },
	{ { .reply = { NULL, NULL, "220 go\r\n\r" } }, SMTP_STARTTLS_FAILED,
	    "1 bytes in clear text", "220-mx.good.test", USUAL_EHLO, SAID_TLS },
	{ { .reply = { NULL, "250-mx\r\n250 STARTTLS\r\n220 go\r\n" } },
	    SMTP_STARTTLS_FAILED, "8 bytes more than the reply to EHLO",
	    "220-mx.good.test", "250-mx\n250 STARTTLS", SAID_EHLO },
};

static void
test_clear(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(clear_rows); i++) {
		const char *ehlo = clear_rows[i].ehlo;
		const char *banner = clear_rows[i].banner;

		world_open(&clear_rows[i].script);
		if (strstr(clear_rows[i].detail, "within") != NULL)
			world.request.timeout_ms = SILENCE_MS;
		probe();
		world_close();
		check_end(i, clear_rows[i].end, clear_rows[i].detail);
		check_said(i, clear_rows[i].said);
		if ((banner != NULL &&
			strcmp(world.seen.banner, banner) != 0) ||
		    (ehlo != NULL && strcmp(world.seen.ehlo, ehlo) != 0))
			fail_msg("row %zu: banner \"%s\", ehlo \"%s\"", i,
			    world.seen.banner, world.seen.ehlo);
		assert_string_equal(world.seen.tls_version, "");
		assert_string_equal(world.seen.tls_error, "");
		assert_int_equal(world.seen.chain, 0);
		assert_false(world.seen.is_name_ok);
	}
}

/* What it had time to say is kept, to the bounds. */
static void
test_bounds(void **state)
{
	static const struct script large = { .reply = { NULL, LARGE } };
	static const struct script line = { .reply = { LINE } };

	(void)state;
	world_open(&large);
	probe();
	world_close();
	assert_in_range(world.seen.ehlo_len, 15000, SMTP_REPLY_MAX_BYTES);
	world_open(&line);
	probe();
	world_close();
	assert_int_equal(world.seen.banner_len, SMTP_LINE_MAX_BYTES);
}

/* ---- TLS */

static const struct {
	struct script script;
	enum smtp_end end;
	const char *detail;
	const char *version; /* "": none; NULL: any */
	const char *error; /* "": none; NULL: any */
	int verify_error, verify_depth;
	bool is_name_ok;
	int chain;
	const char *said;
} tls_rows[] = {
	{ { .cert = PKI_GOOD }, SMTP_DONE, "", "TLSv1.3", "", 0, 0, true, 2,
	    SAID_ALL },
	{ { .cert = PKI_GOOD, .tls = TLS1_2_VERSION }, SMTP_DONE, "", "TLSv1.2",
	    "", 0, 0, true, 2, SAID_ALL },
	{ { .cert = PKI_GOOD, .tls = TLS1_1_VERSION }, SMTP_DONE, "", "TLSv1.1",
	    "", 0, 0, true, 2, SAID_ALL },
	{ { .cert = PKI_GOOD, .tls = TLS1_VERSION }, SMTP_DONE, "", "TLSv1", "",
	    0, 0, true, 2, SAID_ALL },
	{ { .cert = PKI_WILDCARD }, SMTP_DONE, "", "TLSv1.3", "", 0, 0, true, 2,
	    SAID_ALL },
	{ { .cert = PKI_WRONG_NAME }, SMTP_DONE, "", "TLSv1.3", "", 0, 0, false,
	    2, SAID_ALL },
	{ { .cert = PKI_CN_ONLY }, SMTP_DONE, "", "TLSv1.3", "", 0, 0, false, 2,
	    SAID_ALL },
	{ { .cert = PKI_NO_HOST }, SMTP_DONE, "", "TLSv1.3", "", 0, 0, false, 2,
	    SAID_ALL },
	{ { .cert = PKI_IP_ONLY }, SMTP_DONE, "", "TLSv1.3", "", 0, 0, false, 2,
	    SAID_ALL },
	{ { .cert = PKI_PARTIAL_WILDCARD }, SMTP_DONE, "", "TLSv1.3", "", 0, 0,
	    false, 2, SAID_ALL },
	{ { .cert = PKI_DEEP_WILDCARD }, SMTP_DONE, "", "TLSv1.3", "", 0, 0,
	    false, 2, SAID_ALL },
	{ { .cert = PKI_EXPIRED }, SMTP_DONE, "", "TLSv1.3", "",
	    X509_V_ERR_CERT_HAS_EXPIRED, 0, true, 2, SAID_ALL },
	{ { .cert = PKI_NOT_YET }, SMTP_DONE, "", "TLSv1.3", "",
	    X509_V_ERR_CERT_NOT_YET_VALID, 0, true, 2, SAID_ALL },
	{ { .cert = PKI_SELF_SIGNED }, SMTP_DONE, "", "TLSv1.3", "",
	    X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, 0, true, 1, SAID_ALL },
	{ { .cert = PKI_NO_INTERMEDIATE }, SMTP_DONE, "", "TLSv1.3", "",
	    X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, 0, true, 1,
	    SAID_ALL },
	{ { .cert = PKI_OTHER_CHAIN }, SMTP_DONE, "", "TLSv1.3", "",
	    X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, 1, true, 2, SAID_ALL },
	{ { .cert = PKI_OLD_INTERMEDIATE }, SMTP_DONE, "", "TLSv1.3", "",
	    X509_V_ERR_CERT_HAS_EXPIRED, 1, true, 2, SAID_ALL },
	{ { .cert = PKI_CLIENT_ONLY }, SMTP_DONE, "", "TLSv1.3", "",
	    X509_V_ERR_INVALID_PURPOSE, 0, true, 2, SAID_ALL },
	{ { .has_weak_key = true }, SMTP_DONE, "", "TLSv1.3", "",
	    X509_V_ERR_EE_KEY_TOO_SMALL, 0, true, 2, SAID_ALL },
	/* handshakes that fail */
	{ { .has_no_cert = true }, SMTP_STARTTLS_FAILED,
	    "TLS handshake: sslv3 alert handshake failure", "",
	    "sslv3 alert handshake failure", 0, 0, false, 0, SAID_TLS },
	{ { .raw = "500 what is this?\r\n" }, SMTP_STARTTLS_FAILED,
	    "TLS handshake: wrong version number", "", "wrong version number",
	    0, 0, false, 0, SAID_TLS },
	{ { .raw = CLOSE }, SMTP_STARTTLS_FAILED,
	    "TLS handshake: connection closed", "", "connection closed", 0, 0,
	    false, 0, SAID_TLS },
	{ { .raw = RESET }, SMTP_STARTTLS_FAILED,
	    "TLS handshake: Connection reset by peer", "",
	    "Connection reset by peer", 0, 0, false, 0, SAID_TLS },
	/* and what comes after good ones */
	{ { .is_alert = true }, SMTP_STARTTLS_FAILED,
	    "reply to EHLO over TLS: ", "TLSv1.3", NULL, 0, 0, true, 2,
	    SAID_TLS },
	{ { .reply = { [ON_TLS_EHLO] = CLOSE } }, SMTP_UNREACHABLE,
	    "reply to EHLO over TLS: connection closed", "TLSv1.3", "", 0, 0,
	    true, 2, SAID_TLS SAID_EHLO },
	{ { .reply = { [ON_TLS_EHLO] = "421 no\r\n" } }, SMTP_TURNED_AWAY,
	    "reply to EHLO over TLS: 421 no", "TLSv1.3", "", 0, 0, true, 2,
	    SAID_ALL },
	{ { .reply = { [ON_TLS_EHLO] = ENDLESS } }, SMTP_TURNED_AWAY,
	    "reply to EHLO over TLS over 16384 bytes", "TLSv1.3", "", 0, 0,
	    true, 2, SAID_TLS SAID_EHLO },
	{ { .reply = { [ON_QUIT] = CLOSE } }, SMTP_DONE, "", "TLSv1.3", "", 0,
	    0, true, 2, SAID_ALL },
	{ { .reply = { [ON_QUIT] = "what\r\n" } }, SMTP_DONE, "", "TLSv1.3", "",
	    0, 0, true, 2, SAID_ALL },
	{ { .reply = { [ON_QUIT] = ENDLESS } }, SMTP_DONE, "", "TLSv1.3", "", 0,
	    0, true, 2, SAID_ALL },
};

static void
test_tls(void **state)
{
	const struct seen *seen = &world.seen;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(tls_rows); i++) {
		const char *error = tls_rows[i].error;

		world_open(&tls_rows[i].script);
		probe();
		world_close();
		check_end(i, tls_rows[i].end, tls_rows[i].detail);
		check_said(i, tls_rows[i].said);
		if (strcmp(seen->tls_version, tls_rows[i].version) != 0 ||
		    (error != NULL ? strcmp(seen->tls_error, error) != 0 :
				     seen->tls_error[0] == '\0'))
			fail_msg("row %zu: %s, \"%s\"", i, seen->tls_version,
			    seen->tls_error);
		if (seen->verify_error != tls_rows[i].verify_error ||
		    seen->verify_depth != tls_rows[i].verify_depth ||
		    seen->is_name_ok != tls_rows[i].is_name_ok ||
		    seen->chain != tls_rows[i].chain ||
		    (seen->chain > 0 && !seen->is_leaf_right))
			fail_msg("row %zu: %d (%s) at %d, name %d, chain %d", i,
			    seen->verify_error,
			    X509_verify_cert_error_string(seen->verify_error),
			    seen->verify_depth, seen->is_name_ok, seen->chain);
		if (strcmp(host.sni, seen->chain > 0 ? MX : host.sni) != 0)
			fail_msg("row %zu: SNI %s", i, host.sni);
		assert_string_equal(seen->banner, "220-mx.good.test");
		assert_string_equal(seen->ehlo, USUAL_EHLO);
	}
}

/* ---- time */

static void
test_silence(void **state)
{
	static const struct {
		struct script script;
		const char *detail;
		const char *error;
		int chain;
	} rows[] = {
		{ { .reply = { HANG } }, "no banner within 200 ms", "", 0 },
		{ { .reply = { NULL, HANG } }, "no reply to EHLO within 200",
		    "", 0 },
		{ { .reply = { NULL, NULL, HANG } },
		    "no reply to STARTTLS within 200", "", 0 },
		{ { .raw = HANG }, "no TLS handshake within 200", "timed out",
		    0 },
		{ { .reply = { [ON_TLS_EHLO] = HANG } },
		    "no reply to EHLO over TLS within 200", "", 2 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		world_open(&rows[i].script);
		world.request.timeout_ms = SILENCE_MS;
		probe();
		world_close();
		check_end(i, SMTP_UNREACHABLE, rows[i].detail);
		if (world.seen.chain != rows[i].chain ||
		    strcmp(world.seen.tls_error, rows[i].error) != 0)
			fail_msg("row %zu: chain %d, \"%s\"", i,
			    world.seen.chain, world.seen.tls_error);
		/* libevent's clock is a coarse one */
		assert_true(world.seen.ms >= SILENCE_MS / 2);
	}
}

/* Bytes that come do not move the deadline. */
static void
test_tarpit(void **state)
{
	static const struct {
		struct script script;
		const char *detail;
	} rows[] = {
		{ { .reply = { DRIP } }, "no banner within 1000 ms" },
		{ { .reply = { NULL, DRIP } }, "no reply to EHLO within" },
		{ { .reply = { [ON_TLS_EHLO] = DRIP } },
		    "no reply to EHLO over TLS within" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		world_open(&rows[i].script);
		world.request.timeout_ms = 1000;
		probe();
		world_close();
		check_end(i, SMTP_UNREACHABLE, rows[i].detail);
	}
}

/* Silence after QUIT changes nothing, nor does it use up the time. */
static void
test_quit(void **state)
{
	static const struct script hangs = { .reply = { [ON_QUIT] = HANG } };
	static const struct script drips = { .reply = { [ON_QUIT] = DRIP } };

	(void)state;
	alarm(60);
	world_open(&hangs);
	world.request.timeout_ms = (int64_t)3600 * 1000;
	probe();
	world_close();
	check_end(0, SMTP_DONE, "");
	check_said(0, SAID_ALL);
	world_open(&drips);
	world.request.timeout_ms = (int64_t)3600 * 1000;
	probe();
	world_close();
	check_end(1, SMTP_DONE, "");
}

/* ---- addresses and descriptors */

static void
test_refused(void **state)
{
	static const struct script good = { .cert = PKI_GOOD };
	static const struct config_list nothing = { NULL, 0 };
	struct sockaddr_storage other = { .ss_family = AF_UNIX };

	(void)state;
	world_open(&good);
	world.request.allow = &nothing;
	probe();
	check_end(0, SMTP_REFUSED_ADDRESS, "private, loopback or reserved");
	forget();
	world.request.allow = &world.networks;
	world.request.address = (struct sockaddr *)&other;
	probe();
	check_end(1, SMTP_REFUSED_ADDRESS, "private, loopback or reserved");
	world_close();
	check_said(1, "");
	assert_string_equal(world.seen.banner, "");
}

static void
test_unreachable(void **state)
{
	static const struct script good = { .cert = PKI_GOOD };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6,
		.sin6_addr = IN6ADDR_LOOPBACK_INIT };
	socklen_t len = sizeof(world.to);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)state;
	world_open(&good);
	/* bound, but nobody listens */
	world.to.sin_port = 0;
	assert_int_equal(bind(fd, (struct sockaddr *)&world.to, len), 0);
	getsockname(fd, (struct sockaddr *)&world.to, &len);
	probe();
	check_end(0, SMTP_UNREACHABLE, "connection: Connection refused");
	/* the host listens at IPv4 only */
	forget();
	v6.sin6_port = htons(host.port);
	world.request.address = (struct sockaddr *)&v6;
	probe();
	check_end(1, SMTP_UNREACHABLE, ": ");
	close(fd);
	world.fds--;
	world_close();
}

/* A queue of connections that is full answers nothing. */
static void
test_no_connection(void **state)
{
	static const struct script good = { .cert = PKI_GOOD };
	socklen_t len = sizeof(world.to);
	int listener, filler[4];
	size_t i;

	(void)state;
	world_open(&good);
	listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	world.to.sin_port = 0;
	assert_int_equal(bind(listener, (struct sockaddr *)&world.to, len), 0);
	assert_int_equal(listen(listener, 0), 0);
	getsockname(listener, (struct sockaddr *)&world.to, &len);
	for (i = 0; i < COUNT(filler); i++) {
		filler[i] = socket(
		    AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		connect(filler[i], (struct sockaddr *)&world.to, len);
	}
	world.request.timeout_ms = SILENCE_MS;
	probe();
	check_end(0, SMTP_UNREACHABLE, "no connection within 200 ms");
	for (i = 0; i < COUNT(filler); i++)
		close(filler[i]);
	close(listener);
	world_close();
}

static void
test_no_descriptor(void **state)
{
	static const struct script good = { .cert = PKI_GOOD };
	struct rlimit before, now;
	int next;

	(void)state;
	world_open(&good);
	next = dup(0);
	close(next);
	getrlimit(RLIMIT_NOFILE, &before);
	now = before;
	now.rlim_cur = (rlim_t)next;
	setrlimit(RLIMIT_NOFILE, &now);
	begin();
	setrlimit(RLIMIT_NOFILE, &before);
	assert_int_equal(loop_run(world.loop), 0);
	check_end(
	    0, SMTP_UNREACHABLE, "this host: socket: Too many open files");
	world_close();
}

/* ---- cancel */

static void
on_spin(void *arg)
{
	(void)arg;
	if (world.spins-- == 0)
		loop_stop(world.loop);
	else
		loop_defer(world.loop, LOOP_NORMAL, on_spin, NULL);
}

/* Let everything happen that needs neither time nor the network. */
static void
spin(void)
{
	world.spins = 100;
	loop_defer(world.loop, LOOP_NORMAL, on_spin, NULL);
	assert_int_equal(loop_run(world.loop), 0);
}

static void
on_reached(int fd, unsigned int events, void *arg)
{
	uint64_t n;

	(void)events;
	(void)arg;
	assert_int_equal(read(fd, &n, sizeof(n)), sizeof(n));
	smtp_cancel(world.smtp);
	world.smtp = NULL;
	loop_stop(world.loop);
}

/* The host hangs; when it does, the probe is cancelled. */
static void
test_cancel(void **state)
{
	static const struct script rows[] = {
		{ .reply = { HANG } },
		{ .reply = { NULL, HANG } },
		{ .reply = { NULL, NULL, HANG } },
		{ .raw = HANG },
		{ .reply = { [ON_TLS_EHLO] = HANG } },
		{ .reply = { [ON_QUIT] = HANG } },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		struct loop_fd *watch;

		world_open(&rows[i]);
		watch = loop_fd_new(world.loop, host.reached, LOOP_READ,
		    LOOP_NORMAL, on_reached, NULL);
		begin();
		assert_int_equal(loop_run(world.loop), 0);
		loop_fd_free(watch);
		spin();
		if (world.seen.count != 0)
			fail_msg("row %zu: called back", i);
		world_close();
	}
}

static void
test_cancel_early(void **state)
{
	static const struct script good = { .cert = PKI_GOOD };
	static const struct config_list nothing = { NULL, 0 };

	(void)state;
	world_open(&good);
	begin();
	smtp_cancel(world.smtp);
	spin();
	world.request.allow = &nothing;
	begin();
	smtp_cancel(world.smtp);
	spin();
	smtp_cancel(NULL);
	assert_int_equal(world.seen.count, 0);
	world_close();
}

static int
setup_group(void **state)
{
	static char loopback[] = "127.0.0.0/8", v6[] = "::1";

	(void)state;
	(void)pki_write;
	clock_init();
	signal(SIGPIPE, SIG_IGN);
	alarm(120);
	pki_init(&host.pki);
	host.weak = make_weak(&host.pki);
	world.trust = X509_STORE_new();
	X509_STORE_add_cert(world.trust, host.pki.root.cert);
	world.allow[0] = loopback;
	world.allow[1] = v6;
	world.networks = (struct config_list){ world.allow, 2 };
	return 0;
}

static int
teardown_group(void **state)
{
	(void)state;
	forget();
	X509_STORE_free(world.trust);
	pki_drop(&host.weak);
	pki_clear(&host.pki);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_clear),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_tls),
		cmocka_unit_test(test_silence),
		cmocka_unit_test(test_tarpit),
		cmocka_unit_test(test_quit),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_unreachable),
		cmocka_unit_test(test_no_connection),
		cmocka_unit_test(test_no_descriptor),
		cmocka_unit_test(test_cancel),
		cmocka_unit_test(test_cancel_early),
	};

	return cmocka_run_group_tests(tests, setup_group, teardown_group);
}
