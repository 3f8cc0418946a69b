/* SPDX-License-Identifier: ISC */
/*
 * For the one wrapper of a library that brings its own events: evhttp, in
 * net/httpd. Everybody else uses base/loop.
 */
#ifndef BASE_LOOPEVENT_H
#define BASE_LOOPEVENT_H

#include "base/loop.h"

struct event_base;

/*
 * libevent's own, lent. Whatever is added to it without a priority has
 * LOOP_NORMAL.
 */
struct event_base *loop_event_base(struct loop *);

/*
 * Around a callback that did not come through base/loop: one of LOOP_NORMAL,
 * and measured.
 */
void loop_event_begin(struct loop *);
void loop_event_end(struct loop *);

#endif
