/* SPDX-License-Identifier: ISC */
/*
 * Evidence as JSON, by the table of its members. What is false, 0, NULL or a
 * part of which nothing is known is left out.
 */
#include <stdlib.h>
#include <string.h>

#include <jansson.h>
#include <openssl/evp.h>

#include "base/xmalloc.h"
#include "check/evidence.h"
#include "check/evidence_field.h"

/* jansson fails for want of memory only: xmalloc() ends the process first. */
static void
put(json_t *object, const char *name, json_t *value)
{
	if (value != NULL)
		json_object_set_new(object, name, value);
}

/* Text as it is; what is no UTF-8, or holds a NUL, as {"base64": ...}. */
static json_t *
save_bytes(const char *data, size_t len)
{
	json_t *value = NULL;
	char *text;

	if (memchr(data, '\0', len) == NULL)
		value = json_stringn(data, len);
	if (value != NULL)
		return value;
	text = xmalloc(4 * ((len + 2) / 3) + 1);
	EVP_EncodeBlock(
	    (unsigned char *)text, (const unsigned char *)data, (int)len);
	value = json_object();
	put(value, EV_BASE64_NAME, json_string(text));
	free(text);
	return value;
}

static int64_t
get_int(const struct ev_field *f, const void *member)
{
	uint8_t u8;
	uint16_t u16;
	uint32_t u32;
	int64_t i64;

	switch (f->size) {
	case sizeof(u8):
		memcpy(&u8, member, sizeof(u8));
		return u8;
	case sizeof(u16):
		memcpy(&u16, member, sizeof(u16));
		return u16;
	case sizeof(u32):
		memcpy(&u32, member, sizeof(u32));
		return f->min < 0 ? (int32_t)u32 : (int64_t)u32;
	default:
		memcpy(&i64, member, sizeof(i64));
		return i64;
	}
}

static json_t *save_object(const struct ev_field *, const void *object);

static json_t *
save_list(const struct ev_field *f, const void *object)
{
	size_t i, count = ev_field_count(f, object);
	const char *item = (const char *)object + f->offset;
	json_t *array;

	if (count == 0)
		return NULL;
	if (f->kind != EV_ROW)
		item = ev_field_pointer(item);
	array = json_array();
	for (i = 0; i < count; i++) {
		const char *at = item + i * f->size;

		if (f->kind == EV_TEXTS) {
			at = ev_field_pointer(at);
			json_array_append_new(
			    array, save_bytes(at, strlen(at)));
		} else
			json_array_append_new(
			    array, save_object(f->fields, at));
	}
	return array;
}

static json_t *
save_part(const struct ev_field *f, const void *member)
{
	json_t *part = save_object(f->fields, member);
	static const char zero[sizeof(struct ev_fetch)];

	/* All members at rest: the part was never looked at. */
	if (f->size <= sizeof(zero) && memcmp(member, zero, f->size) == 0) {
		json_decref(part);
		return NULL;
	}
	return part;
}

static json_t *
save_member(const struct ev_field *f, const void *object)
{
	const char *member = (const char *)object + f->offset;
	struct ev_bytes bytes;
	const char *text;
	int64_t n;

	switch (f->kind) {
	case EV_BOOL:
		return *(const bool *)member ? json_true() : NULL;
	case EV_INT:
		n = get_int(f, member);
		return n != 0 ? json_integer(n) : NULL;
	case EV_ENUM:
		text = f->word((int)get_int(f, member));
		return text[0] != '?' ? json_string(text) : NULL;
	case EV_CHARS:
		return save_bytes(member, strlen(member));
	case EV_TEXT:
		text = ev_field_pointer(member);
		return text != NULL ? save_bytes(text, strlen(text)) : NULL;
	case EV_BYTES:
		memcpy(&bytes, member, sizeof(bytes));
		return bytes.data != NULL ? save_bytes(bytes.data, bytes.len) :
					    NULL;
	case EV_STRUCT:
		return save_part(f, member);
	case EV_TEXTS:
	case EV_LIST:
	case EV_ROW:
		return save_list(f, object);
	}
	return NULL;
}

static json_t *
save_object(const struct ev_field *fields, const void *object)
{
	const struct ev_field *f;
	json_t *value = json_object();

	for (f = fields; f->name != NULL; f++)
		put(value, f->name, save_member(f, object));
	return value;
}

static int
on_dump(const char *bytes, size_t len, void *arg)
{
	buf_put(arg, bytes, len);
	return 0;
}

void
evidence_save(struct buf *out, const struct evidence *e)
{
	json_t *root;

	json_set_alloc_funcs(xmalloc, free);
	root = save_object(ev_fields_evidence, e);
	put(root, EV_FORMAT_NAME, json_integer(EVIDENCE_FORMAT));
	json_dump_callback(root, on_dump, out, JSON_INDENT(1));
	buf_putc(out, '\n');
	json_decref(root);
}

void
ev_mx_save(struct buf *out, const struct ev_mx *mx)
{
	json_t *root;

	json_set_alloc_funcs(xmalloc, free);
	root = save_object(ev_fields_mx, mx);
	json_dump_callback(root, on_dump, out, JSON_COMPACT);
	json_decref(root);
}
