/* SPDX-License-Identifier: ISC */
/* What every command of postfix-mta-sts-ctl is given, and how it ends. */
#ifndef CTL_OPTIONS_H
#define CTL_OPTIONS_H

#include <stdbool.h>

#include "base/config.h"

/* Exit statuses, as sysexits(3) has them; the manual lists them. */
enum ctl_exit {
	CTL_OK = 0,
	CTL_FAILED = 1, /* or: not found */
	CTL_USAGE = 64,
	CTL_UNAVAILABLE = 69, /* the daemon cannot be reached */
	CTL_TEMPFAIL = 75, /* the answer was TEMP */
	CTL_CONFIG = 78
};

/* Lends everything. */
struct ctl_options {
	const char *config_path; /* --config; NULL: the built-in one */
	const struct config *config; /* NULL: it cannot be loaded */
	const char *config_error; /* why; NULL when there is a config */
	/* where the daemon listens: --socket, or admin_listen; "": nowhere */
	const char *socket;
	const char *cache_dir; /* --cache; NULL: the daemon is asked */
	bool is_json; /* --json */
	bool is_terminal; /* standard output is one */
	bool has_colour; /* and NO_COLOR is not set */
};

#endif
