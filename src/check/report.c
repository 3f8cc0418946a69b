/* SPDX-License-Identifier: ISC */
/* The table of formats. */
#include <string.h>

#include "check/report.h"

static void
put_nothing(struct buf *out, size_t count, const struct report_options *options)
{
	(void)out;
	(void)count;
	(void)options;
}

const struct check_format check_formats[] = {
	{ "text", put_nothing, report_text_one, put_nothing, false, "\n\n",
	    NULL, report_text_summary },
	{ "json", report_json_begin, report_json_one, report_json_end, false,
	    ",\n", NULL, NULL },
	{ "ndjson", put_nothing, report_ndjson_one, put_nothing, false, "",
	    NULL, NULL },
	{ "csv", report_csv_begin, report_csv_one, put_nothing, false, "", NULL,
	    NULL },
	{ "markdown", report_markdown_begin, report_markdown_one,
	    report_markdown_end, false, "\n---\n\n", report_markdown_head,
	    NULL },
	{ "html", report_html_begin, report_html_one, report_html_end, false,
	    "", report_html_head, NULL },
	{ "nagios", put_nothing, report_nagios_one, put_nothing, false, "",
	    report_nagios_head, NULL },
	{ "prometheus", put_nothing, report_prometheus_one,
	    report_prometheus_end, true, "", NULL, NULL },
};
const size_t check_formats_count =
    sizeof(check_formats) / sizeof(check_formats[0]);

const struct check_format *
check_format_find(const char *name)
{
	size_t i;

	for (i = 0; i < check_formats_count; i++) {
		if (strcmp(check_formats[i].name, name) == 0)
			return &check_formats[i];
	}
	return NULL;
}
