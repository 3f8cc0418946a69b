/* SPDX-License-Identifier: ISC */
/*
 * Text to value and back. Numbers are read by hand: strtoll takes blanks,
 * signs and more, and none of that belongs into a setting.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/configvalue.h"
#include "base/xmalloc.h"

#define LIST_SEPARATORS " \t\r\n\v\f,"
#define WORD_PREFIX     "postfix-"

struct unit {
	char letter;
	int64_t factor;
};

/* Largest first: that is how they are printed. */
static const struct unit second_units[] = {
	{ 'w', 7 * 86400 },
	{ 'd', 86400 },
	{ 'h', 3600 },
	{ 'm', 60 },
	{ 's', 1 },
};

static const struct unit byte_units[] = {
	{ 'G', 1024 * 1024 * 1024 },
	{ 'M', 1024 * 1024 },
	{ 'K', 1024 },
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void *
member(struct config *config, const struct config_setting *s)
{
	return (char *)config + s->offset;
}

static const void *
const_member(const struct config *config, const struct config_setting *s)
{
	return (const char *)config + s->offset;
}

static const struct unit *
units_of(const struct config_setting *s, size_t *count)
{
	if (s->type == CONFIG_SECONDS) {
		*count = COUNT(second_units);
		return second_units;
	}
	*count = s->type == CONFIG_BYTES ? COUNT(byte_units) : 0;
	return byte_units;
}

/*
 * Digits of a base, then nothing or one unit. Beyond int64_t it is INT64_MAX,
 * which no bound allows.
 */
static bool
parse_number(const struct config_setting *s, const char *text, int64_t *out)
{
	int64_t base = s->type == CONFIG_MODE ? 8 : 10, value = 0, digit;
	const struct unit *unit;
	size_t count, i;

	if (*text < '0' || *text >= '0' + base)
		return false;
	for (; *text >= '0' && *text < '0' + base; text++) {
		digit = *text - '0';
		if (value > (INT64_MAX - digit) / base)
			value = INT64_MAX;
		else
			value = value * base + digit;
	}
	unit = units_of(s, &count);
	for (i = 0; i < count && *text != '\0'; i++) {
		if (*text != unit[i].letter)
			continue;
		if (value > INT64_MAX / unit[i].factor)
			value = INT64_MAX;
		else
			value *= unit[i].factor;
		text++;
		break;
	}
	if (*text != '\0')
		return false;
	*out = value;
	return true;
}

static void
put_number(struct buf *b, const struct config_setting *s, int64_t value)
{
	const struct unit *unit;
	size_t count, i;

	if (s->type == CONFIG_MODE) {
		buf_printf(b, "0%03llo", (unsigned long long)value);
		return;
	}
	unit = units_of(s, &count);
	/* 90s reads better than 1.5m: the largest unit that divides it. */
	for (i = 0; i < count && value > 0; i++) {
		if (value % unit[i].factor == 0) {
			buf_printf(b, "%lld%c",
			    (long long)(value / unit[i].factor),
			    unit[i].letter);
			return;
		}
	}
	buf_printf(b, "%lld", (long long)value);
}

/* What the admin wrote, so that an empty value can be seen. */
static void
put_given(struct buf *why, const struct config_setting *s, const char *text)
{
	buf_printf(why, "%s: %s", s->name, *text != '\0' ? text : "\"\"");
}

static void
put_bounds(struct buf *why, const struct config_setting *s)
{
	buf_puts(why, " (");
	put_number(why, s, s->min);
	buf_puts(why, "-");
	put_number(why, s, s->max);
	buf_puts(why, ")");
}

static bool
set_number(struct config *config, const struct config_setting *s,
    const char *text, struct buf *why)
{
	int64_t value;

	if (!parse_number(s, text, &value)) {
		put_given(why, s, text);
		if (s->type == CONFIG_NUMBER)
			buf_puts(why, " is not a whole number");
		else
			buf_printf(why, " is not %s such as %s",
			    s->type == CONFIG_SECONDS   ? "a duration" :
				s->type == CONFIG_BYTES ? "a size" :
							  "an octal mode",
			    s->fallback);
		put_bounds(why, s);
		return false;
	}
	if (value < s->min || value > s->max) {
		put_given(why, s, text);
		buf_puts(why, " is out of bounds");
		put_bounds(why, s);
		return false;
	}
	*(int64_t *)member(config, s) = value;
	return true;
}

/* Which of the words? -1: none. */
static int64_t
find_word(const char *words, const char *text)
{
	size_t skip = strlen(WORD_PREFIX), len, text_len = strlen(text);
	int64_t index;

	for (index = 0; *words != '\0'; index++) {
		len = strcspn(words, " ");
		if (text_len == len && memcmp(words, text, len) == 0)
			return index;
		if (strncmp(words, WORD_PREFIX, skip) == 0 &&
		    text_len == len - skip &&
		    memcmp(words + skip, text, text_len) == 0)
			return index;
		words += len;
		words += strspn(words, " ");
	}
	return -1;
}

static void
put_word(struct buf *b, const char *words, int64_t index)
{
	for (; index > 0; index--)
		words += strcspn(words, " ") + 1;
	buf_put(b, words, strcspn(words, " "));
}

static bool
set_word(struct config *config, const struct config_setting *s,
    const char *text, struct buf *why)
{
	int64_t index = find_word(s->words, text);

	if (index == -1) {
		put_given(why, s, text);
		buf_printf(why, " is none of: %s", s->words);
		return false;
	}
	*(int64_t *)member(config, s) = index;
	return true;
}

static bool
set_bool(struct config *config, const struct config_setting *s,
    const char *text, struct buf *why)
{
	bool is_yes = strcmp(text, "yes") == 0;

	if (!is_yes && strcmp(text, "no") != 0) {
		put_given(why, s, text);
		buf_puts(why, " is neither yes nor no");
		return false;
	}
	*(bool *)member(config, s) = is_yes;
	return true;
}

static bool
is_item_fine(const struct config_setting *s, const char *item, struct buf *why)
{
	if (s->is_valid == NULL || s->is_valid(item))
		return true;
	put_given(why, s, item);
	buf_printf(why, " is not %s", s->expected);
	return false;
}

static bool
set_string(struct config *config, const struct config_setting *s,
    const char *text, struct buf *why)
{
	char **string = member(config, s);

	if (*text == '\0' && s->is_required) {
		buf_printf(why, "%s: may not be empty", s->name);
		return false;
	}
	if (*text != '\0' && s->words != NULL &&
	    find_word(s->words, text) == -1) {
		put_given(why, s, text);
		buf_printf(why, " is none of: %s (or empty)", s->words);
		return false;
	}
	if (*text != '\0' && !is_item_fine(s, text, why))
		return false;
	free(*string);
	*string = xstrdup(text);
	return true;
}

static void
list_clear(struct config_list *list)
{
	size_t i;

	for (i = 0; i < list->count; i++)
		free(list->item[i]);
	free(list->item);
	*list = (struct config_list){ 0 };
}

static bool
set_list(struct config *config, const struct config_setting *s,
    const char *text, struct buf *why)
{
	struct config_list list = { 0 }, *to = member(config, s);
	bool is_fine = true;
	size_t len;
	char *item;

	text += strspn(text, LIST_SEPARATORS);
	while (is_fine && *text != '\0') {
		len = strcspn(text, LIST_SEPARATORS);
		item = xmemdup(text, len);
		list.item = xreallocarray(
		    list.item, list.count + 1, sizeof(*list.item));
		list.item[list.count++] = item;
		is_fine = is_item_fine(s, item, why);
		text += len;
		text += strspn(text, LIST_SEPARATORS);
	}
	if (is_fine && list.count == 0 && s->is_required) {
		buf_printf(why, "%s: may not be empty", s->name);
		is_fine = false;
	}
	if (!is_fine) {
		list_clear(&list);
		return false;
	}
	list_clear(to);
	*to = list;
	return true;
}

bool
configvalue_set(struct config *config, const struct config_setting *s,
    const char *text, struct buf *why)
{
	switch (s->type) {
	case CONFIG_STRING:
		return set_string(config, s, text, why);
	case CONFIG_LIST:
		return set_list(config, s, text, why);
	case CONFIG_BOOL:
		return set_bool(config, s, text, why);
	case CONFIG_WORD:
		return set_word(config, s, text, why);
	case CONFIG_SECONDS:
	case CONFIG_BYTES:
	case CONFIG_NUMBER:
	case CONFIG_MODE:
		break;
	}
	return set_number(config, s, text, why);
}

void
configvalue_put(
    struct buf *b, const struct config *config, const struct config_setting *s)
{
	const void *value = const_member(config, s);
	const struct config_list *list = value;
	size_t i;

	switch (s->type) {
	case CONFIG_STRING:
		buf_puts(b, *(char *const *)value);
		break;
	case CONFIG_LIST:
		for (i = 0; i < list->count; i++)
			buf_printf(b, "%s%s", i > 0 ? ", " : "", list->item[i]);
		break;
	case CONFIG_BOOL:
		buf_puts(b, *(const bool *)value ? "yes" : "no");
		break;
	case CONFIG_WORD:
		put_word(b, s->words, *(const int64_t *)value);
		break;
	case CONFIG_SECONDS:
	case CONFIG_BYTES:
	case CONFIG_NUMBER:
	case CONFIG_MODE:
		put_number(b, s, *(const int64_t *)value);
		break;
	}
}

void
configvalue_clear(struct config *config, const struct config_setting *s)
{
	char **string = member(config, s);

	if (s->type == CONFIG_LIST) {
		list_clear(member(config, s));
	} else if (s->type == CONFIG_STRING) {
		free(*string);
		*string = NULL;
	}
}

static size_t
size_of(const struct config_setting *s)
{
	switch (s->type) {
	case CONFIG_STRING:
		return sizeof(char *);
	case CONFIG_LIST:
		return sizeof(struct config_list);
	case CONFIG_BOOL:
		return sizeof(bool);
	case CONFIG_WORD:
	case CONFIG_SECONDS:
	case CONFIG_BYTES:
	case CONFIG_NUMBER:
	case CONFIG_MODE:
		break;
	}
	return sizeof(int64_t);
}

bool
configvalue_is_equal(const struct config *a, const struct config *b,
    const struct config_setting *s)
{
	struct buf text[2] = { { 0 } };
	bool is_equal;

	configvalue_put(&text[0], a, s);
	configvalue_put(&text[1], b, s);
	is_equal = strcmp(buf_str(&text[0]), buf_str(&text[1])) == 0;
	buf_clear(&text[0]);
	buf_clear(&text[1]);
	return is_equal;
}

void
configvalue_exchange(
    struct config *a, struct config *b, const struct config_setting *s)
{
	char kept[sizeof(struct config_list)];
	size_t size = size_of(s);

	memcpy(kept, member(a, s), size);
	memcpy(member(a, s), member(b, s), size);
	memcpy(member(b, s), kept, size);
}
