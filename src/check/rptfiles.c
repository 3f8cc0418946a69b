/* SPDX-License-Identifier: ISC */
/* Files and folders of reports. What is refused is said by name; the others
 * count. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "base/xmalloc.h"
#include "check/rptpack.h"
#include "check/rptsum.h"

static void
say(const char *path, const char *why)
{
	struct buf shown = { 0 };

	text_escape(&shown, path, strlen(path));
	fprintf(stderr, "postfix-mta-sts: %s: %s\n", buf_str(&shown), why);
	buf_clear(&shown);
}

/* The whole of a regular file; NULL, or why not. */
static const char *
slurp(const char *path, struct buf *out)
{
	/* A pipe must not hold us up. */
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	const char *why = NULL;
	struct stat st;
	ssize_t n = 1;

	if (fd == -1 || fstat(fd, &st) == -1)
		why = strerror(errno);
	else if (!S_ISREG(st.st_mode))
		why = "not a regular file";
	while (why == NULL && n > 0) {
		n = read(fd, buf_reserve(out, BUFSIZ), BUFSIZ);
		if (n == -1)
			why = strerror(errno);
		else if ((out->len += (size_t)n) > RPT_BYTES_MAX)
			why = "too large";
	}
	if (fd != -1)
		close(fd);
	return why;
}

static void
read_one(struct rpt_reports *all, const char *path)
{
	char error[RPT_ERROR_BYTES];
	struct rpt_report report;
	struct buf data = { 0 }, json = { 0 };
	const char *why = slurp(path, &data);

	if (why == NULL &&
	    (!rpt_unpack(buf_str(&data), data.len, &json, error) ||
		!rpt_parse(buf_str(&json), json.len, &report, error)))
		why = error;
	else if (why == NULL && !rpt_add(all, &report)) {
		rpt_report_clear(&report);
		why = "too many reports";
	}
	if (why != NULL) {
		say(path, why);
		all->refused++;
	}
	buf_clear(&data);
	buf_clear(&json);
}

/* Links to folders are no folders of ours. */
static bool
is_folder(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static int
no_dots(const struct dirent *d)
{
	return d->d_name[0] != '.';
}

static bool
is_of_maildir(const char *name)
{
	return strcmp(name, "new") == 0 || strcmp(name, "cur") == 0;
}

static int
read_folder(struct rpt_reports *all, const char *folder, bool is_top)
{
	struct dirent **entry = NULL;
	int i, n = scandir(folder, &entry, no_dots, alphasort);
	struct buf path = { 0 };

	if (n == -1) {
		say(folder, strerror(errno));
		return -1;
	}
	for (i = 0; i < n; i++) {
		buf_reset(&path);
		buf_printf(&path, "%s/%s", folder, entry[i]->d_name);
		if (!is_folder(path.data))
			read_one(all, path.data);
		else if (is_top && is_of_maildir(entry[i]->d_name))
			(void)read_folder(all, path.data, false);
		free(entry[i]);
	}
	free(entry);
	buf_clear(&path);
	return 0;
}

int
rpt_read(struct rpt_reports *all, const char *path)
{
	struct stat st;

	if (stat(path, &st) == -1) {
		say(path, strerror(errno));
		return -1;
	}
	if (S_ISDIR(st.st_mode))
		return read_folder(all, path, true);
	read_one(all, path);
	return 0;
}
