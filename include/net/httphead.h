/* SPDX-License-Identifier: ISC */
/*
 * Reads the header lines of an answer one by one, keeps what a policy file's
 * answer is judged by (RFC 8461 section 3.3) and judges it. Interim answers
 * (1xx) are passed over, but their bytes count. Pure.
 */
#ifndef NET_HTTPHEAD_H
#define NET_HTTPHEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sts/reason.h"

#define HTTPHEAD_MAX_BYTES   32768
#define HTTPHEAD_FIELD_BYTES 256

/* A field we care for: its (last) value, cut, and how often it came. */
struct httphead_field {
	char text[HTTPHEAD_FIELD_BYTES];
	unsigned int count;
};

/* A zeroed struct is one that has read nothing. */
struct httphead {
	size_t bytes; /* all lines: interim answers and trailers too */
	long status; /* 0: no status line yet */
	bool is_complete; /* the blank line of the final answer came */
	bool is_chunked;
	bool has_length;
	uint64_t length; /* Content-Length; the largest of several */
	struct httphead_field type;
	struct httphead_field coding; /* but identity */
	struct httphead_field transfer; /* but chunked */
	struct httphead_field location;
	struct httphead_field *last; /* what a folded line goes on with */
};

/* Take one line with its line end; false once the limit is passed. */
bool httphead_take(struct httphead *, const char *line, size_t len);

/*
 * What a complete header says: OK when a body of at most body_max bytes may
 * follow, else the reason and a line for the log.
 */
enum sts_reason httphead_judge(
    const struct httphead *, size_t body_max, char *detail, size_t detail_size);

/* Does only the end of the connection end the body (RFC 9112 6.3)? */
bool httphead_is_close_delimited(const struct httphead *);

#endif
