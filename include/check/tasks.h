/* SPDX-License-Identifier: ISC */
/* --check-policy, --generate, --fix, --wait. */
#ifndef CHECK_TASKS_H
#define CHECK_TASKS_H

#include "base/buf.h"
#include "check/cliopts.h"

/* Put what is to be printed; the exit status. What went wrong was said. */
typedef int task_fn(const struct check_cliopts *, struct buf *out);

task_fn task_check_policy, task_generate, task_fix, task_wait;

/* The one that was asked for; NULL: a plain check. */
task_fn *task_of(const struct check_cliopts *);

#endif
