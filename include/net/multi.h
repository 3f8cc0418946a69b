/* SPDX-License-Identifier: ISC */
/* libcurl's multi interface driven by the loop. */
#ifndef NET_MULTI_H
#define NET_MULTI_H

#include <stdbool.h>

#include <curl/curl.h>

#include "base/loop.h"

struct multi;

/*
 * A handle is done: called from the loop, never from inside libcurl. arg is
 * the handle's CURLOPT_PRIVATE. The handle is removed already; it and others
 * may be freed, others added; the multi must not be freed.
 */
typedef void multi_cb(CURL *, CURLcode, void *arg);

/* NULL when libcurl refuses (logged). */
struct multi *multi_new(struct loop *, multi_cb *);

/* No handle may be left. */
void multi_free(struct multi *);

/*
 * False when libcurl has no memory; when that shows only at the handle's turn,
 * it is done with CURLE_OUT_OF_MEMORY.
 */
bool multi_add(struct multi *, CURL *);
void multi_remove(struct multi *, CURL *);

#endif
