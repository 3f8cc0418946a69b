/* SPDX-License-Identifier: ISC */
/*
 * JSON: every kind of report is valid by the schema (checked by another
 * implementation, python3-jsonschema), ASCII, and says what the report says.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "check/report.h"
#include "golden.h"
#include "report_world.h"

#define SCHEMA "docs/check.schema.json"

static const struct report_options options = { .label = "" };

static void
render(struct buf *out, const struct report_world *w)
{
	report_json_begin(out, 1, &options);
	report_json_one(out, w->report, true, &options);
	report_json_end(out, 1, &options);
}

static json_t *
parse(const struct buf *text)
{
	json_error_t error;
	json_t *json = json_loadb(text->data, text->len,
	    JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);

	if (json == NULL)
		fail_msg("%d:%d: %s", error.line, error.column, error.text);
	return json;
}

/* Exit status of the validator on that text. */
static int
validate(const struct buf *text)
{
	const char *python = getenv("PYTHON");
	char path[] = "/tmp/report-XXXXXX";
	int fd = mkstemp(path), status = -1;
	pid_t child;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text->data, text->len), text->len);
	close(fd);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		execl(python != NULL ? python : "/usr/bin/python3", "python3",
		    "tests/unit/schema_check.py", SCHEMA, path, (char *)NULL);
		_exit(127);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	unlink(path);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void
test_schema(void **state)
{
	struct report_world w;
	struct buf text = { 0 };
	size_t i;

	(void)state;
	/* all of them, as an array */
	report_json_begin(&text, REPORT_KINDS, &options);
	for (i = 0; i < REPORT_KINDS; i++) {
		report_world_init(&w, i);
		report_json_one(&text, w.report, i == 0, &options);
		report_world_clear(&w);
	}
	report_json_end(&text, REPORT_KINDS, &options);
	assert_int_equal(validate(&text), 0);
	/* one by itself is no array */
	buf_reset(&text);
	report_world_init(&w, REPORT_ENFORCING);
	render(&text, &w);
	assert_int_equal(text.data[0], '{');
	assert_int_equal(validate(&text), 0);
	report_world_clear(&w);
	/* none at all is one */
	buf_reset(&text);
	report_json_begin(&text, 0, &options);
	report_json_end(&text, 0, &options);
	assert_int_equal(validate(&text), 0);
	buf_clear(&text);
}

/* The schema refuses what is not there, and what should not be. */
static void
test_schema_refuses(void **state)
{
	static const char *const keys[] = { "domain", "checked", "limits",
		"postfix", "unproven" };
	struct report_world w;
	struct buf text = { 0 };
	json_t *json, *array = json_array();
	char *dump;
	size_t i;

	(void)state;
	report_world_init(&w, REPORT_TESTING);
	render(&text, &w);
	for (i = 0; i <= sizeof(keys) / sizeof(keys[0]); i++) {
		json = parse(&text);
		if (i < sizeof(keys) / sizeof(keys[0]))
			json_object_del(json, keys[i]);
		else
			json_object_set_new(json, "more", json_true());
		json_array_clear(array);
		json_array_append_new(array, json);
		dump = json_dumps(array, JSON_ENSURE_ASCII);
		buf_reset(&text);
		buf_puts(&text, dump);
		free(dump);
		if (validate(&text) != 1)
			fail_msg("%zu: the schema takes it", i);
		buf_reset(&text);
		render(&text, &w);
	}
	json_decref(array);
	buf_clear(&text);
	report_world_clear(&w);
}

static void
test_ascii(void **state)
{
	struct report_world w;
	struct buf text = { 0 };
	size_t i, k, lines;

	(void)state;
	for (i = 0; i < REPORT_KINDS; i++) {
		report_world_init(&w, i);
		buf_reset(&text);
		render(&text, &w);
		report_ndjson_one(&text, w.report, true, &options);
		for (k = 0; k < text.len; k++) {
			if (text.data[k] != '\n' &&
			    (text.data[k] < 0x20 || text.data[k] > 0x7e))
				fail_msg("%zu: byte %zu is 0x%02x", i, k,
				    (unsigned char)text.data[k]);
		}
		buf_reset(&text);
		report_ndjson_one(&text, w.report, true, &options);
		report_ndjson_one(&text, w.report, false, &options);
		for (k = 0, lines = 0; k < text.len; k++)
			lines += text.data[k] == '\n';
		assert_int_equal(lines, 2);
		report_world_clear(&w);
	}
	buf_clear(&text);
}

static const char *
string_of(const json_t *json, const char *key)
{
	return json_string_value(json_object_get(json, key));
}

/* The keys, all of them, in their order. */
static void
test_keys(void **state)
{
	static const char *const keys[] = { "domain", "grade", "score",
		"verdict", "status", "priority", "chips", "scores", "findings",
		"checks", "unproven", "records", "policy", "mx", "certificate",
		"postfix", "provider", "rollout", "limits", "checked" };
	struct report_world w;
	struct buf text = { 0 };
	const char *key;
	json_t *json, *value;
	size_t i = 0;

	(void)state;
	report_world_init(&w, REPORT_ENFORCING);
	render(&text, &w);
	json = parse(&text);
	json_object_foreach(json, key, value)
	{
		assert_true(i < sizeof(keys) / sizeof(keys[0]));
		assert_string_equal(key, keys[i++]);
	}
	assert_int_equal(i, sizeof(keys) / sizeof(keys[0]));
	json_decref(json);
	buf_clear(&text);
	report_world_clear(&w);
}

static void
test_values(void **state)
{
	struct report_world w;
	struct buf text = { 0 };
	json_t *json, *finding, *mx, *end;

	(void)state;
	report_world_init(&w, REPORT_BROKEN);
	render(&text, &w);
	json = parse(&text);
	assert_string_equal(string_of(json, "domain"), "good.example");
	assert_string_equal(string_of(json, "grade"), "F");
	assert_int_equal(
	    json_integer_value(json_object_get(json, "score")), 20);
	assert_string_equal(string_of(json, "verdict"), "fail");
	assert_string_equal(string_of(json, "status"), "broken");
	assert_string_equal(string_of(json, "priority"), "high");
	assert_string_equal(
	    string_of(json_object_get(json, "chips"), "smtp"), "fail");
	assert_string_equal(
	    string_of(json_object_get(json, "chips"), "dane"), "skipped");
	/* the worst first, though it was found last */
	finding = json_array_get(json_object_get(json, "findings"), 0);
	assert_string_equal(string_of(finding, "code"), "mx_cert");
	assert_string_equal(string_of(finding, "severity"), "critical");
	assert_string_equal(string_of(finding, "rfc"), "RFC 8461 4.2");
	assert_null(json_object_get(finding, "reason"));
	assert_null(json_object_get(finding, "line"));
	assert_int_equal(json_array_size(json_object_get(json, "checks")),
	    check_rules_count);
	assert_string_equal(
	    string_of(json_object_get(json, "postfix"), "postfix-2.10"),
	    REPORT_MATCH);
	assert_string_equal(
	    string_of(json_object_get(json, "records"), "id"), WORLD_ID);
	assert_string_equal(
	    string_of(json_object_get(json, "policy"), "text"), WORLD_POLICY);
	mx = json_array_get(json_object_get(json, "mx"), 1);
	assert_string_equal(string_of(mx, "host"), "mx2.good.example");
	assert_true(json_is_true(json_object_get(mx, "failing")));
	end = json_object_get(json_object_get(mx, "postfix"), "postfix-3.4");
	assert_true(json_is_false(json_object_get(end, "delivers")));
	assert_string_equal(
	    string_of(end, "why"), "its certificate has expired");
	assert_int_equal(json_integer_value(json_object_get(
			     json_object_get(mx, "certificate"), "days")),
	    -3);
	json_decref(json);
	buf_clear(&text);
	report_world_clear(&w);
}

/* What is not known is null, not 0. */
static void
test_null(void **state)
{
	struct report_world w;
	struct buf text = { 0 };
	json_t *json;

	(void)state;
	report_world_init(&w, REPORT_UNKNOWN);
	render(&text, &w);
	json = parse(&text);
	assert_string_equal(string_of(json, "grade"), "?");
	assert_true(json_is_null(json_object_get(json, "score")));
	assert_true(json_is_null(json_object_get(json, "policy")));
	assert_true(json_is_null(json_object_get(json, "certificate")));
	assert_string_equal(json_string_value(json_array_get(
				json_object_get(json, "unproven"), 0)),
	    "dns_temp_error");
	json_decref(json);
	report_world_clear(&w);
	buf_reset(&text);
	report_world_init(&w, REPORT_NULL_MX);
	render(&text, &w);
	json = parse(&text);
	assert_string_equal(string_of(json, "grade"), "N/A");
	assert_true(json_is_null(json_object_get(json, "score")));
	assert_int_equal(json_array_size(json_object_get(json, "mx")), 0);
	json_decref(json);
	report_world_clear(&w);
	buf_clear(&text);
}

/* UTF-8 comes through; other bytes are spelled. */
static void
test_bytes(void **state)
{
	static const struct {
		const char *message, *want;
	} rows[] = {
		{ "plain", "plain" },
		{ "b\xc3\xbc"
		  "cher \177 \033",
		    "b\xc3\xbc"
		    "cher \177 \033" },
		{ "a\xff\n", "a\\xff\\x0a" },
		{ "\xed\xa0\x80", "\\xed\\xa0\\x80" },
	};
	struct report_world w;
	struct buf text = { 0 };
	json_t *json;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		report_world_init(&w, REPORT_ENFORCING);
		world_set(&w.findings->item[0].message, rows[i].message);
		buf_reset(&text);
		render(&text, &w);
		assert_null(strpbrk(text.data, "\177\033"));
		json = parse(&text);
		if (strcmp(string_of(json_array_get(
					 json_object_get(json, "findings"), 0),
			       "message"),
			rows[i].want) != 0)
			fail_msg("%zu: %s", i, text.data);
		json_decref(json);
		report_world_clear(&w);
	}
	buf_clear(&text);
}

static void
test_golden(void **state)
{
	struct report_world w;
	struct buf text = { 0 };

	(void)state;
	report_world_init(&w, REPORT_TESTING);
	render(&text, &w);
	golden_check("report/testing.json", &text);
	buf_clear(&text);
	report_world_clear(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_schema),
		cmocka_unit_test(test_schema_refuses),
		cmocka_unit_test(test_ascii),
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_null),
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_golden),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
