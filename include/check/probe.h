/* SPDX-License-Identifier: ISC */
/*
 * Collects all evidence of a domain, in parallel, on the loop, with the
 * daemon's own net/dns and net/fetch rules. Each part has its time limit, and
 * the whole (60 s). Nothing is decided here.
 */
#ifndef CHECK_PROBE_H
#define CHECK_PROBE_H

#include "base/config.h"
#include "base/loop.h"
#include "check/evidence.h"
#include "net/dns.h"
#include "net/fetch.h"

struct probe_options {
	bool has_smtp; /* false: --no-smtp */
	const char *helo; /* "": this host's name */
	int64_t time_limit; /* s, for the whole */
};

struct probe;

/* The evidence is the callback's to free. */
typedef void probe_cb(struct evidence *, void *arg);

/*
 * input: what the user gave (a domain in any form; see probe_fold()). NULL
 * when it is no domain; else the callback comes exactly once,
 * later, unless cancelled.
 */
struct probe *probe_start(struct loop *, const struct config *, struct dns *,
    struct fetcher *, const struct probe_options *, const char *input,
    probe_cb *, void *arg);
void probe_cancel(struct probe *);

/*
 * Any case, trailing dot, U-labels, user@D, a URL, _mta-sts.D, mta-sts.D: folded
 * to D. Returns false when there is no domain in it. *note: a constant that
 * says how, or NULL.
 */
bool
probe_fold(const char *input, char domain[DOMAIN_MAX + 1], const char **note);

#endif
