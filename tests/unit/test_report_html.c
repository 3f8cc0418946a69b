/* SPDX-License-Identifier: ISC */
/*
 * The page: well-formed, self-contained, headings in order, whatever strangers
 * have written. tests/html/ looks at it in a browser.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "check/report.h"
#include "check/ruletable.h"
#include "report_world.h"

#define DEPTH_MAX      64
#define NAME_MAX_BYTES 16

static const struct report_options plain = { .label = "" };

static void
put_page(struct buf *b, const enum report_kind *kinds, size_t count,
    const struct report_options *options)
{
	struct report_world world;
	size_t i;

	report_html_begin(b, count, options);
	for (i = 0; i < count; i++) {
		report_world_init(&world, kinds[i]);
		report_html_one(b, world.report, i == 0, options);
		report_world_clear(&world);
	}
	report_html_end(b, count, options);
}

static bool
is_void(const char *name)
{
	return strcmp(name, "meta") == 0 || strcmp(name, "br") == 0;
}

/* Past the tag at p ("<..."); its name, without the slash. */
static const char *
read_tag(const char *p, char name[NAME_MAX_BYTES], bool *is_end)
{
	size_t n = 0;
	bool is_quoted = false;

	*is_end = p[1] == '/';
	p += *is_end ? 2 : 1;
	while ((*p >= 'a' && *p <= 'z') || (*p >= '0' && *p <= '9')) {
		if (n + 1 < NAME_MAX_BYTES)
			name[n++] = *p;
		p++;
	}
	name[n] = '\0';
	if (n == 0)
		fail_msg("a bare <: %.40s", p);
	for (; *p != '\0' && (is_quoted || *p != '>'); p++) {
		if (*p == '"')
			is_quoted = !is_quoted;
		else if (*p == '<')
			fail_msg("a < in a tag: %.40s", p);
	}
	assert_int_equal(*p, '>');
	return p + 1;
}

/* Every tag that opens is closed, in order; headings skip no rank. */
static void
check_tree(const char *what, const char *page)
{
	static const char doctype[] = "<!DOCTYPE html>\n";
	char stack[DEPTH_MAX][NAME_MAX_BYTES], name[NAME_MAX_BYTES];
	int depth = 0, rank = 0, h1 = 0;
	bool is_end;
	const char *p;

	if (strncmp(page, doctype, strlen(doctype)) != 0)
		fail_msg("%s: no doctype", what);
	p = page + strlen(doctype);
	while ((p = strchr(p, '<')) != NULL) {
		p = read_tag(p, name, &is_end);
		if (is_void(name))
			continue;
		if (is_end) {
			if (depth == 0 || strcmp(stack[--depth], name) != 0)
				fail_msg("%s: </%s> closes <%s>", what, name,
				    stack[depth]);
			continue;
		}
		if (name[0] == 'h' && name[1] >= '1' && name[1] <= '6') {
			if (name[1] - '0' > rank + 1)
				fail_msg(
				    "%s: <%s> after <h%d>", what, name, rank);
			rank = name[1] - '0';
			h1 += rank == 1;
		}
		assert_true(depth < DEPTH_MAX);
		memcpy(stack[depth++], name, sizeof(name));
		if (strcmp(name, "style") == 0)
			p = strstr(p, "</style>");
	}
	assert_int_equal(depth, 0);
	if (h1 != 1)
		fail_msg("%s: %d times <h1>", what, h1);
}

static void
check_alone(const char *what, const char *page, size_t len)
{
	static const char *const never[] = { "<script",
		" src=", " href=", "url(", "@import", "<img", "<link",
		"<iframe", " onload", "<a " };
	size_t i;

	if (strlen(page) != len)
		fail_msg("%s: a NUL", what);
	for (i = 0; i < sizeof(never) / sizeof(never[0]); i++)
		if (strstr(page, never[i]) != NULL)
			fail_msg("%s: has \"%s\"", what, never[i]);
	for (i = 0; i < len; i++)
		if (((unsigned char)page[i] < ' ' && page[i] != '\n') ||
		    page[i] == '\177')
			fail_msg("%s: byte %d at %zu", what, page[i], i);
	/* CSI of eight bits; an override of the writing's direction */
	if (strstr(page, "\xc2\x9b") != NULL ||
	    strstr(page, "\xe2\x80\xae") != NULL)
		fail_msg("%s: a character that is not seen", what);
	if (strstr(page, "<html lang=\"en\">") == NULL ||
	    strstr(page, "<title>MTA-STS of ") == NULL)
		fail_msg("%s: no language or title", what);
}

static void
test_pages(void **state)
{
	struct buf b = { 0 };
	enum report_kind kind;

	(void)state;
	for (kind = 0; kind < REPORT_KINDS; kind++) {
		put_page(&b, &kind, 1, &plain);
		check_tree(report_kind_names[kind], buf_str(&b));
		check_alone(report_kind_names[kind], buf_str(&b), b.len);
		if (strstr(b.data, "<title>MTA-STS of good.example<") == NULL)
			fail_msg("%s: title", report_kind_names[kind]);
		buf_clear(&b);
	}
}

static void
test_several(void **state)
{
	static const struct report_options labelled = { .label = "<b>\033" };
	enum report_kind kinds[REPORT_KINDS];
	struct buf b = { 0 };
	size_t i, n = 0;
	const char *p;

	(void)state;
	for (i = 0; i < REPORT_KINDS; i++)
		kinds[i] = (enum report_kind)i;
	put_page(&b, kinds, REPORT_KINDS, &labelled);
	check_tree("several", buf_str(&b));
	check_alone("several", buf_str(&b), b.len);
	for (p = b.data; (p = strstr(p, "<details class=\"domain\">")); p++)
		n++;
	assert_int_equal(n, REPORT_KINDS);
	assert_non_null(strstr(b.data, "&lt;b&gt;\\x1B"));
	buf_clear(&b);
}

static void
check_has(const struct buf *b, const char *text)
{
	if (strstr(buf_str(b), text) == NULL)
		fail_msg("not on the page: %s", text);
}

static void
test_content(void **state)
{
	static const char *const broken[] = {
		"<b>F</b><span>20 of 100</span>",
		"Priority <b>high</b>",
		"Status <b>broken</b>",
		"senders cannot deliver",
		"<li class=\"fail\">SMTP <b>",
		"The certificate of mx1.good.example expired on 2026-05-25",
		"<pre>\n_smtp._tls.good.example. IN TXT &quot;v=TLSRPTv1;",
		"The same steps as for <code>mx_cert</code> above",
		"openssl s_client -starttls smtp",
		"<details class=\"more\"><summary>What this means</summary>",
		"does not deliver: its certificate has expired",
		"<span class=\"no\">5</span><span><code>max_age: 604800",
		"2026-05-25 (3 days ago)",
		"OK secure match=mx1.good.example:mx2.good.example",
		"It cannot prove what every sender does",
	};
	static const enum report_kind kind = REPORT_BROKEN;
	struct report_options verbose = { .label = "", .is_verbose = true };
	struct buf b = { 0 };
	size_t i;

	(void)state;
	put_page(&b, &kind, 1, &plain);
	for (i = 0; i < sizeof(broken) / sizeof(broken[0]); i++)
		check_has(&b, broken[i]);
	assert_null(strstr(b.data, "<details open>"));
	buf_clear(&b);
	put_page(&b, &kind, 1, &verbose);
	check_has(&b, "<details open>");
	buf_clear(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pages),
		cmocka_unit_test(test_several),
		cmocka_unit_test(test_content),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
