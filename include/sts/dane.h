/* SPDX-License-Identifier: ISC */
/*
 * DANE for SMTP (RFC 7672) beside MTA-STS: RFC 8461 section 2 forbids to
 * override a DANE validation that fails. In Postfix one answer replaces
 * everything, so a verdict on the domain's MX hosts comes before the policy:
 * where Postfix would demand a TLSA match, it is told to (dane-only). Pure:
 * look-ups and times come in.
 *
 * An answer counts as signed only when a validating resolver whose AD bit is
 * believed says so.
 */
#ifndef STS_DANE_H
#define STS_DANE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a look-up gave. Zeroed: it has not been answered (or asked). */
enum sts_dane_status {
	STS_DANE_OPEN,
	STS_DANE_FOUND, /* at least one record */
	STS_DANE_ABSENT, /* NODATA, NXDOMAIN, or no name one can ask for */
	STS_DANE_FAILED /* SERVFAIL, bogus, time-out, loop, not to be believed */
};

struct sts_dane_look {
	enum sts_dane_status status;
	bool is_signed;
};

/* A TLSA record. Lends. */
struct sts_tlsa {
	uint8_t usage, selector, matching;
	const uint8_t *data;
	size_t len;
};

/*
 * Can SMTP clients use it (RFC 7672 3.1)? Usage DANE-TA(2) or DANE-EE(3), a
 * known selector, and a whole digest, or for matching type 0 one DER element
 * that fills the record.
 */
bool sts_tlsa_is_usable(const struct sts_tlsa *);

/* An MX host. tlsa is asked only below a signed address (2.2.2). */
struct sts_dane_host {
	struct sts_dane_look a, aaaa, tlsa;
	bool has_usable; /* of the records found at tlsa */
};

/* What Postfix makes of a host under dane-only. */
enum sts_dane_use {
	STS_DANE_USED, /* a TLSA match is demanded */
	STS_DANE_PENDING, /* not known yet */
	/* it skips the host, because: */
	STS_DANE_NO_ADDRESS,
	STS_DANE_UNSIGNED, /* its address is not authenticated */
	STS_DANE_NO_TLSA, /* or none that is authenticated */
	STS_DANE_UNUSABLE, /* none of its TLSA records can be used */
	STS_DANE_TLSA_FAILED, /* they cannot be looked up */
	STS_DANE_USE_COUNT
};

enum sts_dane_use sts_dane_use(const struct sts_dane_host *);

/* "used", "no TLSA records" ...; a constant. */
const char *sts_dane_use_text(enum sts_dane_use);

/* Is its address authenticated, so that TLSA is to be asked for? */
bool sts_dane_asks_tlsa(const struct sts_dane_host *);

enum sts_dane_verdict {
	STS_DANE_UNKNOWN, /* neither DANE nor MTA-STS may be applied */
	STS_DANE_NONE, /* MTA-STS applies */
	STS_DANE_SOME, /* DANE at some hosts: the others are skipped */
	STS_DANE_ALL /* DANE at every host */
};

/* "unknown", "none", "some", "all"; a constant. */
const char *sts_dane_verdict_word(enum sts_dane_verdict);

/* All that was looked up for one next-hop. */
struct sts_dane_seen {
	bool has_mx; /* not in brackets: mx was looked up */
	struct sts_dane_look mx;
	/* MX hosts; the domain itself without MX records or in brackets */
	const struct sts_dane_host *host;
	size_t hosts;
};

/*
 * The first that holds:
 *  1. the MX look-up failed, or is open: unknown;
 *  2. the MX answer is unsigned: none. Whoever forges it cannot replace a
 *     policy by TLSA records of a host of his own;
 *  3. a host is used: some or all, also when another's look-up failed;
 *  4. a TLSA look-up failed below a signed address, or is open: unknown
 *     (RFC 7672 2.1.2);
 *  5. none.
 * An address look-up that fails proves nothing.
 */
enum sts_dane_verdict sts_dane_judge(const struct sts_dane_seen *);

/* Did any look-up fail, so that the verdict is to be looked at again soon? */
bool sts_dane_is_partial(const struct sts_dane_seen *);

#define STS_DANE_FRESH_S 86400

/* The life of a verdict. Zeroed: nothing is known. */
struct sts_dane_state {
	enum sts_dane_verdict verdict;
	int64_t checked; /* s; when it was reached; 0: never */
	int64_t next_check;
	uint32_t failures; /* re-checks in a row that gave "unknown" */
};

/* Does it hold at `now`: known, and not older than a day? */
bool sts_dane_is_fresh(const struct sts_dane_state *, int64_t now);

enum sts_dane_query {
	STS_DANE_ANSWER, /* with what is known */
	STS_DANE_ANSWER_CHECK, /* the same, and look up behind it */
	STS_DANE_WAIT_BRIEFLY, /* look up; after revalidate_wait answer */
	STS_DANE_WAIT /* look up; wait up to query_timeout */
};

enum sts_dane_query
sts_dane_on_query(const struct sts_dane_state *, int64_t now);

/* Until when a query that is STS_DANE_ANSWER now stays so; s. */
int64_t sts_dane_answer_until(const struct sts_dane_state *);

/*
 * Look-ups have ended. Kept for max(ttl, 1 h), then looked up again; a partial
 * verdict for 5 min. ttl: the least of all answers. After "unknown" the last
 * verdict stands while it is fresh, and is looked at again after 1 min,
 * doubled to 1 h; without one, after 30 s.
 */
void sts_dane_on_verdict(struct sts_dane_state *, enum sts_dane_verdict,
    int64_t ttl, bool is_partial, int64_t now);

/* Times read from disk made sane for a clock that may have moved. */
void sts_dane_on_load(struct sts_dane_state *, int64_t now);

#endif
