/* SPDX-License-Identifier: ISC */
/*
 * RFC 8461 section 3.2, line by line: first the bytes, then the name, then
 * the value. Nothing stops at the first fault. A known name with a bad value
 * is never read as an extension; later duplicates of version, mode and
 * max_age are, for they are ignored. Lines of blanks are let through
 * anywhere: they cannot change what a policy says.
 */
#include <assert.h>
#include <string.h>

#include "sts/field.h"
#include "sts/keyhint.h"
#include "sts/mxvalue.h"
#include "sts/policy.h"
#include "sts/utf8.h"

#define LONG_LINE_BYTES    1024
#define MAX_AGE_DIGITS_MAX 10

enum policy_key {
	KEY_VERSION,
	KEY_MODE,
	KEY_MAX_AGE,
	KEY_MX,
	KEY_COUNT /* an extension */
};

struct span {
	const char *at;
	size_t len;
};

struct policy_line {
	size_t number;
	struct span text; /* without its terminator */
	struct span name;
	struct span value; /* without the blanks around it */
};

struct policy_reader {
	const char *body;
	struct sts_diags *diags;
	struct sts_policy_file file;
	bool is_invalid;
	bool has_seen[KEY_COUNT];
	bool has_mode; /* a good one */
	bool has_bad_mx;
	bool has_text; /* a line that is not blank */
};

static const char *const mode_words[] = {
	[STS_MODE_NONE] = "none",
	[STS_MODE_TESTING] = "testing",
	[STS_MODE_ENFORCE] = "enforce",
};

#define MODE_COUNT (sizeof(mode_words) / sizeof(mode_words[0]))

const char *
sts_mode_word(enum sts_mode mode)
{
	assert((size_t)mode < MODE_COUNT);
	return mode_words[mode];
}

static void
policy_add(struct policy_reader *r, const struct sts_diag *diag)
{
	if (diag->is_fatal)
		r->is_invalid = true;
	sts_diag_add(r->diags, diag);
}

/* Something about a line; the fatal ones make the policy invalid. */
static void
line_fault(struct policy_reader *r, enum sts_diag_code code,
    const struct policy_line *line, struct span span, const char *what)
{
	policy_add(r,
	    &(struct sts_diag){ .code = code,
		.is_fatal = true,
		.line = line->number,
		.offset = (size_t)(span.at - r->body),
		.len = span.len,
		.what = what });
}

static void
line_note(struct policy_reader *r, enum sts_diag_code code,
    const struct policy_line *line, struct span span, const char *what)
{
	policy_add(r,
	    &(struct sts_diag){ .code = code,
		.line = line->number,
		.offset = (size_t)(span.at - r->body),
		.len = span.len,
		.what = what });
}

/* Something about the whole file. */
static void
file_fault(struct policy_reader *r, enum sts_diag_code code, size_t len,
    const char *what)
{
	policy_add(r,
	    &(struct sts_diag){
		.code = code, .is_fatal = true, .len = len, .what = what });
}

static bool
span_is(struct span span, const char *word)
{
	return span.len == strlen(word) && memcmp(span.at, word, span.len) == 0;
}

/* Are these bytes that a line may hold at all? The first others are named. */
static bool
line_check_bytes(struct policy_reader *r, const struct policy_line *line)
{
	const char *s = line->text.at, *end = s + line->text.len;
	unsigned char c;
	size_t n;

	for (; s < end; s += n) {
		c = (unsigned char)*s;
		n = c < 0x80 ? 1 : sts_utf8_len(s, (size_t)(end - s));
		if (n == 0) {
			line_fault(r, STS_DIAG_BAD_UTF8, line,
			    (struct span){ s, 1 }, "not UTF-8");
			return false;
		}
		if (c == '\r') {
			line_fault(r, STS_DIAG_BARE_CR, line,
			    (struct span){ s, 1 },
			    "a CR that no LF follows ends no line");
			return false;
		}
		if ((c < 0x20 && c != '\t') || c == 0x7f) {
			line_fault(r, STS_DIAG_BAD_LINE, line,
			    (struct span){ s, 1 }, "a control byte");
			return false;
		}
	}
	return true;
}

/* Set name and value; or what is wrong with the line. */
static const char *
line_split(struct policy_line *line)
{
	const char *s = line->text.at, *colon;
	size_t len = line->text.len;

	if (sts_is_blank(s[0]))
		return "a blank before the name";
	if (s[0] == '#' || (len > 1 && s[0] == '/' && s[1] == '/'))
		return "a policy has no comments";
	colon = memchr(s, ':', len);
	if (colon == NULL)
		return "no colon";
	if (colon == s)
		return "no name before the colon";
	if (sts_is_blank(colon[-1]))
		return "a blank before the colon";
	line->name = (struct span){ s, (size_t)(colon - s) };
	if (!sts_field_is_name(s, line->name.len))
		return line->name.len > STS_FIELD_NAME_MAX ?
		    "a name of more than 32 characters" :
		    "not a field name";
	line->value = (struct span){ colon + 1, len - line->name.len - 1 };
	while (line->value.len > 0 && sts_is_blank(line->value.at[0])) {
		line->value.at++;
		line->value.len--;
	}
	while (line->value.len > 0 &&
	    sts_is_blank(line->value.at[line->value.len - 1]))
		line->value.len--;
	return NULL;
}

static void
read_version(struct policy_reader *r, const struct policy_line *line)
{
	if (!span_is(line->value, "STSv1"))
		line_fault(r, STS_DIAG_POLICY_VERSION, line, line->value,
		    "the only version is STSv1");
}

static void
read_mode(struct policy_reader *r, const struct policy_line *line)
{
	size_t i;

	for (i = 0; i < MODE_COUNT; i++) {
		if (span_is(line->value, mode_words[i])) {
			r->file.policy.mode = (enum sts_mode)i;
			r->has_mode = true;
			return;
		}
	}
	line_fault(r, STS_DIAG_POLICY_MODE, line, line->value,
	    "the modes are enforce, testing and none, in lower case");
}

static void
read_max_age(struct policy_reader *r, const struct policy_line *line)
{
	uint64_t seconds = 0;
	size_t i;

	if (line->value.len == 0 || line->value.len > MAX_AGE_DIGITS_MAX) {
		line_fault(r, STS_DIAG_POLICY_MAX_AGE, line, line->value,
		    "one to ten digits are needed");
		return;
	}
	for (i = 0; i < line->value.len; i++) {
		if (!sts_is_digit(line->value.at[i])) {
			line_fault(r, STS_DIAG_POLICY_MAX_AGE, line,
			    line->value, "a number of seconds, digits only");
			return;
		}
		seconds = seconds * 10 + (uint64_t)(line->value.at[i] - '0');
	}
	r->file.max_age_published = seconds;
	if (seconds > STS_MAX_AGE_MAX_S) {
		line_note(r, STS_DIAG_MAX_AGE_RANGE, line, line->value,
		    "above 31557600: capped here, refused elsewhere");
		seconds = STS_MAX_AGE_MAX_S;
	} else if (seconds == 0) {
		line_note(r, STS_DIAG_MAX_AGE_RANGE, line, line->value,
		    "0: used once, never kept");
	}
	r->file.policy.max_age = (uint32_t)seconds;
}

static void
read_mx(struct policy_reader *r, const struct policy_line *line)
{
	struct buf *list = &r->file.mx_bytes;
	const char *what;

	what = sts_mxvalue_fault(line->value.at, line->value.len);
	if (what != NULL) {
		line_fault(r, STS_DIAG_BAD_MX, line, line->value, what);
		r->has_bad_mx = true;
		return;
	}
	what = sts_mxvalue_left_out(line->value.at, line->value.len);
	if (what != NULL) {
		line_note(r, STS_DIAG_MX_IS_ADDRESS, line, line->value, what);
		list = &r->file.mx_left_out_bytes;
	}
	sts_mxvalue_put(list, line->value.at, line->value.len);
}

static const struct {
	const char *name;
	void (*read)(struct policy_reader *, const struct policy_line *);
	enum sts_diag_code code;
	const char *missing;
} keys[KEY_COUNT] = {
	[KEY_VERSION] = { "version", read_version, STS_DIAG_POLICY_VERSION,
	    "no version field" },
	[KEY_MODE] = { "mode", read_mode, STS_DIAG_POLICY_MODE,
	    "no mode field" },
	[KEY_MAX_AGE] = { "max_age", read_max_age, STS_DIAG_POLICY_MAX_AGE,
	    "no max_age field" },
	[KEY_MX] = { "mx", read_mx, STS_DIAG_NO_MX,
	    "no mx field, and the mode is not none" },
};

static size_t
key_find(struct span name)
{
	size_t key;

	for (key = 0; key < KEY_COUNT; key++)
		if (span_is(name, keys[key].name))
			break;
	return key;
}

/* An unknown field, or a duplicate that is ignored. */
static void
read_extension(
    struct policy_reader *r, const struct policy_line *line, bool is_duplicate)
{
	const char *what = NULL;
	size_t i;

	if (line->value.len == 0 ||
	    memchr(line->value.at, '\t', line->value.len) != NULL) {
		what = line->value.len == 0 ? "an empty value" :
					      "a TAB inside the value";
		line_fault(r, STS_DIAG_BAD_LINE, line, line->text, what);
		return;
	}
	if (is_duplicate) {
		line_note(r, STS_DIAG_DUPLICATE_KEY, line, line->text,
		    "the first one counts");
		return;
	}
	for (i = 0; i < line->value.len && what == NULL; i++)
		if (((unsigned char)line->value.at[i] & 0x80) != 0)
			what = "not ASCII";
	if (r->diags != NULL &&
	    sts_keyhint(line->name.at, line->name.len) != NULL)
		what = sts_keyhint(line->name.at, line->name.len);
	line_note(r, STS_DIAG_UNKNOWN_KEY, line, line->name, what);
}

static void
policy_read_line(struct policy_reader *r, struct policy_line *line)
{
	const char *what;
	bool is_clean, is_first;
	size_t i, key;

	for (i = 0; i < line->text.len; i++)
		if (!sts_is_blank(line->text.at[i]))
			break;
	if (i == line->text.len) {
		line_note(r, STS_DIAG_STRICT_SYNTAX, line, line->text,
		    "a blank line: strict senders refuse the policy");
		return;
	}
	r->has_text = true;
	if (line->text.len > LONG_LINE_BYTES)
		line_note(r, STS_DIAG_LONG_LINE, line, line->text, NULL);
	is_clean = line_check_bytes(r, line);
	what = line_split(line);
	if (what != NULL) {
		if (is_clean)
			line_fault(
			    r, STS_DIAG_BAD_LINE, line, line->text, what);
		return;
	}
	key = key_find(line->name);
	is_first = key < KEY_COUNT && (key == KEY_MX || !r->has_seen[key]);
	if (key < KEY_COUNT)
		r->has_seen[key] = true;
	if (!is_clean)
		return;
	if (is_first)
		keys[key].read(r, line);
	else
		read_extension(r, line, key < KEY_COUNT);
}

/* What only the whole file shows. */
static void
policy_finish(struct policy_reader *r, size_t len)
{
	bool needs_mx = r->has_mode && r->file.policy.mode != STS_MODE_NONE;
	size_t key;

	if (!r->has_text) {
		file_fault(r, STS_DIAG_EMPTY_BODY, len, "nothing in it");
		return;
	}
	for (key = 0; key < KEY_COUNT; key++)
		if (!r->has_seen[key] && (key != KEY_MX || needs_mx))
			file_fault(r, keys[key].code, len, keys[key].missing);
	sts_mxvalue_fold(&r->file.mx_bytes, &r->file.policy.mx);
	sts_mxvalue_fold(&r->file.mx_left_out_bytes, &r->file.mx_left_out);
	if (needs_mx && !r->has_bad_mx && r->file.policy.mx.count == 0 &&
	    r->file.mx_left_out.count > 0)
		file_fault(r, STS_DIAG_MX_IS_ADDRESS, len,
		    "no name is left that Postfix can be told");
}

/* Skip a byte order mark; false when it is one of UTF-16. */
static bool
policy_read_mark(struct policy_reader *r, size_t len, size_t *pos)
{
	struct policy_line first = { .number = 1 };

	if (len >= 3 && memcmp(r->body, "\xef\xbb\xbf", 3) == 0) {
		line_fault(r, STS_DIAG_BOM, &first, (struct span){ r->body, 3 },
		    "a byte order mark (BOM)");
		*pos = 3;
	} else if (len >= 2 &&
	    (memcmp(r->body, "\xff\xfe", 2) == 0 ||
		memcmp(r->body, "\xfe\xff", 2) == 0)) {
		line_fault(r, STS_DIAG_BAD_LINE, &first,
		    (struct span){ r->body, 2 }, "UTF-16, not UTF-8");
		return false;
	}
	return true;
}

static void
policy_read(struct policy_reader *r, size_t len)
{
	struct policy_line line = { 0 };
	const char *lf;
	size_t pos = 0, n;

	if (len > STS_POLICY_MAX_BYTES) {
		file_fault(r, STS_DIAG_TOO_LARGE, len, "over 65,536 bytes");
		return;
	}
	if (!policy_read_mark(r, len, &pos))
		return;
	while (pos < len) {
		lf = memchr(r->body + pos, '\n', len - pos);
		n = lf != NULL ? (size_t)(lf - r->body) - pos : len - pos;
		line.number++;
		line.text = (struct span){ r->body + pos, n };
		if (lf != NULL && n > 0 && lf[-1] == '\r')
			line.text.len--;
		policy_read_line(r, &line);
		pos += n + (lf != NULL);
	}
	policy_finish(r, len);
}

int
sts_policy_parse(const char *body, size_t len, struct sts_policy_file *file,
    struct sts_diags *diags)
{
	struct policy_reader r = { .body = body, .diags = diags };

	policy_read(&r, len);
	if (r.is_invalid) {
		sts_policy_file_clear(&r.file);
		*file = r.file;
		return -1;
	}
	r.file.policy.text = body;
	r.file.policy.text_len = len;
	*file = r.file;
	return 0;
}

void
sts_policy_file_clear(struct sts_policy_file *file)
{
	buf_clear(&file->mx_bytes);
	buf_clear(&file->mx_left_out_bytes);
	*file = (struct sts_policy_file){ 0 };
}
