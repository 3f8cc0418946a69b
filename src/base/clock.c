/* SPDX-License-Identifier: ISC */
#include <stdbool.h>
#include <time.h>

#include "base/clock.h"

static int64_t wall_minus_boot_ms;
/* Of the loop's thread alone: the cache's writer asks, too. */
static _Thread_local bool is_held;
static _Thread_local int64_t held_ms; /* 0: not asked for yet */
static _Thread_local int64_t held_now; /* clock_now() of it */

static int64_t
read_ms(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

void
clock_init(void)
{
	wall_minus_boot_ms = read_ms(CLOCK_REALTIME) - clock_ms();
}

int64_t
clock_ms(void)
{
	int64_t ms;

	if (held_ms != 0)
		return held_ms;
	ms = read_ms(CLOCK_BOOTTIME);
	if (is_held) {
		held_ms = ms;
		held_now = (ms + wall_minus_boot_ms) / 1000;
	}
	return ms;
}

void
clock_hold(void)
{
	is_held = true;
}

void
clock_release(void)
{
	is_held = false;
	held_ms = 0;
}

int64_t
clock_now(void)
{
	if (held_ms != 0)
		return held_now;
	return (clock_ms() + wall_minus_boot_ms) / 1000;
}
