/* SPDX-License-Identifier: ISC */
/*
 * The list errs on the side of what libc may use in another version or on
 * another machine: each of these is harmless to us, and one that is missing
 * could cost somebody's mail.
 */
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include <errno.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>
#include <unistd.h>

#include "base/syscallfilter.h"

#ifndef PR_SET_VMA
#define PR_SET_VMA 0x53564d41 /* libc names its memory */
#endif

#if defined(__x86_64__) || defined(__aarch64__)
#define REFUSE SCMP_ACT_TRAP
#else
#define REFUSE SCMP_ACT_ERRNO(EPERM)
#endif

static const char *const always[] = {
	/* memory */
	"brk",
	"madvise",
	"mremap",
	"munmap",
	"mincore",
	"mlock",
	"munlock",
	/* time */
	"clock_getres",
	"clock_getres_time64",
	"clock_gettime",
	"clock_gettime64",
	"clock_nanosleep",
	"clock_nanosleep_time64",
	"gettimeofday",
	"nanosleep",
	"time",
	"timer_create",
	"timer_delete",
	"timer_settime",
	"timerfd_create",
	"timerfd_gettime",
	"timerfd_settime",
	/* files: which, Landlock says */
	"access",
	"chmod",
	"chown",
	"close",
	"dup",
	"dup2",
	"dup3",
	"faccessat",
	"faccessat2",
	"fadvise64",
	"fadvise64_64",
	"arm_fadvise64_64",
	"fallocate",
	"fchmod",
	"fchmodat",
	"fchmodat2",
	"fchown",
	"fchownat",
	"fcntl",
	"fcntl64",
	"fdatasync",
	"flock",
	"fstat",
	"fstat64",
	"fstatat64",
	"fstatfs",
	"fstatfs64",
	"fsync",
	"ftruncate",
	"ftruncate64",
	"getcwd",
	"getdents",
	"getdents64",
	"lchown",
	"_llseek",
	"lseek",
	"lstat",
	"lstat64",
	"mkdir",
	"mkdirat",
	"msync",
	"newfstatat",
	"open",
	"openat",
	"pread64",
	"preadv",
	"pwrite64",
	"pwritev",
	"read",
	"readahead",
	"readlink",
	"readlinkat",
	"readv",
	"rename",
	"renameat",
	"renameat2",
	"stat",
	"stat64",
	"statfs",
	"statfs64",
	"statx",
	"sync_file_range",
	"umask",
	"unlink",
	"unlinkat",
	"write",
	"writev",
	/* sockets: which, see below */
	"accept",
	"accept4",
	"bind",
	"connect",
	"getpeername",
	"getsockname",
	"getsockopt",
	"listen",
	"recv",
	"recvfrom",
	"recvmmsg",
	"recvmmsg_time64",
	"recvmsg",
	"send",
	"sendmmsg",
	"sendmsg",
	"sendto",
	"setsockopt",
	"shutdown",
	/* waiting */
	"epoll_create",
	"epoll_create1",
	"epoll_ctl",
	"epoll_pwait",
	"epoll_pwait2",
	"epoll_wait",
	"eventfd2",
	"pipe",
	"pipe2",
	"poll",
	"ppoll",
	"ppoll_time64",
	"pselect6",
	"pselect6_time64",
	"select",
	"_newselect",
	/* threads, signals, the end */
	"exit",
	"exit_group",
	"futex",
	"futex_time64",
	"get_robust_list",
	"membarrier",
	"restart_syscall",
	"rseq",
	"rt_sigaction",
	"rt_sigpending",
	"rt_sigprocmask",
	"rt_sigreturn",
	"rt_sigtimedwait",
	"sched_getaffinity",
	"sched_yield",
	"set_robust_list",
	"set_tid_address",
	"sigaltstack",
	"sigreturn",
	/* about ourselves and the machine */
	"capget",
	"getegid",
	"getegid32",
	"geteuid",
	"geteuid32",
	"getgid",
	"getgid32",
	"getgroups",
	"getgroups32",
	"getpgrp",
	"getpid",
	"getppid",
	"getrandom",
	"getrusage",
	"getrlimit",
	"getresgid",
	"getresuid",
	"gettid",
	"getuid",
	"getuid32",
	"sysinfo",
	"times",
	"ugetrlimit",
	"uname",
};

/* With one argument (0: the first) as told; several lines are alternatives. */
static const struct {
	const char *name;
	unsigned int argument;
	uint64_t mask, value;
} only_with[] = {
	{ "socket", 0, UINT32_MAX, AF_UNIX },
	{ "socket", 0, UINT32_MAX, AF_INET },
	{ "socket", 0, UINT32_MAX, AF_INET6 },
	{ "socket", 0, UINT32_MAX, AF_NETLINK }, /* interfaces */
	{ "socketpair", 0, UINT32_MAX, AF_UNIX },
	/* no new machine code */
	{ "mmap", 2, PROT_EXEC, 0 }, { "mmap2", 2, PROT_EXEC, 0 },
	{ "mprotect", 2, PROT_EXEC, 0 }, { "ioctl", 1, UINT32_MAX, FIONBIO },
	{ "ioctl", 1, UINT32_MAX, FIONREAD },
	{ "ioctl", 1, UINT32_MAX, TCGETS }, /* isatty() */
	{ "ioctl", 1, UINT32_MAX, SIOCGIFINDEX },
	{ "ioctl", 1, UINT32_MAX, SIOCGIFNAME },
	{ "prctl", 0, UINT32_MAX, PR_SET_NAME },
	{ "prctl", 0, UINT32_MAX, PR_SET_VMA },
	{ "prlimit64", 2, UINT64_MAX, 0 }, /* reading */
};

/*
 * Threads, no processes. clone3 hides its flags: libc then takes clone. Where
 * all else fails with EPERM too, a rule that says so is refused.
 */
static int
add_threads(scmp_filter_ctx filter)
{
	static const char *const processes[] = { "clone", "fork", "vfork" };
	int rc, number;
	size_t i;

	rc = seccomp_rule_add(filter, SCMP_ACT_ALLOW,
	    seccomp_syscall_resolve_name("clone"), 1,
	    SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD));
	if (rc == 0)
		rc = seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS),
		    seccomp_syscall_resolve_name("clone3"), 0);
	if (REFUSE == SCMP_ACT_ERRNO(EPERM))
		return rc;
	for (i = 0; rc == 0 && i < sizeof(processes) / sizeof(*processes);
	     i++) {
		number = seccomp_syscall_resolve_name(processes[i]);
		if (number < 0)
			continue;
		rc = i > 0 ?
		    seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), number, 0) :
		    seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), number, 1,
			SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, 0));
	}
	return rc;
}

/* abort() and assert() signal the process itself, and nobody else. */
static int
add_signals(scmp_filter_ctx filter)
{
	const scmp_datum_t self = (scmp_datum_t)getpid();
	int rc;

	rc = seccomp_rule_add(filter, SCMP_ACT_ALLOW,
	    seccomp_syscall_resolve_name("tgkill"), 1,
	    SCMP_A0(SCMP_CMP_EQ, self, 0));
	if (rc == 0)
		rc = seccomp_rule_add(filter, SCMP_ACT_ALLOW,
		    seccomp_syscall_resolve_name("kill"), 1,
		    SCMP_A0(SCMP_CMP_EQ, self, 0));
	return rc;
}

/* Negative numbers: this machine, or libseccomp, does not know the call. */
static int
add_rules(scmp_filter_ctx filter)
{
	int rc = 0, number;
	size_t i;

	for (i = 0; rc == 0 && i < sizeof(always) / sizeof(*always); i++) {
		number = seccomp_syscall_resolve_name(always[i]);
		if (number >= 0)
			rc =
			    seccomp_rule_add(filter, SCMP_ACT_ALLOW, number, 0);
	}
	for (i = 0; rc == 0 && i < sizeof(only_with) / sizeof(*only_with);
	     i++) {
		number = seccomp_syscall_resolve_name(only_with[i].name);
		if (number >= 0)
			rc = seccomp_rule_add(filter, SCMP_ACT_ALLOW, number, 1,
			    SCMP_CMP(only_with[i].argument, SCMP_CMP_MASKED_EQ,
				only_with[i].mask, only_with[i].value));
	}
	if (rc == 0)
		rc = add_threads(filter);
	return rc == 0 ? add_signals(filter) : rc;
}

int
syscallfilter_load(void)
{
	scmp_filter_ctx filter;
	int rc;

	/* It fails with EFAULT where there is seccomp: there is no filter. */
	if (prctl(PR_SET_SECCOMP, 2, NULL) == -1 && errno == EINVAL)
		return 1;
	filter = seccomp_init(REFUSE);
	if (filter == NULL) {
		errno = ENOMEM;
		return -1;
	}
	/* An older libseccomp or kernel cannot log: it filters all the same. */
	(void)seccomp_attr_set(filter, SCMP_FLTATR_CTL_LOG, 1);
	rc = seccomp_attr_set(
	    filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_ERRNO(EPERM));
	if (rc == 0)
		rc = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);
	if (rc == 0)
		rc = add_rules(filter);
	if (rc == 0)
		rc = seccomp_load(filter);
	seccomp_release(filter);
	errno = -rc;
	return rc == 0 ? 0 : -1;
}

void
syscallfilter_refuse(void *context)
{
	ucontext_t *uc = context;

#if defined(__x86_64__)
	uc->uc_mcontext.gregs[REG_RAX] = -EPERM;
#elif defined(__aarch64__)
	uc->uc_mcontext.regs[0] = (unsigned long long)-EPERM;
#else
	(void)uc;
#endif
}

void
syscallfilter_name(int number, char *name, size_t size)
{
	char *known =
	    seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, number);

	if (known != NULL)
		(void)strlcpy(name, known, size);
	else
		(void)snprintf(name, size, "%d", number);
	free(known);
}
