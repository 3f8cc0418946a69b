/* SPDX-License-Identifier: ISC */
/*
 * The log. A line is an event name (stable, listed in the manual) and either
 * a message or fields. Whatever is not printable ASCII leaves as \xNN, so a
 * remote byte never reaches a log or a terminal raw.
 *
 * text  event: message            event: domain=example.com mode=enforce
 * json  {"time":...,"level":"info","event":"event","message":...} or the
 *       fields by name
 *
 * On stderr each line begins with systemd's <N> priority when JOURNAL_STREAM
 * is set, otherwise with nothing (an interactive reader, or a supervisor that
 * stamps lines itself). Usable before log_open(): text to stderr, level info.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

enum log_level {
	LOG_LEVEL_ERROR,
	LOG_LEVEL_WARNING,
	LOG_LEVEL_INFO,
	LOG_LEVEL_DEBUG
};

enum log_target {
	LOG_TARGET_STDERR,
	LOG_TARGET_SYSLOG
};

enum log_format {
	LOG_FORMAT_TEXT,
	LOG_FORMAT_JSON
};

/* A field whose value is NULL is left out. Values with blanks are quoted. */
struct log_field {
	const char *name;
	const char *value;
};

/* A line as it is given, before anything is escaped. */
struct log_line {
	enum log_level level;
	const char *event;
	const char *message; /* NULL: fields */
	const struct log_field *field;
	size_t field_count;
};

/*
 * Tell a watcher of every line, whether log_level lets it through or not, for
 * the line's levels up to `level`. It must not log. NULL: nobody is told.
 */
typedef void log_watch_cb(const struct log_line *, void *arg);
void log_watch(enum log_level, log_watch_cb *, void *arg);

/* May be called again (reload). */
void log_open(enum log_target, enum log_level, enum log_format);
bool log_is_on(enum log_level);

/*
 * From now on an error or a warning that comes again and again is written five
 * times a minute, and then counted: "event: the same 120 times: ...", when the
 * minute is over. Call log_tell_repeats() now and then, so that it is also
 * told when nothing else is logged, and with is_end at the end.
 */
void log_limit_repeats(void);
void log_tell_repeats(bool is_end);

/*
 * From now on append the message of each log_error() to text too, "; "
 * between them, for somebody who is to be told why a thing could not be done.
 * NULL ends it.
 */
void log_copy_errors(struct buf *text);

void log_error(const char *event, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void log_warning(const char *event, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void log_info(const char *event, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void log_debug(const char *event, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

void log_fields(
    enum log_level, const char *event, const struct log_field *, size_t n);

#endif
