/* SPDX-License-Identifier: ISC */
/* Sums over what was read. */
#include <stdlib.h>
#include <string.h>

#include "base/xmalloc.h"
#include "check/rptsum.h"

#define FIRST_ITEMS 16
#define SHOWN_MAX   3
#define ROWS_MAX    1000

bool
rpt_add(struct rpt_reports *all, struct rpt_report *r)
{
	size_t n = all->count;

	if (n == RPT_REPORTS_MAX)
		return false;
	/* Room is made whenever the count is a power of two. */
	if (n == 0 || (n >= FIRST_ITEMS && (n & (n - 1)) == 0))
		all->report = xreallocarray(all->report,
		    n == 0 ? FIRST_ITEMS : 2 * n, sizeof(*all->report));
	all->report[all->count++] = *r;
	*r = (struct rpt_report){ 0 };
	return true;
}

static int
compare_reports(const void *va, const void *vb)
{
	const struct rpt_report *a = va, *b = vb;
	int order;

	if (a->begin != b->begin)
		return a->begin < b->begin ? -1 : 1;
	order = strcmp(a->sender, b->sender);
	return order != 0 ? order : strcmp(a->id, b->id);
}

static int
compare_places(const void *va, const void *vb)
{
	const struct rpt_place *a = va, *b = vb;
	int order = strcmp(a->domain, b->domain);

	if (order != 0)
		return order;
	if (a->report != b->report)
		return a->report < b->report ? -1 : 1;
	return (a->policy > b->policy) - (a->policy < b->policy);
}

static void
drop_doubles(struct rpt_reports *all)
{
	size_t i, n = 0;

	if (all->count > 0)
		qsort(all->report, all->count, sizeof(*all->report),
		    compare_reports);
	for (i = 0; i < all->count; i++) {
		if (n > 0 &&
		    compare_reports(&all->report[n - 1], &all->report[i]) ==
			0) {
			rpt_report_clear(&all->report[i]);
			all->again++;
		} else {
			all->report[n++] = all->report[i];
		}
	}
	all->count = n;
}

void
rpt_unite(struct rpt_reports *all)
{
	size_t i, k, n = 0;

	drop_doubles(all);
	for (i = 0; i < all->count; i++)
		n += all->report[i].policies;
	all->place = xcalloc(n + 1, sizeof(*all->place));
	for (i = 0; i < all->count; i++)
		for (k = 0; k < all->report[i].policies; k++)
			all->place[all->places++] =
			    (struct rpt_place){ all->report[i].policy[k].domain,
				    i, k };
	if (all->places > 0)
		qsort(all->place, all->places, sizeof(*all->place),
		    compare_places);
}

void
rpt_reports_clear(struct rpt_reports *all)
{
	size_t i;

	for (i = 0; i < all->count; i++)
		rpt_report_clear(&all->report[i]);
	free(all->report);
	free(all->place);
	*all = (struct rpt_reports){ 0 };
}

static void
add_row(struct rpt_sum *s, enum rpt_type type, const struct rpt_failure *f)
{
	const char *mx = s->rows < ROWS_MAX ? f->mx : "";
	struct rpt_row *row;
	size_t i;

	for (i = 0; i < s->rows; i++) {
		row = &s->row[i];
		if (row->type == type && row->result == f->result &&
		    strcmp(row->mx, mx) == 0) {
			row->sessions += f->sessions;
			return;
		}
	}
	s->row = xreallocarray(s->row, s->rows + 1, sizeof(*s->row));
	s->row[s->rows++] =
	    (struct rpt_row){ type, mx, f->result, f->sessions };
}

/* At most 10^12 a count and 10^8 counts: no sum overflows. */
static void
add_policy(struct rpt_sum *s, const struct rpt_policy *p)
{
	int64_t named = 0;
	size_t i;

	s->good[p->type] += p->good;
	s->failed[p->type] += p->failed;
	for (i = 0; i < p->failures; i++) {
		add_row(s, p->type, &p->failure[i]);
		if (p->type == RPT_STS && rpt_is_blocking(p->failure[i].result))
			s->blocked += p->failure[i].sessions;
		named += p->failure[i].sessions;
	}
	/* Failures without a word why might be any. */
	if (p->type == RPT_STS && p->failed > named)
		s->blocked += p->failed - named;
}

static int
compare_rows(const void *va, const void *vb)
{
	const struct rpt_row *a = va, *b = vb;

	if (a->sessions != b->sessions)
		return a->sessions > b->sessions ? -1 : 1;
	if (a->type != b->type)
		return a->type < b->type ? -1 : 1;
	if (a->result != b->result)
		return a->result < b->result ? -1 : 1;
	return strcmp(a->mx, b->mx);
}

struct name {
	const char *text;
};

static int
compare_names(const void *va, const void *vb)
{
	const struct name *a = va, *b = vb;

	return strcmp(a->text, b->text);
}

/* Sorts; how many are left when each is there once. */
static size_t
unite(struct name *name, size_t count)
{
	size_t i, n = 0;

	if (count > 0)
		qsort(name, count, sizeof(*name), compare_names);
	for (i = 0; i < count; i++)
		if (n == 0 || strcmp(name[n - 1].text, name[i].text) != 0)
			name[n++] = name[i];
	return n;
}

/* The first place of the domain, or where it would be. */
static size_t
find_place(const struct rpt_reports *all, const char *domain)
{
	size_t low = 0, high = all->places, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (strcmp(all->place[middle].domain, domain) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Several policies of a report stand together. */
static void
add_report(struct rpt_sum *s, const struct rpt_report *r, struct name *sender)
{
	if (s->reports == 0 || r->begin < s->begin)
		s->begin = r->begin;
	if (s->reports == 0 || r->end > s->end)
		s->end = r->end;
	sender[s->reports++].text = r->sender;
}

void
rpt_sum(const struct rpt_reports *all, const char *domain, int64_t since,
    struct rpt_sum *out)
{
	size_t i, first = find_place(all, domain), last = SIZE_MAX, end;
	const struct rpt_report *r;
	struct name *sender;

	for (end = first;
	     end < all->places && strcmp(all->place[end].domain, domain) == 0;)
		end++;
	sender = xcalloc(end - first + 1, sizeof(*sender));
	*out = (struct rpt_sum){ 0 };
	for (i = first; i < end; i++) {
		r = &all->report[all->place[i].report];
		if (r->end < since)
			continue;
		if (all->place[i].report != last)
			add_report(out, r, sender);
		last = all->place[i].report;
		add_policy(out, &r->policy[all->place[i].policy]);
	}
	out->senders = unite(sender, out->reports);
	if (out->rows > 0)
		qsort(out->row, out->rows, sizeof(*out->row), compare_rows);
	free(sender);
}

void
rpt_sum_clear(struct rpt_sum *s)
{
	free(s->row);
	*s = (struct rpt_sum){ 0 };
}

const char **
rpt_domains(const struct rpt_reports *all, size_t *count)
{
	const char **domain = xcalloc(all->places + 1, sizeof(*domain));
	size_t i;

	*count = 0;
	for (i = 0; i < all->places; i++)
		if (i == 0 ||
		    strcmp(all->place[i - 1].domain, all->place[i].domain) != 0)
			domain[(*count)++] = all->place[i].domain;
	return domain;
}

void
rpt_put_blocking(struct buf *out, const struct rpt_sum *s)
{
	size_t i, n = 0;

	for (i = 0; i < s->rows && n < SHOWN_MAX; i++) {
		if (s->row[i].type != RPT_STS ||
		    !rpt_is_blocking(s->row[i].result))
			continue;
		buf_printf(out, "%s%s: %s (%lld)", n++ > 0 ? "; " : "",
		    s->row[i].mx[0] != '\0' ? s->row[i].mx : "no host named",
		    rpt_result_word(s->row[i].result),
		    (long long)s->row[i].sessions);
	}
}
