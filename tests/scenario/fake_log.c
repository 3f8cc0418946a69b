/* SPDX-License-Identifier: ISC */
/* base/log: what was logged, for the script to look at. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/xmalloc.h"
#include "world.h"

static struct buf lines;

void
log_open(enum log_target target, enum log_level level, enum log_format format)
{
	(void)target;
	(void)level;
	(void)format;
}

bool
log_is_on(enum log_level level)
{
	(void)level;
	return true;
}

static void put(const char *, const char *, const char *, va_list)
    __attribute__((format(printf, 3, 0)));

static void
put(const char *level, const char *event, const char *fmt, va_list ap)
{
	char text[1024];

	vsnprintf(text, sizeof(text), fmt, ap);
	buf_printf(&lines, "%s %s: %s\n", level, event, text);
}

#define LOG_FUNCTION(name)                                 \
	void name(const char *event, const char *fmt, ...) \
	{                                                  \
		va_list ap;                                \
                                                           \
		va_start(ap, fmt);                         \
		put(#name + 4, event, fmt, ap);            \
		va_end(ap);                                \
	}

LOG_FUNCTION(log_error)
LOG_FUNCTION(log_warning)
LOG_FUNCTION(log_info)
LOG_FUNCTION(log_debug)

void
log_fields(enum log_level level, const char *event,
    const struct log_field *field, size_t n)
{
	static const char *const word[] = { "error", "warning", "info",
		"debug" };
	size_t i;

	buf_printf(&lines, "%s %s:", word[level], event);
	for (i = 0; i < n; i++)
		if (field[i].value != NULL)
			buf_printf(
			    &lines, " %s=%s", field[i].name, field[i].value);
	buf_putc(&lines, '\n');
}

static bool
has_words(const char *line, const char *words)
{
	char *copy = xstrdup(words);
	char *rest = copy;
	char *word;
	bool has = true;

	while (has && (word = strsep(&rest, " ")) != NULL)
		has = strstr(line, word) != NULL;
	free(copy);
	return has;
}

bool
world_logged(const char *words)
{
	char *copy = xstrdup(buf_str(&lines));
	char *rest = copy;
	char *line;
	bool has = false;

	while (!has && (line = strsep(&rest, "\n")) != NULL)
		has = *line != '\0' && has_words(line, words);
	free(copy);
	return has;
}

void
world_log_forget(void)
{
	buf_clear(&lines);
}

void
world_log_print(void)
{
	fputs(buf_str(&lines), stderr);
}
