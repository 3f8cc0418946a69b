/* SPDX-License-Identifier: ISC */
/* One file; what is put comes behind what is there. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/xmalloc.h"
#include "check/spool.h"

struct spool {
	int fd;
	off_t end;
};

static int
open_nameless(void)
{
	const char *const folders[] = { getenv("TMPDIR"), "/var/tmp", "/tmp" };
	size_t i;
	int fd;

	for (i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		if (folders[i] == NULL || folders[i][0] == '\0')
			continue;
		fd = open(folders[i], O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
		if (fd != -1)
			return fd;
	}
	return memfd_create("postfix-mta-sts", MFD_CLOEXEC);
}

struct spool *
spool_new(void)
{
	int fd = open_nameless();
	struct spool *s;

	if (fd == -1)
		return NULL;
	s = xcalloc(1, sizeof(*s));
	s->fd = fd;
	return s;
}

void
spool_free(struct spool *s)
{
	if (s == NULL)
		return;
	close(s->fd);
	free(s);
}

bool
spool_put(
    struct spool *s, const void *data, size_t len, struct spool_place *place)
{
	size_t done = 0;
	ssize_t n;

	while (done < len) {
		n = pwrite(s->fd, (const char *)data + done, len - done,
		    s->end + (off_t)done);
		if (n == -1 && errno != EINTR)
			return false;
		if (n > 0)
			done += (size_t)n;
	}
	*place = (struct spool_place){ s->end, len };
	s->end += (off_t)len;
	return true;
}

bool
spool_get(struct spool *s, const struct spool_place *place, struct buf *out)
{
	char *to = buf_reserve(out, place->len);
	size_t done = 0;
	ssize_t n;

	while (done < place->len) {
		n = pread(s->fd, to + done, place->len - done,
		    place->at + (off_t)done);
		if (n == 0)
			errno = EIO;
		if (n == 0 || (n == -1 && errno != EINTR))
			return false;
		if (n > 0)
			done += (size_t)n;
	}
	out->len += done;
	out->data[out->len] = '\0';
	return true;
}
