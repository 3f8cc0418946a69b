/* SPDX-License-Identifier: ISC */
/* One judgement of what may be shown, two ways to write it. */
#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "check/markup.h"

#define DAY_S  86400
#define HOUR_S 3600

/* Characters that show nothing, or rearrange what stands beside them. */
static bool
is_invisible(uint32_t c)
{
	return c < 0xa0 || c == 0xad || c == 0x61c || c == 0x180e ||
	    (c >= 0x2000 && c <= 0x200f) || (c >= 0x2028 && c <= 0x202f) ||
	    (c >= 0x205f && c <= 0x206f) || (c >= 0xd800 && c <= 0xf8ff) ||
	    (c >= 0xfe00 && c <= 0xfe0f) || c == 0xfeff ||
	    (c >= 0xfff0 && c <= 0xffff) || c >= 0xe0000;
}

/* Bytes of the visible character beyond ASCII at s; 0: there is none. */
static size_t
visible_len(const char *s, size_t len)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	unsigned char first = (unsigned char)s[0];
	uint32_t c;
	size_t n, i;

	n = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
	if (first < 0xc2 || first > 0xf4 || len < n)
		return 0;
	c = first & (0xffu >> (n + 1));
	for (i = 1; i < n; i++) {
		if (((unsigned char)s[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | ((unsigned char)s[i] & 0x3f);
	}
	return c < least[n] || c > 0x10ffff || is_invisible(c) ? 0 : n;
}

/*
 * Put what is harmless everywhere or in no way; 0: an ASCII character that
 * the caller has to judge, else the bytes eaten.
 */
static size_t
put_plain(struct buf *b, const char *s, size_t len)
{
	unsigned char c = (unsigned char)s[0];
	size_t n;

	if (c >= 0x20 && c < 0x7f)
		return 0;
	n = visible_len(s, len);
	if (n > 0)
		buf_put(b, s, n);
	else
		buf_printf(b, "\\x%02X", c);
	return n > 0 ? n : 1;
}

void
markup_html(struct buf *b, const char *s, size_t len)
{
	static const struct {
		char c;
		const char *entity;
	} special[] = { { '&', "&amp;" }, { '<', "&lt;" }, { '>', "&gt;" },
		{ '"', "&quot;" }, { '\'', "&#39;" } };
	size_t i = 0, j, n;

	while (i < len) {
		n = s[i] == '\n' ? 0 : put_plain(b, s + i, len - i);
		i += n;
		if (n > 0)
			continue;
		for (j = 0; j < 5 && special[j].c != s[i]; j++)
			continue;
		if (j < 5)
			buf_puts(b, special[j].entity);
		else
			buf_putc(b, s[i]);
		i++;
	}
}

void
markup_html_text(struct buf *b, const char *s)
{
	if (s != NULL)
		markup_html(b, s, strlen(s));
}

/* Is there a letter or digit? */
static bool
is_word(const char *s, size_t len, size_t i)
{
	return i < len &&
	    ((s[i] >= '0' && s[i] <= '9') || (s[i] >= 'A' && s[i] <= 'Z') ||
		(s[i] >= 'a' && s[i] <= 'z'));
}

/* Does the character mean something here? */
static bool
is_md_special(const char *s, size_t len, size_t i)
{
	switch (s[i]) {
	case '-':
	case '+':
	case '#':
		return i == 0;
	case '.':
	case ')':
		/* "1." at the beginning is a list, "www." a link */
		return (i > 0 && i < 10 && strspn(s, "0123456789") == i) ||
		    (i >= 3 && strncasecmp(s + i - 3, "www", 3) == 0);
	case '_':
		return !is_word(s, len, i + 1) || i == 0 ||
		    !is_word(s, len, i - 1);
	case ':':
		return i + 2 < len && s[i + 1] == '/' && s[i + 2] == '/';
	default:
		return strchr("\\`*{}[]<>|~&!$^=@", s[i]) != NULL;
	}
}

void
markup_md(struct buf *b, const char *s, size_t len)
{
	size_t i = 0, n;

	while (i < len) {
		n = s[i] == '\n' ? 0 : put_plain(b, s + i, len - i);
		i += n;
		if (n > 0)
			continue;
		if (s[i] == '\n') {
			buf_putc(b, ' ');
		} else {
			if (is_md_special(s, len, i))
				buf_putc(b, '\\');
			buf_putc(b, s[i]);
		}
		i++;
	}
}

void
markup_md_text(struct buf *b, const char *s)
{
	if (s != NULL)
		markup_md(b, s, strlen(s));
}

/* The longest run of backticks: a longer one encloses the text. */
static size_t
longest_ticks(const char *s, size_t len)
{
	size_t i, run = 0, longest = 0;

	for (i = 0; i < len; i++) {
		run = s[i] == '`' ? run + 1 : 0;
		if (run > longest)
			longest = run;
	}
	return longest;
}

static void
put_ticks(struct buf *b, size_t n)
{
	while (n-- > 0)
		buf_putc(b, '`');
}

/* As it stands, but for what is not visible. */
static void
put_code(struct buf *b, const char *s, size_t len)
{
	size_t i = 0, n;

	while (i < len) {
		n = put_plain(b, s + i, len - i);
		if (n == 0) {
			buf_putc(b, s[i]);
			n = 1;
		}
		i += n;
	}
}

void
markup_md_code(struct buf *b, const char *s, size_t len)
{
	size_t ticks = longest_ticks(s, len) + 1, from = 0, i;
	bool has_edge;

	if (len == 0) {
		buf_puts(b, "(empty)");
		return;
	}
	has_edge = s[0] == '`' || s[0] == ' ' || s[len - 1] == '`' ||
	    s[len - 1] == ' ';
	put_ticks(b, ticks);
	if (has_edge)
		buf_putc(b, ' ');
	/* a table's cell ends at a bar, in code too */
	for (i = 0; i < len; i++) {
		if (s[i] != '|')
			continue;
		put_code(b, s + from, i - from);
		buf_puts(b, "\\|");
		from = i + 1;
	}
	put_code(b, s + from, len - from);
	if (has_edge)
		buf_putc(b, ' ');
	put_ticks(b, ticks);
}

static void
put_indent(struct buf *b, unsigned int indent)
{
	buf_printf(b, "%*s", (int)indent, "");
}

void
markup_md_fence(struct buf *b, const char *s, size_t len, unsigned int indent)
{
	size_t ticks = longest_ticks(s, len) + 1;
	const char *end = s + len, *stop;

	if (ticks < 3)
		ticks = 3;
	put_indent(b, indent);
	put_ticks(b, ticks);
	buf_putc(b, '\n');
	while (s < end) {
		stop = memchr(s, '\n', (size_t)(end - s));
		if (stop == NULL)
			stop = end;
		if (stop > s)
			put_indent(b, indent);
		put_code(b, s, (size_t)(stop - s));
		buf_putc(b, '\n');
		s = stop < end ? stop + 1 : end;
	}
	put_indent(b, indent);
	put_ticks(b, ticks);
	buf_putc(b, '\n');
}

void
markup_span(struct buf *b, uint64_t seconds)
{
	uint64_t n = seconds;
	const char *unit = "s";

	if (seconds >= DAY_S && seconds % DAY_S == 0) {
		n = seconds / DAY_S;
		unit = n == 1 ? "day" : "days";
	} else if (seconds >= 2 * DAY_S) {
		n = seconds / DAY_S;
		buf_puts(b, "about ");
		unit = "days";
	} else if (seconds >= HOUR_S && seconds % HOUR_S == 0) {
		n = seconds / HOUR_S;
		unit = n == 1 ? "hour" : "hours";
	}
	buf_printf(b, "%" PRIu64 " %s", n, unit);
}
