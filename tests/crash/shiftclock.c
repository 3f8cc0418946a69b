/* SPDX-License-Identifier: ISC */
/*
 * A clock that is stepped, and a machine that sleeps. Preloaded; the file
 * named by SHIFTCLOCK says by how much.
 */
#include <dlfcn.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>

#include "control.h"

struct control {
	_Atomic int64_t wall_s; /* what the wall clock was stepped by */
	_Atomic int64_t slept_s; /* both it and the boot time went on */
};

static struct control *control;

__attribute__((constructor)) static void
begin(void)
{
	control = control_map("SHIFTCLOCK", sizeof(*control));
}

/* Also before the constructor ran, and for those loaded before us. */
int
clock_gettime(clockid_t id, struct timespec *ts)
{
	int rc = (int)syscall(SYS_clock_gettime, id, ts);

	if (rc != 0 || control == NULL)
		return rc;
	switch (id) {
	case CLOCK_REALTIME:
	case CLOCK_REALTIME_COARSE:
		ts->tv_sec += control->wall_s + control->slept_s;
		break;
	case CLOCK_BOOTTIME:
		ts->tv_sec += control->slept_s;
		break;
	default:
		break;
	}
	return 0;
}

time_t
time(time_t *out)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	if (out != NULL)
		*out = ts.tv_sec;
	return ts.tv_sec;
}

int
gettimeofday(struct timeval *restrict tv, void *restrict zone)
{
	struct timespec ts;

	(void)zone;
	clock_gettime(CLOCK_REALTIME, &ts);
	tv->tv_sec = ts.tv_sec;
	tv->tv_usec = ts.tv_nsec / 1000;
	return 0;
}
