/* SPDX-License-Identifier: ISC */
/* From JSON to what counts. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <jansson.h>

#include "base/xmalloc.h"
#include "check/rptreport.h"

#define DEPTH_MAX  16 /* a report needs 6 */
#define TEXT_BYTES 200 /* of a sender's name or an id that are kept */

static const char *const types[RPT_TYPES] = { "sts", "tlsa",
	"no-policy-found" };

static const struct {
	const char *word;
	bool is_blocking;
} results[RPT_RESULTS] = {
	[RPT_STARTTLS_NOT_SUPPORTED] = { "starttls-not-supported", true },
	[RPT_CERTIFICATE_HOST_MISMATCH] = { "certificate-host-mismatch", true },
	[RPT_CERTIFICATE_EXPIRED] = { "certificate-expired", true },
	[RPT_CERTIFICATE_NOT_TRUSTED] = { "certificate-not-trusted", true },
	[RPT_VALIDATION_FAILURE] = { "validation-failure", true },
	[RPT_TLSA_INVALID] = { "tlsa-invalid", false },
	[RPT_DNSSEC_INVALID] = { "dnssec-invalid", false },
	[RPT_DANE_REQUIRED] = { "dane-required", false },
	[RPT_STS_POLICY_FETCH_ERROR] = { "sts-policy-fetch-error", false },
	[RPT_STS_POLICY_INVALID] = { "sts-policy-invalid", false },
	[RPT_STS_WEBPKI_INVALID] = { "sts-webpki-invalid", false },
	[RPT_OTHER] = { "other", true },
};

const char *
rpt_type_word(enum rpt_type type)
{
	return types[type];
}

const char *
rpt_result_word(enum rpt_result result)
{
	return results[result].word;
}

bool
rpt_is_blocking(enum rpt_result result)
{
	return results[result].is_blocking;
}

static bool
refuse(char error[RPT_ERROR_BYTES], const char *member, const char *why)
{
	snprintf(error, RPT_ERROR_BYTES, "%s: %s", member, why);
	return false;
}

/* Before a parser recurses into it. */
static bool
is_shallow(const char *text, size_t len)
{
	bool is_string = false;
	int depth = 0;
	size_t i;

	for (i = 0; i < len; i++) {
		if (is_string && text[i] == '\\')
			i++;
		else if (text[i] == '"')
			is_string = !is_string;
		else if (!is_string && (text[i] == '{' || text[i] == '['))
			depth++;
		else if (!is_string && (text[i] == '}' || text[i] == ']'))
			depth--;
		if (depth > DEPTH_MAX)
			return false;
	}
	return true;
}

/* What is wanted, or NULL (and said so) when it is not of that type. */
static json_t *
member(json_t *object, const char *name, json_type type,
    char error[RPT_ERROR_BYTES])
{
	static const char *const words[] = {
		[JSON_OBJECT] = "an object",
		[JSON_ARRAY] = "a list",
		[JSON_STRING] = "a text",
		[JSON_INTEGER] = "a whole number",
	};
	json_t *value = json_object_get(object, name);

	if (value != NULL && json_typeof(value) == type)
		return value;
	snprintf(error, RPT_ERROR_BYTES, "%s: %s%s", name,
	    value == NULL ? "missing" : "not ",
	    value == NULL ? "" : words[type]);
	return NULL;
}

static bool
read_count(
    json_t *object, const char *name, int64_t *out, char error[RPT_ERROR_BYTES])
{
	json_t *value = member(object, name, JSON_INTEGER, error);

	if (value == NULL)
		return false;
	if (json_integer_value(value) < 0 ||
	    json_integer_value(value) > RPT_SESSIONS_MAX)
		return refuse(error, name, "no number of sessions");
	*out = json_integer_value(value);
	return true;
}

/* "+01:30" as seconds; false: it is none. */
static bool
parse_offset(const char *text, int64_t *out)
{
	static const char form[] = "+dd:dd";
	size_t i;

	if (strlen(text) != strlen(form) ||
	    (text[0] != '+' && text[0] != '-') || text[3] != ':')
		return false;
	for (i = 1; i < strlen(form); i++)
		if (form[i] == 'd' && (text[i] < '0' || text[i] > '9'))
			return false;
	*out = ((text[1] - '0') * 10 + text[2] - '0') * 3600 +
	    ((text[4] - '0') * 10 + text[5] - '0') * 60;
	if (text[0] == '-')
		*out = -*out;
	return true;
}

/* RFC 3339: "2016-04-01T00:00:00Z", with a fraction, with an offset. */
static bool
parse_time(const char *text, int64_t *out)
{
	struct tm tm = { 0 };
	const char *rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);
	int64_t offset = 0;

	if (rest == NULL)
		return false;
	if (*rest == '.')
		rest += 1 + strspn(rest + 1, "0123456789");
	if (strcmp(rest, "Z") != 0 && strcmp(rest, "z") != 0 &&
	    !parse_offset(rest, &offset))
		return false;
	*out = (int64_t)timegm(&tm) - offset;
	return *out >= 0;
}

static bool
read_time(
    json_t *object, const char *name, int64_t *out, char error[RPT_ERROR_BYTES])
{
	json_t *value = member(object, name, JSON_STRING, error);

	if (value == NULL)
		return false;
	return parse_time(json_string_value(value), out) ||
	    refuse(error, name, "no time");
}

static enum rpt_result
find_result(const char *word)
{
	size_t i;

	for (i = 0; i < RPT_OTHER; i++)
		if (strcmp(word, results[i].word) == 0)
			return (enum rpt_result)i;
	return RPT_OTHER;
}

static bool
read_failure(json_t *value, struct rpt_failure *f, char error[RPT_ERROR_BYTES])
{
	json_t *mx = json_object_get(value, "receiving-mx-hostname"), *word;

	if (!json_is_object(value))
		return refuse(error, "failure-details", "not objects");
	if ((word = member(value, "result-type", JSON_STRING, error)) == NULL)
		return false;
	f->result = find_result(json_string_value(word));
	if (mx != NULL && !json_is_string(mx) && !json_is_null(mx))
		return refuse(error, "receiving-mx-hostname", "not a text");
	/* What is no name is left out: it would be a stranger's word. */
	if (json_is_string(mx))
		(void)domain_to_ascii(
		    json_string_value(mx), json_string_length(mx), f->mx);
	return read_count(value, "failed-session-count", &f->sessions, error);
}

static bool
read_failures(json_t *policy, struct rpt_policy *p, char error[RPT_ERROR_BYTES])
{
	json_t *list = json_object_get(policy, "failure-details");
	size_t i;

	if (list == NULL || json_is_null(list))
		return true;
	if (!json_is_array(list))
		return refuse(error, "failure-details", "not a list");
	if (json_array_size(list) > RPT_FAILURES_MAX)
		return refuse(error, "failure-details", "too many");
	p->failure = xcalloc(json_array_size(list) + 1, sizeof(*p->failure));
	for (i = 0; i < json_array_size(list); i++)
		if (!read_failure(json_array_get(list, i),
			&p->failure[p->failures++], error))
			return false;
	return true;
}

static bool
read_type(json_t *what, enum rpt_type *out, char error[RPT_ERROR_BYTES])
{
	json_t *word = member(what, "policy-type", JSON_STRING, error);
	size_t i;

	if (word == NULL)
		return false;
	for (i = 0; i < RPT_TYPES; i++) {
		if (strcmp(json_string_value(word), types[i]) == 0) {
			*out = (enum rpt_type)i;
			return true;
		}
	}
	return refuse(error, "policy-type", "none of RFC 8460");
}

static bool
read_policy(json_t *value, struct rpt_policy *p, char error[RPT_ERROR_BYTES])
{
	json_t *what, *sums, *domain;

	if (!json_is_object(value))
		return refuse(error, "policies", "not objects");
	if ((what = member(value, "policy", JSON_OBJECT, error)) == NULL ||
	    !read_type(what, &p->type, error) ||
	    (domain = member(what, "policy-domain", JSON_STRING, error)) ==
		NULL)
		return false;
	if (domain_to_ascii(json_string_value(domain),
		json_string_length(domain), p->domain) == 0)
		return refuse(error, "policy-domain", "no domain");
	return (sums = member(value, "summary", JSON_OBJECT, error)) != NULL &&
	    read_count(
		sums, "total-successful-session-count", &p->good, error) &&
	    read_count(
		sums, "total-failure-session-count", &p->failed, error) &&
	    read_failures(value, p, error);
}

static bool
read_policies(json_t *root, struct rpt_report *r, char error[RPT_ERROR_BYTES])
{
	json_t *list = member(root, "policies", JSON_ARRAY, error);
	size_t i;

	if (list == NULL)
		return false;
	if (json_array_size(list) > RPT_POLICIES_MAX)
		return refuse(error, "policies", "too many");
	r->policy = xcalloc(json_array_size(list) + 1, sizeof(*r->policy));
	for (i = 0; i < json_array_size(list); i++)
		if (!read_policy(json_array_get(list, i),
			&r->policy[r->policies++], error))
			return false;
	return true;
}

static char *
keep_text(json_t *value)
{
	const char *text = json_string_value(value);

	return xmemdup(text, strnlen(text, TEXT_BYTES));
}

static bool
read_report(json_t *root, struct rpt_report *r, char error[RPT_ERROR_BYTES])
{
	json_t *range, *sender, *id;

	if (!json_is_object(root))
		return refuse(error, "report", "not an object");
	if ((sender = member(root, "organization-name", JSON_STRING, error)) ==
		NULL ||
	    (id = member(root, "report-id", JSON_STRING, error)) == NULL ||
	    (range = member(root, "date-range", JSON_OBJECT, error)) == NULL ||
	    !read_time(range, "start-datetime", &r->begin, error) ||
	    !read_time(range, "end-datetime", &r->end, error))
		return false;
	if (r->end < r->begin)
		return refuse(error, "date-range", "ends before it begins");
	r->sender = keep_text(sender);
	r->id = keep_text(id);
	return read_policies(root, r, error);
}

bool
rpt_parse(const char *text, size_t len, struct rpt_report *out,
    char error[RPT_ERROR_BYTES])
{
	struct rpt_report r = { 0 };
	json_error_t why;
	json_t *root;
	bool is_good;

	if (len > RPT_BYTES_MAX)
		return refuse(error, "report", "too large");
	if (!is_shallow(text, len))
		return refuse(error, "report", "nested too deeply");
	json_set_alloc_funcs(xmalloc, free);
	root = json_loadb(text, len, JSON_REJECT_DUPLICATES, &why);
	if (root == NULL) {
		/* The parser's own words may quote the text. */
		snprintf(error, RPT_ERROR_BYTES, "line %d, column %d: no JSON",
		    why.line, why.column);
		return false;
	}
	is_good = read_report(root, &r, error);
	json_decref(root);
	if (is_good)
		*out = r;
	else
		rpt_report_clear(&r);
	return is_good;
}

void
rpt_report_clear(struct rpt_report *r)
{
	size_t i;

	for (i = 0; i < r->policies; i++)
		free(r->policy[i].failure);
	free(r->policy);
	free(r->sender);
	free(r->id);
	*r = (struct rpt_report){ 0 };
}
