/* SPDX-License-Identifier: ISC */
/*
 * A file of export, sent in bodies of at most 64 KiB of whole lines, a longer
 * line in one of its own, a few under way at once: each is answered when it is
 * durable, and the disk is waited for by all of them together. What was
 * answered stays, whatever ends this; beginning again does no harm, since
 * nothing newer is replaced.
 */
#include <sys/stat.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xmalloc.h"
#include "cache/record.h"
#include "ctl/ask.h"
#include "ctl/progress.h"
#include "ctl/run.h"

#define BODY_MAX_BYTES ((size_t)64 * 1024)
#define NDJSON_TYPE    "application/x-ndjson"

/* Lines that follow each other in the file. */
struct body {
	struct buf text;
	uint64_t first_line, lines;
	bool is_sent;
};

struct import {
	const struct ctl_options *options;
	const char *name; /* of the file, for messages */
	struct ctl_ask ask;
	struct body body[ADMINCLIENT_AT_ONCE];
	struct progress progress;
	int64_t bytes, size; /* read, and of the file */
	uint64_t line; /* the last one read */
	uint64_t stored, older, expired, rejected;
	json_t *errors; /* --json: what was rejected */
};

static void
reject(struct import *m, uint64_t line, const char *error)
{
	m->rejected++;
	if (m->options->is_json)
		json_array_append_new(m->errors,
		    json_pack("{s:I, s:s}", "line", (json_int_t)line, "error",
			error));
	progress_clear(&m->progress);
	if (!m->options->is_json)
		ctl_say("%s:%" PRIu64 ": %s", m->name, line, error);
}

/* Those that the daemon only counts. */
static void
reject_more(struct import *m, const struct body *body, int64_t n)
{
	if (n <= 0)
		return;
	m->rejected += (uint64_t)n;
	progress_clear(&m->progress);
	ctl_say("%s: %lld more of the lines %" PRIu64 " to %" PRIu64
		" are wrong",
	    m->name, (long long)n, body->first_line,
	    body->first_line + body->lines - 1);
}

/* Take the answer to whichever body comes first. */
static bool
take_answer(struct import *m)
{
	struct body *body = adminclient_next(m->ask.client, &m->ask.reply);
	const json_t *item;
	const char *error;
	json_t *answer;
	size_t i;

	body->is_sent = false;
	if (m->ask.reply.outcome != ADMIN_OK)
		progress_clear(&m->progress);
	answer = ctl_read_reply(&m->ask);
	if (answer == NULL)
		return false;
	m->stored += (uint64_t)ctl_number(answer, "stored");
	m->older += (uint64_t)ctl_number(answer, "older");
	m->expired += (uint64_t)ctl_number(answer, "expired");
	json_array_foreach(json_object_get(answer, "rejected"), i, item)
	{
		error = ctl_text(item, "error");
		reject(m,
		    body->first_line + (uint64_t)ctl_number(item, "line") - 1,
		    error != NULL ? error : "it was rejected");
	}
	reject_more(m, body, ctl_number(answer, "rejected_more"));
	json_decref(answer);
	progress_draw(&m->progress, m->bytes / 1024, m->size / 1024, "KiB");
	return true;
}

static void
send_body(struct import *m, struct body *body)
{
	const struct admin_request request = { .method = "POST",
		.path = "/import",
		.type = NDJSON_TYPE,
		.body = body->text.data,
		.body_len = body->text.len };

	if (body->lines == 0)
		return;
	body->is_sent = true;
	adminclient_start(m->ask.client, &request, body);
}

/* One that is not under way, empty. NULL, said: it failed. */
static struct body *
free_body(struct import *m)
{
	struct body *body;

	if (adminclient_under_way(m->ask.client) == ADMINCLIENT_AT_ONCE &&
	    !take_answer(m))
		return NULL;
	for (body = m->body; body->is_sent; body++)
		continue;
	buf_reset(&body->text);
	body->lines = 0;
	return body;
}

/* What no daemon has to see: empty lines, the end of a page of GET /export. */
static bool
is_skipped(const char *line, size_t len)
{
	static const char next[] = "{\"next\":";

	return strspn(line, " \t\r\n") == len ||
	    strncmp(line, next, sizeof(next) - 1) == 0;
}

/* Line by line into body after body. False: give up (said). */
static bool
send_lines(struct import *m, FILE *f)
{
	struct body *body = free_body(m);
	char *line = NULL;
	size_t size = 0;
	ssize_t n;
	bool is_skip;

	while (body != NULL && (n = getline(&line, &size, f)) != -1) {
		m->line++;
		m->bytes += n;
		is_skip = is_skipped(line, (size_t)n);
		if (!is_skip && (size_t)n > RECORD_LINE_MAX_BYTES) {
			reject(m, m->line,
			    "it is longer than the line of any policy");
			is_skip = true;
		}
		/* The numbers of a body's lines follow each other. */
		if (is_skip || body->text.len + (size_t)n > BODY_MAX_BYTES) {
			send_body(m, body);
			body = free_body(m);
		}
		if (is_skip || body == NULL)
			continue;
		if (body->lines++ == 0)
			body->first_line = m->line;
		buf_put(&body->text, line, (size_t)n);
	}
	free(line);
	if (body != NULL && ferror(f) != 0) {
		ctl_say("%s: %s", m->name, strerror(errno));
		m->ask.status = CTL_FAILED;
		body = NULL;
	}
	if (body != NULL)
		send_body(m, body);
	return body != NULL;
}

static void
print_end(struct import *m)
{
	json_t *json;

	if (m->options->is_json) {
		json = json_pack("{s:I, s:I, s:I, s:O}", "stored",
		    (json_int_t)m->stored, "older", (json_int_t)m->older,
		    "expired", (json_int_t)m->expired, "rejected", m->errors);
		ctl_print_json(json);
		json_decref(json);
		return;
	}
	printf("%" PRIu64 " stored, %" PRIu64
	       " older than what is there, %" PRIu64 " expired, %" PRIu64
	       " rejected\n",
	    m->stored, m->older, m->expired, m->rejected);
}

static void
import(struct import *m, FILE *f)
{
	bool is_whole = send_lines(m, f);
	size_t i;

	while (is_whole && adminclient_under_way(m->ask.client) > 0)
		is_whole = take_answer(m);
	progress_clear(&m->progress);
	print_end(m);
	if (!is_whole)
		ctl_say("it ended at line %" PRIu64 " or a little before: "
			"import the file again",
		    m->line);
	if (m->rejected > 0 && m->ask.status == CTL_OK)
		m->ask.status = CTL_FAILED;
	for (i = 0; i < ADMINCLIENT_AT_ONCE; i++)
		buf_clear(&m->body[i].text);
}

int
ctl_import(const struct ctl_options *options, const struct ctl_args *args)
{
	bool is_stdin = strcmp(args->word[0], "-") == 0;
	struct import m = { .options = options,
		.name = is_stdin ? "standard input" : args->word[0] };
	FILE *f = is_stdin ? stdin : fopen(args->word[0], "re");
	struct stat st;

	if (f == NULL) {
		ctl_say("%s: %s", m.name, strerror(errno));
		return CTL_FAILED;
	}
	if (fstat(fileno(f), &st) == 0 && S_ISREG(st.st_mode))
		m.size = st.st_size;
	m.errors = json_array();
	progress_init(&m.progress, options->is_json);
	if (ctl_ask_open(&m.ask, options))
		import(&m, f);
	ctl_ask_close(&m.ask);
	json_decref(m.errors);
	if (!is_stdin)
		fclose(f);
	return m.ask.status;
}
