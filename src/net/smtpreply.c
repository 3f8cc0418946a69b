/* SPDX-License-Identifier: ISC */
/* Byte by byte, so that it cannot matter where the stream was cut. */
#include <string.h>
#include <strings.h>

#include "net/smtp.h"
#include "net/smtpreply.h"

#define CODE_BYTES 3

static bool
is_digit(char c, char min, char max)
{
	return c >= min && c <= max;
}

/* "250", "250 text" or "250-text"; 0: none of them. */
static int
parse_code(const char *line, size_t len)
{
	if (len < CODE_BYTES || !is_digit(line[0], '2', '5') ||
	    !is_digit(line[1], '0', '9') || !is_digit(line[2], '0', '9'))
		return 0;
	if (len > CODE_BYTES && line[CODE_BYTES] != ' ' &&
	    line[CODE_BYTES] != '-')
		return 0;
	return (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
}

static enum smtpreply_status
end_line(struct smtpreply *r)
{
	const char *line;
	size_t len;
	int code;

	if (r->text.len > r->line && r->text.data[r->text.len - 1] == '\r')
		r->text.data[--r->text.len] = '\0';
	line = buf_str(&r->text) + r->line;
	len = r->text.len - r->line;
	code = parse_code(line, len);
	if (code == 0)
		return SMTPREPLY_MALFORMED;
	r->code = code;
	if (len == CODE_BYTES || line[CODE_BYTES] == ' ')
		return SMTPREPLY_WHOLE;
	buf_putc(&r->text, '\n');
	r->line = r->text.len;
	return SMTPREPLY_MORE;
}

enum smtpreply_status
smtpreply_take(struct smtpreply *r, const char *bytes, size_t len, size_t *used)
{
	enum smtpreply_status status = SMTPREPLY_MORE;
	size_t i;

	for (i = 0; i < len && status == SMTPREPLY_MORE; i++) {
		if (r->bytes == SMTP_REPLY_MAX_BYTES) {
			status = SMTPREPLY_TOO_LONG;
			break;
		}
		r->bytes++;
		if (bytes[i] == '\n')
			status = end_line(r);
		else if (r->text.len - r->line < SMTP_LINE_MAX_BYTES)
			buf_putc(&r->text, bytes[i]);
	}
	*used = i;
	return status;
}

void
smtpreply_reset(struct smtpreply *r)
{
	buf_reset(&r->text);
	r->line = r->bytes = 0;
	r->code = 0;
}

void
smtpreply_clear(struct smtpreply *r)
{
	buf_clear(&r->text);
	smtpreply_reset(r);
}

/* The first line is the host's name and greeting, whatever it says. */
bool
smtpreply_has_keyword(const struct smtpreply *r, const char *keyword)
{
	const char *line = buf_str(&r->text), *end = line + r->text.len;
	size_t size = strlen(keyword);

	while ((line = memchr(line, '\n', (size_t)(end - line))) != NULL) {
		const char *word = ++line + CODE_BYTES + 1;

		if (end - line < (ptrdiff_t)(CODE_BYTES + 1 + size) ||
		    strncasecmp(word, keyword, size) != 0)
			continue;
		word += size;
		if (word == end || *word == '\n' || *word == ' ')
			return true;
	}
	return false;
}

void
smtpreply_format(const struct smtpreply *r, char *text, size_t size)
{
	size_t i;

	for (i = 0; i < r->text.len && i + 1 < size; i++) {
		char c = r->text.data[i];

		if (c == '\n')
			c = ' ';
		text[i] = '?';
		if (c >= ' ' && c <= '~')
			text[i] = c;
	}
	text[i] = '\0';
}
