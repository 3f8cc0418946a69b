/* SPDX-License-Identifier: ISC */
/*
 * What the TXT records of RFC 8461 (3.1) and RFC 8460 (3) have in common: a
 * version, then fields name "=" value, each behind *WSP ";" *WSP. Private to
 * sts/. Pure.
 */
#ifndef STS_FIELD_H
#define STS_FIELD_H

#include <stdbool.h>
#include <stddef.h>

#include "sts/txt.h"

#define STS_FIELD_NAME_MAX 32

/* ASCII only, whatever the locale. */
bool sts_is_alpha(char);
bool sts_is_digit(char);
bool sts_is_blank(char); /* WSP: SP or HTAB */

/*
 * An extension's name, in records and in policy files alike:
 * (ALPHA / DIGIT) *31(ALPHA / DIGIT / "_" / "-" / ".").
 */
bool sts_field_is_name(const char *, size_t len);

struct sts_field {
	size_t offset; /* in the record */
	size_t len; /* all of it, without blanks around it */
	const char *name;
	size_t name_len;
	const char *value; /* NULL: there is no "=" */
	size_t value_len;
};

struct sts_fields {
	const struct sts_record *record;
	size_t pos;
	bool has_blank; /* between the version and its ";" */
};

/* Does the record begin with the version, *WSP and ";"? Then its fields. */
bool sts_fields_begin(
    struct sts_fields *, const struct sts_record *, const char *version);

/* The next field, an empty one (";;") too; false at the end. */
bool sts_fields_next(struct sts_fields *, struct sts_field *);

bool sts_field_is(const struct sts_field *, const char *name);

/* What keeps it from being an extension; NULL: nothing. A constant. */
const char *sts_field_fault(const struct sts_field *);

#endif
