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
	int64_t expiring; /* within so many seconds, or expired; -1: any */
	bool is_failing;
	const char *match; /* a shell pattern of the domain; NULL: any */
};

/*
 * Give each policy that passes, in order of the domains, as record_put_json()
 * makes it. The callback lends it, and ends the walk by false. Returns the
 * exit status; what is wrong is said.
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
