/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>

#include "base/xmalloc.h"
#include "check/compare.h"
#include "check/recall.h"
#include "check/recalldaemon.h"
#include "check/state.h"

struct recall {
	struct state *state; /* NULL: without --state */
	struct recalldaemon *daemon; /* NULL: not asked */
};

struct recalled {
	const struct recall *recall;
	const struct check_facts *facts;
	struct check_memory *memory;
	struct check_changes *changes;
	bool is_refused; /* the kept one was left: it is not written over */
	bool is_seen; /* the facts were put to it */
};

struct recall *
recall_open(const char *dir)
{
	struct recall *r = xcalloc(1, sizeof(*r));

	if (dir != NULL && (r->state = state_open(dir)) == NULL) {
		free(r);
		return NULL;
	}
	return r;
}

void
recall_close(struct recall *r)
{
	if (r == NULL)
		return;
	state_close(r->state);
	recalldaemon_close(r->daemon);
	free(r);
}

void
recall_daemon(struct recall *r, const struct config *config)
{
	if (r->daemon == NULL)
		r->daemon = recalldaemon_open(config);
}

struct recalled *
recall_begin(struct recall *r, struct check_facts *facts)
{
	struct recalled *d = xcalloc(1, sizeof(*d));
	const char *domain = facts->evidence->domain;
	bool is_real = !facts->evidence->is_supposed;

	d->recall = r;
	d->facts = facts;
	if (r->state != NULL) {
		d->memory = state_load(r->state, domain, facts->now);
		d->is_refused = d->memory == NULL;
	}
	if (d->memory == NULL)
		d->memory = memory_new();
	if (r->daemon != NULL)
		recalldaemon_get(r->daemon, domain, d->memory);
	if (is_real && (r->state != NULL || d->memory->count > 0))
		d->is_seen = memory_see(d->memory, facts);
	if (d->memory->count > 0)
		facts->memory = d->memory;
	return d;
}

bool
recall_compare(struct recalled *d, struct check_report *report)
{
	check_changes_free(d->changes);
	d->changes = check_compare(report, d->memory);
	report->changes = d->changes;
	return !d->is_seen || report->status == CHECK_UNKNOWN ||
	    d->changes->since == 0 || d->changes->count > 0;
}

static struct evidence *
copy_evidence(const struct evidence *e)
{
	struct buf text = { 0 };
	struct evidence *copy;
	char error[256];

	evidence_save(&text, e);
	copy = evidence_load(text.data, text.len, error, sizeof(error));
	buf_clear(&text);
	return copy;
}

bool
recall_keep(struct recalled *d, const struct check_report *report)
{
	const struct evidence *e = d->facts->evidence;

	if (d->recall->state == NULL)
		return true;
	if (d->is_refused)
		return false;
	/* What tells nothing takes the place of nothing. */
	if (!d->is_seen || report->status == CHECK_UNKNOWN)
		return true;
	memory_look_set(d->memory, report, copy_evidence(e));
	return state_save(d->recall->state, e->domain, d->memory);
}

void
recall_end(struct recalled *d)
{
	check_changes_free(d->changes);
	memory_free(d->memory);
	free(d);
}
