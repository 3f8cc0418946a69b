/* SPDX-License-Identifier: ISC */
/*
 * Can reports be sent where the TLS-RPT record says (RFC 8460 3)? Syntax is
 * sts/tlsrpt's; here a mailto: domain must accept mail too. Private to
 * check/. Pure.
 */
#ifndef CHECK_TLSRPT_H
#define CHECK_TLSRPT_H

#include "check/rules.h"

enum tlsrpt_use {
	TLSRPT_MISSING,
	TLSRPT_INVALID, /* or no destination is usable */
	TLSRPT_PARTLY, /* some are */
	TLSRPT_USABLE, /* all are */
	TLSRPT_UNKNOWN /* the look-up failed */
};

enum tlsrpt_use tlsrpt_use(const struct check_facts *);

/* Does it hang on a domain whose look-up failed? */
bool tlsrpt_is_unproven(const struct check_facts *);

#endif
