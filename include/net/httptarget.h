/* SPDX-License-Identifier: ISC */
/* The target of a request, decoded: its path and its query (by libevent). */
#ifndef NET_HTTPTARGET_H
#define NET_HTTPTARGET_H

struct httptarget;

/* Either may be NULL: it was not sent. */
struct httptarget *httptarget_new(const char *path, const char *query);
void httptarget_free(struct httptarget *);

/* "" when it cannot be decoded (a NUL), or was not sent. */
const char *httptarget_path(const struct httptarget *);

/*
 * A parameter; NULL: there is none of that name. A query that cannot be read
 * has none at all. Both lend as long as the target lives.
 */
const char *httptarget_query(const struct httptarget *, const char *name);

#endif
