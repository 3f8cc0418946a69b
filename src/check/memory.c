/* SPDX-License-Identifier: ISC */
/*
 * The history is a list of sights: as long as nothing changes, the last one
 * grows. What lies between two sights was not seen: an old policy may have
 * been served until just before the next sight, and is counted so.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/xmalloc.h"
#include "cache/entry.h"
#include "check/memory.h"
#include "check/ruletool.h"

#define CLOCK_SLACK_S INT64_C(86400)

struct check_memory *
memory_new(void)
{
	return xcalloc(1, sizeof(struct check_memory));
}

static void
look_clear(struct memory_look *look)
{
	size_t i;

	for (i = 0; i < look->codes; i++)
		free(look->code[i]);
	free(look->code);
	*look = (struct memory_look){ 0 };
}

void
memory_free(struct check_memory *m)
{
	size_t i;

	if (m == NULL)
		return;
	for (i = 0; i < m->count; i++)
		free(m->sight[i].mx);
	free(m->sight);
	look_clear(&m->look);
	evidence_free(m->last);
	free(m);
}

static int
compare_names(const void *a, const void *b)
{
	const char *const *x = a, *const *y = b;

	return strcmp(*x, *y);
}

char *
memory_mx(const struct check_facts *f)
{
	const char **name;
	struct buf text = { 0 };
	char *mx = NULL;
	size_t i;

	if (!check_is_answered(&f->evidence->mx))
		return NULL;
	name = xcalloc(f->hosts + 1, sizeof(*name));
	for (i = 0; i < f->hosts; i++)
		name[i] = f->host[i].mx->host;
	qsort(name, f->hosts, sizeof(*name), compare_names);
	for (i = 0; i < f->hosts; i++)
		buf_printf(&text, "%s%s", i > 0 ? " " : "", name[i]);
	if (text.len <= MEMORY_MX_BYTES)
		mx = xstrdup(buf_str(&text));
	buf_clear(&text);
	free(name);
	return mx;
}

/* Could nobody but us have got the policy? */
static bool
is_fetch_unknown(const struct check_facts *f)
{
	const struct evidence *e = f->evidence;
	bool has_address =
	    check_has_records(&e->host_a) || check_has_records(&e->host_aaaa);

	if (!e->has_ipv4 && !e->has_ipv6)
		return true;
	if (!e->fetch.is_asked)
		return has_address || !check_is_answered(&e->host_a);
	return sts_reason_is_ours(e->fetch.reason);
}

static struct memory_sight
sight_of(const struct check_facts *f)
{
	const struct ev_bytes *body = &f->evidence->fetch.body;
	struct memory_sight s = { .first = f->now, .last = f->now };

	if (f->txt == STS_TXT_VALID)
		strlcpy(s.id, f->id, sizeof(s.id));
	s.has_policy =
	    f->is_valid && f->evidence->fetch.reason == STS_REASON_OK;
	if (s.has_policy) {
		s.mode = f->file.policy.mode;
		s.max_age = (int64_t)f->file.policy.max_age;
		s.body = entry_hash(body->data, body->len);
	}
	s.mx = memory_mx(f);
	return s;
}

bool
memory_is_same_policy(
    const struct memory_sight *a, const struct memory_sight *b)
{
	if (!a->has_policy || !b->has_policy)
		return a->has_policy == b->has_policy;
	if (a->body != 0 && b->body != 0)
		return a->body == b->body;
	return a->mode == b->mode && strcmp(a->id, b->id) == 0;
}

static bool
is_same(const struct memory_sight *a, const struct memory_sight *b)
{
	return strcmp(a->id, b->id) == 0 && memory_is_same_policy(a, b) &&
	    (a->mx == NULL || b->mx == NULL || strcmp(a->mx, b->mx) == 0);
}

static void
insert(struct check_memory *m, size_t at, const struct memory_sight *s)
{
	assert(at <= m->count);
	m->sight = xreallocarray(m->sight, m->count + 1, sizeof(*m->sight));
	memmove(&m->sight[at + 1], &m->sight[at],
	    (m->count - at) * sizeof(*m->sight));
	m->sight[at] = *s;
	m->count++;
	if (m->count <= MEMORY_SIGHTS_MAX)
		return;
	free(m->sight[0].mx);
	memmove(&m->sight[0], &m->sight[1], (m->count - 1) * sizeof(*m->sight));
	m->count--;
	m->has_lost = true;
}

/* What the last sight gains when it is seen again. */
static void
go_on(struct memory_sight *last, struct memory_sight *now)
{
	last->last = now->last;
	/* What the daemon knew of it is less than what we see. */
	if (now->has_policy) {
		last->max_age = now->max_age;
		last->body = now->body;
	}
	if (last->mx == NULL)
		last->mx = now->mx;
	else
		free(now->mx);
}

bool
memory_see(struct check_memory *m, const struct check_facts *f)
{
	struct memory_sight now, *last;

	last = m->count > 0 ? &m->sight[m->count - 1] : NULL;
	if (!f->has_txt || is_fetch_unknown(f) ||
	    (last != NULL && f->now < last->last - CLOCK_SLACK_S))
		return false;
	now = sight_of(f);
	/* A clock that was put right: time stands still. */
	if (last != NULL && now.last < last->last)
		now.first = now.last = last->last;
	if (last != NULL && now.mx == NULL && last->mx != NULL)
		now.mx = xstrdup(last->mx);
	if (last != NULL && is_same(last, &now))
		go_on(last, &now);
	else
		insert(m, m->count, &now);
	return true;
}

static bool
is_noted(const struct memory_look *look, const char *code)
{
	size_t i;

	for (i = 0; i < look->codes; i++)
		if (strcmp(look->code[i], code) == 0)
			return true;
	return false;
}

void
memory_look_set(struct check_memory *m, const struct check_report *report,
    struct evidence *evidence)
{
	const struct check_findings *findings = report->findings;
	struct memory_look *look = &m->look;
	const char *code;
	size_t i;

	look_clear(look);
	look->time = report->facts->now;
	strlcpy(look->grade, report->grade[0] != '\0' ? report->grade : "N/A",
	    sizeof(look->grade));
	if (strchr(look->grade, '*') != NULL)
		*strchr(look->grade, '*') = '\0';
	strlcpy(look->status, check_status_word(report->status),
	    sizeof(look->status));
	look->code = xcalloc(findings->count + 1, sizeof(*look->code));
	for (i = 0; i < findings->count; i++) {
		code = findings->item[i].rule->code;
		if (findings->item[i].severity == CHECK_INFO ||
		    is_noted(look, code) || look->codes == MEMORY_CODES_MAX)
			continue;
		look->code[look->codes++] = xstrdup(code);
	}
	evidence_free(m->last);
	m->last = evidence;
}

/* Does any sight show that policy around that time? */
static bool
is_known(const struct check_memory *m, const struct memory_sight *past)
{
	const struct memory_sight *s;
	size_t i;

	for (i = 0; i < m->count; i++) {
		s = &m->sight[i];
		/* The daemon may have fetched it before we looked first. */
		if (memory_is_same_policy(s, past) &&
		    strcmp(s->id, past->id) == 0 &&
		    (past->first >= s->first || i > 0) &&
		    past->first <= s->last)
			return true;
	}
	return false;
}

static void
add_past(struct check_memory *m, const struct memory_sight *past)
{
	struct memory_sight s = *past;
	size_t at = 0;

	if (is_known(m, past))
		return;
	while (at < m->count && m->sight[at].first <= past->first)
		at++;
	/* Within a sight nothing else was seen: it would cut it in two. */
	if (at > 0 && m->sight[at - 1].last >= past->first)
		return;
	/* Seen by the daemon before us, and no other in between. */
	if (at < m->count && memory_is_same_policy(&m->sight[at], past) &&
	    strcmp(m->sight[at].id, past->id) == 0) {
		m->sight[at].first = past->first;
		return;
	}
	/* The oldest would fall out, and it would be this one. */
	if (at == 0 && m->count == MEMORY_SIGHTS_MAX)
		return;
	s.mx = past->mx != NULL ? xstrdup(past->mx) : NULL;
	s.last = s.first;
	insert(m, at, &s);
}

static int
compare_newer_first(const void *a, const void *b)
{
	const struct memory_sight *x = a, *y = b;

	return x->first > y->first ? -1 : x->first < y->first;
}

void
memory_add_past(
    struct check_memory *m, const struct memory_sight *past, size_t count)
{
	struct memory_sight *order = xcalloc(count + 1, sizeof(*order));
	size_t i;

	/* The newest first: one that goes on into a sight makes it begin
	 * earlier, and what came before it goes before that. */
	if (count > 0)
		memcpy(order, past, count * sizeof(*order));
	qsort(order, count, sizeof(*order), compare_newer_first);
	for (i = 0; i < count; i++)
		add_past(m, &order[i]);
	free(order);
}
