/* SPDX-License-Identifier: ISC */
/*
 * --check-policy: a policy file before it is published. Its syntax; and, when
 * a domain is given, whether it covers the live MX hosts, how it differs from
 * what is live and remembered, and in which order, with which dates, it comes
 * into force. Pure.
 */
#ifndef CHECK_POLICYCHECK_H
#define CHECK_POLICYCHECK_H

#include "base/buf.h"
#include "check/memory.h"

struct policycheck {
	const char *name; /* of the file, for people */
	const char *body;
	size_t len;
	const char *txt,
	    *tls_rpt; /* records to be published; NULL: none given */
	const struct check_facts *live; /* what is published; NULL: no domain */
};

/* Put the report; 0: it can be published, 1: with warnings, 2: not. */
int policycheck_put(struct buf *, const struct policycheck *);

#endif
