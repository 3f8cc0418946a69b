/* SPDX-License-Identifier: ISC */
/* The parts of --check-policy. Private to policycheck*.c. */
#ifndef CHECK_POLICYTRIAL_H
#define CHECK_POLICYTRIAL_H

#include "check/policycheck.h"

/* One run of it. */
struct trial {
	const struct policycheck *p;
	struct evidence *e;
	struct check_facts *facts; /* as if it were published */
	struct buf *out;
	int status;
};

/* A title after an empty line; a line that is escaped and wrapped. */
void trial_title(struct trial *, const char *);
void trial_line(struct trial *, const char *);

/* What to do, and from when on it holds; nothing of a bad policy. */
void trial_steps(struct trial *);

#endif
