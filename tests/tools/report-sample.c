/* SPDX-License-Identifier: ISC */
/*
 * Print sample reports: report-sample FORMAT KIND ... The kinds are those of
 * tests/unit/report_world.h. What the browser's tests look at.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "../unit/report_world.h"
#include "check/report.h"
#include "check/ruletable.h"

static bool
put_kind(struct buf *b, const struct check_format *format, const char *kind,
    bool is_first)
{
	struct report_options options = { .label = "" };
	struct report_world world;
	size_t i;

	for (i = 0; i < REPORT_KINDS; i++)
		if (strcmp(report_kind_names[i], kind) == 0)
			break;
	if (i == REPORT_KINDS)
		return false;
	report_world_init(&world, (enum report_kind)i);
	format->one(b, world.report, is_first, &options);
	report_world_clear(&world);
	return true;
}

int
main(int argc, char **argv)
{
	static const struct report_options options = { .label = "" };
	const struct check_format *format;
	struct buf b = { 0 };
	int i;

	format = argc < 3 ? NULL : check_format_find(argv[1]);
	if (format == NULL) {
		fprintf(stderr, "usage: report-sample format kind ...\n");
		return EX_USAGE;
	}
	if (format->begin != NULL)
		format->begin(&b, (size_t)argc - 2, &options);
	for (i = 2; i < argc; i++)
		if (!put_kind(&b, format, argv[i], i == 2))
			return EX_USAGE;
	if (format->end != NULL)
		format->end(&b, (size_t)argc - 2, &options);
	fwrite(b.data, 1, b.len, stdout);
	buf_clear(&b);
	return 0;
}
