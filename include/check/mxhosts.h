/* SPDX-License-Identifier: ISC */
/*
 * What the rules on MX hosts share: lists of their names, how much a fault of
 * theirs weighs, what is wrong with a certificate. Private to check/. Pure.
 */
#ifndef CHECK_MXHOSTS_H
#define CHECK_MXHOSTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "check/rules.h"

/* The mode that was read, of a valid file or not. */
bool mxhosts_is_mode(const struct check_facts *, enum sts_mode);

/* Critical in enforce, else a warning; high in enforce, medium in testing. */
enum check_severity mxhosts_severity(const struct check_facts *);
enum check_priority mxhosts_priority(const struct check_facts *);

/* The MX look-up gave no answer at all (which is not: no MX record). */
bool mxhosts_is_unknown(const struct check_facts *);

/* Does the pattern match any MX host? */
bool mxhosts_is_used(const struct check_facts *, const char *pattern);

/* "a, b, c and 7 more". A zeroed struct is empty. */
struct mxhosts_list {
	struct buf text;
	size_t count;
};
void mxhosts_put(struct mxhosts_list *, const char *host);
/* Lends; call it once, when all were put. */
const char *mxhosts_text(struct mxhosts_list *);
void mxhosts_clear(struct mxhosts_list *);

/* Was TLS below 1.2 the best that came about? */
bool mxhosts_is_old_tls(const struct ev_tls *);

/* Did SMTP show a fault that lets a delivery fail (RFC 8461 4.2)? */
bool mxhosts_is_smtp_bad(const struct ev_mx *);

enum mxcert_fault {
	MXCERT_GOOD,
	MXCERT_EXPIRED, /* or not yet valid */
	MXCERT_CHAIN,
	MXCERT_NAME /* RFC 8461 4.2: a DNS-ID of the host */
};

/* The worst that is wrong with what a host showed; why (may be NULL) gets a
 * clause. Meaningful after a handshake. */
enum mxcert_fault
mxcert_fault(const struct ev_tls *, int64_t now, struct buf *why);

/* The subject's CN; false when it has none that is a name. */
bool mxcert_cn(const struct ev_cert *, char name[DOMAIN_MAX + 1]);

/*
 * Would Postfix take the certificate for a name of match= (".x": any depth
 * below x)? It reads DNS names, and without any of them the CN.
 */
bool mxcert_postfix_match(const struct ev_cert *, const char *name);

#endif
