/* SPDX-License-Identifier: ISC */
/*
 * The command line of --check and --explain: postfix-mta-sts-check(1). stdout
 * carries only the format; all else goes to stderr.
 */
#ifndef CHECK_CLI_H
#define CHECK_CLI_H

#include <stdbool.h>

/* Does the command line ask for the checker? */
bool check_is_wanted(int argc, char *const *argv);

/* Run it; the exit status: 0, 1, 2, 3, or 64 for a wrong command line. */
int check_main(int argc, char **argv);

/* "jansson 2.14, libpsl 0.21.2 ...", for --version. */
const char *check_library_version(void);

#endif
