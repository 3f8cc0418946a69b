/* SPDX-License-Identifier: ISC */
/*
 * No value may hold a ";" (RFC 8461 3.1, RFC 8460 3), so a record is split
 * there first and its fields are judged afterwards, each by itself.
 */
#include <string.h>

#include "sts/field.h"

bool
sts_is_alpha(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

bool
sts_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

bool
sts_is_blank(char c)
{
	return c == ' ' || c == '\t';
}

bool
sts_field_is_name(const char *s, size_t len)
{
	size_t i;

	if (len == 0 || len > STS_FIELD_NAME_MAX)
		return false;
	for (i = 0; i < len; i++) {
		if (sts_is_alpha(s[i]) || sts_is_digit(s[i]))
			continue;
		if (i == 0 || (s[i] != '_' && s[i] != '-' && s[i] != '.'))
			return false;
	}
	return true;
}

bool
sts_fields_begin(struct sts_fields *fields, const struct sts_record *record,
    const char *version)
{
	size_t pos = strlen(version);

	if (record->len < pos || memcmp(record->data, version, pos) != 0)
		return false;
	*fields = (struct sts_fields){ .record = record };
	while (pos < record->len && sts_is_blank(record->data[pos])) {
		fields->has_blank = true;
		pos++;
	}
	fields->pos = pos + 1;
	return pos < record->len && record->data[pos] == ';';
}

bool
sts_fields_next(struct sts_fields *fields, struct sts_field *field)
{
	const char *data = fields->record->data, *end, *equals;
	size_t pos = fields->pos, len = fields->record->len;

	while (pos < len && sts_is_blank(data[pos]))
		pos++;
	if (pos >= len)
		return false;
	*field = (struct sts_field){ .offset = pos, .name = data + pos };
	end = memchr(data + pos, ';', len - pos);
	fields->pos = end != NULL ? (size_t)(end - data) + 1 : len;
	field->len = end != NULL ? (size_t)(end - data) - pos : len - pos;
	/* Blanks belong to the delimiter, so not where there is none. */
	while (end != NULL && field->len > 0 &&
	    sts_is_blank(data[pos + field->len - 1]))
		field->len--;
	field->name_len = field->len;
	equals = memchr(field->name, '=', field->len);
	if (equals != NULL) {
		field->name_len = (size_t)(equals - field->name);
		field->value = equals + 1;
		field->value_len = field->len - field->name_len - 1;
	}
	return true;
}

bool
sts_field_is(const struct sts_field *field, const char *name)
{
	return field->value != NULL && field->name_len == strlen(name) &&
	    memcmp(field->name, name, field->name_len) == 0;
}

const char *
sts_field_fault(const struct sts_field *field)
{
	size_t i;

	if (field->len == 0)
		return "an empty field";
	if (field->value == NULL)
		return "no \"=\"";
	if (!sts_field_is_name(field->name, field->name_len))
		return "not a field name";
	if (field->value_len == 0)
		return "an empty value";
	for (i = 0; i < field->value_len; i++) {
		if (sts_is_blank(field->value[i]))
			return "a blank in the value";
		if (field->value[i] == '=')
			return "a second \"=\"";
		if (field->value[i] < 0x21 || field->value[i] > 0x7e)
			return "not printable ASCII";
	}
	return NULL;
}
