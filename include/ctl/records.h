/* SPDX-License-Identifier: ISC */
/* Stored policies, from the daemon or from the files of one that is down. */
#ifndef CTL_RECORDS_H
#define CTL_RECORDS_H

#include <stdint.h>

#include <jansson.h>

#include "cache/record.h"
#include "ctl/options.h"

/* Zeroed, but for expiring: all. */
struct ctl_filter {
	const char *mode; /* NULL: any */
	int64_t expiring; /* within so many seconds; -1: any */
	bool is_failing; /* the last fetch failed */
	const char *match; /* a pattern of * and ? of the domain; NULL: any */
	uint64_t *damaged; /* NULL, or counts records that cannot be read */
};

/*
 * Give each policy that passes, in order of the domains, as record_put_json()
 * makes it. The callback lends it, and ends the walk by false. Returns the
 * exit status; what is wrong is said, damaged records too.
 */
typedef bool ctl_policy_cb(json_t *policy, void *arg);
int ctl_each_policy(const struct ctl_options *, const struct ctl_filter *,
    ctl_policy_cb *, void *arg);

/*
 * Each line of an export, with its line feed. Returns the exit status. A line
 * lends; the callback returns false (said) to give up.
 */
typedef bool ctl_line_cb(const char *line, size_t len, void *arg);
int ctl_each_line(const struct ctl_options *, ctl_line_cb *, void *arg);

#endif
