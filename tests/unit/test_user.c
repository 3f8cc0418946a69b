/* SPDX-License-Identifier: ISC */
/* Becoming somebody else: in a child, and only as root. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/user.h"

static void
test_nobody_to_become(void **state)
{
	(void)state;
	assert_int_equal(user_become("", ""), 0);
	assert_int_equal(user_become("no-such-user", ""), -1);
	assert_int_equal(user_become("nobody", "no-such-group"), -1);
	assert_int_equal(user_make_dir("/nonexistent/a", "", ""), 0);
}

/* All ids and groups, for good. */
static int
become_nobody(const char *dir)
{
	const struct passwd *pw = getpwnam("nobody");
	struct stat st;
	gid_t groups[8];

	if (pw == NULL || user_make_dir(dir, "nobody", "") != 0 ||
	    stat(dir, &st) == -1 || st.st_uid != pw->pw_uid ||
	    (st.st_mode & 07777) != 0750)
		return 1;
	/* what is there is left as it is */
	if (user_make_dir("/", "nobody", "") != 0 ||
	    user_make_dir("/nonexistent/a", "nobody", "") != -1)
		return 2;
	if (user_become("nobody", "") != 0 || getuid() != pw->pw_uid ||
	    geteuid() != pw->pw_uid || getegid() != pw->pw_gid)
		return 3;
	if (getgroups(8, groups) != 1 || groups[0] != pw->pw_gid)
		return 4;
	if (setuid(0) == 0 || seteuid(0) == 0)
		return 5;
	/* again is no fault; somebody else is */
	return user_become("nobody", "") == 0 && user_become("root", "") == -1 ?
	    0 :
	    6;
}

static void
test_become(void **state)
{
	char base[] = "/tmp/user.XXXXXX", dir[64];
	int status;
	pid_t pid;

	(void)state;
	if (geteuid() != 0)
		skip();
	assert_non_null(mkdtemp(base));
	assert_int_equal(chmod(base, 0755), 0);
	snprintf(dir, sizeof(dir), "%s/cache", base);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		_exit(become_nobody(dir));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	rmdir(dir);
	rmdir(base);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nobody_to_become),
		cmocka_unit_test(test_become),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
