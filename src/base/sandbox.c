/* SPDX-License-Identifier: ISC */
/*
 * The order matters: Landlock and the capabilities belong to a thread, and
 * need calls that the filter then refuses.
 */
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <linux/capability.h>
#include <linux/landlock.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/sandbox.h"
#include "base/syscallfilter.h"
#include "base/xmalloc.h"

#ifndef LANDLOCK_ACCESS_FS_REFER
#define LANDLOCK_ACCESS_FS_REFER (UINT64_C(1) << 13) /* from ABI 2 */
#endif
#ifndef LANDLOCK_ACCESS_FS_TRUNCATE
#define LANDLOCK_ACCESS_FS_TRUNCATE (UINT64_C(1) << 14) /* from ABI 3 */
#endif

#define LANDLOCK_ABI_1 ((LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1)
#define LANDLOCK_OF_FILES                                            \
	(LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE | \
	    LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_TRUNCATE)

#define NAME_BYTES   32
#define LOGGED_CALLS 64 /* told apart in the log; later ones only counted */

static const char event[] = "sandbox";

/* A signal handler has no other way to them. */
static atomic_uint_fast64_t refused;
static volatile sig_atomic_t notice_fd = -1;

struct sandbox {
	struct loop_fd *notice;
	int read_fd;
	bool has_filter, has_landlock;
	int logged[LOGGED_CALLS];
	size_t logged_count;
};

static const uint64_t rights[] = {
	[SANDBOX_READ] =
	    LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR,
	[SANDBOX_WRITE] = LANDLOCK_ACCESS_FS_READ_FILE |
	    LANDLOCK_ACCESS_FS_READ_DIR | LANDLOCK_ACCESS_FS_WRITE_FILE |
	    LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_REMOVE_FILE |
	    LANDLOCK_ACCESS_FS_TRUNCATE,
	[SANDBOX_SOCKETS] =
	    LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_REMOVE_FILE,
};

static int
failed(const char *what)
{
	log_error(event, "%s: %s", what, strerror(errno));
	return -1;
}

static bool
has_no_capabilities(void)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3
	};
	struct __user_cap_data_struct own[_LINUX_CAPABILITY_U32S_3] = { 0 };
	uint32_t any = 0;
	size_t i;

	if (syscall(SYS_capget, &head, own) == -1)
		return false;
	for (i = 0; i < _LINUX_CAPABILITY_U32S_3; i++)
		any |= own[i].effective | own[i].permitted | own[i].inheritable;
	return any == 0;
}

/* Bounding set first: that needs a capability. All may be gone already. */
static int
drop_capabilities(void)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3
	};
	struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = { 0 };
	int cap;

	for (cap = 0; prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++)
		(void)prctl(PR_CAPBSET_DROP, cap, 0, 0, 0);
	(void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	/* A service manager's filter may refuse what is then not needed. */
	if (has_no_capabilities())
		return 0;
	if (syscall(SYS_capset, &head, none) == -1)
		return failed("capabilities");
	return 0;
}

static int
add_folder(int ruleset, const struct sandbox_folder *folder, uint64_t handled)
{
	struct landlock_path_beneath_attr rule = {
		.allowed_access = rights[folder->access] & handled,
	};
	struct stat st;
	int rc = -1;

	rule.parent_fd = open(folder->path, O_PATH | O_CLOEXEC);
	if (rule.parent_fd == -1)
		return errno == ENOENT || errno == ENOTDIR || errno == EACCES ?
		    0 :
		    failed(folder->path);
	if (fstat(rule.parent_fd, &st) == 0) {
		if (!S_ISDIR(st.st_mode))
			rule.allowed_access &= LANDLOCK_OF_FILES;
		rc = rule.allowed_access == 0 ?
		    0 :
		    (int)syscall(SYS_landlock_add_rule, ruleset,
			LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
	}
	if (rc == -1)
		failed(folder->path);
	close(rule.parent_fd);
	return rc;
}

/* *is_there: the kernel has Landlock. */
static int
limit_files(const struct sandbox_folder *folder, size_t n, bool *is_there)
{
	struct landlock_ruleset_attr attr = { .handled_access_fs =
						  LANDLOCK_ABI_1 };
	int ruleset, rc = 0;
	long abi;
	size_t i;

	abi = syscall(SYS_landlock_create_ruleset, NULL, 0,
	    LANDLOCK_CREATE_RULESET_VERSION);
	if (abi < 1)
		return 0; /* it has none, or it is not switched on */
	if (abi >= 2)
		attr.handled_access_fs |= LANDLOCK_ACCESS_FS_REFER;
	if (abi >= 3)
		attr.handled_access_fs |= LANDLOCK_ACCESS_FS_TRUNCATE;
	ruleset =
	    (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr), 0);
	if (ruleset == -1)
		return failed("Landlock");
	for (i = 0; rc == 0 && i < n; i++)
		rc = add_folder(ruleset, &folder[i], attr.handled_access_fs);
	if (rc == 0 && syscall(SYS_landlock_restrict_self, ruleset, 0) == -1)
		rc = failed("Landlock");
	close(ruleset);
	*is_there = rc == 0;
	return rc;
}

static void
on_refused(int signo, siginfo_t *info, void *context)
{
	int saved = errno, number = info->si_syscall;

	(void)signo;
	if (info->si_code <= 0)
		return; /* somebody sent the signal */
	atomic_fetch_add(&refused, 1);
	/* When the pipe is full, it has been counted all the same. */
	(void)!write(notice_fd, &number, sizeof(number));
	syscallfilter_refuse(context);
	errno = saved;
}

static bool
is_logged(struct sandbox *s, int number)
{
	size_t i;

	for (i = 0; i < s->logged_count; i++)
		if (s->logged[i] == number)
			return true;
	if (s->logged_count == LOGGED_CALLS)
		return true;
	s->logged[s->logged_count++] = number;
	return false;
}

static void
on_notice(int fd, unsigned int events, void *arg)
{
	struct sandbox *s = arg;
	char name[NAME_BYTES];
	int number;

	(void)events;
	while (read(fd, &number, sizeof(number)) == (ssize_t)sizeof(number)) {
		if (is_logged(s, number))
			continue;
		syscallfilter_name(number, name, sizeof(name));
		log_warning("sandbox-refused",
		    "the system call %s was refused: told once, counted after",
		    name);
	}
}

static int
watch(struct sandbox *s, struct loop *loop)
{
	struct sigaction action = { .sa_flags = SA_SIGINFO | SA_RESTART };
	int fd[2];

	if (pipe2(fd, O_CLOEXEC | O_NONBLOCK) == -1)
		return failed("pipe");
	s->read_fd = fd[0];
	notice_fd = fd[1];
	s->notice =
	    loop_fd_new(loop, s->read_fd, LOOP_READ, LOOP_NORMAL, on_notice, s);
	action.sa_sigaction = on_refused;
	sigemptyset(&action.sa_mask);
	if (sigaction(SIGSYS, &action, NULL) == -1)
		return failed("SIGSYS");
	return 0;
}

struct sandbox *
sandbox_enter(struct loop *loop, const struct sandbox_folder *folder, size_t n)
{
	struct sandbox *s = xcalloc(1, sizeof(*s));
	int rc;

	s->read_fd = -1;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1) {
		failed("no_new_privs");
		goto out;
	}
	if (watch(s, loop) == -1 || drop_capabilities() == -1 ||
	    limit_files(folder, n, &s->has_landlock) == -1)
		goto out;
	rc = syscallfilter_load();
	if (rc == -1) {
		failed("seccomp");
		goto out;
	}
	s->has_filter = rc == 0;
	return s;
out:
	sandbox_free(s);
	return NULL;
}

/* The handler stays: calls are refused until the process ends. */
void
sandbox_free(struct sandbox *s)
{
	int fd = notice_fd;

	if (s == NULL)
		return;
	loop_fd_free(s->notice);
	notice_fd = -1;
	if (fd != -1)
		close(fd);
	if (s->read_fd != -1)
		close(s->read_fd);
	free(s);
}

const char *
sandbox_layers(const struct sandbox *s)
{
	static const char *const text[2][2] = { { "none", "Landlock" },
		{ "seccomp", "seccomp, Landlock" } };

	return s == NULL ? "off" : text[s->has_filter][s->has_landlock];
}

uint64_t
sandbox_refused(void)
{
	return atomic_load(&refused);
}
