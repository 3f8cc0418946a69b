/* SPDX-License-Identifier: ISC */
/* A regular file is written beside its place and moved there at the end. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/xmalloc.h"
#include "check/output.h"

struct output {
	FILE *f;
	char *path; /* NULL: standard output */
	char *temporary; /* NULL: written in its place */
	bool is_failed;
};

static bool
fail(struct output *o)
{
	if (!o->is_failed)
		fprintf(stderr, "postfix-mta-sts: %s: %s\n",
		    o->path != NULL ? o->path : "standard output",
		    strerror(errno));
	o->is_failed = true;
	return false;
}

/* As fopen() would have made it, or as it was. */
static mode_t
mode_of(const char *path)
{
	struct stat st;
	mode_t mask;

	if (stat(path, &st) == 0)
		return st.st_mode & 0777;
	mask = umask(0);
	umask(mask);
	return 0666 & ~mask;
}

/* What is no regular file (/dev/stdout, a pipe) is not to be replaced. */
static bool
is_replaceable(const char *path)
{
	struct stat st;

	return lstat(path, &st) == -1 ? errno == ENOENT : S_ISREG(st.st_mode);
}

static FILE *
open_beside(struct output *o)
{
	static const char suffix[] = ".XXXXXX";
	size_t size = strlen(o->path) + sizeof(suffix);
	FILE *f = NULL;
	int fd;

	o->temporary = xmalloc(size);
	snprintf(o->temporary, size, "%s%s", o->path, suffix);
	fd = mkstemp(o->temporary);
	if (fd != -1 && fchmod(fd, mode_of(o->path)) == 0)
		f = fdopen(fd, "w");
	if (f == NULL && fd != -1) {
		unlink(o->temporary);
		close(fd);
	}
	if (f == NULL) {
		free(o->temporary);
		o->temporary = NULL;
	}
	return f;
}

struct output *
output_open(const char *path)
{
	struct output *o = xcalloc(1, sizeof(*o));

	if (path == NULL) {
		o->f = stdout;
		return o;
	}
	o->path = xstrdup(path);
	if (is_replaceable(path))
		o->f = open_beside(o);
	/* A folder that may not be written, a file that may. */
	if (o->f == NULL)
		o->f = fopen(path, "we");
	if (o->f != NULL)
		return o;
	fail(o);
	free(o->path);
	free(o);
	return NULL;
}

bool
output_put(struct output *o, const struct buf *b)
{
	if (o->is_failed)
		return false;
	if (b->len > 0 && fwrite(b->data, 1, b->len, o->f) != b->len)
		return fail(o);
	/* Whoever reads a pipe sees each domain when it is there. */
	if (o->path == NULL && fflush(o->f) == EOF)
		return fail(o);
	return true;
}

bool
output_close(struct output *o, bool is_whole)
{
	bool is_good;

	if (o == NULL)
		return true;
	if (fflush(o->f) == EOF)
		fail(o);
	if (o->path != NULL && fclose(o->f) == EOF)
		fail(o);
	if (o->temporary != NULL && is_whole && !o->is_failed &&
	    rename(o->temporary, o->path) == -1)
		fail(o);
	if (o->temporary != NULL && (!is_whole || o->is_failed))
		unlink(o->temporary);
	is_good = !o->is_failed;
	free(o->path);
	free(o->temporary);
	free(o);
	return is_good;
}
