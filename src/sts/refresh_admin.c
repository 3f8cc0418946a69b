/* SPDX-License-Identifier: ISC */
/* What an administrator does to the life of a policy. */
#include "sts/refresh.h"

#define DAY_S        86400
#define JITTER_PARTS 5 /* as in the background's own refreshes */

static int64_t
least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t
most(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

void
refresh_force(struct refresh_state *s, int64_t now)
{
	s->retry_at = s->other_retry_at = 0;
	if (s->fetched != 0)
		s->next_refresh = now;
	else
		s->next_check = least(s->next_check, now);
}

void
refresh_import(struct refresh_state *s, const struct refresh_settings *set,
    int64_t now, uint32_t chance)
{
	int64_t interval = least(set->refresh_interval, s->max_age / 2);
	bool has_timer = s->max_age >= 2 * set->refresh_min;
	int64_t span, at;

	s->expires = least(s->expires, s->fetched + s->max_age);
	/* By how much, depends on when it was fetched: so that they meet. */
	span = interval / JITTER_PARTS + 1;
	interval -= (s->fetched + interval + chance) % span;
	if (has_timer)
		s->next_refresh =
		    s->fetched + most(most(1, set->refresh_min), interval);
	if (s->checked != 0) {
		s->next_check = s->checked;
		return;
	}
	span = most(1, least(DAY_S, (s->expires - now) / 2));
	at = now + 1 + (int64_t)(chance % (uint64_t)span);
	s->checked = s->fetched;
	s->next_check = at;
	if (has_timer)
		s->next_refresh = at;
}
