/* SPDX-License-Identifier: ISC */
/* The last moments, drawn again and again; no curses. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "ctl/ask.h"
#include "ctl/run.h"
#include "ctl/table.h"

#define SECONDS_DEFAULT 2
#define SECONDS_MAX     3600
#define HOME_AND_CLEAR  "\033[H\033[2J"

enum {
	OPTION_ONCE,
	OPTION_SECONDS
};

static const struct table_column columns[] = {
	{ "MS", 7, true },
	{ "OUTCOME", 8, false },
	{ "REASON", 16, false },
	{ "WHEN", 11, false },
	{ "DOMAIN", 0, false },
};
#define COLUMNS (sizeof(columns) / sizeof(columns[0]))

/* Of two answers, how many a second; since the start of one: how many. */
static void
put_rate(struct buf *out, const json_t *now, const json_t *before,
    const char *member, const char *name)
{
	int64_t ms = ctl_number(now, "now_ms") - ctl_number(before, "now_ms");
	int64_t n = ctl_number(now, member);

	if (before == NULL || ms <= 0)
		table_factf(out, name, "%" PRId64, n);
	else
		table_factf(out, name, "%.1f/s (%" PRId64 ")",
		    1000.0 * (double)(n - ctl_number(before, member)) /
			(double)ms,
		    n);
}

static void
put_ratio(struct buf *out, const json_t *now, const json_t *before)
{
	int64_t all =
	    ctl_number(now, "queries") - ctl_number(before, "queries");
	int64_t hits = ctl_number(now, "hits") - ctl_number(before, "hits");

	if (all > 0)
		table_factf(out, "Known before", "%.1f %%",
		    100.0 * (double)hits / (double)all);
	else
		table_fact(out, "Known before", "-");
}

static void
put_slowest(
    struct buf *out, const json_t *now, const struct ctl_options *options)
{
	const json_t *slowest = json_object_get(now, "slowest"), *item;
	struct buf when = { 0 }, ms = { 0 };
	const char *cells[COLUMNS];
	size_t i;

	buf_putc(out, '\n');
	if (json_array_size(slowest) == 0) {
		buf_puts(
		    out, "No domain was looked up in the last 5 minutes.\n");
		return;
	}
	buf_puts(
	    out, "Slowest first contacts and checks of the last 5 minutes\n");
	table_head(out, columns, COLUMNS, options->has_colour);
	json_array_foreach(slowest, i, item)
	{
		buf_reset(&when);
		buf_reset(&ms);
		table_when(&when, ctl_number(item, "time"), clock_now());
		buf_printf(&ms, "%" PRId64, ctl_number(item, "ms"));
		cells[0] = buf_str(&ms);
		cells[1] = ctl_text(item, "outcome");
		cells[2] = ctl_text(item, "reason");
		cells[3] = buf_str(&when);
		cells[4] = ctl_text(item, "domain");
		table_row(out, columns, COLUMNS, cells);
	}
	buf_clear(&when);
	buf_clear(&ms);
}

static void
draw(const json_t *now, const json_t *before, const struct ctl_options *options,
    bool is_once)
{
	struct buf out = { 0 };

	if (!is_once && options->is_terminal)
		buf_puts(&out, HOME_AND_CLEAR);
	put_rate(&out, now, before, "queries", "Queries");
	put_rate(&out, now, before, "ok", "OK");
	put_rate(&out, now, before, "notfound", "NOTFOUND");
	put_rate(&out, now, before, "temp", "TEMP");
	put_ratio(&out, now, before);
	put_slowest(&out, now, options);
	if (!is_once && !options->is_terminal)
		buf_putc(&out, '\n');
	fputs(buf_str(&out), stdout);
	fflush(stdout);
	buf_clear(&out);
}

static void
watch(struct ctl_ask *ask, const struct ctl_options *options, bool is_once,
    const struct timespec *pause)
{
	json_t *before = NULL, *now;

	for (;;) {
		now = ctl_ask(ask, "GET", "/top", NULL);
		if (now == NULL)
			break;
		if (options->is_json)
			ctl_print_json(now);
		else
			draw(now, before, options, is_once);
		json_decref(before);
		before = now;
		if (is_once || ferror(stdout) != 0)
			break;
		fflush(stdout);
		(void)nanosleep(pause, NULL);
	}
	json_decref(before);
}

int
ctl_top(const struct ctl_options *options, const struct ctl_args *args)
{
	const char *text = args->option[OPTION_SECONDS], *error = NULL;
	struct timespec pause = { .tv_sec = SECONDS_DEFAULT };
	struct ctl_ask ask;

	if (text != NULL)
		pause.tv_sec = strtonum(text, 1, SECONDS_MAX, &error);
	if (error != NULL) {
		ctl_say("--seconds: %s is %s", text, error);
		return CTL_USAGE;
	}
	if (ctl_ask_open(&ask, options))
		watch(&ask, options, args->option[OPTION_ONCE] != NULL, &pause);
	ctl_ask_close(&ask);
	return ask.status;
}
