/* SPDX-License-Identifier: ISC */
#include <time.h>

#include "base/clock.h"

static int64_t wall_minus_boot_ms;
/*
 * 0: time passes. Of the loop's thread alone: the cache's writer asks, too.
 */
static _Thread_local int64_t held_ms;
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
	return held_ms != 0 ? held_ms : read_ms(CLOCK_BOOTTIME);
}

void
clock_hold(void)
{
	held_ms = read_ms(CLOCK_BOOTTIME);
	held_now = (held_ms + wall_minus_boot_ms) / 1000;
}

void
clock_release(void)
{
	held_ms = 0;
}

int64_t
clock_now(void)
{
	if (held_ms != 0)
		return held_now;
	return (clock_ms() + wall_minus_boot_ms) / 1000;
}
