/* SPDX-License-Identifier: ISC */
/*
 * A URI as RFC 8460 section 3 takes it: RFC 3986 "URI", with ",", "!" and
 * ";" only in percent-encoded form. Private to sts/. Pure.
 */
#ifndef STS_URI_H
#define STS_URI_H

#include <stdbool.h>
#include <stddef.h>

struct sts_uri {
	size_t scheme_len; /* from the start, without ":" */
	size_t rest_len; /* behind the ":", up to "?" or "#" */
	size_t host_len; /* 0: no authority, or no host in it */
};

/* Take it apart; false, out untouched, when it is not such a URI. */
bool sts_uri_parse(const char *, size_t len, struct sts_uri *out);

#endif
