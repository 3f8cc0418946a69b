/* SPDX-License-Identifier: ISC */
/*
 * One socketmap look-up, made as Postfix makes it (util/dict_sockmap.c,
 * util/auto_clnt.c): connecting, each read and each write may take 100 s, a
 * reply has at most 100,000 bytes, and a connection that ends before the
 * reply is made once more. Blocks.
 */
#ifndef NET_MAPCLIENT_H
#define NET_MAPCLIENT_H

#include "base/buf.h"

#define MAPCLIENT_TIMEOUT_MS 100000

/*
 * Ask for key in the map name at address ("inet:host:port", "unix:path").
 * 0: the payload of the reply ("OK ...", "NOTFOUND ", ...) was appended to
 * reply, any bytes. -1: no reply; why has been given the reason, without the
 * address ("connection refused").
 */
int mapclient_query(const char *address, int timeout_ms, const char *name,
    const char *key, struct buf *reply, struct buf *why);

#endif
