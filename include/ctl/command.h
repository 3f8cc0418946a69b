/* SPDX-License-Identifier: ISC */
/*
 * The one table of commands. --help, the bash completion and the manual are
 * made from it or checked against it.
 */
#ifndef CTL_COMMAND_H
#define CTL_COMMAND_H

#include <stddef.h>

#include "base/buf.h"
#include "ctl/options.h"

#define CTL_PROGRAM     "postfix-mta-sts-ctl"
#define CTL_OPTIONS_MAX 5
#define CTL_ANY         (-1)

/* What a word on the command line may be, for the completion. */
#define CTL_WORDS_FILE "@file"
#define CTL_WORDS_DIR  "@dir"

struct ctl_option {
	const char *name; /* with its "--"; NULL: the table's end */
	const char *argument; /* "mode"; NULL: a switch */
	const char *words; /* the argument's, blanks between; or NULL */
	const char *doc; /* half a line */
};

/* A command line, read by the command's table. Lends from argv. */
struct ctl_args {
	/* by place in the command's table; NULL: not given; "": a switch */
	const char *option[CTL_OPTIONS_MAX];
	char **word;
	int words;
};

struct ctl_command {
	const char *name;
	const char *synopsis; /* of its words: "domain ..." */
	const char *doc; /* one line */
	const char *more; /* what its --help says besides; or NULL */
	const char *words; /* what its words may be; or NULL */
	int min, max; /* how many; CTL_ANY: no limit */
	struct ctl_option option[CTL_OPTIONS_MAX + 1];
	bool is_offline; /* --cache is for it */
	bool is_config_free; /* runs although the configuration is bad */
	/* Prints; returns the exit status. */
	int (*run)(const struct ctl_options *, const struct ctl_args *);
};

extern const struct ctl_command ctl_commands[];
extern const size_t ctl_commands_count;

/* The options of every command. */
enum ctl_common {
	CTL_COMMON_CONFIG,
	CTL_COMMON_SOCKET,
	CTL_COMMON_CACHE,
	CTL_COMMON_JSON,
	CTL_COMMON_HELP,
	CTL_COMMON_COUNT
};
extern const struct ctl_option ctl_common[CTL_COMMON_COUNT + 1];

/* NULL: there is none of that name. */
const struct ctl_command *ctl_command_find(const char *name);

/*
 * Take the options of a table out of argv[0..argc), wherever they stand
 * before a "--"; "--name=value" and "--name value". values: by place in the
 * table. What is left moves to the front, and its count is returned; -1 (said
 * on stderr) when an argument is missing or not wanted. With is_all anything
 * else that begins with "-" is refused too, and "--" is taken out.
 */
int ctl_take_options(const struct ctl_option *, bool is_all, int argc,
    char **argv, const char **values);

/* --help: of all commands, or of one. */
void ctl_put_help(struct buf *);
void ctl_put_command_help(struct buf *, const struct ctl_command *);

/* The bash completion, as contrib/completion has it. */
void ctl_put_completion(struct buf *);

/* The program. */
int ctl_main(int argc, char **argv);

#endif
