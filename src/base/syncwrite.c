/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <unistd.h>

#include "base/syncwrite.h"

bool
syncwrite(int fd, const struct buf *text)
{
	size_t done = 0;
	ssize_t n;

	while (done < text->len) {
		n = write(fd, text->data + done, text->len - done);
		if (n == -1 && errno != EINTR)
			return false;
		if (n > 0)
			done += (size_t)n;
	}
	return fsync(fd) == 0;
}
