/* SPDX-License-Identifier: ISC */
/*
 * Just enough of MIME (RFC 2045, 2046) to find the one part that is a report.
 * Nothing is copied until it is found; boundaries are looked for line by line.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "check/rptpack.h"

#define DEPTH_MAX    8
#define PARTS_MAX    100 /* of a multipart */
#define VALUE_BYTES  512 /* of a header's value that are looked at */
#define BOUNDARY_MAX 70 /* RFC 2046 5.1.1 */

struct span {
	const char *at, *end;
};

/* The line that begins at, with its end; what follows begins there. */
static struct span
line_of(const char *at, const char *end)
{
	const char *stop = memchr(at, '\n', (size_t)(end - at));

	return (struct span){ at, stop != NULL ? stop + 1 : end };
}

static bool
is_empty_line(struct span line)
{
	return line.at == line.end || line.at[0] == '\n' ||
	    (line.at[0] == '\r' && line.end - line.at == 2);
}

/* A header's value, folded lines joined; "" when there is none. The body
 * begins where it says. */
static const char *
header(struct span part, const char *name, char value[VALUE_BYTES])
{
	size_t len = strlen(name), used = 0, n;
	bool is_it = false;
	struct span line;

	for (; part.at < part.end; part.at = line.end) {
		line = line_of(part.at, part.end);
		if (is_empty_line(line))
			break;
		n = (size_t)(line.end - line.at);
		if (line.at[0] != ' ' && line.at[0] != '\t') {
			if (is_it)
				break;
			is_it = n > len && line.at[len] == ':' &&
			    strncasecmp(line.at, name, len) == 0;
			line.at += is_it ? len + 1 : 0;
			n = (size_t)(line.end - line.at);
		}
		if (!is_it)
			continue;
		if (n > VALUE_BYTES - 1 - used)
			n = VALUE_BYTES - 1 - used;
		memcpy(value + used, line.at, n);
		used += n;
	}
	value[used] = '\0';
	return value + strspn(value, " \t");
}

static struct span
body_of(struct span part)
{
	struct span line;

	while (part.at < part.end) {
		line = line_of(part.at, part.end);
		part.at = line.end;
		if (is_empty_line(line))
			break;
	}
	return part;
}

/* A parameter of a value: boundary="x"; false: it has none. */
static bool
parameter(const char *value, const char *name, char *out, size_t size)
{
	const char *at = value;
	size_t len = strlen(name), n;

	while ((at = strchr(at, ';')) != NULL) {
		at++;
		at += strspn(at, " \t\r\n");
		if (strncasecmp(at, name, len) != 0 || at[len] != '=')
			continue;
		at += len + 1;
		n = at[0] == '"' ? strcspn(++at, "\"") :
				   strcspn(at, "; \t\r\n");
		if (n == 0 || n >= size)
			return false;
		memcpy(out, at, n);
		out[n] = '\0';
		return true;
	}
	return false;
}

/* ---- transfer encodings */

static int
base64_value(char c)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "abcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *at = c != '\0' ? strchr(digits, c) : NULL;

	return at != NULL ? (int)(at - digits) : -1;
}

/* RFC 2045 6.8: what is no digit is skipped; "=" ends it. */
static void
put_base64(struct span body, struct buf *out)
{
	unsigned int bits = 0, n = 0;
	int value;

	for (; body.at < body.end && *body.at != '='; body.at++) {
		value = base64_value(*body.at);
		if (value == -1)
			continue;
		bits = bits << 6 | (unsigned int)value;
		if (++n % 4 == 1)
			continue;
		buf_putc(out, (char)(bits >> ((4 - n % 4) % 4 * 2) & 0xff));
	}
}

static int
hex_value(char c)
{
	static const char digits[] = "0123456789ABCDEF0123456789abcdef";
	const char *at = c != '\0' ? strchr(digits, c) : NULL;

	return at != NULL ? (int)(at - digits) % 16 : -1;
}

static void
put_quoted(struct span body, struct buf *out)
{
	size_t left;

	for (; body.at < body.end; body.at++) {
		left = (size_t)(body.end - body.at);
		if (*body.at != '=') {
			buf_putc(out, *body.at);
		} else if (left > 2 && hex_value(body.at[1]) != -1 &&
		    hex_value(body.at[2]) != -1) {
			buf_putc(out,
			    (char)(hex_value(body.at[1]) * 16 +
				hex_value(body.at[2])));
			body.at += 2;
		} else {
			/* a soft line break */
			body.at = line_of(body.at, body.end).end - 1;
		}
	}
}

static bool
put_decoded(struct span part, struct buf *out)
{
	char value[VALUE_BYTES];
	const char *encoding = header(part, "Content-Transfer-Encoding", value);
	struct span body = body_of(part);

	if (strncasecmp(encoding, "base64", 6) == 0)
		put_base64(body, out);
	else if (strncasecmp(encoding, "quoted-printable", 16) == 0)
		put_quoted(body, out);
	else
		buf_put(out, body.at, (size_t)(body.end - body.at));
	return true;
}

/* ---- parts */

static bool
has_suffix(const char *text, const char *suffix)
{
	size_t len = strlen(text), n = strlen(suffix);

	return len >= n && strcasecmp(text + len - n, suffix) == 0;
}

/* RFC 8460 sections 5.3 and 6.4, and what senders write instead. */
static bool
is_report(struct span part, const char *type)
{
	static const char *const words[] = { "application/tlsrpt+gzip",
		"application/tlsrpt+json", "application/gzip",
		"application/x-gzip", "application/json" };
	char value[VALUE_BYTES], name[VALUE_BYTES];
	const char *disposition;
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strncasecmp(type, words[i], strlen(words[i])) == 0)
			return true;
	disposition = header(part, "Content-Disposition", value);
	return (parameter(disposition, "filename", name, sizeof(name)) ||
		   parameter(type, "name", name, sizeof(name))) &&
	    (has_suffix(name, ".json") || has_suffix(name, ".json.gz"));
}

static bool find(struct span part, int depth, struct buf *out);

/* 0: no boundary; 1: another part begins; 2: the last one has ended. */
static int
boundary_at(struct span line, const char *boundary)
{
	size_t len = strlen(boundary), n = (size_t)(line.end - line.at);

	if (n < len + 2 || memcmp(line.at, "--", 2) != 0 ||
	    memcmp(line.at + 2, boundary, len) != 0)
		return 0;
	return n >= len + 4 && memcmp(line.at + 2 + len, "--", 2) == 0 ? 2 : 1;
}

static bool
find_in_parts(
    struct span body, const char *boundary, int depth, struct buf *out)
{
	const char *begin = NULL;
	struct span line;
	int what, parts = 0;

	for (; body.at < body.end; body.at = line.end) {
		line = line_of(body.at, body.end);
		what = boundary_at(line, boundary);
		if (what == 0)
			continue;
		if (begin != NULL &&
		    find((struct span){ begin, line.at }, depth + 1, out))
			return true;
		if (what == 2 || ++parts > PARTS_MAX)
			return false;
		begin = line.end;
	}
	/* Cut off: what there is. */
	return begin != NULL &&
	    find((struct span){ begin, body.end }, depth + 1, out);
}

static bool
find(struct span part, int depth, struct buf *out)
{
	char value[VALUE_BYTES], boundary[BOUNDARY_MAX + 1];
	const char *type = header(part, "Content-Type", value);

	if (depth > DEPTH_MAX)
		return false;
	if (strncasecmp(type, "multipart/", 10) == 0)
		return parameter(
			   type, "boundary", boundary, sizeof(boundary)) &&
		    find_in_parts(body_of(part), boundary, depth, out);
	return is_report(part, type) && put_decoded(part, out);
}

bool
rpt_mail_find(const char *data, size_t len, struct buf *out)
{
	return find((struct span){ data, data + len }, 0, out);
}
