/* SPDX-License-Identifier: ISC */
/* The reports by themselves: for people, and as JSON. */
#include <stdlib.h>

#include <jansson.h>

#include "base/xmalloc.h"
#include "check/report.h"
#include "check/rptsum.h"

#define ROWS_SHOWN 20

static const char *
plural(int64_t n)
{
	return n == 1 ? "" : "s";
}

static void
put_sessions(struct buf *out, const struct rpt_sum *s)
{
	static const char *const titles[RPT_TYPES] = { "under MTA-STS",
		"under DANE", "without a policy" };
	size_t i;

	for (i = 0; i < RPT_TYPES; i++)
		if (s->good[i] + s->failed[i] > 0)
			buf_printf(out,
			    "  %-16s %lld session%s good, %lld failed\n",
			    titles[i], (long long)s->good[i],
			    plural(s->good[i]), (long long)s->failed[i]);
}

static void
put_domain(struct buf *out, const struct rpt_reports *all, const char *domain)
{
	struct rpt_sum s;
	size_t i;

	rpt_sum(all, domain, 0, &s);
	buf_printf(out, "\n%s: %zu report%s of %zu sender%s, ", domain,
	    s.reports, plural((int64_t)s.reports), s.senders,
	    plural((int64_t)s.senders));
	report_day(out, s.begin);
	buf_puts(out, " to ");
	report_day(out, s.end);
	buf_putc(out, '\n');
	put_sessions(out, &s);
	for (i = 0; i < s.rows && i < ROWS_SHOWN; i++)
		buf_printf(out, "    %8lld  %-28s %s%s\n",
		    (long long)s.row[i].sessions,
		    rpt_result_word(s.row[i].result),
		    s.row[i].mx[0] != '\0' ? s.row[i].mx : "(no host named)",
		    s.row[i].type == RPT_STS      ? "" :
			s.row[i].type == RPT_TLSA ? " (DANE)" :
						    " (no policy)");
	if (s.rows > ROWS_SHOWN)
		buf_printf(out, "    ... and %zu more\n", s.rows - ROWS_SHOWN);
	if (s.blocked > 0)
		buf_printf(out,
		    "  Enforce would have held up %lld of these sessions.\n",
		    (long long)s.blocked);
	else if (s.good[RPT_STS] > 0)
		buf_puts(out, "  Enforce would have held up none of them.\n");
	rpt_sum_clear(&s);
}

void
rpt_put_text(struct buf *out, const struct rpt_reports *all)
{
	const char **domain;
	size_t i, count;

	buf_printf(out, "TLS-RPT: %zu report%s read", all->count,
	    plural((int64_t)all->count));
	if (all->again > 0)
		buf_printf(out, ", %zu of them twice", all->again);
	if (all->refused > 0)
		buf_printf(out, ", %zu file%s refused", all->refused,
		    plural((int64_t)all->refused));
	buf_putc(out, '\n');
	domain = rpt_domains(all, &count);
	for (i = 0; i < count; i++)
		put_domain(out, all, domain[i]);
	free(domain);
}

static json_t *
json_time(int64_t t)
{
	struct buf text = { 0 };
	json_t *value;

	report_time_iso(&text, t);
	value = json_string(buf_str(&text));
	buf_clear(&text);
	return value;
}

static json_t *
json_rows(const struct rpt_sum *s)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < s->rows; i++)
		json_array_append_new(list,
		    json_pack("{s:s, s:s, s:s?, s:I, s:b}", "policy_type",
			rpt_type_word(s->row[i].type), "result",
			rpt_result_word(s->row[i].result), "mx",
			s->row[i].mx[0] != '\0' ? s->row[i].mx : NULL,
			"sessions", (json_int_t)s->row[i].sessions, "blocking",
			s->row[i].type == RPT_STS &&
			    rpt_is_blocking(s->row[i].result)));
	return list;
}

static json_t *
json_domain(const struct rpt_reports *all, const char *domain)
{
	json_t *value, *types = json_object();
	struct rpt_sum s;
	size_t i;

	rpt_sum(all, domain, 0, &s);
	for (i = 0; i < RPT_TYPES; i++)
		json_object_set_new(types, rpt_type_word((enum rpt_type)i),
		    json_pack("{s:I, s:I}", "successful", (json_int_t)s.good[i],
			"failed", (json_int_t)s.failed[i]));
	value = json_pack("{s:s, s:I, s:I, s:o, s:o, s:o, s:I, s:o}", "domain",
	    domain, "reports", (json_int_t)s.reports, "senders",
	    (json_int_t)s.senders, "begin", json_time(s.begin), "end",
	    json_time(s.end), "sessions", types, "blocked",
	    (json_int_t)s.blocked, "failures", json_rows(&s));
	rpt_sum_clear(&s);
	return value;
}

void
rpt_put_json(struct buf *out, const struct rpt_reports *all)
{
	json_t *list = json_array(), *root;
	const char **domain;
	size_t i, count;
	char *text;

	json_set_alloc_funcs(xmalloc, free);
	domain = rpt_domains(all, &count);
	for (i = 0; i < count; i++)
		json_array_append_new(list, json_domain(all, domain[i]));
	free(domain);
	root = json_pack("{s:I, s:I, s:I, s:o}", "reports",
	    (json_int_t)all->count, "again", (json_int_t)all->again, "refused",
	    (json_int_t)all->refused, "domains", list);
	text = json_dumps(root, JSON_INDENT(2));
	buf_puts(out, text);
	buf_putc(out, '\n');
	free(text);
	json_decref(root);
}

int
rpt_exit_status(const struct rpt_reports *all)
{
	int64_t failed = 0, blocked = 0;
	const char **domain;
	struct rpt_sum s;
	size_t i, count;

	domain = rpt_domains(all, &count);
	for (i = 0; i < count; i++) {
		rpt_sum(all, domain[i], 0, &s);
		failed += s.failed[RPT_STS] + s.failed[RPT_TLSA];
		blocked += s.blocked;
		rpt_sum_clear(&s);
	}
	free(domain);
	if (blocked > 0)
		return 2;
	if (all->count == 0 || all->refused > 0)
		return 3;
	return failed > 0;
}
