/* SPDX-License-Identifier: ISC */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "base/clock.h"
#include "base/log.h"

static char logged[8192];
static int saved, pipes[2];

/* From here to capture_end() stderr is a pipe. */
static void
capture(void)
{
	saved = dup(STDERR_FILENO);
	assert_int_equal(pipe2(pipes, O_NONBLOCK), 0);
	dup2(pipes[1], STDERR_FILENO);
}

static const char *
capture_end(void)
{
	ssize_t n;

	dup2(saved, STDERR_FILENO);
	n = read(pipes[0], logged, sizeof(logged) - 1);
	logged[n > 0 ? n : 0] = '\0';
	close(pipes[0]);
	close(pipes[1]);
	close(saved);
	return logged;
}

static int
set_up(void **state)
{
	(void)state;
	unsetenv("JOURNAL_STREAM");
	log_open(LOG_TARGET_STDERR, LOG_LEVEL_INFO, LOG_FORMAT_TEXT);
	return 0;
}

/* First of all: usable before it is opened. */
static void
test_unopened(void **state)
{
	(void)state;
	capture();
	log_info("started", "version %d", 1);
	log_debug("loop", "unseen");
	assert_string_equal(capture_end(), "started: version 1\n");
}

static void
test_levels(void **state)
{
	static const char *const want[] = {
		"e: 1\n",
		"e: 1\nw: 2\n",
		"e: 1\nw: 2\ni: 3\n",
		"e: 1\nw: 2\ni: 3\nd: 4\n",
	};
	size_t level;

	(void)state;
	for (level = LOG_LEVEL_ERROR; level <= LOG_LEVEL_DEBUG; level++) {
		log_open(
		    LOG_TARGET_STDERR, (enum log_level)level, LOG_FORMAT_TEXT);
		capture();
		log_error("e", "1");
		log_warning("w", "2");
		log_info("i", "3");
		log_debug("d", "4");
		log_fields(LOG_LEVEL_DEBUG, "f", NULL, 0);
		capture_end();
		if (level == LOG_LEVEL_DEBUG)
			logged[strlen(logged) - 3] = '\0'; /* "f:\n" */
		if (strcmp(logged, want[level]) != 0)
			fail_msg("%zu: %s", level, logged);
		assert_true(log_is_on((enum log_level)level));
	}
}

/* systemd's priorities, only where its journal listens. */
static void
test_journal(void **state)
{
	(void)state;
	setenv("JOURNAL_STREAM", "8:1", 1);
	log_open(LOG_TARGET_STDERR, LOG_LEVEL_DEBUG, LOG_FORMAT_TEXT);
	capture();
	log_error("e", "1");
	log_warning("w", "2");
	log_info("i", "3");
	log_debug("d", "4");
	assert_string_equal(
	    capture_end(), "<3>e: 1\n<4>w: 2\n<6>i: 3\n<7>d: 4\n");
}

static const struct {
	const char *value;
	const char *text;
	const char *json; /* as it is read back */
} values[] = {
	{ "enforce", "enforce", "enforce" },
	{ "", "\"\"", "" },
	{ "a b", "\"a b\"", "a b" },
	{ "a=b", "\"a=b\"", "a=b" },
	{ "a\"b", "\"a\\\"b\"", "a\"b" },
	{ "a\\x0ab", "\"a\\\\x0ab\"", "a\\x0ab" },
	{ "a\nb", "a\\x0ab", "a\\x0ab" },
	{ "\x1b[1m \x7f\xff", "\"\\x1b[1m \\x7f\\xff\"",
	    "\\x1b[1m \\x7f\\xff" },
	{ "m\xc3\xbcnchen", "m\\xc3\\xbcnchen", "m\\xc3\\xbcnchen" },
};

static void
test_fields_text(void **state)
{
	char want[256];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		struct log_field field[] = { { "a", "1" }, { "none", NULL },
			{ "v", values[i].value } };

		capture();
		log_fields(LOG_LEVEL_INFO, "resolved", field, 3);
		snprintf(
		    want, sizeof(want), "resolved: a=1 v=%s\n", values[i].text);
		if (strcmp(capture_end(), want) != 0)
			fail_msg("%zu: %s", i, logged);
	}
}

static json_t *
read_json(size_t i)
{
	json_error_t error;
	json_t *line;
	size_t len = strlen(capture_end());

	if (len == 0 || strchr(logged, '\n') != logged + len - 1)
		fail_msg("%zu: not one line: %s", i, logged);
	line = json_loads(logged, JSON_REJECT_DUPLICATES, &error);
	if (line == NULL)
		fail_msg("%zu: %s: %s", i, error.text, logged);
	return line;
}

static const char *
get(json_t *line, const char *name)
{
	return json_string_value(json_object_get(line, name));
}

static void
test_json(void **state)
{
	const char *stamp;
	json_t *line;
	size_t i;

	(void)state;
	log_open(LOG_TARGET_STDERR, LOG_LEVEL_INFO, LOG_FORMAT_JSON);
	for (i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		struct log_field field[] = { { "a", "1" }, { "none", NULL },
			{ "v", values[i].value } };

		capture();
		log_fields(LOG_LEVEL_WARNING, "resolved", field, 3);
		line = read_json(i);
		assert_int_equal(json_object_size(line), 5);
		assert_string_equal(get(line, "level"), "warning");
		assert_string_equal(get(line, "event"), "resolved");
		assert_string_equal(get(line, "a"), "1");
		if (strcmp(get(line, "v"), values[i].json) != 0)
			fail_msg("%zu: %s", i, logged);
		json_decref(line);

		capture();
		log_error("config", "%s", values[i].value);
		line = read_json(i);
		assert_string_equal(get(line, "level"), "error");
		assert_string_equal(get(line, "message"), values[i].json);
		stamp = get(line, "time");
		assert_int_equal(strlen(stamp), 24);
		assert_int_equal(stamp[10], 'T');
		assert_int_equal(stamp[23], 'Z');
		json_decref(line);
	}
}

/* A message is cut, visibly; a field never is. */
static void
test_long(void **state)
{
	static char big[4001];
	struct log_field field = { "v", big };

	(void)state;
	memset(big, 'x', sizeof(big) - 1);
	capture();
	log_info("e", "%.2047s", big);
	assert_int_equal(strlen(capture_end()), 3 + 2047 + 1);
	assert_null(strchr(logged, '.'));
	capture();
	log_info("e", "%s", big);
	assert_int_equal(strlen(capture_end()), 3 + 2047 + 1);
	assert_string_equal(logged + 3 + 2043, "x...\n");
	capture();
	log_fields(LOG_LEVEL_INFO, "e", &field, 1);
	assert_int_equal(strlen(capture_end()), 2 + 3 + 4000 + 1);
}

/* With syslog nothing goes to stderr. */
static void
test_syslog(void **state)
{
	(void)state;
	log_open(LOG_TARGET_SYSLOG, LOG_LEVEL_INFO, LOG_FORMAT_TEXT);
	capture();
	log_info("e", "unit test");
	assert_string_equal(capture_end(), "");
}

/* Whoever watches sees lines that the log leaves out, with all in them. */
struct seen {
	unsigned int lines;
	char text[128];
};

static void
on_line(const struct log_line *line, void *arg)
{
	struct seen *seen = arg;
	size_t i;

	seen->lines++;
	snprintf(seen->text, sizeof(seen->text), "%d %s:", (int)line->level,
	    line->event);
	if (line->message != NULL)
		(void)strlcat(seen->text, line->message, sizeof(seen->text));
	for (i = 0; i < line->field_count; i++)
		(void)strlcat(seen->text,
		    line->field[i].value != NULL ? line->field[i].value : "-",
		    sizeof(seen->text));
}

static void
test_watch(void **state)
{
	const struct log_field field[] = { { "a", "\xe4" }, { "b", NULL } };
	struct seen seen = { 0 };

	(void)state;
	log_open(LOG_TARGET_STDERR, LOG_LEVEL_ERROR, LOG_FORMAT_TEXT);
	log_watch(LOG_LEVEL_WARNING, on_line, &seen);
	capture();
	log_warning("w", "x\x01%d", 1);
	assert_string_equal(seen.text,
	    "1 w:x\x01"
	    "1");
	log_fields(LOG_LEVEL_WARNING, "f", field, 2);
	assert_string_equal(seen.text, "1 f:\xe4-");
	log_info("i", "not this one");
	log_error("e", "both");
	assert_int_equal(seen.lines, 3);
	log_watch(LOG_LEVEL_ERROR, NULL, NULL);
	log_error("e", "nobody");
	assert_int_equal(seen.lines, 3);
	assert_string_equal(capture_end(), "e: both\ne: nobody\n");
}

/* Who is told why gets the messages of errors, and of nothing else. */
static void
test_copy(void **state)
{
	struct buf copy = { 0 };

	(void)state;
	capture();
	log_copy_errors(&copy);
	log_error("a", "first %d\n", 1);
	log_warning("b", "no");
	log_info("c", "no");
	log_error("d", "second");
	log_copy_errors(NULL);
	log_error("e", "no");
	assert_non_null(strstr(capture_end(), "a: first 1\\x0a\n"));
	assert_string_equal(buf_str(&copy), "first 1\\x0a; second");
	buf_clear(&copy);
}

/* By a clock of its own; in both forms, never a raw byte of a stranger's. */
static int64_t fake_ms = 1000;

int64_t
clock_ms(void)
{
	return fake_ms;
}

static void
test_repeats(void **state)
{
	static const struct log_field field = { "domain", "x.test" };
	int i;

	(void)state;
	log_limit_repeats();
	capture();
	for (i = 0; i < 7; i++)
		log_error("e", "gone\x1b");
	for (i = 0; i < 7; i++)
		log_info("i", "asked for");
	for (i = 0; i < 6; i++)
		log_fields(LOG_LEVEL_WARNING, "w", &field, 1);
	fake_ms += 60000;
	log_tell_repeats(false);
	assert_string_equal(capture_end(),
	    "e: gone\\x1b\ne: gone\\x1b\ne: gone\\x1b\ne: gone\\x1b\n"
	    "e: gone\\x1b\ni: asked for\ni: asked for\ni: asked for\n"
	    "i: asked for\ni: asked for\ni: asked for\ni: asked for\n"
	    "w: domain=x.test\nw: domain=x.test\nw: domain=x.test\n"
	    "w: domain=x.test\nw: domain=x.test\n"
	    "e: the same 2 times: gone\\x1b\n"
	    "w: the same 1 times: domain=x.test\n");
	log_open(LOG_TARGET_STDERR, LOG_LEVEL_INFO, LOG_FORMAT_JSON);
	capture();
	log_error("e", "gone\x1b");
	log_tell_repeats(true);
	assert_non_null(strstr(capture_end(),
	    "\"level\":\"error\",\"event\":\"e\","
	    "\"message\":\"the same 1 times: gone\\\\x1b\"}\n"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_unopened),
		cmocka_unit_test_setup(test_levels, set_up),
		cmocka_unit_test_setup(test_watch, set_up),
		cmocka_unit_test_setup(test_journal, set_up),
		cmocka_unit_test_setup(test_fields_text, set_up),
		cmocka_unit_test_setup(test_json, set_up),
		cmocka_unit_test_setup(test_long, set_up),
		cmocka_unit_test_setup(test_copy, set_up),
		cmocka_unit_test_setup(test_repeats, set_up),
		cmocka_unit_test_setup(test_syslog, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
