/* SPDX-License-Identifier: ISC */
/* Jobs of administrators, as they are told of. */
#include <stdio.h>

#include "daemon/adminjobs.h"

static json_t *
show(const struct adminjob *job)
{
	json_t *object = json_object();
	char number[16];

	(void)snprintf(number, sizeof(number), "%u", job->number);
	admin_set_text(object, "job", number);
	admin_set_text(
	    object, "what", job->what == ADMINJOB_FLUSH ? "flush" : "refresh");
	admin_set(object, "running", json_boolean(job->ended == 0));
	admin_set(object, "total",
	    job->total >= 0 ? json_integer(job->total) : json_null());
	admin_set_int(object, "done", (int64_t)job->done);
	admin_set_int(object, "failed", (int64_t)job->failed);
	return object;
}

static json_t *
show_result(const struct adminjob_result *result)
{
	json_t *object = json_object();

	admin_set_text(object, "domain", result->domain);
	admin_set_text(object, "outcome", result->outcome);
	admin_set_text(object, "reason", sts_reason_word(result->reason));
	if (result->detail != NULL)
		admin_set_text(object, "detail", result->detail);
	return object;
}

bool
adminjob_show(
    struct adminjobs *jobs, unsigned int number, int64_t from, struct buf *out)
{
	const struct adminjob *job;
	struct admin_budget budget;
	uint64_t at = (uint64_t)from, first;
	size_t start;
	json_t *object;

	TAILQ_FOREACH(job, &jobs->list, entry)
	{
		if (job->number == number)
			break;
	}
	if (job == NULL)
		return false;
	first = job->done > ADMINJOB_RESULTS_MAX ?
	    job->done - ADMINJOB_RESULTS_MAX :
	    0;
	if (job->result == NULL || at > job->done)
		at = job->done;
	if (at < first)
		at = first;
	object = show(job);
	admin_set_int(object, "from", (int64_t)at);
	admin_put_json(out, object);
	/* The list goes inside, before the closing brace. */
	out->len--;
	buf_puts(out, ",\"results\":[");
	start = out->len;
	admin_budget_begin(&budget, ADMIN_LIST_US);
	while (at < job->done) {
		if (out->len > start)
			buf_putc(out, ',');
		admin_put_json(out,
		    show_result(&job->result[at++ % ADMINJOB_RESULTS_MAX]));
		if (!admin_budget_spend(&budget))
			break;
	}
	buf_printf(out, "],\"next\":%llu}\n", (unsigned long long)at);
	return true;
}

json_t *
adminjob_list(struct adminjobs *jobs)
{
	json_t *object = json_object(), *list = json_array();
	const struct adminjob *job;

	TAILQ_FOREACH(job, &jobs->list, entry)
	(void)json_array_append_new(list, show(job));
	admin_set(object, "jobs", list);
	return object;
}
