/* SPDX-License-Identifier: ISC */
/* Rows, and what is counted over them. */
#include <stdlib.h>
#include <string.h>

#include "base/xmalloc.h"
#include "check/report.h"
#include "check/summary.h"

static const char *const grades[SUMMARY_GRADES] = { "A", "B", "C", "D", "F",
	"N/A", "?" };

struct check_summary *
check_summary_new(size_t rows)
{
	struct check_summary *s = xcalloc(1, sizeof(*s));

	s->row = xcalloc(rows > 0 ? rows : 1, sizeof(*s->row));
	s->rows = rows;
	s->fault = xcalloc(check_rules_count, sizeof(*s->fault));
	return s;
}

void
check_summary_free(struct check_summary *s)
{
	size_t i;

	if (s == NULL)
		return;
	for (i = 0; i < s->rows; i++)
		free(s->row[i].next_action);
	free(s->row);
	free(s->fault);
	free(s);
}

/* A rule counts once a domain. */
static void
count_faults(struct check_summary *s, const struct check_findings *findings)
{
	size_t i, k;

	for (i = 0; i < check_rules_count; i++) {
		for (k = 0; k < findings->count; k++) {
			if (findings->item[k].rule == check_rules[i] &&
			    findings->item[k].severity != CHECK_INFO) {
				s->fault[i]++;
				break;
			}
		}
	}
}

void
check_summary_add(struct check_summary *s, size_t row,
    const struct check_report *report, int exit)
{
	const struct ev_cert *cert = report_cert(report);
	struct check_row *r = &s->row[row];

	r->is_done = true;
	strlcpy(r->grade, report_grade(report), sizeof(r->grade));
	r->exit = exit;
	r->status = report->status;
	r->priority = report->priority;
	r->cert_end = cert != NULL ? cert->not_after : 0;
	if (report->next_action != NULL)
		r->next_action = xstrdup(report->next_action);
	count_faults(s, report->findings);
	s->now = report->facts->now;
}

struct sorted {
	const struct check_row *row;
};

static int
compare_rows(const void *va, const void *vb)
{
	static const int worst[] = { 0, 1, 3, 2 }; /* as an exit status */
	const struct check_row *a = ((const struct sorted *)va)->row;
	const struct check_row *b = ((const struct sorted *)vb)->row;

	if (a->priority != b->priority)
		return a->priority > b->priority ? -1 : 1;
	if (a->exit != b->exit)
		return worst[a->exit] > worst[b->exit] ? -1 : 1;
	return (a > b) - (a < b);
}

void
check_summary_order(const struct check_summary *s, size_t *order)
{
	struct sorted *sorted;
	size_t i;

	sorted = xcalloc(s->rows > 0 ? s->rows : 1, sizeof(*sorted));
	for (i = 0; i < s->rows; i++)
		sorted[i].row = &s->row[i];
	qsort(sorted, s->rows, sizeof(*sorted), compare_rows);
	for (i = 0; i < s->rows; i++)
		order[i] = (size_t)(sorted[i].row - s->row);
	free(sorted);
}

/* The star apart. */
static bool
is_grade(const struct check_row *r, const char *grade)
{
	size_t len = strlen(grade);

	return strncmp(r->grade, grade, len) == 0 &&
	    (r->grade[len] == '\0' || r->grade[len] == '*');
}

void
check_summary_grades(const struct check_summary *s, const char *label,
    struct check_count grade[SUMMARY_GRADES])
{
	size_t i, k;

	for (k = 0; k < SUMMARY_GRADES; k++)
		grade[k] = (struct check_count){ grades[k], 0 };
	for (i = 0; i < s->rows; i++) {
		if (!s->row[i].is_done ||
		    (label != NULL && strcmp(s->row[i].label, label) != 0))
			continue;
		for (k = 0; k < SUMMARY_GRADES; k++)
			if (is_grade(&s->row[i], grades[k]))
				grade[k].count++;
	}
}

size_t
check_summary_faults(
    const struct check_summary *s, size_t max, struct check_count *out)
{
	size_t i, k, n = 0;

	/* Few are kept: each goes to its place among them. */
	for (i = 0; i < check_rules_count; i++) {
		if (s->fault[i] == 0)
			continue;
		for (k = n; k > 0 && out[k - 1].count < s->fault[i]; k--)
			if (k < max)
				out[k] = out[k - 1];
		if (k >= max)
			continue;
		out[k] =
		    (struct check_count){ check_rules[i]->code, s->fault[i] };
		if (n < max)
			n++;
	}
	return n;
}

const struct check_row *
check_summary_soonest(const struct check_summary *s)
{
	const struct check_row *best = NULL, *r;
	size_t i;

	for (i = 0; i < s->rows; i++) {
		r = &s->row[i];
		if (r->is_done && r->cert_end != 0 &&
		    (best == NULL || r->cert_end < best->cert_end))
			best = r;
	}
	return best;
}

static int
compare_texts(const void *va, const void *vb)
{
	const char *a, *b;

	memcpy(&a, va, sizeof(a));
	memcpy(&b, vb, sizeof(b));
	return strcmp(a, b);
}

const char **
check_summary_labels(const struct check_summary *s, size_t *count)
{
	const char **label;
	size_t i, n = 0;

	label = xcalloc(s->rows > 0 ? s->rows : 1, sizeof(*label));
	for (i = 0; i < s->rows; i++)
		if (s->row[i].label[0] != '\0')
			label[n++] = s->row[i].label;
	qsort(label, n, sizeof(*label), compare_texts);
	*count = 0;
	for (i = 0; i < n; i++)
		if (i == 0 || strcmp(label[i], label[*count - 1]) != 0)
			label[(*count)++] = label[i];
	return label;
}

void
check_summary_put_grades(
    struct buf *out, const struct check_summary *s, const char *label)
{
	struct check_count grade[SUMMARY_GRADES];
	const char *before = "";
	size_t i;

	check_summary_grades(s, label, grade);
	for (i = 0; i < SUMMARY_GRADES; i++) {
		if (grade[i].count == 0)
			continue;
		buf_printf(
		    out, "%s%s %zu", before, grade[i].name, grade[i].count);
		before = ", ";
	}
}
