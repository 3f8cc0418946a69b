/* SPDX-License-Identifier: ISC */
/* A clock of our own: what is measured, and how often it is read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>

#include "base/loopmeter.h"

static int64_t passed_us, cpu_us;
static unsigned int cpu_reads;

/* In place of the C library's, for this program alone. */
int
clock_gettime(clockid_t id, struct timespec *ts)
{
	int64_t us = id == CLOCK_MONOTONIC ? passed_us : cpu_us;

	cpu_reads += id == CLOCK_THREAD_CPUTIME_ID;
	ts->tv_sec = (time_t)(us / 1000000);
	ts->tv_nsec = us % 1000000 * 1000;
	return 0;
}

/* One callback after `before` us of rest, all of which were worked through. */
static void
turn(struct loopmeter *m, int64_t before, int64_t passes, int64_t works)
{
	passed_us += before;
	cpu_us += before;
	loopmeter_begin(m);
	passed_us += passes;
	cpu_us += works;
	loopmeter_end(m);
}

static void
test_turns(void **state)
{
	static const struct {
		int64_t before, passes, works;
		int64_t longest;
		uint64_t slow;
	} rows[] = {
		{ 1000, 10, 10, 10, 0 },
		{ 1000, 900, 200, 200, 0 }, /* it waited for a processor */
		{ 1000, 300, 300, 300, 0 },
		{ 1000, 5000, 5000, 5000, 0 },
		{ 1000, 5001, 5001, 5001, 1 },
		{ 1000, 90000, 20, 5001, 1 },
		{ 1000, 5500, 5500, 5500, 2 },
		{ 1000, 5400, 5400, 5500, 3 },
		/* what went just before may be counted in, once */
		{ 1000, 1, 1, 5500, 3 },
		{ 100, 6000, 6000, 6000, 4 },
		{ 1000, 6000, 5900, 6000, 5 },
	};
	struct loopmeter m = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		turn(&m, rows[i].before, rows[i].passes, rows[i].works);
		if (m.turns.longest_us != rows[i].longest ||
		    m.turns.slow != rows[i].slow)
			fail_msg("row %zu: %d us, %d slow", i,
			    (int)m.turns.longest_us, (int)m.turns.slow);
	}
}

/* A thousand short ones in 20 ms: the slow clock is read 80 times at most. */
static void
test_reads_are_few(void **state)
{
	struct loopmeter m = { 0 };
	int i;

	(void)state;
	turn(&m, 1000, 100, 100);
	cpu_reads = 0;
	for (i = 0; i < 1000; i++)
		turn(&m, 10, 10, 10);
	assert_in_range(cpu_reads, 1, 80);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_turns),
		cmocka_unit_test(test_reads_are_few),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
