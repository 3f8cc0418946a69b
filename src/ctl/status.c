/* SPDX-License-Identifier: ISC */
/* How the daemon does; status 1 when it does not do well. */
#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "ctl/ask.h"
#include "ctl/run.h"
#include "ctl/table.h"

static int64_t
at(const json_t *status, const char *group, const char *name)
{
	return ctl_number(json_object_get(status, group), name);
}

static void
put_head(
    struct buf *out, const json_t *status, const struct ctl_options *options)
{
	const json_t *health = json_object_get(status, "health"), *reason;
	const char *version = ctl_text(status, "version");
	bool is_well = ctl_is(health, "ok");
	size_t i;

	buf_puts(out, "postfix-mta-sts ");
	table_put(out, TABLE_PLAIN, version != NULL ? version : "?", false);
	buf_printf(out, ", pid %" PRId64 ", up ", ctl_number(status, "pid"));
	table_span(out, ctl_number(status, "uptime_s"));
	buf_puts(out, ": ");
	table_put(out, is_well ? TABLE_GREEN : TABLE_RED,
	    is_well ? "well" : "not well", options->has_colour);
	buf_putc(out, '\n');
	json_array_foreach(json_object_get(health, "reasons"), i, reason)
	{
		buf_puts(out, "  ");
		table_put(out, TABLE_RED,
		    json_string_value(reason) != NULL ?
			json_string_value(reason) :
			"?",
		    options->has_colour);
		buf_putc(out, '\n');
	}
	buf_putc(out, '\n');
}

static void
put_cache(struct buf *out, const json_t *status)
{
	const json_t *cache = json_object_get(status, "cache");
	const char *dir = ctl_text(cache, "dir");
	struct buf text = { 0 };

	buf_printf(&text, "%s, ", dir != NULL ? dir : "?");
	table_bytes(&text, ctl_number(cache, "bytes"));
	buf_puts(&text, " of ");
	table_bytes(&text, ctl_number(cache, "size"));
	if (ctl_number(cache, "writes_queued") > 0)
		buf_printf(&text, ", %" PRId64 " writes waiting",
		    ctl_number(cache, "writes_queued"));
	if (ctl_number(cache, "write_failures") > 0)
		buf_printf(&text, ", %" PRId64 " writes failed",
		    ctl_number(cache, "write_failures"));
	table_fact(out, "Cache", buf_str(&text));
	buf_clear(&text);
}

static void
put_queries(struct buf *out, const json_t *status)
{
	int64_t hits = at(status, "queries", "hits");
	int64_t all = hits + at(status, "queries", "misses");

	table_factf(out, "Queries",
	    "%" PRId64 ": %" PRId64 " OK, %" PRId64 " NOTFOUND, %" PRId64
	    " TEMP, %" PRId64 " PERM",
	    at(status, "queries", "total"), at(status, "queries", "ok"),
	    at(status, "queries", "notfound"), at(status, "queries", "temp"),
	    at(status, "queries", "perm"));
	if (all > 0)
		table_factf(out, "Known before",
		    "%.1f %% (%" PRId64 " hits, %" PRId64 " misses)",
		    100.0 * (double)hits / (double)all, hits, all - hits);
}

static void
put_work(
    struct buf *out, const json_t *status, const char *group, const char *name)
{
	table_factf(out, name,
	    "%" PRId64 " ok, %" PRId64 " failed, %" PRId64 " under way",
	    at(status, group, "ok"), at(status, group, "failed"),
	    at(status, group, "in_flight"));
}

static void
put_facts(struct buf *out, const json_t *status)
{
	table_factf(out, "Policies",
	    "%" PRId64 " enforce, %" PRId64 " testing, %" PRId64 " none",
	    at(status, "policies", "enforce"),
	    at(status, "policies", "testing"), at(status, "policies", "none"));
	table_factf(out, "Without one",
	    "%" PRId64 " %s, remembered for a while",
	    ctl_number(status, "negatives"),
	    table_plural(ctl_number(status, "negatives"), "domain", "domains"));
	put_cache(out, status);
	put_queries(out, status);
	put_work(out, status, "lookups", "DNS look-ups");
	put_work(out, status, "fetches", "Fetches");
	table_factf(out, "Jobs",
	    "%" PRId64 " open (%" PRId64 " of them in the background), %" PRId64
	    " %s waiting",
	    at(status, "jobs", "open"), at(status, "jobs", "refreshes"),
	    at(status, "jobs", "waiting"),
	    table_plural(at(status, "jobs", "waiting"), "query", "queries"));
	table_factf(
	    out, "Connections", "%" PRId64, ctl_number(status, "connections"));
	table_factf(out, "Refreshes",
	    "%" PRId64 " failed, %" PRId64 " %s failing now",
	    ctl_number(status, "refresh_failures"),
	    ctl_number(status, "failing"),
	    table_plural(ctl_number(status, "failing"), "policy", "policies"));
	table_factf(out, "Longest turn", "%.1f ms",
	    (double)at(status, "loop", "longest_turn_us") / 1000);
	table_fact(out, "Sandbox", ctl_text(status, "sandbox"));
}

static void
put_errors(
    struct buf *out, const json_t *status, const struct ctl_options *options)
{
	static const struct table_column columns[] = {
		{ "LAST ERRORS", 11, false },
		{ "EVENT", 18, false },
		{ "WHAT", 0, false },
	};
	const json_t *errors = json_object_get(status, "errors"), *error;
	const char *cells[3];
	struct buf when = { 0 };
	size_t i;

	if (json_array_size(errors) == 0)
		return;
	buf_putc(out, '\n');
	table_head(out, columns, 3, options->has_colour);
	json_array_foreach(errors, i, error)
	{
		buf_reset(&when);
		table_when(&when, ctl_number(error, "time"), clock_now());
		cells[0] = buf_str(&when);
		cells[1] = ctl_text(error, "event");
		cells[2] = ctl_text(error, "text");
		table_row(out, columns, 3, cells);
	}
	buf_clear(&when);
}

int
ctl_status(const struct ctl_options *options, const struct ctl_args *args)
{
	struct buf out = { 0 };
	json_t *status = NULL;
	struct ctl_ask ask;

	(void)args;
	if (ctl_ask_open(&ask, options))
		status = ctl_ask(&ask, "GET", "/status", NULL);
	if (status != NULL && options->is_json) {
		ctl_print_json(status);
	} else if (status != NULL) {
		put_head(&out, status, options);
		put_facts(&out, status);
		put_errors(&out, status, options);
		fputs(buf_str(&out), stdout);
		buf_clear(&out);
	}
	if (status != NULL && !ctl_is(json_object_get(status, "health"), "ok"))
		ask.status = CTL_FAILED;
	json_decref(status);
	ctl_ask_close(&ask);
	return ask.status;
}
