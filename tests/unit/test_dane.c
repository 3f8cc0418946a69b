/* SPDX-License-Identifier: ISC */
/* Look-ups in, verdicts out: the five rows, in order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sts/dane.h"

#define COUNT(a)  (sizeof(a) / sizeof((a)[0]))
#define HOSTS_MAX 20
#define NOW       1800000000

/* A letter a look-up; capital: signed. */
static struct sts_dane_look
look(char c)
{
	struct sts_dane_look l = { .is_signed = c >= 'A' && c <= 'Z' };

	switch (c) {
	case 'f': /* found */
	case 'F':
		l.status = STS_DANE_FOUND;
		break;
	case 'n': /* NODATA, NXDOMAIN */
	case 'N':
		l.status = STS_DANE_ABSENT;
		break;
	case 'x': /* SERVFAIL, bogus, time-out, a loop of CNAMEs */
		l.status = STS_DANE_FAILED;
		break;
	case '-':
		l.status = STS_DANE_OPEN;
		break;
	default:
		fail_msg("%c", c);
	}
	return l;
}

/* "A AAAA TLSA" of a host: three letters; U: signed and usable. */
static struct sts_dane_host
host(const char *text)
{
	struct sts_dane_host h = { .a = look(text[0]), .aaaa = look(text[1]) };

	h.has_usable = text[2] == 'U' || text[2] == 'u';
	h.tlsa = look(text[2] == 'U' ? 'F' : text[2] == 'u' ? 'f' : text[2]);
	return h;
}

static const struct {
	const char *mx; /* NULL: in brackets */
	const char *hosts;
	enum sts_dane_verdict verdict;
	bool is_partial;
} verdicts[] = {
	/* 1: the MX look-up failed */
	{ "x", "", STS_DANE_UNKNOWN, false },
	{ "-", "", STS_DANE_UNKNOWN, false },
	{ "x", "FFU", STS_DANE_UNKNOWN, false },
	/* 2: it is unsigned: an attacker's TLSA counts for nothing */
	{ "f", "FFU", STS_DANE_NONE, false },
	{ "f", "FFU FFU", STS_DANE_NONE, false },
	{ "f", "FNx", STS_DANE_NONE, true },
	{ "f", "---", STS_DANE_NONE, false },
	{ "n", "FNU", STS_DANE_NONE, false },
	{ "n", "", STS_DANE_NONE, false },
	/* 3: usable somewhere */
	{ "F", "FFU", STS_DANE_ALL, false },
	{ "F", "FNU", STS_DANE_ALL, false },
	{ "F", "NFU", STS_DANE_ALL, false },
	{ "F", "FxU", STS_DANE_ALL, true },
	{ "F", "xFU", STS_DANE_ALL, true },
	{ "F", "fFU", STS_DANE_ALL, false },
	{ "F", "F-U", STS_DANE_ALL, false },
	{ "F", "FFU FNU NFU", STS_DANE_ALL, false },
	{ "F", "FFU FFN", STS_DANE_SOME, false },
	{ "F", "FFN FFU", STS_DANE_SOME, false },
	{ "F", "FFU FFn", STS_DANE_SOME, false },
	{ "F", "FFU FFF", STS_DANE_SOME, false },
	{ "F", "FFU FFu", STS_DANE_SOME, false },
	{ "F", "FFU FFx", STS_DANE_SOME, true },
	{ "F", "FFx FFU", STS_DANE_SOME, true },
	{ "F", "FFU ffU", STS_DANE_SOME, false },
	{ "F", "FFU NN-", STS_DANE_SOME, false },
	{ "F", "FFU xx-", STS_DANE_SOME, true },
	{ "F", "FFU ---", STS_DANE_SOME, false },
	{ "F", "FFU F--", STS_DANE_SOME, false },
	/* the implicit MX: an authenticated NODATA */
	{ "N", "FNU", STS_DANE_ALL, false },
	{ "N", "FNN", STS_DANE_NONE, false },
	{ "N", "fn-", STS_DANE_NONE, false },
	/* in brackets: only the address counts */
	{ NULL, "FNU", STS_DANE_ALL, false },
	{ NULL, "FNN", STS_DANE_NONE, false },
	{ NULL, "FNx", STS_DANE_UNKNOWN, true },
	{ NULL, "fnU", STS_DANE_NONE, false },
	{ NULL, "xx-", STS_DANE_NONE, true },
	/* 4: a TLSA look-up fails below a signed address */
	{ "F", "FFx", STS_DANE_UNKNOWN, true },
	{ "F", "FFN FFx", STS_DANE_UNKNOWN, true },
	{ "F", "FxN Fxx", STS_DANE_UNKNOWN, true },
	{ "F", "FF-", STS_DANE_UNKNOWN, false },
	{ "F", "--- FNN", STS_DANE_UNKNOWN, false },
	{ "F", "n-- FNN", STS_DANE_UNKNOWN, false },
	/* ... but not below an unsigned one, which nobody asks */
	{ "F", "ffx", STS_DANE_NONE, true },
	/* 5: none */
	{ "F", "", STS_DANE_NONE, false }, /* null MX; no host */
	{ "F", "FFN", STS_DANE_NONE, false },
	{ "F", "FFn", STS_DANE_NONE, false },
	{ "F", "FFF", STS_DANE_NONE, false },
	{ "F", "FFu", STS_DANE_NONE, false },
	{ "F", "ffU", STS_DANE_NONE, false },
	{ "F", "NN-", STS_DANE_NONE, false },
	{ "F", "nn-", STS_DANE_NONE, false },
	{ "F", "xn-", STS_DANE_NONE, true },
	{ "F", "xx- xx-", STS_DANE_NONE, true },
	/* 20 hosts */
	{ "F",
	    "FFN FFN FFN FFN FFN FFN FFN FFN FFN FFN FFN FFN FFN "
	    "FFN FFN FFN FFN FFN FFN FFU",
	    STS_DANE_SOME, false },
	{ "F",
	    "FFU FFU FFU FFU FFU FFU FFU FFU FFU FFU FFU FFU FFU "
	    "FFU FFU FFU FFU FFU FFU FFU",
	    STS_DANE_ALL, false },
};

static void
test_verdicts(void **state)
{
	struct sts_dane_host hosts[HOSTS_MAX];
	struct sts_dane_seen seen;
	const char *p;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(verdicts); i++) {
		seen = (struct sts_dane_seen){ .host = hosts };
		seen.has_mx = verdicts[i].mx != NULL;
		if (seen.has_mx)
			seen.mx = look(*verdicts[i].mx);
		for (p = verdicts[i].hosts; *p != '\0';
		     p += p[3] == ' ' ? 4 : 3)
			hosts[seen.hosts++] = host(p);
		if (sts_dane_judge(&seen) != verdicts[i].verdict ||
		    sts_dane_is_partial(&seen) != verdicts[i].is_partial)
			fail_msg("row %zu: %s, partial %d", i,
			    sts_dane_verdict_word(sts_dane_judge(&seen)),
			    sts_dane_is_partial(&seen));
	}
}

static void
test_use(void **state)
{
	static const struct {
		const char *host;
		const char *text;
		bool asks_tlsa;
	} rows[] = {
		{ "FFU", "used", true },
		{ "NFU", "used", true },
		{ "---", "not known yet", false },
		{ "n--", "not known yet", false },
		{ "-n-", "not known yet", false },
		{ "F--", "not known yet", true },
		{ "NN-", "no address", false },
		{ "xx-", "no address", false },
		{ "xn-", "no address", false },
		{ "ff-", "its address is not signed", false },
		{ "fN-", "its address is not signed", false },
		{ "nf-", "its address is not signed", false },
		{ "FFN", "no TLSA records", true },
		{ "FFn", "no TLSA records", true },
		{ "FFu", "no TLSA records", true },
		{ "FFF", "no usable TLSA records", true },
		{ "FFx", "its TLSA look-up fails", true },
	};
	struct sts_dane_host h;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		h = host(rows[i].host);
		if (strcmp(sts_dane_use_text(sts_dane_use(&h)), rows[i].text) !=
			0 ||
		    sts_dane_asks_tlsa(&h) != rows[i].asks_tlsa)
			fail_msg("row %zu: %s", i,
			    sts_dane_use_text(sts_dane_use(&h)));
	}
}

static void
test_words(void **state)
{
	(void)state;
	assert_string_equal(sts_dane_verdict_word(STS_DANE_UNKNOWN), "unknown");
	assert_string_equal(sts_dane_verdict_word(STS_DANE_NONE), "none");
	assert_string_equal(sts_dane_verdict_word(STS_DANE_SOME), "some");
	assert_string_equal(sts_dane_verdict_word(STS_DANE_ALL), "all");
}

/* RFC 7672 3.1: what a client can use. */
static void
test_usable(void **state)
{
	static const struct {
		uint8_t usage, selector, matching;
		size_t len;
		const char *head; /* the rest are zeros */
		size_t head_len;
		bool is_usable;
	} rows[] = {
		{ 3, 1, 1, 32, "", 0, true },
		{ 3, 0, 1, 32, "", 0, true },
		{ 3, 1, 2, 64, "", 0, true },
		{ 2, 0, 1, 32, "", 0, true },
		{ 2, 1, 2, 64, "", 0, true },
		/* PKIX-TA, PKIX-EE, private, unknown */
		{ 0, 1, 1, 32, "", 0, false },
		{ 1, 1, 1, 32, "", 0, false },
		{ 4, 1, 1, 32, "", 0, false },
		{ 255, 1, 1, 32, "", 0, false },
		{ 3, 2, 1, 32, "", 0, false },
		{ 3, 255, 1, 32, "", 0, false },
		{ 3, 1, 3, 48, "", 0, false },
		{ 3, 1, 255, 32, "", 0, false },
		/* lengths */
		{ 3, 1, 1, 0, "", 0, false },
		{ 3, 1, 1, 31, "", 0, false },
		{ 3, 1, 1, 33, "", 0, false },
		{ 3, 1, 1, 64, "", 0, false },
		{ 3, 1, 2, 32, "", 0, false },
		{ 3, 1, 2, 63, "", 0, false },
		{ 3, 1, 2, 65, "", 0, false },
		/* matching type 0: one DER SEQUENCE */
		{ 3, 1, 0, 0, "", 0, false },
		{ 3, 1, 0, 1, "\x30", 1, false },
		{ 3, 1, 0, 2, "\x30\x00", 2, false },
		{ 3, 1, 0, 91, "\x30\x59", 2, true },
		{ 3, 1, 0, 90, "\x30\x59", 2, false },
		{ 3, 1, 0, 92, "\x30\x59", 2, false },
		{ 3, 1, 0, 91, "\x31\x59", 2, false },
		{ 3, 0, 0, 3 + 128, "\x30\x81\x80", 3, true },
		{ 3, 0, 0, 3 + 127, "\x30\x81\x7f", 3, false },
		{ 2, 0, 0, 4 + 1024, "\x30\x82\x04\x00", 4, true },
		{ 2, 0, 0, 4 + 1023, "\x30\x82\x04\x00", 4, false },
		{ 2, 0, 0, 4 + 16, "\x30\x82\x00\x10", 4, false },
		{ 2, 0, 0, 5 + 16, "\x30\x83\x00\x00\x10", 5, false },
		{ 2, 0, 0, 3, "\x30\x82\x04", 3, false },
		{ 2, 0, 0, 2, "\x30\x80", 2, false },
		{ 1, 0, 0, 91, "\x30\x59", 2, false },
	};
	struct sts_tlsa tlsa;
	uint8_t *data;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		data = calloc(1, rows[i].len + 1);
		memcpy(data, rows[i].head, rows[i].head_len);
		tlsa = (struct sts_tlsa){ rows[i].usage, rows[i].selector,
			rows[i].matching, data, rows[i].len };
		if (sts_tlsa_is_usable(&tlsa) != rows[i].is_usable)
			fail_msg("row %zu", i);
		free(data);
	}
}

/* Kept for max(TTL, 1 h), at most a day; looked at again before that. */
static void
test_lifetime(void **state)
{
	static const struct {
		int64_t ttl;
		bool is_partial;
		int64_t next; /* s later */
	} rows[] = {
		{ 0, false, 3600 },
		{ 60, false, 3600 },
		{ 3600, false, 3600 },
		{ 7200, false, 7200 },
		{ 86400, false, 82800 },
		{ 604800, false, 82800 },
		{ 7200, true, 300 },
	};
	struct sts_dane_state s;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		s = (struct sts_dane_state){ 0 };
		sts_dane_on_verdict(
		    &s, STS_DANE_ALL, rows[i].ttl, rows[i].is_partial, NOW);
		if (s.verdict != STS_DANE_ALL || s.checked != NOW ||
		    s.next_check != NOW + rows[i].next ||
		    sts_dane_answer_until(&s) != NOW + rows[i].next)
			fail_msg("row %zu", i);
	}
}

static void
test_query(void **state)
{
	static const struct {
		struct sts_dane_state s; /* relative to NOW */
		enum sts_dane_query query;
		bool is_fresh;
	} rows[] = {
		{ { STS_DANE_NONE, 0, 3600, 0 }, STS_DANE_ANSWER, true },
		{ { STS_DANE_ALL, -3599, 1, 0 }, STS_DANE_ANSWER, true },
		{ { STS_DANE_ALL, -3600, 0, 0 }, STS_DANE_ANSWER_CHECK, true },
		{ { STS_DANE_SOME, -4199, -599, 0 }, STS_DANE_ANSWER_CHECK,
		    true },
		{ { STS_DANE_SOME, -4200, -600, 0 }, STS_DANE_WAIT_BRIEFLY,
		    true },
		{ { STS_DANE_NONE, -86399, -9000, 0 }, STS_DANE_WAIT_BRIEFLY,
		    true },
		/* a day old: it proves nothing any more */
		{ { STS_DANE_NONE, -86400, 10, 0 }, STS_DANE_WAIT, false },
		{ { STS_DANE_ALL, -90000, -3600, 0 }, STS_DANE_WAIT, false },
		/* unknown, without one before it */
		{ { STS_DANE_UNKNOWN, 0, 30, 1 }, STS_DANE_ANSWER, false },
		{ { STS_DANE_UNKNOWN, -30, 0, 1 }, STS_DANE_WAIT, false },
	};
	struct sts_dane_state s = { 0 };
	size_t i;

	(void)state;
	assert_int_equal(sts_dane_on_query(&s, NOW), STS_DANE_WAIT);
	for (i = 0; i < COUNT(rows); i++) {
		s = rows[i].s;
		s.checked += NOW;
		s.next_check += NOW;
		if (sts_dane_on_query(&s, NOW) != rows[i].query ||
		    sts_dane_is_fresh(&s, NOW) != rows[i].is_fresh)
			fail_msg("row %zu", i);
	}
	/* No reply outlives the verdict. */
	s = (struct sts_dane_state){ STS_DANE_ALL, NOW, NOW + 90000, 0 };
	assert_int_equal(sts_dane_answer_until(&s), NOW + STS_DANE_FRESH_S);
}

/* The last verdict stands while it is fresh; re-checks back off. */
static void
test_unknown(void **state)
{
	static const int64_t wait[] = { 60, 120, 240, 480, 960, 1920, 3600,
		3600 };
	struct sts_dane_state s = { 0 };
	int64_t now = NOW;
	size_t i;

	(void)state;
	sts_dane_on_verdict(&s, STS_DANE_ALL, 0, false, now);
	for (i = 0; i < COUNT(wait); i++) {
		now = s.next_check;
		sts_dane_on_verdict(&s, STS_DANE_UNKNOWN, 0, true, now);
		assert_int_equal(s.verdict, STS_DANE_ALL);
		assert_int_equal(s.checked, NOW);
		if (s.next_check != now + wait[i])
			fail_msg("row %zu", i);
	}
	now = NOW + STS_DANE_FRESH_S;
	s.failures = UINT32_MAX;
	sts_dane_on_verdict(&s, STS_DANE_UNKNOWN, 0, true, now);
	assert_int_equal(s.verdict, STS_DANE_UNKNOWN);
	assert_int_equal(s.next_check, now + 30);
	assert_int_equal(s.failures, UINT32_MAX);
	sts_dane_on_verdict(&s, STS_DANE_NONE, 0, false, now);
	assert_int_equal(s.verdict, STS_DANE_NONE);
	assert_int_equal(s.failures, 0);
}

static void
test_load(void **state)
{
	struct sts_dane_state s = { STS_DANE_ALL, NOW, NOW + 3600, 2 };

	(void)state;
	sts_dane_on_load(&s, NOW);
	assert_int_equal(s.next_check, NOW + 3600);
	s.next_check = NOW + 999999;
	sts_dane_on_load(&s, NOW);
	assert_int_equal(s.next_check, NOW + STS_DANE_FRESH_S);
	sts_dane_on_load(&s, NOW - 1);
	assert_int_equal(s.checked, 0);
	assert_int_equal(s.verdict, STS_DANE_UNKNOWN);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_verdicts),
		cmocka_unit_test(test_use),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_usable),
		cmocka_unit_test(test_lifetime),
		cmocka_unit_test(test_query),
		cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_load),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
