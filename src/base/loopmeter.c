/* SPDX-License-Identifier: ISC */
#include <time.h>

#include "base/loopmeter.h"

#define MOMENT_NS 250000

static int64_t
read_clock(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

void
loopmeter_begin(struct loopmeter *m)
{
	m->began_ns = read_clock(CLOCK_MONOTONIC);
	if (m->read_ns != 0 && m->began_ns - m->read_ns < MOMENT_NS)
		return;
	m->read_ns = m->began_ns;
	m->cpu_ns = read_clock(CLOCK_THREAD_CPUTIME_ID);
}

/* CPU time is never longer than the time that has passed. */
void
loopmeter_end(struct loopmeter *m)
{
	struct loop_turns *turns = &m->turns;
	int64_t passed = read_clock(CLOCK_MONOTONIC) - m->began_ns, cpu;

	if (passed / 1000 <= turns->longest_us && passed / 1000 <= LOOP_SLOW_US)
		return;
	cpu = read_clock(CLOCK_THREAD_CPUTIME_ID) - m->cpu_ns;
	if (cpu > passed)
		cpu = passed;
	if (cpu / 1000 > turns->longest_us)
		turns->longest_us = cpu / 1000;
	if (cpu / 1000 > LOOP_SLOW_US)
		turns->slow++;
}
