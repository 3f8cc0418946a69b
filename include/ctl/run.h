/* SPDX-License-Identifier: ISC */
/* The commands; the table has one row for each. */
#ifndef CTL_RUN_H
#define CTL_RUN_H

#include "ctl/command.h"

/* Prints; returns the exit status. */
typedef int ctl_run(const struct ctl_options *, const struct ctl_args *);

ctl_run ctl_status;
ctl_run ctl_list;
ctl_run ctl_show;
ctl_run ctl_query;
ctl_run ctl_refresh;
ctl_run ctl_remove;
ctl_run ctl_flush;
ctl_run ctl_export;
ctl_run ctl_import;
ctl_run ctl_backup;
ctl_run ctl_verify;
ctl_run ctl_reload;
ctl_run ctl_log_level;
ctl_run ctl_metrics;
ctl_run ctl_top;

#endif
