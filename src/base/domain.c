/* SPDX-License-Identifier: ISC */
/*
 * The common case, pure ASCII, is one pass over a table and allocates
 * nothing. Only labels with a byte >= 0x80 go to libidn2, each by itself, so
 * that it never judges the others and never moves a dot.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <idn2.h>

#include "base/domain.h"

/* UTF-8 of a name is at most this long; more is not looked at. */
#define NAME_INPUT_MAX_BYTES (4 * DOMAIN_MAX)

#define SAME(c)    [c] = (c)
#define BOTH(u, l) [u] = (l), [l] = (l)

/* The lower-case form of each byte a name may hold; 0 for all others. */
static const unsigned char lower[256] = { SAME('-'), SAME('.'), SAME('0'),
	SAME('1'), SAME('2'), SAME('3'), SAME('4'), SAME('5'), SAME('6'),
	SAME('7'), SAME('8'), SAME('9'), BOTH('A', 'a'), BOTH('B', 'b'),
	BOTH('C', 'c'), BOTH('D', 'd'), BOTH('E', 'e'), BOTH('F', 'f'),
	BOTH('G', 'g'), BOTH('H', 'h'), BOTH('I', 'i'), BOTH('J', 'j'),
	BOTH('K', 'k'), BOTH('L', 'l'), BOTH('M', 'm'), BOTH('N', 'n'),
	BOTH('O', 'o'), BOTH('P', 'p'), BOTH('Q', 'q'), BOTH('R', 'r'),
	BOTH('S', 's'), BOTH('T', 't'), BOTH('U', 'u'), BOTH('V', 'v'),
	BOTH('W', 'w'), BOTH('X', 'x'), BOTH('Y', 'y'), BOTH('Z', 'z') };

static bool
label_is_valid(const char *label, size_t len)
{
	return len > 0 && len <= DOMAIN_LABEL_MAX && label[0] != '-' &&
	    label[len - 1] != '-';
}

/* Check and lower-case in one pass; out needs len bytes, gets no NUL. */
static bool
name_lower(const char *s, size_t len, char *out)
{
	unsigned char c;
	size_t i, label = 0; /* where it begins */

	if (len == 0 || len > DOMAIN_MAX)
		return false;
	for (i = 0; i < len; i++) {
		c = lower[(unsigned char)s[i]];
		out[i] = (char)c;
		/* A letter, a digit: all others are below them. */
		if (c > '.' || c == '-')
			continue;
		if (c == '\0' || !label_is_valid(out + label, i - label))
			return false;
		label = i + 1;
	}
	return label_is_valid(out + label, len - label);
}

bool
domain_is_valid(const char *name, size_t len)
{
	char scratch[DOMAIN_MAX];

	return name_lower(name, len, scratch);
}

bool
domain_is_numeric(const char *name, size_t len)
{
	/* From its end: a top-level domain has letters. */
	while (len-- > 0)
		if (name[len] != '.' && (name[len] < '0' || name[len] > '9'))
			return false;
	return true;
}

static bool
is_ascii(const char *s, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (((unsigned char)s[i] & 0x80) != 0)
			return false;
	return true;
}

/* The bytes of the dot that s begins with, 0 when it is none (RFC 3490 3.1). */
static size_t
dot_len(const char *s, size_t len)
{
	static const char *const wide[] = {
		"\xe3\x80\x82", /* U+3002 */
		"\xef\xbc\x8e", /* U+FF0E */
		"\xef\xbd\xa1" /* U+FF61 */
	};
	size_t i;

	if (s[0] == '.')
		return 1;
	for (i = 0; i < sizeof(wide) / sizeof(wide[0]); i++)
		if (len >= 3 && memcmp(s, wide[i], 3) == 0)
			return 3;
	return 0;
}

/*
 * One label as it is asked for in DNS; 0 when there is no such label or no
 * room. The result may still hold what no name may: the caller checks.
 */
static size_t
label_convert(const char *s, size_t len, char *out, size_t room)
{
	char label[NAME_INPUT_MAX_BYTES + 1];
	uint8_t *ascii = NULL;
	size_t n = 0;

	if (is_ascii(s, len)) {
		n = len <= room ? len : 0;
		memcpy(out, s, n);
		return n;
	}
	if (memchr(s, '\0', len) != NULL)
		return 0;
	memcpy(label, s, len);
	label[len] = '\0';
	/* Never STD3: it drops characters and so names another domain. */
	if (idn2_lookup_u8((const uint8_t *)label, &ascii,
		IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL) != IDN2_OK)
		return 0;
	n = strlen((const char *)ascii);
	if (n > room)
		n = 0;
	memcpy(out, ascii, n);
	idn2_free(ascii);
	return n;
}

static size_t
name_convert(const char *s, size_t len, char out[DOMAIN_MAX])
{
	size_t label, dot, added, n = 0;

	if (len > NAME_INPUT_MAX_BYTES)
		return 0;
	for (;;) {
		dot = 0;
		for (label = 0; label < len; label++)
			if ((dot = dot_len(s + label, len - label)) > 0)
				break;
		added = label_convert(s, label, out + n, DOMAIN_MAX - n);
		if (added == 0)
			return 0;
		n += added;
		s += label + dot;
		len -= label + dot;
		if (len == 0)
			return n;
		if (n == DOMAIN_MAX)
			return 0;
		out[n++] = '.';
	}
}

size_t
domain_to_ascii(const char *name, size_t len, char out[DOMAIN_MAX + 1])
{
	char ascii[DOMAIN_MAX], checked[DOMAIN_MAX];
	size_t n = len;

	if (n > 0 && name[n - 1] == '.')
		n--;
	if (!name_lower(name, n, checked)) {
		if (is_ascii(name, len))
			return 0;
		n = name_convert(name, len, ascii);
		if (!name_lower(ascii, n, checked))
			return 0;
	}
	memcpy(out, checked, n);
	out[n] = '\0';
	return n;
}

const char *
domain_library_version(void)
{
	static char text[64];

	snprintf(text, sizeof(text), "libidn2 %s", idn2_check_version(NULL));
	return text;
}
