/* SPDX-License-Identifier: ISC */
/* The words of the socketmap protocol, around netstring frames. */
#include <assert.h>
#include <string.h>

#include "postfix/netstring.h"
#include "postfix/socketmap.h"

bool
socketmap_parse(const char *payload, size_t len, struct socketmap_request *req)
{
	const char *blank = memchr(payload, ' ', len);

	if (blank == NULL || blank == payload)
		return false;
	req->name = payload;
	req->name_len = (size_t)(blank - payload);
	req->key = blank + 1;
	req->key_len = len - req->name_len - 1;
	return true;
}

/* Word: a status with its blank. */
static void
put_reply(struct buf *out, const char *word, const char *text, size_t len)
{
	size_t word_len = strlen(word);

	/* Postfix would read on in the middle of a longer one. */
	assert(len <= NETSTRING_REPLY_MAX_BYTES - word_len);
	netstring_write_pair(out, word, word_len, text, len);
}

void
socketmap_ok(struct buf *out, const char *text, size_t len)
{
	put_reply(out, "OK ", text, len);
}

void
socketmap_notfound(struct buf *out)
{
	put_reply(out, "NOTFOUND ", "", 0);
}

void
socketmap_temp(struct buf *out, const char *why)
{
	put_reply(out, "TEMP ", why, strlen(why));
}

void
socketmap_perm(struct buf *out, const char *why)
{
	put_reply(out, "PERM ", why, strlen(why));
}
