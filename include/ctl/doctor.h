/* SPDX-License-Identifier: ISC */
/* What is wrong between this host's Postfix and the daemon. */
#ifndef CTL_DOCTOR_H
#define CTL_DOCTOR_H

#include "ctl/options.h"

/*
 * The command "doctor": argv[0] is its name; the common options are taken out
 * of argv. Works without a usable configuration and without a daemon. Returns
 * the exit status.
 */
int doctor_main(const struct ctl_options *, int argc, char **argv);

#endif
