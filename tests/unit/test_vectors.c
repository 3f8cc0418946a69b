/* SPDX-License-Identifier: ISC */
/*
 * Every line of tests/vectors.jsonl (or of the file named by VECTORS) of the
 * kinds that sts/ decides. Kind "key" is checked beside postfix/nexthop.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <jansson.h>

#include "base/buf.h"
#include "sts/mxmatch.h"
#include "sts/policy.h"
#include "sts/tlsrpt.h"
#include "sts/txt.h"

#define RECORDS_MAX 64

static size_t ours, others, failures;

/* In the file each character U+0000..U+00FF is one byte. */
static bool
bytes_put(struct buf *b, const json_t *string)
{
	const char *s = json_string_value(string);
	size_t i, len = json_string_length(string);
	unsigned char c;

	if (s == NULL)
		return false;
	for (i = 0; i < len; i++) {
		c = (unsigned char)s[i];
		if (c >= 0x80) {
			if (c > 0xc3 || i + 1 == len)
				return false;
			c = (unsigned char)(c << 6) |
			    ((unsigned char)s[++i] & 0x3f);
		}
		buf_putc(b, (char)c);
	}
	return true;
}

static bool
bytes_are(const char *s, size_t len, const json_t *string)
{
	struct buf b = { 0 };
	bool is_equal;

	is_equal = bytes_put(&b, string) && b.len == len &&
	    memcmp(buf_str(&b), s, len) == 0;
	buf_clear(&b);
	return is_equal;
}

static const char *
word_of(const json_t *want)
{
	return json_is_string(want) ? json_string_value(want) : "";
}

struct records {
	struct sts_record record[RECORDS_MAX];
	struct buf bytes[RECORDS_MAX];
	size_t count;
};

static bool
records_read(struct records *r, const json_t *input)
{
	const json_t *strings, *string;
	size_t i, j;

	if (!json_is_array(input) || json_array_size(input) > RECORDS_MAX)
		return false;
	json_array_foreach(input, i, strings)
	{
		json_array_foreach(strings, j, string)
		{
			if (!bytes_put(&r->bytes[i], string))
				return false;
		}
		r->record[i].data = buf_str(&r->bytes[i]);
		r->record[i].len = r->bytes[i].len;
		r->count++;
	}
	return true;
}

static void
records_clear(struct records *r)
{
	size_t i;

	for (i = 0; i < RECORDS_MAX; i++)
		buf_clear(&r->bytes[i]);
}

/* Does a status that carries nothing agree with the word? */
static bool
status_agrees(enum sts_txt_status status, const struct sts_diags *diags,
    const json_t *want)
{
	switch (status) {
	case STS_TXT_NONE:
		return strcmp(word_of(want), "none") == 0;
	case STS_TXT_MULTIPLE:
		return strcmp(word_of(want), "invalid") == 0;
	case STS_TXT_INVALID:
		return strcmp(word_of(want), "invalid") == 0 &&
		    diags->fatal > 0;
	case STS_TXT_VALID:
		return json_is_object(want) && diags->fatal == 0;
	}
	return false;
}

static bool
check_txt(const json_t *input, const json_t *want)
{
	struct records records = { 0 };
	struct sts_diags diags = { 0 };
	char id[STS_ID_MAX + 1] = "";
	enum sts_txt_status status;
	bool is_right;

	is_right = records_read(&records, input);
	status = sts_txt_parse(records.record, records.count, id, &diags);
	is_right = is_right && status_agrees(status, &diags, want);
	if (is_right && status == STS_TXT_VALID)
		is_right =
		    bytes_are(id, strlen(id), json_object_get(want, "id"));
	else if (is_right)
		is_right = id[0] == '\0';
	records_clear(&records);
	return is_right;
}

static bool
ruas_are(const struct sts_tlsrpt *t, const json_t *list, bool is_usable)
{
	size_t i, n = 0;

	for (i = 0; i < t->count; i++) {
		if (is_usable && !t->rua[i].is_usable)
			continue;
		if (!bytes_are(t->rua[i].uri, t->rua[i].len,
			json_array_get(list, n++)))
			return false;
	}
	return json_is_array(list) && json_array_size(list) == n;
}

static bool
check_tlsrpt(const json_t *input, const json_t *want)
{
	struct records records = { 0 };
	struct sts_diags diags = { 0 };
	struct sts_tlsrpt found = { .count = 0 };
	enum sts_txt_status status;
	bool is_right;

	is_right = records_read(&records, input);
	status =
	    sts_tlsrpt_parse(records.record, records.count, &found, &diags);
	is_right = is_right && status_agrees(status, &diags, want);
	if (is_right && status == STS_TXT_VALID)
		is_right =
		    ruas_are(&found, json_object_get(want, "rua"), false) &&
		    ruas_are(&found, json_object_get(want, "usable"), true);
	records_clear(&records);
	return is_right;
}

static bool
body_read(struct buf *body, const json_t *input)
{
	json_int_t i, count;

	if (json_is_string(input))
		return bytes_put(body, input);
	count = json_integer_value(json_object_get(input, "count"));
	if (!bytes_put(body, json_object_get(input, "prefix")))
		return false;
	for (i = 0; i < count; i++)
		if (!bytes_put(body, json_object_get(input, "unit")))
			return false;
	return bytes_put(body, json_object_get(input, "suffix"));
}

static bool
mx_has(const struct sts_mxlist *list, const char *name)
{
	const char *p = NULL;

	while ((p = sts_mxlist_next(list, p)) != NULL)
		if (strcasecmp(p, name) == 0)
			return true;
	return false;
}

static bool
wanted_has(const json_t *mx, const char *name)
{
	const json_t *item;
	size_t i;

	json_array_foreach(mx, i, item)
	{
		if (strcasecmp(json_string_value(item), name) == 0)
			return true;
	}
	return false;
}

/* Both lists together are the wanted set; policy.mx is in its order. */
static bool
mx_agrees(const struct sts_policy_file *file, const json_t *mx)
{
	const struct sts_mxlist *kept = &file->policy.mx;
	const char *p = NULL, *expected = sts_mxlist_next(kept, NULL);
	const json_t *item;
	size_t i;

	json_array_foreach(mx, i, item)
	{
		if (!json_is_string(item) ||
		    (!mx_has(kept, json_string_value(item)) &&
			!mx_has(&file->mx_left_out, json_string_value(item))))
			return false;
		if (expected != NULL &&
		    strcasecmp(expected, json_string_value(item)) == 0)
			expected = sts_mxlist_next(kept, expected);
	}
	while ((p = sts_mxlist_next(&file->mx_left_out, p)) != NULL)
		if (!wanted_has(mx, p))
			return false;
	return json_is_array(mx) && expected == NULL;
}

static bool
check_policy(const json_t *input, const json_t *want)
{
	struct buf body = { 0 };
	struct sts_policy_file file = { 0 };
	struct sts_diags diags = { 0 };
	bool is_right, is_valid;

	is_right = body_read(&body, input);
	is_valid =
	    sts_policy_parse(buf_str(&body), body.len, &file, &diags) == 0;
	if (!is_right)
		;
	else if (!is_valid)
		is_right =
		    strcmp(word_of(want), "invalid") == 0 && diags.fatal > 0;
	else
		is_right = diags.fatal == 0 &&
		    strcmp(sts_mode_word(file.policy.mode),
			word_of(json_object_get(want, "mode"))) == 0 &&
		    json_is_integer(json_object_get(want, "max_age")) &&
		    json_integer_value(json_object_get(want, "max_age")) ==
			(json_int_t)file.policy.max_age &&
		    mx_agrees(&file, json_object_get(want, "mx"));
	sts_policy_file_clear(&file);
	buf_clear(&body);
	return is_right;
}

static bool
check_match(const json_t *input, const json_t *want)
{
	struct buf pattern = { 0 }, host = { 0 };
	bool is_right;

	is_right = bytes_put(&pattern, json_object_get(input, "pattern")) &&
	    bytes_put(&host, json_object_get(input, "host")) &&
	    json_is_boolean(want) &&
	    sts_mx_match(buf_str(&pattern), pattern.len, buf_str(&host),
		host.len) == json_boolean_value(want);
	buf_clear(&pattern);
	buf_clear(&host);
	return is_right;
}

static const struct {
	const char *kind;
	bool (*check)(const json_t *input, const json_t *want);
} kinds[] = {
	{ "txt", check_txt },
	{ "policy", check_policy },
	{ "match", check_match },
	{ "tlsrpt", check_tlsrpt },
};

static void
line_fail(size_t number, const char *why, const json_t *source)
{
	failures++;
	print_error("vector line %zu: %s (source: %s)\n", number, why,
	    json_is_string(source) ? json_string_value(source) : "none");
}

static void
check_line(size_t number, const char *line, size_t len)
{
	const json_t *want, *source;
	const char *kind;
	json_t *root;
	size_t i;

	root = json_loadb(line, len, JSON_ALLOW_NUL, NULL);
	kind = word_of(json_object_get(root, "kind"));
	want = json_object_get(root, "want");
	source = json_object_get(root, "source");
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(kind, kinds[i].kind) == 0)
			break;
	if (root == NULL)
		line_fail(number, "not JSON", NULL);
	else if (i < sizeof(kinds) / sizeof(kinds[0])) {
		ours++;
		if (!kinds[i].check(json_object_get(root, "input"), want))
			line_fail(number, kind, source);
	} else if (strcmp(kind, "key") == 0)
		others++;
	else
		line_fail(number, "unknown kind", source);
	json_decref(root);
}

static void
test_every_vector(void **state)
{
	const char *path = getenv("VECTORS");
	char *line = NULL;
	size_t size = 0, number = 0;
	ssize_t len;
	FILE *f;

	(void)state;
	f = fopen(path != NULL ? path : "tests/vectors.jsonl", "r");
	assert_non_null(f);
	while ((len = getline(&line, &size, f)) > 0) {
		number++;
		check_line(number, line, (size_t)len);
	}
	free(line);
	fclose(f);
	print_message("%zu lines, %zu of them run here\n", number, ours);
	assert_int_equal(failures, 0);
	assert_true(ours > 0);
	assert_int_equal(ours + others, number);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_vector),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
