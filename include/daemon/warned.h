/* SPDX-License-Identifier: ISC */
/* Warnings that are given once a day for each domain. */
#ifndef DAEMON_WARNED_H
#define DAEMON_WARNED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/domain.h"

#define WARNED_MAX 64 /* a day */

/* Zeroed: none was given. */
struct warned {
	struct {
		const char *event; /* a constant */
		char domain[DOMAIN_MAX + 1];
		int64_t when;
	} item[WARNED_MAX]; /* a ring */
	size_t next;
};

/*
 * True when the warning was not given today, which it is by that. Of very
 * many, those that come first. event: the same constant for each.
 */
bool warned_may(struct warned *, const char *event, const char *domain);

#endif
