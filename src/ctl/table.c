/* SPDX-License-Identifier: ISC */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/text.h"
#include "ctl/table.h"

#define NAME_COLUMN 15 /* where the value of a fact begins */
#define GAP         "  "
#define LINE_DIGITS 4

#define MINUTE_S 60
#define HOUR_S   3600
#define DAY_S    86400

/* Times beyond are no dates of ours: 9999-12-31. */
#define TIME_MAX_S INT64_C(253402300799)

void
table_put(struct buf *out, enum table_colour colour, const char *text,
    bool has_colour)
{
	static const char *const codes[] = {
		[TABLE_PLAIN] = "",
		[TABLE_BOLD] = "1",
		[TABLE_GREEN] = "32",
		[TABLE_YELLOW] = "33",
		[TABLE_RED] = "1;31",
	};

	if (has_colour && colour != TABLE_PLAIN)
		buf_printf(out, "\033[%sm", codes[colour]);
	text_escape(out, text, strlen(text));
	if (has_colour && colour != TABLE_PLAIN)
		buf_puts(out, "\033[0m");
}

static void
put_cell(struct buf *out, const struct table_column *column, const char *text)
{
	struct buf cell = { 0 };
	int width = (int)column->width;

	text_escape(&cell, text, strlen(text));
	buf_printf(
	    out, "%*s", column->is_right ? width : -width, buf_str(&cell));
	buf_clear(&cell);
}

void
table_row(struct buf *out, const struct table_column *column, size_t n,
    const char *const *cells)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (i > 0)
			buf_puts(out, GAP);
		put_cell(out, &column[i], cells[i] != NULL ? cells[i] : "-");
	}
	while (out->len > 0 && out->data[out->len - 1] == ' ')
		out->data[--out->len] = '\0';
	buf_putc(out, '\n');
}

void
table_head(struct buf *out, const struct table_column *column, size_t n,
    bool has_colour)
{
	struct buf line = { 0 };
	size_t i;

	for (i = 0; i < n; i++) {
		if (i > 0)
			buf_puts(&line, GAP);
		put_cell(&line, &column[i], column[i].title);
	}
	table_put(out, TABLE_BOLD, buf_str(&line), has_colour);
	buf_putc(out, '\n');
	buf_clear(&line);
}

void
table_fact(struct buf *out, const char *name, const char *value)
{
	struct buf text = { 0 };
	const char *word;
	size_t column, len;

	if (value == NULL || *value == '\0')
		return;
	/* Some names are the daemon's, too. */
	text_escape(&text, name, strlen(name));
	buf_printf(out, "%s: ", buf_str(&text));
	for (column = text.len + 2; column < NAME_COLUMN; column++)
		buf_putc(out, ' ');
	buf_reset(&text);
	text_escape(&text, value, strlen(value));
	column = NAME_COLUMN;
	for (word = text.data; *word != '\0'; word += len) {
		len = strcspn(word, " ");
		if (len == 0) {
			len = 1;
			continue;
		}
		if (column > NAME_COLUMN && column + 1 + len > TABLE_COLUMNS) {
			buf_printf(out, "\n%*s", NAME_COLUMN, "");
			column = NAME_COLUMN;
		} else if (column > NAME_COLUMN) {
			buf_putc(out, ' ');
			column++;
		}
		buf_put(out, word, len);
		column += len;
	}
	buf_putc(out, '\n');
	buf_clear(&text);
}

void
table_factf(struct buf *out, const char *name, const char *fmt, ...)
{
	char *text;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) == -1)
		abort(); /* out of memory */
	va_end(ap);
	table_fact(out, name, text);
	free(text);
}

void
table_lines(struct buf *out, const char *text, size_t len)
{
	const char *end = text + len, *stop;
	int number = 0;

	while (text < end) {
		stop = memchr(text, '\n', (size_t)(end - text));
		if (stop == NULL)
			stop = end;
		buf_printf(out, "%*d  ", LINE_DIGITS, ++number);
		text_escape(out, text, (size_t)(stop - text));
		buf_putc(out, '\n');
		text = stop < end ? stop + 1 : end;
	}
}

void
table_span(struct buf *out, int64_t seconds)
{
	static const struct {
		int64_t unit, next;
		char name, next_name;
	} units[] = {
		{ DAY_S, HOUR_S, 'd', 'h' },
		{ HOUR_S, MINUTE_S, 'h', 'm' },
		{ MINUTE_S, 1, 'm', 's' },
	};
	int64_t rest;
	size_t i;

	if (seconds < 0)
		seconds = 0;
	for (i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (seconds < units[i].unit)
			continue;
		rest = seconds % units[i].unit / units[i].next;
		buf_printf(out, "%" PRId64 "%c", seconds / units[i].unit,
		    units[i].name);
		if (rest > 0)
			buf_printf(
			    out, " %" PRId64 "%c", rest, units[i].next_name);
		return;
	}
	buf_printf(out, "%" PRId64 "s", seconds);
}

void
table_when(struct buf *out, int64_t when, int64_t now)
{
	if (when == 0) {
		buf_putc(out, '-');
	} else if (when == now) {
		buf_puts(out, "now");
	} else if (when > now) {
		buf_puts(out, "in ");
		table_span(out, when - now);
	} else {
		table_span(out, now - when);
		buf_puts(out, " ago");
	}
}

void
table_date(struct buf *out, int64_t when, int64_t now)
{
	time_t t = (time_t)when;
	struct tm tm;
	char text[64];

	if (when <= 0 || when > TIME_MAX_S) {
		buf_putc(out, '-');
		return;
	}
	gmtime_r(&t, &tm);
	strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S UTC", &tm);
	buf_printf(out, "%s (", text);
	table_when(out, when, now);
	buf_putc(out, ')');
}

const char *
table_plural(int64_t n, const char *one, const char *many)
{
	return n == 1 ? one : many;
}

void
table_bytes(struct buf *out, int64_t bytes)
{
	static const char *const units[] = { "KiB", "MiB", "GiB", "TiB" };
	double value = (double)bytes / 1024;
	size_t i = 0;

	if (bytes < 1024) {
		buf_printf(out, "%" PRId64 " bytes", bytes);
		return;
	}
	for (; value >= 1024 && i + 1 < sizeof(units) / sizeof(units[0]); i++)
		value /= 1024;
	buf_printf(out, "%.1f %s", value, units[i]);
}
