/* SPDX-License-Identifier: ISC */
/* Bytes into a file, down to the disk. */
#ifndef BASE_SYNCWRITE_H
#define BASE_SYNCWRITE_H

#include <stdbool.h>

#include "base/buf.h"

/* Write all of it and fsync(2); blocks. False: errno says why. */
bool syncwrite(int fd, const struct buf *);

#endif
