/* SPDX-License-Identifier: ISC */
/* Options by table. No abbreviations: a script must not break by a new one. */
#include <stdio.h>
#include <string.h>

#include "ctl/command.h"

/* The place of the option that word is, or of "--name=..."; -1: none. */
static int
find_option(const struct ctl_option *table, const char *word)
{
	size_t len = strcspn(word, "=");
	int i;

	for (i = 0; table[i].name != NULL; i++) {
		if (strlen(table[i].name) == len &&
		    memcmp(table[i].name, word, len) == 0)
			return i;
	}
	return -1;
}

/* Its value; *used: the words it takes. NULL, and said so, without one. */
static const char *
option_value(const struct ctl_option *option, const char *word,
    const char *next, int *used)
{
	const char *equals = strchr(word, '=');

	*used = 1;
	if (option->argument == NULL) {
		if (equals == NULL)
			return "";
		fprintf(stderr, CTL_PROGRAM ": %s takes no argument\n",
		    option->name);
		return NULL;
	}
	if (equals != NULL)
		return equals + 1;
	*used = 2;
	if (next == NULL)
		fprintf(stderr, CTL_PROGRAM ": %s: give it a %s\n",
		    option->name, option->argument);
	return next;
}

int
ctl_take_options(const struct ctl_option *table, bool is_all, int argc,
    char **argv, const char **values)
{
	int i = 0, left = 0, used, at;

	while (i < argc && strcmp(argv[i], "--") != 0) {
		at = find_option(table, argv[i]);
		if (at == -1) {
			if (is_all && argv[i][0] == '-' && argv[i][1] != '\0') {
				fprintf(stderr, CTL_PROGRAM ": no option %s\n",
				    argv[i]);
				return -1;
			}
			argv[left++] = argv[i++];
			continue;
		}
		values[at] = option_value(&table[at], argv[i],
		    i + 1 < argc ? argv[i + 1] : NULL, &used);
		if (values[at] == NULL)
			return -1;
		i += used;
	}
	if (is_all && i < argc)
		i++;
	while (i < argc)
		argv[left++] = argv[i++];
	return left;
}
