/* SPDX-License-Identifier: ISC */
#include <stdio.h>

#include "ctl/doctor.h"

int
doctor_main(const struct ctl_options *options, int argc, char **argv)
{
	(void)options;
	(void)argc;
	fprintf(stderr, "%s: not in this version\n", argv[0]);
	return CTL_FAILED;
}
