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

static const char *const labels[] = { "", "client \"a\"", "<b>client b" };

#define LABELS (sizeof(labels) / sizeof(labels[0]))

/* Render one, and count it. */
static bool
put_kind(struct buf *b, const struct check_format *format, const char *kind,
    struct check_summary *summary, size_t at)
{
	/* Each place is another in each order. */
	const struct report_place place = { at, summary->rows - at,
		(at + 1) % summary->rows };
	struct report_options options = { .label = labels[at % LABELS],
		.place = &place };
	const struct check_exit exit = { .undeployed = 2 };
	struct report_world world;
	size_t i;

	for (i = 0; i < REPORT_KINDS; i++)
		if (strcmp(report_kind_names[i], kind) == 0)
			break;
	if (i == REPORT_KINDS)
		return false;
	report_world_init(&world, (enum report_kind)i);
	format->one(b, world.report, summary->rows == 1, &options);
	check_summary_add(
	    summary, at, world.report, check_exit_status(world.report, &exit));
	report_world_clear(&world);
	return true;
}

/* As a run writes it: the head needs the rows, which come with the rest. */
static bool
put_all(const struct check_format *format, char **kind, size_t count,
    struct check_summary *summary)
{
	static const struct report_options options = { .label = "" };
	struct buf head = { 0 }, text = { 0 };
	bool is_good = true;
	size_t i;

	for (i = 0; i < count; i++) {
		summary->row[i].domain = kind[i];
		summary->row[i].label = labels[i % LABELS];
		is_good =
		    put_kind(&text, format, kind[i], summary, i) && is_good;
	}
	format->begin(&head, count, &options);
	if (count > 1 && format->head != NULL)
		format->head(&head, summary, &options);
	format->end(&text, count, &options);
	fwrite(buf_str(&head), 1, head.len, stdout);
	fwrite(buf_str(&text), 1, text.len, stdout);
	buf_clear(&head);
	buf_clear(&text);
	return is_good;
}

int
main(int argc, char **argv)
{
	const struct check_format *format;
	struct check_summary *summary;
	bool is_good;

	format = argc < 3 ? NULL : check_format_find(argv[1]);
	if (format == NULL) {
		fprintf(stderr, "usage: report-sample format kind ...\n");
		return EX_USAGE;
	}
	summary = check_summary_new((size_t)argc - 2);
	is_good = put_all(format, argv + 2, (size_t)argc - 2, summary);
	check_summary_free(summary);
	return is_good ? 0 : EX_USAGE;
}
