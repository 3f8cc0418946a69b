/* SPDX-License-Identifier: ISC */
/* The program an admin asks the daemon with. */
#include "ctl/command.h"

int
main(int argc, char **argv)
{
	return ctl_main(argc, argv);
}
