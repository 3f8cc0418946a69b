/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "base/repeat.h"

/* FNV-1a. Who makes two lines collide hides one of them for a minute. */
static uint64_t
hash(const struct repeat_line *line)
{
	uint64_t x = UINT64_C(0xcbf29ce484222325);
	const char *p;
	size_t i;

	for (p = line->event; *p != '\0'; p++)
		x = (x ^ (unsigned char)*p) * UINT64_C(0x100000001b3);
	x *= UINT64_C(0x100000001b3);
	for (i = 0; i < line->len; i++)
		x = (x ^ (unsigned char)line->text[i]) *
		    UINT64_C(0x100000001b3);
	return x;
}

static bool
is_over(const struct repeat_slot *slot, int64_t now_ms)
{
	return now_ms - slot->since_ms >= REPEAT_WINDOW_MS;
}

/* The line's slot, or the one it may take: a free one, or the oldest. */
static struct repeat_slot *
find(struct repeat *r, const struct repeat_line *line, uint64_t x)
{
	struct repeat_slot *slot, *best = &r->slot[0];

	for (slot = r->slot; slot < r->slot + REPEAT_SLOTS; slot++) {
		if (slot->since_ms != 0 && slot->hash == x &&
		    strcmp(slot->kept.event, line->event) == 0)
			return slot;
		if (slot->since_ms < best->since_ms)
			best = slot;
	}
	return best;
}

static void
take(struct repeat_slot *slot, const struct repeat_line *line, uint64_t x,
    int64_t now_ms)
{
	size_t len = line->len;

	if (len >= sizeof(slot->kept.text))
		len = sizeof(slot->kept.text) - 1;
	*slot = (struct repeat_slot){
		.hash = x,
		.since_ms = now_ms,
		.kept = { .level = line->level, .event = line->event },
	};
	memcpy(slot->kept.text, line->text, len);
}

bool
repeat_may_write(struct repeat *r, const struct repeat_line *line,
    int64_t now_ms, struct repeat_summary *lost)
{
	uint64_t x = hash(line);
	struct repeat_slot *slot = find(r, line, x);
	bool is_other = slot->since_ms == 0 || slot->hash != x ||
	    strcmp(slot->kept.event, line->event) != 0;

	lost->times = 0;
	if (is_other || (is_over(slot, now_ms) && slot->kept.times == 0)) {
		if (is_other && slot->since_ms != 0)
			*lost = slot->kept;
		take(slot, line, x, now_ms);
	}
	if (slot->written < REPEAT_FREE) {
		slot->written++;
		return true;
	}
	slot->kept.times++;
	return false;
}

bool
repeat_due(
    struct repeat *r, int64_t now_ms, bool is_end, struct repeat_summary *out)
{
	struct repeat_slot *slot;

	for (slot = r->slot; slot < r->slot + REPEAT_SLOTS; slot++) {
		if (slot->since_ms == 0 || slot->kept.times == 0 ||
		    (!is_end && !is_over(slot, now_ms)))
			continue;
		*out = slot->kept;
		/* Those that go on for longer are only counted. */
		slot->kept.times = 0;
		slot->since_ms = now_ms;
		return true;
	}
	return false;
}
