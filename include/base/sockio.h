/* SPDX-License-Identifier: ISC */
/*
 * recv() and send() without a point of cancellation: in a process with threads
 * libc makes each ready to be cancelled and back, which costs a request a
 * fiftieth of its time. No thread of ours is ever cancelled.
 */
#ifndef BASE_SOCKIO_H
#define BASE_SOCKIO_H

#include <sys/types.h>

#include <stddef.h>

/* As recv(2) without flags. */
ssize_t sock_recv(int fd, void *bytes, size_t size);

/* As send(2), without a signal when the other side is gone. */
ssize_t sock_send(int fd, const void *bytes, size_t len);

#endif
