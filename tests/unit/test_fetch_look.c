/* SPDX-License-Identifier: ISC */
/* What a fetch shows to one who looks, though it fails. */
#include "fetch_world.h"

#define POLICY  "version: STSv1\nmode: enforce\nmx: mx.good.test\nmax_age: 9\n"
#define TEXT    "Content-Type: text/plain\r\n"
#define LENGTH  "Content-Length: 57\r\n\r\n"
#define GOOD    "HTTP/1.1 200 OK\r\n" TEXT LENGTH POLICY
#define HEAD    "HTTP/1.1 200 OK\r\n" TEXT
#define GONE    "HTTP/1.1 404 Not Found\r\n" LENGTH POLICY
#define X32     "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define X512    X32 X32 X32 X32 X32 X32 X32 X32 X32 X32 X32 X32 X32 X32 X32 X32
#define WHOLE   57
#define CERT(k) .script = { .cert = (k), .answer = GOOD }
#define SAYS(s) .script = { .answer = (s) }

static struct look {
	unsigned int count;
	enum sts_reason reason;
	long status;
	char detail[600], address[64], version[16], *head, *body;
	size_t body_len;
	bool is_seen, is_tried, is_done, is_name_ok, is_cut;
	bool has_length, is_closed;
	int certs, error, depth;
} look;

static const struct row {
	const char *name;
	struct script script;
	enum sts_reason reason;
	const char *detail; /* a part of it */
	long status;
	size_t body; /* bytes of it */
	int certs, error;
	bool is_name_ok, is_cut;
} rows[] = {
	{ "good", CERT(PKI_GOOD), STS_REASON_OK, "", 200, WHOLE, 2, 0, true,
	    false },
	{ "expired", CERT(PKI_EXPIRED), STS_REASON_TLS_EXPIRED, "expired 20",
	    200, WHOLE, 2, X509_V_ERR_CERT_HAS_EXPIRED, true, false },
	{ "wrong name", CERT(PKI_WRONG_NAME), STS_REASON_TLS_NAME,
	    "a.example, b.example", 200, WHOLE, 2, 0, false, false },
	{ "CN only", CERT(PKI_CN_ONLY), STS_REASON_TLS_NAME, "common name", 200,
	    WHOLE, 2, 0, false, false },
	{ "self-signed", CERT(PKI_SELF_SIGNED), STS_REASON_TLS_CHAIN,
	    "self-signed", 200, WHOLE, 1,
	    X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, true, false },
	{ "no intermediate", CERT(PKI_NO_INTERMEDIATE), STS_REASON_TLS_CHAIN,
	    "intermediate certificate missing", 200, WHOLE, 1,
	    X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, true, false },
	{ "404", SAYS(GONE), STS_REASON_HTTP_STATUS, "status 404", 404, WHOLE,
	    2, 0, true, false },
	{ "404 and expired", .script = { .cert = PKI_EXPIRED, .answer = GONE },
	    STS_REASON_TLS_EXPIRED, "expired", 404, WHOLE, 2,
	    X509_V_ERR_CERT_HAS_EXPIRED, true, false },
	{ "redirect",
	    SAYS("HTTP/1.1 301 Moved\r\nLocation: https://b.test/\r\n" LENGTH
		    POLICY),
	    STS_REASON_REDIRECT, "to https://b.test/", 301, WHOLE, 2, 0, true,
	    false },
	{ "html", SAYS("HTTP/1.1 200 OK\r\n" LENGTH POLICY),
	    STS_REASON_MEDIA_TYPE, "no Content-Type", 200, WHOLE, 2, 0, true,
	    false },
	{ "short", SAYS(HEAD "Content-Length: 58\r\n\r\n" POLICY),
	    STS_REASON_TRUNCATED, "57 of 58", 200, WHOLE, 2, 0, true, false },
	{ "endless", .script = { .answer = HEAD "\r\n", .repeat = X512 },
	    STS_REASON_TOO_LARGE, "body over 65536", 200,
	    FETCHSEEN_BODY_MAX_BYTES, 2, 0, true, true },
	{ "length too large",
	    .script = { .answer = HEAD "Content-Length: 999999\r\n\r\n",
		.repeat = X512 },
	    STS_REASON_TOO_LARGE, "Content-Length 999999", 200,
	    FETCHSEEN_BODY_MAX_BYTES, 2, 0, true, true },
	{ "endless 404",
	    .script = { .answer = "HTTP/1.1 404 Gone\r\n\r\n", .repeat = X512 },
	    STS_REASON_HTTP_STATUS, "status 404", 404, FETCHSEEN_BODY_MAX_BYTES,
	    2, 0, true, true },
	{ "header flood",
	    .script = { .answer = "HTTP/1.1 200 OK\r\n",
		.repeat = "A: " X512 "\r\n" },
	    STS_REASON_HEADER_FLOOD, "header over", 200, 0, 2, 0, true, false },
};

static void
on_looked(const struct fetch_result *r, void *arg)
{
	const struct fetchseen *s = r->seen;

	(void)arg;
	look.count++;
	look.reason = r->reason;
	look.status = r->http_status;
	strlcpy(look.detail, r->detail, sizeof(look.detail));
	look.is_seen = s != NULL;
	if (s != NULL) {
		strlcpy(look.address, s->address, sizeof(look.address));
		strlcpy(look.version, s->tls.version, sizeof(look.version));
		look.head = xstrdup(buf_str(&s->head));
		look.body_len = s->body.len;
		look.body = xmemdup(buf_str(&s->body), s->body.len);
		look.is_tried = s->tls.is_tried;
		look.is_done = s->tls.is_done;
		look.is_name_ok = s->tls.is_name_ok;
		look.certs =
		    s->tls.chain == NULL ? 0 : sk_X509_num(s->tls.chain);
		look.error = s->tls.verify_error;
		look.depth = s->tls.verify_depth;
		look.is_cut = s->is_body_cut;
		look.has_length = s->has_length;
		look.is_closed = s->is_closed;
	}
	world.fetch = NULL;
	loop_stop(world.loop);
}

static void
look_clear(void)
{
	free(look.head);
	free(look.body);
	memset(&look, 0, sizeof(look));
}

static void
look_at(enum fetch_kind kind, const char *path, const char *address)
{
	struct fetch_target target = { .kind = kind,
		.host = "mta-sts." DOMAIN,
		.path = path,
		.address = address,
		.port = kind == FETCH_HTTP ? host.port : 0 };

	look_clear();
	world.fetch = fetch_look(world.fetcher, &target, on_looked, NULL);
	assert_int_equal(loop_run(world.loop), 0);
	assert_int_equal(look.count, 1);
}

static void
test_rows(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		const struct row *r = &rows[i];

		world_open(&r->script);
		world_start();
		look_at(FETCH_HTTPS, "/a/b?c", NULL);
		if (look.reason != r->reason ||
		    strstr(look.detail, r->detail) == NULL ||
		    look.status != r->status || look.body_len != r->body ||
		    look.certs != r->certs || look.error != r->error ||
		    look.is_name_ok != r->is_name_ok ||
		    look.is_cut != r->is_cut)
			fail_msg("%s: %d \"%s\" %ld, %zu bytes, %d "
				 "certificates, error %d, name %d, cut %d",
			    r->name, (int)look.reason, look.detail, look.status,
			    look.body_len, look.certs, look.error,
			    look.is_name_ok, look.is_cut);
		assert_string_equal(look.address, "127.0.0.1");
		assert_true(look.is_tried && look.is_done);
		assert_string_equal(look.version, "TLSv1.3");
		assert_memory_equal(look.head, "HTTP/1.1 ", 9);
		assert_non_null(strstr(host.request, "GET /a/b?c HTTP/1.1"));
		if (r->body == WHOLE)
			assert_string_equal(look.body, POLICY);
		world_close();
	}
}

/* The daemon's own: it sees as little as ever. */
static void
test_unwatched(void **state)
{
	static const struct script expired = { .cert = PKI_EXPIRED,
		.answer = GOOD };

	(void)state;
	world_open(&expired);
	world_start();
	look_clear();
	world.fetch =
	    fetch_policy(world.fetcher, DOMAIN, FETCH_QUERY, on_looked, NULL);
	assert_int_equal(loop_run(world.loop), 0);
	assert_int_equal(look.reason, STS_REASON_TLS_EXPIRED);
	assert_int_equal(look.status, 0);
	assert_false(look.is_seen);
	world_close();
}

static void
test_head(void **state)
{
	static const struct script s = {
		.answer = "HTTP/1.1 103 Early\r\nLink: a\r\n\r\n" HEAD
			  "X-A: b\r\nTransfer-Encoding: chunked\r\n\r\n"
			  "39\r\n" POLICY "\r\n0\r\nTrailer: c\r\n\r\n"
	};

	(void)state;
	world_open(&s);
	world_start();
	look_at(FETCH_HTTPS, "/", NULL);
	assert_string_equal(
	    look.head, HEAD "X-A: b\r\nTransfer-Encoding: chunked\r\n\r\n");
	assert_true(look.has_length);
	world_close();
}

static void
test_closing(void **state)
{
	static const struct script notify = { .answer = HEAD "\r\n" POLICY };
	static const struct script fin = { .answer = HEAD "\r\n" POLICY,
		.ending = WITH_FIN };

	(void)state;
	world_open(&notify);
	world_start();
	look_at(FETCH_HTTPS, "/", NULL);
	assert_int_equal(look.reason, STS_REASON_OK);
	assert_true(look.is_closed && !look.has_length);
	world_close();
	world_open(&fin);
	world_start();
	look_at(FETCH_HTTPS, "/", NULL);
	assert_int_equal(look.reason, STS_REASON_TRUNCATED);
	assert_true(!look.is_closed && !look.has_length);
	assert_int_equal(look.body_len, WHOLE);
	world_close();
}

static void
test_old_tls(void **state)
{
	static const struct script old = { .tls = TLS_11, .answer = GOOD };
	static const struct script new = { .tls = TLS_12, .answer = GOOD };

	(void)state;
	world_open(&old);
	world_start();
	look_at(FETCH_HTTPS, "/", NULL);
	assert_int_equal(look.reason, STS_REASON_TLS_VERSION);
	assert_true(look.is_tried && !look.is_done);
	assert_int_equal(look.certs, 0);
	look_at(FETCH_OLD_TLS, "/", NULL);
	assert_int_equal(look.reason, STS_REASON_OK);
	assert_true(look.is_done);
	assert_string_equal(look.version, "TLSv1.1");
	world_close();
	world_open(&new);
	world_start();
	look_at(FETCH_OLD_TLS, "/", NULL);
	assert_true(look.is_tried && !look.is_done);
	assert_int_not_equal(look.reason, STS_REASON_OK);
	world_close();
}

static void
test_address(void **state)
{
	static const struct script s = { .answer = GOOD };

	(void)state;
	world_open(&s);
	world.a.address[0] = "127.0.0.9";
	world_start();
	look_at(FETCH_HTTPS, "/", "127.0.0.1");
	assert_int_equal(look.reason, STS_REASON_OK);
	assert_int_equal(world.asked_count, 0);
	look_at(FETCH_HTTPS, "/", NULL);
	assert_int_equal(look.reason, STS_REASON_CONNECT);
	assert_string_equal(look.address, "127.0.0.9");
	assert_false(look.is_tried);
	look_at(FETCH_HTTPS, "/", "::1");
	assert_int_equal(look.reason, STS_REASON_CONNECT);
	assert_string_equal(look.address, "::1");
	look_at(FETCH_HTTPS, "/", "10.0.0.1");
	assert_int_equal(look.reason, STS_REASON_REFUSED_ADDRESS);
	assert_false(look.is_seen);
	look_at(FETCH_HTTPS, "/", "x");
	assert_int_equal(look.reason, STS_REASON_LOCAL);
	world_close();
}

static void
test_plain_http(void **state)
{
	static const char moved[] = "HTTP/1.1 301 M\r\nLocation: x\r\n\r\nbody";
	static const char good[] = HEAD "\r\n" POLICY;
	static const struct script redirect = { .raw = moved,
		.raw_len = sizeof(moved) - 1 };
	static const struct script plain = {
		.raw = good, .raw_len = sizeof(good) - 1, .ending = WITH_HANG
	};

	(void)state;
	world_open(&redirect);
	world_start();
	look_at(FETCH_HTTP, "/", NULL);
	assert_int_equal(look.reason, STS_REASON_REDIRECT);
	assert_int_equal(look.status, 301);
	assert_int_equal(look.body_len, 0);
	assert_false(look.is_tried);
	world_close();
	world_open(&plain);
	world_start();
	look_at(FETCH_HTTP, "/", NULL);
	assert_int_equal(look.reason, STS_REASON_OK);
	assert_int_equal(look.status, 200);
	assert_int_equal(look.body_len, 0);
	world_close();
}

/* Cancelled in the middle of it: nothing is left (ASan, the world's fds). */
static void
test_cancel(void **state)
{
	static const struct script s = { .cert = PKI_EXPIRED, .answer = GOOD };
	struct fetch_target target = {
		.host = "mta-sts." DOMAIN, .path = "/", .address = "127.0.0.1"
	};

	(void)state;
	world_open(&s);
	world_start();
	look_clear();
	fetch_cancel(fetch_look(world.fetcher, &target, on_looked, NULL));
	world_close();
	assert_int_equal(look.count, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_unwatched),
		cmocka_unit_test(test_head),
		cmocka_unit_test(test_closing),
		cmocka_unit_test(test_old_tls),
		cmocka_unit_test(test_address),
		cmocka_unit_test(test_plain_http),
		cmocka_unit_test(test_cancel),
	};
	int failed = cmocka_run_group_tests(tests, setup_group, teardown_group);

	look_clear();
	return failed;
}
