/* SPDX-License-Identifier: ISC */
/*
 * Texts as Postfix's parameters hold them: lists of tables, transports and
 * next-hops, answers of a policy table. Pure.
 */
#ifndef CTL_DOCTORMAP_H
#define CTL_DOCTORMAP_H

#include <stdbool.h>
#include <stddef.h>

#include "ctl/doctorfacts.h"

#define DOCTOR_TRANSPORT_BYTES 64 /* a longer name is cut */

/* One of smtp_tls_policy_maps. */
struct doctor_table {
	char *text; /* as it stands there */
	bool is_proxied; /* proxy: before it */
	bool is_socketmap;
	char *address; /* of a socketmap: "inet:127.0.0.1:8461" */
	char *name; /* and "postfix-3.4"; NULL: malformed */
};
struct doctor_tables {
	struct doctor_table *item;
	size_t count;
};

/* Blanks and commas between them, braces kept together. */
void doctor_tables_parse(struct doctor_tables *, const char *list);
void doctor_tables_clear(struct doctor_tables *);

/* The first socketmap that the daemon listens on, else the first; NULL. */
const struct doctor_table *
doctor_tables_ours(const struct doctor_tables *, const struct doctor_facts *);

/* The items of any such list. */
void doctor_split(struct doctor_texts *, const char *list);

/*
 * "transport:nexthop" in two; *hop lends from text. The transport may be
 * empty. Without a colon the whole is the transport.
 */
void doctor_transport_split(
    const char *text, char transport[DOCTOR_TRANSPORT_BYTES], const char **hop);

/* Is it the address of that listener? Wildcard listeners are any address. */
bool doctor_address_is(const char *address, const char *listener);

/* "secure match=a:.b mx_host_pattern=c": its parts. */
struct doctor_policy {
	char *level;
	struct doctor_texts match;
	struct doctor_texts pattern;
};
void doctor_policy_parse(struct doctor_policy *, const char *text);
void doctor_policy_clear(struct doctor_policy *);
/* Is that MX host one of the policy's (RFC 8461 section 4.1)? */
bool doctor_policy_covers(const struct doctor_policy *, const char *host);

#endif
