/* SPDX-License-Identifier: ISC */
/*
 * What the service manager is told (sd_notify(3)): datagrams to the socket in
 * NOTIFY_SOCKET, a path or, after "@", an abstract name. Without it nothing
 * happens. Nothing here fails, or is worth a failure.
 */
#ifndef BASE_NOTIFY_H
#define BASE_NOTIFY_H

#include <stdbool.h>
#include <stdint.h>

/* Read the environment, and take out of it what is ours alone. */
void notify_open(void);
void notify_close(void);
bool notify_is_on(void);

/* In this order: ready, (reloading, ready) ..., stopping. */
void notify_ready(void);
void notify_reloading(void);
void notify_stopping(void);

/* A line for `systemctl status`; dropped when the manager is busy. */
void notify_status(const char *text);

/* Still alive. To be said within the time that the manager allows. */
void notify_watchdog(void);

/* That time, of WATCHDOG_USEC; 0: it does not watch us. */
int64_t notify_watchdog_ms(void);

#endif
