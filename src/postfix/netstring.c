/* SPDX-License-Identifier: ISC */
/* Netstrings, read statelessly: each look starts at the first byte again. */
#include <string.h>

#include "postfix/netstring.h"

/* Digits of SIZE_MAX in 64 bits. */
#define LENGTH_DIGITS_MAX 20

static inline enum netstring_status
read_upto(size_t max, const char *bytes, size_t len, const char **payload,
    size_t *payload_len, size_t *frame_len)
{
	size_t i, n = 0;

	for (i = 0; i < len && bytes[i] != ':'; i++) {
		if (bytes[i] < '0' || bytes[i] > '9')
			return NETSTRING_BAD;
		if (i > 0 && n == 0)
			return NETSTRING_BAD;
		n = n * 10 + (size_t)(bytes[i] - '0');
		if (n > max)
			return NETSTRING_BAD;
	}
	if (i == len)
		return NETSTRING_MORE;
	if (i == 0)
		return NETSTRING_BAD;
	i++;
	if (len - i <= n)
		return NETSTRING_MORE;
	if (bytes[i + n] != ',')
		return NETSTRING_BAD;
	*payload = bytes + i;
	*payload_len = n;
	*frame_len = i + n + 1;
	return NETSTRING_FRAME;
}

enum netstring_status
netstring_read(const char *bytes, size_t len, const char **payload,
    size_t *payload_len, size_t *frame_len)
{
	return read_upto(NETSTRING_REQUEST_MAX_BYTES, bytes, len, payload,
	    payload_len, frame_len);
}

enum netstring_status
netstring_read_reply(const char *bytes, size_t len, const char **payload,
    size_t *payload_len, size_t *frame_len)
{
	return read_upto(NETSTRING_REPLY_MAX_BYTES, bytes, len, payload,
	    payload_len, frame_len);
}

void
netstring_write(struct buf *out, const char *payload, size_t len)
{
	netstring_write_pair(out, payload, len, "", 0);
}

void
netstring_write_pair(struct buf *out, const char *head, size_t head_len,
    const char *tail, size_t tail_len)
{
	size_t rest, n = head_len + tail_len;
	char *to = buf_reserve(out, LENGTH_DIGITS_MAX + n + 2), *digit;

	for (rest = n; rest > 9; rest /= 10)
		to++;
	for (digit = to, rest = n; rest > 9; rest /= 10)
		*digit-- = (char)('0' + rest % 10);
	*digit = (char)('0' + rest);
	*++to = ':';
	to++;
	/* Nothing may be NULL. */
	if (head_len > 0)
		memcpy(to, head, head_len);
	if (tail_len > 0)
		memcpy(to + head_len, tail, tail_len);
	to += n;
	*to++ = ',';
	*to = '\0';
	out->len = (size_t)(to - out->data);
}
