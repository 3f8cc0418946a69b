/* SPDX-License-Identifier: ISC */
/*
 * What rules have in common: evidence quoted with a bound, outcomes, dates,
 * commands to see for oneself. Private to the rules. Pure.
 */
#ifndef CHECK_RULETOOL_H
#define CHECK_RULETOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "check/rules.h"

#define CHECK_CLIP_BYTES 200 /* of evidence in a message */
#define CHECK_SPAN_BYTES 32
#define CHECK_DAY_S      INT64_C(86400)

struct check_clip {
	char text[CHECK_CLIP_BYTES + 1];
};

struct check_span {
	char text[CHECK_SPAN_BYTES];
};

struct check_slice {
	const char *at;
	size_t len;
};

/* Cut blanks and CRs from both sides. */
struct check_slice check_trim(const char *, size_t len);

/*
 * Any bytes as printable ASCII, \xNN for what is not; at most max
 * (<= CHECK_CLIP_BYTES) bytes, with "..." at the end when there was more.
 * Returns the text.
 */
const char *
check_clip(struct check_clip *, const char *data, size_t len, size_t max);

/* For a printf's arguments: lives until the end of the block. */
#define CHECK_CLIP(data, len) \
	check_clip(&(struct check_clip){ { 0 } }, data, len, CHECK_CLIP_BYTES)

/* A text that may be NULL: "" then. */
const char *check_clip_text(struct check_clip *, const char *);
#define CHECK_CLIP_TEXT(s) check_clip_text(&(struct check_clip){ { 0 } }, s)

/* "2026-05-28 20:26 UTC", or "2026-05-28"; "36 hours", "7 days", "90 s". */
const char *check_time(struct check_span *, int64_t);
const char *check_day(struct check_span *, int64_t);
const char *check_duration(struct check_span *, int64_t seconds);
#define CHECK_TIME(t)     check_time(&(struct check_span){ { 0 } }, t)
#define CHECK_DAY(t)      check_day(&(struct check_span){ { 0 } }, t)
#define CHECK_DURATION(s) check_duration(&(struct check_span){ { 0 } }, s)

/* Was the look-up answered, be it that there is nothing? */
bool check_is_answered(const struct ev_dns *);

/* Asked, answered, and at least one record. */
bool check_has_records(const struct ev_dns *);

/* Does a TXT record begin with v=STSv1 and ";"? */
bool check_is_record(const struct ev_bytes *);

/* The worst of the findings added since there were `before` of them. */
enum check_result check_outcome(const struct check_findings *, size_t before);

/* Add what is not known; returns CHECK_UNPROVEN. */
enum check_result check_unproven(struct check_findings *,
    const struct check_rule *, enum sts_reason, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/*
 * Of a critical finding: high when fetch, certificate or policy fail although
 * senders were told to enforce, else medium.
 */
enum check_priority
check_critical_priority(const struct check_facts *, const struct check_rule *);

/* Set see: `dig TYPE NAME`; server NULL: this host's resolver. */
void check_see_dig(struct check_finding *, const char *type, const char *name,
    const char *server);

/* ... of the TXT record at _mta-sts.D. */
void check_see_record(const struct check_facts *, struct check_finding *);

/* ... `curl -sSi URL`, `openssl s_client ...` for host:port. */
void check_see_curl(struct check_finding *, const char *url);
void check_see_tls(
    struct check_finding *, const char *host, const char *more_options);

/* Set evidence to bytes, clipped. */
void check_set_evidence(struct check_finding *, const char *, size_t len);

#endif
