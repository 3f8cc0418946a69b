/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "sts/reason.h"

static void
test_words(void **state)
{
	const char *word;
	int i, j;

	(void)state;
	for (i = 0; i < STS_REASON_COUNT; i++) {
		word = sts_reason_word((enum sts_reason)i);
		if (word == NULL || word[0] == '\0')
			fail_msg("reason %d: no word", i);
		for (j = 0; j < i; j++)
			if (strcmp(word, sts_reason_word((enum sts_reason)j)) ==
			    0)
				fail_msg("reasons %d and %d: %s", i, j, word);
	}
	assert_string_equal(sts_reason_word(STS_REASON_OK), "ok");
	assert_string_equal(
	    sts_reason_word(STS_REASON_NO_SERVER), "no-name-server");
	assert_string_equal(sts_reason_word(STS_REASON_DEADLINE), "deadline");
}

/* TEMP is for our own faults alone. */
static void
test_whose_fault(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < STS_REASON_COUNT; i++)
		if (sts_reason_is_ours((enum sts_reason)i) !=
		    (i == STS_REASON_LOCAL || i == STS_REASON_NO_SERVER ||
			i == STS_REASON_BUSY || i == STS_REASON_CACHE))
			fail_msg("reason %d (%s)", i,
			    sts_reason_word((enum sts_reason)i));
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_whose_fault),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
