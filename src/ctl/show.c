/* SPDX-License-Identifier: ISC */
/* All that is known of one domain. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "cache/readonly.h"
#include "cache/record.h"
#include "ctl/ask.h"
#include "ctl/run.h"
#include "ctl/table.h"
#include "postfix/answer.h"

/* The reply of each profile, as the daemon would make it now. */
static json_t *
replies_of(const struct ctl_options *options, const char *domain,
    const struct entry *entry, int64_t now)
{
	json_t *replies = json_object();
	enum answer_profile profile;
	struct buf text = { 0 };

	for (profile = ANSWER_POSTFIX_2_10; profile <= ANSWER_POSTFIX_3_10;
	     profile++) {
		buf_reset(&text);
		buf_puts(&text, "OK ");
		if (entry->state.expires <= now ||
		    answer_write(&text, profile, domain, &entry->policy,
			options->config->testing_reports) == ANSWER_NOTFOUND) {
			buf_reset(&text);
			buf_puts(&text, "NOTFOUND ");
		}
		json_object_set_new(replies, answer_profile_name(profile),
		    json_string(text.data));
	}
	buf_clear(&text);
	return replies;
}

static json_t *
read_offline(const struct ctl_options *options, const char *name)
{
	char domain[DOMAIN_MAX + 1];
	struct buf why = { 0 };
	struct cache_reader *reader;
	struct entry entry;
	json_t *shown = NULL;
	size_t len = domain_to_ascii(name, strlen(name), domain);

	reader = cache_reader_open(options->cache_dir, &why);
	if (reader == NULL) {
		ctl_say("%s", buf_str(&why));
		buf_clear(&why);
		return NULL;
	}
	switch (cache_reader_get(reader, domain, len, &entry)) {
	case CACHE_HIT:
		shown = json_object();
		record_put_json(shown, domain, &entry, clock_now());
		record_put_details(shown, &entry);
		json_object_set_new(shown, "source", json_string("cache"));
		json_object_set_new(shown, "replies",
		    replies_of(options, domain, &entry, clock_now()));
		break;
	case CACHE_MISS:
		ctl_say("%s: nothing is known of it", name);
		break;
	case CACHE_DAMAGED:
	case CACHE_ERROR:
		ctl_say("%s: the record is damaged", name);
		break;
	}
	cache_reader_close(reader);
	return shown;
}

static json_t *
read_online(const struct ctl_options *options, const char *domain, int *status)
{
	struct buf path = { 0 };
	struct ctl_ask ask;
	json_t *shown = NULL;

	buf_puts(&path, "/policies/");
	ctl_put_encoded(&path, domain);
	if (ctl_ask_open(&ask, options))
		shown = ctl_ask(&ask, "GET", path.data, NULL);
	ctl_ask_close(&ask);
	buf_clear(&path);
	*status = ask.status;
	return shown;
}

static void
put_time(
    struct buf *out, const json_t *shown, const char *member, const char *name)
{
	struct buf text = { 0 };

	if (ctl_number(shown, member) == 0)
		return;
	table_date(&text, ctl_number(shown, member), clock_now());
	table_fact(out, name, buf_str(&text));
	buf_clear(&text);
}

/* Only its day is kept. */
static void
put_used(struct buf *out, const json_t *shown)
{
	struct buf text = { 0 };

	if (ctl_number(shown, "used") > 0) {
		table_date(&text, ctl_number(shown, "used"), clock_now());
		text.data[strcspn(text.data, " ")] = '\0';
		table_fact(out, "Last used", text.data);
	}
	buf_clear(&text);
}

static void
put_patterns(struct buf *out, const json_t *shown)
{
	struct buf text = { 0 };

	ctl_put_words(&text, json_object_get(shown, "mx"));
	table_fact(out, "MX", buf_str(&text));
	buf_clear(&text);
}

/* "enforce, from the cache" */
static void
put_policy(struct buf *out, const json_t *shown)
{
	const char *mode = ctl_text(shown, "mode");
	const char *source = ctl_text(shown, "source");

	if (source != NULL && strcmp(source, "negative") == 0)
		table_factf(out, "Policy", "none (%s)",
		    ctl_text(shown, "reason") != NULL ?
			ctl_text(shown, "reason") :
			"remembered");
	else
		table_factf(out, "Policy", "%s, from %s%s",
		    mode != NULL ? mode : "none",
		    source != NULL && strcmp(source, "cache") == 0 ? "the " :
								     "",
		    source != NULL ? source : "?");
}

static void
put_error(struct buf *out, const json_t *shown)
{
	const json_t *error = json_object_get(shown, "error");
	struct buf text = { 0 };
	const char *detail = ctl_text(error, "detail");

	if (!json_is_object(error))
		return;
	buf_printf(&text, "%s%s%s, ",
	    ctl_text(error, "reason") != NULL ? ctl_text(error, "reason") : "?",
	    detail != NULL ? ": " : "", detail != NULL ? detail : "");
	table_date(&text, ctl_number(error, "time"), clock_now());
	if (ctl_number(error, "count") > 0)
		buf_printf(&text, ", %lld in a row",
		    (long long)ctl_number(error, "count"));
	table_fact(out, "Last error", buf_str(&text));
	buf_clear(&text);
}

/*
 * A host without usable TLSA records is skipped only where another one has
 * them: otherwise DANE is not used at all.
 */
static void
put_dane_host(struct buf *out, const json_t *host, bool is_used)
{
	const char *name = ctl_text(host, "host"), *why = ctl_text(host, "why");

	table_factf(out, "  host", "%s%s%s%s", name != NULL ? name : "?",
	    is_used && ctl_is(host, "skipped") ? ": Postfix skips it" : "",
	    why != NULL && *why != '\0' ? ": " : "", why != NULL ? why : "");
}

static void
put_dane(struct buf *out, const json_t *shown)
{
	const json_t *dane = json_object_get(shown, "dane"), *host;
	const char *verdict = ctl_text(dane, "verdict");
	size_t i;

	if (!json_is_object(dane))
		return;
	table_fact(out, "DANE", verdict);
	put_time(out, dane, "checked", "DANE checked");
	put_time(out, dane, "next_check", "DANE next");
	json_array_foreach(json_object_get(dane, "hosts"), i, host)
	{
		put_dane_host(
		    out, host, verdict != NULL && strcmp(verdict, "some") == 0);
	}
}

static void
put_history(
    struct buf *out, const json_t *shown, const struct ctl_options *options)
{
	static const struct table_column columns[] = { { "SEEN", 23, false },
		{ "MODE", 7, false }, { "ID", 0, false } };
	const json_t *history = json_object_get(shown, "history"), *item;
	const char *cells[3];
	struct buf seen = { 0 };
	size_t i;

	if (json_array_size(history) < 2)
		return;
	buf_putc(out, '\n');
	table_head(out, columns, 3, options->has_colour);
	json_array_foreach(history, i, item)
	{
		buf_reset(&seen);
		table_date(&seen, ctl_number(item, "seen"), clock_now());
		seen.data[strcspn(seen.data, "(") - 1] = '\0';
		cells[0] = seen.data;
		cells[1] = ctl_text(item, "mode");
		cells[2] = ctl_text(item, "id");
		table_row(out, columns, 3, cells);
	}
	buf_clear(&seen);
}

static void
put_replies(
    struct buf *out, const json_t *shown, const struct ctl_options *options)
{
	json_t *replies = json_object_get(shown, "replies"), *reply;
	const char *profile, *text;

	if (!json_is_object(replies))
		return;
	buf_putc(out, '\n');
	table_put(out, TABLE_BOLD, "WHAT POSTFIX IS TOLD", options->has_colour);
	buf_putc(out, '\n');
	json_object_foreach(replies, profile, reply)
	{
		text = json_string_value(reply);
		table_fact(out, profile, text != NULL ? text : "?");
	}
}

static void
put_text(
    struct buf *out, const json_t *shown, const struct ctl_options *options)
{
	const char *text = ctl_text(shown, "text");

	if (text == NULL)
		return;
	buf_putc(out, '\n');
	table_put(out, TABLE_BOLD, "POLICY FILE", options->has_colour);
	buf_putc(out, '\n');
	table_lines(out, text, strlen(text));
}

static void
print_text(const json_t *shown, const struct ctl_options *options)
{
	struct buf out = { 0 }, span = { 0 };

	table_fact(&out, "Domain", ctl_text(shown, "domain"));
	put_policy(&out, shown);
	table_fact(&out, "Override", ctl_text(shown, "override"));
	table_fact(&out, "Id", ctl_text(shown, "id"));
	put_patterns(&out, shown);
	if (ctl_number(shown, "max_age") > 0) {
		table_span(&span, ctl_number(shown, "max_age"));
		table_fact(&out, "Max age", buf_str(&span));
	}
	put_time(&out, shown, "first_seen", "First seen");
	put_time(&out, shown, "fetched", "Fetched");
	put_time(&out, shown, "expires", "Expires");
	put_time(&out, shown, "checked", "TXT checked");
	put_time(&out, shown, "next_check", "Next check");
	put_time(&out, shown, "next_refresh", "Next refresh");
	put_time(&out, shown, "retry_at", "Next fetch");
	put_used(&out, shown);
	put_error(&out, shown);
	put_dane(&out, shown);
	put_history(&out, shown, options);
	put_text(&out, shown, options);
	put_replies(&out, shown, options);
	fputs(buf_str(&out), stdout);
	buf_clear(&out);
	buf_clear(&span);
}

int
ctl_show(const struct ctl_options *options, const struct ctl_args *args)
{
	int status = CTL_FAILED;
	json_t *shown;

	if (options->cache_dir != NULL)
		shown = read_offline(options, args->word[0]);
	else
		shown = read_online(options, args->word[0], &status);
	if (shown == NULL)
		return status;
	if (options->is_json)
		ctl_print_json(shown);
	else
		print_text(shown, options);
	json_decref(shown);
	return CTL_OK;
}
