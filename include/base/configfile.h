/* SPDX-License-Identifier: ISC */
/*
 * The syntax of Postfix's main.cf: "name = value" lines, continued by lines
 * that begin with white space; blank lines and lines whose first non-blank is
 * # are ignored, also between continuation lines. What names and values mean
 * is base/config's affair.
 */
#ifndef BASE_CONFIGFILE_H
#define BASE_CONFIGFILE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

#define CONFIGFILE_MAX_BYTES (1024 * 1024)

struct configfile_line {
	char *name;
	char *value; /* without outer blanks; "" when there is none */
	size_t line; /* where it begins, from 1 */
};

/* A zeroed struct is an empty file. */
struct configfile {
	struct configfile_line *item;
	size_t count;
};

/*
 * Read a file into an empty *file. 0, or -1: error then says "path: reason"
 * or "path:line: reason", and *file is untouched. With may_be_absent a
 * missing file is an empty one.
 */
int configfile_read(const char *path, bool may_be_absent,
    struct configfile *file, struct buf *error);

/* The same for text in memory; path is for the messages. */
int configfile_parse(const char *path, const char *text, size_t len,
    struct configfile *file, struct buf *error);

/*
 * Split "name = value" (a string). False when there is no =, or the name is
 * not of [a-z0-9_]; else both are the caller's, to be freed.
 */
bool configfile_split(const char *text, char **name, char **value);

void configfile_clear(struct configfile *);

#endif
