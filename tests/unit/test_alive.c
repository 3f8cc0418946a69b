/* SPDX-License-Identifier: ISC */
/* The files beside the cache: when it last ran, and which domains are used. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "cache/alive.h"
#include "cache/used.h"

static char dir[] = "/tmp/alive.XXXXXX";

static int
make_dir(void **state)
{
	(void)state;
	return mkdtemp(dir) == NULL ? -1 : 0;
}

static void
path_in_dir(char *path, size_t size, const char *name)
{
	snprintf(path, size, "%s/%s", dir, name);
}

static int
remove_dir(void **state)
{
	char path[64];

	(void)state;
	path_in_dir(path, sizeof(path), "alive");
	unlink(path);
	return rmdir(dir);
}

static void
put_file(const char *name, const char *text)
{
	char path[64];
	FILE *f;

	path_in_dir(path, sizeof(path), name);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void
test_alive(void **state)
{
	(void)state;
	assert_int_equal(alive_read(NULL), 0);
	alive_write(NULL, 5);
	assert_int_equal(alive_read(dir), 0);
	alive_write(dir, 1800000000);
	assert_int_equal(alive_read(dir), 1800000000);
	alive_write(dir, 1800003600);
	assert_int_equal(alive_read(dir), 1800003600);
	put_file("alive", "yesterday\n");
	assert_int_equal(alive_read(dir), 0);
	put_file("alive", "-5\n");
	assert_int_equal(alive_read(dir), 0);
	put_file("alive", "");
	assert_int_equal(alive_read(dir), 0);
	/* no such folder: told, and no more */
	alive_write("/nonexistent", 5);
	assert_int_equal(alive_read("/nonexistent"), 0);
}

static void
test_used_forgets(void **state)
{
	struct used *u = used_new(NULL);

	(void)state;
	assert_false(used_is_marked(u, "a.test", 6));
	used_mark(u, "a.test", 6);
	assert_true(used_is_marked(u, "a.test", 6));
	assert_false(used_is_marked(u, "b.test", 6));
	used_rotate(u);
	assert_true(used_is_marked(u, "a.test", 6));
	used_mark(u, "b.test", 6);
	used_rotate(u);
	assert_false(used_is_marked(u, "a.test", 6));
	assert_true(used_is_marked(u, "b.test", 6));
	used_free(u);
}

/* Kept by a clean stop, in doubt after any other. */
static void
test_used_file(void **state)
{
	struct used *u = used_new(dir);
	char path[64];

	(void)state;
	path_in_dir(path, sizeof(path), "used");
	used_mark(u, "a.test", 6);
	used_rotate(u);
	used_mark(u, "b.test", 6);
	used_free(u);
	assert_int_equal(access(path, F_OK), 0);
	u = used_new(dir);
	assert_int_equal(access(path, F_OK), -1);
	assert_true(used_is_marked(u, "a.test", 6));
	assert_true(used_is_marked(u, "b.test", 6));
	used_rotate(u);
	assert_false(used_is_marked(u, "a.test", 6));
	used_free(u);
	put_file("used", "short");
	u = used_new(dir);
	assert_false(used_is_marked(u, "b.test", 6));
	used_free(u);
	unlink(path);
	/* nowhere to save it: told, and no more */
	used_free(used_new("/nonexistent"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_alive),
		cmocka_unit_test(test_used_forgets),
		cmocka_unit_test(test_used_file),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
