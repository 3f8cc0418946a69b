/* SPDX-License-Identifier: ISC */
/* Private to sts/. Pure. */
#ifndef STS_UTF8_H
#define STS_UTF8_H

#include <stddef.h>

/*
 * The length (2 to 4) of the character that begins there with a byte
 * >= 0x80; 0 when it is none: cut off, overlong, a surrogate, too high.
 */
size_t sts_utf8_len(const char *, size_t left);

#endif
