/* SPDX-License-Identifier: ISC */
/*
 * Reads an answer as smtp_tls_policy_maps of a given Postfix does
 * (smtp/smtp_tls_policy.c, util/mystrtok.c, extpar.c, split_nameval.c), and is
 * stricter where Postfix would accept something that we never mean to send.
 */
#ifndef TESTS_POLICYREADER_H
#define TESTS_POLICYREADER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "postfix/answer.h"

#define READER_DATA_MAX_BYTES (100000 - 3) /* after "OK " */

enum reader_attribute {
	READER_MATCH,
	READER_SERVERNAME,
	READER_TYPE,
	READER_DOMAIN,
	READER_STRING,
	READER_PATTERN,
	READER_FAILURE,
	READER_ATTRIBUTES
};

static const struct {
	const char *name;
	enum answer_profile since;
	bool is_single;
} reader_attributes[READER_ATTRIBUTES] = {
	[READER_MATCH] = { "match", ANSWER_POSTFIX_2_10, false },
	[READER_SERVERNAME] = { "servername", ANSWER_POSTFIX_3_4, true },
	[READER_TYPE] = { "policy_type", ANSWER_POSTFIX_3_10, true },
	[READER_DOMAIN] = { "policy_domain", ANSWER_POSTFIX_3_10, true },
	[READER_STRING] = { "policy_string", ANSWER_POSTFIX_3_10, false },
	[READER_PATTERN] = { "mx_host_pattern", ANSWER_POSTFIX_3_10, false },
	[READER_FAILURE] = { "policy_failure", ANSWER_POSTFIX_3_10, true },
};

/* What an answer says: each attribute's values, one a line, in order. */
struct reader_policy {
	const char *error; /* NULL: accepted */
	char level[16];
	struct buf values[READER_ATTRIBUTES];
	size_t counts[READER_ATTRIBUTES];
};

static inline bool
reader_is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static inline bool
reader_is_separator(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == ',';
}

static inline bool
reader_word_in(const char *word, const char *const *words)
{
	for (; *words != NULL; words++) {
		if (strcmp(word, *words) == 0)
			return true;
	}
	return false;
}

/* Postfix refuses names of digits and dots alone. Lower case is our rule. */
static inline bool
reader_host_is_valid(const char *name)
{
	size_t i, label = 0, len = strlen(name);
	bool is_numeric = true;

	for (i = 0; i <= len; i++) {
		if (i == len || name[i] == '.') {
			if (label == 0 || label > 63 || name[i - 1] == '-')
				return false;
			label = 0;
			continue;
		}
		if (strchr("abcdefghijklmnopqrstuvwxyz0123456789-", name[i]) ==
			NULL ||
		    (name[i] == '-' && label == 0))
			return false;
		if (name[i] < '0' || name[i] > '9')
			is_numeric = false;
		label++;
	}
	return !is_numeric && len <= 253;
}

/* Cut a token off *at (NUL-terminated, changed); NULL at the end. */
static inline char *
reader_token(char **at, bool knows_braces)
{
	char *start, *p;
	int depth = 0;

	while (reader_is_separator(**at))
		++*at;
	if (**at == '\0')
		return NULL;
	start = *at;
	for (p = start; *p != '\0'; p++) {
		if (knows_braces && *p == '{')
			depth++;
		else if (depth > 0 && *p == '}')
			depth--;
		else if (depth == 0 && reader_is_separator(*p))
			break;
	}
	*at = p;
	if (*p != '\0')
		*(*at)++ = '\0';
	return start;
}

static inline char *
reader_trim(char *s)
{
	size_t len;

	while (reader_is_blank(*s))
		s++;
	for (len = strlen(s); len > 0 && reader_is_blank(s[len - 1]); len--)
		s[len - 1] = '\0';
	return s;
}

/* "{...}" as a whole: its inside. NULL when the braces do not pair up so. */
static inline char *
reader_inside(char *token)
{
	int depth = 0;
	char *p;

	for (p = token; *p != '\0'; p++) {
		if (*p == '{')
			depth++;
		else if (*p == '}' && --depth == 0)
			break;
	}
	if (*p == '\0' || p[1] != '\0')
		return NULL;
	*p = '\0';
	return reader_trim(token + 1);
}

/* name [blanks] = [blanks] value */
static inline bool
reader_split(char *text, char **name, char **value)
{
	char *p = reader_trim(text);

	*name = p;
	while (*p != '\0' && *p != '=' && !reader_is_blank(*p))
		p++;
	if (p == *name)
		return false;
	*value = p;
	while (reader_is_blank(**value))
		++*value;
	if (**value != '=')
		return false;
	++*value;
	*p = '\0';
	*value = reader_trim(*value);
	return true;
}

/* Names and ".parent", none empty, none of Postfix's words. */
static inline bool
reader_match_is_valid(char *value)
{
	static const char *const words[] = { "hostname", "nexthop",
		"dot-nexthop", NULL };
	char *name, *next;

	for (name = value; name != NULL; name = next) {
		next = strchr(name, ':');
		if (next != NULL)
			*next = '\0';
		if (reader_word_in(name, words) ||
		    !reader_host_is_valid(name + (name[0] == '.')))
			return false;
		if (next != NULL)
			*next++ = ':';
	}
	return true;
}

static inline bool
reader_value_is_valid(
    enum reader_attribute attribute, char *value, const char *level)
{
	static const char *const types[] = { "sts", "tlsa", "no-policy-found",
		NULL };
	static const char *const failures[] = { "sts-policy-fetch-error",
		"sts-policy-invalid", "sts-webpki-invalid",
		"validation-failure", NULL };
	static const char *const matching[] = { "verify", "secure", NULL };

	switch (attribute) {
	case READER_MATCH:
		return reader_word_in(level, matching) &&
		    reader_match_is_valid(value);
	case READER_SERVERNAME:
	case READER_DOMAIN:
		return reader_host_is_valid(value);
	case READER_TYPE:
		return reader_word_in(value, types);
	case READER_FAILURE:
		return reader_word_in(value, failures);
	case READER_PATTERN:
		return reader_host_is_valid(
		    strncmp(value, "*.", 2) == 0 ? value + 2 : value);
	case READER_STRING:
		return *value != '\0';
	case READER_ATTRIBUTES:
		break;
	}
	return false;
}

/* NULL, or why Postfix refuses. */
static inline const char *
reader_take(
    struct reader_policy *policy, char *token, enum answer_profile profile)
{
	char *name, *value;
	unsigned i;

	if (profile == ANSWER_POSTFIX_3_10 && token[0] == '{') {
		token = reader_inside(token);
		if (token == NULL)
			return "braces";
	}
	if (!reader_split(token, &name, &value))
		return "malformed";
	for (i = 0; i < READER_ATTRIBUTES; i++) {
		if (strcasecmp(name, reader_attributes[i].name) == 0 &&
		    profile >= reader_attributes[i].since)
			break;
	}
	if (i == READER_ATTRIBUTES)
		return "unknown";
	if (reader_attributes[i].is_single && policy->counts[i] > 0)
		return "repeated";
	if (!reader_value_is_valid(
		(enum reader_attribute)i, value, policy->level))
		return "value";
	policy->counts[i]++;
	buf_puts(&policy->values[i], value);
	buf_putc(&policy->values[i], '\n');
	return NULL;
}

/* NULL, or why the attributes do not go together. */
static inline const char *
reader_judge(const struct reader_policy *policy)
{
	const size_t *counts = policy->counts;
	bool is_sts =
	    strcmp(buf_str(&policy->values[READER_TYPE]), "sts\n") == 0;

	if (strcmp(policy->level, "secure") == 0 && counts[READER_MATCH] != 1)
		return "secure without match, or with several";
	if (counts[READER_TYPE] == 0 &&
	    (counts[READER_DOMAIN] > 0 || counts[READER_STRING] > 0 ||
		counts[READER_PATTERN] > 0 || counts[READER_FAILURE] > 0))
		return "no policy_type";
	if (is_sts &&
	    (counts[READER_DOMAIN] == 0 || counts[READER_STRING] == 0 ||
		counts[READER_PATTERN] == 0))
		return "sts without domain, string or pattern";
	if (is_sts && strncmp(policy->level, "dane", 4) == 0)
		return "sts beside dane";
	return NULL;
}

static inline const char *
reader_read_text(
    struct reader_policy *policy, char *text, enum answer_profile profile)
{
	static const char *const levels[] = { "none", "may", "encrypt",
		"fingerprint", "verify", "secure", "dane", "dane-only", NULL };
	const bool knows_braces = profile == ANSWER_POSTFIX_3_10;
	const char *error;
	char *at = text, *token = reader_token(&at, knows_braces);

	if (token == NULL)
		return "empty";
	if (!reader_word_in(token, levels))
		return "level";
	memcpy(policy->level, token, strlen(token) + 1);
	while ((token = reader_token(&at, knows_braces)) != NULL) {
		error = reader_take(policy, token, profile);
		if (error != NULL)
			return error;
	}
	return reader_judge(policy);
}

/* Read len bytes (what follows "OK "). To be cleared. */
static inline void
reader_read(const char *bytes, size_t len, enum answer_profile profile,
    struct reader_policy *policy)
{
	struct buf text = { 0 };
	size_t i;

	*policy = (struct reader_policy){ 0 };
	if (len > READER_DATA_MAX_BYTES)
		policy->error = "too long";
	for (i = 0; i < len && policy->error == NULL; i++) {
		if (bytes[i] < 0x20 || bytes[i] > 0x7e)
			policy->error = "not printable ASCII";
	}
	if (policy->error != NULL)
		return;
	buf_put(&text, bytes, len);
	policy->error = reader_read_text(policy, text.data, profile);
	buf_clear(&text);
}

static inline void
reader_clear(struct reader_policy *policy)
{
	unsigned i;

	for (i = 0; i < READER_ATTRIBUTES; i++)
		buf_clear(&policy->values[i]);
}

#endif
