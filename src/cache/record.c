/* SPDX-License-Identifier: ISC */
/* From an entry to JSON; src/cache/record_read.c goes the other way. */
#include <string.h>

#include "cache/record.h"

#define DAY_S 86400

static void
set(json_t *object, const char *name, json_t *value)
{
	/* It fails for want of memory only: xmalloc() ends the process first. */
	(void)json_object_set_new(object, name, value);
}

static void
set_time(json_t *object, const char *name, int64_t when)
{
	set(object, name, json_integer(when));
}

/* 0 is no time. */
static void
set_time_or_null(json_t *object, const char *name, int64_t when)
{
	set(object, name, when != 0 ? json_integer(when) : json_null());
}

static json_t *
mx_list(const struct sts_mxlist *mx)
{
	json_t *list = json_array();
	const char *p = NULL;

	while ((p = sts_mxlist_next(mx, p)) != NULL)
		(void)json_array_append_new(list, json_string(p));
	return list;
}

void
record_put_json(
    json_t *object, const char *domain, const struct entry *entry, int64_t now)
{
	struct refresh_state s = entry->state;

	refresh_on_load(&s, now);
	set(object, "domain", json_string(domain));
	set(object, "mode", json_string(sts_mode_word(entry->policy.mode)));
	set(object, "id", json_string(s.id));
	set(object, "mx", mx_list(&entry->policy.mx));
	set(object, "max_age", json_integer(entry->policy.max_age));
	set_time(object, "fetched", s.fetched);
	set_time(object, "expires", s.expires);
	set_time(object, "checked", s.checked);
	set_time(object, "next_check", s.next_check);
	set_time_or_null(object, "next_refresh", s.next_refresh);
	set_time(object, "used", entry->used_day * DAY_S);
	set(object, "reason",
	    s.reason != STS_REASON_OK ? json_string(sts_reason_word(s.reason)) :
					json_null());
	set(object, "failures", json_integer(s.failures));
	set_time_or_null(object, "failed_at", s.failed_at);
}

static void
put_text(struct buf *b, const char *text, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];

		if (c == '\r' && i + 1 < len && text[i + 1] == '\n')
			continue;
		if (c == '\n' || (c >= 0x20 && c < 0x7f && c != '\\'))
			buf_putc(b, (char)c);
		else
			buf_printf(b, "\\x%02x", c);
	}
}

void
record_put_details(json_t *object, const struct entry *entry)
{
	json_t *history = json_array(), *item;
	struct buf text = { 0 };
	size_t i;

	for (i = 0; i < entry->past_count; i++) {
		const struct entry_past *past = &entry->past[i];

		item = json_object();
		set_time(item, "seen", past->seen);
		set(item, "id", json_string(past->id));
		set(item, "mode", json_string(sts_mode_word(past->mode)));
		(void)json_array_append_new(history, item);
	}
	set_time(object, "first_seen", entry->first_seen);
	set(object, "history", history);
	put_text(&text, entry->policy.text, entry->policy.text_len);
	set(object, "text", json_string(buf_str(&text)));
	buf_clear(&text);
}

/* Valid UTF-8 (as sts/policy requires of a file) as a JSON string. */
static void
put_json_string(struct buf *b, const char *text, size_t len)
{
	size_t i;

	buf_putc(b, '"');
	for (i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];

		if (c == '\n')
			buf_puts(b, "\\n");
		else if (c == '\r')
			buf_puts(b, "\\r");
		else if (c == '\t')
			buf_puts(b, "\\t");
		else if (c < 0x20 || c == 0x7f)
			buf_printf(b, "\\u%04x", c);
		else if (c == '"' || c == '\\')
			buf_printf(b, "\\%c", c);
		else
			buf_putc(b, (char)c);
	}
	buf_putc(b, '"');
}

void
record_put_line(struct buf *b, const char *domain, const struct entry *entry)
{
	const struct refresh_state *s = &entry->state;
	int64_t used = entry->used_day * DAY_S;

	buf_printf(b,
	    "{\"domain\":\"%s\",\"id\":\"%s\",\"fetched\":%lld,"
	    "\"expires\":%lld,\"checked\":%lld,\"used\":%lld,\"policy\":",
	    domain, s->id, (long long)s->fetched, (long long)s->expires,
	    (long long)s->checked, (long long)used);
	put_json_string(b, entry->policy.text, entry->policy.text_len);
	buf_puts(b, "}\n");
}
