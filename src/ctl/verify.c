/* SPDX-License-Identifier: ISC */
/*
 * Is every stored policy whole? The daemon reads each record, its checksum
 * with it, and here its text is parsed again; without a daemon the file is
 * read page by page, and its indexes are compared.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "cache/readonly.h"
#include "ctl/ask.h"
#include "ctl/progress.h"
#include "ctl/records.h"
#include "ctl/run.h"
#include "ctl/table.h"

struct verify {
	const struct ctl_options *options;
	struct progress progress;
	struct cache_verified seen;
	uint64_t listed;
	json_t *faults; /* --json */
};

static void
on_fault(const char *domain, const char *what, void *arg)
{
	struct verify *v = arg;

	progress_clear(&v->progress);
	if (v->options->is_json)
		json_array_append_new(v->faults,
		    json_pack("{s:s, s:s}", "domain", domain, "fault", what));
	else
		ctl_say("%s%s%s", domain, *domain != '\0' ? ": " : "", what);
}

/* A line of export: would import take it? */
static bool
on_line(const char *line, size_t len, void *arg)
{
	struct verify *v = arg;
	const struct refresh_settings settings = { .refresh_min = 1 };
	const struct record_reading reading = { .settings = &settings,
		.now = clock_now() };
	struct record record = { 0 };
	struct buf why = { 0 };
	json_t *json;

	v->seen.records++;
	progress_draw(&v->progress, (int64_t)v->seen.records, 0, "policies");
	switch (record_parse_line(line, len, &reading, &record, &why)) {
	case RECORD_OK:
		v->seen.by_mode[record.entry.policy.mode]++;
		record_clear(&record);
		break;
	case RECORD_EXPIRED:
		break;
	case RECORD_BAD:
		json = json_loadb(line, len, 0, NULL);
		v->seen.faults++;
		on_fault(ctl_text(json, "domain") != NULL ?
			ctl_text(json, "domain") :
			"",
		    buf_str(&why), v);
		json_decref(json);
		break;
	}
	buf_clear(&why);
	return true;
}

/* They were counted when they were read. */
static bool
on_policy(json_t *policy, void *arg)
{
	struct verify *v = arg;

	(void)policy;
	progress_draw(&v->progress, (int64_t)++v->listed, 0, "read");
	return true;
}

static int
verify_online(struct verify *v)
{
	const struct ctl_filter all = { .expiring = -1,
		.damaged = &v->seen.faults };
	int status = ctl_each_policy(v->options, &all, on_policy, v);

	if (status != CTL_OK && v->seen.faults == 0)
		return status;
	return ctl_each_line(v->options, on_line, v);
}

static int
verify_offline(struct verify *v)
{
	struct buf why = { 0 };
	struct cache_reader *reader =
	    cache_reader_open(v->options->cache_dir, &why);

	if (reader == NULL)
		ctl_say("%s", buf_str(&why));
	else
		cache_verify(reader, on_fault, v, &v->seen);
	buf_clear(&why);
	if (reader == NULL)
		return CTL_FAILED;
	cache_reader_close(reader);
	return CTL_OK;
}

static void
print_end(struct verify *v)
{
	json_t *json;

	if (!v->options->is_json) {
		printf("%" PRIu64 " %s, %" PRIu64 " %s\n", v->seen.records,
		    table_plural(
			(int64_t)v->seen.records, "policy", "policies"),
		    v->seen.faults,
		    table_plural((int64_t)v->seen.faults, "fault", "faults"));
		return;
	}
	json = json_pack("{s:I, s:O}", "policies", (json_int_t)v->seen.records,
	    "faults", v->faults);
	ctl_print_json(json);
	json_decref(json);
}

int
ctl_verify(const struct ctl_options *options, const struct ctl_args *args)
{
	struct verify v = { .options = options, .faults = json_array() };
	int status;

	(void)args;
	progress_init(&v.progress, options->is_json);
	if (options->cache_dir != NULL)
		status = verify_offline(&v);
	else
		status = verify_online(&v);
	progress_clear(&v.progress);
	if (status == CTL_OK)
		print_end(&v);
	if (status == CTL_OK && v.seen.faults > 0)
		status = CTL_FAILED;
	json_decref(v.faults);
	return status;
}
