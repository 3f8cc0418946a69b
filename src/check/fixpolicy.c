/* SPDX-License-Identifier: ISC */
/*
 * A policy file is drafted anew from what can be made out of the old one:
 * each value that is right, or plainly meant, is taken over; the rest comes
 * from the MX hosts and from what we advise. The daemon's parsers have the
 * last word on every draft.
 */
#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "base/domain.h"
#include "check/fixes.h"
#include "check/ruletool.h"
#include "sts/mxmatch.h"

/* A draft beyond is no file one pastes: it is made of the MX hosts alone. */
#define DRAFT_MAX_BYTES 8192
#define DRAFT_MAX_LINES 1024
#define NAME_MAX_BYTES  (4 * DOMAIN_MAX)

struct draft {
	const struct check_facts *facts;
	struct buf mx; /* names, each NUL-terminated */
	struct buf more; /* extensions, lines */
	bool has_mode, has_age;
	enum sts_mode mode;
	int64_t max_age;
};

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static struct sts_mxlist
draft_list(const struct draft *d)
{
	return (struct sts_mxlist){ .names = d->mx.data, .len = d->mx.len };
}

/* A pattern, once; what Postfix cannot be told is left out. */
static void
draft_add(struct draft *d, const char *pattern)
{
	struct sts_mxlist list = draft_list(d);
	size_t star = strncmp(pattern, "*.", 2) == 0 ? 2 : 0;
	const char *p = NULL;

	if (!domain_is_valid(pattern + star, strlen(pattern + star)) ||
	    domain_is_numeric(pattern + star, strlen(pattern + star)) ||
	    (strchr(pattern, '.') == NULL &&
		(strcmp(pattern, "hostname") == 0 ||
		    strcmp(pattern, "nexthop") == 0 ||
		    strcmp(pattern, "dot-nexthop") == 0)))
		return;
	while (list.len > 0 && (p = sts_mxlist_next(&list, p)) != NULL)
		if (strcmp(p, pattern) == 0)
			return;
	buf_put(&d->mx, pattern, strlen(pattern) + 1);
}

/* A name of an mx line as it was meant: no dot or port at the end, A-labels. */
static void
draft_read_name(struct draft *d, struct check_slice name)
{
	char pattern[DOMAIN_MAX + 3] = "";
	const char *colon;
	size_t star = 0;

	colon = memchr(name.at, ':', name.len);
	if (colon != NULL)
		name.len = (size_t)(colon - name.at);
	if (name.len > 2 && memcmp(name.at, "*.", 2) == 0) {
		memcpy(pattern, "*.", 2);
		star = 2;
	}
	if (name.len == 0 || name.len > NAME_MAX_BYTES ||
	    domain_to_ascii(name.at + star, name.len - star, pattern + star) ==
		0)
		return;
	draft_add(d, pattern);
}

static void
draft_read_mx(struct draft *d, struct check_slice value)
{
	const char *p = value.at, *stop = p + value.len, *word;

	while (p < stop) {
		for (word = p; p < stop && !is_blank(*p) && *p != ','; p++)
			;
		draft_read_name(
		    d, (struct check_slice){ word, (size_t)(p - word) });
		p++;
	}
}

static bool
span_is(struct check_slice span, const char *word)
{
	size_t i;

	if (span.len != strlen(word))
		return false;
	for (i = 0; i < span.len; i++)
		if (strncasecmp(&span.at[i], &word[i], 1) != 0 &&
		    !(span.at[i] == '-' && word[i] == '_'))
			return false;
	return true;
}

static void
draft_read_mode(struct draft *d, struct check_slice value)
{
	static const enum sts_mode modes[] = { STS_MODE_NONE, STS_MODE_TESTING,
		STS_MODE_ENFORCE };
	size_t i;

	for (i = 0; i < sizeof(modes) / sizeof(modes[0]) && !d->has_mode; i++) {
		if (!span_is(value, sts_mode_word(modes[i])))
			continue;
		d->has_mode = true;
		d->mode = modes[i];
	}
}

static void
draft_read_age(struct draft *d, struct check_slice value)
{
	int64_t seconds = 0;
	size_t i;

	if (d->has_age || value.len == 0 || value.len > 10)
		return;
	for (i = 0; i < value.len; i++) {
		if (value.at[i] < '0' || value.at[i] > '9')
			return;
		seconds = seconds * 10 + (value.at[i] - '0');
	}
	if (seconds == 0)
		return;
	d->has_age = true;
	d->max_age = seconds > STS_MAX_AGE_MAX_S ? STS_MAX_AGE_MAX_S : seconds;
}

static const char *const keys[] = { "version", "mode", "mx", "max_age" };

#define KEYS (sizeof(keys) / sizeof(keys[0]))

/* "did you mean mx?" of the parser: that field was meant. */
static const char *
hinted_key(const struct check_facts *f, size_t line)
{
	static const char hint[] = "did you mean ";
	const struct sts_diag *diag;
	size_t i, k;

	for (i = 0; i < f->policy_diags.count; i++) {
		diag = &f->policy_diags.diag[i];
		if (diag->line != line || diag->code != STS_DIAG_UNKNOWN_KEY ||
		    diag->what == NULL ||
		    strncmp(diag->what, hint, sizeof(hint) - 1) != 0)
			continue;
		for (k = 0; k < KEYS; k++)
			if (strncmp(diag->what + sizeof(hint) - 1, keys[k],
				strlen(keys[k])) == 0)
				return keys[k];
	}
	return NULL;
}

/* An extension is kept when a policy with it is valid. */
static void
draft_keep(struct draft *d, struct check_slice line)
{
	struct sts_policy_file file = { 0 };
	struct buf b = { 0 };

	buf_puts(&b, "version: STSv1\nmode: none\nmax_age: 1\n");
	buf_put(&b, line.at, line.len);
	if (line.len > 0 && sts_policy_parse(b.data, b.len, &file, NULL) == 0) {
		buf_put(&d->more, line.at, line.len);
		buf_putc(&d->more, '\n');
	}
	sts_policy_file_clear(&file);
	buf_clear(&b);
}

static void
draft_read_line(struct draft *d, struct check_slice line, size_t number)
{
	const char *colon = memchr(line.at, ':', line.len), *key = NULL;
	struct check_slice name, value;
	size_t i;

	if (colon == NULL || line.at[0] == '#')
		return;
	name = check_trim(line.at, (size_t)(colon - line.at));
	value = check_trim(colon + 1, line.len - (size_t)(colon - line.at) - 1);
	for (i = 0; i < KEYS && key == NULL; i++)
		if (span_is(name, keys[i]))
			key = keys[i];
	if (key == NULL)
		key = hinted_key(d->facts, number);
	if (key == NULL) {
		/* An id lives in the TXT record. */
		if (!span_is(name, "id"))
			draft_keep(d, line);
	} else if (strcmp(key, "mode") == 0) {
		draft_read_mode(d, value);
	} else if (strcmp(key, "max_age") == 0) {
		draft_read_age(d, value);
	} else if (strcmp(key, "mx") == 0) {
		draft_read_mx(d, value);
	}
}

/* Lines end with LF, CRLF or a CR alone; they are counted as the parser does.
 */
static void
draft_read(struct draft *d, const struct ev_bytes *body)
{
	const char *p = body->data, *end, *stop = p + body->len;
	size_t number = 1, lines = 0;

	if (body->len >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0)
		p += 3;
	while (p < stop && d->mx.len + d->more.len <= DRAFT_MAX_BYTES &&
	    lines++ < DRAFT_MAX_LINES) {
		for (end = p; end < stop && *end != '\n' && *end != '\r'; end++)
			;
		draft_read_line(d, check_trim(p, (size_t)(end - p)), number);
		if (end < stop && *end == '\n')
			number++;
		p = end + 1;
	}
	if (p < stop) {
		buf_reset(&d->mx);
		buf_reset(&d->more);
	}
}

/* A line for each MX host that no pattern covers yet. */
static void
draft_add_hosts(struct draft *d)
{
	struct sts_mxlist list;
	const char *host, *p;
	char name[DOMAIN_MAX + 1];
	size_t i;

	for (i = 0; i < d->facts->hosts; i++) {
		host = d->facts->host[i].mx->host;
		if (domain_to_ascii(host, strlen(host), name) == 0)
			continue;
		list = draft_list(d);
		p = NULL;
		while (list.len > 0 && (p = sts_mxlist_next(&list, p)) != NULL)
			if (sts_mx_match(p, strlen(p), name, strlen(name)))
				break;
		if (p == NULL)
			draft_add(d, name);
	}
}

static void
draft_write(const struct draft *d, struct buf *b)
{
	struct sts_mxlist list = draft_list(d);
	const char *p = NULL;

	buf_printf(b, "version: STSv1\nmode: %s\n", sts_mode_word(d->mode));
	while (list.len > 0 && (p = sts_mxlist_next(&list, p)) != NULL)
		buf_printf(b, "mx: %s\n", p);
	buf_printf(b, "max_age: %" PRId64 "\n", d->max_age);
	buf_put(b, d->more.data, d->more.len);
}

static void
draft_clear(struct draft *d)
{
	buf_clear(&d->mx);
	buf_clear(&d->more);
}

/* Put what is asked for over what was read, and what is missing under it. */
static void
draft_finish(struct draft *d, const struct fix_policy *want)
{
	if (want->has_mode)
		d->mode = want->mode;
	else if (!d->has_mode)
		d->mode = STS_MODE_TESTING;
	if (want->max_age > 0)
		d->max_age = want->max_age;
	else if (!d->has_age)
		d->max_age = d->mode == STS_MODE_ENFORCE ? FIX_ENFORCE_AGE_S :
							   FIX_STARTER_AGE_S;
	draft_add_hosts(d);
}

bool
fix_policy_file(
    struct buf *b, const struct check_facts *f, const struct fix_policy *want)
{
	const struct ev_bytes *body = &f->evidence->fetch.body;
	struct draft d = { .facts = f };
	struct sts_policy_file file = { 0 };
	struct buf text = { 0 };
	bool is_good;

	if (f->has_body && !f->is_html && body->len <= STS_POLICY_MAX_BYTES)
		draft_read(&d, body);
	draft_finish(&d, want);
	draft_write(&d, &text);
	is_good = sts_policy_parse(text.data, text.len, &file, NULL) == 0 &&
	    text.len <= 4 * DRAFT_MAX_BYTES;
	if (is_good)
		buf_put(b, text.data, text.len);
	sts_policy_file_clear(&file);
	buf_clear(&text);
	draft_clear(&d);
	return is_good;
}
