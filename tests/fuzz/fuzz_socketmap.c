/* SPDX-License-Identifier: ISC */
/* A request is its name, one blank, its key; a reply is one whole frame. */
#include <string.h>

#include "fuzz.h"
#include "postfix/answer.h"
#include "postfix/netstring.h"
#include "postfix/socketmap.h"

static void
check_frame(struct buf *b, const char *head, const char *text, size_t len)
{
	size_t head_len = strlen(head), n, frame;
	const char *payload;

	HOLDS(netstring_read_reply(b->data, b->len, &payload, &n, &frame) ==
	    NETSTRING_FRAME);
	HOLDS(frame == b->len && n == head_len + len);
	HOLDS(memcmp(payload, head, head_len) == 0);
	HOLDS(len == 0 || memcmp(payload + head_len, text, len) == 0);
	buf_reset(b);
}

void
fuzz_socketmap(const char *data, size_t len)
{
	enum answer_profile profile = ANSWER_POSTFIX_2_10;
	struct socketmap_request r;
	struct buf b = { 0 };

	if (socketmap_parse(data, len, &r)) {
		HOLDS(r.name == data && r.name_len > 0);
		HOLDS(memchr(r.name, ' ', r.name_len) == NULL);
		HOLDS(r.name[r.name_len] == ' ');
		HOLDS(r.key == r.name + r.name_len + 1);
		HOLDS(r.name_len + 1 + r.key_len == len);
		if (answer_profile_parse(r.name, r.name_len, &profile) ==
		    ANSWER_NAME_KNOWN)
			HOLDS(answer_profile_name(profile) != NULL);
		else
			HOLDS(profile == ANSWER_POSTFIX_2_10);
	} else {
		HOLDS(len == 0 || data[0] == ' ' ||
		    memchr(data, ' ', len) == NULL);
	}
	if (len < NETSTRING_REPLY_MAX_BYTES - 10) {
		socketmap_ok(&b, data, len);
		check_frame(&b, "OK ", data, len);
	}
	socketmap_notfound(&b);
	check_frame(&b, "NOTFOUND ", "", 0);
	buf_clear(&b);
}
