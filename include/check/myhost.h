/* SPDX-License-Identifier: ISC */
/*
 * What this host's Postfix says of itself, by its own programs (postconf,
 * postmap, found in PATH or /usr/sbin; MAIL_CONFIG counts). Blocks.
 */
#ifndef CHECK_MYHOST_H
#define CHECK_MYHOST_H

#include "base/buf.h"
#include "check/domainlist.h"

/* A parameter's value, expanded, into out (emptied first). -1, and said so. */
int myhost_get(const char *parameter, struct buf *out);

/*
 * The next item of a list as Postfix writes it (blanks or commas between; {}
 * hold together), copied to item; NULL: no more.
 */
const char *myhost_next(const char *at, struct buf *item);

/*
 * Look key up in a table. 0: the value; 1: it is not there; -1: it cannot be
 * looked up, value says why.
 */
int myhost_look_up(const char *table, const char *key, struct buf *value);

/*
 * The domains it receives for, each labelled by its parameter. Tables that
 * cannot be listed are said. -1, and said so: there is no Postfix.
 */
int myhost_list(struct domainlist *);

#endif
