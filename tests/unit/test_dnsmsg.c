/* SPDX-License-Identifier: ISC */
/* clang-format off: cmocka.h needs these first */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dnspacket.h"
#include "net/dnsmsg.h"

#define NAME    "www.example.com"
#define ANSWER  (PACKET_QR | PACKET_RD | PACKET_RA)
#define MUTANTS 100000

static struct packet pk;

static void
start(enum dns_type type, unsigned int flags)
{
	packet_start(&pk, 4711, flags, NAME, (unsigned int)type);
}

/* From memory of its exact size, so that ASan sees a read past the end. */
static struct dnsmsg *
read_bytes(const uint8_t *bytes, size_t len, const char *name, enum dns_type t)
{
	uint8_t *copy = malloc(len + (len == 0));
	struct dnsmsg *m;

	memcpy(copy, bytes, len);
	m = dnsmsg_read(copy, len, name, t);
	free(copy);
	return m;
}

static struct dnsmsg *
read_packet(enum dns_type type)
{
	return read_bytes(pk.bytes, pk.len, NAME, type);
}

static void
assert_garbage(enum dns_type type)
{
	struct dnsmsg *m = read_packet(type);

	assert_null(m);
	dnsmsg_free(m);
}

static void
test_a(void **state)
{
	const struct dns_answer *a;
	struct dnsmsg *m;

	(void)state;
	start(DNS_A, ANSWER | PACKET_AD);
	packet_a(&pk, "WWW.Example.COM", 0xc0000201, 300);
	packet_a(&pk, NAME, 0xc0000202, 200);
	m = read_packet(DNS_A);
	assert_non_null(m);
	a = dnsmsg_answer(m);
	assert_int_equal(a->status, DNS_OK);
	assert_int_equal(a->rcode, 0);
	assert_true(a->ad);
	assert_true(a->has_ttl);
	assert_int_equal(a->ttl, 200);
	assert_int_equal(a->cnames, 0);
	assert_string_equal(a->owner, NAME);
	assert_int_equal(a->count, 2);
	assert_int_equal(a->rr[0].a.s_addr, htonl(0xc0000201));
	assert_int_equal(a->rr[1].a.s_addr, htonl(0xc0000202));
	assert_null(a->detail);
	dnsmsg_free(m);
}

static void
test_aaaa_and_tlsa(void **state)
{
	static const uint8_t v6[16] = { 0x20, 1, 0xd, 0xb8, [15] = 7 };
	struct dnsmsg *m;
	const struct dns_rr *rr;

	(void)state;
	start(DNS_AAAA, ANSWER);
	packet_begin(&pk, PACKET_ANSWER, NAME, DNS_AAAA, 60);
	packet_put(&pk, v6, sizeof(v6));
	packet_end(&pk);
	m = read_packet(DNS_AAAA);
	assert_non_null(m);
	assert_memory_equal(&dnsmsg_answer(m)->rr[0].aaaa, v6, sizeof(v6));
	dnsmsg_free(m);

	start(DNS_TLSA, ANSWER);
	packet_begin(&pk, PACKET_ANSWER, NAME, DNS_TLSA, 60);
	packet_put(&pk, "\003\001\001\000\377\000", 6);
	packet_end(&pk);
	m = read_packet(DNS_TLSA);
	assert_non_null(m);
	rr = dnsmsg_answer(m)->rr;
	assert_int_equal(rr->tlsa.usage, 3);
	assert_int_equal(rr->tlsa.selector, 1);
	assert_int_equal(rr->tlsa.matching, 1);
	assert_int_equal(rr->tlsa.len, 3);
	assert_memory_equal(rr->tlsa.data, "\000\377\000", 3);
	dnsmsg_free(m);
}

static void
test_txt_strings_are_joined(void **state)
{
	const struct dns_answer *a;
	struct dnsmsg *m;

	(void)state;
	start(DNS_TXT, ANSWER);
	packet_begin(&pk, PACKET_ANSWER, NAME, DNS_TXT, 60);
	packet_put(&pk, "\007v=STSv1\000\006; id=\000\001;", 18);
	packet_end(&pk);
	packet_txt(&pk, NAME, "", 60);
	m = read_packet(DNS_TXT);
	assert_non_null(m);
	a = dnsmsg_answer(m);
	assert_int_equal(a->count, 2);
	assert_int_equal(a->rr[0].txt.len, 14);
	assert_memory_equal(a->rr[0].txt.data, "v=STSv1; id=\000;", 15);
	assert_int_equal(a->rr[1].txt.len, 0);
	assert_string_equal(a->rr[1].txt.data, "");
	dnsmsg_free(m);
}

static void
test_names(void **state)
{
	const struct dns_answer *a;
	struct dnsmsg *m;

	(void)state;
	start(DNS_MX, ANSWER);
	packet_mx(&pk, NAME, 10, "MX1.Example.COM", 60);
	packet_mx(&pk, NAME, 0, "", 60);
	/* The owner by pointer to the question, the host's end likewise. */
	packet_put(&pk, "\300\014", 2);
	packet_open(&pk, PACKET_ANSWER, DNS_MX, 60);
	packet_put(&pk, "\377\376\003mx2\300\020", 8);
	packet_end(&pk);
	/* Odd bytes in a label: a dot, a blank, a NUL, 0xff. */
	packet_begin(&pk, PACKET_ANSWER, NAME, DNS_MX, 60);
	packet_put(&pk, "\000\001\005A. \000\377\003com\000", 13);
	packet_end(&pk);
	m = read_packet(DNS_MX);
	assert_non_null(m);
	a = dnsmsg_answer(m);
	assert_int_equal(a->count, 4);
	assert_int_equal(a->rr[0].mx.preference, 10);
	assert_string_equal(a->rr[0].mx.host, "mx1.example.com");
	assert_string_equal(a->rr[1].mx.host, "");
	assert_int_equal(a->rr[2].mx.preference, 65534);
	assert_string_equal(a->rr[2].mx.host, "mx2.example.com");
	assert_string_equal(a->rr[3].mx.host, "a\\.\\032\\000\\255.com");
	dnsmsg_free(m);

	start(DNS_NS, ANSWER);
	packet_begin(&pk, PACKET_ANSWER, NAME, DNS_NS, 60);
	packet_put_name(&pk, "NS.example.NET");
	packet_end(&pk);
	m = read_packet(DNS_NS);
	assert_non_null(m);
	assert_string_equal(dnsmsg_answer(m)->rr[0].name, "ns.example.net");
	dnsmsg_free(m);
}

/* A chain of n CNAMEs: www -> h1 -> ... -> hn, in reverse order if asked. */
static void
put_chain(int n, int is_reversed)
{
	char from[32], to[32];
	int i, k;

	for (k = 1; k <= n; k++) {
		i = is_reversed ? n + 1 - k : k;
		snprintf(from, sizeof(from), "h%d.example.net", i - 1);
		snprintf(to, sizeof(to), "h%d.example.net", i);
		packet_cname(
		    &pk, i == 1 ? NAME : from, to, (uint32_t)(1000 - i));
	}
}

static void
test_cname_chain(void **state)
{
	static const struct {
		int length, is_reversed, has_record;
		unsigned int rcode;
		enum dns_status status;
	} rows[] = {
		{ 1, 0, 1, 0, DNS_OK },
		{ 3, 1, 1, 0, DNS_OK },
		{ 8, 0, 1, 0, DNS_OK },
		{ 8, 1, 1, 0, DNS_OK },
		{ 9, 0, 1, 0, DNS_FAILED },
		{ 2, 0, 0, 0, DNS_NODATA },
		{ 2, 0, 0, 3, DNS_NXDOMAIN },
		{ 0, 0, 0, 3, DNS_NXDOMAIN },
		{ 0, 0, 0, 0, DNS_NODATA },
	};
	const struct dns_answer *a;
	char owner[32];
	struct dnsmsg *m;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		start(DNS_A, ANSWER | rows[i].rcode);
		snprintf(
		    owner, sizeof(owner), "h%d.example.net", rows[i].length);
		if (rows[i].has_record)
			packet_a(&pk, owner, 1, 5000);
		put_chain(rows[i].length, rows[i].is_reversed);
		m = read_packet(DNS_A);
		if (m == NULL)
			fail_msg("row %zu: garbage", i);
		a = dnsmsg_answer(m);
		if (a->status != rows[i].status ||
		    a->rcode != (int)rows[i].rcode)
			fail_msg("row %zu: status %d rcode %d", i,
			    (int)a->status, a->rcode);
		if (a->status == DNS_FAILED) {
			assert_int_equal(a->count, 0);
		} else {
			if (a->cnames != (unsigned int)rows[i].length)
				fail_msg("row %zu: %u hops", i, a->cnames);
			assert_string_equal(
			    a->owner, rows[i].length == 0 ? NAME : owner);
			assert_int_equal(a->has_ttl,
			    rows[i].length > 0 || rows[i].has_record);
			if (a->has_ttl)
				assert_int_equal(a->ttl, 1000 - rows[i].length);
			assert_int_equal(a->count, rows[i].has_record);
		}
		dnsmsg_free(m);
	}
}

static void
test_cname_loop(void **state)
{
	struct dnsmsg *m;

	(void)state;
	start(DNS_A, ANSWER);
	packet_cname(&pk, NAME, "b.example", 60);
	packet_cname(&pk, "b.example", NAME, 60);
	m = read_packet(DNS_A);
	assert_non_null(m);
	assert_int_equal(dnsmsg_answer(m)->status, DNS_FAILED);
	assert_int_equal(dnsmsg_answer(m)->rcode, 0);
	dnsmsg_free(m);
}

/* Asked for itself, a CNAME is a record and nothing is followed. */
static void
test_cname_asked_for(void **state)
{
	const struct dns_answer *a;
	struct dnsmsg *m;

	(void)state;
	start(DNS_CNAME, ANSWER);
	packet_cname(&pk, NAME, "B.example", 60);
	packet_cname(&pk, "b.example", "c.example", 60);
	m = read_packet(DNS_CNAME);
	assert_non_null(m);
	a = dnsmsg_answer(m);
	assert_int_equal(a->status, DNS_OK);
	assert_int_equal(a->cnames, 0);
	assert_int_equal(a->count, 1);
	assert_string_equal(a->rr[0].name, "b.example");
	dnsmsg_free(m);
}

static void
test_foreign_records_are_ignored(void **state)
{
	const struct dns_answer *a;
	struct dnsmsg *m;

	(void)state;
	start(DNS_TXT, ANSWER);
	packet_txt(&pk, "other.example.com", "foreign", 1);
	packet_txt(&pk, "example.com", "parent", 1);
	packet_cname(&pk, "other.example.com", "b.example", 1);
	packet_a(&pk, NAME, 1, 1);
	packet_txt(&pk, NAME, "mine", 60);
	/* Another class. */
	packet_txt(&pk, NAME, "chaos", 1);
	pk.bytes[pk.rdata - 7] = 3;
	m = read_packet(DNS_TXT);
	assert_non_null(m);
	a = dnsmsg_answer(m);
	assert_int_equal(a->status, DNS_OK);
	assert_int_equal(a->count, 1);
	assert_string_equal(a->rr[0].txt.data, "mine");
	assert_int_equal(a->ttl, 60);
	dnsmsg_free(m);
}

static void
test_negative_ttl(void **state)
{
	static const struct {
		const char *owner;
		uint32_t ttl, minimum, cname_ttl; /* 0: no CNAME */
		int has_ttl;
		uint32_t expected;
	} rows[] = {
		{ "example.com", 900, 300, 0, 1, 300 },
		{ "example.com", 200, 300, 0, 1, 200 },
		{ "EXAMPLE.com", 200, 300, 0, 1, 200 },
		{ "", 86400, 3600, 0, 1, 3600 },
		{ "example.com", 900, 0x80000000, 0, 1, 0 },
		{ "example.com", 0xffffffff, 300, 0, 1, 0 },
		{ "example.org", 900, 300, 0, 0, 0 },
		{ "ample.com", 900, 300, 0, 0, 0 },
		{ "www.example.com", 900, 300, 0, 1, 300 },
		{ "sub.www.example.com", 900, 300, 0, 0, 0 },
		{ "example.net", 900, 300, 20, 1, 20 },
		{ "example.net", 900, 300, 400, 1, 300 },
		/* Of the alias' zone, not of the target's: no word on it. */
		{ "example.com", 900, 300, 400, 1, 400 },
	};
	const struct dns_answer *a;
	struct dnsmsg *m;
	size_t i;
	int k;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]) * 2; i++) {
		k = (int)(i / 2);
		start(DNS_TXT, ANSWER | (i % 2 == 0 ? 0 : 3));
		if (rows[k].cname_ttl != 0)
			packet_cname(
			    &pk, NAME, "t.example.net", rows[k].cname_ttl);
		packet_soa(&pk, rows[k].owner, rows[k].ttl, rows[k].minimum);
		m = read_packet(DNS_TXT);
		if (m == NULL)
			fail_msg("row %d: garbage", k);
		a = dnsmsg_answer(m);
		if (a->status != (i % 2 == 0 ? DNS_NODATA : DNS_NXDOMAIN) ||
		    a->has_ttl != (rows[k].has_ttl != 0) ||
		    (a->has_ttl && a->ttl != rows[k].expected))
			fail_msg("row %d: status %d ttl %u", k, (int)a->status,
			    (unsigned int)a->ttl);
		dnsmsg_free(m);
	}
}

static void
test_ttl_top_bit(void **state)
{
	struct dnsmsg *m;

	(void)state;
	start(DNS_A, ANSWER);
	packet_a(&pk, NAME, 1, 0x80000001);
	m = read_packet(DNS_A);
	assert_non_null(m);
	assert_true(dnsmsg_answer(m)->has_ttl);
	assert_int_equal(dnsmsg_answer(m)->ttl, 0);
	dnsmsg_free(m);
}

static void
test_rcodes(void **state)
{
	struct dnsmsg *m;
	unsigned int rcode;

	(void)state;
	for (rcode = 1; rcode < 16; rcode++) {
		start(DNS_A, ANSWER | rcode);
		packet_a(&pk, NAME, 1, 60);
		m = read_packet(DNS_A);
		assert_non_null(m);
		if (dnsmsg_answer(m)->status !=
			(rcode == 3 ? DNS_NXDOMAIN : DNS_FAILED) ||
		    dnsmsg_answer(m)->rcode != (int)rcode ||
		    dnsmsg_answer(m)->count != 0)
			fail_msg("rcode %u", rcode);
		dnsmsg_free(m);
	}
}

static void
test_record_limit(void **state)
{
	struct dnsmsg *m;
	int i;

	(void)state;
	start(DNS_MX, ANSWER);
	for (i = 0; i < 1000; i++)
		packet_mx(&pk, NAME, 10, "mx.example.com", 60);
	m = read_packet(DNS_MX);
	assert_non_null(m);
	assert_int_equal(dnsmsg_answer(m)->count, DNSMSG_RECORDS_MAX);
	dnsmsg_free(m);
}

/* Records whose rdata is not what the type says. */
static void
test_bad_rdata(void **state)
{
	static const struct {
		enum dns_type type;
		const char *rdata;
		size_t len;
	} rows[] = {
		{ DNS_A, "\001\002\003", 3 },
		{ DNS_A, "\001\002\003\004\005", 5 },
		{ DNS_A, "", 0 },
		{ DNS_AAAA, "\001\002\003\004", 4 },
		{ DNS_TXT, "", 0 },
		{ DNS_TXT, "\005abcd", 5 },
		{ DNS_TXT, "\001a\001", 3 },
		{ DNS_MX, "", 0 },
		{ DNS_MX, "\000\001", 2 },
		{ DNS_MX, "\000\001\003abc", 6 },
		{ DNS_MX, "\000\001\001a\000x", 6 },
		{ DNS_MX, "\000\001\300\377", 4 },
		{ DNS_TLSA, "\003\001", 2 },
		{ DNS_NS, "", 0 },
		{ DNS_NS, "\000\000", 2 },
		{ DNS_CNAME, "\001a", 2 },
		{ DNS_CNAME, "\100a", 2 },
	};
	struct dnsmsg *m;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		start(rows[i].type, ANSWER);
		packet_begin(
		    &pk, PACKET_ANSWER, NAME, (unsigned int)rows[i].type, 60);
		packet_put(&pk, rows[i].rdata, rows[i].len);
		packet_end(&pk);
		m = read_packet(rows[i].type);
		if (m != NULL)
			fail_msg("row %zu: taken", i);
	}
}

static void
test_no_answer(void **state)
{
	(void)state;
	/* Truncated, even if what is there can be read. */
	start(DNS_A, ANSWER | PACKET_TC);
	packet_a(&pk, NAME, 1, 60);
	assert_garbage(DNS_A);
	/* A query; another opcode. */
	start(DNS_A, PACKET_RD);
	assert_garbage(DNS_A);
	start(DNS_A, ANSWER | 0x2000);
	assert_garbage(DNS_A);
	/* Another question: type, class, name, two of them, none. */
	start(DNS_AAAA, ANSWER);
	assert_garbage(DNS_A);
	start(DNS_A, ANSWER);
	pk.bytes[pk.len - 1] = 3;
	assert_garbage(DNS_A);
	packet_start(&pk, 1, ANSWER, "www.example.org", DNS_A);
	assert_garbage(DNS_A);
	packet_start(&pk, 1, ANSWER, "www.example.com.org", DNS_A);
	assert_garbage(DNS_A);
	start(DNS_A, ANSWER);
	packet_put_name(&pk, NAME);
	packet_put32(&pk, 0x00010001);
	packet_count(&pk, PACKET_QUESTION);
	assert_garbage(DNS_A);
	memcpy(pk.bytes, "\0\1\200\0\0\0\0\0\0\0\0\0", 12);
	pk.len = 12;
	assert_garbage(DNS_A);
	/* A name whose pointer points to itself. */
	start(DNS_A, ANSWER);
	packet_put16(&pk, 0xc000 | (unsigned int)pk.len);
	packet_open(&pk, PACKET_ANSWER, DNS_A, 60);
	packet_put32(&pk, 1);
	packet_end(&pk);
	assert_garbage(DNS_A);
	/* A SOA too short. */
	start(DNS_A, ANSWER);
	packet_soa(&pk, "example.com", 1, 1);
	pk.len--;
	packet_end(&pk);
	assert_garbage(DNS_A);
}

/* The name asked for may have a final dot and any case. */
static void
test_question_spelling(void **state)
{
	struct dnsmsg *m;

	(void)state;
	start(DNS_A, ANSWER);
	packet_a(&pk, NAME, 1, 60);
	m = read_bytes(pk.bytes, pk.len, "Www.EXAMPLE.com.", DNS_A);
	assert_non_null(m);
	assert_int_equal(dnsmsg_answer(m)->status, DNS_OK);
	assert_string_equal(dnsmsg_answer(m)->owner, NAME);
	dnsmsg_free(m);
}

/* A bit of everything, for the two tests below. */
static void
put_rich_packet(enum dns_type type)
{
	start(type, ANSWER);
	put_chain(3, 1);
	packet_txt(&pk, "h3.example.net", "v=STSv1; id=1;", 60);
	packet_mx(&pk, "h3.example.net", 1, "mx.example.com", 60);
	packet_put(&pk, "\300\014", 2);
	packet_open(&pk, PACKET_ANSWER, DNS_A, 60);
	packet_put32(&pk, 1);
	packet_end(&pk);
	packet_begin(&pk, PACKET_ANSWER, "h3.example.net", DNS_TLSA, 60);
	packet_put(&pk, "\003\001\001abcdef", 9);
	packet_end(&pk);
	packet_soa(&pk, "example.net", 100, 100);
}

static const enum dns_type types[] = { DNS_A, DNS_NS, DNS_CNAME, DNS_SOA,
	DNS_MX, DNS_TXT, DNS_AAAA, DNS_TLSA };

/* Whatever comes out must be readable to its end. */
static size_t
touch(const struct dnsmsg *m, enum dns_type type)
{
	const struct dns_answer *a = dnsmsg_answer(m);
	size_t sum = strlen(a->owner), i, k;

	for (i = 0; i < a->count; i++) {
		if (type == DNS_MX)
			sum += strlen(a->rr[i].mx.host);
		else if (type == DNS_NS || type == DNS_CNAME)
			sum += strlen(a->rr[i].name);
		else if (type == DNS_TXT)
			sum += strlen(a->rr[i].txt.data);
		else if (type == DNS_TLSA)
			for (k = 0; k < a->rr[i].tlsa.len; k++)
				sum += a->rr[i].tlsa.data[k];
	}
	assert_true(a->count <= DNSMSG_RECORDS_MAX);
	assert_true(a->cnames <= DNSMSG_CNAMES_MAX);
	assert_true((a->status == DNS_OK) == (a->count > 0));
	return sum;
}

static void
test_cut_at_every_length(void **state)
{
	struct dnsmsg *m;
	size_t i, len;

	(void)state;
	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		put_rich_packet(types[i]);
		for (len = 0; len < pk.len; len++) {
			m = read_bytes(pk.bytes, len, NAME, types[i]);
			if (m != NULL)
				fail_msg("type %d cut at %zu of %zu: taken",
				    (int)types[i], len, pk.len);
		}
		m = read_packet(types[i]);
		assert_non_null(m);
		touch(m, types[i]);
		dnsmsg_free(m);
	}
}

static void
test_mutants(void **state)
{
	uint32_t x = 2463534242;
	struct dnsmsg *m;
	size_t taken = 0;
	int i, k;

	(void)state;
	for (i = 0; i < MUTANTS; i++) {
		enum dns_type type = types[(size_t)i % 8];

		put_rich_packet(type);
		for (k = 0; k <= i % 4; k++) {
			x ^= x << 13;
			x ^= x >> 17;
			x ^= x << 5;
			pk.bytes[x % pk.len] = (uint8_t)(x >> 24);
		}
		m = read_packet(type);
		if (m == NULL)
			continue;
		touch(m, type);
		taken++;
		dnsmsg_free(m);
	}
	/* Most bytes are text: many mutants are good answers. */
	assert_true(taken > MUTANTS / 10 && taken < MUTANTS);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a),
		cmocka_unit_test(test_aaaa_and_tlsa),
		cmocka_unit_test(test_txt_strings_are_joined),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_cname_chain),
		cmocka_unit_test(test_cname_loop),
		cmocka_unit_test(test_cname_asked_for),
		cmocka_unit_test(test_foreign_records_are_ignored),
		cmocka_unit_test(test_negative_ttl),
		cmocka_unit_test(test_ttl_top_bit),
		cmocka_unit_test(test_rcodes),
		cmocka_unit_test(test_record_limit),
		cmocka_unit_test(test_bad_rdata),
		cmocka_unit_test(test_no_answer),
		cmocka_unit_test(test_question_spelling),
		cmocka_unit_test(test_cut_at_every_length),
		cmocka_unit_test(test_mutants),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
