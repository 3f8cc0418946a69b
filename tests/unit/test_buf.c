/* SPDX-License-Identifier: ISC */
/* Buffers, and the allocation below them. */
#include <sys/wait.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/xmalloc.h"

static void
test_empty(void **state)
{
	struct buf b = { 0 };

	(void)state;
	assert_string_equal(buf_str(&b), "");
	buf_reset(&b);
	buf_consume(&b, 0);
	buf_clear(&b);
	assert_null(b.data);
	buf_put(&b, NULL, 0);
	assert_non_null(b.data);
	assert_string_equal(buf_str(&b), "");
	buf_puts(&b, "");
	assert_int_equal(b.len, 0);
	buf_clear(&b);
	assert_string_equal(buf_str(&b), "");
}

static void
test_put(void **state)
{
	struct buf b = { 0 };

	(void)state;
	buf_puts(&b, "ab");
	buf_putc(&b, 'c');
	buf_put(&b, "d\0e", 3);
	buf_printf(&b, "%d-%s", 42, "x");
	assert_int_equal(b.len, 10);
	assert_memory_equal(b.data, "abcd\0e42-x", 11);
	buf_consume(&b, 4);
	assert_int_equal(b.len, 6);
	assert_memory_equal(b.data, "\0e42-x", 7);
	buf_consume(&b, 6);
	assert_int_equal(b.len, 0);
	assert_string_equal(b.data, "");
	buf_puts(&b, "again");
	buf_reset(&b);
	assert_string_equal(buf_str(&b), "");
	assert_true(b.size > 0);
	buf_clear(&b);
	assert_int_equal(b.size, 0);
}

/* Through every growth the bytes stay, and the NUL is behind them. */
static void
test_growth(void **state)
{
	struct buf b = { 0 };
	size_t i, j;

	(void)state;
	for (i = 0; i < 5000; i++) {
		buf_putc(&b, (char)('a' + i % 26));
		if (b.len != i + 1 || b.len >= b.size || b.data[b.len] != '\0')
			fail_msg("%zu", i);
	}
	for (j = 0; j < i; j++) {
		if (b.data[j] != (char)('a' + j % 26))
			fail_msg("%zu", j);
	}
	buf_clear(&b);
}

/* One print larger than all the room there is, by one byte too. */
static void
test_printf(void **state)
{
	char big[301];
	struct buf b = { 0 };
	size_t n;

	(void)state;
	memset(big, 'y', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	for (n = 0; n < sizeof(big); n++) {
		buf_clear(&b);
		buf_printf(&b, "%.*s", (int)n, big);
		if (b.len != n || strlen(buf_str(&b)) != n)
			fail_msg("%zu", n);
	}
	buf_clear(&b);
}

static void
test_reserve(void **state)
{
	struct buf b = { 0 };
	char *to;

	(void)state;
	buf_puts(&b, "ab");
	to = buf_reserve(&b, 1000);
	assert_ptr_equal(to, b.data + 2);
	assert_true(b.size >= 1003);
	memset(to, 'z', 1000);
	b.len += 1000;
	assert_memory_equal(b.data, "abzz", 4);
	buf_clear(&b);
}

static void
test_xmalloc(void **state)
{
	char *p, *q;

	(void)state;
	p = xmalloc(0);
	assert_non_null(p);
	free(p);
	p = xcalloc(0, 8);
	assert_non_null(p);
	free(p);
	p = xcalloc(4, 4);
	assert_memory_equal(p, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16);
	p = xreallocarray(p, 8, 4);
	assert_memory_equal(p, "\0\0\0\0", 4);
	free(p);
	p = xmemdup("a\0b", 3);
	assert_memory_equal(p, "a\0b", 4);
	q = xmemdup(NULL, 0);
	assert_string_equal(q, "");
	free(q);
	free(p);
	p = xstrdup("text");
	assert_string_equal(p, "text");
	free(p);
}

/* Not to be had, or more than a size_t counts: the process ends, status 1. */
static void
test_out_of_memory(void **state)
{
#if defined(__SANITIZE_ADDRESS__)
	(void)state;
	skip(); /* the sanitizer ends it its own way */
#else
	int pipes[2], status;
	char said[64] = "";
	/* Through a volatile: the compiler knows better than to allow it. */
	volatile size_t huge = SIZE_MAX / 2 + 1;
	pid_t pid;

	(void)state;
	assert_int_equal(pipe(pipes), 0);
	pid = fork();
	if (pid == 0) {
		dup2(pipes[1], STDERR_FILENO);
		free(xreallocarray(NULL, huge, 2));
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 1);
	assert_true(read(pipes[0], said, sizeof(said) - 1) > 0);
	assert_string_equal(said, "postfix-mta-sts: out of memory\n");
	close(pipes[0]);
	close(pipes[1]);
#endif
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_put),
		cmocka_unit_test(test_growth),
		cmocka_unit_test(test_printf),
		cmocka_unit_test(test_reserve),
		cmocka_unit_test(test_xmalloc),
		cmocka_unit_test(test_out_of_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
