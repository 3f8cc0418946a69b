/* SPDX-License-Identifier: ISC */
/* What doctor found, for programs. */
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/text.h"
#include "ctl/doctorreport.h"

/* NULL is null; bytes that are not printable ASCII are escaped. */
static json_t *
text(const char *s)
{
	struct buf plain = { 0 };
	json_t *json;

	if (s == NULL)
		return json_null();
	text_escape(&plain, s, strlen(s));
	json = json_string(buf_str(&plain));
	buf_clear(&plain);
	return json;
}

static json_t *
texts(const struct doctor_texts *list)
{
	json_t *array = json_array();
	size_t i;

	for (i = 0; i < list->count; i++)
		json_array_append_new(array, text(list->item[i]));
	return array;
}

static json_t *
findings(const struct doctor_report *report)
{
	const struct doctor_finding *finding;
	json_t *array = json_array();
	size_t i;

	for (i = 0; i < report->count; i++) {
		finding = &report->item[i];
		json_array_append_new(array,
		    json_pack("{s:s, s:s, s:o, s:o}", "code",
			finding->rule->code, "severity",
			doctor_severity_word(finding->severity), "message",
			text(finding->message), "fix", texts(&finding->fix)));
	}
	return array;
}

static json_t *
checks(const struct doctor_report *report)
{
	const struct doctor_result *result;
	json_t *array = json_array();
	bool is_skipped;
	size_t i;

	for (i = 0; i < doctor_rules_count; i++) {
		result = &report->result[i];
		is_skipped =
		    result->skipped != NULL && result->worst == DOCTOR_OK;
		json_array_append_new(array,
		    json_pack("{s:s, s:s, s:s, s:s?}", "code",
			doctor_rules[i].code, "title", doctor_rules[i].title,
			"result",
			is_skipped ? "skipped" :
				     doctor_severity_word(result->worst),
			"why", is_skipped ? result->skipped : NULL));
	}
	return array;
}

void
doctor_report_json(struct buf *out, const struct doctor_facts *f,
    const struct doctor_report *report)
{
	json_t *json;
	char *line;

	json = json_pack("{s:s, s:{s:b, s:o, s:o}, s:{s:b, s:o, s:o}, s:o, "
			 "s:o, s:o, s:I}",
	    "status", doctor_severity_word(report->worst), "postfix", "found",
	    f->postfix.is_there, "version", text(f->postfix.version),
	    "config_directory",
	    text(f->postfix.is_there ?
		    doctor_value(f, NULL, "config_directory") :
		    NULL),
	    "daemon", "running", f->daemon.api == DOCTOR_API_UP, "version",
	    text(f->daemon.version), "socket", text(f->daemon.api_address),
	    "findings", findings(report), "checks", checks(report),
	    "not_listed", texts(&f->postfix.unread), "next_hops_not_asked",
	    (json_int_t)f->hops_left);
	line = json_dumps(json, JSON_ENSURE_ASCII);
	buf_puts(out, line);
	buf_putc(out, '\n');
	free(line);
	json_decref(json);
}
