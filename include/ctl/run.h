/* SPDX-License-Identifier: ISC */
/* The commands; the table has one row for each. */
#ifndef CTL_RUN_H
#define CTL_RUN_H

#include "ctl/command.h"

typedef int ctl_run(const struct ctl_options *, const struct ctl_args *);

ctl_run ctl_query;

#endif
