/* SPDX-License-Identifier: ISC */
/* A field is judged at the end only: repeated and folded lines change it. */
#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "net/httphead.h"

#define MEDIA_TYPE "text/plain"

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Cut line end and blanks from both sides. */
static void
trim(const char **s, size_t *len)
{
	while (*len > 0 &&
	    (is_blank((*s)[*len - 1]) || (*s)[*len - 1] == '\r' ||
		(*s)[*len - 1] == '\n'))
		(*len)--;
	while (*len > 0 && is_blank(**s)) {
		(*s)++;
		(*len)--;
	}
}

/* What does not fit is cut; a NUL byte must not end the text unseen. */
static void
append(struct httphead_field *field, const char *s, size_t len)
{
	size_t used = strlen(field->text);
	size_t i;

	for (i = 0; i < len && used < sizeof(field->text) - 1; i++)
		field->text[used++] = s[i] == '\0' ? '?' : s[i];
	field->text[used] = '\0';
}

static void
set(struct httphead *head, struct httphead_field *field, const char *s,
    size_t len)
{
	field->text[0] = '\0';
	append(field, s, len);
	field->count++;
	head->last = field;
}

/* "HTTP/1.1 200 OK": the digits after the first blank. */
static long
parse_status(const char *line, size_t len)
{
	const char *p = memchr(line, ' ', len);
	long status = 0;
	int digits = 0;

	if (p == NULL)
		return 0;
	for (p++; p < line + len && *p >= '0' && *p <= '9'; p++) {
		status = status * 10 + (*p - '0');
		if (++digits > 3)
			return 0;
	}
	return digits == 3 ? status : 0;
}

static void
start_answer(struct httphead *head, const char *line, size_t len)
{
	size_t bytes = head->bytes;

	*head = (struct httphead){ .bytes = bytes };
	head->status = parse_status(line, len);
}

/* A number too large for us is a body too large for us. */
static void
take_length(struct httphead *head, const char *s, size_t len)
{
	uint64_t n = 0;
	size_t i;

	if (len == 0)
		return;
	for (i = 0; i < len; i++) {
		if (s[i] < '0' || s[i] > '9')
			return;
		if (n > (UINT64_MAX - 9) / 10)
			n = UINT64_MAX / 10 - 9;
		n = n * 10 + (uint64_t)(s[i] - '0');
	}
	head->has_length = true;
	if (n > head->length)
		head->length = n;
}

static bool
is_name(const char *line, size_t len, const char *name)
{
	return len == strlen(name) && strncasecmp(line, name, len) == 0;
}

static void
take_field(struct httphead *head, const char *line, size_t len)
{
	const char *colon = memchr(line, ':', len);
	const char *value;
	size_t name_len, value_len;

	head->last = NULL;
	if (colon == NULL)
		return;
	name_len = (size_t)(colon - line);
	while (name_len > 0 && is_blank(line[name_len - 1]))
		name_len--;
	value = colon + 1;
	value_len = len - (size_t)(value - line);
	trim(&value, &value_len);
	if (is_name(line, name_len, "Content-Type"))
		set(head, &head->type, value, value_len);
	else if (is_name(line, name_len, "Location"))
		set(head, &head->location, value, value_len);
	else if (is_name(line, name_len, "Content-Length"))
		take_length(head, value, value_len);
	else if (is_name(line, name_len, "Content-Encoding")) {
		if (!is_name(value, value_len, "identity"))
			set(head, &head->coding, value, value_len);
	} else if (is_name(line, name_len, "Transfer-Encoding")) {
		if (is_name(value, value_len, "chunked"))
			head->is_chunked = true;
		else if (!is_name(value, value_len, "identity"))
			set(head, &head->transfer, value, value_len);
	}
}

bool
httphead_take(struct httphead *head, const char *line, size_t len)
{
	head->bytes += len;
	if (head->bytes > HTTPHEAD_MAX_BYTES)
		return false;
	/* Trailers after a chunked body: nothing we read is allowed there. */
	if (head->is_complete)
		return true;
	if (len >= 5 && memcmp(line, "HTTP/", 5) == 0) {
		start_answer(head, line, len);
		return true;
	}
	if (len > 0 && is_blank(line[0])) {
		trim(&line, &len);
		if (head->last != NULL && len > 0) {
			if (head->last->text[0] != '\0')
				append(head->last, " ", 1);
			append(head->last, line, len);
		}
		return true;
	}
	if (len > 0 && line[0] != '\r' && line[0] != '\n') {
		take_field(head, line, len);
		return true;
	}
	/* 101 changes the protocol: no answer of ours comes after it. */
	head->is_complete =
	    head->status >= 200 || head->status == 101 || head->status < 100;
	return true;
}

/* RFC 8461 3.3 and 3.2: "text/plain", whatever its parameters. */
static bool
is_media_type(const char *type)
{
	size_t len = strcspn(type, "; \t");

	return is_name(type, len, MEDIA_TYPE);
}

enum sts_reason
httphead_judge(
    const struct httphead *head, size_t body_max, char *detail, size_t size)
{
	assert(head->is_complete);
	if (head->status >= 300 && head->status <= 399) {
		if (head->location.count > 0)
			snprintf(detail, size, "to %s", head->location.text);
		else
			snprintf(detail, size, "status %ld without a target",
			    head->status);
		return STS_REASON_REDIRECT;
	}
	if (head->status != 200) {
		snprintf(detail, size, "status %ld", head->status);
		return STS_REASON_HTTP_STATUS;
	}
	if (head->type.count != 1) {
		snprintf(detail, size, "%s",
		    head->type.count == 0 ? "no Content-Type" :
					    "several Content-Type headers");
		return STS_REASON_MEDIA_TYPE;
	}
	if (!is_media_type(head->type.text)) {
		snprintf(
		    detail, size, "\"%s\", not " MEDIA_TYPE, head->type.text);
		return STS_REASON_MEDIA_TYPE;
	}
	if (head->coding.count > 0 || head->transfer.count > 0) {
		snprintf(detail, size, "%s-Encoding: %s",
		    head->coding.count > 0 ? "Content" : "Transfer",
		    head->coding.count > 0 ? head->coding.text :
					     head->transfer.text);
		return STS_REASON_ENCODING;
	}
	/* With chunked a Content-Length means nothing (RFC 9112 6.3). */
	if (head->has_length && !head->is_chunked && head->length > body_max) {
		snprintf(detail, size, "Content-Length %ju, limit %zu",
		    (uintmax_t)head->length, body_max);
		return STS_REASON_TOO_LARGE;
	}
	return STS_REASON_OK;
}

bool
httphead_is_close_delimited(const struct httphead *head)
{
	return !head->is_chunked && !head->has_length;
}
