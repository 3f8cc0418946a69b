/* SPDX-License-Identifier: ISC */
/* The audit finding: one of each kind as it is kept, and no stranger's markup. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "check/report.h"
#include "check/ruletable.h"
#include "report_world.h"

#define GOLDEN "tests/unit/report_markdown.golden"

static const struct report_options plain = { .label = "" };

static void
put_kind(struct buf *b, enum report_kind kind, bool is_first,
    const struct report_options *options)
{
	struct report_world world;

	report_world_init(&world, kind);
	report_markdown_one(b, world.report, is_first, options);
	report_world_clear(&world);
}

static void
read_golden(struct buf *b)
{
	FILE *f = fopen(GOLDEN, "r");
	size_t n;

	if (f == NULL)
		fail_msg("%s: run this from the top folder", GOLDEN);
	do {
		n = fread(buf_reserve(b, 4096), 1, 4096, f);
		b->len += n;
	} while (n > 0);
	fclose(f);
	buf_putc(b, '\0');
	b->len--;
}

/* UPDATE_GOLDEN=1 writes it anew: look at the difference. */
static void
test_golden(void **state)
{
	static const enum report_kind kinds[] = { REPORT_ENFORCING,
		REPORT_BROKEN, REPORT_TESTING, REPORT_ABSENT, REPORT_NULL_MX,
		REPORT_UNKNOWN };
	struct buf got = { 0 }, want = { 0 };
	size_t i, n;
	FILE *f;

	(void)state;
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		put_kind(&got, kinds[i], i == 0, &plain);
	if (getenv("UPDATE_GOLDEN") != NULL) {
		f = fopen(GOLDEN, "w");
		assert_non_null(f);
		fwrite(got.data, 1, got.len, f);
		fclose(f);
	}
	read_golden(&want);
	for (n = 0; n < got.len && got.data[n] == buf_str(&want)[n]; n++)
		continue;
	if (n < got.len || n < want.len)
		fail_msg("differs at %zu: \"%.60s\", not \"%.60s\"", n,
		    got.data + n, want.data + n);
	buf_clear(&got);
	buf_clear(&want);
}

/* Outside code nothing of theirs is markup, and no byte is raw. */
static void
test_hostile(void **state)
{
	static const char *const never[] = { "\n<script", " <script>",
		";<script", "\n=cmd", "\n# " };
	struct buf b = { 0 };
	size_t i;

	(void)state;
	put_kind(&b, REPORT_HOSTILE, true, &plain);
	assert_int_equal(strlen(b.data), b.len);
	for (i = 0; i < sizeof(never) / sizeof(never[0]); i++)
		if (strstr(b.data, never[i]) != NULL)
			fail_msg("%s", never[i]);
	for (i = 0; i < b.len; i++)
		if (((unsigned char)b.data[i] < ' ' && b.data[i] != '\n') ||
		    b.data[i] == '\177')
			fail_msg("byte %d at %zu", b.data[i], i);
	assert_non_null(strstr(b.data, "\\<script\\>alert(1)\\</script\\>"));
	buf_clear(&b);
}

static void
test_several(void **state)
{
	static const struct report_options labelled = { .label = "a|b" };
	struct buf b = { 0 };

	(void)state;
	report_markdown_begin(&b, 1, &plain);
	assert_int_equal(b.len, 0);
	report_markdown_begin(&b, 2, &plain);
	put_kind(&b, REPORT_ENFORCING, true, &labelled);
	put_kind(&b, REPORT_ABSENT, false, &labelled);
	report_markdown_end(&b, 2, &plain);
	assert_non_null(strstr(b.data,
	    "# MTA-STS of 2 domains\n\n# MTA-STS: "
	    "good.example \\(a\\|b\\)\n"));
	assert_non_null(strstr(b.data, "\n\n---\n\n# MTA-STS: "));
	buf_clear(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_golden),
		cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_several),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
