/* SPDX-License-Identifier: ISC */
/*
 * Physical lines are gathered into logical ones as Postfix does; a mistake
 * ends the reading, so that a file is taken wholly or not at all.
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/configfile.h"
#include "base/xmalloc.h"

#define READ_BYTES 4096

static bool
is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* The text without its outer blanks, as a new string. */
static char *
trim(const char *text, size_t len)
{
	while (len > 0 && is_blank(text[0])) {
		text++;
		len--;
	}
	while (len > 0 && is_blank(text[len - 1]))
		len--;
	return xmemdup(text, len);
}

static bool
is_name(const char *s)
{
	return *s != '\0' &&
	    s[strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789_")] == '\0';
}

bool
configfile_split(const char *text, char **name, char **value)
{
	const char *equals = strchr(text, '=');
	char *n;

	if (equals == NULL)
		return false;
	n = trim(text, (size_t)(equals - text));
	if (!is_name(n)) {
		free(n);
		return false;
	}
	*name = n;
	*value = trim(equals + 1, strlen(equals + 1));
	return true;
}

/* "key = 10s # why" is a mistake: Postfix takes the # as part of the value. */
static bool
has_comment(const char *value)
{
	const char *p;

	if (value[0] == '#')
		return true;
	for (p = strchr(value, '#'); p != NULL; p = strchr(p + 1, '#')) {
		if (is_blank(p[-1]))
			return true;
	}
	return false;
}

struct reader {
	const char *path;
	struct configfile file;
	struct buf logical; /* the line being gathered */
	size_t start; /* where it begins; 0: there is none */
	struct buf *error;
};

static int
fail(struct reader *r, size_t line, const char *reason)
{
	buf_printf(r->error, "%s:%zu: %s", r->path, line, reason);
	return -1;
}

/* The logical line gathered is whole. */
static int
finish_line(struct reader *r)
{
	struct configfile *f = &r->file;
	struct configfile_line item = { .line = r->start };

	if (r->start == 0)
		return 0;
	if (!configfile_split(buf_str(&r->logical), &item.name, &item.value))
		return fail(r, r->start, "this is not \"name = value\"");
	f->item = xreallocarray(f->item, f->count + 1, sizeof(*f->item));
	f->item[f->count++] = item;
	if (has_comment(item.value))
		return fail(
		    r, r->start, "a comment must stand on a line of its own");
	buf_reset(&r->logical);
	r->start = 0;
	return 0;
}

static int
take_line(struct reader *r, const char *line, size_t len, size_t number)
{
	size_t first = 0;

	if (memchr(line, '\0', len) != NULL)
		return fail(r, number, "a NUL byte: this is not a text file");
	while (first < len && is_blank(line[first]))
		first++;
	if (first == len || line[first] == '#')
		return 0;
	if (first > 0) {
		if (r->start == 0)
			return fail(r, number,
			    "begins with white space, but there is no line "
			    "that it could continue");
		buf_putc(&r->logical, ' ');
	} else {
		if (finish_line(r) == -1)
			return -1;
		r->start = number;
	}
	while (is_blank(line[len - 1]))
		len--;
	buf_put(&r->logical, line + first, len - first);
	return 0;
}

int
configfile_parse(const char *path, const char *text, size_t len,
    struct configfile *file, struct buf *error)
{
	struct reader r = { .path = path, .error = error };
	const char *end = text + len, *newline;
	size_t number = 0;
	int result = 0;

	while (result == 0 && text < end) {
		newline = memchr(text, '\n', (size_t)(end - text));
		if (newline == NULL)
			newline = end;
		result =
		    take_line(&r, text, (size_t)(newline - text), ++number);
		text = newline + (newline < end);
	}
	if (result == 0)
		result = finish_line(&r);
	buf_clear(&r.logical);
	if (result == -1) {
		configfile_clear(&r.file);
		return -1;
	}
	*file = r.file;
	return 0;
}

static int
read_all(int fd, const char *path, struct buf *text, struct buf *error)
{
	struct stat st;
	ssize_t n;

	if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode)) {
		buf_printf(error, "%s: is a directory", path);
		return -1;
	}
	do {
		n = read(fd, buf_reserve(text, READ_BYTES), READ_BYTES);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1) {
			buf_printf(error, "%s: cannot be read: %s", path,
			    strerror(errno));
			return -1;
		}
		text->len += (size_t)n;
		if (text->len > CONFIGFILE_MAX_BYTES) {
			buf_printf(error, "%s: is larger than 1 MiB", path);
			return -1;
		}
	} while (n != 0);
	return 0;
}

int
configfile_read(const char *path, bool may_be_absent, struct configfile *file,
    struct buf *error)
{
	struct buf text = { 0 };
	int fd, result;

	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd == -1) {
		if (may_be_absent && errno == ENOENT) {
			*file = (struct configfile){ 0 };
			return 0;
		}
		buf_printf(
		    error, "%s: cannot be opened: %s", path, strerror(errno));
		return -1;
	}
	result = read_all(fd, path, &text, error);
	close(fd);
	if (result == 0)
		result = configfile_parse(
		    path, buf_str(&text), text.len, file, error);
	buf_clear(&text);
	return result;
}

void
configfile_clear(struct configfile *f)
{
	size_t i;

	for (i = 0; i < f->count; i++) {
		free(f->item[i].name);
		free(f->item[i].value);
	}
	free(f->item);
	*f = (struct configfile){ 0 };
}
