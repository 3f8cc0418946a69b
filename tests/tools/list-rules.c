/* SPDX-License-Identifier: ISC */
/*
 * What the manual and the completion are compared with: every code of the
 * rule table, every format, every topic of --explain; "code X", "format X",
 * "topic X", a line each.
 */
#include <stdio.h>

#include "check/explain.h"
#include "check/report.h"
#include "check/rules.h"

int
main(void)
{
	const struct explain_text *text;
	size_t i;

	for (i = 0; i < check_rules_count; i++)
		printf("code %s\n", check_rules[i]->code);
	for (i = 0; i < check_formats_count; i++)
		printf("format %s\n", check_formats[i].name);
	for (i = 0; (text = explain_at(i)) != NULL; i++)
		if (check_rule_find(text->word) == NULL)
			printf("topic %s\n", text->word);
	return 0;
}
