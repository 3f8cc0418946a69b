/* SPDX-License-Identifier: ISC */
/* --explain: every code and every topic has a text, each a screenful. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "check/explain.h"
#include "check/report.h"
#include "check/ruletable.h"

#define WORD(code) #code,
static const char *const codes[] = { CHECK_RULES(WORD) };

/* The topics. */
static const char *const others[] = { "modes", "id", "max-age", "propagation",
	"wildcards", "https", "hosting", "certificate", "tls-rpt", "dane",
	"deliverability", "encrypt-all", "when", "rollout", "smart-hosts" };

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void
test_each_has_one(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(codes); i++)
		if (check_explain(codes[i]) == NULL)
			fail_msg("no text for the code %s", codes[i]);
	for (i = 0; i < COUNT(others); i++)
		if (check_explain(others[i]) == NULL)
			fail_msg("no text for %s", others[i]);
	assert_null(check_explain("nonsense"));
	assert_null(check_explain(""));
	assert_ptr_equal(check_explain("MX_CERT"), check_explain("mx_cert"));
}

static size_t
count_word(const char *word)
{
	const struct explain_text *text;
	size_t i, n = 0;

	for (i = 0; (text = explain_at(i)) != NULL; i++)
		n += strcmp(text->word, word) == 0;
	return n;
}

/* No text is of a word that is no more, none twice. */
static void
test_no_other(void **state)
{
	const struct explain_text *text;
	size_t i;

	(void)state;
	for (i = 0; (text = explain_at(i)) != NULL; i++)
		if (count_word(text->word) != 1)
			fail_msg("%s is there twice", text->word);
	assert_int_equal(i, COUNT(codes) + COUNT(others));
}

/* It begins with its word, fits a screen, and is plain ASCII. */
static void
test_screenful(void **state)
{
	const struct explain_text *text;
	size_t i, lines, len, n;
	const char *p;

	(void)state;
	for (i = 0; (text = explain_at(i)) != NULL; i++) {
		n = strlen(text->word);
		if (strncmp(text->text, text->word, n) != 0 ||
		    strncmp(text->text + n, ": ", 2) != 0)
			fail_msg("%s: does not begin with it", text->word);
		lines = 0;
		for (p = text->text; *p != '\0'; p += len + 1) {
			len = strcspn(p, "\n");
			if (p[len] != '\n')
				fail_msg("%s: no line end", text->word);
			if (len > EXPLAIN_COLUMNS)
				fail_msg("%s: %zu columns", text->word, len);
			lines++;
		}
		if (lines < 3 || lines > EXPLAIN_LINES)
			fail_msg("%s: %zu lines", text->word, lines);
		for (p = text->text; *p != '\0'; p++)
			if ((*p < ' ' && *p != '\n') || *p > '~')
				fail_msg("%s: byte %d", text->word, *p);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_has_one),
		cmocka_unit_test(test_no_other),
		cmocka_unit_test(test_screenful),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
