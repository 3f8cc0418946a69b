/* SPDX-License-Identifier: ISC */
#include <sys/stat.h>

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "daemon/overrides.h"
#include "postfix/answer.h"

#define READ_BYTES 65536

static_assert(STS_OVERRIDE_MX_MAX_BYTES <= ANSWER_MX_MAX_BYTES,
    "every override must fit into an answer");

static const char event[] = "overrides";

/* All of it into text; -1: logged. */
static int
read_all(int fd, const char *path, struct buf *text)
{
	struct stat st;
	ssize_t n;

	if (fstat(fd, &st) == 0 && !S_ISREG(st.st_mode)) {
		log_error(event, "%s: is not a regular file", path);
		return -1;
	}
	do {
		n = read(fd, buf_reserve(text, READ_BYTES), READ_BYTES);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1) {
			log_error(event, "%s: cannot be read: %s", path,
			    strerror(errno));
			return -1;
		}
		text->len += (size_t)n;
		if (text->len > OVERRIDES_MAX_BYTES) {
			log_error(event, "%s: is larger than 16 MiB", path);
			return -1;
		}
	} while (n != 0);
	return 0;
}

static struct sts_overrides *
parse(const char *path, const struct buf *text)
{
	struct sts_overrides *set;
	struct buf error = { 0 };
	size_t count;

	set = sts_overrides_parse(path, buf_str(text), text->len, &error);
	if (set == NULL) {
		log_error(event, "%s", buf_str(&error));
	} else {
		count = sts_overrides_count(set);
		log_info(event, "%zu domain%s from %s", count,
		    count == 1 ? "" : "s", path);
	}
	buf_clear(&error);
	return set;
}

int
overrides_load(const char *path, struct sts_overrides **out)
{
	struct sts_overrides *set = NULL;
	struct buf text = { 0 };
	int fd;

	if (*path == '\0') {
		*out = NULL;
		return 0;
	}
	/* Whatever it is, opening it must not block: nothing else runs. */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd == -1) {
		log_error(
		    event, "%s: cannot be opened: %s", path, strerror(errno));
		return -1;
	}
	if (read_all(fd, path, &text) == 0)
		set = parse(path, &text);
	close(fd);
	buf_clear(&text);
	if (set == NULL)
		return -1;
	*out = set;
	return 0;
}
