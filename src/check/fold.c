/* SPDX-License-Identifier: ISC */
/*
 * What people paste when they are asked for a domain: an address, a URL, the
 * name of the record or of the policy host.
 */
#include <string.h>
#include <strings.h>

#include "check/probe.h"

#define NOTE_RECORD "the name of the record: checked is the domain above it"
#define NOTE_HOST   "the name of the policy host: checked is the domain above it"
#define NOTE_URL    "a URL: checked is the domain of its host"
#define NOTE_MAIL   "a mail address: checked is its domain"

/* Is it only white space, in bytes and not in any locale? */
static bool
is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static void
trim(const char **s, size_t *len)
{
	while (*len > 0 && is_space((*s)[*len - 1]))
		(*len)--;
	while (*len > 0 && is_space(**s)) {
		(*s)++;
		(*len)--;
	}
}

static bool
is_scheme(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
}

/* "scheme://user@host:port/path", "host/path"; false when it is none. */
static bool
cut_url(const char **s, size_t *len)
{
	const char *end = *s + *len, *p = *s, *at;

	while (p < end && is_scheme(*p))
		p++;
	if (p > *s && end - p >= 3 && memcmp(p, "://", 3) == 0)
		*s = p + 3;
	else if (memchr(*s, '/', *len) == NULL || memchr(*s, '@', *len) != NULL)
		return false;
	for (p = *s; p < end && *p != '/' && *p != '?' && *p != '#';)
		p++;
	for (at = p; at > *s && at[-1] != '@';)
		at--;
	*s = at;
	*len = (size_t)(p - at);
	p = memchr(*s, ':', *len);
	if (p != NULL)
		*len = (size_t)(p - *s);
	return true;
}

/* "<user@domain>", "mailto:user@domain". */
static bool
cut_mail(const char **s, size_t *len)
{
	const char *end = *s + *len, *at = end;

	while (at > *s && at[-1] != '@')
		at--;
	if (at == *s)
		return false;
	*s = at;
	*len = (size_t)(end - at);
	if (*len > 0 && end[-1] == '>')
		(*len)--;
	return true;
}

static bool
cut_label(const char **s, size_t *len, const char *label)
{
	size_t n = strlen(label);

	if (*len <= n || strncasecmp(*s, label, n) != 0)
		return false;
	*s += n;
	*len -= n;
	return true;
}

/* Within the name: a final one does not count. */
static size_t
count_dots(const char *s, size_t len)
{
	size_t i, dots = 0;

	for (i = 0; i + 1 < len; i++)
		dots += s[i] == '.';
	return dots;
}

bool
probe_fold(const char *input, char domain[DOMAIN_MAX + 1], const char **note)
{
	char ascii[DOMAIN_MAX + 1];
	const char *s = input, *how = NULL;
	size_t len = strlen(input);
	bool is_record;

	trim(&s, &len);
	if (cut_url(&s, &len))
		how = NOTE_URL;
	else if (cut_mail(&s, &len))
		how = NOTE_MAIL;
	is_record = cut_label(&s, &len, "_mta-sts.");
	if (is_record)
		how = how != NULL ? how : NOTE_RECORD;
	len = domain_to_ascii(s, len, ascii);
	s = ascii;
	/* mta-sts.example is a domain itself, mta-sts.mail.example is not. */
	if (!is_record && count_dots(s, len) > 1 &&
	    cut_label(&s, &len, "mta-sts."))
		how = how != NULL ? how : NOTE_HOST;
	if (len == 0 || domain_is_numeric(s, len))
		return false;
	strlcpy(domain, s, DOMAIN_MAX + 1);
	*note = how;
	return true;
}
