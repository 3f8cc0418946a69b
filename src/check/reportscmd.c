/* SPDX-License-Identifier: ISC */
/* With --check the reports are evidence; without it they are all there is. */
#include <string.h>

#include "check/output.h"
#include "check/reportscmd.h"

#define EXIT_UNKNOWN 3

int
reportscmd_read(const struct check_cliopts *o, struct rpt_reports *all)
{
	int result = 0;
	size_t i;

	for (i = 0; i < o->report_paths; i++)
		if (rpt_read(all, o->report_path[i]) == -1)
			result = -1;
	for (i = 0; !o->is_check && i < o->domains; i++)
		if (rpt_read(all, o->domain[i]) == -1)
			result = -1;
	rpt_unite(all);
	return result;
}

int
reportscmd_show(const struct check_cliopts *o, const struct rpt_reports *all)
{
	struct output *output = output_open(o->output);
	struct buf text = { 0 };
	int status = rpt_exit_status(all);

	if (output == NULL)
		return EXIT_UNKNOWN;
	if (strcmp(o->format->name, "json") == 0)
		rpt_put_json(&text, all);
	else
		rpt_put_text(&text, all);
	(void)output_put(output, &text);
	if (!output_close(output, true))
		status = EXIT_UNKNOWN;
	buf_clear(&text);
	return status;
}
