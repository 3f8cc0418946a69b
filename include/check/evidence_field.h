/* SPDX-License-Identifier: ISC */
/*
 * The members of struct evidence as a table: what is saved, read again and
 * freed goes by it alone. Private to check/evidence.
 */
#ifndef CHECK_EVIDENCE_FIELD_H
#define CHECK_EVIDENCE_FIELD_H

#include <stddef.h>
#include <stdint.h>

#define EV_FORMAT_NAME "format" /* beside the members of the outermost */
#define EV_BASE64_NAME "base64" /* the one member of bytes that are no text */

enum ev_kind {
	EV_BOOL,
	EV_INT, /* of `size` bytes, from min to max */
	EV_ENUM, /* 0 to max, each with a word */
	EV_CHARS, /* char[size], NUL-terminated: a domain */
	EV_TEXT, /* char *, or NULL */
	EV_BYTES, /* struct ev_bytes of at most max */
	EV_TEXTS, /* char ** and a count, at most max */
	EV_STRUCT,
	EV_LIST, /* pointer to `size` each and a count, at most max */
	EV_ROW /* the same inside the struct */
};

enum ev_need {
	EV_MAY_MISS,
	EV_NEEDED,
	EV_FILLED /* "" when is_asked, the struct's first, is set */
};

struct ev_field {
	const char *name; /* the member's; NULL: the end of the table */
	size_t offset, size;
	enum ev_kind kind;
	enum ev_need need;
	size_t count_offset;
	int64_t min, max;
	const struct ev_field *fields; /* of a struct, or of each element */
	const char *(*word)(int); /* "?": there is none */
};

extern const struct ev_field ev_fields_dns[];
extern const struct ev_field ev_fields_tls[];
extern const struct ev_field ev_fields_fetch[];
extern const struct ev_field ev_fields_mx[];
extern const struct ev_field ev_fields_evidence[];

/* How many elements a list of an object has. */
size_t ev_field_count(const struct ev_field *, const void *object);

/* What a member that is a pointer points to. */
void *ev_field_pointer(const void *member);

/* Free what the members hold; they are left as they are. */
void ev_fields_free(const struct ev_field *, void *object);

#endif
