/* SPDX-License-Identifier: ISC */
/*
 * Questions to a memory. An old policy may have been served until just before
 * the next sight, and counts so.
 */
#include <string.h>

#include "check/memory.h"

static const struct check_memory *
memory_of(const struct check_facts *f)
{
	return f->memory != NULL && f->memory->count > 0 ? f->memory : NULL;
}

/* The first sight of the run of today's mode; times without any policy do not
 * end it. False: no policy today. */
static bool
find_mode_run(const struct check_facts *f, size_t *start)
{
	const struct check_memory *m = memory_of(f);
	enum sts_mode mode;
	size_t i;

	if (m == NULL || !m->sight[m->count - 1].has_policy)
		return false;
	mode = m->sight[m->count - 1].mode;
	*start = m->count - 1;
	for (i = m->count; i-- > 0;) {
		if (!m->sight[i].has_policy)
			continue;
		if (m->sight[i].mode != mode)
			break;
		*start = i;
	}
	return true;
}

struct memory_since
memory_mode_since(const struct check_facts *f)
{
	struct memory_since since = { .time = f->id_time };
	int64_t first;
	size_t start;

	if (!find_mode_run(f, &start))
		return since;
	first = f->memory->sight[start].first;
	since.is_exact = start > 0;
	since.is_seen = start > 0 || f->id_time == 0 || first <= f->id_time;
	if (since.is_seen)
		since.time = first;
	return since;
}

const struct memory_sight *
memory_mode_before(const struct check_facts *f)
{
	size_t start;

	if (!find_mode_run(f, &start))
		return NULL;
	while (start-- > 0)
		if (f->memory->sight[start].has_policy)
			return &f->memory->sight[start];
	return NULL;
}

int64_t
memory_testing_before(const struct check_facts *f)
{
	const struct memory_sight *before = memory_mode_before(f), *s;
	int64_t first;
	size_t start;

	if (before == NULL)
		return -1;
	if (before->mode != STS_MODE_TESTING)
		return 0;
	first = before->first;
	for (s = before; s >= f->memory->sight; s--) {
		if (s->has_policy && s->mode != STS_MODE_TESTING)
			break;
		if (s->has_policy)
			first = s->first;
	}
	find_mode_run(f, &start);
	return f->memory->sight[start].first - first;
}

int64_t
memory_held_until(const struct check_facts *f, size_t sight)
{
	const struct check_memory *m = f->memory;
	const struct memory_sight *s = &m->sight[sight];
	int64_t end;

	if (!s->has_policy || s->max_age <= 0)
		return 0;
	end = sight + 1 < m->count ? m->sight[sight + 1].first : f->now;
	return end + s->max_age;
}

/* Put a policy among the held: one of the same bytes and id is one. */
static size_t
put_held(const struct check_memory *m, size_t *sight, int64_t *until, size_t n,
    size_t one)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (m->sight[sight[i]].body != m->sight[one].body ||
		    strcmp(m->sight[sight[i]].id, m->sight[one].id) != 0)
			continue;
		if (until[n] > until[i]) {
			until[i] = until[n];
			sight[i] = one;
		}
		return n;
	}
	sight[n] = one;
	return n + 1;
}

static void
sort_held(size_t *sight, int64_t *until, size_t n)
{
	size_t i, j, s;
	int64_t u;

	for (i = 1; i < n; i++) {
		for (j = i; j > 0 && until[j] > until[j - 1]; j--) {
			u = until[j];
			until[j] = until[j - 1];
			until[j - 1] = u;
			s = sight[j];
			sight[j] = sight[j - 1];
			sight[j - 1] = s;
		}
	}
}

size_t
memory_held(const struct check_facts *f, size_t sight[MEMORY_SIGHTS_MAX],
    int64_t until[MEMORY_SIGHTS_MAX])
{
	const struct check_memory *m = memory_of(f);
	const struct memory_sight *now;
	size_t i, n = 0;

	if (m == NULL)
		return 0;
	now = &m->sight[m->count - 1];
	for (i = 0; i + 1 < m->count; i++) {
		until[n] = memory_held_until(f, i);
		if (until[n] > f->now &&
		    !(now->has_policy &&
			memory_is_same_policy(now, &m->sight[i])))
			n = put_held(m, sight, until, n, i);
	}
	sort_held(sight, until, n);
	return n;
}

int64_t
memory_safe_removal(const struct check_facts *f)
{
	const struct check_memory *m = memory_of(f);
	int64_t end = 0, one;
	size_t i;

	for (i = 0; m != NULL && i < m->count; i++) {
		one = memory_held_until(f, i);
		if (m->sight[i].mode != STS_MODE_NONE && one > end)
			end = one;
	}
	return end;
}

const struct memory_sight *
memory_last_policy(const struct check_facts *f)
{
	const struct check_memory *m = memory_of(f);
	size_t i;

	for (i = m != NULL ? m->count : 0; i-- > 0;)
		if (m->sight[i].has_policy)
			return &m->sight[i];
	return NULL;
}
