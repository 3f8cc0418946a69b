/* SPDX-License-Identifier: ISC */
/*
 * Compare with a file of tests/golden/, to the byte. With GOLDEN=write in the
 * environment the file is written instead: then read the difference.
 */
#ifndef TESTS_GOLDEN_H
#define TESTS_GOLDEN_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

#define GOLDEN_DIR "tests/golden/"

static inline void
golden_read(const char *path, struct buf *out)
{
	FILE *file = fopen(path, "re");
	char part[4096];
	size_t n;

	if (file == NULL)
		fail_msg("%s cannot be read", path);
	while ((n = fread(part, 1, sizeof(part), file)) > 0)
		buf_put(out, part, n);
	fclose(file);
}

static inline void
golden_write(const char *path, const struct buf *text)
{
	FILE *file = fopen(path, "we");

	if (file == NULL ||
	    fwrite(text->data, 1, text->len, file) != text->len ||
	    fclose(file) != 0)
		fail_msg("%s cannot be written", path);
}

/* The line that begins there, for a message. */
static inline int
golden_line(const struct buf *text, size_t at)
{
	int len = (int)strcspn(buf_str(text) + at, "\n");

	return len < 200 ? len : 200;
}

/* name: below tests/golden/. */
static inline void
golden_check(const char *name, const struct buf *text)
{
	const char *how = getenv("GOLDEN");
	struct buf want = { 0 };
	char path[256];
	size_t i, line = 1, begin = 0;

	snprintf(path, sizeof(path), GOLDEN_DIR "%s", name);
	if (how != NULL && strcmp(how, "write") == 0) {
		golden_write(path, text);
		return;
	}
	golden_read(path, &want);
	for (i = 0; i < text->len && i < want.len; i++) {
		if (text->data[i] != want.data[i])
			break;
		if (text->data[i] == '\n') {
			line++;
			begin = i + 1;
		}
	}
	if (i < text->len || i < want.len)
		fail_msg("%s:%zu: want \"%.*s\", got \"%.*s\"", path, line,
		    golden_line(&want, begin), buf_str(&want) + begin,
		    golden_line(text, begin), buf_str(text) + begin);
	buf_clear(&want);
}

#endif
