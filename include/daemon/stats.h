/* SPDX-License-Identifier: ISC */
/*
 * What is counted while the daemon runs, and the last few events of each kind.
 * One struct, handed to whoever has something to count; on the way of a cached
 * answer that is one plain increment. All of it belongs to the loop's thread
 * and begins at zero with the process.
 */
#ifndef DAEMON_STATS_H
#define DAEMON_STATS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/domain.h"
#include "base/log.h"
#include "postfix/answer.h"
#include "sts/reason.h"

/* What a request was answered with, and why. */
enum stats_answer {
	STATS_OK, /* a policy's line */
	STATS_DANE, /* dane-only: OK */
	STATS_DANE_UNKNOWN, /* TEMP */
	/* NOTFOUND */
	STATS_KEY, /* the key names nothing a policy applies to */
	STATS_OVERRIDE, /* an override says so */
	STATS_TESTING, /* the policy's mode */
	STATS_MODE_NONE,
	STATS_DANE_TESTING, /* testing, and DANE may apply: no report */
	/* NOTFOUND, or TEMP when it is our fault: + enum sts_reason */
	STATS_REASON,
	STATS_ANSWERS = (int)STATS_REASON + (int)STS_REASON_COUNT
};

#define STATS_PROFILES (ANSWER_POSTFIX_3_10 + 1)
#define STATS_KINDS    (STATS_PROFILES * STATS_ANSWERS)

/* Its index in stats.answered; fits an unsigned char. */
#define STATS_KIND(profile, answer)                              \
	((unsigned int)(profile) * (unsigned int)STATS_ANSWERS + \
	    (unsigned int)(answer))

/* "ok", "notfound", "temp"; and the label beside it ("" with ok). */
const char *stats_answer_outcome(unsigned int answer);
const char *stats_answer_reason(unsigned int answer);

/* Upper bounds, ascending; what is above all of them is the last bucket. */
#define STATS_BOUNDS 11
struct stats_histogram {
	uint64_t bucket[STATS_BOUNDS + 1]; /* not cumulated */
	uint64_t count, sum;
};
extern const int64_t stats_cached_ns[STATS_BOUNDS];
extern const int64_t stats_waited_ms[STATS_BOUNDS];

/* A clock for durations. */
int64_t stats_now_ns(void);

void
stats_measure(struct stats_histogram *, const int64_t *bounds, int64_t value);

/* One in so many cached answers is timed: clock_gettime() takes 20 ns. */
#define STATS_SAMPLE 64

#define STATS_LAST       20
#define STATS_TEXT_BYTES 256
#define STATS_SLOW_S     300 /* what was slow is told for so long */
#define STATS_FAILING    256

/* An error or warning of the log. */
struct stats_error {
	int64_t time;
	const char *event; /* a constant */
	char domain[DOMAIN_MAX + 1]; /* "": none */
	char reason[32]; /* "": none */
	char text[STATS_TEXT_BYTES]; /* escaped, as in the log */
};

/* A resolution that took its time. */
struct stats_slow {
	int64_t time;
	int64_t ms;
	const char *outcome; /* constants: "fetch", "cache", "none" */
	const char *reason;
	char domain[DOMAIN_MAX + 1];
};

/* How a fetch ended. */
struct stats_fetch {
	int64_t time;
	enum sts_reason reason;
	char domain[DOMAIN_MAX + 1];
	char detail[STATS_TEXT_BYTES]; /* escaped */
};

/* A policy whose last refresh failed, as long as it has not succeeded. */
struct stats_failing {
	int64_t fetched, expires;
	char domain[DOMAIN_MAX + 1];
};

struct stats {
	/* answers */
	uint64_t answered[STATS_KINDS];
	uint64_t malformed; /* no socketmap request: PERM */
	uint64_t waited; /* of those answered: not at once */
	unsigned int sample;
	struct stats_histogram cached; /* ns, one in STATS_SAMPLE */
	struct stats_histogram first; /* ms, every one that waited */
	/* resolutions */
	uint64_t resolved_fetch, resolved_cache, resolved_none;
	uint64_t fetched[STS_REASON_COUNT];
	uint64_t refresh_failed[STS_REASON_COUNT];
	uint64_t expired; /* policies in use that ran out */
	int64_t clock_suspect; /* when it was found to be; 0: it was not */
	/* the last ones; [n % STATS_LAST] was the n-th, from 0 */
	struct stats_error error[STATS_LAST];
	size_t errors;
	struct stats_fetch fetch[STATS_LAST];
	size_t fetches;
	/* by no order; time 0: free */
	struct stats_slow slow[STATS_LAST];
	/* those that expire first, if there are more */
	struct stats_failing failing[STATS_FAILING];
	size_t failing_count;
};

struct stats *stats_new(void);
void stats_free(struct stats *);

/* For who was given none: it is never read. */
struct stats *stats_unread(void);

/* base/log's watcher: arg is the struct stats. */
void stats_on_log(const struct log_line *, void *arg);

/* domain, outcome, reason, ms and time of it; kept if it is slow enough. */
void stats_add_slow(struct stats *, const struct stats_slow *);

/* A fetch ended; detail may be any bytes. */
void stats_add_fetch(
    struct stats *, const char *domain, enum sts_reason, const char *detail);

/* The last refresh of a policy failed, or it is well (or gone) again. */
void stats_failing_add(struct stats *, const struct stats_failing *);
void stats_failing_remove(struct stats *, const char *domain);

#endif
