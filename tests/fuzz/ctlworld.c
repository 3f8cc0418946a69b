/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/xmalloc.h"
#include "ctlworld.h"
#include "fuzz.h"
#include "net/adminclient.h"
#include "net/mapclient.h"

struct adminclient {
	void *arg[ADMINCLIENT_AT_ONCE]; /* in the order they were begun */
	size_t count;
};

static const char *input;
static size_t left;
static bool is_tty;

static FILE *kept[3]; /* the process's own */
static char *text[2];
static size_t text_len[2];

void
ctlworld_begin(const char *data, size_t len, const char *in, bool is_terminal)
{
	input = data;
	left = len;
	is_tty = is_terminal;
	kept[0] = stdin;
	kept[1] = stdout;
	kept[2] = stderr;
	stdin = fmemopen((void *)(uintptr_t)in, strlen(in), "r");
	stdout = open_memstream(&text[0], &text_len[0]);
	stderr = open_memstream(&text[1], &text_len[1]);
	if (stdin == NULL || stdout == NULL || stderr == NULL)
		abort();
}

void
ctlworld_end(struct buf *out, struct buf *err)
{
	fclose(stdin);
	fclose(stdout);
	fclose(stderr);
	stdin = kept[0];
	stdout = kept[1];
	stderr = kept[2];
	buf_put(out, text[0], text_len[0]);
	buf_put(err, text[1], text_len[1]);
	free(text[0]);
	free(text[1]);
	is_tty = false;
}

static bool
take(struct fuzz_part *part)
{
	return fuzz_next(&input, &left, CTLWORLD_NEXT, part);
}

bool
ctlworld_answer(struct buf *body)
{
	struct fuzz_part part;

	if (!take(&part))
		return false;
	buf_put(body, part.data, part.len);
	return true;
}

int
isatty(int fd)
{
	(void)fd;
	return is_tty;
}

int
nanosleep(const struct timespec *pause, struct timespec *rest)
{
	(void)pause;
	(void)rest;
	return 0;
}

/* ---- net/adminclient */

struct adminclient *
adminclient_new(const char *address, const struct adminclient_limits *limits)
{
	(void)address;
	(void)limits;
	return xcalloc(1, sizeof(struct adminclient));
}

void
adminclient_free(struct adminclient *c)
{
	free(c);
}

void
adminclient_start(
    struct adminclient *c, const struct admin_request *request, void *arg)
{
	if (c->count == ADMINCLIENT_AT_ONCE ||
	    !fuzz_is_printable(request->path, strlen(request->path)))
		abort();
	c->arg[c->count++] = arg;
}

size_t
adminclient_under_way(const struct adminclient *c)
{
	return c->count;
}

void *
adminclient_next(struct adminclient *c, struct admin_reply *reply)
{
	struct fuzz_part part;
	void *arg = c->arg[0];
	unsigned int how = '0';

	memmove(c->arg, c->arg + 1, --c->count * sizeof(c->arg[0]));
	buf_reset(&reply->error);
	buf_reset(&reply->body);
	if (take(&part)) {
		how = fuzz_byte(&part.data, &part.len);
		buf_put(&reply->body, part.data, part.len);
	}
	reply->status = how == '0' ? 0 : how == '4' ? 400 : 200;
	reply->outcome = how == '0' ? ADMIN_BROKEN :
	    how == '4'              ? ADMIN_REFUSED :
				      ADMIN_OK;
	if (how == '0')
		buf_puts(&reply->error, "it broke off");
	return arg;
}

/* ---- net/mapclient */

int
mapclient_query(const char *address, int timeout_ms, const char *name,
    const char *key, struct buf *reply, struct buf *why)
{
	(void)address;
	(void)timeout_ms;
	(void)name;
	(void)key;
	if (ctlworld_answer(reply))
		return 0;
	buf_puts(why, "connection refused");
	return -1;
}
