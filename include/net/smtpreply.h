/* SPDX-License-Identifier: ISC */
/*
 * Reads one SMTP reply from a stream cut anywhere: all its lines, bounded,
 * ended by CRLF or LF (RFC 5321 section 4.2). Pure.
 */
#ifndef NET_SMTPREPLY_H
#define NET_SMTPREPLY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

enum smtpreply_status {
	SMTPREPLY_MORE, /* the rest is still to come */
	SMTPREPLY_WHOLE,
	SMTPREPLY_MALFORMED, /* a line without a code */
	SMTPREPLY_TOO_LONG /* over SMTP_REPLY_MAX_BYTES */
};

/* A zeroed struct is one that has read nothing. */
struct smtpreply {
	struct buf text; /* the lines, codes too, with "\n" between them */
	size_t line; /* where the last one begins in text */
	size_t bytes; /* read so far, line ends and what was cut too */
	int code; /* of the last whole line, as Postfix takes it; 0: none */
};

/*
 * Take bytes up to the end of the reply; *used says how many. To be called
 * again only after SMTPREPLY_MORE, which has always used them all.
 */
enum smtpreply_status
smtpreply_take(struct smtpreply *, const char *bytes, size_t len, size_t *used);

/* Forget what was read, for the next reply; the memory is kept. */
void smtpreply_reset(struct smtpreply *);
void smtpreply_clear(struct smtpreply *);

/* Is the keyword, in any case, offered after the first line (4.1.1.1)? */
bool smtpreply_has_keyword(const struct smtpreply *, const char *keyword);

/* One line that any terminal or file can take: printable ASCII, cut. */
void smtpreply_format(const struct smtpreply *, char *text, size_t size);

#endif
