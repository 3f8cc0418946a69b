/* SPDX-License-Identifier: ISC */
/* One question each. */
#include <stdio.h>

#include "base/text.h"
#include "ctl/ask.h"
#include "ctl/run.h"
#include "ctl/table.h"

static void
put_names(
    struct buf *out, const json_t *answer, const char *member, const char *name)
{
	struct buf text = { 0 };

	ctl_put_words(&text, json_object_get(answer, member));
	table_fact(out, name, buf_str(&text));
	buf_clear(&text);
}

int
ctl_reload(const struct ctl_options *options, const struct ctl_args *args)
{
	struct buf out = { 0 };
	json_t *answer = NULL;
	struct ctl_ask ask;

	(void)args;
	if (ctl_ask_open(&ask, options))
		answer = ctl_ask(&ask, "POST", "/reload", NULL);
	if (answer != NULL && options->is_json) {
		ctl_print_json(answer);
	} else if (answer != NULL) {
		buf_puts(&out, "reloaded\n");
		put_names(&out, answer, "changed", "changed");
		put_names(&out, answer, "restart_needed", "needs restart");
		fputs(buf_str(&out), stdout);
	}
	buf_clear(&out);
	json_decref(answer);
	ctl_ask_close(&ask);
	return ask.status;
}

int
ctl_log_level(const struct ctl_options *options, const struct ctl_args *args)
{
	json_t *answer = NULL, *body;
	struct ctl_ask ask;

	body = json_pack("{s:s}", "level", args->word[0]);
	if (body == NULL) {
		ctl_say("log-level: error, warning, info or debug");
		return CTL_USAGE;
	}
	if (ctl_ask_open(&ask, options))
		answer = ctl_ask(&ask, "PUT", "/log-level", body);
	else
		json_decref(body);
	if (answer != NULL && options->is_json)
		ctl_print_json(answer);
	else if (answer != NULL)
		printf("log level: %s\n", args->word[0]);
	json_decref(answer);
	ctl_ask_close(&ask);
	return ask.status;
}

int
ctl_metrics(const struct ctl_options *options, const struct ctl_args *args)
{
	struct buf text = { 0 };
	struct ctl_ask ask;
	json_t *json;

	(void)args;
	if (ctl_ask_open(&ask, options) && ctl_get(&ask, "/metrics")) {
		text_escape_lines(
		    &text, buf_str(&ask.reply.body), ask.reply.body.len);
		if (options->is_json) {
			json = json_pack("{s:s}", "metrics", buf_str(&text));
			ctl_print_json(json);
			json_decref(json);
		} else {
			fputs(buf_str(&text), stdout);
		}
	}
	buf_clear(&text);
	ctl_ask_close(&ask);
	return ask.status;
}
