/* SPDX-License-Identifier: ISC */
/*
 * However the bytes come in pieces, the same frames are read: what a longer
 * prefix says never takes back what a shorter one said.
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "postfix/netstring.h"

typedef enum netstring_status
reader(const char *, size_t, const char **, size_t *, size_t *);

/* Prefixes that are looked at of a long input: its head, then now and then. */
#define HEAD_BYTES 64
#define STRIDE     97

static void
read_frame(reader *read, const char *data, size_t len, size_t *used)
{
	const char *payload, *p;
	size_t n, frame, payload_len, frame_len;
	enum netstring_status whole, part;
	struct buf again = { 0 };
	char *copy;

	*used = 0;
	whole = read(data, len, &payload, &n, &frame);
	for (size_t cut = 0; cut < len; cut += cut < HEAD_BYTES ? 1 : STRIDE) {
		copy = fuzz_copy(data, cut);
		part = read(copy, cut, &p, &payload_len, &frame_len);
		free(copy);
		if (part == NETSTRING_MORE) {
			HOLDS(whole != NETSTRING_FRAME || cut < frame);
			continue;
		}
		HOLDS(part == whole);
		HOLDS(part == NETSTRING_BAD || frame_len == frame);
	}
	if (whole != NETSTRING_FRAME)
		return;
	HOLDS(frame <= len && payload + n + 1 == data + frame);
	/* There is one way to write a frame. */
	netstring_write(&again, payload, n);
	HOLDS(again.len == frame && memcmp(again.data, data, frame) == 0);
	buf_reset(&again);
	netstring_write_pair(
	    &again, payload, n / 2, payload + n / 2, n - n / 2);
	HOLDS(again.len == frame && memcmp(again.data, data, frame) == 0);
	buf_clear(&again);
	*used = frame;
}

static void
read_all(reader *read, size_t max, const char *data, size_t len)
{
	size_t used, frames = 0;

	do {
		read_frame(read, data, len, &used);
		HOLDS(used <= max + 8);
		data += used;
		len -= used;
	} while (used > 0 && ++frames < 16);
}

void
fuzz_netstring(const char *data, size_t len)
{
	read_all(netstring_read, NETSTRING_REQUEST_MAX_BYTES, data, len);
	read_all(netstring_read_reply, NETSTRING_REPLY_MAX_BYTES, data, len);
}
