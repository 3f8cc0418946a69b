/* SPDX-License-Identifier: ISC */
/*
 * Postfix's socketmap protocol (util/dict_sockmap.c; socketmap_table(5)).
 * Request payload: NAME SP KEY. Reply payload: STATUS SP text. Pure.
 */
#ifndef POSTFIX_SOCKETMAP_H
#define POSTFIX_SOCKETMAP_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

/* Lends from the payload. The key is everything after the first blank. */
struct socketmap_request {
	const char *name;
	size_t name_len;
	const char *key;
	size_t key_len;
};

/* False without "NAME SP" (reply PERM, the connection stays). */
bool
socketmap_parse(const char *payload, size_t len, struct socketmap_request *);

/* Append a whole reply frame. "OK text", "NOTFOUND ", "TEMP why", "PERM why". */
void socketmap_ok(struct buf *, const char *text, size_t len);
void socketmap_notfound(struct buf *);
void socketmap_temp(struct buf *, const char *why);
void socketmap_perm(struct buf *, const char *why);

#endif
