/* SPDX-License-Identifier: ISC */
/* One list of lines for people, which each format sets in its own way. */
#include <stdlib.h>
#include <string.h>

#include "check/compare.h"
#include "check/markup.h"
#include "check/memory.h"
#include "check/report_memory.h"
#include "check/reportjson.h"
#include "check/reporttext.h"
#include "check/ruletool.h"

/* Is there any, and of these facts? */
static const struct check_memory *
memory_of(const struct check_report *r)
{
	const struct check_memory *m = r->facts->memory;

	return m != NULL && m->count > 0 ? m : NULL;
}

/* Ends the line that was put: its bytes may be a stranger's. */
typedef void line_fn(struct buf *out, const char *line);

static void
put_policy(struct buf *b, const struct memory_sight *s)
{
	buf_printf(b, "id %s, ", s->id[0] != '\0' ? s->id : "none");
	if (!s->has_policy) {
		buf_puts(b, "no usable policy");
		return;
	}
	buf_puts(b, sts_mode_word(s->mode));
	if (s->max_age != MEMORY_AGE_UNKNOWN)
		buf_printf(b, ", max_age %lld", (long long)s->max_age);
}

static void
put_span(struct buf *b, const struct memory_sight *s)
{
	const char *first = CHECK_TIME(s->first);
	const char *last = CHECK_TIME(s->last);

	buf_puts(b, first);
	if (strcmp(first, last) != 0)
		buf_printf(b, " to %s", last);
}

static void
memory_lines(struct buf *out, const struct check_report *r, line_fn *end)
{
	const struct check_memory *m = r->facts->memory;
	size_t held[MEMORY_SIGHTS_MAX], n, i;
	int64_t until[MEMORY_SIGHTS_MAX];
	const struct memory_sight *s;
	struct buf line = { 0 };

	for (i = m->count; i-- > 0;) {
		s = &m->sight[i];
		buf_reset(&line);
		put_span(&line, s);
		buf_puts(&line, ": ");
		put_policy(&line, s);
		if (s->mx != NULL)
			buf_printf(&line, "; MX %s",
			    CHECK_CLIP_TEXT(s->mx[0] != '\0' ? s->mx : "none"));
		end(out, line.data);
	}
	n = memory_held(r->facts, held, until);
	for (i = 0; i < n; i++) {
		buf_reset(&line);
		buf_printf(&line,
		    "Until %s senders may still hold: ", CHECK_TIME(until[i]));
		put_policy(&line, &m->sight[held[i]]);
		if (strcmp(m->sight[held[i]].id, r->facts->id) != 0 &&
		    r->facts->id[0] != '\0')
			buf_puts(&line,
			    " (those that see the new id fetch the new one)");
		end(out, line.data);
	}
	buf_clear(&line);
}

static void
change_lines(struct buf *out, const struct check_report *r, line_fn *end)
{
	const struct check_changes *c = r->changes;
	struct buf line = { 0 };
	size_t i;

	if (c->since == 0)
		end(out, "This is the first check.");
	else if (c->count == 0)
		end(out, "Nothing has moved.");
	for (i = 0; i < c->count; i++) {
		buf_reset(&line);
		buf_printf(&line, "%s: ", c->item[i].what);
		if (c->item[i].before == NULL)
			buf_printf(&line, "new: %s", c->item[i].after);
		else if (c->item[i].after == NULL)
			buf_printf(&line, "gone: %s", c->item[i].before);
		else
			buf_printf(&line, "%s, was %s", c->item[i].after,
			    c->item[i].before);
		end(out, line.data);
	}
	buf_clear(&line);
}

static void
changes_title(struct buf *b, const struct check_report *r)
{
	buf_puts(b, "Changed since the last check");
	if (r->changes->since != 0)
		buf_printf(b, " (%s)", CHECK_TIME(r->changes->since));
}

/* ---- text */

static void
text_line(struct buf *out, const char *line)
{
	struct buf text = { 0 };

	report_escape_text(&text, line);
	report_wrap(out, buf_str(&text), 2);
	buf_clear(&text);
}

void
report_text_memory(struct buf *out, const struct check_report *r,
    const struct report_options *options)
{
	if (memory_of(r) == NULL)
		return;
	report_heading(out, "WHAT WAS SEEN BEFORE", options);
	memory_lines(out, r, text_line);
}

void
report_text_changes(struct buf *out, const struct check_report *r,
    const struct report_options *options)
{
	struct buf title = { 0 };
	size_t i;

	if (r->changes == NULL)
		return;
	changes_title(&title, r);
	for (i = 0; i < title.len && title.data[i] != '('; i++)
		if (title.data[i] >= 'a' && title.data[i] <= 'z')
			title.data[i] = (char)(title.data[i] - 32);
	report_heading(out, title.data, options);
	change_lines(out, r, text_line);
	buf_clear(&title);
}

/* ---- markdown, html */

static void
markdown_line(struct buf *out, const char *line)
{
	buf_puts(out, "- ");
	markup_md_text(out, line);
	buf_putc(out, '\n');
}

void
report_markdown_memory(struct buf *out, const struct check_report *r)
{
	struct buf title = { 0 };

	if (r->changes != NULL) {
		changes_title(&title, r);
		buf_printf(out, "## %s\n\n", title.data);
		change_lines(out, r, markdown_line);
		buf_putc(out, '\n');
		buf_clear(&title);
	}
	if (memory_of(r) != NULL) {
		buf_puts(out, "## What was seen before\n\n");
		memory_lines(out, r, markdown_line);
		buf_putc(out, '\n');
	}
}

static void
html_line(struct buf *out, const char *line)
{
	buf_puts(out, "<li>");
	markup_html_text(out, line);
	buf_puts(out, "</li>\n");
}

void
report_html_memory(struct buf *out, const struct check_report *r, int rank)
{
	struct buf title = { 0 };

	if (r->changes != NULL) {
		changes_title(&title, r);
		buf_printf(out, "<section>\n<h%d>%s</h%d>\n<ul>\n", rank,
		    title.data, rank);
		change_lines(out, r, html_line);
		buf_puts(out, "</ul>\n</section>\n");
		buf_clear(&title);
	}
	if (memory_of(r) != NULL) {
		buf_printf(out,
		    "<section>\n<h%d>What was seen before</h%d>\n<ul>\n", rank,
		    rank);
		memory_lines(out, r, html_line);
		buf_puts(out, "</ul>\n</section>\n");
	}
}

/* ---- json */

static json_t *
json_sight(const struct memory_sight *s)
{
	json_t *o = json_object();
	bool has_age = s->has_policy && s->max_age != MEMORY_AGE_UNKNOWN;

	report_json_set(o, "first", report_json_time(s->first));
	report_json_set(o, "last", report_json_time(s->last));
	report_json_set(
	    o, "id", s->id[0] != '\0' ? json_string(s->id) : json_null());
	report_json_set(o, "mode",
	    s->has_policy ? json_string(sts_mode_word(s->mode)) : json_null());
	report_json_set(
	    o, "max_age", has_age ? json_integer(s->max_age) : json_null());
	report_json_set(o, "mx", report_json_text(s->mx));
	return o;
}

static json_t *
json_memory(const struct check_report *r, const struct check_memory *m)
{
	json_t *o = json_object(), *list = json_array(), *one;
	size_t held[MEMORY_SIGHTS_MAX], n, i;
	int64_t until[MEMORY_SIGHTS_MAX], removal;

	for (i = 0; i < m->count; i++)
		report_json_append(list, json_sight(&m->sight[i]));
	report_json_set(o, "history", list);
	list = json_array();
	n = memory_held(r->facts, held, until);
	for (i = 0; i < n; i++) {
		one = json_sight(&m->sight[held[i]]);
		report_json_set(one, "until", report_json_time(until[i]));
		report_json_append(list, one);
	}
	report_json_set(o, "held", list);
	removal = memory_safe_removal(r->facts);
	report_json_set(o, "safe_removal",
	    removal > 0 ? report_json_time(removal) : json_null());
	return o;
}

static json_t *
json_changes(const struct check_changes *c)
{
	json_t *o = json_object(), *list = json_array(), *one;
	size_t i;

	for (i = 0; i < c->count; i++) {
		one = json_object();
		report_json_set(one, "what", json_string(c->item[i].what));
		report_json_set(
		    one, "before", report_json_text(c->item[i].before));
		report_json_set(
		    one, "after", report_json_text(c->item[i].after));
		report_json_append(list, one);
	}
	report_json_set(o, "since",
	    c->since != 0 ? report_json_time(c->since) : json_null());
	report_json_set(o, "items", list);
	return o;
}

void
report_json_put_memory(json_t *json, const struct check_report *r)
{
	const struct check_memory *m = memory_of(r);

	if (m != NULL)
		report_json_set(json, "memory", json_memory(r, m));
	if (r->changes != NULL)
		report_json_set(json, "changes", json_changes(r->changes));
}
