/* SPDX-License-Identifier: ISC */
/*
 * Policies as smtp_tls_policy_maps text. One attribute that a version does
 * not know, or cannot read, makes it refuse the whole answer and defer.
 */
#include <assert.h>
#include <string.h>
#include <strings.h>

#include "postfix/answer.h"
#include "postfix/netstring.h"

/* With "OK " before it. */
#define ANSWER_MAX_BYTES (NETSTRING_REPLY_MAX_BYTES - 3)

#define VERSION_NUMBER_MAX 1000000 /* larger ones compare as equal */

#define MATCH_HEAD     "secure match="
#define STRING_HEAD    " {policy_string="
#define STRING_TAIL    "}"
#define STRING_DEFAULT "version: STSv1"
#define PATTERN_HEAD   " mx_host_pattern="

static const char *const profile_names[] = {
	[ANSWER_POSTFIX_2_10] = "postfix-2.10",
	[ANSWER_POSTFIX_3_4] = "postfix-3.4",
	[ANSWER_POSTFIX_3_10] = "postfix-3.10",
};

/* The names other daemons taught users to write. */
static const struct {
	const char *name;
	enum answer_profile profile;
} known_names[] = {
	{ "QUERY", ANSWER_POSTFIX_3_4 },
	{ "QUERYwithTLSRPT", ANSWER_POSTFIX_3_10 },
};

/* Newest first; the last one takes all the rest. */
static const struct {
	unsigned major, minor;
	enum answer_profile profile;
} versions[] = {
	{ 3, 10, ANSWER_POSTFIX_3_10 },
	{ 3, 4, ANSWER_POSTFIX_3_4 },
	{ 0, 0, ANSWER_POSTFIX_2_10 },
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Take digits from the front; false when there are none. */
static bool
number_take(const char **at, const char *end, unsigned *number)
{
	const char *start = *at;
	unsigned n = 0;

	for (; *at < end && **at >= '0' && **at <= '9'; ++*at) {
		n = n * 10 + (unsigned)(**at - '0');
		if (n > VERSION_NUMBER_MAX)
			n = VERSION_NUMBER_MAX;
	}
	*number = n;
	return *at > start;
}

static bool
dot_take(const char **at, const char *end)
{
	if (*at == end || **at != '.')
		return false;
	++*at;
	return true;
}

/* X.Y[.Z...][-suffix] */
static bool
version_read(const char *at, const char *end, unsigned *major, unsigned *minor)
{
	unsigned ignored;

	if (!number_take(&at, end, major) || !dot_take(&at, end) ||
	    !number_take(&at, end, minor))
		return false;
	while (dot_take(&at, end)) {
		if (!number_take(&at, end, &ignored))
			return false;
	}
	return at == end || (*at == '-' && at + 1 < end);
}

enum answer_name
answer_profile_parse(const char *name, size_t len, enum answer_profile *profile)
{
	static const char prefix[] = "postfix-";
	const size_t prefix_len = sizeof(prefix) - 1;
	unsigned major, minor;
	size_t i;

	for (i = 0; i < COUNT(known_names); i++) {
		if (len == strlen(known_names[i].name) &&
		    strncasecmp(name, known_names[i].name, len) == 0) {
			*profile = known_names[i].profile;
			return ANSWER_NAME_KNOWN;
		}
	}
	if (len < prefix_len || strncasecmp(name, prefix, prefix_len) != 0)
		return ANSWER_NAME_OTHER;
	if (!version_read(name + prefix_len, name + len, &major, &minor))
		return ANSWER_NAME_ODD;
	for (i = 0; major < versions[i].major ||
	     (major == versions[i].major && minor < versions[i].minor);
	     i++)
		continue;
	*profile = versions[i].profile;
	return ANSWER_NAME_KNOWN;
}

const char *
answer_profile_name(enum answer_profile profile)
{
	return profile_names[profile];
}

static void
cut(struct buf *out, size_t len)
{
	out->len = len;
	out->data[len] = '\0';
}

/* Any depth below x is ".x" here: match= knows no "*.x". */
static void
put_match(struct buf *out, const struct sts_mxlist *mx)
{
	const char *p = mx->names, *end = p + mx->len;
	char *to = buf_reserve(out, sizeof(MATCH_HEAD) - 1 + mx->len);
	size_t len;

	memcpy(to, MATCH_HEAD, sizeof(MATCH_HEAD) - 1);
	to += sizeof(MATCH_HEAD) - 1;
	for (; p < end; p += len + 1) {
		p += *p == '*';
		len = strlen(p);
		memcpy(to, p, len);
		to += len;
		*to++ = ':';
	}
	to[-1] = '\0'; /* in place of the last one */
	out->len = (size_t)(to - 1 - out->data);
}

static void
put_patterns(struct buf *out, const struct sts_mxlist *mx)
{
	const char *p = NULL;

	while ((p = sts_mxlist_next(mx, p)) != NULL) {
		buf_puts(out, PATTERN_HEAD);
		buf_puts(out, p);
	}
}

/* The bytes put_patterns() will need. */
static size_t
patterns_len(const struct sts_mxlist *mx)
{
	return mx->len - mx->count + mx->count * (sizeof(PATTERN_HEAD) - 1);
}

/* False when it would end after end_max. */
static bool
put_string(struct buf *out, const char *line, size_t len, size_t end_max)
{
	const size_t head = sizeof(STRING_HEAD) - 1;
	const size_t tail = sizeof(STRING_TAIL) - 1;
	char *to;

	if (out->len + head + len + tail > end_max)
		return false;
	to = buf_reserve(out, head + len + tail);
	memcpy(to, STRING_HEAD, head);
	memcpy(to + head, line, len);
	memcpy(to + head + len, STRING_TAIL, tail + 1);
	out->len += head + len + tail;
	return true;
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Can it stand between braces? They cannot be escaped. */
static bool
is_plain(const char *line, size_t len)
{
	const char *end = line + len;

	for (; line < end; line++) {
		if (*line >= ' ' && *line < '{') /* most, at once */
			continue;
		if (*line != '|' && *line != '~')
			return false;
	}
	return true;
}

/*
 * The next line that Postfix can be given, without the outer blanks, which it
 * would cut itself. False at the end.
 */
static bool
line_take(const struct sts_policy *policy, size_t *at, const char **line,
    size_t *line_len)
{
	const char *start, *lf;
	size_t len;

	while (*at < policy->text_len) {
		start = policy->text + *at;
		len = policy->text_len - *at;
		lf = memchr(start, '\n', len);
		if (lf != NULL)
			len = (size_t)(lf - start);
		*at += len + 1;
		if (lf != NULL && len > 0 && start[len - 1] == '\r')
			len--;
		for (; len > 0 && is_blank(start[0]); len--)
			start++;
		for (; len > 0 && is_blank(start[len - 1]); len--)
			continue;
		if (len > 0 && is_plain(start, len)) {
			*line = start;
			*line_len = len;
			return true;
		}
	}
	return false;
}

/* All lines, or the first, or (ANSWER_MX_NOT_ENFORCED) none before end_max. */
static enum answer_status
put_strings(struct buf *out, const struct sts_policy *policy, size_t end_max)
{
	const char *line = STRING_DEFAULT;
	size_t at = 0, first_end, len = sizeof(STRING_DEFAULT) - 1;

	(void)line_take(policy, &at, &line, &len);
	if (!put_string(out, line, len, end_max))
		return ANSWER_MX_NOT_ENFORCED;
	first_end = out->len;
	while (line_take(policy, &at, &line, &len)) {
		if (!put_string(out, line, len, end_max)) {
			cut(out, first_end);
			return ANSWER_SHORTENED;
		}
	}
	return ANSWER_FULL;
}

/*
 * The STS attributes, before end_max, or none of them: in 3.10.0 to 3.10.5
 * policy_type crashes without a policy_string and an mx_host_pattern.
 */
static enum answer_status
put_sts(struct buf *out, const char *domain, const struct sts_policy *policy,
    size_t end_max)
{
	const size_t start = out->len, patterns = patterns_len(&policy->mx);
	enum answer_status status = ANSWER_MX_NOT_ENFORCED;

	buf_puts(out, " policy_type=sts policy_domain=");
	buf_puts(out, domain);
	if (patterns < end_max)
		status = put_strings(out, policy, end_max - patterns);
	if (status == ANSWER_MX_NOT_ENFORCED)
		cut(out, start);
	else
		put_patterns(out, &policy->mx);
	return status;
}

enum answer_status
answer_write(struct buf *out, enum answer_profile profile, const char *domain,
    const struct sts_policy *policy, bool testing_reports)
{
	const size_t start = out->len, end_max = start + ANSWER_MAX_BYTES;
	enum answer_status status = ANSWER_FULL;

	if (policy->mode == STS_MODE_NONE)
		return ANSWER_NOTFOUND;
	assert(policy->mx.count > 0 && policy->mx.len <= ANSWER_MX_MAX_BYTES);
	if (policy->mode == STS_MODE_TESTING) {
		if (!testing_reports || profile != ANSWER_POSTFIX_3_10)
			return ANSWER_NOTFOUND;
		buf_puts(out, "may");
	} else {
		put_match(out, &policy->mx);
		if (profile != ANSWER_POSTFIX_2_10)
			buf_puts(out, " servername=hostname");
	}
	if (profile == ANSWER_POSTFIX_3_10)
		status = put_sts(out, domain, policy, end_max);
	if (status == ANSWER_MX_NOT_ENFORCED &&
	    policy->mode == STS_MODE_TESTING) {
		/* A bare "may" only weakens main.cf's level. */
		cut(out, start);
		return ANSWER_NOTFOUND;
	}
	assert(out->len <= end_max);
	return status;
}
