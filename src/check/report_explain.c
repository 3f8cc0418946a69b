/* SPDX-License-Identifier: ISC */
/* Finds the text of a code or topic. */
#include <strings.h>

#include "check/explain.h"
#include "check/report.h"

static const struct explain_text *const lists[] = { explain_dns, explain_fetch,
	explain_certificate, explain_mx, explain_smtp, explain_topics };

const struct explain_text *
explain_at(size_t n)
{
	const struct explain_text *text;
	size_t i;

	for (i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		for (text = lists[i]; text->word != NULL; text++)
			if (n-- == 0)
				return text;
	}
	return NULL;
}

const char *
check_explain(const char *word)
{
	const struct explain_text *text;
	size_t i;

	for (i = 0; (text = explain_at(i)) != NULL; i++)
		if (strcasecmp(text->word, word) == 0)
			return text->text;
	return NULL;
}
