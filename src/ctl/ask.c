/* SPDX-License-Identifier: ISC */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "ctl/ask.h"
#include "ctl/command.h"

#define JSON_TYPE  "application/json"
#define NUMBER_MAX (INT64_C(1) << 53)

void
ctl_say(const char *fmt, ...)
{
	struct buf line = { 0 };
	char *text;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) == -1)
		abort(); /* out of memory */
	va_end(ap);
	text_escape(&line, text, strlen(text));
	fflush(stdout);
	fprintf(stderr, CTL_PROGRAM ": %s\n", buf_str(&line));
	free(text);
	buf_clear(&line);
}

bool
ctl_ask_open(struct ctl_ask *ask, const struct ctl_options *options)
{
	*ask = (struct ctl_ask){ .status = CTL_OK };
	if (options->socket[0] == '\0') {
		ctl_say("the daemon listens nowhere for this program: "
			"admin_listen is empty");
		ask->status = CTL_CONFIG;
		return false;
	}
	ask->client = adminclient_new(options->socket, NULL);
	if (ask->client == NULL) {
		ctl_say("%s is no address such as unix:/path, "
			"inet:127.0.0.1:8462 or http://localhost:8462",
		    options->socket);
		ask->status = CTL_USAGE;
	}
	return ask->client != NULL;
}

void
ctl_ask_close(struct ctl_ask *ask)
{
	adminclient_free(ask->client);
	admin_reply_clear(&ask->reply);
}

/* "error" of the body, or the body's first line. */
static void
say_refusal(struct ctl_ask *ask)
{
	const struct buf *body = &ask->reply.body;
	json_t *json = json_loadb(buf_str(body), body->len, 0, NULL);
	const char *text = ctl_text(json, "error");

	if (text != NULL)
		ctl_say("%s", text);
	else
		ctl_say("the daemon answered %ld: %.*s", ask->reply.status,
		    (int)strcspn(buf_str(body), "\r\n"), buf_str(body));
	json_decref(json);
}

void
ctl_say_reply(struct ctl_ask *ask)
{
	switch (ask->reply.outcome) {
	case ADMIN_OK:
		ctl_say("the daemon's answer is no JSON object: is it of "
			"another version?");
		ask->status = CTL_FAILED;
		break;
	case ADMIN_REFUSED:
		say_refusal(ask);
		ask->status = CTL_FAILED;
		break;
	case ADMIN_UNREACHABLE:
	case ADMIN_BROKEN:
		ctl_say("%s", buf_str(&ask->reply.error));
		ask->status = CTL_UNAVAILABLE;
		break;
	}
}

bool
ctl_get(struct ctl_ask *ask, const char *path)
{
	const struct admin_request request = { .method = "GET", .path = path };

	if (adminclient_ask(ask->client, &request, &ask->reply) == ADMIN_OK)
		return true;
	ctl_say_reply(ask);
	return false;
}

json_t *
ctl_read_reply(struct ctl_ask *ask)
{
	const struct buf *body = &ask->reply.body;
	json_t *json = NULL;

	if (ask->reply.outcome == ADMIN_OK)
		json = json_loadb(
		    buf_str(body), body->len, JSON_REJECT_DUPLICATES, NULL);
	if (json_is_object(json))
		return json;
	json_decref(json);
	ctl_say_reply(ask);
	return NULL;
}

json_t *
ctl_ask(struct ctl_ask *ask, const char *method, const char *path, json_t *body)
{
	struct admin_request request = { .method = method, .path = path };
	char *text = NULL;

	if (body != NULL) {
		text = json_dumps(body, JSON_COMPACT | JSON_ENSURE_ASCII);
		json_decref(body);
		if (text == NULL)
			abort(); /* out of memory */
		request.type = JSON_TYPE;
		request.body = text;
		request.body_len = strlen(text);
	}
	(void)adminclient_ask(ask->client, &request, &ask->reply);
	free(text);
	return ctl_read_reply(ask);
}

void
ctl_put_encoded(struct buf *out, const char *text)
{
	for (; *text != '\0'; text++) {
		if (isascii((unsigned char)*text) &&
		    (isalnum((unsigned char)*text) ||
			strchr("-._~", *text) != NULL))
			buf_putc(out, *text);
		else
			buf_printf(
			    out, "%%%02X", (unsigned int)(unsigned char)*text);
	}
}

const char *
ctl_text(const json_t *object, const char *name)
{
	return json_string_value(json_object_get(object, name));
}

int64_t
ctl_number(const json_t *object, const char *name)
{
	int64_t n = json_integer_value(json_object_get(object, name));

	return n > NUMBER_MAX ? NUMBER_MAX : n < -NUMBER_MAX ? -NUMBER_MAX : n;
}

bool
ctl_is(const json_t *object, const char *name)
{
	return json_is_true(json_object_get(object, name));
}

void
ctl_put_words(struct buf *out, const json_t *array)
{
	const char *word;
	json_t *item;
	size_t i;

	json_array_foreach(array, i, item)
	{
		word = json_string_value(item);
		buf_printf(
		    out, "%s%s", i > 0 ? " " : "", word != NULL ? word : "?");
	}
}

/* DEL is ASCII to jansson; it stands in strings only. */
static int
on_dump(const char *text, size_t len, void *arg)
{
	struct buf *out = arg;
	size_t i;

	for (i = 0; i < len; i++) {
		if (text[i] == '\x7f')
			buf_puts(out, "\\u007f");
		else
			buf_putc(out, text[i]);
	}
	return 0;
}

void
ctl_put_json(struct buf *out, const json_t *json, size_t flags)
{
	(void)json_dump_callback(json, on_dump, out, flags | JSON_ENSURE_ASCII);
}

void
ctl_dump_json(const json_t *json)
{
	struct buf out = { 0 };

	ctl_put_json(&out, json, 0);
	fputs(buf_str(&out), stdout);
	buf_clear(&out);
}

void
ctl_print_json(const json_t *json)
{
	ctl_dump_json(json);
	putchar('\n');
}
