/* SPDX-License-Identifier: ISC */
/*
 * A report that is next in the order is written when it is there; one that is
 * early, and all where the format wants a head or the order is by priority,
 * are spooled.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/xmalloc.h"
#include "check/bulk.h"
#include "check/probe.h"
#include "check/progress.h"
#include "check/spool.h"

#define EXIT_UNKNOWN 3

enum {
	SIGNALS = 2
};

struct bulk_probe {
	struct bulk *bulk;
	size_t at;
	struct probe *probe; /* while it runs */
};

struct bulk {
	const struct bulk_run *run;
	struct check_cliopts options; /* with the label of the domain */
	size_t total; /* domains that were given, the bad ones too */
	struct probe_shared *shared;
	struct check_summary *summary;
	struct spool *spool; /* NULL: one domain, nothing waits */
	struct spool_place *place; /* of each report in it */
	struct report_place *order;
	struct bulk_probe *probe; /* of each domain */
	struct loop_signal *signal[SIGNALS];
	struct progress *progress;
	struct buf whole; /* what the format keeps together */
	size_t next; /* to be started */
	size_t running, done, written;
	bool is_held; /* nothing is written before all is done */
	bool has_written;
	bool has_moved; /* there is a report at all */
	bool is_stopped; /* by a signal, or a fault of our own */
	int status;
};

int
bulk_worse(int a, int b)
{
	static const int rank[] = { 0, 1, 3, 2 };

	return rank[a] >= rank[b] ? a : b;
}

static void
stop(struct bulk *b)
{
	b->is_stopped = true;
	b->status = EXIT_UNKNOWN;
	loop_stop(b->run->loop);
}

static void
fail(struct bulk *b, const char *what)
{
	progress_hide(b->progress);
	fprintf(stderr, "postfix-mta-sts: %s: %s\n", what, strerror(errno));
	stop(b);
}

/* ---- writing */

static void
put(struct bulk *b, const struct buf *text)
{
	if (b->options.format->is_whole)
		buf_put(&b->whole, text->data, text->len);
	else if (!output_put(b->run->output, text))
		stop(b);
}

/* A report; it was not the first when it was rendered. */
static void
put_report(struct bulk *b, struct buf *text)
{
	size_t between = strlen(b->options.format->between);

	/* Nothing to say of it: then it is not the first either. */
	if (text->len == 0)
		return;
	if (!b->has_written && b->total > 1)
		buf_consume(text, between);
	b->has_written = true;
	put(b, text);
}

static void
put_spooled(struct bulk *b, size_t at)
{
	struct buf text = { 0 };

	if (spool_get(b->spool, &b->place[at], &text))
		put_report(b, &text);
	else
		fail(b, "the reports that wait cannot be read");
	buf_clear(&text);
}

/* All that have their turn now. */
static void
put_ready(struct bulk *b)
{
	while (!b->is_held && !b->is_stopped &&
	    b->written < b->run->list->count &&
	    b->summary->row[b->written].is_done)
		put_spooled(b, b->written++);
}

static void
take_report(struct bulk *b, size_t at, struct buf *text)
{
	if (!b->is_held && at == b->written) {
		progress_hide(b->progress);
		put_report(b, text);
		b->written++;
		put_ready(b);
	} else if (!spool_put(b->spool, text->data, text->len, &b->place[at]))
		fail(b, "the reports that wait cannot be kept");
}

static void
put_edge(struct bulk *b, check_format_edge *edge)
{
	struct buf text = { 0 }, *to;

	to = b->options.format->is_whole ? &b->whole : &text;
	edge(to, b->total, &b->options.report);
	if (to == &text)
		put(b, to);
	buf_clear(&text);
}

static void
put_rows(struct bulk *b, check_format_rows *rows)
{
	struct buf text = { 0 };

	if (rows == NULL || b->total < 2 || b->is_stopped ||
	    b->options.is_only_changes ||
	    (b->options.format->summary == rows && !b->has_written))
		return;
	rows(&text, b->summary, &b->options.report);
	put(b, &text);
	buf_clear(&text);
}

/* All that was held back. */
static void
put_held(struct bulk *b)
{
	size_t i, count = b->run->list->count, *order;

	order = xcalloc(count, sizeof(*order));
	for (i = 0; i < count; i++)
		order[i] = i;
	if (b->options.is_by_priority)
		check_summary_order(b->summary, order);
	for (i = 0; i < count && !b->is_stopped; i++)
		put_spooled(b, order[i]);
	free(order);
}

/* Where the format has no place for it, a person at a terminal gets it. */
static void
tell_summary(struct bulk *b)
{
	const struct check_format *format = b->options.format;
	struct buf text = { 0 };

	if (format->head != NULL || format->summary != NULL || b->total < 2 ||
	    b->options.is_only_changes || !isatty(STDERR_FILENO))
		return;
	report_text_summary(&text, b->summary, &b->options.report);
	fputs(buf_str(&text), stderr);
	buf_clear(&text);
}

/* ---- the domains */

static void start_some(struct bulk *);

static void
on_probed(struct evidence *e, void *arg)
{
	struct bulk_probe *p = arg;
	struct bulk *b = p->bulk;
	struct buf text = { 0 };
	int status;

	p->probe = NULL;
	b->running--;
	b->options.report.label = b->run->list->item[p->at].label;
	b->options.report.place = &b->order[p->at];
	status = b->run->judge(
	    &b->options, e, b->total == 1, &text, b->summary, p->at);
	evidence_free(e);
	b->status = bulk_worse(b->status, status);
	b->done++;
	b->has_moved |= text.len > 0;
	take_report(b, p->at, &text);
	buf_clear(&text);
	progress_set(b->progress, b->done);
	if (b->is_stopped)
		return;
	start_some(b);
	if (b->done == b->run->list->count)
		loop_stop(b->run->loop);
}

static void
start_some(struct bulk *b)
{
	const struct bulk_run *r = b->run;
	struct bulk_probe *p;

	while (b->running < b->options.jobs && b->next < r->list->count) {
		p = &b->probe[b->next];
		p->bulk = b;
		p->at = b->next++;
		/* It was folded before: it is a domain. */
		p->probe = probe_start(r->loop, r->config, r->dns, r->fetcher,
		    &b->options.probe, r->list->item[p->at].input, on_probed,
		    p);
		b->running++;
	}
}

static void
on_signal(void *arg)
{
	stop(arg);
}

/* ---- orders that are known before anything was seen */

struct named {
	const struct domainlist_item *item;
};

static int
compare_names(const void *va, const void *vb)
{
	const struct named *a = va, *b = vb;

	return strcmp(a->item->domain, b->item->domain);
}

static int
compare_labels(const void *va, const void *vb)
{
	const struct named *a = va, *b = vb;
	int order = strcmp(a->item->label, b->item->label);

	return order != 0 ? order : (a->item > b->item) - (a->item < b->item);
}

static void
find_order(struct bulk *b)
{
	const struct domainlist *list = b->run->list;
	struct named *named = xcalloc(list->count, sizeof(*named));
	size_t i;

	for (i = 0; i < list->count; i++) {
		named[i].item = &list->item[i];
		b->order[i].given = i;
	}
	qsort(named, list->count, sizeof(*named), compare_names);
	for (i = 0; i < list->count; i++)
		b->order[named[i].item - list->item].by_name = i;
	qsort(named, list->count, sizeof(*named), compare_labels);
	for (i = 0; i < list->count; i++)
		b->order[named[i].item - list->item].by_label = i;
	free(named);
}

/* ---- the run */

static bool
begin(struct bulk *b)
{
	static const int signals[SIGNALS] = { SIGINT, SIGTERM };
	const struct domainlist *list = b->run->list;
	size_t i;

	b->summary = check_summary_new(list->count);
	for (i = 0; i < list->count; i++) {
		b->summary->row[i].domain = list->item[i].domain;
		b->summary->row[i].label = list->item[i].label;
	}
	b->place = xcalloc(list->count, sizeof(*b->place));
	b->order = xcalloc(list->count, sizeof(*b->order));
	b->probe = xcalloc(list->count, sizeof(*b->probe));
	find_order(b);
	if ((b->total > 1 || b->is_held) && (b->spool = spool_new()) == NULL) {
		fail(b, "no place for a temporary file");
		return false;
	}
	b->shared =
	    probe_shared_new(b->run->loop, b->run->config, b->run->fetcher);
	b->options.probe.shared = b->shared;
	for (i = 0; i < SIGNALS; i++)
		b->signal[i] =
		    loop_signal_new(b->run->loop, signals[i], on_signal, b);
	return true;
}

static void
end(struct bulk *b)
{
	size_t i;

	for (i = 0; b->probe != NULL && i < b->run->list->count; i++)
		probe_cancel(b->probe[i].probe);
	for (i = 0; i < SIGNALS; i++)
		loop_signal_free(b->signal[i]);
	probe_shared_free(b->shared);
	progress_free(b->progress);
	check_summary_free(b->summary);
	spool_free(b->spool);
	buf_clear(&b->whole);
	free(b->place);
	free(b->order);
	free(b->probe);
}

static void
check_all(struct bulk *b)
{
	const struct check_format *format = b->options.format;

	if (b->run->list->count > 0) {
		b->progress = progress_new(b->run->list->count);
		start_some(b);
		if (loop_run(b->run->loop) == -1)
			stop(b);
	}
	progress_hide(b->progress);
	if (b->is_stopped)
		return;
	if (b->options.is_only_changes && !b->has_moved)
		return;
	if (b->is_held) {
		put_edge(b, format->begin);
		put_rows(b, format->head);
		put_held(b);
	}
	put_rows(b, format->summary);
	put_edge(b, format->end);
	if (format->is_whole && !output_put(b->run->output, &b->whole))
		stop(b);
	tell_summary(b);
}

int
bulk_check(const struct bulk_run *run, bool *is_whole)
{
	struct bulk b = { .run = run, .options = *run->options };
	const struct check_format *format = run->options->format;

	b.total = run->list->count + run->list->bad;
	b.is_held = b.options.is_only_changes ||
	    (b.total > 1 && (format->head != NULL || b.options.is_by_priority));
	b.status = run->list->bad > 0 ? EXIT_UNKNOWN : 0;
	/* The one domain was none: there is nothing, not half a page. */
	if (run->list->count == 0 && b.total < 2)
		return b.status;
	if (begin(&b)) {
		if (!b.is_held)
			put_edge(&b, format->begin);
		check_all(&b);
	}
	*is_whole = !b.is_stopped;
	end(&b);
	return b.status;
}
