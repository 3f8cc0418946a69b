/* SPDX-License-Identifier: ISC */
/* The file of overrides: what is read, what is refused, and which one wins. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/domain.h"
#include "sts/override.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define LINES_MANY   100000
#define ANSWER_BYTES 256
#define UMLAUT       "\xc3\xbc" /* U+00FC, xn--tda */
#define UMLAUT_CAPS  "\xc3\x9c"
#define A10          "aaaaaaaaaa"
#define A50          A10 A10 A10 A10 A10
#define A63          A50 A10 "aaa"
#define DOMAIN_253   A63 "." A63 "." A63 "." A50 A10 "a"
#define QUOTED_LONG  A50 A50

static const char *const words[] = {
	[STS_OVERRIDE_NONE] = "-",
	[STS_OVERRIDE_SKIP] = "skip",
	[STS_OVERRIDE_TESTING] = "testing",
	[STS_OVERRIDE_ENFORCE] = "enforce",
};

/* From an exact-size heap copy, so that a read past the end is seen. */
static struct sts_overrides *
parse(const char *text, size_t len, struct buf *error)
{
	char *copy = malloc(len > 0 ? len : 1);
	struct sts_overrides *set;

	assert_non_null(copy);
	memcpy(copy, text, len);
	set = sts_overrides_parse("f", copy, len, error);
	free(copy);
	return set;
}

static struct sts_overrides *
parse_good(const char *text)
{
	struct buf error = { 0 };
	struct sts_overrides *set = parse(text, strlen(text), &error);

	if (set == NULL)
		fail_msg("%s: %s", text, error.data);
	assert_int_equal(error.len, 0);
	return set;
}

/* "-", "skip", "testing", "enforce a,*.b" */
static const char *
answer_of(const struct sts_overrides *set, const char *domain)
{
	static char text[ANSWER_BYTES];
	const struct sts_mxlist untouched = { "?", 1, 1 };
	struct sts_mxlist mx = untouched;
	enum sts_override found;
	const char *p = NULL;
	size_t count = 0;

	found = sts_overrides_find(set, domain, strlen(domain), &mx);
	snprintf(text, sizeof(text), "%s", words[found]);
	if (found != STS_OVERRIDE_ENFORCE) {
		assert_memory_equal(&mx, &untouched, sizeof(mx));
		return text;
	}
	while ((p = sts_mxlist_next(&mx, p)) != NULL)
		snprintf(text + strlen(text), sizeof(text) - strlen(text),
		    "%c%s", count++ == 0 ? ' ' : ',', p);
	assert_int_equal(count, mx.count);
	return text;
}

static const struct {
	const char *text;
	size_t count;
	const char *domain;
	const char *answer;
} good[] = {
	/* the actions */
	{ "a.test skip", 1, "a.test", "skip" },
	{ "a.test testing\n", 1, "a.test", "testing" },
	{ "a.test enforce mx=mx.a.test\n", 1, "a.test", "enforce mx.a.test" },
	{ "a.test SKIP\nb.test Enforce MX=m\n", 2, "b.test", "enforce m" },
	{ "a.test\tskip\n", 1, "a.test", "skip" },
	{ "a.test \t skip \t\n", 1, "a.test", "skip" },
	/* patterns: in the file's order, lower case, none twice */
	{ "a.test enforce mx=b,a\n", 1, "a.test", "enforce b,a" },
	{ "a.test enforce mx=*.B.test,A.b.test\n", 1, "a.test",
	    "enforce *.b.test,a.b.test" },
	{ "a.test enforce mx=b, a ,c  d,,e,\n", 1, "a.test",
	    "enforce b,a,c,d,e" },
	{ "a.test enforce mx= b\n", 1, "a.test", "enforce b" },
	{ "a.test enforce mx=b,a,B,a\n", 1, "a.test", "enforce b,a" },
	{ "a.test enforce mx=hostname.test,*.1.a\n", 1, "a.test",
	    "enforce hostname.test,*.1.a" },
	/* the file's form */
	{ "", 0, "a.test", "-" },
	{ "\n\n", 0, "a.test", "-" },
	{ "# a.test skip", 0, "a.test", "-" },
	{ "  # a.test skip\n \t\n", 0, "a.test", "-" },
	{ "a.test\n skip\n", 1, "a.test", "skip" },
	{ "a.test\n\n# why\n  # more\n\tskip", 1, "a.test", "skip" },
	{ "a.test enforce mx=\n b,\n# old: x,\n\n c\nb.test skip\n", 2,
	    "a.test", "enforce b,c" },
	{ "a.test enforce mx=b\n c\nb.test skip\n", 2, "b.test", "skip" },
	{ "a.test skip\r\n\r\nb.test\r\n skip\r\n", 2, "b.test", "skip" },
	/* names */
	{ "A.Test. skip\n", 1, "a.test", "skip" },
	{ "test skip\n", 1, "test", "skip" },
	{ "1.a skip\n", 1, "1.a", "skip" },
	{ UMLAUT ".test skip\n", 1, "xn--tda.test", "skip" },
	{ UMLAUT_CAPS ".TEST. skip\n", 1, "xn--tda.test", "skip" },
	{ "XN--TDA.test skip\n", 1, "xn--tda.test", "skip" },
	{ "." UMLAUT ". skip\n", 1, "a.xn--tda", "skip" },
	{ "a\xe3\x80\x82test skip\n", 1, "a.test", "skip" },
	{ DOMAIN_253 " skip\n", 1, DOMAIN_253, "skip" },
	{ "." DOMAIN_253 " skip\n", 1, DOMAIN_253, "-" },
};

static void
test_good(void **state)
{
	struct sts_overrides *set;
	const char *answer;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(good); i++) {
		set = parse_good(good[i].text);
		if (sts_overrides_count(set) != good[i].count)
			fail_msg(
			    "%zu: %zu domains", i, sts_overrides_count(set));
		answer = answer_of(set, good[i].domain);
		if (strcmp(answer, good[i].answer) != 0)
			fail_msg("%zu: %s", i, answer);
		sts_overrides_free(set);
	}
}

static const struct {
	const char *text;
	const char *domain;
	const char *answer;
} order[] = {
	/* any depth below, not itself */
	{ ".a.test skip\n", "a.test", "-" },
	{ ".a.test skip\n", "b.a.test", "skip" },
	{ ".a.test skip\n", "d.c.b.a.test", "skip" },
	{ ".a.test skip\n", "ba.test", "-" },
	{ ".a.test skip\n", "test", "-" },
	{ ".a.test skip\n", "a.test.b", "-" },
	{ ".test skip\n", "a.test", "skip" },
	{ ".test skip\n", "test", "-" },
	{ "a.test skip\n", "b.a.test", "-" },
	{ "a.test skip\n", "aa.test", "-" },
	{ "a.test skip\n", ".test", "-" },
	{ "a.test skip\n", "", "-" },
	/* itself first, in any order of lines */
	{ ".test skip\na.test testing\n", "a.test", "testing" },
	{ "a.test testing\n.test skip\n", "a.test", "testing" },
	{ "a.test testing\n.test skip\n", "b.a.test", "skip" },
	/* then the longest */
	{ ".test skip\n.a.test testing\n", "b.a.test", "testing" },
	{ ".a.test testing\n.test skip\n", "b.a.test", "testing" },
	{ ".a.test testing\n.test skip\n", "a.test", "skip" },
	{ ".b.a.test testing\n.test skip\n", "c.a.test", "skip" },
	{ ".test enforce mx=a\n.a.test enforce mx=b\n", "x.a.test",
	    "enforce b" },
	/* an exact name and the names below it are two things */
	{ "a.test skip\n.a.test testing\n", "a.test", "skip" },
	{ "a.test skip\n.a.test testing\n", "b.a.test", "testing" },
};

static void
test_order(void **state)
{
	struct sts_overrides *set;
	const char *answer;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(order); i++) {
		set = parse_good(order[i].text);
		answer = answer_of(set, order[i].domain);
		if (strcmp(answer, order[i].answer) != 0)
			fail_msg("%zu: %s", i, answer);
		sts_overrides_free(set);
	}
}

#define ACTIONS "skip, testing or enforce mx=..."
#define NO_SUCH                                                 \
	"there is no such action; there are skip, testing and " \
	"enforce mx=..."
#define OWN_LINE   "a comment must stand on a line of its own"
#define NEEDS_MX   "enforce needs the names to match: mx=name,..."
#define NO_MX      "there is no name after mx="
#define NO_DOMAIN  "this is not a domain name"
#define AN_ADDRESS "an address is no domain name"
#define NO_LINE                                                  \
	"begins with white space, but there is no line that it " \
	"could continue"

#define S(s) s, sizeof(s) - 1

static const struct {
	const char *text;
	size_t len;
	const char *error;
} bad[] = {
	/* domains */
	{ S("a..test skip\n"), "f:1: \"a..test\": " NO_DOMAIN },
	{ S("# x\n\na_b.test skip\n"), "f:3: \"a_b.test\": " NO_DOMAIN },
	{ S("-a.test skip\n"), "f:1: \"-a.test\": " NO_DOMAIN },
	{ S(". skip\n"), "f:1: \".\": " NO_DOMAIN },
	{ S("..a.test skip\n"), "f:1: \"..a.test\": " NO_DOMAIN },
	{ S("a.test.. skip\n"), "f:1: \"a.test..\": " NO_DOMAIN },
	{ S("a.test, skip\n"), "f:1: \"a.test,\": " NO_DOMAIN },
	{ S("a@a.test skip\n"), "f:1: \"a@a.test\": " NO_DOMAIN },
	{ S("\xff.test skip\n"), "f:1: \"\xff.test\": " NO_DOMAIN },
	{ S("*.a.test skip\n"),
	    "f:1: \"*.a.test\": all names below a domain are written "
	    ".domain" },
	{ S("[a.test] skip\n"),
	    "f:1: \"[a.test]\": a host is written without brackets" },
	{ S("a.test:25 skip\n"),
	    "f:1: \"a.test:25\": a host is written without a port" },
	{ S("192.0.2.1 skip\n"), "f:1: \"192.0.2.1\": " AN_ADDRESS },
	{ S(".2.1 skip\n"), "f:1: \".2.1\": " AN_ADDRESS },
	{ S("a" DOMAIN_253 " skip\n"),
	    "f:1: \"a" A63 "." A10 A10 A10 "aaaaa...\": " NO_DOMAIN },
	/* actions */
	{ S("a.test"), "f:1: an action is missing: " ACTIONS },
	{ S("a.test\nb.test skip\n"), "f:1: an action is missing: " ACTIONS },
	{ S("b.test skip\n a.test\n"),
	    "f:1: \"a.test\": nothing may follow the action" },
	{ S("a.test ski\n"), "f:1: \"ski\": " NO_SUCH },
	{ S("a.test skipp\n"), "f:1: \"skipp\": " NO_SUCH },
	{ S("a.test none\n"), "f:1: \"none\": " NO_SUCH },
	{ S("a.test = skip\n"), "f:1: \"=\": " NO_SUCH },
	{ S("a.test " QUOTED_LONG "\n"), "f:1: \"" QUOTED_LONG "\": " NO_SUCH },
	{ S("a.test " QUOTED_LONG "b\n"),
	    "f:1: \"" QUOTED_LONG "...\": " NO_SUCH },
	{ S("a.test testing mx=a\n"),
	    "f:1: \"mx=a\": nothing may follow the action" },
	{ S("a.test # x\n"), "f:1: " OWN_LINE },
	{ S("a.test skip # x\n"), "f:1: " OWN_LINE },
	{ S("a.test enforce mx=a # x\n"), "f:1: " OWN_LINE },
	/* patterns */
	{ S("a.test enforce\n"), "f:1: " NEEDS_MX },
	{ S("a.test enforce \n"), "f:1: " NEEDS_MX },
	{ S("a.test enforce mx\n"), "f:1: " NEEDS_MX },
	{ S("a.test enforce mx.a.test\n"), "f:1: " NEEDS_MX },
	{ S("a.test enforce mx =a\n"), "f:1: " NEEDS_MX },
	{ S("a.test enforce mx="), "f:1: " NO_MX },
	{ S("a.test enforce mx=, ,\n"), "f:1: " NO_MX },
	{ S("a.test enforce mx=a,b..c\n"), "f:1: \"b..c\": an empty label" },
	{ S("a.test enforce mx=a.\n"), "f:1: \"a.\": a trailing dot" },
	{ S("a.test enforce mx=.a\n"), "f:1: \".a\": an empty label" },
	{ S("a.test enforce mx=*a.test\n"),
	    "f:1: \"*a.test\": \"*\" may only be the whole left-most label" },
	{ S("a.test enforce mx=a mx=b\n"),
	    "f:1: \"mx=b\": a character that no host name holds" },
	{ S("a.test enforce mx=" UMLAUT "\n"),
	    "f:1: \"" UMLAUT
	    "\": not ASCII: only the A-label (xn--...) counts" },
	{ S("a.test enforce mx=192.0.2.1\n"),
	    "f:1: \"192.0.2.1\": an address, never the name of an MX host" },
	{ S("a.test enforce mx=a,Hostname\n"),
	    "f:1: \"Hostname\": a word that Postfix keeps for itself" },
	/* the file's form; a mistake is told where its line begins */
	{ S(" a.test skip\n"), "f:1: " NO_LINE },
	{ S("# x\n\n\ta.test skip\n"), "f:3: " NO_LINE },
	{ S("\n\na.test enforce\n\n mx=a,\n -b\nb.test skip\n"),
	    "f:3: \"-b\": a label begins or ends with a hyphen" },
	{ S("a.test skip\nb.test \0skip\n"),
	    "f:2: a NUL byte: this is not a text file" },
	{ S("a.test skip\n#\0\n"), "f:2: a NUL byte: this is not a text file" },
	{ S("a.test skip\r\nb.test\r\n"),
	    "f:2: an action is missing: " ACTIONS },
	/* the first mistake is the one that is told */
	{ S("a.test x\nb.test y\n"), "f:1: \"x\": " NO_SUCH },
	/* duplicates, however they are written */
	{ S("a.test skip\na.test skip\n"),
	    "f:2: \"a.test\": is already in line 1" },
	{ S("#\na.test skip\nb.test skip\n\nA.TEST. testing\n"),
	    "f:5: \"A.TEST.\": is already in line 2" },
	{ S(UMLAUT ".test skip\nxn--tda.test skip\n"),
	    "f:2: \"xn--tda.test\": is already in line 1" },
	{ S(".a.test skip\n.A.test enforce mx=a\n"),
	    "f:2: \".A.test\": is already in line 1" },
};

static void
test_bad(void **state)
{
	struct buf error = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(bad); i++) {
		buf_reset(&error);
		if (parse(bad[i].text, bad[i].len, &error) != NULL)
			fail_msg("%zu: taken", i);
		if (strcmp(buf_str(&error), bad[i].error) != 0)
			fail_msg("%zu: %s", i, buf_str(&error));
	}
	buf_clear(&error);
}

/* Patterns of mx.len bytes in all, "x" after the first. */
static void
put_enforce(struct buf *text, size_t mx_len)
{
	size_t used, n;

	buf_puts(text, "a.test enforce mx=");
	for (used = 0; used < mx_len; used += n) {
		/* "nnnnn.test" and NUL; what is left goes to the last one */
		n = mx_len - used < 22 ? mx_len - used : 11;
		buf_printf(text, "%s%0*zu.test", used > 0 ? "," : "",
		    (int)(n - 6), used);
	}
	buf_putc(text, '\n');
}

/* As much as an answer can hold, not a byte more; the folded do not count. */
static void
test_size(void **state)
{
	struct buf text = { 0 }, error = { 0 };
	struct sts_overrides *set;
	struct sts_mxlist mx;

	(void)state;
	put_enforce(&text, STS_OVERRIDE_MX_MAX_BYTES);
	text.len--;
	buf_puts(&text, ",00000.test,00000.test\n");
	set = parse(text.data, text.len, &error);
	assert_non_null(set);
	assert_int_equal(
	    sts_overrides_find(set, "a.test", 6, &mx), STS_OVERRIDE_ENFORCE);
	assert_int_equal(mx.len, STS_OVERRIDE_MX_MAX_BYTES);
	assert_true(mx.count > 8000);
	sts_overrides_free(set);
	buf_reset(&text);
	put_enforce(&text, STS_OVERRIDE_MX_MAX_BYTES + 1);
	assert_null(parse(text.data, text.len, &error));
	assert_string_equal(error.data,
	    "f:1: the names after mx= have more than 99000 bytes, which is "
	    "more than Postfix can be told");
	buf_clear(&text);
	buf_clear(&error);
}

/* Every one is found again, as what it is, and no other name. */
static void
test_many(void **state)
{
	static const char *const action[] = { "skip", "testing",
		"enforce mx=mx.test" };
	char domain[64], expected[64];
	struct buf text = { 0 }, error = { 0 };
	struct sts_overrides *set;
	size_t i;

	(void)state;
	for (i = 0; i < LINES_MANY; i++)
		buf_printf(&text, "%sd%zu.test %s\n", i % 2 == 0 ? "" : ".", i,
		    action[i % 3]);
	set = parse(text.data, text.len, &error);
	assert_non_null(set);
	assert_int_equal(sts_overrides_count(set), LINES_MANY);
	for (i = 0; i < LINES_MANY; i++) {
		snprintf(domain, sizeof(domain), "a.b.d%zu.test", i);
		snprintf(expected, sizeof(expected), "%s",
		    i % 3 == 2 ? "enforce mx.test" : action[i % 3]);
		assert_string_equal(
		    answer_of(set, domain + 4), i % 2 == 0 ? expected : "-");
		assert_string_equal(
		    answer_of(set, domain), i % 2 == 0 ? "-" : expected);
	}
	sts_overrides_free(set);
	buf_puts(&text, "D77776.test skip\n");
	assert_null(parse(text.data, text.len, &error));
	assert_string_equal(
	    error.data, "f:100001: \"D77776.test\": is already in line 77777");
	buf_clear(&text);
	buf_clear(&error);
}

static void
test_none(void **state)
{
	(void)state;
	assert_int_equal(sts_overrides_count(NULL), 0);
	assert_string_equal(answer_of(NULL, "a.test"), "-");
	sts_overrides_free(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_size),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
