/* SPDX-License-Identifier: ISC */
/*
 * A line is built in a buffer of its own and leaves in one write, so lines of
 * two processes never mix.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/repeat.h"

#define LOG_MESSAGE_BYTES 2048

static enum log_target log_target = LOG_TARGET_STDERR;
static enum log_level log_level = LOG_LEVEL_INFO;
static enum log_format log_format = LOG_FORMAT_TEXT;
static bool has_journal;
static enum log_level watch_level;
static log_watch_cb *watch_cb;
static void *watch_arg;
static struct buf *error_copy;
static bool is_limited;
static struct repeat repeats;

static const struct {
	const char *word;
	int syslog;
} levels[] = {
	[LOG_LEVEL_ERROR] = { "error", LOG_ERR },
	[LOG_LEVEL_WARNING] = { "warning", LOG_WARNING },
	[LOG_LEVEL_INFO] = { "info", LOG_INFO },
	[LOG_LEVEL_DEBUG] = { "debug", LOG_DEBUG },
};

void
log_open(enum log_target target, enum log_level level, enum log_format format)
{
	if (target == LOG_TARGET_SYSLOG)
		openlog("postfix-mta-sts", LOG_PID, LOG_MAIL);
	log_target = target;
	log_level = level;
	log_format = format;
	has_journal = getenv("JOURNAL_STREAM") != NULL;
}

bool
log_is_on(enum log_level level)
{
	return level <= log_level;
}

void
log_watch(enum log_level level, log_watch_cb *cb, void *arg)
{
	watch_level = level;
	watch_cb = cb;
	watch_arg = arg;
}

static bool
is_watched(enum log_level level)
{
	return watch_cb != NULL && level <= watch_level;
}

void
log_copy_errors(struct buf *text)
{
	error_copy = text;
}

/* Printable ASCII as it is, the rest as \xNN; quotes escaped inside quotes. */
static void
put_text(struct buf *b, const char *s, bool is_quoted)
{
	for (; *s != '\0'; s++) {
		unsigned char c = (unsigned char)*s;

		if (c < 0x20 || c > 0x7e)
			buf_printf(b, "\\x%02x", c);
		else if (is_quoted && (c == '"' || c == '\\'))
			buf_printf(b, "\\%c", c);
		else
			buf_putc(b, (char)c);
	}
}

static void
put_json(struct buf *b, const char *name, const char *value)
{
	buf_printf(b, ",\"%s\":\"", name);
	for (; *value != '\0'; value++) {
		unsigned char c = (unsigned char)*value;

		if (c < 0x20 || c > 0x7e)
			buf_printf(b, "\\\\x%02x", c);
		else if (c == '"' || c == '\\')
			buf_printf(b, "\\%c", c);
		else
			buf_putc(b, (char)c);
	}
	buf_putc(b, '"');
}

static void
put_head(struct buf *b, enum log_level level, const char *event)
{
	struct timespec now;
	struct tm tm;
	char text[32];

	if (log_format == LOG_FORMAT_TEXT) {
		buf_printf(b, "%s:", event);
		return;
	}
	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &tm);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
	buf_printf(b,
	    "{\"time\":\"%s.%03ldZ\",\"level\":\"%s\",\"event\":\"%s\"", text,
	    now.tv_nsec / 1000000, levels[level].word, event);
}

static void
put_field(struct buf *b, const struct log_field *field)
{
	const char *v = field->value;

	if (v == NULL)
		return;
	if (log_format == LOG_FORMAT_JSON) {
		put_json(b, field->name, v);
		return;
	}
	buf_printf(b, " %s=", field->name);
	if (*v != '\0' && strpbrk(v, " \"=\\") == NULL) {
		put_text(b, v, false);
		return;
	}
	buf_putc(b, '"');
	put_text(b, v, true);
	buf_putc(b, '"');
}

static void
emit(struct buf *b, enum log_level level)
{
	struct buf line = { 0 };

	if (log_format == LOG_FORMAT_JSON)
		buf_putc(b, '}');
	if (log_target == LOG_TARGET_SYSLOG) {
		syslog(levels[level].syslog, "%s", buf_str(b));
		return;
	}
	if (has_journal)
		buf_printf(&line, "<%d>", levels[level].syslog);
	buf_put(&line, b->data, b->len);
	buf_putc(&line, '\n');
	/* Nobody is left to tell when stderr is gone. */
	(void)!write(STDERR_FILENO, line.data, line.len);
	buf_clear(&line);
}

static void
put_message(struct buf *b, const char *message)
{
	if (log_format == LOG_FORMAT_JSON) {
		put_json(b, "message", message);
	} else {
		buf_putc(b, ' ');
		put_text(b, message, false);
	}
}

static void
tell_kept(const struct repeat_summary *kept)
{
	struct buf text = { 0 }, b = { 0 };

	if (kept->times == 0)
		return;
	buf_printf(&text, "the same %llu times:%s%s",
	    (unsigned long long)kept->times, kept->text[0] == ' ' ? "" : " ",
	    kept->text);
	put_head(&b, (enum log_level)kept->level, kept->event);
	put_message(&b, buf_str(&text));
	emit(&b, (enum log_level)kept->level);
	buf_clear(&text);
	buf_clear(&b);
}

void
log_limit_repeats(void)
{
	is_limited = true;
}

void
log_tell_repeats(bool is_end)
{
	struct repeat_summary kept;

	while (repeat_due(&repeats, clock_ms(), is_end, &kept))
		tell_kept(&kept);
}

/* Information is written however often it comes: it was asked for. */
static bool
may_write(enum log_level level, const char *event, const char *text, size_t len)
{
	const struct repeat_line line = {
		.level = (int)level, .event = event, .text = text, .len = len
	};
	struct repeat_summary lost;
	bool is_new;

	if (!is_limited)
		return true;
	log_tell_repeats(false);
	if (level > LOG_LEVEL_WARNING)
		return true;
	is_new = repeat_may_write(&repeats, &line, clock_ms(), &lost);
	tell_kept(&lost);
	return is_new;
}

static void log_message(enum log_level, const char *, const char *, va_list)
    __attribute__((format(printf, 3, 0)));

static void
log_message(
    enum log_level level, const char *event, const char *fmt, va_list ap)
{
	static const char cut[] = "...";
	char message[LOG_MESSAGE_BYTES] = "";
	struct buf b = { 0 };
	int n;

	if (!log_is_on(level) && !is_watched(level))
		return;
	n = vsnprintf(message, sizeof(message), fmt, ap);
	if (n >= (int)sizeof(message))
		memcpy(
		    message + sizeof(message) - sizeof(cut), cut, sizeof(cut));
	if (is_watched(level))
		watch_cb(
		    &(struct log_line){
			.level = level, .event = event, .message = message },
		    watch_arg);
	if (level == LOG_LEVEL_ERROR && error_copy != NULL) {
		buf_puts(error_copy, error_copy->len > 0 ? "; " : "");
		put_text(error_copy, message, false);
	}
	if (!log_is_on(level) ||
	    !may_write(level, event, message, strlen(message)))
		return;
	put_head(&b, level, event);
	put_message(&b, message);
	emit(&b, level);
	buf_clear(&b);
}

#define LOG_FUNCTION(name, level)                          \
	void name(const char *event, const char *fmt, ...) \
	{                                                  \
		va_list ap;                                \
                                                           \
		va_start(ap, fmt);                         \
		log_message(level, event, fmt, ap);        \
		va_end(ap);                                \
	}

LOG_FUNCTION(log_error, LOG_LEVEL_ERROR)
LOG_FUNCTION(log_warning, LOG_LEVEL_WARNING)
LOG_FUNCTION(log_info, LOG_LEVEL_INFO)
LOG_FUNCTION(log_debug, LOG_LEVEL_DEBUG)

void
log_fields(enum log_level level, const char *event,
    const struct log_field *field, size_t n)
{
	struct buf b = { 0 };
	size_t i, head;

	if (is_watched(level))
		watch_cb(&(struct log_line){ .level = level,
			     .event = event,
			     .field = field,
			     .field_count = n },
		    watch_arg);
	if (!log_is_on(level))
		return;
	put_head(&b, level, event);
	head = b.len;
	for (i = 0; i < n; i++)
		put_field(&b, &field[i]);
	if (may_write(level, event, buf_str(&b) + head, b.len - head))
		emit(&b, level);
	buf_clear(&b);
}
