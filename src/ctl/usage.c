/* SPDX-License-Identifier: ISC */
/* What the table says to people and to bash. */
#include <string.h>

#include "ctl/command.h"

#define COLUMNS     80
#define NAME_COLUMN 22 /* where what a command does begins */

const struct ctl_option ctl_common[CTL_COMMON_COUNT + 1] = {
	[CTL_COMMON_CONFIG] = { "--config", "file", CTL_WORDS_FILE,
	    "the daemon's configuration" },
	[CTL_COMMON_SOCKET] = { "--socket", "address", NULL,
	    "of the daemon, instead of admin_listen" },
	[CTL_COMMON_CACHE] = { "--cache", "folder", CTL_WORDS_DIR,
	    "read its files; the daemon must not run" },
	[CTL_COMMON_JSON] = { "--json", NULL, NULL, "for programs" },
	[CTL_COMMON_HELP] = { "--help", NULL, NULL, "this" },
};

const struct ctl_command *
ctl_command_find(const char *name)
{
	size_t i;

	for (i = 0; i < ctl_commands_count; i++) {
		if (strcmp(ctl_commands[i].name, name) == 0)
			return &ctl_commands[i];
	}
	return NULL;
}

/* "  name          doc" */
static void
put_row(
    struct buf *out, const char *name, const char *argument, const char *doc)
{
	size_t from = out->len;

	buf_printf(out, "  %s%s%s", name, argument != NULL ? " " : "",
	    argument != NULL ? argument : "");
	do
		buf_putc(out, ' ');
	while (out->len - from < NAME_COLUMN);
	buf_printf(out, "%s\n", doc);
}

static void
put_options(struct buf *out, const struct ctl_option *option)
{
	for (; option->name != NULL; option++)
		put_row(out, option->name, option->argument, option->doc);
}

void
ctl_put_help(struct buf *out)
{
	size_t i;

	buf_puts(out,
	    "usage: " CTL_PROGRAM " [options] command "
	    "[argument ...]\n"
	    "       " CTL_PROGRAM " --version | --help\n\n");
	for (i = 0; i < ctl_commands_count; i++)
		put_row(out, ctl_commands[i].name, NULL, ctl_commands[i].doc);
	buf_puts(out, "\nOptions of every command:\n");
	put_options(out, ctl_common);
	buf_puts(out,
	    "\nThe help of a command tells more: " CTL_PROGRAM
	    " list --help.\nSee postfix-mta-sts-ctl(8).\n");
}

/* A word of the usage line, on the next line when this one is full. */
static void
put_usage_word(struct buf *out, size_t *column, const struct buf *word)
{
	static const char indent[] = "\n           ";

	if (*column + 1 + word->len > COLUMNS) {
		buf_puts(out, indent);
		*column = sizeof(indent) - 2;
	} else {
		buf_putc(out, ' ');
		*column += 1;
	}
	buf_put(out, word->data, word->len);
	*column += word->len;
}

void
ctl_put_command_help(struct buf *out, const struct ctl_command *command)
{
	const struct ctl_option *option;
	struct buf word = { 0 };
	size_t from = out->len, column;

	buf_printf(out, "usage: " CTL_PROGRAM " %s", command->name);
	column = out->len - from;
	for (option = command->option; option->name != NULL; option++) {
		buf_reset(&word);
		buf_printf(&word, "[%s%s%s]", option->name,
		    option->argument != NULL ? " " : "",
		    option->argument != NULL ? option->argument : "");
		put_usage_word(out, &column, &word);
	}
	if (command->synopsis != NULL) {
		buf_reset(&word);
		buf_puts(&word, command->synopsis);
		put_usage_word(out, &column, &word);
	}
	buf_clear(&word);
	buf_printf(
	    out, "\n\n%c%s.\n", command->doc[0] - 'a' + 'A', command->doc + 1);
	if (command->more != NULL)
		buf_puts(out, command->more);
	if (command->option[0].name != NULL)
		buf_putc(out, '\n');
	put_options(out, command->option);
	buf_puts(out, "\nOptions of every command:\n");
	for (option = ctl_common; option->name != NULL; option++) {
		if (option == &ctl_common[CTL_COMMON_CACHE] &&
		    !command->is_offline)
			continue;
		put_row(out, option->name, option->argument, option->doc);
	}
}

/* Names of options, between blanks. */
static void
put_names(struct buf *out, const struct ctl_option *option)
{
	const char *between = "";

	for (; option->name != NULL; option++) {
		buf_printf(out, "%s%s", between, option->name);
		between = " ";
	}
}

static void
put_case(
    struct buf *out, const char *command, const char *option, const char *words)
{
	buf_printf(out, "\t'%s%s%s') echo '%s' ;;\n", command,
	    option != NULL ? " " : "", option != NULL ? option : "",
	    words != NULL ? words : "");
}

/* What may follow an option that takes an argument, and a command. */
static void
put_arguments(struct buf *out, const struct ctl_command *command)
{
	const struct ctl_option *option;

	for (option = command->option; option->name != NULL; option++) {
		if (option->argument != NULL)
			put_case(
			    out, command->name, option->name, option->words);
	}
}

static const char completion_tail[] =
    "_postfix_mta_sts_ctl()\n"
    "{\n"
    "\tlocal word=$2 before=$3 command='' words='' i\n"
    "\n"
    "\t# \"--mode=none\" comes as three words.\n"
    "\tif [ \"$word\" = = ]; then\n"
    "\t\tword=\n"
    "\telif [ \"$before\" = = ]; then\n"
    "\t\tbefore=${COMP_WORDS[COMP_CWORD - 2]}\n"
    "\tfi\n"
    "\tfor ((i = 1; i < COMP_CWORD; i++)); do\n"
    "\t\tcase ${COMP_WORDS[i]} in\n"
    "\t\t--config | --socket | --cache)\n"
    "\t\t\t[ \"${COMP_WORDS[i + 1]}\" != = ] || i=$((i + 1))\n"
    "\t\t\ti=$((i + 1))\n"
    "\t\t\t;;\n"
    "\t\t-*) ;;\n"
    "\t\t*)\n"
    "\t\t\tcommand=${COMP_WORDS[i]}\n"
    "\t\t\tbreak\n"
    "\t\t\t;;\n"
    "\t\tesac\n"
    "\tdone\n"
    "\tif ! words=$(_postfix_mta_sts_ctl_argument \"$command $before\"); "
    "then\n"
    "\t\tcase $command,$word in\n"
    "\t\t,-*) words='--version '$_postfix_mta_sts_ctl_common ;;\n"
    "\t\t,*) words=$_postfix_mta_sts_ctl_commands ;;\n"
    "\t\t*,-*)\n"
    "\t\t\twords=$(_postfix_mta_sts_ctl_options \"$command\")\n"
    "\t\t\twords=\"$words $_postfix_mta_sts_ctl_common\"\n"
    "\t\t\t;;\n"
    "\t\t*) words=$(_postfix_mta_sts_ctl_words \"$command\") ;;\n"
    "\t\tesac\n"
    "\tfi\n"
    "\tcase $words in\n"
    "\t@file) mapfile -t COMPREPLY < <(compgen -f -- \"$word\") ;;\n"
    "\t@dir) mapfile -t COMPREPLY < <(compgen -d -- \"$word\") ;;\n"
    "\t*) mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$word\") ;;\n"
    "\tesac\n"
    "}\n"
    "complete -o filenames -F _postfix_mta_sts_ctl postfix-mta-sts-ctl\n";

static void
put_lists(struct buf *out)
{
	size_t i;

	buf_puts(out, "_postfix_mta_sts_ctl_common='");
	put_names(out, ctl_common);
	buf_puts(out, "'\n_postfix_mta_sts_ctl_commands='");
	for (i = 0; i < ctl_commands_count; i++)
		buf_printf(out, "\n    %s", ctl_commands[i].name);
	buf_puts(out, "'\n\n");
}

void
ctl_put_completion(struct buf *out)
{
	const struct ctl_command *command;
	const struct ctl_option *option;
	size_t i;

	buf_puts(out,
	    "# SPDX-License-Identifier: ISC\n"
	    "# bash completion for " CTL_PROGRAM ", written from its "
	    "table of\n# commands by \"" CTL_PROGRAM " --completion\".\n\n");
	put_lists(out);
	buf_puts(out, "_postfix_mta_sts_ctl_options()\n{\n\tcase $1 in\n");
	for (i = 0; i < ctl_commands_count; i++) {
		command = &ctl_commands[i];
		if (command->option[0].name == NULL)
			continue;
		buf_printf(out, "\t%s) echo '", command->name);
		put_names(out, command->option);
		buf_puts(out, "' ;;\n");
	}
	buf_puts(out,
	    "\tesac\n}\n\n# Of an option, after its command's name; "
	    "status 1: it takes none.\n"
	    "_postfix_mta_sts_ctl_argument()\n{\n\tcase $1 in\n");
	for (option = ctl_common; option->name != NULL; option++) {
		if (option->argument == NULL)
			continue;
		buf_printf(out, "\t*' %s') echo '%s' ;;\n", option->name,
		    option->words != NULL ? option->words : "");
	}
	for (i = 0; i < ctl_commands_count; i++)
		put_arguments(out, &ctl_commands[i]);
	buf_puts(out,
	    "\t*) return 1 ;;\n\tesac\n}\n\n"
	    "_postfix_mta_sts_ctl_words()\n{\n\tcase $1 in\n");
	for (i = 0; i < ctl_commands_count; i++) {
		if (ctl_commands[i].words != NULL)
			put_case(out, ctl_commands[i].name, NULL,
			    ctl_commands[i].words);
	}
	buf_puts(out, "\tesac\n}\n\n");
	buf_puts(out, completion_tail);
}
