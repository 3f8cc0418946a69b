/* SPDX-License-Identifier: ISC */
/*
 * A hash table whose hash is that of a name read backwards: one pass over a
 * domain, from its end, passes by all of its parents. ".example.com" is kept
 * with its dot, and met at that dot.
 */
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/domain.h"
#include "base/xmalloc.h"
#include "sts/mxvalue.h"
#include "sts/override.h"

#define SLOTS_MIN        64 /* a power of two; at most half are taken */
#define QUOTE_MAX_BYTES  100 /* of a word, in a reason */
#define REASON_MAX_BYTES 512
#define NAME_MAX_BYTES   (1 + DOMAIN_MAX) /* a dot, and a domain */
#define HASH_START       UINT64_C(0xcbf29ce484222325) /* FNV-1a */
#define HASH_PRIME       UINT64_C(0x100000001b3)
#define HASH_UPPER_SHIFT 32

struct entry {
	uint64_t hash;
	size_t line;
	enum sts_override action;
	size_t mx_count;
	struct buf mx_bytes;
	size_t name_len;
	char name[];
};

struct sts_overrides {
	struct entry **slot; /* NULL: free */
	size_t size;
	size_t count;
};

struct word {
	const char *at;
	size_t len;
};

struct reader {
	const char *path;
	struct sts_overrides *set;
	struct buf logical; /* the line being gathered */
	size_t start; /* where it begins; 0: there is none */
	struct buf *error;
};

static uint64_t
hash_step(uint64_t hash, char c)
{
	return (hash ^ (unsigned char)c) * HASH_PRIME;
}

/* The slot that holds the name, or the free one that is left to it. */
static struct entry **
slot_find(const struct sts_overrides *set, uint64_t hash, const char *name,
    size_t len)
{
	size_t i = (size_t)(hash ^ hash >> HASH_UPPER_SHIFT);
	struct entry *e;

	for (;; i++) {
		i &= set->size - 1;
		e = set->slot[i];
		if (e == NULL ||
		    (e->hash == hash && e->name_len == len &&
			memcmp(e->name, name, len) == 0))
			return &set->slot[i];
	}
}

static void
set_grow(struct sts_overrides *set)
{
	struct entry **old = set->slot, *e;
	size_t i, old_size = set->size;

	set->size = old_size > 0 ? 2 * old_size : SLOTS_MIN;
	set->slot = xcalloc(set->size, sizeof(struct entry *));
	for (i = 0; i < old_size; i++) {
		e = old[i];
		if (e != NULL)
			*slot_find(set, e->hash, e->name, e->name_len) = e;
	}
	free(old);
}

static struct entry *
entry_new(const char *name, size_t len, size_t line)
{
	struct entry *e = xcalloc(1, sizeof(*e) + len);
	size_t i;

	memcpy(e->name, name, len);
	e->name_len = len;
	e->line = line;
	e->hash = HASH_START;
	for (i = len; i-- > 0;)
		e->hash = hash_step(e->hash, name[i]);
	return e;
}

static void
entry_free(struct entry *e)
{
	if (e == NULL)
		return;
	buf_clear(&e->mx_bytes);
	free(e);
}

static bool fail(struct reader *, size_t line, const char *, ...)
    __attribute__((format(printf, 3, 4)));

static bool
fail(struct reader *r, size_t line, const char *fmt, ...)
{
	char reason[REASON_MAX_BYTES];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(reason, sizeof(reason), fmt, ap);
	va_end(ap);
	buf_printf(r->error, "%s:%zu: %s", r->path, line, reason);
	return false;
}

/* False; the reason is about a word of the line. */
static bool
fail_word(struct reader *r, struct word word, const char *reason)
{
	bool is_long = word.len > QUOTE_MAX_BYTES;

	return fail(r, r->start, "\"%.*s%s\": %s",
	    (int)(is_long ? QUOTE_MAX_BYTES : word.len), word.at,
	    is_long ? "..." : "", reason);
}

static bool
is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool
is_separator(char c)
{
	return is_blank(c) || c == ',';
}

/* The next word of the rest, an empty one at its end. */
static struct word
word_take(struct word *rest, bool (*is_between)(char))
{
	struct word word;

	while (rest->len > 0 && is_between(rest->at[0])) {
		rest->at++;
		rest->len--;
	}
	word = (struct word){ rest->at, 0 };
	while (rest->len > 0 && !is_between(rest->at[0])) {
		rest->at++;
		rest->len--;
		word.len++;
	}
	return word;
}

static bool
word_is(struct word word, const char *s)
{
	return word.len == strlen(s) && strncasecmp(word.at, s, word.len) == 0;
}

/* "example.com skip # why" is a mistake, as it is for Postfix. */
static bool
check_comment(struct reader *r, struct word word)
{
	if (word.len == 0 || word.at[0] != '#')
		return true;
	return fail(r, r->start, "a comment must stand on a line of its own");
}

/* A domain, or all names below one, as it is looked for; its length or 0. */
static size_t
read_name(struct reader *r, struct word word, char name[NAME_MAX_BYTES + 1])
{
	static const struct {
		char c;
		const char *reason;
	} signs[] = {
		{ '*', "all names below a domain are written .domain" },
		{ '[', "a host is written without brackets" },
		{ ':', "a host is written without a port" },
	};
	const char *reason = "this is not a domain name";
	size_t i, n, dot = word.at[0] == '.' ? 1 : 0;

	n = domain_to_ascii(word.at + dot, word.len - dot, name + dot);
	if (n > 0 && !domain_is_numeric(name + dot, n)) {
		if (dot > 0)
			name[0] = '.';
		return dot + n;
	}
	if (n > 0)
		reason = "an address is no domain name";
	for (i = 0; i < sizeof(signs) / sizeof(signs[0]); i++)
		if (memchr(word.at, signs[i].c, word.len) != NULL)
			reason = signs[i].reason;
	fail_word(r, word, reason);
	return 0;
}

/* mx=pattern,...: blanks or commas between them. */
static bool
read_patterns(struct reader *r, struct word rest, struct entry *e)
{
	static const char head[] = "mx=";
	const size_t head_len = sizeof(head) - 1;
	struct sts_mxlist mx;
	struct word word;
	const char *fault;

	while (rest.len > 0 && is_blank(rest.at[0])) {
		rest.at++;
		rest.len--;
	}
	if (rest.len < head_len || strncasecmp(rest.at, head, head_len) != 0)
		return fail(r, r->start,
		    "enforce needs the names to match: mx=name,...");
	rest.at += head_len;
	rest.len -= head_len;
	while ((word = word_take(&rest, is_separator)).len > 0) {
		if (!check_comment(r, word))
			return false;
		fault = sts_mxvalue_fault(word.at, word.len);
		if (fault == NULL)
			fault = sts_mxvalue_left_out(word.at, word.len);
		if (fault != NULL)
			return fail_word(r, word, fault);
		sts_mxvalue_put(&e->mx_bytes, word.at, word.len);
	}
	sts_mxvalue_fold(&e->mx_bytes, &mx);
	e->mx_count = mx.count;
	if (mx.count == 0)
		return fail(r, r->start, "there is no name after mx=");
	if (mx.len > STS_OVERRIDE_MX_MAX_BYTES)
		return fail(r, r->start,
		    "the names after mx= have more than %d bytes, which is "
		    "more than Postfix can be told",
		    STS_OVERRIDE_MX_MAX_BYTES);
	return true;
}

static bool
read_action(struct reader *r, struct word rest, struct entry *e)
{
	static const struct {
		const char *word;
		enum sts_override action;
	} actions[] = {
		{ "skip", STS_OVERRIDE_SKIP },
		{ "testing", STS_OVERRIDE_TESTING },
		{ "enforce", STS_OVERRIDE_ENFORCE },
	};
	const size_t count = sizeof(actions) / sizeof(actions[0]);
	struct word word = word_take(&rest, is_blank), more;
	size_t i = 0;

	if (word.len == 0)
		return fail(r, r->start,
		    "an action is missing: skip, testing or enforce mx=...");
	while (i < count && !word_is(word, actions[i].word))
		i++;
	if (i == count)
		return check_comment(r, word) &&
		    fail_word(r, word,
			"there is no such action; there are skip, testing and "
			"enforce mx=...");
	e->action = actions[i].action;
	if (e->action == STS_OVERRIDE_ENFORCE)
		return read_patterns(r, rest, e);
	more = word_take(&rest, is_blank);
	return check_comment(r, more) &&
	    (more.len == 0 ||
		fail_word(r, more, "nothing may follow the action"));
}

/* Into the set, unless it is there. */
static bool
put_entry(struct reader *r, struct entry *e, struct word word)
{
	struct sts_overrides *set = r->set;
	char reason[REASON_MAX_BYTES];
	struct entry **slot;

	if (2 * (set->count + 1) > set->size)
		set_grow(set);
	slot = slot_find(set, e->hash, e->name, e->name_len);
	if (*slot != NULL) {
		snprintf(reason, sizeof(reason), "is already in line %zu",
		    (*slot)->line);
		return fail_word(r, word, reason);
	}
	*slot = e;
	set->count++;
	return true;
}

/* The logical line gathered is whole. */
static bool
finish_line(struct reader *r)
{
	struct word rest = { r->logical.data, r->logical.len }, word;
	char name[NAME_MAX_BYTES + 1];
	struct entry *e;
	size_t len;

	if (r->start == 0)
		return true;
	word = word_take(&rest, is_blank);
	len = read_name(r, word, name);
	if (len == 0)
		return false;
	e = entry_new(name, len, r->start);
	if (!read_action(r, rest, e) || !put_entry(r, e, word)) {
		entry_free(e);
		return false;
	}
	buf_reset(&r->logical);
	r->start = 0;
	return true;
}

static bool
take_line(struct reader *r, const char *line, size_t len, size_t number)
{
	size_t first = 0;

	if (memchr(line, '\0', len) != NULL)
		return fail(r, number, "a NUL byte: this is not a text file");
	while (first < len && is_blank(line[first]))
		first++;
	if (first == len || line[first] == '#')
		return true;
	if (first == 0) {
		if (!finish_line(r))
			return false;
		r->start = number;
	} else if (r->start == 0) {
		return fail(r, number,
		    "begins with white space, but there is no line that it "
		    "could continue");
	}
	/* What continues it brings its own white space. */
	buf_put(&r->logical, line, len);
	return true;
}

struct sts_overrides *
sts_overrides_parse(
    const char *path, const char *text, size_t len, struct buf *error)
{
	struct sts_overrides *set = xcalloc(1, sizeof(*set));
	struct reader r = { .path = path, .set = set, .error = error };
	const char *end = text + len, *lf;
	size_t number = 0;
	bool is_fine = true;

	while (is_fine && text < end) {
		lf = memchr(text, '\n', (size_t)(end - text));
		if (lf == NULL)
			lf = end;
		is_fine = take_line(&r, text, (size_t)(lf - text), ++number);
		text = lf + (lf < end);
	}
	is_fine = is_fine && finish_line(&r);
	buf_clear(&r.logical);
	if (is_fine)
		return set;
	sts_overrides_free(set);
	return NULL;
}

void
sts_overrides_free(struct sts_overrides *set)
{
	size_t i;

	if (set == NULL)
		return;
	for (i = 0; i < set->size; i++)
		entry_free(set->slot[i]);
	free(set->slot);
	free(set);
}

size_t
sts_overrides_count(const struct sts_overrides *set)
{
	return set != NULL ? set->count : 0;
}

enum sts_override
sts_overrides_find(const struct sts_overrides *set, const char *domain,
    size_t len, struct sts_mxlist *mx)
{
	const struct entry *e, *best = NULL;
	uint64_t hash = HASH_START;
	size_t i;

	if (sts_overrides_count(set) == 0)
		return STS_OVERRIDE_NONE;
	for (i = len; i-- > 0;) {
		hash = hash_step(hash, domain[i]);
		if (i > 0 && domain[i] != '.')
			continue;
		e = *slot_find(set, hash, domain + i, len - i);
		if (e != NULL)
			best = e;
	}
	if (best == NULL)
		return STS_OVERRIDE_NONE;
	if (best->action == STS_OVERRIDE_ENFORCE)
		*mx = (struct sts_mxlist){ best->mx_bytes.data,
			best->mx_bytes.len, best->mx_count };
	return best->action;
}
