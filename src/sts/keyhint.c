/* SPDX-License-Identifier: ISC */
/*
 * The edit distance of Levenshtein; upper and lower case are the same, and so
 * are "-" and "_".
 */
#include <stdbool.h>
#include <string.h>

#include "sts/keyhint.h"

#define KEY_MAX      7 /* max_age, version */
#define DISTANCE_MAX 2

static const struct {
	const char *key;
	size_t distance; /* at most, to be taken for it */
	const char *hint;
} keys[] = {
	{ "id", 0, "a policy has no id: it lives in the TXT record" },
	{ "mx", 1, "did you mean mx?" },
	{ "mode", DISTANCE_MAX, "did you mean mode?" },
	{ "version", DISTANCE_MAX, "did you mean version?" },
	{ "max_age", DISTANCE_MAX, "did you mean max_age?" },
};

static char
fold(char c)
{
	if (c == '-')
		return '_';
	return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

static size_t
smallest(size_t a, size_t b, size_t c)
{
	if (b < a)
		a = b;
	return c < a ? c : a;
}

/* Both at most KEY_MAX + DISTANCE_MAX long. */
static size_t
distance(const char *key, const char *name, size_t name_len)
{
	size_t row[KEY_MAX + DISTANCE_MAX + 1], i, j, diagonal, above;
	size_t key_len = strlen(key);

	for (j = 0; j <= name_len; j++)
		row[j] = j;
	for (i = 1; i <= key_len; i++) {
		diagonal = row[0];
		row[0] = i;
		for (j = 1; j <= name_len; j++) {
			above = row[j];
			row[j] = smallest(above + 1, row[j - 1] + 1,
			    diagonal + (key[i - 1] != fold(name[j - 1])));
			diagonal = above;
		}
	}
	return row[name_len];
}

const char *
sts_keyhint(const char *name, size_t len)
{
	size_t i;

	if (len > KEY_MAX + DISTANCE_MAX)
		return NULL;
	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (distance(keys[i].key, name, len) <= keys[i].distance)
			return keys[i].hint;
	return NULL;
}
