/* SPDX-License-Identifier: ISC */
/*
 * A domain as a person gives it: an address, a URL, a name in a list. What it
 * folds to is a name, and folds to itself, or to what is below "mta-sts."; the
 * note is for a terminal.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "check/probe.h"
#include "fuzz.h"

void
fuzz_fold(const char *data, size_t len)
{
	char domain[DOMAIN_MAX + 1], again[DOMAIN_MAX + 1];
	const char *note = NULL;
	char *input = malloc(len + 1);
	size_t i;

	HOLDS(input != NULL);
	memcpy(input, data, len);
	input[len] = '\0';
	if (probe_fold(input, domain, &note)) {
		HOLDS(note == NULL || fuzz_is_printable(note, strlen(note)));
		HOLDS(domain_is_valid(domain, strlen(domain)));
		for (i = 0; domain[i] != '\0'; i++)
			HOLDS(!isupper((unsigned char)domain[i]));
		if (!probe_fold(domain, again, &note))
			HOLDS(strncmp(domain, "mta-sts.", 8) == 0);
		else
			HOLDS((note == NULL && strcmp(domain, again) == 0) ||
			    (strncmp(domain, "mta-sts.", 8) == 0 &&
				strcmp(domain + 8, again) == 0));
	}
	free(input);
}
