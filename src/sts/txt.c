/* SPDX-License-Identifier: ISC */
/*
 * RFC 8461 section 3.1: records that do not begin with the version are
 * dropped, and exactly one must be left. Of two readings the ABNF's is taken:
 * blanks may stand before the first ";" (erratum 6285). A known name with a
 * bad value is never an extension; the first id counts, a later one must
 * only be some valid field.
 */
#include <string.h>

#include "sts/field.h"
#include "sts/txt.h"

#define TXT_VERSION "v=STSv1"

struct txt_reader {
	struct sts_diags *diags;
	size_t line;
	bool is_invalid;
	const char *id; /* NULL: no id field yet */
	size_t id_len;
};

static void
txt_report(struct txt_reader *r, enum sts_diag_code code, bool is_fatal,
    const struct sts_field *field, const char *what)
{
	if (is_fatal)
		r->is_invalid = true;
	sts_diag_add(r->diags,
	    &(struct sts_diag){ .code = code,
		.is_fatal = is_fatal,
		.line = r->line,
		.offset = field->offset,
		.len = field->len,
		.what = what });
}

static const char *
id_fault(const struct sts_field *field)
{
	size_t i;

	if (field->value_len == 0)
		return "the id is empty";
	for (i = 0; i < field->value_len; i++)
		if (!sts_is_alpha(field->value[i]) &&
		    !sts_is_digit(field->value[i]))
			return "the id holds more than letters and digits";
	if (field->value_len > STS_ID_MAX)
		return "the id is longer than 32 characters";
	return NULL;
}

static void
txt_read_field(struct txt_reader *r, const struct sts_field *field)
{
	enum sts_diag_code code = STS_DIAG_TXT_SYNTAX;
	const char *what;

	if (sts_field_is(field, "id") && r->id == NULL) {
		code = STS_DIAG_BAD_ID;
		what = id_fault(field);
		r->id = field->value;
		r->id_len = field->value_len;
	} else {
		what = sts_field_fault(field);
		if (what == NULL && sts_field_is(field, "id"))
			txt_report(r, STS_DIAG_TXT_DUPLICATE, false, field,
			    "the first id counts");
	}
	if (what != NULL)
		txt_report(r, code, true, field, what);
}

static void
txt_read_record(struct txt_reader *r, struct sts_fields *fields)
{
	struct sts_field field = { .len = fields->pos };

	if (fields->has_blank)
		txt_report(r, STS_DIAG_TXT_SPACE, false, &field,
		    "a blank before the first \";\"");
	while (sts_fields_next(fields, &field))
		txt_read_field(r, &field);
	if (r->id == NULL) {
		field = (struct sts_field){ .len = fields->record->len };
		txt_report(r, STS_DIAG_BAD_ID, true, &field, "no id field");
	}
}

enum sts_txt_status
sts_txt_parse(const struct sts_record *records, size_t n,
    char id[STS_ID_MAX + 1], struct sts_diags *diags)
{
	struct txt_reader r = { 0 };
	struct sts_fields fields;
	size_t i, count = 0;

	for (i = 0; i < n; i++) {
		if (!sts_fields_begin(&fields, &records[i], TXT_VERSION))
			continue;
		r = (struct txt_reader){ .diags = diags, .line = i + 1 };
		txt_read_record(&r, &fields);
		count++;
	}
	if (count == 0)
		return STS_TXT_NONE;
	if (count > 1)
		return STS_TXT_MULTIPLE;
	if (r.is_invalid)
		return STS_TXT_INVALID;
	memcpy(id, r.id, r.id_len);
	id[r.id_len] = '\0';
	return STS_TXT_VALID;
}
