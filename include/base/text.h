/* SPDX-License-Identifier: ISC */
/* Texts that strangers wrote, on their way to a terminal. Pure. */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stddef.h>

#include "base/buf.h"

/* What is not printable ASCII becomes \xNN. */
void text_escape(struct buf *, const char *, size_t len);

/* The same, but lines stay lines. */
void text_escape_lines(struct buf *, const char *, size_t len);

#endif
