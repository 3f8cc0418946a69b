/* SPDX-License-Identifier: ISC */
/*
 * What lasts: the daemon works by itself and is asked how far it is. Ending
 * this program ends nothing there.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "ctl/ask.h"
#include "ctl/progress.h"
#include "ctl/run.h"
#include "ctl/table.h"

#define POLL_NS 100000000 /* 0.1 s */

enum {
	OPTION_FAILING,
	OPTION_ALL
};

enum {
	OPTION_YES
};

static const struct table_column columns[] = {
	{ "OUTCOME", 8, false },
	{ "REASON", 16, false },
	{ "DOMAIN", 0, false },
};

/* A job that is followed. */
struct follow {
	struct ctl_ask ask;
	const struct ctl_options *options;
	const char *unit;
	bool is_each; /* print what went well, too */
	struct progress progress;
	uint64_t printed;
	int64_t from;
};

static void
print_result(struct follow *f, const json_t *result)
{
	const char *outcome = ctl_text(result, "outcome");
	const char *detail = ctl_text(result, "detail");
	const char *reason = ctl_text(result, "reason");
	const char *cells[3];
	struct buf out = { 0 }, domain = { 0 };

	if (!f->is_each && (outcome == NULL || strcmp(outcome, "failed") != 0))
		return;
	progress_clear(&f->progress);
	buf_printf(&domain, "%s%s%s%s",
	    ctl_text(result, "domain") != NULL ? ctl_text(result, "domain") :
						 "?",
	    detail != NULL ? " (" : "", detail != NULL ? detail : "",
	    detail != NULL ? ")" : "");
	cells[0] = outcome;
	cells[1] = reason != NULL && strcmp(reason, "ok") == 0 ? NULL : reason;
	cells[2] = domain.data;
	if (f->printed++ == 0)
		table_head(&out, columns, 3, f->options->has_colour);
	table_row(&out, columns, 3, cells);
	fputs(buf_str(&out), stdout);
	buf_clear(&out);
	buf_clear(&domain);
}

static void
take_results(struct follow *f, const json_t *job)
{
	const json_t *result;
	size_t i;

	json_array_foreach(json_object_get(job, "results"), i, result)
	{
		if (!f->options->is_json) {
			print_result(f, result);
			continue;
		}
		fputs(f->printed++ == 0 ? "\n" : ",\n", stdout);
		ctl_dump_json(result);
	}
}

static void
print_end(const struct follow *f, const json_t *job)
{
	int64_t done = ctl_number(job, "done");
	int64_t failed = ctl_number(job, "failed");

	if (f->options->is_json)
		printf("\n], \"done\": %" PRId64 ", \"failed\": %" PRId64 "}\n",
		    done, failed);
	else
		printf("%s%" PRId64 " %s, %" PRId64 " failed\n",
		    f->printed > 0 ? "\n" : "", done, f->unit, failed);
}

/* Until it has ended, and every result was read. */
static void
follow(struct follow *f, const char *id)
{
	const struct timespec pause = { .tv_nsec = POLL_NS };
	struct buf path = { 0 };
	bool is_running, has_more;
	json_t *job;

	progress_init(&f->progress, f->options->is_json);
	if (f->options->is_json)
		fputs("{\"results\": [", stdout);
	do {
		buf_reset(&path);
		buf_puts(&path, "/jobs/");
		ctl_put_encoded(&path, id);
		buf_printf(&path, "?from=%" PRId64, f->from);
		job = ctl_ask(&f->ask, "GET", path.data, NULL);
		if (job == NULL)
			break;
		take_results(f, job);
		is_running = ctl_is(job, "running");
		has_more = ctl_number(job, "next") > f->from;
		f->from = ctl_number(job, "next");
		progress_draw(&f->progress, ctl_number(job, "done"),
		    ctl_number(job, "total"), f->unit);
		if (!is_running && !has_more) {
			progress_clear(&f->progress);
			print_end(f, job);
			if (ctl_number(job, "failed") > 0)
				f->ask.status = CTL_FAILED;
		} else if (!has_more) {
			(void)nanosleep(&pause, NULL);
		}
		json_decref(job);
	} while (is_running || has_more);
	if (job == NULL && f->options->is_json)
		puts("\n]}");
	buf_clear(&path);
}

static int
run_job(struct follow *f, const char *path, json_t *body)
{
	json_t *started = NULL;
	const char *id;

	if (ctl_ask_open(&f->ask, f->options))
		started = ctl_ask(&f->ask, "POST", path, body);
	else
		json_decref(body);
	id = ctl_text(started, "job");
	if (id != NULL)
		follow(f, id);
	else if (started != NULL)
		ctl_say_reply(&f->ask);
	json_decref(started);
	ctl_ask_close(&f->ask);
	return f->ask.status;
}

int
ctl_refresh(const struct ctl_options *options, const struct ctl_args *args)
{
	bool is_failing = args->option[OPTION_FAILING] != NULL;
	bool is_all = args->option[OPTION_ALL] != NULL;
	struct follow f = { .options = options, .unit = "refreshed" };
	json_t *body, *domains;
	int i;

	if ((args->words > 0) + is_failing + is_all != 1) {
		ctl_say("refresh: name domains, or --failing, or --all");
		return CTL_USAGE;
	}
	body = json_object();
	domains = json_array();
	for (i = 0; i < args->words; i++) {
		if (json_array_append_new(
			domains, json_string(args->word[i])) == -1) {
			ctl_say("%s: this is no UTF-8", args->word[i]);
			json_decref(domains);
			json_decref(body);
			return CTL_USAGE;
		}
	}
	f.is_each = args->words > 0;
	if (args->words > 0)
		json_object_set(body, "domains", domains);
	else
		json_object_set_new(
		    body, is_all ? "all" : "failing", json_true());
	json_decref(domains);
	return run_job(&f, "/refresh", body);
}

int
ctl_flush(const struct ctl_options *options, const struct ctl_args *args)
{
	struct follow f = { .options = options, .unit = "removed" };

	if (args->option[OPTION_YES] == NULL) {
		ctl_say("flush removes every policy: what a network hides is "
			"not enforced until it is fetched again. Say --yes");
		return CTL_USAGE;
	}
	return run_job(&f, "/flush", json_pack("{s:s}", "confirm", "flush"));
}

int
ctl_remove(const struct ctl_options *options, const struct ctl_args *args)
{
	json_t *all = json_array(), *answer = NULL;
	struct buf path = { 0 };
	struct ctl_ask ask;
	bool is_open = ctl_ask_open(&ask, options), is_removed;
	int i;

	for (i = 0; is_open && i < args->words; i++) {
		buf_reset(&path);
		buf_puts(&path, "/policies/");
		ctl_put_encoded(&path, args->word[i]);
		answer = ctl_ask(&ask, "DELETE", path.data, NULL);
		if (answer == NULL && ask.status == CTL_UNAVAILABLE)
			break;
		is_removed = ctl_is(answer, "removed");
		if (answer != NULL && !is_removed)
			ask.status = CTL_FAILED;
		if (answer != NULL && !options->is_json)
			printf("%s: %s\n", args->word[i],
			    is_removed ? "removed" : "nothing is known of it");
		json_array_append_new(all,
		    json_pack("{s:s, s:b}", "domain", args->word[i], "removed",
			is_removed));
		json_decref(answer);
	}
	if (options->is_json)
		ctl_print_json(all);
	json_decref(all);
	buf_clear(&path);
	ctl_ask_close(&ask);
	return ask.status;
}
