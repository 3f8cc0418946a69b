/* SPDX-License-Identifier: ISC */
/*
 * Netstrings as Postfix's socketmap client sends them (util/netstring.c):
 * "5:hello,". Read from the front of whatever has arrived so far; the verdict
 * depends on the bytes alone, not on how they were split. Pure.
 */
#ifndef POSTFIX_NETSTRING_H
#define POSTFIX_NETSTRING_H

#include <stddef.h>

#include "base/buf.h"

#define NETSTRING_REQUEST_MAX_BYTES 10000
#define NETSTRING_REPLY_MAX_BYTES   100000
/* the longest request frame: digits, ":", payload, "," */
#define NETSTRING_FRAME_MAX_BYTES (NETSTRING_REQUEST_MAX_BYTES + 7)

enum netstring_status {
	NETSTRING_MORE, /* a prefix of a frame so far */
	NETSTRING_FRAME,
	NETSTRING_BAD /* no frame begins like this: close */
};

/*
 * Look at the front of len bytes. With NETSTRING_FRAME, payload lends from
 * bytes and frame_len is the length of the whole frame; otherwise both are
 * untouched. Bad: a non-digit, a leading zero, a length over the limit (known
 * from its digits alone), no comma at the end.
 */
enum netstring_status netstring_read(const char *bytes, size_t len,
    const char **payload, size_t *payload_len, size_t *frame_len);

/* The same of a reply, which may be longer: NETSTRING_REPLY_MAX_BYTES. */
enum netstring_status netstring_read_reply(const char *bytes, size_t len,
    const char **payload, size_t *payload_len, size_t *frame_len);

/* Append the frame of a payload. */
void netstring_write(struct buf *, const char *payload, size_t len);

/* The same, of a payload that comes in two parts. */
void netstring_write_pair(struct buf *, const char *head, size_t head_len,
    const char *tail, size_t tail_len);

#endif
