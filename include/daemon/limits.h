/* SPDX-License-Identifier: ISC */
/* What the system gives us, and what of it may be used for look-ups. */
#ifndef DAEMON_LIMITS_H
#define DAEMON_LIMITS_H

#include <stdint.h>

#include "base/config.h"

/*
 * Take as many descriptors as the system gives, for good. Returns how many
 * connections there may be then, some being kept for everything else.
 */
int64_t limits_raise(void);

/* Lower max_connections to the most there may be, with a warning. */
void limits_apply(struct config *, int64_t most);

#endif
