/* SPDX-License-Identifier: ISC */
/* POST /refresh, POST /flush, GET /jobs: what takes longer than a request. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/adminjob.h"

static void
reply_started(struct httpd_exchange *ex, unsigned int number)
{
	json_t *object;
	char text[16];

	if (number == 0) {
		admin_reply_error(ex, 409,
		    "a flush runs already, or %d jobs do: try again later",
		    ADMINJOBS_MAX);
		return;
	}
	object = json_object();
	(void)snprintf(text, sizeof(text), "%u", number);
	admin_set_text(object, "job", text);
	admin_reply_json(ex, 202, object);
}

/* The domains of the request as names; false: replied to. */
static bool
read_domains(struct httpd_exchange *ex, const json_t *list, struct buf *names)
{
	char domain[DOMAIN_MAX + 1];
	const json_t *item;
	size_t i, len;

	json_array_foreach(list, i, item)
	{
		if (!json_is_string(item)) {
			admin_reply_error(
			    ex, 400, "domains: item %zu is no string", i);
			return false;
		}
		len = admin_read_domain(ex, json_string_value(item), domain);
		if (len == 0)
			return false;
		buf_put(names, domain, len + 1);
	}
	return true;
}

void
admin_refresh(struct admin *a, struct httpd_exchange *ex, const char *rest)
{
	json_t *body = admin_read_body(ex), *domains;
	bool is_all, is_failing;
	struct buf names = { 0 };

	(void)rest;
	if (body == NULL)
		return;
	domains = json_object_get(body, "domains");
	is_all = json_is_true(json_object_get(body, "all"));
	is_failing = json_is_true(json_object_get(body, "failing"));
	if ((domains != NULL) + is_all + is_failing != 1 ||
	    (domains != NULL && json_array_size(domains) == 0))
		admin_reply_error(ex, 400,
		    "say {\"domains\": [...]}, {\"failing\": true} or "
		    "{\"all\": true}");
	else if (read_domains(ex, domains, &names))
		reply_started(ex,
		    adminjob_start(a->jobs,
			is_all         ? ADMINJOB_ALL :
			    is_failing ? ADMINJOB_FAILING :
					 ADMINJOB_DOMAINS,
			&names, json_array_size(domains)));
	buf_clear(&names);
	json_decref(body);
}

void
admin_flush(struct admin *a, struct httpd_exchange *ex, const char *rest)
{
	json_t *body = admin_read_body(ex);
	struct buf names = { 0 };
	const char *word;

	(void)rest;
	if (body == NULL)
		return;
	word = json_string_value(json_object_get(body, "confirm"));
	if (word != NULL && strcmp(word, "flush") == 0)
		reply_started(
		    ex, adminjob_start(a->jobs, ADMINJOB_FLUSH, &names, 0));
	else
		admin_reply_error(ex, 400,
		    "say {\"confirm\": \"flush\"}: every policy is removed");
	json_decref(body);
}

void
admin_job(struct admin *a, struct httpd_exchange *ex, const char *rest)
{
	const char *why;
	struct buf text = { 0 };
	unsigned int number;
	int64_t from;

	if (!admin_read_number(ex, "from", INT64_MAX, 0, &from))
		return;
	number = (unsigned int)strtonum(rest, 1, UINT_MAX, &why);
	if (why == NULL && adminjob_show(a->jobs, number, from, &text))
		admin_reply_text(ex, 200, admin_type_json, &text);
	else
		admin_reply_error(ex, 404,
		    "there is no such job: they are kept for 10 minutes");
	buf_clear(&text);
}

void
admin_job_list(struct admin *a, struct httpd_exchange *ex, const char *rest)
{
	(void)rest;
	admin_reply_json(ex, 200, adminjob_list(a->jobs));
}
