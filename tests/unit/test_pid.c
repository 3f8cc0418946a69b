/* SPDX-License-Identifier: ISC */
#include <sys/stat.h>

#include <fcntl.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/pid.h"
#include "fakelog.h"

static char folder[64], path[96];

static int
set_up(void **state)
{
	(void)state;
	snprintf(folder, sizeof(folder), "/tmp/test_pid.XXXXXX");
	if (mkdtemp(folder) == NULL)
		return -1;
	snprintf(path, sizeof(path), "%s/pid", folder);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	buf_clear(&logged);
	(void)unlink(path);
	return rmdir(folder);
}

/* What the file holds; "gone" when there is none. */
static const char *
text(void)
{
	static char bytes[64];
	int fd = open(path, O_RDONLY);
	ssize_t n;

	if (fd == -1)
		return "gone";
	n = read(fd, bytes, sizeof(bytes) - 1);
	close(fd);
	bytes[n > 0 ? n : 0] = '\0';
	return bytes;
}

static void
put(const char *bytes)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	assert_int_equal(write(fd, bytes, strlen(bytes)), strlen(bytes));
	close(fd);
}

static void
test_life(void **state)
{
	struct pid_file *p = NULL;
	char own[32];

	(void)state;
	snprintf(own, sizeof(own), "%ld\n", (long)getpid());
	put("12345678901234567890 of old\n");
	assert_int_equal(pid_file_open(path, &p), 0);
	/* Not ours before it is certain that we are the one. */
	assert_string_equal(text(), "12345678901234567890 of old\n");
	assert_int_equal(pid_file_write(p), 0);
	assert_string_equal(text(), own);
	pid_file_free(p);
	assert_string_equal(text(), "gone");
}

/* A second daemon that ends early leaves the first one's alone. */
static void
test_second(void **state)
{
	struct pid_file *p = NULL;

	(void)state;
	put("4711\n");
	assert_int_equal(pid_file_open(path, &p), 0);
	pid_file_free(p);
	assert_string_equal(text(), "4711\n");
}

/* In a folder of root's it cannot be removed: then it names nobody. */
static void
test_cannot_remove(void **state)
{
	struct pid_file *p = NULL;

	(void)state;
	if (geteuid() != 0)
		skip();
	assert_int_equal(pid_file_open(path, &p), 0);
	assert_int_equal(pid_file_write(p), 0);
	assert_int_equal(seteuid(65534), 0);
	pid_file_free(p);
	assert_int_equal(seteuid(0), 0);
	assert_string_equal(text(), "");
}

static void
test_none(void **state)
{
	struct pid_file *p = NULL;

	(void)state;
	assert_int_equal(pid_file_open("", &p), 0);
	assert_null(p);
	assert_int_equal(pid_file_write(p), 0);
	pid_file_free(p);
	assert_int_equal(pid_file_open("/nonexistent/pid", &p), -1);
	assert_int_equal(
	    count_logged("pid-file: /nonexistent/pid: No such"), 1);
	/* Whoever may write there must not lead root elsewhere. */
	assert_int_equal(symlink("/tmp/test_pid.target", path), 0);
	assert_int_equal(pid_file_open(path, &p), -1);
	assert_int_equal(access("/tmp/test_pid.target", F_OK), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_life, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_second, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    test_cannot_remove, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_none, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
