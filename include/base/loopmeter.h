/* SPDX-License-Identifier: ISC */
/*
 * How long callbacks take, in CPU time of the thread. Reading that can take a
 * microsecond: so not for each of many short callbacks. What was read a moment
 * before one begins will do; it looks longer by that moment at most.
 */
#ifndef BASE_LOOPMETER_H
#define BASE_LOOPMETER_H

#include <stdint.h>

#include "base/loop.h"

/* A zeroed struct has measured nothing. */
struct loopmeter {
	int64_t began_ns; /* the callback being measured */
	int64_t read_ns; /* when the CPU clock was read ... */
	int64_t cpu_ns; /* ... and what it said */
	struct loop_turns turns;
};

void loopmeter_begin(struct loopmeter *);
void loopmeter_end(struct loopmeter *);

#endif
