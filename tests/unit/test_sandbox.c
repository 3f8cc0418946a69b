/* SPDX-License-Identifier: ISC */
/* Each thing is tried in a child of its own, inside the sandbox. */
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/log.h"
#include "base/sandbox.h"

#define PATH_BYTES 256

extern char **environ;

static char top[64];

static const char *
at(const char *name)
{
	static char path[PATH_BYTES];

	snprintf(path, sizeof(path), "%s/%s", top, name);
	return path;
}

static void
make_file(const char *name)
{
	FILE *f = fopen(at(name), "w");

	assert_non_null(f);
	fputs("text\n", f);
	fclose(f);
}

static int
set_up(void **state)
{
	static const char *const folder[] = { "cache", "read", "sockets",
		"other" };
	size_t i;

	(void)state;
	snprintf(top, sizeof(top), "/tmp/test_sandbox.XXXXXX");
	if (mkdtemp(top) == NULL)
		return -1;
	for (i = 0; i < sizeof(folder) / sizeof(*folder); i++)
		if (mkdir(at(folder[i]), 0700) == -1)
			return -1;
	make_file("cache/old");
	make_file("read/file");
	make_file("other/file");
	return 0;
}

static int
tear_down(void **state)
{
	char command[PATH_BYTES];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf '%s'", top);
	return system(command);
}

static struct sandbox *
enter(struct loop *loop)
{
	char path[3][PATH_BYTES];
	const struct sandbox_folder folder[] = {
		{ path[0], SANDBOX_WRITE },
		{ path[1], SANDBOX_READ },
		{ path[2], SANDBOX_SOCKETS },
		{ "/nonexistent/folder", SANDBOX_READ },
	};

	snprintf(path[0], PATH_BYTES, "%s/cache", top);
	snprintf(path[1], PATH_BYTES, "%s/read", top);
	snprintf(path[2], PATH_BYTES, "%s/sockets", top);
	return sandbox_enter(loop, folder, sizeof(folder) / sizeof(*folder));
}

/* Each returns 0 when it can be done, or its errno. */
static int
of(long result)
{
	return result == -1 ? errno : 0;
}

static int
try_open(const char *name, int flags)
{
	return of(open(at(name), flags | O_CLOEXEC, 0600));
}

static int
read_inside(void)
{
	return try_open("read/file", O_RDONLY);
}

static int
write_where_it_reads(void)
{
	return try_open("read/file", O_WRONLY);
}

static int
make_where_it_reads(void)
{
	return try_open("read/new", O_WRONLY | O_CREAT);
}

static int
read_outside(void)
{
	return try_open("other/file", O_RDONLY);
}

static int
write_outside(void)
{
	return try_open("other/new", O_WRONLY | O_CREAT);
}

static int
truncate_outside(void)
{
	return of(truncate(at("other/file"), 0));
}

static int
remove_outside(void)
{
	return of(unlink(at("other/file")));
}

static int
move_out(void)
{
	char from[PATH_BYTES];

	snprintf(from, sizeof(from), "%s", at("cache/old"));
	return of(rename(from, at("other/old")));
}

static int
read_passwords(void)
{
	return of(open("/etc/passwd", O_RDONLY | O_CLOEXEC));
}

static int
use_cache(void)
{
	char from[PATH_BYTES];
	int fd;

	snprintf(from, sizeof(from), "%s", at("cache/new"));
	fd = open(from, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd == -1 || write(fd, "x", 1) != 1 || fdatasync(fd) == -1 ||
	    mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0) == MAP_FAILED ||
	    rename(from, at("cache/newer")) == -1)
		return errno;
	return of(unlink(at("cache/newer")));
}

static int
make_link(void)
{
	return of(symlink("/etc/passwd", at("cache/link")));
}

static int
make_socket_in(const char *name)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	if (strlcpy(sun.sun_path, at(name), sizeof(sun.sun_path)) >=
		sizeof(sun.sun_path) ||
	    fd == -1 || bind(fd, (struct sockaddr *)&sun, sizeof(sun)) == -1 ||
	    listen(fd, 1) == -1 || chmod(sun.sun_path, 0666) == -1)
		return errno;
	return of(unlink(sun.sun_path));
}

static int
make_socket(void)
{
	return make_socket_in("sockets/s");
}

static int
make_socket_outside(void)
{
	return make_socket_in("other/s");
}

static int
make_file_beside_sockets(void)
{
	return try_open("sockets/file", O_WRONLY | O_CREAT);
}

static int
run_program(void)
{
	char *argv[] = { strdup("true"), NULL };

	return of(execve("/bin/true", argv, environ));
}

static int
run_by_descriptor(void)
{
	char *argv[] = { strdup("true"), NULL };
	int fd = open("/bin/true", O_PATH);

	return fd == -1 ?
	    errno :
	    of(syscall(SYS_execveat, fd, "", argv, environ, AT_EMPTY_PATH));
}

static int
make_process(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	return of(pid);
}

/* libc blocks every signal around this. */
static int
spawn_program(void)
{
	char *argv[] = { strdup("true"), NULL };
	pid_t pid;

	return posix_spawn(&pid, "/bin/true", NULL, NULL, argv, environ);
}

static void *
on_thread(void *arg)
{
	int *error = arg;

	*error = of(syscall(SYS_ptrace, PTRACE_TRACEME, 0, 0, 0));
	return NULL;
}

/* A later thread is possible, and no freer. */
static int
make_thread(void)
{
	pthread_t thread;
	int error = 0, rc;

	rc = pthread_create(&thread, NULL, on_thread, &error);
	if (rc != 0)
		return rc;
	pthread_join(thread, NULL);
	return error;
}

static int
signal_another(void)
{
	return of(kill(getppid(), 0));
}

static int
signal_itself(void)
{
	return of(kill(getpid(), 0));
}

static int
become_root(void)
{
	return of(syscall(SYS_setuid, 0));
}

static int
raw_packets(void)
{
	return of(socket(AF_PACKET, SOCK_RAW, 0));
}

static int
internet(void)
{
	return of(socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0));
}

static int
new_code(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_EXEC,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? errno : 0;
}

static int
changed_code(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return -1;
	return of(mprotect(p, 4096, PROT_READ | PROT_EXEC));
}

static int
mount_something(void)
{
	return of(mount("none", at("cache"), "tmpfs", 0, NULL));
}

static int
new_namespace(void)
{
	return of(syscall(SYS_unshare, 0x10000000 /* CLONE_NEWUSER */));
}

static int
more_descriptors(void)
{
	const struct rlimit limit = { 64, 64 };

	return of(setrlimit(RLIMIT_NOFILE, &limit));
}

static int
count_descriptors(void)
{
	struct rlimit limit;

	return of(getrlimit(RLIMIT_NOFILE, &limit));
}

static int
type_into_terminal(void)
{
	return of(syscall(SYS_ioctl, 0, 0x5412 /* TIOCSTI */, "x"));
}

static int
unknown_call(void)
{
	return of(syscall(1000000));
}

#if defined(__x86_64__)
/* The calls of another machine, which the kernel takes too: int 0x80. */
static int
other_machine(void)
{
	long result;

	__asm__ volatile("int $0x80"
			 : "=a"(result)
			 : "a"(20 /* getpid */)
			 : "memory", "r8", "r9", "r10", "r11");
	return result < 0 ? (int)-result : 0;
}
#endif

static const struct {
	const char *what;
	int (*try_it)(void);
	int error;
	bool is_landlock;
} tries[] = {
	{ "read inside", read_inside, 0, false },
	{ "write where it reads", write_where_it_reads, EACCES, true },
	{ "make where it reads", make_where_it_reads, EACCES, true },
	{ "read outside", read_outside, EACCES, true },
	{ "write outside", write_outside, EACCES, true },
	{ "truncate outside", truncate_outside, EPERM, false },
	{ "remove outside", remove_outside, EACCES, true },
	{ "move out", move_out, EACCES, true },
	{ "read /etc/passwd", read_passwords, EACCES, true },
	{ "use the cache", use_cache, 0, false },
	{ "make a link", make_link, EPERM, false },
	{ "make a socket", make_socket, 0, false },
	{ "make a socket outside", make_socket_outside, EACCES, true },
	{ "a file beside sockets", make_file_beside_sockets, EACCES, true },
	{ "execve", run_program, EPERM, false },
	{ "execveat", run_by_descriptor, EPERM, false },
	{ "fork", make_process, EPERM, false },
	{ "posix_spawn", spawn_program, EPERM, false },
	{ "a thread that traces", make_thread, EPERM, false },
	{ "signal another", signal_another, EPERM, false },
	{ "signal itself", signal_itself, 0, false },
	{ "setuid", become_root, EPERM, false },
	{ "raw packets", raw_packets, EPERM, false },
	{ "internet", internet, 0, false },
	{ "new code", new_code, EPERM, false },
	{ "changed code", changed_code, EPERM, false },
	{ "mount", mount_something, EPERM, false },
	{ "unshare", new_namespace, EPERM, false },
	{ "setrlimit", more_descriptors, EPERM, false },
	{ "getrlimit", count_descriptors, 0, false },
	{ "TIOCSTI", type_into_terminal, EPERM, false },
	{ "a call nobody knows", unknown_call, EPERM, false },
#if defined(__x86_64__)
	{ "another machine's call", other_machine, EPERM, false },
#endif
};

/* Its wait status. A sanitizer's work at the end is not for a child. */
static int
in_child(int (*job)(void))
{
	int status;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		struct loop *loop = loop_new();

		if (loop == NULL || enter(loop) == NULL)
			_exit(255);
		_exit(job());
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static int
has_landlock(void)
{
	return try_open("other/file", O_RDONLY) != 0;
}

static void
test_what_is_refused(void **state)
{
	int is_there = WEXITSTATUS(in_child(has_landlock));
	size_t i;
	int status;

	(void)state;
	for (i = 0; i < sizeof(tries) / sizeof(*tries); i++) {
		if (tries[i].is_landlock && !is_there)
			continue;
		status = in_child(tries[i].try_it);
		if (!WIFEXITED(status) || WEXITSTATUS(status) != tries[i].error)
			fail_msg("%s: status %#x, not %s", tries[i].what,
			    (unsigned int)status, strerror(tries[i].error));
	}
}

/* The number in the line of /proc that begins with name. */
static long
of_process(const char *name)
{
	char line[256];
	long value = -1;
	FILE *f = fopen("/proc/self/status", "r");

	while (f != NULL && fgets(line, sizeof(line), f) != NULL)
		if (strncmp(line, name, strlen(name)) == 0)
			value = strtol(line + strlen(name), NULL, 16);
	if (f != NULL)
		fclose(f);
	return value;
}

static int
look_at_process(void)
{
	const struct sandbox_folder folder = { "/proc/self", SANDBOX_READ };
	struct loop *loop = loop_new();
	struct sandbox *s = sandbox_enter(loop, &folder, 1);

	if (s == NULL || strncmp(sandbox_layers(s), "seccomp", 7) != 0)
		return 1;
	if (of_process("Seccomp:") != 2 || of_process("NoNewPrivs:") != 1)
		return 2;
	if (of_process("CapEff:") != 0 || of_process("CapPrm:") != 0 ||
	    of_process("CapInh:") != 0 || of_process("CapAmb:") != 0)
		return 3;
	return geteuid() == 0 && of_process("CapBnd:") != 0 ? 4 : 0;
}

static void
test_process(void **state)
{
	int status;
	pid_t pid;

	(void)state;
	fflush(NULL);
	pid = fork();
	if (pid == 0)
		_exit(look_at_process());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static int
abort_itself(void)
{
	abort();
}

static void
test_abort_still_ends_it(void **state)
{
	int status;

	(void)state;
	status = in_child(abort_itself);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGABRT);
}

static void
on_time(void *arg)
{
	loop_stop(arg);
}

/* Three are refused, two kinds: each kind is told once. */
static int
refuse_and_tell(int log_fd)
{
	struct loop *loop = loop_new();
	struct loop_timer *timer;

	dup2(log_fd, STDERR_FILENO);
	if (loop == NULL || enter(loop) == NULL)
		return 1;
	(void)syscall(SYS_ptrace, PTRACE_TRACEME, 0, 0, 0);
	(void)syscall(SYS_ptrace, PTRACE_TRACEME, 0, 0, 0);
	(void)syscall(SYS_chroot, "/");
	/* A signal that somebody sends is no refusal. */
	raise(SIGSYS);
	if (sandbox_refused() != 3)
		return 2;
	timer = loop_timer_new(loop, on_time, loop);
	loop_timer_set(timer, 1);
	return loop_run(loop) == 0 ? 0 : 3;
}

static void
test_counted_and_logged(void **state)
{
	char text[4096] = "";
	int fd[2], status;
	pid_t pid;

	(void)state;
	assert_int_equal(pipe(fd), 0);
	fflush(NULL);
	pid = fork();
	if (pid == 0)
		_exit(refuse_and_tell(fd[1]));
	close(fd[1]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_true(read(fd[0], text, sizeof(text) - 1) > 0);
	close(fd[0]);
	assert_string_equal(text,
	    "sandbox-refused: the system call ptrace was refused: told once, "
	    "counted after\n"
	    "sandbox-refused: the system call chroot was refused: told once, "
	    "counted after\n");
}

static void
test_off(void **state)
{
	(void)state;
	assert_string_equal(sandbox_layers(NULL), "off");
	assert_int_equal(sandbox_refused(), 0);
	sandbox_free(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_refused),
		cmocka_unit_test(test_process),
		cmocka_unit_test(test_abort_still_ends_it),
		cmocka_unit_test(test_counted_and_logged),
		cmocka_unit_test(test_off),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
