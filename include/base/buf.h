/* SPDX-License-Identifier: ISC */
/*
 * A growable run of bytes. `data` is always NUL-terminated once anything was
 * put, so text can be read as a string. A zeroed struct is a valid empty buf.
 * Pointers into `data` live until the next call that may grow it.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stddef.h>
#include <string.h>

struct buf {
	char *data;
	size_t len; /* bytes used, without the NUL */
	size_t size; /* bytes allocated */
};

/* Free the bytes; the buf is empty and usable again. */
void buf_clear(struct buf *);

/* Forget the bytes, keep the memory. */
void buf_reset(struct buf *);

/* The same when there is none yet. */
char *buf_grow(struct buf *, size_t n);

/* Room for n more bytes after data + len, and a NUL; returns that place. */
static inline char *
buf_reserve(struct buf *b, size_t n)
{
	/* There is, most of the time. */
	return n < b->size - b->len ? b->data + b->len : buf_grow(b, n);
}

static inline void
buf_put(struct buf *b, const void *data, size_t len)
{
	char *to = buf_reserve(b, len);

	if (len > 0)
		memcpy(to, data, len);
	to[len] = '\0';
	b->len += len;
}

static inline void
buf_puts(struct buf *b, const char *s)
{
	buf_put(b, s, strlen(s));
}

static inline void
buf_putc(struct buf *b, char c)
{
	buf_put(b, &c, 1);
}

void buf_printf(struct buf *, const char *, ...)
    __attribute__((format(printf, 2, 3)));

/* Drop the first n bytes (n <= len). */
void buf_consume(struct buf *, size_t n);

/* The bytes as a string: "" when nothing was ever put. */
const char *buf_str(const struct buf *);

#endif
