/* SPDX-License-Identifier: ISC */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/configvalue.h"
#include "ctl/ask.h"
#include "ctl/records.h"
#include "ctl/run.h"
#include "ctl/table.h"

enum {
	OPTION_MODE,
	OPTION_EXPIRING,
	OPTION_FAILING,
	OPTION_MATCH
};

static const struct table_column columns[] = {
	{ "MODE", 7, false },
	{ "EXPIRES", 10, false },
	{ "FETCHED", 11, false },
	{ "REASON", 16, false },
	{ "DOMAIN", 0, false },
};
#define COLUMNS (sizeof(columns) / sizeof(columns[0]))

struct list {
	const struct ctl_options *options;
	uint64_t count;
	int64_t now;
};

static void
print_row(const struct list *list, const json_t *policy)
{
	struct buf out = { 0 }, expires = { 0 }, fetched = { 0 };
	const char *cells[COLUMNS];

	table_when(&expires, ctl_number(policy, "expires"), list->now);
	table_when(&fetched, ctl_number(policy, "fetched"), list->now);
	cells[0] = ctl_text(policy, "mode");
	cells[1] = buf_str(&expires);
	cells[2] = buf_str(&fetched);
	cells[3] = ctl_text(policy, "reason");
	cells[4] = ctl_text(policy, "domain");
	if (list->count == 0)
		table_head(&out, columns, COLUMNS, list->options->has_colour);
	table_row(&out, columns, COLUMNS, cells);
	fputs(buf_str(&out), stdout);
	buf_clear(&out);
	buf_clear(&expires);
	buf_clear(&fetched);
}

/* A line each, in one array. */
static bool
on_policy(json_t *policy, void *arg)
{
	struct list *list = arg;

	if (list->options->is_json) {
		fputs(list->count == 0 ? "\n" : ",\n", stdout);
		ctl_dump_json(policy);
	} else {
		print_row(list, policy);
	}
	list->count++;
	return ferror(stdout) == 0;
}

/* "2d" as settings have it. */
static bool
read_span(const char *text, int64_t *seconds)
{
	const struct config_setting setting = { .name = "--expiring",
		.type = CONFIG_SECONDS,
		.fallback = "2d",
		.offset = offsetof(struct config, keep_unused),
		.max = STS_MAX_AGE_MAX_S * INT64_C(100) };
	struct config scratch = { 0 };
	struct buf why = { 0 };
	bool is_good = configvalue_set(&scratch, &setting, text, &why);

	if (is_good)
		*seconds = scratch.keep_unused;
	else
		ctl_say("%s", buf_str(&why));
	buf_clear(&why);
	return is_good;
}

static bool
read_mode(const char *text)
{
	enum sts_mode mode;

	for (mode = STS_MODE_NONE; mode <= STS_MODE_ENFORCE; mode++) {
		if (strcmp(text, sts_mode_word(mode)) == 0)
			return true;
	}
	ctl_say("--mode: %s is none of enforce, testing, none", text);
	return false;
}

int
ctl_list(const struct ctl_options *options, const struct ctl_args *args)
{
	struct ctl_filter filter = {
		.mode = args->option[OPTION_MODE],
		.expiring = -1,
		.is_failing = args->option[OPTION_FAILING] != NULL,
		.match = args->option[OPTION_MATCH],
	};
	struct list list = { .options = options, .now = clock_now() };
	int status;

	if (filter.mode != NULL && !read_mode(filter.mode))
		return CTL_USAGE;
	if (args->option[OPTION_EXPIRING] != NULL &&
	    !read_span(args->option[OPTION_EXPIRING], &filter.expiring))
		return CTL_USAGE;
	if (options->is_json)
		fputs("{\"policies\": [", stdout);
	status = ctl_each_policy(options, &filter, on_policy, &list);
	if (options->is_json)
		puts("\n]}");
	else if (status == CTL_OK || list.count > 0)
		printf("%s%" PRIu64 " %s\n", list.count > 0 ? "\n" : "",
		    list.count,
		    table_plural((int64_t)list.count, "policy", "policies"));
	return status;
}
