/* SPDX-License-Identifier: ISC */
/* Entries as JSON, and lines of export read back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cache/record.h"

#define NOW   1790100000
#define DAY_S 86400

static const struct refresh_settings settings = {
	.txt_check_min = 60,
	.txt_check_max = DAY_S,
	.negative_min = 60,
	.negative_max = 3600,
	.refresh_interval = DAY_S,
	.refresh_min = 300,
	.fetch_timeout = 60,
};

#define POLICY                                                         \
	"version: STSv1\\r\\nmode: enforce\\r\\nmx: mx.example.com\\n" \
	"mx: *.example.net\\r\\nmax_age: 604800\\r\\n"

#define LINE                                                           \
	"{\"domain\":\"example.com\",\"id\":\"20260801\",\"fetched\":" \
	"1790000000,\"expires\":1790604800,\"checked\":1790090000,"    \
	"\"used\":1790035200,\"policy\":\"" POLICY "\"}\n"

static enum record_status
parse(const char *line, struct record *r, struct buf *error)
{
	const struct record_reading reading = { &settings, NOW, 12345 };

	return record_parse_line(line, strlen(line), &reading, r, error);
}

static void
test_there_and_back(void **state)
{
	struct record r = { 0 };
	struct buf error = { 0 }, line = { 0 };
	const struct refresh_state *s = &r.entry.state;

	(void)state;
	assert_int_equal(parse(LINE, &r, &error), RECORD_OK);
	assert_int_equal(error.len, 0);
	assert_string_equal(r.domain, "example.com");
	assert_string_equal(s->id, "20260801");
	assert_int_equal(s->mode, STS_MODE_ENFORCE);
	assert_int_equal(s->fetched, 1790000000);
	assert_int_equal(s->expires, 1790604800);
	assert_int_equal(s->max_age, 604800);
	assert_int_equal(s->checked, 1790090000);
	/* Its TTL is not known: due. */
	assert_int_equal(s->next_check, s->checked);
	assert_int_equal(r.entry.used_day, 1790035200 / DAY_S);
	assert_int_equal(r.entry.first_seen, s->fetched);
	assert_int_equal(r.entry.past_count, 1);
	assert_string_equal(r.entry.past[0].id, "20260801");
	record_put_line(&line, r.domain, &r.entry);
	assert_string_equal(line.data, LINE);
	record_clear(&r);
	record_clear(&r);
	buf_clear(&line);
}

/* Every byte that a policy file may hold comes back. */
static void
test_text_there_and_back(void **state)
{
	static const char *const texts[] = {
		"version: STSv1\nmode: none\nmax_age: 1\nx: \"\\\t/\\u0041\n",
		"version: STSv1\r\nmode: none\r\nmax_age: 864000\r\n"
		"k\xc3\xa4se: \xf0\x9f\xa7\x80\r\n",
		"version: STSv1\nmode: none\nmax_age: 864000",
	};
	struct sts_policy_file file;
	struct entry e;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct record r = { 0 };
		struct buf error = { 0 }, line = { 0 };

		if (sts_policy_parse(texts[i], strlen(texts[i]), &file, NULL) ==
		    -1)
			continue; /* not all of them need be valid */
		e = (struct entry){ .policy = file.policy };
		e.state.fetched = e.state.checked = NOW - 1;
		e.state.expires = NOW + 864000;
		record_put_line(&line, "example.com", &e);
		assert_ptr_equal(
		    strchr(line.data, '\n'), line.data + line.len - 1);
		if (parse(line.data, &r, &error) == RECORD_BAD)
			fail_msg("text %zu: %s", i, error.data);
		if (r.json != NULL &&
		    (r.entry.policy.text_len != strlen(texts[i]) ||
			memcmp(r.entry.policy.text, texts[i],
			    strlen(texts[i])) != 0))
			fail_msg("text %zu: %s", i, r.entry.policy.text);
		record_clear(&r);
		buf_clear(&line);
		sts_policy_file_clear(&file);
	}
}

#define HEAD  "{\"domain\":\"example.com\",\"id\":\"1\""
#define TIMES ",\"fetched\":1790000000,\"expires\":1790604800"
#define TAIL  ",\"policy\":\"" POLICY "\"}"

static void
test_lines(void **state)
{
	static const struct {
		const char *line;
		enum record_status status;
		const char *says;
	} tests[] = {
		{ HEAD TIMES TAIL, RECORD_OK, "" },
		{ HEAD TIMES ",\"checked\":null,\"more\":[1]" TAIL, RECORD_OK,
		    "" },
		{ "", RECORD_BAD, "not JSON" },
		{ "[]", RECORD_BAD, "not a JSON object" },
		{ HEAD TIMES TAIL "x", RECORD_BAD, "not JSON" },
		{ HEAD TIMES ",\"id\":\"2\"" TAIL, RECORD_BAD, "not JSON" },
		{ "{\"domain\":1" TAIL, RECORD_BAD, "domain" },
		{ "{\"domain\":\"a..b\"" TAIL, RECORD_BAD, "domain" },
		{ "{\"domain\":\"a\\u0000b\"" TAIL, RECORD_BAD, "not JSON" },
		{ "{\"domain\":\"example.com\"" TIMES TAIL, RECORD_BAD, "id:" },
		{ "{\"domain\":\"example.com\",\"id\":\"a-b\"" TIMES TAIL,
		    RECORD_BAD, "id:" },
		{ "{\"domain\":\"example.com\",\"id\":"
		  "\"123456789012345678901234567890123\"" TIMES TAIL,
		    RECORD_BAD, "id:" },
		{ HEAD TAIL, RECORD_BAD, "fetched:" },
		{ HEAD ",\"fetched\":1790000000" TAIL, RECORD_BAD, "expires:" },
		{ HEAD ",\"fetched\":\"1\",\"expires\":2" TAIL, RECORD_BAD,
		    "fetched:" },
		{ HEAD ",\"fetched\":-5,\"expires\":1790604800" TAIL,
		    RECORD_BAD, "fetched:" },
		{ HEAD ",\"fetched\":1790000000,\"expires\":1789000000" TAIL,
		    RECORD_BAD, "expires:" },
		/* A clock a little ahead is no fault; a lot is. */
		{ HEAD ",\"fetched\":1790100200,\"expires\":1790604800" TAIL,
		    RECORD_OK, "" },
		{ HEAD ",\"fetched\":1790200000,\"expires\":1790604800" TAIL,
		    RECORD_BAD, "future" },
		{ HEAD TIMES ",\"used\":\"x\"" TAIL, RECORD_BAD, "used:" },
		{ HEAD TIMES "}", RECORD_BAD, "policy:" },
		{ HEAD TIMES ",\"policy\":\"mode: enforce\\n\"}", RECORD_BAD,
		    "policy: policy_version" },
		{ HEAD TIMES ",\"policy\":\"version: STSv1\\nmode: x\\n\"}",
		    RECORD_BAD, "policy: line 2: policy_mode" },
		{ HEAD ",\"fetched\":1789000000,\"expires\":1790099999" TAIL,
		    RECORD_EXPIRED, "" },
		/* Longer than max_age after its fetch, nothing lives. */
		{ HEAD ",\"fetched\":1789000000,\"expires\":1890000000" TAIL,
		    RECORD_EXPIRED, "" },
		{ HEAD TIMES ",\"policy\":\"version: STSv1\\nmode: none\\n"
			     "max_age: 0\\n\"}",
		    RECORD_EXPIRED, "" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
		struct record r = { 0 };
		struct buf error = { 0 };
		enum record_status status = parse(tests[i].line, &r, &error);

		if (status != tests[i].status ||
		    strstr(buf_str(&error), tests[i].says) == NULL ||
		    (status != RECORD_OK && r.json != NULL))
			fail_msg("line %zu: %d, \"%s\"", i, (int)status,
			    buf_str(&error));
		record_clear(&r);
		buf_clear(&error);
	}
}

/* Members that nobody knows are passed over, but not any number of them. */
static void
test_many_values(void **state)
{
	size_t more;

	(void)state;
	/* With domain, id, fetched, expires and policy: 99, 100, 101. */
	for (more = 94; more <= 96; more++) {
		struct record r = { 0 };
		struct buf line = { 0 }, error = { 0 };
		size_t i;

		buf_puts(&line, HEAD TIMES ",\"a\":[\",,\\\",\\\\\"");
		for (i = 1; i < more; i++)
			buf_puts(&line, ",0");
		buf_puts(&line, "]" TAIL);
		assert_int_equal(parse(line.data, &r, &error),
		    more <= 95 ? RECORD_OK : RECORD_BAD);
		assert_string_equal(
		    buf_str(&error), more <= 95 ? "" : "over 100 values");
		record_clear(&r);
		buf_clear(&line);
		buf_clear(&error);
	}
}

/* As large as it may be, of what a string takes two bytes for. */
static void
test_longest_line(void **state)
{
	static const char *const ends[] = { "\r\n", "\t", "\n" };
	static char text[STS_POLICY_MAX_BYTES], domain[RECORD_DOMAIN_MAX + 1];
	struct buf line = { 0 }, error = { 0 }, one = { 0 };
	struct sts_policy_file file = { 0 };
	struct record r;
	size_t i, at;

	(void)state;
	for (at = 0; at < RECORD_DOMAIN_MAX; at++)
		domain[at] = at % 50 == 49 ? '.' : 'd';
	for (i = 0; i < sizeof(ends) / sizeof(ends[0]) + 1; i++) {
		struct entry e = { .policy.text = text,
			.policy.text_len = sizeof(text),
			.state = { .fetched = NOW - 60,
			    .expires = NOW + 60,
			    .checked = NOW - 60 },
			.used_day = NOW / DAY_S };

		(void)memset(e.state.id, '9', STS_ID_MAX);
		buf_reset(&one);
		buf_puts(&one, "version: STSv1\nmode: none\nmax_age: 86400\n");
		if (i == 0)
			buf_puts(&one, "x:");
		while (one.len < sizeof(text))
			buf_puts(&one, i == 0 ? "\"\\" : ends[i - 1]);
		memcpy(text, one.data, sizeof(text));
		/* What ends with a CR is none. */
		text[sizeof(text) - 1] = i == 0 ? '"' : '\n';
		assert_int_equal(
		    sts_policy_parse(text, sizeof(text), &file, NULL), 0);
		sts_policy_file_clear(&file);
		buf_reset(&line);
		record_put_line(&line, domain, &e);
		assert_in_range(
		    line.len, 2 * sizeof(text), RECORD_LINE_MAX_BYTES);
		r = (struct record){ 0 };
		assert_int_equal(parse(line.data, &r, &error), RECORD_OK);
		assert_int_equal(r.entry.policy.text_len, sizeof(text));
		assert_memory_equal(r.entry.policy.text, text, sizeof(text));
		record_clear(&r);
	}
	buf_clear(&line);
	buf_clear(&error);
	buf_clear(&one);
}

static void
test_unchecked_is_due_within_a_day(void **state)
{
	uint32_t chance;

	(void)state;
	for (chance = 0; chance < 4000000; chance += 12347) {
		const struct record_reading reading = { &settings, NOW,
			chance };
		static const char line[] = HEAD TIMES TAIL;
		struct record r = { 0 };
		struct buf error = { 0 };
		const struct refresh_state *s = &r.entry.state;

		assert_int_equal(
		    record_parse_line(line, strlen(line), &reading, &r, &error),
		    RECORD_OK);
		assert_in_range(s->next_check, NOW + 1, NOW + DAY_S);
		assert_int_equal(s->next_refresh, s->next_check);
		assert_int_equal(refresh_on_query(s, NOW), REFRESH_ANSWER);
		assert_int_equal(r.entry.used_day, NOW / DAY_S);
		record_clear(&r);
	}
}

static const char *
dump(json_t *object, char **text)
{
	free(*text);
	*text = json_dumps(object, JSON_COMPACT);
	return *text;
}

static void
test_json(void **state)
{
	json_t *object = json_object();
	struct record r = { 0 };
	struct buf error = { 0 };
	char *text = NULL;

	(void)state;
	assert_int_equal(parse(LINE, &r, &error), RECORD_OK);
	r.entry.state.next_refresh = 0;
	record_put_json(object, r.domain, &r.entry, NOW);
	assert_string_equal(dump(object, &text),
	    "{\"domain\":\"example.com\",\"mode\":\"enforce\","
	    "\"id\":\"20260801\",\"mx\":[\"mx.example.com\",\"*.example.net\"]"
	    ",\"max_age\":604800,\"fetched\":1790000000,\"expires\":1790604800"
	    ",\"checked\":1790090000,\"next_check\":1790090000,"
	    "\"next_refresh\":null,\"used\":1790035200,\"reason\":null,"
	    "\"failures\":0,\"failed_at\":null}");
	json_decref(object);

	object = json_object();
	r.entry.state.next_refresh = NOW + 5;
	r.entry.state.reason = STS_REASON_TLS_NAME;
	r.entry.state.failures = 3;
	r.entry.state.failed_at = NOW - 7;
	record_put_json(object, r.domain, &r.entry, NOW);
	dump(object, &text);
	assert_non_null(strstr(text,
	    "\"next_refresh\":1790100005,\"used\":1790035200,"
	    "\"reason\":\"tls-name\",\"failures\":3,"
	    "\"failed_at\":1790099993"));
	json_decref(object);
	free(text);
	record_clear(&r);
}

static void
test_details(void **state)
{
	static const char body[] = "a: b\r\nc: \xc3\xa4\td\\\r\x7f\n";
	json_t *object = json_object();
	struct entry e = { .first_seen = 17 };
	char *text = NULL;

	(void)state;
	e.state.fetched = 18;
	memcpy(e.state.id, "x1", 3);
	e.policy.text = body;
	e.policy.text_len = sizeof(body) - 1;
	entry_remember(&e);
	record_put_details(object, &e);
	assert_string_equal(dump(object, &text),
	    "{\"first_seen\":17,\"history\":[{\"seen\":18,\"id\":\"x1\","
	    "\"mode\":\"none\"}],\"text\":\"a: b\\nc: \\\\xc3\\\\xa4\\\\x09d"
	    "\\\\x5c\\\\x0d\\\\x7f\\n\"}");
	json_decref(object);
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_there_and_back),
		cmocka_unit_test(test_text_there_and_back),
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_longest_line),
		cmocka_unit_test(test_many_values),
		cmocka_unit_test(test_unchecked_is_due_within_a_day),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_details),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
