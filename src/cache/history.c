/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "cache/entry.h"

static bool
is_same_policy(const struct entry_past *a, const struct entry_past *b)
{
	return a->mode == b->mode && a->body_hash == b->body_hash &&
	    a->mx_hash == b->mx_hash && strcmp(a->id, b->id) == 0;
}

void
entry_remember(struct entry *e)
{
	struct entry_past now = { .seen = e->state.fetched,
		.mode = e->policy.mode,
		.body_hash = entry_hash(e->policy.text, e->policy.text_len),
		.mx_hash = entry_hash(e->policy.mx.names, e->policy.mx.len) };

	memcpy(now.id, e->state.id, sizeof(now.id));
	if (e->past_count > 0 && is_same_policy(&e->past[0], &now))
		return;
	if (e->past_count < ENTRY_HISTORY_MAX)
		e->past_count++;
	memmove(e->past + 1, e->past, (e->past_count - 1) * sizeof(e->past[0]));
	e->past[0] = now;
}
