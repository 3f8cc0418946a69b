/* SPDX-License-Identifier: ISC */
/*
 * Give up for good what the process does not need once all is set up: new
 * programs and processes, privileges, every file but some folders, and system
 * calls that nothing here makes. On Linux: no_new_privs, empty capabilities,
 * Landlock and seccomp. What is behind this header may be pledge and unveil
 * elsewhere.
 *
 * What is refused fails with EPERM or EACCES; nothing is ever killed. Refused
 * system calls are counted, and logged once each (sandbox-refused).
 */
#ifndef BASE_SANDBOX_H
#define BASE_SANDBOX_H

#include <stddef.h>
#include <stdint.h>

#include "base/loop.h"

enum sandbox_access {
	SANDBOX_READ, /* files and folders below */
	SANDBOX_WRITE, /* and make, write, rename, remove files */
	SANDBOX_SOCKETS /* make and rename unix sockets, remove files; no more */
};

struct sandbox_folder {
	const char *path; /* a file is fine; what is not there is left out */
	enum sandbox_access access;
};

struct sandbox;

/*
 * All of the above, for this thread and every later one: while it is called
 * there must be no other. It cannot be undone. NULL (logged) when the kernel
 * refuses; what it does not know is left out, and sandbox_layers() says so.
 */
struct sandbox *
sandbox_enter(struct loop *, const struct sandbox_folder *, size_t n);

/* Stops watching; what was given up stays so. */
void sandbox_free(struct sandbox *);

/* What is in force: "seccomp, Landlock", "none"; with NULL "off". Constant. */
const char *sandbox_layers(const struct sandbox *);

/* System calls refused so far, in all threads. */
uint64_t sandbox_refused(void);

#endif
