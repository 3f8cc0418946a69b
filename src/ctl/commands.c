/* SPDX-License-Identifier: ISC */
/*
 * The table. A row is all there is to do for a command: help, completion and
 * dispatch follow; "make lint" then asks for its place in the manual.
 */
#include "ctl/command.h"
#include "ctl/doctor.h"
#include "ctl/run.h"

const struct ctl_command ctl_commands[] = {
	{ .name = "query",
	    .synopsis = "domain",
	    .doc = "ask as Postfix does, through the socketmap",
	    .more = "The status is 0 for OK, 1 for NOTFOUND, 75 for TEMP.\n",
	    .min = 1,
	    .max = 1,
	    .option = { { "--profile", "version", "2.10 3.4 3.10",
			    "of Postfix; else default_profile" },
		{ "--listen", "address", NULL,
		    "instead of the first of "
		    "listen" } },
	    .run = ctl_query },
	{ .name = "doctor",
	    .doc = "look at this host's Postfix and the daemon",
	    .max = 0,
	    .is_config_free = true,
	    .main = doctor_main },
};
const size_t ctl_commands_count =
    sizeof(ctl_commands) / sizeof(ctl_commands[0]);
