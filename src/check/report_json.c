/* SPDX-License-Identifier: ISC */
/*
 * For programs: docs/check.schema.json describes it. ASCII only, so that it
 * may pass over a terminal: jansson leaves DEL as it is, hence put_dump().
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/xmalloc.h"
#include "check/report_memory.h"
#include "check/reportjson.h"

#define PROFILES 3

json_t *
report_json_bytes(const char *data, size_t len)
{
	json_t *json = json_stringn(data, len);
	struct buf text = { 0 };

	if (json != NULL)
		return json;
	report_escape(&text, data, len);
	json = json_stringn(buf_str(&text), text.len);
	buf_clear(&text);
	assert(json != NULL);
	return json;
}

json_t *
report_json_text(const char *text)
{
	return text == NULL ? json_null() :
			      report_json_bytes(text, strlen(text));
}

json_t *
report_json_time(int64_t t)
{
	struct buf text = { 0 };
	json_t *json;

	report_time_iso(&text, t);
	json = json_string(text.data);
	buf_clear(&text);
	return json;
}

void
report_json_set(json_t *object, const char *key, json_t *value)
{
	int failed = json_object_set_new(object, key, value);

	assert(failed == 0);
}

void
report_json_append(json_t *array, json_t *value)
{
	int failed = json_array_append_new(array, value);

	assert(failed == 0);
}

static json_t *
chips(const struct check_report *report)
{
	json_t *json = json_object();
	unsigned int i;

	for (i = 0; i < CHECK_STAGES; i++)
		report_json_set(json, check_stage_word(i),
		    json_string(check_result_word(report->chip[i])));
	return json;
}

static json_t *
scores(const struct check_report *report)
{
	json_t *json = json_object(), *part;
	unsigned int i;

	for (i = 0; i < CHECK_PARTS; i++) {
		part = json_object();
		report_json_set(
		    part, "points", json_integer(report->part[i].points));
		report_json_set(part, "of", json_integer(report->part[i].of));
		report_json_set(json, check_part_word(i), part);
	}
	return json;
}

static json_t *
finding(const struct check_finding *f)
{
	json_t *json = json_object();

	report_json_set(json, "code", json_string(f->rule->code));
	report_json_set(
	    json, "stage", json_string(check_stage_word(f->rule->stage)));
	report_json_set(
	    json, "severity", json_string(check_severity_word(f->severity)));
	report_json_set(
	    json, "priority", json_string(check_priority_word(f->priority)));
	report_json_set(json, "message", report_json_text(f->message));
	report_json_set(json, "fix", report_json_text(f->fix));
	report_json_set(json, "rfc", json_string(f->rule->rfc));
	report_json_set(json, "evidence", report_json_text(f->evidence));
	if (f->reason != STS_REASON_OK)
		report_json_set(
		    json, "reason", json_string(sts_reason_word(f->reason)));
	if (f->line > 0)
		report_json_set(
		    json, "line", json_integer((json_int_t)f->line));
	return json;
}

static json_t *
findings(const struct check_report *report)
{
	size_t n = report->findings->count, i;
	size_t *order = xcalloc(n + 1, sizeof(*order));
	json_t *json = json_array();

	report_order(report, order);
	for (i = 0; i < n; i++)
		report_json_append(
		    json, finding(&report->findings->item[order[i]]));
	free(order);
	return json;
}

static json_t *
checks(const struct check_report *report)
{
	const enum check_result *result = report->findings->result;
	json_t *json = json_array(), *row;
	size_t i;

	for (i = 0; i < check_rules_count; i++) {
		row = json_object();
		report_json_set(row, "code", json_string(check_rules[i]->code));
		report_json_set(row, "stage",
		    json_string(check_stage_word(check_rules[i]->stage)));
		report_json_set(
		    row, "result", json_string(check_result_word(result[i])));
		report_json_append(json, row);
	}
	return json;
}

static json_t *
unproven(const struct check_report *report)
{
	json_t *json = json_array();
	size_t i;

	for (i = 0; i < check_rules_count; i++) {
		if (report->findings->result[i] == CHECK_UNPROVEN)
			report_json_append(
			    json, json_string(check_rules[i]->code));
	}
	return json;
}

static json_t *
replies(const struct check_report *report)
{
	json_t *json = json_object();
	size_t i;

	for (i = 0; i < PROFILES; i++) {
		if (report->postfix[i].reply != NULL)
			report_json_set(json,
			    answer_profile_name(report->postfix[i].profile),
			    report_json_text(report->postfix[i].reply));
	}
	return json;
}

static json_t *
provider(const struct check_report *report)
{
	json_t *json = json_object();

	report_json_set(json, "mail", report_json_text(report->mail_provider));
	report_json_set(json, "dns", report_json_text(report->dns_host));
	return json;
}

static json_t *
checked(const struct check_report *report)
{
	const struct evidence *e = report->facts->evidence;
	json_t *json = json_object();

	report_json_set(json, "time", report_json_time(e->time));
	report_json_set(json, "host", report_json_text(e->host));
	report_json_set(json, "resolver", report_json_text(e->resolver));
	report_json_set(json, "version", report_json_text(e->version));
	report_json_set(json, "seconds", json_real((double)e->ms / 1000));
	return json;
}

static json_t *
limits(const struct check_report *report)
{
	struct buf text = { 0 };
	json_t *json;

	report_limits(&text, report);
	json = report_json_bytes(text.data, text.len);
	buf_clear(&text);
	return json;
}

static json_t *
whole(const struct check_report *report)
{
	json_t *json = json_object();

	report_json_set(
	    json, "domain", json_string(report->facts->evidence->domain));
	report_json_set(json, "grade", json_string(report_grade(report)));
	report_json_set(json, "score",
	    report->score >= 0 ? json_integer(report->score) : json_null());
	report_json_set(
	    json, "verdict", json_string(check_verdict_word(report->verdict)));
	report_json_set(
	    json, "status", json_string(check_status_word(report->status)));
	report_json_set(json, "priority",
	    json_string(check_priority_word(report->priority)));
	report_json_set(json, "chips", chips(report));
	report_json_set(json, "scores", scores(report));
	report_json_set(json, "findings", findings(report));
	report_json_set(json, "checks", checks(report));
	report_json_set(json, "unproven", unproven(report));
	report_json_set(json, "records", report_json_records(report));
	report_json_set(json, "policy", report_json_policy(report));
	report_json_set(json, "mx", report_json_mx(report));
	report_json_set(json, "certificate",
	    report_json_certificate(&report->facts->evidence->fetch.tls,
		report->facts->evidence->time));
	report_json_set(json, "postfix", replies(report));
	report_json_set(json, "provider", provider(report));
	report_json_set(json, "rollout", report_json_text(report->rollout));
	report_json_put_memory(json, report);
	report_json_set(json, "limits", limits(report));
	report_json_set(json, "checked", checked(report));
	return json;
}

static void
put_dump(struct buf *out, const struct check_report *report, size_t flags)
{
	json_t *json = whole(report);
	char *text = json_dumps(
	    json, JSON_ENSURE_ASCII | JSON_REAL_PRECISION(9) | flags);
	const char *at;
	size_t len;

	assert(text != NULL);
	for (at = text; *at != '\0'; at += len) {
		len = strcspn(at, "\177");
		buf_put(out, at, len);
		if (at[len] == '\177') {
			buf_puts(out, "\\u007f");
			len++;
		}
	}
	free(text);
	json_decref(json);
}

void
report_json_begin(
    struct buf *out, size_t count, const struct report_options *options)
{
	(void)options;
	if (count != 1)
		buf_puts(out, "[\n");
}

void
report_json_one(struct buf *out, const struct check_report *report,
    bool is_first, const struct report_options *options)
{
	(void)options;
	if (!is_first)
		buf_puts(out, ",\n");
	put_dump(out, report, JSON_INDENT(2));
}

void
report_json_end(
    struct buf *out, size_t count, const struct report_options *options)
{
	(void)options;
	buf_puts(out, count != 1 ? "\n]\n" : "\n");
}

void
report_ndjson_one(struct buf *out, const struct check_report *report,
    bool is_first, const struct report_options *options)
{
	(void)is_first;
	(void)options;
	put_dump(out, report, JSON_COMPACT);
	buf_putc(out, '\n');
}
