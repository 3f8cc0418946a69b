/* SPDX-License-Identifier: ISC */
/*
 * The file for the process id, when there is no service manager. It is opened
 * as root, before the ids are given up, and written when it is certain that
 * no other daemon runs: a second one that cannot start leaves it alone.
 */
#ifndef BASE_PID_H
#define BASE_PID_H

struct pid_file;

/* "" is none, and NULL in *out. -1 (logged) when it cannot be opened. */
int pid_file_open(const char *path, struct pid_file **out);

/* -1 (logged) when it cannot be written. NULL is fine. */
int pid_file_write(struct pid_file *);

/*
 * Remove it, if it was written; where we may not, it is left empty. NULL is
 * fine.
 */
void pid_file_free(struct pid_file *);

#endif
