/* SPDX-License-Identifier: ISC */
/*
 * The folder may be anybody's: names are made of A-labels only, links are not
 * followed, and only plain files are read.
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/domain.h"
#include "base/syncwrite.h"
#include "base/xmalloc.h"
#include "check/state.h"

#define NAME_BYTES 320 /* a domain, what is put behind it, and a NUL */
#define ASIDE_MAX  100 /* files moved aside within a second */

struct state {
	char *path;
	int fd;
};

static void
say(const struct state *s, const char *name, const char *what)
{
	fprintf(stderr, "postfix-mta-sts: %s/%s: %s\n", s->path, name, what);
}

struct state *
state_open(const char *path)
{
	struct state *s;
	int fd;

	if (mkdir(path, 0700) == -1 && errno != EEXIST)
		fd = -1;
	else
		fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1) {
		fprintf(stderr, "postfix-mta-sts: --state %s: %s\n", path,
		    strerror(errno));
		return NULL;
	}
	s = xcalloc(1, sizeof(*s));
	s->path = xstrdup(path);
	s->fd = fd;
	return s;
}

void
state_close(struct state *s)
{
	if (s == NULL)
		return;
	close(s->fd);
	free(s->path);
	free(s);
}

/* False: there is no such file name (no domain of ours is so long). */
static bool
file_name(char name[NAME_BYTES], const char *domain)
{
	int n = snprintf(name, NAME_BYTES, "%s.json", domain);

	return domain_is_valid(domain, strlen(domain)) && n > 0 && n <= 255;
}

/* -1: errno, or EINVAL for what is no plain file. */
static int
open_file(const struct state *s, const char *name)
{
	struct stat st;
	int fd =
	    openat(s->fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fd == -1)
		return -1;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		return fd;
	close(fd);
	errno = EINVAL;
	return -1;
}

/* 0, or an errno. */
static int
read_all(int fd, struct buf *text)
{
	ssize_t n;

	do {
		n = read(fd, buf_reserve(text, BUFSIZ), BUFSIZ);
		if (n == -1 && errno == EINTR)
			continue;
		if (n > 0)
			text->len += (size_t)n;
	} while ((n > 0 && text->len <= STATE_FILE_MAX) ||
	    (n == -1 && errno == EINTR));
	buf_put(text, "", 0);
	if (n == -1)
		return errno;
	return text->len > STATE_FILE_MAX ? EFBIG : 0;
}

/* Out of the way, under a name that nothing has. */
static bool
move_aside(
    const struct state *s, const char *name, int64_t now, const char *why)
{
	char aside[NAME_BYTES + 64];
	struct buf text = { 0 };
	int i;

	for (i = 0; i < ASIDE_MAX; i++) {
		snprintf(aside, sizeof(aside), "damaged-%lld-%d-%.180s",
		    (long long)now, i, name);
		if (linkat(s->fd, name, s->fd, aside, 0) == 0)
			break;
		if (errno != EEXIST)
			i = ASIDE_MAX;
	}
	if (i >= ASIDE_MAX || unlinkat(s->fd, name, 0) == -1) {
		buf_printf(&text, "%s; it cannot be moved aside: %s", why,
		    strerror(errno));
		say(s, name, text.data);
		buf_clear(&text);
		return false;
	}
	buf_printf(
	    &text, "%s; moved aside to %s, a new one begins", why, aside);
	say(s, name, text.data);
	buf_clear(&text);
	return true;
}

static struct check_memory *
refused(const struct state *s, const char *name, const char *why)
{
	struct buf text = { 0 };

	buf_printf(&text, "%s; left as it is", why);
	say(s, name, text.data);
	buf_clear(&text);
	return NULL;
}

static struct check_memory *
load_text(const struct state *s, const char *domain, const char *name,
    const struct buf *text, int64_t now)
{
	struct check_memory *m = NULL;
	struct buf why = { 0 };

	switch (memory_load(buf_str(text), text->len, domain, now, &m, &why)) {
	case MEMORY_OK:
		break;
	case MEMORY_DAMAGED:
		if (move_aside(s, name, now, buf_str(&why)))
			m = memory_new();
		break;
	case MEMORY_NOT_OURS:
		refused(s, name, buf_str(&why));
		break;
	}
	buf_clear(&why);
	return m;
}

struct check_memory *
state_load(const struct state *s, const char *domain, int64_t now)
{
	char name[NAME_BYTES];
	struct check_memory *m;
	struct buf text = { 0 };
	int fd, error;

	if (!file_name(name, domain))
		return refused(s, domain, "too long for the name of a file");
	fd = open_file(s, name);
	if (fd == -1 && errno == ENOENT)
		return memory_new();
	if (fd == -1)
		return refused(s, name,
		    errno == EINVAL || errno == ELOOP ? "not a plain file" :
							strerror(errno));
	error = read_all(fd, &text);
	close(fd);
	if (error != 0 && error != EFBIG)
		m = refused(s, name, strerror(error));
	else if (error == EFBIG)
		m = move_aside(s, name, now, "too large") ? memory_new() : NULL;
	else
		m = load_text(s, domain, name, &text, now);
	buf_clear(&text);
	return m;
}

/* 0, or an errno. */
static int
replace(const struct state *s, const char *name, const struct buf *text)
{
	struct buf fresh = { 0 };
	const char *base;
	int fd, error = 0;

	buf_printf(&fresh, "%s/.new-XXXXXX", s->path);
	fd = mkostemp(fresh.data, O_CLOEXEC);
	if (fd == -1) {
		error = errno;
		buf_clear(&fresh);
		return error;
	}
	base = strrchr(fresh.data, '/') + 1;
	if (!syncwrite(fd, text) || renameat(s->fd, base, s->fd, name) == -1) {
		error = errno;
		unlinkat(s->fd, base, 0);
	}
	close(fd);
	buf_clear(&fresh);
	return error;
}

bool
state_save(
    const struct state *s, const char *domain, const struct check_memory *m)
{
	char name[NAME_BYTES];
	struct buf text = { 0 };
	int error;

	if (!file_name(name, domain))
		return false;
	memory_save(&text, domain, m);
	error = text.len > STATE_FILE_MAX ? EFBIG : replace(s, name, &text);
	buf_clear(&text);
	if (error != 0)
		say(s, name, strerror(error));
	return error == 0;
}
