/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>

#include "base/xmalloc.h"
#include "check/compare.h"
#include "check/ruletool.h"

#define LINES_MAX 1000 /* of a policy file; more are one change */

static void
add(struct check_changes *c, const char *what, const char *before,
    const char *after)
{
	struct check_change *item;

	c->item = xreallocarray(c->item, c->count + 1, sizeof(*c->item));
	item = &c->item[c->count++];
	*item = (struct check_change){ .what = what };
	if (before != NULL)
		item->before = xstrdup(before);
	if (after != NULL)
		item->after = xstrdup(after);
}

static void
compare_text(struct check_changes *c, const char *what, const char *before,
    const char *after)
{
	if (before == NULL && after == NULL)
		return;
	if (before == NULL || after == NULL || strcmp(before, after) != 0)
		add(c, what, before, after);
}

static void
compare_look(struct check_changes *c, const struct memory_look *before,
    const struct memory_look *after)
{
	size_t i, j;

	compare_text(c, "grade", before->grade, after->grade);
	compare_text(c, "status", before->status, after->status);
	for (i = 0; i < before->codes; i++) {
		for (j = 0; j < after->codes; j++)
			if (strcmp(before->code[i], after->code[j]) == 0)
				break;
		if (j == after->codes)
			add(c, "finding", before->code[i], NULL);
	}
	for (j = 0; j < after->codes; j++) {
		for (i = 0; i < before->codes; i++)
			if (strcmp(before->code[i], after->code[j]) == 0)
				break;
		if (i == before->codes)
			add(c, "finding", NULL, after->code[j]);
	}
}

/* Records in the order of their bytes: servers turn them round. */
static int
compare_rr(const void *a, const void *b)
{
	const struct ev_rr *x = a, *y = b;

	return strcmp(x->text.data, y->text.data);
}

/* NULL: the look-up was not answered. */
static char *
records_text(const struct ev_dns *dns)
{
	struct ev_rr *rr; /* lends */
	struct buf text = { 0 };
	char *out;
	size_t i;

	if (!check_is_answered(dns))
		return NULL;
	rr = xcalloc(dns->count + 1, sizeof(*rr));
	for (i = 0; i < dns->count; i++)
		rr[i] = dns->rr[i];
	qsort(rr, dns->count, sizeof(*rr), compare_rr);
	for (i = 0; i < dns->count; i++)
		buf_printf(&text, "%s\"%s\"", i > 0 ? " " : "",
		    CHECK_CLIP(rr[i].text.data, rr[i].text.len));
	out = xstrdup(text.len > 0 ? text.data : "none");
	free(rr);
	buf_clear(&text);
	return out;
}

/* What was not seen, then or now, has not moved. */
static void
compare_seen(
    struct check_changes *c, const char *what, char *before, char *after)
{
	if (before != NULL && after != NULL)
		compare_text(c, what, before, after);
	free(before);
	free(after);
}

struct lines {
	struct check_slice line[LINES_MAX];
	size_t count;
	bool is_cut;
};

static struct lines *
lines_of(const struct ev_bytes *body)
{
	struct lines *l = xcalloc(1, sizeof(*l));
	const char *at = body->data, *end, *eol;

	if (at == NULL)
		return l;
	for (end = at + body->len; at < end; at = eol + 1) {
		eol = memchr(at, '\n', (size_t)(end - at));
		if (eol == NULL)
			eol = end;
		if (l->count == LINES_MAX) {
			l->is_cut = true;
			break;
		}
		l->line[l->count++] = check_trim(at, (size_t)(eol - at));
	}
	return l;
}

static bool
has_line(const struct lines *l, struct check_slice line)
{
	size_t i;

	for (i = 0; i < l->count; i++)
		if (l->line[i].len == line.len &&
		    memcmp(l->line[i].at, line.at, line.len) == 0)
			return true;
	return false;
}

/* The lines of one that the other has not; is_new: they are the new ones. */
static size_t
put_lines(struct check_changes *c, const struct lines *these,
    const struct lines *others, bool is_new)
{
	const char *text;
	size_t i, n = 0;

	for (i = 0; i < these->count; i++) {
		if (has_line(others, these->line[i]))
			continue;
		text = CHECK_CLIP(these->line[i].at, these->line[i].len);
		add(c, "policy line", is_new ? NULL : text,
		    is_new ? text : NULL);
		n++;
	}
	return n;
}

void
check_compare_files(struct check_changes *c, const struct ev_bytes *before,
    const struct ev_bytes *after)
{
	struct lines *old = lines_of(before), *new = lines_of(after);
	size_t n;

	if (before->len != after->len ||
	    (before->len > 0 &&
		memcmp(before->data, after->data, before->len) != 0)) {
		n = put_lines(c, old, new, false);
		n += put_lines(c, new, old, true);
		if (n == 0 || old->is_cut || new->is_cut)
			add(c, "policy file", "as it was",
			    "other order, blanks or line ends");
	}
	free(old);
	free(new);
}

/* A policy that was served, or why none was. */
static char *
fetch_text(const struct check_facts *f)
{
	const struct ev_fetch *fetch = &f->evidence->fetch;

	if (!fetch->is_asked || sts_reason_is_ours(fetch->reason))
		return NULL;
	return xstrdup(sts_reason_word(fetch->reason));
}

static char *
cert_text(const struct check_facts *f)
{
	const struct ev_tls *tls = &f->evidence->fetch.tls;
	struct buf text = { 0 };
	char *out;

	if (tls->cert_count == 0)
		return NULL;
	buf_printf(&text, "%s, until %s", CHECK_CLIP_TEXT(tls->cert[0].issuer),
	    CHECK_DAY(tls->cert[0].not_after));
	out = xstrdup(text.data);
	buf_clear(&text);
	return out;
}

static void
compare_facts(struct check_changes *c, const struct check_facts *before,
    const struct check_facts *after)
{
	const struct evidence *old = before->evidence, *new = after->evidence;

	compare_seen(
	    c, "record", records_text(&old->txt), records_text(&new->txt));
	compare_seen(c, "fetch", fetch_text(before), fetch_text(after));
	if (before->has_body && after->has_body)
		check_compare_files(c, &old->fetch.body, &new->fetch.body);
	compare_seen(c, "certificate", cert_text(before), cert_text(after));
	compare_seen(c, "MX hosts", memory_mx(before), memory_mx(after));
	compare_seen(c, "TLS-RPT", records_text(&old->tlsrpt),
	    records_text(&new->tlsrpt));
}

struct check_changes *
check_compare(
    const struct check_report *report, const struct check_memory *last)
{
	struct check_changes *c = xcalloc(1, sizeof(*c));
	struct check_memory *now;
	struct check_facts *before;

	if (last == NULL || last->look.time == 0 || last->last == NULL)
		return c;
	c->since = last->look.time;
	now = memory_new();
	memory_look_set(now, report, NULL);
	compare_look(c, &last->look, &now->look);
	memory_free(now);
	before = check_facts_new(last->last, report->facts->options);
	compare_facts(c, before, report->facts);
	check_facts_free(before);
	return c;
}

void
check_changes_free(struct check_changes *c)
{
	size_t i;

	if (c == NULL)
		return;
	for (i = 0; i < c->count; i++) {
		free(c->item[i].before);
		free(c->item[i].after);
	}
	free(c->item);
	free(c);
}
