/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>

#include "adminstate.h"
#include "adminworld.h"
#include "base/clock.h"
#include "base/configfile.h"
#include "base/configvalue.h"
#include "base/text.h"
#include "base/xmalloc.h"
#include "daemon/dane.h"
#include "daemon/resolver_admin.h"

struct adminstate_told adminstate_told;

static struct buf write_reason, listeners, reload_error;
static uint64_t counted;

/* One for the process: it asks nobody until it is asked. */
static struct dns *
the_dns(void)
{
	static const char *const server[] = { "dns_servers=127.0.0.1" };
	static const struct config_overrides overrides = { server, 1 };
	static struct config *config;
	static struct dns *dns;
	char error[256];

	if (dns != NULL)
		return dns;
	config = config_load("/dev/null", &overrides, error, sizeof(error));
	HOLDS(config != NULL);
	dns = dns_new(adminworld_loop(), config);
	HOLDS(dns != NULL);
	return dns;
}

static void
set_defaults(struct config *config)
{
	const struct config_setting *setting;
	struct buf why = { 0 };
	size_t count, i;

	setting = config_settings(&count);
	for (i = 0; i < count; i++)
		HOLDS(configvalue_set(
		    config, &setting[i], setting[i].fallback, &why));
	buf_clear(&why);
}

static void
set_one(struct config *config, const char *line)
{
	const struct config_setting *setting;
	struct buf why = { 0 };
	char *name, *value;
	size_t count, i;

	if (!configfile_split(line, &name, &value))
		return;
	setting = config_settings(&count);
	for (i = 0; i < count; i++)
		if (strcmp(setting[i].name, name) == 0)
			(void)configvalue_set(config, &setting[i], value, &why);
	free(name);
	free(value);
	buf_clear(&why);
}

static void
count_all(struct stats *stats, unsigned int byte)
{
	size_t i;

	counted = byte;
	for (i = 0; i < STATS_KINDS; i++)
		stats->answered[i] = byte;
	stats->malformed = stats->expired = byte;
	stats->clock_suspect = byte % 2 > 0 ? clock_now() : 0;
}

/* A line after its first byte, and without NUL: a string. */
static void
take_line(struct admin *a, struct config *config, char kind, const char *text)
{
	struct stats *stats = a->parts.stats;
	struct log_line line = {
		.level = LOG_LEVEL_ERROR, .event = "event", .message = text
	};
	struct stats_slow slow = { .time = clock_now(),
		.outcome = "fetch",
		.reason = "ok",
		.domain = "a.example" };
	unsigned int byte = (unsigned char)*text;
	const char *why;

	switch (kind) {
	case '!':
		stats_on_log(&line, stats);
		adminstate_told.errors++;
		break;
	case '?':
		stats_add_fetch(stats, "a.example",
		    (enum sts_reason)(byte % STS_REASON_COUNT),
		    byte > 0 ? text + 1 : text);
		adminstate_told.fetches++;
		break;
	case '+':
		slow.ms = strtonum(text, 1, INT64_MAX, &why);
		if (why == NULL)
			stats_add_slow(stats, &slow);
		adminstate_told.slow += why == NULL;
		break;
	case '-':
		buf_reset(&write_reason);
		text_escape(&write_reason, text, strlen(text));
		break;
	case '*':
		if (*text == '\0' || strchr(text, ' ') != NULL)
			break;
		buf_printf(
		    &listeners, "%s%s", listeners.len > 0 ? " " : "", text);
		adminstate_told.listeners++;
		break;
	case '#':
		count_all(stats, byte);
		break;
	case '%':
		buf_reset(&reload_error);
		text_escape(&reload_error, text, strlen(text));
		adminstate_told.is_reload_bad = true;
		break;
	default:
		set_one(config, text);
		break;
	}
}

void
adminstate_begin(struct admin *a, struct config *config, struct fuzz_part text)
{
	struct fuzz_part part;
	char *line;
	bool has_kind;

	adminstate_told = (struct adminstate_told){ .errors = 0 };
	set_defaults(config);
	a->parts.stats = stats_new();
	a->parts.dns = the_dns();
	counted = 0;
	while (fuzz_next(&text.data, &text.len, '\n', &part)) {
		line = xmemdup(part.data, part.len);
		has_kind = *line != '\0' && strchr("!?+-*#%", *line) != NULL;
		take_line(a, config, has_kind ? *line : '\0', line + has_kind);
		free(line);
	}
	a->parts.config_file = config->overrides; /* any text does */
}

void
adminstate_end(struct admin *a, struct config *config)
{
	const struct config_setting *setting;
	size_t count, i;

	setting = config_settings(&count);
	for (i = 0; i < count; i++)
		configvalue_clear(config, &setting[i]);
	*config = (struct config){ .listen_mode = 0 };
	stats_free(a->parts.stats);
	buf_clear(&write_reason);
	buf_clear(&listeners);
	buf_clear(&reload_error);
}

/* ---- cache/cache, daemon/resolver, net/fetch */

void
cache_count(struct cache *cache, struct cache_counts *out)
{
	(void)cache;
	*out = (struct cache_counts){ .by_mode = { counted, counted, counted },
		.bytes = counted,
		.write_failures = counted,
		.write_reason = buf_str(&write_reason),
		.is_read_failing = counted % 4 > 1 };
}

size_t
cache_due(struct cache *cache, int64_t until, const struct cache_due *after,
    struct cache_due *found, size_t max)
{
	(void)cache;
	(void)until;
	(void)after;
	HOLDS(max > 0);
	found[0] = (struct cache_due){ .due = (int64_t)counted };
	return counted > 0;
}

const char *
cache_library_version(void)
{
	return "cache 1";
}

void
resolver_count(struct resolver *r, struct resolver_counts *out)
{
	(void)r;
	*out = (struct resolver_counts){ .jobs = (size_t)counted };
}

void
fetcher_count(const struct fetcher *f, struct fetcher_counts *out)
{
	(void)f;
	*out = (struct fetcher_counts){ .certificates = (size_t)counted };
}

const char *
fetch_library_version(void)
{
	return "fetch 1";
}

void
danes_count(const struct danes *danes, struct dane_counts *out)
{
	(void)danes;
	*out = (struct dane_counts){ .is_doubted = true };
}

/* ---- daemon/server, daemon/reload, net/httpd */

size_t
server_connections(const struct server *server)
{
	(void)server;
	return (size_t)counted;
}

void
server_describe(const struct server *server, struct buf *out)
{
	(void)server;
	if (listeners.len > 0)
		buf_puts(out, buf_str(&listeners));
}

int
reload_now(struct reload *reload, struct reload_result *result)
{
	(void)reload;
	if (!adminstate_told.is_reload_bad)
		return 0;
	buf_puts(&result->error, buf_str(&reload_error));
	return -1;
}

void
reload_result_clear(struct reload_result *result)
{
	buf_clear(&result->error);
}

size_t
httpd_connections(const struct httpd *httpd)
{
	(void)httpd;
	return (size_t)counted;
}
