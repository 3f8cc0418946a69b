/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "sts/txt.h"

#define ID32 "abcdefghijklmnopqrstuvwxyz012345"
#define S(s)                     \
	{                        \
		s, sizeof(s) - 1 \
	}

static const struct {
	struct sts_record record;
	enum sts_txt_status status;
	const char *id;
	const char *diags; /* code@offset+len!, ! when fatal */
} single_cases[] = {
	{ S("v=STSv1; id=" ID32), STS_TXT_VALID, ID32, "" },
	{ S("v=STSv1; id=" ID32 "6"), STS_TXT_INVALID, NULL, "bad_id@9+36!" },
	{ S("v=STSv1;id=a;"), STS_TXT_VALID, "a", "" },
	{ S("v=STSv1\t ;id=a"), STS_TXT_VALID, "a", "txt_space@0+10" },
	{ S("v=STSv1;id=a \t; \t"), STS_TXT_VALID, "a", "" },
	{ S("v=STSv1;id=a "), STS_TXT_INVALID, NULL, "bad_id@8+5!" },
	{ S("v=STSv1;id=a;x=y "), STS_TXT_INVALID, NULL, "txt_syntax@13+4!" },
	{ S("v=STSv1; id=a; id=b"), STS_TXT_VALID, "a", "txt_duplicate@15+4" },
	{ S("v=STSv1; id=a; id=x-y; id=z"), STS_TXT_VALID, "a",
	    "txt_duplicate@15+6 txt_duplicate@23+4" },
	{ S("v=STSv1; id=a; id="), STS_TXT_INVALID, NULL, "txt_syntax@15+3!" },
	{ S("v=STSv1; id=a; id=b=c"), STS_TXT_INVALID, NULL,
	    "txt_syntax@15+6!" },
	/* all of what is wrong */
	{ S("v=STSv1 ;; id=a-b; id=c; x; =y; z=;"), STS_TXT_INVALID, NULL,
	    "txt_space@0+9 txt_syntax@9+0! bad_id@11+6! "
	    "txt_duplicate@19+4 txt_syntax@25+1! txt_syntax@28+2! "
	    "txt_syntax@32+2!" },
	{ S("v=STSv1;"), STS_TXT_INVALID, NULL, "bad_id@0+8!" },
	{ S("v=STSv1; x=y"), STS_TXT_INVALID, NULL, "bad_id@0+12!" },
	{ S("v=STSv1; id"), STS_TXT_INVALID, NULL,
	    "txt_syntax@9+2! bad_id@0+11!" },
	{ S("v=STSv1; Id=a"), STS_TXT_INVALID, NULL, "bad_id@0+13!" },
	{ S("v=STSv1; id =a"), STS_TXT_INVALID, NULL,
	    "txt_syntax@9+5! bad_id@0+14!" },
	{ S("v=STSv1; id=a; x=\x7f"), STS_TXT_INVALID, NULL,
	    "txt_syntax@15+3!" },
	{ S("v=STSv1; id=a; x=a\x1f"), STS_TXT_INVALID, NULL,
	    "txt_syntax@15+4!" },
	{ S("v=STSv1; id=a; x=a\0"), STS_TXT_INVALID, NULL,
	    "txt_syntax@15+4!" },
	{ S("v=STSv1; id=a; x=a b"), STS_TXT_INVALID, NULL,
	    "txt_syntax@15+5!" },
	{ S("v=STSv1; id=a; x=\x80"), STS_TXT_INVALID, NULL,
	    "txt_syntax@15+3!" },
	{ S("v=STSv1; id=a; x.Y-1_=!~"), STS_TXT_VALID, "a", "" },
	{ S("v=STSv1; id=a; " ID32 "=1"), STS_TXT_VALID, "a", "" },
	{ S("v=STSv1; id=a; " ID32 "6=1"), STS_TXT_INVALID, NULL,
	    "txt_syntax@15+35!" },
	{ S("v=STSv1"), STS_TXT_NONE, NULL, "" },
	{ S("v=STSv1 "), STS_TXT_NONE, NULL, "" },
	{ S("v=STSv"), STS_TXT_NONE, NULL, "" },
	{ S("v=STSv1\n;id=a"), STS_TXT_NONE, NULL, "" },
	{ S("v=STSv1,id=a"), STS_TXT_NONE, NULL, "" },
	{ { NULL, 0 }, STS_TXT_NONE, NULL, "" },
};

/* What a record of one RR gives: the status, and each finding in order. */
static void
test_single(void **state)
{
	struct sts_diags diags;
	enum sts_txt_status status;
	char id[STS_ID_MAX + 1], found[512];
	const struct sts_diag *d;
	size_t i, j, n;

	(void)state;
	for (i = 0; i < sizeof(single_cases) / sizeof(single_cases[0]); i++) {
		memset(&diags, 0, sizeof(diags));
		memcpy(id, "-", 2);
		status = sts_txt_parse(&single_cases[i].record, 1, id, &diags);
		if (status != single_cases[i].status)
			fail_msg("case %zu: status %d", i, status);
		if (strcmp(id,
			single_cases[i].id != NULL ? single_cases[i].id :
						     "-") != 0)
			fail_msg("case %zu: id %s", i, id);
		found[0] = '\0';
		for (j = n = 0; j < diags.count; j++) {
			d = &diags.diag[j];
			n += (size_t)snprintf(found + n, sizeof(found) - n,
			    "%s%s@%zu+%zu%s", j > 0 ? " " : "",
			    sts_diag_word(d->code), d->offset, d->len,
			    d->is_fatal ? "!" : "");
			if (d->line != 1 || d->what == NULL)
				fail_msg("case %zu: line %zu", i, d->line);
		}
		if (strcmp(found, single_cases[i].diags) != 0)
			fail_msg("case %zu: %s instead of %s", i, found,
			    single_cases[i].diags);
		/* the same without a list */
		if (sts_txt_parse(&single_cases[i].record, 1, id, NULL) !=
		    status)
			fail_msg("case %zu: differs without diags", i);
	}
}

static void
test_several(void **state)
{
	static const struct sts_record two[] = { S("v=spf1 -all"),
		S("v=STSv1; id=a"), S("v=STSv1 ; bogus"), S("v=STSv1") };
	struct sts_diags diags = { .count = 0 };
	char id[STS_ID_MAX + 1] = "-";

	(void)state;
	assert_int_equal(sts_txt_parse(two, 4, id, &diags), STS_TXT_MULTIPLE);
	assert_string_equal(id, "-");
	/* the line is the record's number among all of them */
	assert_int_equal(diags.count, 3);
	assert_int_equal(diags.diag[0].line, 3);
	assert_int_equal(diags.diag[0].code, STS_DIAG_TXT_SPACE);
	/* a good record after a bad one makes nothing good */
	assert_int_equal(sts_txt_parse(two + 2, 1, id, NULL), STS_TXT_INVALID);
	assert_int_equal(sts_txt_parse(two, 2, id, NULL), STS_TXT_VALID);
	assert_string_equal(id, "a");
	assert_int_equal(sts_txt_parse(NULL, 0, id, NULL), STS_TXT_NONE);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_single),
		cmocka_unit_test(test_several),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
