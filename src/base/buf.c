/* SPDX-License-Identifier: ISC */
#include <assert.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/xmalloc.h"

#define BUF_MIN_BYTES 64

void
buf_clear(struct buf *b)
{
	free(b->data);
	*b = (struct buf){ 0 };
}

void
buf_reset(struct buf *b)
{
	b->len = 0;
	if (b->data != NULL)
		b->data[0] = '\0';
}

char *
buf_grow(struct buf *b, size_t n)
{
	size_t need, size;

	assert(n < SIZE_MAX / 4 && b->len < SIZE_MAX / 4);
	need = b->len + n + 1;
	if (need > b->size) {
		size = b->size > 0 ? b->size : BUF_MIN_BYTES;
		while (size < need)
			size *= 2;
		b->data = xreallocarray(b->data, size, 1);
		b->size = size;
	}
	return b->data + b->len;
}

void
buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap;
	char *to;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	assert(n >= 0);
	to = buf_reserve(b, (size_t)n);
	va_start(ap, fmt);
	vsnprintf(to, (size_t)n + 1, fmt, ap);
	va_end(ap);
	b->len += (size_t)n;
}

void
buf_consume(struct buf *b, size_t n)
{
	assert(n <= b->len);
	if (n == 0)
		return;
	memmove(b->data, b->data + n, b->len - n);
	b->len -= n;
	b->data[b->len] = '\0';
}

const char *
buf_str(const struct buf *b)
{
	return b->data != NULL ? b->data : "";
}
