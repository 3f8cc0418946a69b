/* SPDX-License-Identifier: ISC */
/*
 * Which system calls the kernel still takes from this process: a seccomp
 * filter, by libseccomp. Only base/sandbox uses it.
 */
#ifndef BASE_SYSCALLFILTER_H
#define BASE_SYSCALLFILTER_H

#include <stddef.h>

/*
 * For all threads. A call that is not on the list, or not with these
 * arguments, fails with EPERM and is written to the log of the kernel's audit.
 * Where the machine's registers are known, it is a SIGSYS to the thread
 * instead, whose handler has to give the call's result by
 * syscallfilter_refuse(): so that it can be counted. SIGSYS must not be
 * blocked then: the kernel kills who blocks it. New processes always fail
 * without a signal, since libc starts them with all signals blocked.
 *
 * 0; 1: the kernel has no seccomp; -1: failed, errno says why.
 */
int syscallfilter_load(void);

/* In a SIGSYS handler: let the call fail. Safe there. */
void syscallfilter_refuse(void *context);

/* The call's name, into name. */
void syscallfilter_name(int number, char *name, size_t size);

#endif
