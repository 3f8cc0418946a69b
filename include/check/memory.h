/* SPDX-License-Identifier: ISC */
/*
 * What earlier checks saw of a domain: a bounded history of ids, modes, policy
 * files and MX hosts, and the last check itself. From it: since when a mode
 * holds, which policies senders may still hold, and until when. Pure; it is
 * kept by check/state.
 */
#ifndef CHECK_MEMORY_H
#define CHECK_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "check/grade.h"
#include "check/rules.h"

#define MEMORY_SIGHTS_MAX  32
#define MEMORY_MX_BYTES    32768 /* of all MX hosts of a sight */
#define MEMORY_CODES_MAX   256
#define MEMORY_AGE_UNKNOWN (-1)

/* What was published, the same from the first to the last time it was seen. */
struct memory_sight {
	int64_t first, last; /* s since the epoch */
	char id[STS_ID_MAX + 1]; /* "": no valid record */
	bool has_policy; /* a valid file was served (or the daemon had one) */
	enum sts_mode mode; /* these three: with has_policy */
	int64_t max_age; /* s, capped; or MEMORY_AGE_UNKNOWN */
	uint64_t body; /* entry_hash() of the file; 0: not known */
	char *mx; /* hosts, sorted, a blank between them; NULL: not known */
};

/* What the last check came to. */
struct memory_look {
	int64_t time; /* 0: there was none */
	char grade[4]; /* "A", "N/A"; without the star */
	char status[16];
	char **code; /* of its warnings and critical findings, each once */
	size_t codes;
};

struct check_memory {
	struct memory_sight *sight; /* oldest first; they do not overlap */
	size_t count;
	bool has_lost; /* older ones fell out */
	struct memory_look look;
	struct evidence *last; /* of that look; NULL: none */
};

struct check_memory *memory_new(void);
void memory_free(struct check_memory *); /* NULL is fine */

/*
 * Add what the facts show now; the oldest falls out. False, nothing added:
 * too little could be seen to tell, or the time lies a day before the last
 * sight.
 */
bool memory_see(struct check_memory *, const struct check_facts *);

/* Put look and last; takes the evidence, which must be a copy of its own. */
void memory_look_set(
    struct check_memory *, const struct check_report *, struct evidence *);

/*
 * Add what the daemon's cache remembers (policies, as of when each was first
 * fetched): where it goes further back than the sights, or saw what they
 * missed. Copies; past needs no order.
 */
void memory_add_past(
    struct check_memory *, const struct memory_sight *past, size_t count);

/* ---- questions; the facts have the memory, which has seen them */

/*
 * Since when the mode of today holds: as seen, or else by the id's date; 0:
 * not known. is_seen: by the memory; is_exact: the change itself was seen.
 */
struct memory_since {
	int64_t time;
	bool is_seen, is_exact;
};
struct memory_since memory_mode_since(const struct check_facts *);

/* How long testing was seen before the mode of today; -1: not known. */
int64_t memory_testing_before(const struct check_facts *);

/* The sight before the mode of today that had another, or NULL. */
const struct memory_sight *memory_mode_before(const struct check_facts *);

/* Until when senders may hold what was published at the sight: 0: nothing,
 * or not known. */
int64_t memory_held_until(const struct check_facts *, size_t sight);

/*
 * The policies of before that some sender may hold now, each once, into
 * sight[MEMORY_SIGHTS_MAX], with until[] of each; the latest end first.
 * Returns how many.
 */
size_t memory_held(const struct check_facts *, size_t sight[MEMORY_SIGHTS_MAX],
    int64_t until[MEMORY_SIGHTS_MAX]);

/* From when on a policy of mode none may go: the end of all others that were
 * seen; 0: none was seen. */
int64_t memory_safe_removal(const struct check_facts *);

/* The last policy that was seen, today's or one before it; NULL: none. */
const struct memory_sight *memory_last_policy(const struct check_facts *);

/* The MX hosts of the facts as a sight has them; to be freed. NULL: not known.
 */
char *memory_mx(const struct check_facts *);

/* By its bytes; where they are not known, by mode and id. */
bool
memory_is_same_policy(const struct memory_sight *, const struct memory_sight *);

/* ---- memory_json.c */

/* One JSON object. */
void memory_save(struct buf *, const char *domain, const struct check_memory *);

enum memory_status {
	MEMORY_OK,
	MEMORY_DAMAGED, /* no such object: it may be moved out of the way */
	MEMORY_NOT_OURS /* another version's, or of the future: leave it */
};

/* Reads what memory_save() wrote of the domain; all of it is checked. error
 * says why not. *out is the caller's. */
enum memory_status memory_load(const char *text, size_t len, const char *domain,
    int64_t now, struct check_memory **out, struct buf *error);

#endif
