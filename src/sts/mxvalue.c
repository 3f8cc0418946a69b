/* SPDX-License-Identifier: ISC */
/*
 * A hostile file can hold 13,000 mx lines, so equal patterns are found by
 * sorting: no input makes that quadratic, as it could a hash with a known
 * function.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/domain.h"
#include "base/xmalloc.h"
#include "sts/mxvalue.h"

/* No name begins with it. */
#define FOLDED_MARK '!'

static size_t
star_len(const char *s, size_t len)
{
	return len >= 2 && s[0] == '*' && s[1] == '.' ? 2 : 0;
}

/* A name that is no Domain: which rule does it break? */
static const char *
name_fault(const char *s, size_t len)
{
	size_t i, label = 0;

	for (i = 0; i < len; i++) {
		if (s[i] != '.')
			label++;
		else if (label == 0)
			return "an empty label";
		else
			label = 0;
		if (label > DOMAIN_LABEL_MAX)
			return "a label of more than 63 characters";
	}
	if (label == 0)
		return "a trailing dot";
	if (len > DOMAIN_MAX)
		return "a name of more than 253 characters";
	for (i = 0; i < len; i++)
		if (s[i] == '-' &&
		    (i == 0 || i + 1 == len || s[i - 1] == '.' ||
			s[i + 1] == '.'))
			return "a label begins or ends with a hyphen";
	return "a character that no host name holds";
}

const char *
sts_mxvalue_fault(const char *s, size_t len)
{
	static const struct {
		char c;
		const char *what;
	} signs[] = {
		{ '*', "\"*\" may only be the whole left-most label" },
		{ ' ', "a blank: every name needs its own mx line" },
		{ '\t', "a TAB: every name needs its own mx line" },
		{ ',', "a comma: every name needs its own mx line" },
		{ '_', "an underscore, which no host name holds" },
		{ ':', "a port or an IPv6 address" },
	};
	size_t i;

	if (len == 0)
		return "an empty value";
	i = star_len(s, len);
	s += i;
	len -= i;
	if (domain_is_valid(s, len))
		return NULL;
	if (len == 0)
		return "no name after \"*.\"";
	for (i = 0; i < len; i++)
		if (((unsigned char)s[i] & 0x80) != 0)
			return "not ASCII: only the A-label (xn--...) counts";
	for (i = 0; i < sizeof(signs) / sizeof(signs[0]); i++)
		if (memchr(s, signs[i].c, len) != NULL)
			return signs[i].what;
	return name_fault(s, len);
}

const char *
sts_mxvalue_left_out(const char *s, size_t len)
{
	static const char *const words[] = { "hostname", "nexthop",
		"dot-nexthop" };
	size_t i, star = star_len(s, len);

	if (domain_is_numeric(s + star, len - star))
		return "an address, never the name of an MX host";
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (len == strlen(words[i]) &&
		    strncasecmp(s, words[i], len) == 0)
			return "a word that Postfix keeps for itself";
	return NULL;
}

void
sts_mxvalue_put(struct buf *b, const char *s, size_t len)
{
	char *to = buf_reserve(b, len + 1);
	size_t i;

	for (i = 0; i < len; i++)
		to[i] = s[i] >= 'A' && s[i] <= 'Z' ? (char)(s[i] + 32) : s[i];
	to[len] = '\0';
	b->len += len + 1;
}

/* By name, equal ones in policy order. */
static int
name_compare(const void *a, const void *b)
{
	const char *const *x = a, *const *y = b;
	int order = strcmp(*x, *y);

	return order != 0 ? order : (*x > *y) - (*x < *y);
}

/* Mark each name that stands earlier in b, too. */
static void
mark_equal(struct buf *b, size_t count)
{
	char **names = xreallocarray(NULL, count, sizeof(*names)), *p, *kept;
	size_t i = 0;

	for (p = b->data; i < count; p += strlen(p) + 1)
		names[i++] = p;
	qsort(names, count, sizeof(*names), name_compare);
	kept = names[0];
	for (i = 1; i < count; i++) {
		if (strcmp(names[i], kept) == 0)
			names[i][0] = FOLDED_MARK;
		else
			kept = names[i];
	}
	free(names);
}

void
sts_mxvalue_fold(struct buf *b, struct sts_mxlist *list)
{
	size_t pos, len, count = 0, to = 0;

	for (pos = 0; pos < b->len; pos += strlen(b->data + pos) + 1)
		count++;
	if (count > 1)
		mark_equal(b, count);
	for (pos = 0; pos < b->len; pos += len) {
		len = strlen(b->data + pos) + 1;
		if (b->data[pos] == FOLDED_MARK) {
			count--;
			continue;
		}
		memmove(b->data + to, b->data + pos, len);
		to += len;
	}
	b->len = to;
	*list =
	    (struct sts_mxlist){ .names = b->data, .len = to, .count = count };
}

const char *
sts_mxlist_next(const struct sts_mxlist *list, const char *p)
{
	size_t pos = 0;

	if (p != NULL)
		pos = (size_t)(p - list->names) + strlen(p) + 1;
	return pos < list->len ? list->names + pos : NULL;
}
