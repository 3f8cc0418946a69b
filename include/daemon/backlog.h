/* SPDX-License-Identifier: ISC */
/*
 * The domains whose refresh is overdue, those whose policy expires first in
 * front: a bounded extract of the index of due times, which is in another
 * order. Who finds no place is found again on the next walk.
 */
#ifndef DAEMON_BACKLOG_H
#define DAEMON_BACKLOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/domain.h"

#define BACKLOG_MAX 256

struct backlog_item {
	int64_t expires;
	char domain[DOMAIN_MAX + 1];
};

/* A zeroed struct is empty. */
struct backlog {
	struct backlog_item item[BACKLOG_MAX]; /* the last is the next */
	size_t count;
};

/*
 * Add a domain, once; when there is no place, whoever expires last of all
 * has none.
 */
void backlog_add(struct backlog *, const char *domain, int64_t expires);

/* Take the one that expires first; false: there is none. */
bool backlog_take(struct backlog *, struct backlog_item *);

#endif
