/* SPDX-License-Identifier: ISC */
/* A line of export, as import takes it: everything in it is doubted. */
#include <string.h>

#include "cache/record.h"

#define DAY_S   86400
#define AHEAD_S 300 /* clocks of two machines differ */

static bool
bad(struct buf *error, const char *what)
{
	buf_puts(error, what);
	return false;
}

static bool
read_domain(const json_t *object, struct record *r, struct buf *error)
{
	const json_t *value = json_object_get(object, "domain");
	size_t len;

	if (!json_is_string(value))
		return bad(error, "domain: missing, or no string");
	len = domain_to_ascii(
	    json_string_value(value), json_string_length(value), r->domain);
	if (len == 0 || len > RECORD_DOMAIN_MAX)
		return bad(error, "domain: not a domain name");
	return true;
}

static bool
read_id(const json_t *object, struct record *r, struct buf *error)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
	const json_t *value = json_object_get(object, "id");
	const char *id = json_string_value(value);
	size_t len = json_string_length(value);

	if (id == NULL)
		return bad(error, "id: missing, or no string");
	if (len > STS_ID_MAX || strspn(id, allowed) != len)
		return bad(error, "id: not up to 32 letters and digits");
	memcpy(r->entry.state.id, id, len + 1);
	return true;
}

/* A time in the past; 0, absent or null, if that may be: not known. */
static bool
read_past(const json_t *object, const char *name, int64_t now, bool is_optional,
    int64_t *when, struct buf *error)
{
	const json_t *value = json_object_get(object, name);

	*when = 0;
	if (is_optional && (value == NULL || json_is_null(value)))
		return true;
	*when = json_integer_value(value);
	if (!json_is_integer(value) || *when < 0 ||
	    (*when == 0 && !is_optional))
		buf_printf(error, "%s: not a time in seconds", name);
	else if (*when > now + AHEAD_S)
		buf_printf(error, "%s: lies in the future", name);
	else if (*when > now)
		*when = now;
	return error->len == 0;
}

static bool
read_times(const json_t *object, int64_t now, struct record *r, int64_t *used,
    struct buf *error)
{
	struct refresh_state *s = &r->entry.state;
	const json_t *expires = json_object_get(object, "expires");

	if (!read_past(object, "fetched", now, false, &s->fetched, error) ||
	    !read_past(object, "checked", now, true, &s->checked, error) ||
	    !read_past(object, "used", now, true, used, error))
		return false;
	s->expires = json_integer_value(expires);
	if (!json_is_integer(expires) || s->expires < s->fetched)
		return bad(error, "expires: not a time after fetched");
	return true;
}

static bool
read_policy(const json_t *object, struct record *r, struct buf *error)
{
	const json_t *value = json_object_get(object, "policy");
	struct sts_diags diags = { 0 };

	if (!json_is_string(value))
		return bad(error, "policy: missing, or no string");
	if (sts_policy_parse(json_string_value(value),
		json_string_length(value), &r->file, &diags) == 0) {
		r->entry.policy = r->file.policy;
		return true;
	}
	buf_puts(error, "policy: ");
	if (diags.first_fatal.line != 0)
		buf_printf(error, "line %zu: ", diags.first_fatal.line);
	buf_puts(error, sts_diag_word(diags.first_fatal.code));
	if (diags.first_fatal.what != NULL)
		buf_printf(error, ", %s", diags.first_fatal.what);
	return false;
}

static enum record_status
read_object(
    const struct record_reading *reading, struct record *r, struct buf *error)
{
	struct entry *e = &r->entry;
	int64_t used;

	if (!read_domain(r->json, r, error) || !read_id(r->json, r, error) ||
	    !read_times(r->json, reading->now, r, &used, error) ||
	    !read_policy(r->json, r, error))
		return RECORD_BAD;
	e->state.mode = e->policy.mode;
	e->state.max_age = e->policy.max_age;
	refresh_import(
	    &e->state, reading->settings, reading->now, reading->chance);
	e->first_seen = e->state.fetched;
	e->used_day = (used != 0 ? used : reading->now) / DAY_S;
	entry_remember(e);
	return e->state.expires > reading->now ? RECORD_OK : RECORD_EXPIRED;
}

/*
 * A value costs the parser many times what a byte of a string does: who sends
 * little else would hold the loop. Where this misjudges what is a string, the
 * line is no JSON from there on.
 */
static bool
has_many_values(const char *line, size_t len)
{
	size_t i, commas = 0;
	bool is_string = false;

	for (i = 0; i < len && commas < RECORD_VALUES_MAX; i++) {
		if (line[i] == '"')
			is_string = !is_string;
		else if (line[i] == '\\')
			i++;
		else if (line[i] == ',' && !is_string)
			commas++;
	}
	return commas >= RECORD_VALUES_MAX;
}

enum record_status
record_parse_line(const char *line, size_t len,
    const struct record_reading *reading, struct record *out, struct buf *error)
{
	struct record r = { 0 };
	enum record_status status = RECORD_BAD;
	json_error_t why;

	if (has_many_values(line, len)) {
		buf_printf(error, "over %d values", RECORD_VALUES_MAX);
		return RECORD_BAD;
	}
	r.json = json_loadb(line, len, JSON_REJECT_DUPLICATES, &why);
	if (r.json == NULL)
		buf_printf(error, "not JSON: %s", why.text);
	else if (!json_is_object(r.json))
		buf_puts(error, "not a JSON object");
	else
		status = read_object(reading, &r, error);
	if (status == RECORD_OK)
		*out = r;
	else
		record_clear(&r);
	return status;
}

void
record_clear(struct record *r)
{
	sts_policy_file_clear(&r->file);
	if (r->json != NULL)
		json_decref(r->json);
	*r = (struct record){ 0 };
}
