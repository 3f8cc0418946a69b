/* SPDX-License-Identifier: ISC */
/*
 * Time. Ages are counted by CLOCK_BOOTTIME, which no step of the wall clock
 * moves and which goes on while the machine sleeps; stored times are seconds
 * since the epoch. clock_now() joins the two: the wall clock as it was at
 * clock_init(), plus the boot time passed since.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

/* Fix the wall clock of this process; call once, first of all. */
void clock_init(void);

/* Milliseconds of boot time: for intervals only. */
int64_t clock_ms(void);

/*
 * Until clock_release() all is, for this thread, at the time at which it is
 * first asked for: a look-up does so half a dozen times. The loop does this
 * around look-ups, whose callbacks are over in microseconds.
 */
void clock_hold(void);
void clock_release(void);

/* Seconds since the epoch, never stepped while the process lives. */
int64_t clock_now(void);

#endif
