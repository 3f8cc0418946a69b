/* SPDX-License-Identifier: ISC */
/*
 * What the files of daemon/lookup share: lookup.c finds out what to answer,
 * reply.c writes it.
 */
#ifndef DAEMON_LOOKUPS_H
#define DAEMON_LOOKUPS_H

#include "daemon/dane.h"
#include "daemon/lookup.h"
#include "daemon/stats.h"
#include "daemon/warned.h"
#include "postfix/socketmap.h"

/* A name of the map that was read before; none is empty. */
struct lookups_name {
	char bytes[32];
	size_t len;
	enum answer_profile profile;
};

struct lookups {
	const struct config *config;
	struct resolver *resolver;
	struct hot *hot; /* NULL: none */
	struct stats *stats;
	struct danes *danes; /* NULL: none */
	struct sts_overrides *overrides;
	bool is_odd_name_told;
	struct lookups_name name;
	struct buf text; /* of the answer being written */
	struct buf late; /* the reply of a look-up that waited */
	struct warned warned;
};

/* Do the overrides tell, so that the domain's own policy is not needed? */
bool lookup_is_settled(struct lookup *, struct resolver_answer *);

/*
 * RFC 8461 section 2: where a policy would be applied, or reported on, DANE
 * comes first.
 */
bool lookup_wants_dane(const struct lookup *, const struct resolver_answer *);

/* A policy's mode, with what the overrides make of it. */
enum sts_mode reply_mode(const struct lookup *, const struct resolver_answer *);

/*
 * Append a reply frame, count it and, with log_answers, log it. What the
 * first two return is its STATS_KIND().
 */
unsigned int reply_put_answer(
    const struct lookup *, const struct resolver_answer *, struct buf *out);

/* Any verdict but "none": whatever the policy is. */
unsigned int reply_put_dane(
    const struct lookup *, const struct dane_answer *, struct buf *out);

/* A key that names no domain which could have a policy. */
void reply_put_unwanted(
    const struct lookup *, const struct socketmap_request *, struct buf *out);

#endif
