/* SPDX-License-Identifier: ISC */
/*
 * Evidence read back from JSON. The text may come from anywhere: all of it is
 * checked, and what the table does not know is refused.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>
#include <openssl/evp.h>

#include "base/domain.h"
#include "base/xmalloc.h"
#include "check/evidence.h"
#include "check/evidence_field.h"

#define PATH_BYTES 256

struct loader {
	char path[PATH_BYTES]; /* of the member being read */
	char *error;
	size_t error_size;
};

static bool
refuse(struct loader *l, const char *why)
{
	snprintf(l->error, l->error_size, "%s%s%s", l->path,
	    l->path[0] != '\0' ? ": " : "", why);
	return false;
}

/* Strict: no blanks, the right padding, nothing behind it. */
static bool
decode(const char *text, size_t len, struct ev_bytes *out)
{
	size_t pad = 0;
	unsigned char *bytes;
	char *again;
	bool is_good = false;

	if (len % 4 != 0 || len > INT_MAX)
		return false;
	while (pad < 2 && pad < len && text[len - 1 - pad] == '=')
		pad++;
	bytes = xmalloc(len / 4 * 3 + 1);
	again = xmalloc(len + 1);
	if (EVP_DecodeBlock(bytes, (const unsigned char *)text, (int)len) ==
	    (int)(len / 4 * 3)) {
		out->len = len / 4 * 3 - pad;
		bytes[out->len] = '\0';
		is_good = EVP_EncodeBlock((unsigned char *)again, bytes,
			      (int)out->len) == (int)len &&
		    memcmp(again, text, len) == 0;
	}
	free(again);
	if (is_good)
		out->data = (char *)bytes;
	else
		free(bytes);
	return is_good;
}

static bool
load_bytes(struct loader *l, json_t *value, int64_t max, struct ev_bytes *out)
{
	struct ev_bytes bytes = { 0 };
	json_t *text;

	if (json_is_string(value)) {
		bytes.len = json_string_length(value);
		bytes.data = xmemdup(json_string_value(value), bytes.len);
	} else if (json_is_object(value)) {
		text = json_object_get(value, EV_BASE64_NAME);
		if (json_object_size(value) != 1 || !json_is_string(text) ||
		    !decode(json_string_value(text), json_string_length(text),
			&bytes)) {
			(void)refuse(l, "not base64");
			return false; /* plainly, for the analyser */
		}
	} else {
		(void)refuse(l, "not a text");
		return false;
	}
	if ((int64_t)bytes.len > max) {
		free(bytes.data);
		(void)refuse(l, "too long");
		return false;
	}
	*out = bytes;
	return true;
}

/* A C string: no NUL in it. */
static bool
load_text(struct loader *l, json_t *value, char **out)
{
	struct ev_bytes bytes;

	if (!load_bytes(l, value, EVIDENCE_BYTES_MAX, &bytes))
		return false;
	if (strlen(bytes.data) != bytes.len) {
		free(bytes.data);
		return refuse(l, "a NUL in a text");
	}
	*out = bytes.data;
	return true;
}

/* The one text in a fixed place is the domain. */
static bool
load_chars(
    struct loader *l, const struct ev_field *f, json_t *value, char *member)
{
	char domain[DOMAIN_MAX + 1];
	const char *text = json_string_value(value);

	if (text == NULL ||
	    domain_to_ascii(text, json_string_length(value), domain) !=
		json_string_length(value) ||
	    strcmp(domain, text) != 0)
		return refuse(l, "not a domain in lower-case A-labels");
	return strlcpy(member, domain, f->size) < f->size;
}

/* It is within the member's range. */
static void
set_int(const struct ev_field *f, void *member, int64_t n)
{
	uint8_t u8 = (uint8_t)n;
	uint16_t u16 = (uint16_t)n;
	uint32_t u32 = (uint32_t)n;

	switch (f->size) {
	case sizeof(u8):
		memcpy(member, &u8, sizeof(u8));
		break;
	case sizeof(u16):
		memcpy(member, &u16, sizeof(u16));
		break;
	case sizeof(u32):
		memcpy(member, &u32, sizeof(u32));
		break;
	default:
		memcpy(member, &n, sizeof(n));
	}
}

static bool
load_int(
    struct loader *l, const struct ev_field *f, json_t *value, void *member)
{
	int64_t n = json_integer_value(value);

	if (!json_is_integer(value))
		return refuse(l, "not a whole number");
	if (n < f->min || n > f->max)
		return refuse(l, "out of range");
	set_int(f, member, n);
	return true;
}

static bool
load_enum(
    struct loader *l, const struct ev_field *f, json_t *value, void *member)
{
	const char *text = json_string_value(value);
	int i;

	if (text == NULL)
		return refuse(l, "not a word");
	for (i = 0; i <= (int)f->max; i++)
		if (strcmp(f->word(i), text) == 0 && text[0] != '?') {
			set_int(f, member, i);
			return true;
		}
	return refuse(l, "an unknown word");
}

static bool
load_object(struct loader *, const struct ev_field *, json_t *, void *object);

static bool
load_item(struct loader *l, const struct ev_field *f, json_t *value, char *item)
{
	char *text;

	if (f->kind != EV_TEXTS)
		return load_object(l, f->fields, value, item);
	if (!load_text(l, value, &text))
		return false;
	memcpy(item, &text, sizeof(text));
	return true;
}

/* The count grows with the list: what was read is freed, whatever comes. */
static bool
load_list(
    struct loader *l, const struct ev_field *f, json_t *value, void *object)
{
	char *member = (char *)object + f->offset, *items = member;
	size_t i, count = json_array_size(value), path = strlen(l->path);
	size_t known = ev_field_count(f, object);

	if (!json_is_array(value))
		return refuse(l, "not an array");
	if ((int64_t)count > f->max)
		return refuse(l, "too many");
	if (count == 0)
		return true;
	if (f->kind != EV_ROW) {
		items = xcalloc(count, f->size);
		memcpy(member, &items, sizeof(items));
	}
	/* Two rows may share a count. */
	if (known < count)
		memcpy((char *)object + f->count_offset, &count, sizeof(count));
	for (i = 0; i < count; i++) {
		snprintf(l->path + path, sizeof(l->path) - path, "[%zu]", i);
		if (!load_item(
			l, f, json_array_get(value, i), items + i * f->size))
			return false;
	}
	return true;
}

static bool
load_member(
    struct loader *l, const struct ev_field *f, json_t *value, void *object)
{
	char *member = (char *)object + f->offset;

	switch (f->kind) {
	case EV_BOOL:
		if (!json_is_boolean(value))
			return refuse(l, "neither true nor false");
		*(bool *)member = json_is_true(value);
		return true;
	case EV_INT:
		return load_int(l, f, value, member);
	case EV_ENUM:
		return load_enum(l, f, value, member);
	case EV_CHARS:
		return load_chars(l, f, value, member);
	case EV_TEXT:
		return load_text(l, value, (char **)(void *)member);
	case EV_BYTES:
		return load_bytes(
		    l, value, f->max, (struct ev_bytes *)(void *)member);
	case EV_STRUCT:
		return load_object(l, f->fields, value, member);
	case EV_TEXTS:
	case EV_LIST:
	case EV_ROW:
		return load_list(l, f, value, object);
	}
	return false;
}

/* A member that is not there: may it miss? */
static bool
load_nothing(struct loader *l, const struct ev_field *f, void *object)
{
	char *empty;

	switch (f->need) {
	case EV_MAY_MISS:
		return true;
	case EV_NEEDED:
		return refuse(l, "missing");
	case EV_FILLED:
		if (*(const bool *)object) {
			empty = xstrdup("");
			memcpy(
			    (char *)object + f->offset, &empty, sizeof(empty));
		}
		return true;
	}
	return false;
}

static bool
is_known(const struct ev_field *fields, const char *name)
{
	const struct ev_field *f;

	for (f = fields; f->name != NULL; f++)
		if (strcmp(f->name, name) == 0)
			return true;
	return fields == ev_fields_evidence &&
	    strcmp(name, EV_FORMAT_NAME) == 0;
}

/* The object is zeroed; what was read into it is the caller's to free. */
static bool
load_object(struct loader *l, const struct ev_field *fields, json_t *value,
    void *object)
{
	size_t path = strlen(l->path);
	const struct ev_field *f;
	json_t *member;
	void *at;

	if (!json_is_object(value))
		return refuse(l, "not an object");
	for (at = json_object_iter(value); at != NULL;
	     at = json_object_iter_next(value, at))
		if (!is_known(fields, json_object_iter_key(at)))
			return refuse(l, "an unknown member");
	for (f = fields; f->name != NULL; f++) {
		snprintf(l->path + path, sizeof(l->path) - path, "%s%s",
		    path > 0 ? "." : "", f->name);
		member = json_object_get(value, f->name);
		if (member == NULL ? !load_nothing(l, f, object) :
				     !load_member(l, f, member, object))
			return false;
	}
	l->path[path] = '\0';
	return true;
}

static bool
load_root(struct loader *l, json_t *root, struct evidence *e)
{
	json_t *format = json_object_get(root, EV_FORMAT_NAME);

	if (!json_is_object(root))
		return refuse(l, "not an object");
	if (!json_is_integer(format))
		return refuse(l, "no format number");
	if (json_integer_value(format) != EVIDENCE_FORMAT)
		return refuse(l, "another format number than ours");
	return load_object(l, ev_fields_evidence, root, e);
}

struct evidence *
evidence_load(const char *text, size_t len, char *error, size_t error_size)
{
	struct loader l = { .error = error, .error_size = error_size };
	struct evidence *e;
	json_error_t why;
	json_t *root;
	bool is_good;

	if (len > EVIDENCE_FILE_MAX) {
		refuse(&l, "over 16 MiB");
		return NULL;
	}
	json_set_alloc_funcs(xmalloc, free);
	root = json_loadb(
	    text, len, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &why);
	if (root == NULL) {
		snprintf(error, error_size, "line %d: %s", why.line, why.text);
		return NULL;
	}
	e = evidence_new();
	is_good = load_root(&l, root, e);
	json_decref(root);
	if (is_good)
		return e;
	evidence_free(e);
	return NULL;
}

bool
ev_mx_load(const char *text, size_t len, struct ev_mx *out)
{
	char error[PATH_BYTES];
	struct loader l = { .error = error, .error_size = sizeof(error) };
	struct ev_mx mx = { 0 };
	json_t *root;
	bool is_good;

	json_set_alloc_funcs(xmalloc, free);
	root = json_loadb(
	    text, len, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
	is_good = root != NULL && load_object(&l, ev_fields_mx, root, &mx);
	json_decref(root);
	if (is_good)
		*out = mx;
	else
		ev_mx_clear(&mx);
	return is_good;
}
