/* SPDX-License-Identifier: ISC */
/*
 * A memory as JSON, one object a domain. The text lies in a file that others
 * may have written: all of it is checked, and what is not known is refused.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/domain.h"
#include "base/xmalloc.h"
#include "check/memory.h"

#define MEMORY_FORMAT 1
#define HASH_DIGITS   16
#define FUTURE_S      INT64_C(86400) /* clocks differ, but not by more */

/* ---- out */

static void
set(json_t *object, const char *name, json_t *value)
{
	json_object_set_new(object, name, value);
}

static json_t *
save_sight(const struct memory_sight *s)
{
	char hash[HASH_DIGITS + 1];
	json_t *o = json_object(), *mx;

	set(o, "first", json_integer(s->first));
	set(o, "last", json_integer(s->last));
	if (s->id[0] != '\0')
		set(o, "id", json_string(s->id));
	if (s->has_policy) {
		set(o, "mode", json_string(sts_mode_word(s->mode)));
		if (s->max_age != MEMORY_AGE_UNKNOWN)
			set(o, "max_age", json_integer(s->max_age));
		if (s->body != 0) {
			snprintf(hash, sizeof(hash), "%016" PRIx64, s->body);
			set(o, "body", json_string(hash));
		}
	}
	/* Names in MX records may hold any bytes: then the set is not kept. */
	mx = s->mx != NULL ? json_string(s->mx) : NULL;
	if (mx != NULL)
		set(o, "mx", mx);
	return o;
}

static json_t *
save_look(const struct memory_look *look)
{
	json_t *o = json_object(), *codes = json_array();
	size_t i;

	set(o, "time", json_integer(look->time));
	set(o, "grade", json_string(look->grade));
	set(o, "status", json_string(look->status));
	for (i = 0; i < look->codes; i++)
		json_array_append_new(codes, json_string(look->code[i]));
	set(o, "codes", codes);
	return o;
}

static json_t *
save_evidence(const struct evidence *e)
{
	struct buf text = { 0 };
	json_t *o;

	evidence_save(&text, e);
	o = json_loadb(text.data, text.len, JSON_ALLOW_NUL, NULL);
	buf_clear(&text);
	return o;
}

static int
on_dump(const char *bytes, size_t len, void *arg)
{
	buf_put(arg, bytes, len);
	return 0;
}

void
memory_save(struct buf *out, const char *domain, const struct check_memory *m)
{
	json_t *o, *history;
	size_t i;

	json_set_alloc_funcs(xmalloc, free);
	o = json_object();
	history = json_array();
	set(o, "format", json_integer(MEMORY_FORMAT));
	set(o, "domain", json_string(domain));
	for (i = 0; i < m->count; i++)
		json_array_append_new(history, save_sight(&m->sight[i]));
	set(o, "history", history);
	if (m->has_lost)
		set(o, "has_lost", json_true());
	if (m->look.time != 0)
		set(o, "look", save_look(&m->look));
	if (m->last != NULL)
		set(o, "evidence", save_evidence(m->last));
	json_dump_callback(o, on_dump, out, JSON_INDENT(1));
	buf_putc(out, '\n');
	json_decref(o);
}

/* ---- in */

struct reader {
	int64_t now;
	struct buf *error;
	enum memory_status status;
};

static bool
refuse(struct reader *r, const char *where, const char *why)
{
	buf_reset(r->error);
	buf_printf(r->error, "%s: %s", where, why);
	return false;
}

/* names: all that may be there, with a blank before and after each. */
static bool
has_only(struct reader *r, json_t *o, const char *where, const char *names)
{
	char name[32];
	void *at;

	if (!json_is_object(o))
		return refuse(r, where, "not an object");
	for (at = json_object_iter(o); at != NULL;
	     at = json_object_iter_next(o, at)) {
		if ((size_t)snprintf(name, sizeof(name), " %s ",
			json_object_iter_key(at)) >= sizeof(name) ||
		    strstr(names, name) == NULL)
			return refuse(r, where, "an unknown member");
	}
	return true;
}

static bool
read_time(struct reader *r, json_t *o, const char *name, int64_t *out)
{
	json_t *value = json_object_get(o, name);

	if (!json_is_integer(value) || json_integer_value(value) <= 0)
		return refuse(r, name, "no time");
	*out = json_integer_value(value);
	if (*out <= r->now + FUTURE_S)
		return true;
	r->status = MEMORY_NOT_OURS;
	return refuse(r, name, "a time in the future: is the clock right?");
}

static bool
read_word(struct reader *r, json_t *o, const char *name, char *out, size_t size)
{
	const char *text = json_string_value(json_object_get(o, name));
	const char *p;

	if (text == NULL || text[0] == '\0')
		return refuse(r, name, "no word");
	for (p = text; *p != '\0'; p++)
		if (*p < '!' || *p > '~')
			return refuse(r, name, "no word");
	return strlcpy(out, text, size) < size ? true :
						 refuse(r, name, "too long");
}

static bool
read_mode(struct reader *r, json_t *o, struct memory_sight *s)
{
	static const enum sts_mode modes[] = { STS_MODE_NONE, STS_MODE_TESTING,
		STS_MODE_ENFORCE };
	const char *text = json_string_value(json_object_get(o, "mode"));
	size_t i;

	for (i = 0; text != NULL && i < sizeof(modes) / sizeof(modes[0]); i++)
		if (strcmp(text, sts_mode_word(modes[i])) == 0) {
			s->mode = modes[i];
			s->has_policy = true;
			return true;
		}
	return refuse(r, "mode", "no mode");
}

static bool
read_body(struct reader *r, json_t *o, struct memory_sight *s)
{
	const char *text = json_string_value(json_object_get(o, "body"));

	if (text == NULL || strlen(text) != HASH_DIGITS ||
	    strspn(text, "0123456789abcdef") != HASH_DIGITS)
		return refuse(r, "body", "no hash");
	s->body = strtoull(text, NULL, 16);
	return true;
}

static bool
read_policy(struct reader *r, json_t *o, struct memory_sight *s)
{
	json_t *age = json_object_get(o, "max_age");

	s->max_age = MEMORY_AGE_UNKNOWN;
	if (json_object_get(o, "mode") == NULL) {
		if (age != NULL || json_object_get(o, "body") != NULL)
			return refuse(r, "history", "a policy without a mode");
		s->max_age = 0;
		return true;
	}
	if (age != NULL) {
		s->max_age = json_integer_value(age);
		if (!json_is_integer(age) || s->max_age < 0 ||
		    s->max_age > STS_MAX_AGE_MAX_S)
			return refuse(r, "max_age", "out of range");
	}
	return read_mode(r, o, s) &&
	    (json_object_get(o, "body") == NULL || read_body(r, o, s));
}

static bool
read_mx(struct reader *r, json_t *o, struct memory_sight *s)
{
	json_t *mx = json_object_get(o, "mx");

	if (mx == NULL)
		return true;
	if (!json_is_string(mx) || json_string_length(mx) > MEMORY_MX_BYTES)
		return refuse(r, "mx", "no list of hosts");
	s->mx = xstrdup(json_string_value(mx));
	return true;
}

static bool
is_id(const char *id)
{
	for (; *id != '\0'; id++)
		if (!((*id >= '0' && *id <= '9') ||
			(*id >= 'a' && *id <= 'z') ||
			(*id >= 'A' && *id <= 'Z')))
			return false;
	return true;
}

/* What was read of it is the memory's, whatever comes. */
static bool
read_sight(struct reader *r, json_t *o, struct check_memory *m)
{
	struct memory_sight *s = &m->sight[m->count++];

	*s = (struct memory_sight){ 0 };
	if (!has_only(
		r, o, "history", " first last id mode max_age body mx ") ||
	    !read_time(r, o, "first", &s->first) ||
	    !read_time(r, o, "last", &s->last) || !read_policy(r, o, s) ||
	    !read_mx(r, o, s))
		return false;
	if (json_object_get(o, "id") != NULL &&
	    (!read_word(r, o, "id", s->id, sizeof(s->id)) || !is_id(s->id)))
		return refuse(r, "id", "no id");
	if (s->last < s->first || (m->count > 1 && s->first < s[-1].last))
		return refuse(r, "history", "not in the order of time");
	return true;
}

static bool
read_history(struct reader *r, json_t *root, struct check_memory *m)
{
	json_t *history = json_object_get(root, "history");
	json_t *lost = json_object_get(root, "has_lost");
	size_t i, n = json_array_size(history);

	if (!json_is_array(history) || n > MEMORY_SIGHTS_MAX)
		return refuse(r, "history", "not an array of at most 32");
	if (lost != NULL && !json_is_true(lost))
		return refuse(r, "has_lost", "not true");
	m->has_lost = lost != NULL;
	m->sight = xcalloc(n + 1, sizeof(*m->sight));
	for (i = 0; i < n; i++)
		if (!read_sight(r, json_array_get(history, i), m))
			return false;
	return true;
}

static bool
read_look(struct reader *r, json_t *root, struct memory_look *look)
{
	json_t *o = json_object_get(root, "look"), *codes, *code;
	size_t i;

	if (o == NULL)
		return true;
	codes = json_object_get(o, "codes");
	if (!has_only(r, o, "look", " time grade status codes ") ||
	    !read_time(r, o, "time", &look->time) ||
	    !read_word(r, o, "grade", look->grade, sizeof(look->grade)) ||
	    !read_word(r, o, "status", look->status, sizeof(look->status)))
		return false;
	if (!json_is_array(codes) || json_array_size(codes) > MEMORY_CODES_MAX)
		return refuse(r, "codes", "not an array of words");
	look->code = xcalloc(json_array_size(codes) + 1, sizeof(*look->code));
	for (i = 0; i < json_array_size(codes); i++) {
		code = json_array_get(codes, i);
		if (!json_is_string(code) || json_string_length(code) > 64 ||
		    strspn(json_string_value(code),
			"abcdefghijklmnopqrstuvwxyz0123456789_") !=
			json_string_length(code))
			return refuse(r, "codes", "not an array of words");
		look->code[look->codes++] = xstrdup(json_string_value(code));
	}
	return true;
}

static bool
read_evidence(
    struct reader *r, json_t *root, const char *domain, struct check_memory *m)
{
	json_t *o = json_object_get(root, "evidence");
	struct buf text = { 0 };
	char error[256];

	if (o == NULL)
		return true;
	json_dump_callback(o, on_dump, &text, JSON_COMPACT | JSON_ENCODE_ANY);
	m->last = evidence_load(buf_str(&text), text.len, error, sizeof(error));
	buf_clear(&text);
	if (m->last == NULL)
		return refuse(r, "evidence", error);
	if (strcmp(m->last->domain, domain) != 0)
		return refuse(r, "evidence", "of another domain");
	return true;
}

static bool
read_root(
    struct reader *r, json_t *root, const char *domain, struct check_memory *m)
{
	json_t *format = json_object_get(root, "format");
	const char *of = json_string_value(json_object_get(root, "domain"));

	if (!json_is_integer(format))
		return refuse(r, "format", "no format number");
	if (json_integer_value(format) != MEMORY_FORMAT) {
		r->status = MEMORY_NOT_OURS;
		return refuse(r, "format", "another version's");
	}
	if (!has_only(r, root, "the file",
		" format domain history has_lost look evidence "))
		return false;
	if (of == NULL || strcmp(of, domain) != 0)
		return refuse(r, "domain", "another domain's");
	return read_history(r, root, m) && read_look(r, root, &m->look) &&
	    read_evidence(r, root, domain, m);
}

enum memory_status
memory_load(const char *text, size_t len, const char *domain, int64_t now,
    struct check_memory **out, struct buf *error)
{
	struct reader r = {
		.now = now, .error = error, .status = MEMORY_DAMAGED
	};
	struct check_memory *m;
	json_error_t why;
	json_t *root;
	bool is_good;

	json_set_alloc_funcs(xmalloc, free);
	root = json_loadb(
	    text, len, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &why);
	if (root == NULL) {
		buf_reset(error);
		buf_printf(error, "line %d: %s", why.line, why.text);
		return MEMORY_DAMAGED;
	}
	m = memory_new();
	is_good = read_root(&r, root, domain, m);
	json_decref(root);
	if (is_good) {
		*out = m;
		return MEMORY_OK;
	}
	memory_free(m);
	return r.status;
}
