/* SPDX-License-Identifier: ISC */
/* What is wrong between this host's Postfix and the daemon. */
#ifndef CTL_DOCTOR_H
#define CTL_DOCTOR_H

#include "ctl/command.h"

/*
 * The command "doctor". Works without a usable configuration, without a daemon
 * and without Postfix. Returns 0 (nothing is wrong), 1 (warnings) or 2
 * (critical).
 */
int ctl_doctor(const struct ctl_options *, const struct ctl_args *);

#endif
