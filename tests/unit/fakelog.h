/* SPDX-License-Identifier: ISC */
/* base/log for tests: the lines, one after the other, in `logged`. */
#ifndef TEST_FAKELOG_H
#define TEST_FAKELOG_H

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/log.h"

static struct buf logged;

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

#define FAKE_LOG(name)                                                  \
	void name(const char *event, const char *fmt, ...)              \
	{                                                               \
		char text[1024];                                        \
		va_list ap;                                             \
                                                                        \
		va_start(ap, fmt);                                      \
		vsnprintf(text, sizeof(text), fmt, ap);                 \
		va_end(ap);                                             \
		buf_printf(&logged, "%s %s: %s\n", #name, event, text); \
	}

FAKE_LOG(log_error)
FAKE_LOG(log_warning)
FAKE_LOG(log_info)
FAKE_LOG(log_debug)

void
log_fields(enum log_level level, const char *event,
    const struct log_field *field, size_t n)
{
	size_t i;

	(void)level;
	buf_printf(&logged, "%s:", event);
	for (i = 0; i < n; i++) {
		if (field[i].value != NULL)
			buf_printf(
			    &logged, " %s=%s", field[i].name, field[i].value);
	}
	buf_putc(&logged, '\n');
}

/* How many lines hold the text? */
static size_t
count_logged(const char *text)
{
	const char *at = buf_str(&logged);
	size_t n = 0;

	for (; (at = strstr(at, text)) != NULL; at++)
		n++;
	return n;
}

#endif
