/* SPDX-License-Identifier: ISC */
/* What Postfix would be told, over Postfix's own protocol. */
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "base/clock.h"
#include "base/text.h"
#include "ctl/run.h"
#include "net/mapclient.h"
#include "postfix/answer.h"

enum {
	OPTION_PROFILE,
	OPTION_LISTEN
};

static const struct {
	const char *word;
	int status;
} statuses[] = {
	{ "OK ", CTL_OK },
	{ "NOTFOUND ", CTL_FAILED },
	{ "TEMP ", CTL_TEMPFAIL },
	{ "TIMEOUT ", CTL_TEMPFAIL },
};

static int
status_of(const struct buf *reply)
{
	size_t i;

	for (i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
		if (strncmp(buf_str(reply), statuses[i].word,
			strlen(statuses[i].word)) == 0)
			return statuses[i].status;
	}
	return CTL_FAILED;
}

/* "3.10", or a whole map name such as QUERY. */
static void
put_name(struct buf *name, const char *profile, const struct config *config)
{
	if (profile == NULL)
		buf_puts(name,
		    answer_profile_name(
			(enum answer_profile)config->default_profile));
	else
		buf_printf(name, "%s%s",
		    isdigit((unsigned char)profile[0]) ? "postfix-" : "",
		    profile);
}

static void
print_json(
    const char *name, const char *key, const struct buf *reply, int64_t ms)
{
	struct buf text = { 0 };
	json_t *json;

	text_escape(&text, buf_str(reply), reply->len);
	json = json_pack("{s:s, s:s, s:s, s:I}", "name", name, "key", key,
	    "reply", buf_str(&text), "ms", (json_int_t)ms);
	json_dumpf(json, stdout, JSON_ENSURE_ASCII);
	putchar('\n');
	json_decref(json);
	buf_clear(&text);
}

static void
print_text(const char *name, const struct buf *reply, int64_t ms)
{
	struct buf text = { 0 };

	text_escape(&text, buf_str(reply), reply->len);
	printf("%s\n(%s, %" PRId64 " ms)\n", buf_str(&text), name, ms);
	buf_clear(&text);
}

int
ctl_query(const struct ctl_options *options, const struct ctl_args *args)
{
	struct buf name = { 0 }, reply = { 0 }, why = { 0 };
	const char *address = args->option[OPTION_LISTEN];
	int64_t begin;
	int status;

	if (address == NULL)
		address = options->config->listen.item[0];
	put_name(&name, args->option[OPTION_PROFILE], options->config);
	begin = clock_ms();
	if (mapclient_query(address, MAPCLIENT_TIMEOUT_MS, name.data,
		args->word[0], &reply, &why) == -1) {
		fprintf(stderr, CTL_PROGRAM ": %s: %s\n", address, why.data);
		status = CTL_UNAVAILABLE;
	} else {
		status = status_of(&reply);
		if (options->is_json)
			print_json(name.data, args->word[0], &reply,
			    clock_ms() - begin);
		else
			print_text(name.data, &reply, clock_ms() - begin);
	}
	buf_clear(&name);
	buf_clear(&reply);
	buf_clear(&why);
	return status;
}
