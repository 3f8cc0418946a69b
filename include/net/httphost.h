/* SPDX-License-Identifier: ISC */
/*
 * Which names in a Host header are ours. A page in somebody's browser can make
 * its own name lead to a loopback address ("DNS rebinding"): what it asks for
 * then bears that name.
 */
#ifndef NET_HTTPHOST_H
#define NET_HTTPHOST_H

#include <stdbool.h>

struct httphost;

/* This machine's host name, and what hosts ("/etc/hosts") calls it besides. */
struct httphost *httphost_new(const char *hosts);
void httphost_free(struct httphost *);

/*
 * The value of a Host header, with or without a port: an IP literal,
 * localhost, or one of those names? NULL (none was sent) is not ours.
 */
bool httphost_is_ours(const struct httphost *, const char *host);

#endif
