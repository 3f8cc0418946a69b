/* SPDX-License-Identifier: ISC */
/* The command line: what every command has in common, then the command. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/xmalloc.h"
#include "ctl/command.h"

#define ERROR_BYTES 512

static int
say(void (*put)(struct buf *))
{
	struct buf out = { 0 };

	put(&out);
	fputs(buf_str(&out), stdout);
	buf_clear(&out);
	return CTL_OK;
}

static int
say_command(const struct ctl_command *command, FILE *to)
{
	struct buf out = { 0 };

	ctl_put_command_help(&out, command);
	fputs(buf_str(&out), to);
	buf_clear(&out);
	return to == stdout ? CTL_OK : CTL_USAGE;
}

static int
usage_error(const char *what, const char *which)
{
	fprintf(stderr,
	    CTL_PROGRAM ": %s%s\n"
			"\"" CTL_PROGRAM " --help\" lists the commands.\n",
	    what, which);
	return CTL_USAGE;
}

/* What it takes, and how often. */
static int
run_command(const struct ctl_command *command,
    const struct ctl_options *options, int argc, char **argv)
{
	struct ctl_args args = { 0 };
	int n;

	n = ctl_take_options(
	    command->option, true, argc - 1, argv + 1, args.option);
	if (n == -1)
		return say_command(command, stderr);
	if (n < command->min || (command->max != CTL_ANY && n > command->max))
		return say_command(command, stderr);
	args.word = argv + 1;
	args.words = n;
	return command->run(options, &args);
}

static int
with_config(const struct ctl_command *command, const struct ctl_options *given,
    int argc, char **argv)
{
	static const struct config_overrides none;
	struct ctl_options options = *given;
	struct config *config;
	char error[ERROR_BYTES];
	int status;

	config = config_load(options.config_path, &none, error, sizeof(error));
	if (config == NULL && !command->is_config_free) {
		fprintf(stderr, CTL_PROGRAM ": %s\n", error);
		return CTL_CONFIG;
	}
	options.config = config;
	options.config_error = config == NULL ? error : NULL;
	if (options.socket == NULL)
		options.socket = config != NULL ? config->admin_listen : "";
	status = run_command(command, &options, argc, argv);
	config_free(config);
	return status;
}

static int
find_and_run(
    const struct ctl_options *options, bool is_help, int argc, char **argv)
{
	const struct ctl_command *command;

	if (argc == 0)
		return is_help ? say(ctl_put_help) :
				 usage_error("which command?", "");
	command = ctl_command_find(argv[0]);
	if (command == NULL)
		return usage_error("no command ", argv[0]);
	if (is_help)
		return say_command(command, stdout);
	if (options->cache_dir != NULL && !command->is_offline) {
		fprintf(stderr,
		    CTL_PROGRAM ": %s asks the daemon: --cache is of no use\n",
		    command->name);
		return CTL_USAGE;
	}
	return with_config(command, options, argc, argv);
}

/* What was written must have arrived: "export >/full" fails. */
static int
flush_output(int status)
{
	if (fflush(stdout) != EOF && ferror(stdout) == 0)
		return status;
	perror(CTL_PROGRAM ": standard output");
	return status == CTL_OK ? CTL_FAILED : status;
}

int
ctl_main(int argc, char **argv)
{
	const char *value[CTL_COMMON_COUNT] = { NULL };
	struct ctl_options options = { 0 };
	int n;

	if (argc == 2 && strcmp(argv[1], "--version") == 0) {
		puts(CTL_PROGRAM " " VERSION);
		return flush_output(CTL_OK);
	}
	if (argc == 2 && strcmp(argv[1], "--completion") == 0)
		return flush_output(say(ctl_put_completion));
	n = ctl_take_options(ctl_common, false, argc - 1, argv + 1, value);
	if (n == -1)
		return CTL_USAGE;
	argv[1 + n] = NULL;
	log_open(LOG_TARGET_STDERR, LOG_LEVEL_WARNING, LOG_FORMAT_TEXT);
	clock_init();
	json_set_alloc_funcs(xmalloc, free);
	options.config_path = value[CTL_COMMON_CONFIG];
	options.socket = value[CTL_COMMON_SOCKET];
	options.cache_dir = value[CTL_COMMON_CACHE];
	options.is_json = value[CTL_COMMON_JSON] != NULL;
	options.is_terminal = isatty(STDOUT_FILENO) != 0;
	options.has_colour = options.is_terminal && getenv("NO_COLOR") == NULL;
	return flush_output(find_and_run(
	    &options, value[CTL_COMMON_HELP] != NULL, n, argv + 1));
}
