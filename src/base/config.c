/* SPDX-License-Identifier: ISC */
/*
 * Defaults, then the file, then the overrides, then what must hold between
 * settings. Where a value came from is kept meanwhile, so that every mistake
 * is told with its place.
 */
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/config.h"
#include "base/configfile.h"
#include "base/configvalue.h"
#include "base/xmalloc.h"

#define DEFAULT_PATH        SYSCONFDIR "/postfix-mta-sts/postfix-mta-sts.conf"
#define FROM_OVERRIDE       SIZE_MAX
#define NAME_MAX_BYTES      32 /* longer than any name, with a typo or two */
#define SUGGESTION_DISTANCE 2

static const struct {
	const char *low, *high;
} in_order[] = {
	{ "txt_check_min", "txt_check_max" },
	{ "negative_min", "negative_max" },
};

struct load {
	const char *path;
	struct config *config;
	const struct config_setting *setting;
	size_t count;
	size_t *line; /* by setting; 0: default; FROM_OVERRIDE */
	struct buf error;
};

static void put_place(struct load *, size_t line);
static bool fail(struct load *, size_t line, const char *, ...)
    __attribute__((format(printf, 3, 4)));

static void
put_place(struct load *l, size_t line)
{
	if (line == FROM_OVERRIDE)
		buf_puts(&l->error, "-o ");
	else if (line != 0)
		buf_printf(&l->error, "%s:%zu: ", l->path, line);
}

static bool
fail(struct load *l, size_t line, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	put_place(l, line);
	buf_puts(&l->error, text);
	return false;
}

/* The setting's place in the table, or count. */
static size_t
find_setting(const struct load *l, const char *name)
{
	size_t i;

	for (i = 0; i < l->count; i++) {
		if (strcmp(l->setting[i].name, name) == 0)
			break;
	}
	return i;
}

static size_t
least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Letters to add, drop or change to make a of b (both short). */
static size_t
edit_distance(const char *a, const char *b)
{
	size_t row[NAME_MAX_BYTES + 1], i, j, diagonal, above;
	size_t b_len = strlen(b);

	for (j = 0; j <= b_len; j++)
		row[j] = j;
	for (i = 1; a[i - 1] != '\0'; i++) {
		diagonal = row[0];
		row[0] = i;
		for (j = 1; j <= b_len; j++) {
			above = row[j];
			row[j] = least(diagonal + (a[i - 1] != b[j - 1]),
			    least(above, row[j - 1]) + 1);
			diagonal = above;
		}
	}
	return row[b_len];
}

static bool
fail_unknown(struct load *l, size_t line, const char *name)
{
	size_t i, distance, best_distance = SUGGESTION_DISTANCE + 1;
	const char *best = NULL;

	if (strlen(name) > NAME_MAX_BYTES)
		return fail(l, line, "%.*s...: there is no such setting",
		    NAME_MAX_BYTES, name);
	for (i = 0; i < l->count; i++) {
		distance = edit_distance(name, l->setting[i].name);
		if (distance < best_distance) {
			best_distance = distance;
			best = l->setting[i].name;
		}
	}
	if (best != NULL)
		return fail(l, line,
		    "%s: there is no such setting; did you mean %s?", name,
		    best);
	return fail(l, line, "%s: there is no such setting", name);
}

static bool
set_value(struct load *l, size_t line, const char *name, const char *value)
{
	size_t i = find_setting(l, name);
	struct buf why = { 0 };

	if (i == l->count)
		return fail_unknown(l, line, name);
	/* Which of the two was meant? Postfix takes the last, in silence. */
	if (line != FROM_OVERRIDE && l->line[i] != 0)
		return fail(l, line, "%s: is already set in line %zu", name,
		    l->line[i]);
	l->line[i] = line;
	if (configvalue_set(l->config, &l->setting[i], value, &why))
		return true;
	put_place(l, line);
	buf_put(&l->error, why.data, why.len);
	buf_clear(&why);
	return false;
}

static void
set_defaults(struct load *l)
{
	struct buf why = { 0 };
	size_t i;

	for (i = 0; i < l->count; i++) {
		/* A default that its own bounds refuse is a bug. */
		if (!configvalue_set(l->config, &l->setting[i],
			l->setting[i].fallback, &why))
			abort();
	}
}

static bool
read_file(struct load *l, bool is_named)
{
	struct configfile file = { 0 };
	bool is_fine = true;
	size_t i;

	if (configfile_read(l->path, !is_named, &file, &l->error) == -1)
		return false;
	for (i = 0; is_fine && i < file.count; i++)
		is_fine = set_value(l, file.item[i].line, file.item[i].name,
		    file.item[i].value);
	configfile_clear(&file);
	return is_fine;
}

static bool
read_overrides(struct load *l, const struct config_overrides *overrides)
{
	bool is_fine = true;
	char *name, *value;
	size_t i;

	for (i = 0; is_fine && i < overrides->count; i++) {
		if (!configfile_split(overrides->text[i], &name, &value))
			return fail(l, FROM_OVERRIDE,
			    "%s: this is not \"name=value\"",
			    overrides->text[i]);
		is_fine = set_value(l, FROM_OVERRIDE, name, value);
		free(name);
		free(value);
	}
	return is_fine;
}

static int64_t
number_of(const struct load *l, size_t i)
{
	return *(const int64_t *)(const void *)((const char *)l->config +
	    l->setting[i].offset);
}

static bool
check_order(struct load *l, const char *low_name, const char *high_name)
{
	size_t low = find_setting(l, low_name);
	size_t high = find_setting(l, high_name);
	struct buf text = { 0 };

	if (number_of(l, low) <= number_of(l, high))
		return true;
	put_place(l, l->line[low] != 0 ? l->line[low] : l->line[high]);
	buf_printf(&text, "%s (", low_name);
	configvalue_put(&text, l->config, &l->setting[low]);
	buf_printf(&text, ") is more than %s (", high_name);
	configvalue_put(&text, l->config, &l->setting[high]);
	buf_putc(&text, ')');
	buf_put(&l->error, text.data, text.len);
	buf_clear(&text);
	return false;
}

static bool
check_between(struct load *l)
{
	const struct config *c = l->config;
	size_t i;

	for (i = 0; i < sizeof(in_order) / sizeof(in_order[0]); i++) {
		if (!check_order(l, in_order[i].low, in_order[i].high))
			return false;
	}
	/*
	 * A "may" for a testing policy overrides a stronger level of main.cf:
	 * only harmless when that is "may" too, or DANE was looked at first.
	 */
	if (c->testing_reports && !c->dane && strcmp(c->main_level, "may") != 0)
		return fail(l, l->line[find_setting(l, "testing_reports")],
		    "testing_reports = yes needs dane = yes or "
		    "main_level = may");
	return true;
}

/* What the admin typed may hold bytes a terminal should not get. */
static void
give_error(const struct buf *from, char *error, size_t size)
{
	const char *text = buf_str(from);
	size_t i;

	for (i = 0; i + 1 < size && text[i] != '\0'; i++)
		error[i] = text[i] >= 0x20 && text[i] < 0x7f ? text[i] : '?';
	if (size > 0)
		error[i] = '\0';
}

struct config *
config_load(const char *path, const struct config_overrides *overrides,
    char *error, size_t error_size)
{
	struct load l = { .path = path != NULL ? path : DEFAULT_PATH };
	bool is_fine;

	l.setting = config_settings(&l.count);
	l.config = xcalloc(1, sizeof(*l.config));
	l.line = xcalloc(l.count, sizeof(*l.line));
	set_defaults(&l);
	is_fine = read_file(&l, path != NULL) &&
	    (overrides == NULL || read_overrides(&l, overrides)) &&
	    check_between(&l);
	if (!is_fine) {
		give_error(&l.error, error, error_size);
		config_free(l.config);
		l.config = NULL;
	}
	free(l.line);
	buf_clear(&l.error);
	return l.config;
}

void
config_free(struct config *config)
{
	const struct config_setting *setting;
	size_t count, i;

	if (config == NULL)
		return;
	setting = config_settings(&count);
	for (i = 0; i < count; i++)
		configvalue_clear(config, &setting[i]);
	free(config);
}

void
config_print(const struct config *config, bool only_changed, FILE *out)
{
	const struct config_setting *setting;
	struct buf value = { 0 };
	size_t count, i;

	setting = config_settings(&count);
	for (i = 0; i < count; i++) {
		buf_reset(&value);
		configvalue_put(&value, config, &setting[i]);
		if (only_changed &&
		    strcmp(buf_str(&value), setting[i].fallback) == 0)
			continue;
		fprintf(out, "%s =%s%s\n", setting[i].name,
		    value.len > 0 ? " " : "", buf_str(&value));
	}
	buf_clear(&value);
}
