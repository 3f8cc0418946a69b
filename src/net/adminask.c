/* SPDX-License-Identifier: ISC */
/* What is made of net/adminclient's own, whoever's that is. */
#include "net/adminclient.h"

enum admin_outcome
adminclient_ask(struct adminclient *c, const struct admin_request *request,
    struct admin_reply *reply)
{
	adminclient_start(c, request, NULL);
	(void)adminclient_next(c, reply);
	return reply->outcome;
}

void
admin_reply_clear(struct admin_reply *reply)
{
	buf_clear(&reply->body);
	buf_clear(&reply->error);
}
