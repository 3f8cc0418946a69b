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

struct probe_shared;

struct probe_options {
	bool has_smtp; /* false: --no-smtp */
	const char *helo; /* "": this host's name */
	int64_t time_limit; /* s, for the whole */
	const char *mx; /* host names, "," between them: what if these were
			   the MX hosts? NULL: those that are published */
	struct probe_shared *shared; /* NULL: nothing is shared */
};

struct probe;

/*
 * What the probes of a run share, so that it is polite: no address has more
 * than two of our connections at once, and each MX host is talked to once.
 * Waiting for that does not count in a probe's time limit.
 */
struct probe_shared *
probe_shared_new(struct loop *, const struct config *, struct fetcher *);

/* All probes must have ended or been cancelled. NULL is fine. */
void probe_shared_free(struct probe_shared *);

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

/* Is it such a list, of at most EVIDENCE_MX_MAX? */
bool probe_mx_is_list(const char *);

/*
 * Any case, trailing dot, U-labels, user@D, a URL, _mta-sts.D, mta-sts.D: folded
 * to D. Returns false when there is no domain in it. *note: a constant that
 * says how, or NULL.
 */
bool
probe_fold(const char *input, char domain[DOMAIN_MAX + 1], const char **note);

#endif
