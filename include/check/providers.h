/* SPDX-License-Identifier: ISC */
/*
 * Who runs the mail and the DNS of a domain, told by the names of its hosts.
 * Tables; a name that is in none of them is the domain's own, or unknown.
 * Pure.
 */
#ifndef CHECK_PROVIDERS_H
#define CHECK_PROVIDERS_H

#include <stdbool.h>
#include <stddef.h>

#include "check/rules.h"

#define PROVIDER_PATTERNS_MAX 4

struct provider {
	const char *name; /* "Microsoft 365" */
	const char *suffix; /* of its MX hosts */
	/* mx lines that cover them, up to the first NULL; none: the hosts'
	 * own names are the only ones that will do */
	const char *pattern[PROVIDER_PATTERNS_MAX];
};

extern const struct provider providers[];
extern const size_t providers_count;

/* Of an MX host, or of a pattern ("*.google.com"); NULL: not known. */
const struct provider *provider_find(const char *host);

/* A name server's; a constant, or NULL. */
const char *provider_dns_find(const char *host);

/* Of the domain: of its most preferred MX host that is known; NULL. */
const char *provider_mail_of(const struct check_facts *);
const char *provider_dns_of(const struct check_facts *);

#endif
