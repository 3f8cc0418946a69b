/* SPDX-License-Identifier: ISC */
/*
 * An evidence file. What is read is saved and read again as it was; whatever
 * it says it can be judged, and every report of it is fit for a terminal.
 */
#include <stdlib.h>
#include <string.h>

#include "check/evidence.h"
#include "check/grade.h"
#include "check/report.h"
#include "check/rules.h"
#include "fuzz.h"

/* No control byte but line ends (CSV has CRLF), none of what turns a terminal. */
static void
check_text(const struct buf *b)
{
	size_t i;

	for (i = 0; i < b->len; i++) {
		unsigned char c = (unsigned char)b->data[i];

		if (c == '\r')
			HOLDS(b->data[i + 1] == '\n');
		else
			HOLDS(
			    c == '\n' || c == '\t' || (c >= ' ' && c != 0x7f));
		/* C1 controls as UTF-8 */
		HOLDS(c != 0xc2 || i + 1 == b->len ||
		    (unsigned char)b->data[i + 1] >= 0xa0);
	}
}

static void
report_all(const struct check_report *report)
{
	static const struct report_options options = { .label = "",
		.is_verbose = true };
	struct buf b = { 0 };
	size_t i;

	for (i = 0; i < check_formats_count; i++) {
		const struct check_format *f = &check_formats[i];

		buf_reset(&b);
		if (f->begin != NULL)
			f->begin(&b, 1, &options);
		f->one(&b, report, true, &options);
		if (f->end != NULL)
			f->end(&b, 1, &options);
		HOLDS(b.len > 0);
		check_text(&b);
	}
	buf_clear(&b);
}

static void
judge(const struct evidence *e)
{
	const struct check_options *options = &check_options_default;
	struct check_facts *facts = check_facts_new(e, options);
	struct check_findings *findings = check_run(facts);
	struct check_report *report = check_grade(facts, findings);

	HOLDS(report->score >= -1 && report->score <= 100);
	HOLDS(strlen(report->grade) < sizeof(report->grade));
	report_all(report);
	check_report_free(report);
	check_findings_free(findings);
	check_facts_free(facts);
}

void
fuzz_evidence(const char *data, size_t len)
{
	struct evidence *e, *again;
	struct buf one = { 0 }, two = { 0 };
	char error[256] = "";

	e = evidence_load(data, len, error, sizeof(error));
	if (e == NULL) {
		HOLDS(error[0] != '\0');
		return;
	}
	evidence_save(&one, e);
	again = evidence_load(one.data, one.len, error, sizeof(error));
	HOLDS(again != NULL);
	evidence_save(&two, again);
	HOLDS(one.len == two.len && memcmp(one.data, two.data, one.len) == 0);
	buf_clear(&one);
	buf_clear(&two);
	judge(again);
	evidence_free(e);
	evidence_free(again);
}
