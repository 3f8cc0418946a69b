/* SPDX-License-Identifier: ISC */
#include "base/text.h"

#include <stdbool.h>

static void
escape(struct buf *out, const char *data, size_t len, bool has_lines)
{
	size_t i;

	for (i = 0; i < len; i++) {
		if ((data[i] >= 0x20 && data[i] < 0x7f) ||
		    (has_lines && data[i] == '\n'))
			buf_putc(out, data[i]);
		else
			buf_printf(out, "\\x%02x",
			    (unsigned int)(unsigned char)data[i]);
	}
}

void
text_escape(struct buf *out, const char *data, size_t len)
{
	escape(out, data, len, false);
}

void
text_escape_lines(struct buf *out, const char *data, size_t len)
{
	escape(out, data, len, true);
}
