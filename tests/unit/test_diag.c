/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "sts/diag.h"

/* Every code has a word of its own: lower-case letters, digits, "_". */
static void
test_words(void **state)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789_";
	const char *word;
	int i, j;

	(void)state;
	for (i = 0; i < STS_DIAG_COUNT; i++) {
		word = sts_diag_word((enum sts_diag_code)i);
		if (word == NULL || word[0] == '\0' ||
		    strspn(word, letters) != strlen(word))
			fail_msg("code %d: no word", i);
		for (j = 0; j < i; j++)
			if (strcmp(word,
				sts_diag_word((enum sts_diag_code)j)) == 0)
				fail_msg("codes %d and %d: %s", i, j, word);
	}
	assert_string_equal(sts_diag_word(STS_DIAG_BAD_ID), "bad_id");
	assert_string_equal(sts_diag_word(STS_DIAG_TLS_RPT_RUA), "tls_rpt_rua");
	assert_string_equal(
	    sts_diag_word(STS_DIAG_MAX_AGE_RANGE), "max_age_range");
	assert_string_equal(sts_diag_word(STS_DIAG_EMPTY_BODY), "empty_body");
}

static void
test_add(void **state)
{
	static struct sts_diags diags;
	struct sts_diag diag = { .code = STS_DIAG_LONG_LINE };
	size_t i;

	(void)state;
	sts_diag_add(NULL, &diag);
	for (i = 0; i < STS_DIAGS_MAX + 10; i++) {
		diag.line = i + 1;
		diag.is_fatal = i == STS_DIAGS_MAX + 2 || i > 260;
		sts_diag_add(&diags, &diag);
	}
	assert_int_equal(diags.count, STS_DIAGS_MAX);
	assert_int_equal(diags.left_out, 10);
	assert_int_equal(diags.diag[STS_DIAGS_MAX - 1].line, STS_DIAGS_MAX);
	assert_int_equal(diags.fatal, 6);
	/* kept although there was no room for it in the list */
	assert_int_equal(diags.first_fatal.line, STS_DIAGS_MAX + 3);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_add),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
