/* SPDX-License-Identifier: ISC */
/*
 * Texts that strangers wrote, made harmless for HTML and Markdown. A byte that
 * is no printable character (a control byte, bad UTF-8, one that turns the
 * direction of writing) becomes \xNN everywhere. Pure.
 */
#ifndef CHECK_MARKUP_H
#define CHECK_MARKUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/* For text between tags and in quoted attributes; lines stay lines. */
void markup_html(struct buf *, const char *, size_t len);
void markup_html_text(struct buf *, const char *); /* NULL: nothing */

/* Markdown: running text on one line; nothing in it is markup. */
void markup_md(struct buf *, const char *, size_t len);
void markup_md_text(struct buf *, const char *); /* NULL: nothing */

/* A code span, also within a table; and a fenced block, each line indented. */
void markup_md_code(struct buf *, const char *, size_t len);
void
markup_md_fence(struct buf *, const char *, size_t len, unsigned int indent);

/* "7 days", "36 hours", "about 10 days", "90 s". */
void markup_span(struct buf *, uint64_t seconds);

#endif
