/* SPDX-License-Identifier: ISC */
/* To a file that is whole or not there, or to standard output. */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "cache/readonly.h"
#include "ctl/ask.h"
#include "ctl/progress.h"
#include "ctl/records.h"
#include "ctl/run.h"
#include "ctl/table.h"

struct export
{
	FILE *to;
	struct progress progress;
	int64_t count;
};

static bool
is_printable(const char *line, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if ((line[i] < ' ' || line[i] > '~') && line[i] != '\n')
			return false;
	return true;
}

/*
 * The same line in ASCII, for it may go to a terminal: a policy may hold any
 * UTF-8, the C1 controls among it. What is no JSON remains none.
 */
static void
put_plain(struct buf *out, const char *line, size_t len)
{
	json_t *json = json_loadb(line, len, 0, NULL);

	if (json != NULL) {
		ctl_put_json(out, json, JSON_COMPACT);
		buf_putc(out, '\n');
	} else {
		text_escape_lines(out, line, len);
	}
	json_decref(json);
}

static bool
on_line(const char *line, size_t len, void *arg)
{
	struct export *e = arg;
	struct buf plain = { 0 };
	bool is_written;

	if (!is_printable(line, len)) {
		put_plain(&plain, line, len);
		line = plain.data;
		len = plain.len;
	}
	is_written = fwrite(line, 1, len, e->to) == len;
	buf_clear(&plain);
	if (!is_written) {
		progress_clear(&e->progress);
		ctl_say("cannot write: %s", strerror(errno));
		return false;
	}
	e->count++;
	progress_draw(&e->progress, e->count, 0, "policies");
	return true;
}

/* A file beside it, with the rights a new one has. */
static FILE *
open_temporary(struct buf *path)
{
	mode_t mask = umask(0);
	int fd = mkostemp(path->data, O_CLOEXEC);
	FILE *f = NULL;

	(void)umask(mask);
	if (fd != -1 && fchmod(fd, 0666 & ~mask) == 0)
		f = fdopen(fd, "w");
	if (f != NULL)
		return f;
	ctl_say("%s: %s", path->data, strerror(errno));
	if (fd != -1) {
		(void)unlink(path->data);
		close(fd);
	}
	return NULL;
}

static int
export_to(const struct ctl_options *options, const char *path)
{
	struct export e = { 0 };
	struct buf temporary = { 0 };
	bool is_written;
	int status;

	buf_printf(&temporary, "%s.XXXXXX", path);
	e.to = open_temporary(&temporary);
	if (e.to == NULL) {
		buf_clear(&temporary);
		return CTL_FAILED;
	}
	progress_init(&e.progress, options->is_json);
	status = ctl_each_line(options, on_line, &e);
	progress_clear(&e.progress);
	is_written = fflush(e.to) == 0 && fsync(fileno(e.to)) == 0;
	is_written = fclose(e.to) == 0 && is_written;
	if (status == CTL_OK &&
	    (!is_written || rename(temporary.data, path) == -1)) {
		ctl_say("%s: %s", path, strerror(errno));
		status = CTL_FAILED;
	}
	if (status != CTL_OK)
		(void)unlink(temporary.data);
	else if (options->is_json)
		printf("{\"exported\": %" PRId64 "}\n", e.count);
	else
		printf("%" PRId64 " %s exported\n", e.count,
		    table_plural(e.count, "policy", "policies"));
	buf_clear(&temporary);
	return status;
}

int
ctl_export(const struct ctl_options *options, const struct ctl_args *args)
{
	struct export e = { .to = stdout };

	if (args->words > 0 && strcmp(args->word[0], "-") != 0)
		return export_to(options, args->word[0]);
	progress_init(&e.progress, true);
	return ctl_each_line(options, on_line, &e);
}

int
ctl_backup(const struct ctl_options *options, const struct ctl_args *args)
{
	const char *dir = options->cache_dir != NULL ?
	    options->cache_dir :
	    options->config->cache_dir;
	struct buf text = { 0 };
	json_t *json;
	int64_t bytes = 0;
	int rc;

	rc = cache_backup(dir, args->word[0], &bytes, &text);
	if (rc == -1) {
		ctl_say("%s", buf_str(&text));
	} else if (options->is_json) {
		json = json_pack("{s:s, s:I}", "file", args->word[0], "bytes",
		    (json_int_t)bytes);
		ctl_print_json(json);
		json_decref(json);
	} else {
		table_bytes(&text, bytes);
		printf("%s: %s\n", args->word[0], buf_str(&text));
	}
	buf_clear(&text);
	return rc == 0 ? CTL_OK : CTL_FAILED;
}
