/* SPDX-License-Identifier: ISC */
#ifndef CHECK_FIXDIR_H
#define CHECK_FIXDIR_H

#include <stdbool.h>
#include <stddef.h>

#include "check/publish.h"

/* Make the folder if it is missing, and the files in it, which must not be
 * there yet. False, said, and none was written: they could not be. */
bool fixdir_write(const char *path, const struct publish_file *, size_t count);

#endif
